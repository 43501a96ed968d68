"""An installed product has its docs: a wheel is built, unpacked elsewhere, and asked for its pages."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]


def test_every_page_of_the_docs_is_named_in_the_distribution() -> None:
    carried = {file.relative_to(ROOT) for patterns in DATA.values() for one in patterns for file in ROOT.glob(one)}
    pages = {file.relative_to(ROOT) for file in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))}
    assert pages - carried == set(), "name their folder in pyproject.toml under data-files"
    assert all(target == "share/dreflowpro" + ("/" + Path(one).parent.as_posix()).removesuffix("/.")
               for target, patterns in DATA.items() for one in patterns)  # fmt: skip


@pytest.mark.parametrize("how", ["--prefix", "--target"])
def test_an_installed_distribution_finds_its_pages(how: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("needs a checkout with git, to know which files are part of it")
    for name in filter(None, tracked.stdout.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=source, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-2000:]
    [wheel] = tmp_path.glob("*.whl")
    prefix = tmp_path / "installed"
    # Without --ignore-installed pip would take away the installation that runs this test.
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--ignore-installed",
        "--no-index",
        how,
        str(prefix),
    ]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    [target] = {file.parents[2] for file in prefix.rglob("memory/docs_index/pages.py")}
    code = (
        "import json, memory; from memory.docs_index.pages import pages; "
        "print(memory.__file__); print(json.dumps([p.file for p in pages()]))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(target)!r}); {code}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, listed = found.stdout.splitlines()
    assert where.startswith(str(target))
    for file in ("README.md", "docs/reports.md", "docs/how-to/passwords.md", "connectors/postgres/README.md"):
        assert f'"{file}"' in listed


def test_a_third_partys_connector_brings_its_page(tmp_path: Path) -> None:
    unit, metadata = tmp_path / "acme_till", tmp_path / "acme-1.0.dist-info"
    unit.mkdir()
    metadata.mkdir()
    (unit / "__init__.py").write_text('raise RuntimeError("a page is found without importing its unit")\n')
    (unit / "README.md").write_text("# Acme till\n\nReads the cash register.\n", encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[dreflow.connectors]\nacme = acme_till\n")
    code = (
        "from memory.docs_index.pages import pages; "
        "print(*(p.text for p in pages() if p.file == 'connectors/acme/README.md'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Reads the cash register." in done.stdout
