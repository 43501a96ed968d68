"""Install one extra of the project into a folder of its own, for those that the lock leaves out.

``extra.py EXTRA FOLDER``. What is in the folder is found by a Python whose ``PYTHONPATH`` names it; `.venv` stays as it
is. Does nothing where the folder has that release already.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Install it; 0 when it is there."""
    if len(arguments) != 2:
        print("usage: extra.py EXTRA FOLDER", file=sys.stderr)
        return 2
    extra, folder = arguments[0], ROOT / arguments[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"][extra]
    stamp = folder / ".set-up"
    if stamp.exists() and stamp.read_text(encoding="utf-8").split() == wanted:
        return 0
    print(f"Installing {', '.join(wanted)} in {folder.name} ...", file=sys.stderr)
    command = [sys.executable, "-m", "uv", "pip", "install", "--target", str(folder), *wanted]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return 1
    stamp.write_text("\n".join(wanted), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
