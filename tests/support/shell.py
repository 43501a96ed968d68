"""The shell's own command, in a process of its own with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    """What the command sees: the vault lies under the folder."""
    home = str(folder / "home")
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "DREFLOW_HOME": home, "PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> list[str]:
    """``dreflow`` with these arguments."""
    return [sys.executable, "-m", "integrations.cli", *arguments]


def dreflow(folder: Path, *arguments: str, stdin: str = "") -> dict[str, Any]:
    """The document that the command prints; it has to succeed."""
    done = subprocess.run(
        command(*arguments, "--json"), cwd=folder, env=environment(folder), input=stdin,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return cast("dict[str, Any]", json.loads(done.stdout))
