"""Run every check of `make check`, all of them even when one fails, and say at the end which did."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "types": [str(BIN / "mypy")],
    "layers": [str(BIN / "lint-imports"), "--no-logo"],
    "lock": [sys.executable, "scripts/lock.py", "--check"],
    "secrets": [sys.executable, "scripts/scan_secrets.py"],
}


def main(names: list[str]) -> int:
    """Run the named checks, or all; 0 when each passed."""
    unknown = sorted(set(names) - set(CHECKS))
    if unknown:
        print(f"No check is called {', '.join(unknown)}; there are {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    failed = [name for name in names or CHECKS if not passes(name)]
    if failed:
        print(f"make check: {', '.join(failed)} failed", file=sys.stderr)
        return 1
    print("make check: all passed")
    return 0


def passes(name: str) -> bool:
    """Run one check; what it printed is shown only when it failed."""
    started = time.monotonic()
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:<8} {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
