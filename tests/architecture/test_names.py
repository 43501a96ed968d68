"""The top-level folders: ours, known to every tool, and named for what they hold."""

import importlib.util
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
VAGUE = {"base_utils", "common", "core", "helpers", "manager", "misc", "util", "utils"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_top_level_name_is_ours_alone(name: str) -> None:
    # Flat names are free for any distribution to take (openai-agents ships `agents`), and the first on the path wins.
    assert set(packages_distributions().get(name, [])) <= {"dreflowpro"}
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin == str(ROOT / name / "__init__.py")


def test_the_tools_know_every_top_level_package() -> None:
    tools = PROJECT["tool"]
    assert tools["importlinter"]["root_packages"] == PACKAGES
    assert set(PACKAGES) <= set(tools["setuptools"]["packages"]["find"]["include"])
    assert set(PACKAGES) <= set(tools["ruff"]["lint"]["isort"]["known-first-party"])


def test_the_tests_are_no_package() -> None:
    # literalai, which a chat page will bring along, ships a top-level package `tests` that ours must not fight with.
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_package_says_in_a_sentence_what_it_holds() -> None:
    silent = [str(path.relative_to(ROOT)) for path in inits() if not path.read_text(encoding="utf-8").startswith('"""')]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    assert [str(path.relative_to(ROOT)) for path in sources if {path.stem, path.parent.name} & VAGUE] == []


def test_an_installed_distribution_carries_every_sort_of_file_that_packages_hold() -> None:
    carried = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    left = [path for path in files if path.suffix != ".py" and not any(path.match(pattern) for pattern in carried)]
    assert [str(path.relative_to(ROOT)) for path in left] == []


def inits() -> list[Path]:
    """Every `__init__.py` of the product."""
    return [path for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")]
