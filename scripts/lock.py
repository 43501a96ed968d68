"""Write `requirements.lock` from `pyproject.toml`, or check that the two agree.

`lock.py` resolves anew and keeps pins that still fit; `lock.py --upgrade` takes the newest releases; `lock.py --check`
changes nothing. Pins in the lock are kept as long as `pyproject.toml` allows them, so a release that appears on the
registry overnight never makes the check fail. Nothing of this machine gets into the file: no index address, no path.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
APART = {"spark"}
"""Extras that the lock leaves out: 400 MB for what few need. Each names its one release in `pyproject.toml`."""


def main(arguments: list[str]) -> int:
    """Write or check; 0 when the lock says what `pyproject.toml` asks for."""
    if arguments == ["--check"]:
        return check()
    if arguments not in ([], ["--upgrade"]):
        print("usage: lock.py [--check | --upgrade]", file=sys.stderr)
        return 2
    resolve(LOCK, *arguments)
    return 0


def check() -> int:
    """Resolve beside the lock, starting from its own pins, and compare."""
    if not LOCK.exists():
        print("There is no requirements.lock. Make it with: make lock", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / LOCK.name
        shutil.copy(LOCK, fresh)
        resolve(fresh)
        if fresh.read_bytes() == LOCK.read_bytes():
            return 0
    print("requirements.lock does not match pyproject.toml. Bring it up to date with: make lock", file=sys.stderr)
    return 1


def resolve(output: Path, *more: str) -> None:
    """Let uv resolve for every platform and Python that we support; `output` holds the pins to keep, if it exists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [f"--extra={name}" for name in project["optional-dependencies"] if name not in APART]
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml",
        *extras, "--universal", "--python-version", "3.11",
        "--override", "scripts/overrides.txt",
        "--generate-hashes", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
        "--custom-compile-command", "make lock", "--no-config", "--quiet",
        "--output-file", str(output), *more,
    ]  # fmt: skip
    # Wheels that lie on this machine have hashes of their own; only the public registry's belong in the lock.
    local = {
        "UV_FIND_LINKS",
        "UV_EXTRA_INDEX_URL",
        "UV_INDEX",
        "UV_CONSTRAINT",
        "UV_OVERRIDE",
        "UV_CUSTOM_COMPILE_COMMAND",
    }
    environment = {name: value for name, value in os.environ.items() if name not in local}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        print("The lock could not be resolved; the message above says why.", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
