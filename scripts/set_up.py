"""Make `.venv` hold exactly what `requirements.lock` says, and the `dreflow` command.

Run by make with any Python 3.11 or newer and nothing installed. Does nothing when nothing changed.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".set-up"
PYTHON = VENV / "bin" / "python"


def main() -> int:
    """Bring `.venv` up to date; 0 when it is."""
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        STAMP.touch()
        return 0
    print("Setting up in .venv (about a minute the first time) ...", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    if not usable():
        make_environment()
    install_uv()
    # Compiled once here and not at each start, which on a machine told to write no bytecode is all that a command does.
    uv("pip", "sync", "--require-hashes", "--compile-bytecode", str(LOCK))
    # `compat` puts this folder on the path with one .pth line: a new top-level package works without another install,
    # and starting Python does not pay for an import hook. The build backend comes from the lock, hashed as the rest.
    uv(
        "pip",
        "install",
        "--no-deps",
        "--no-build-isolation",
        "--config-setting",
        "editable_mode=compat",
        "-e",
        str(ROOT),
    )
    compile_ours()
    STAMP.write_text(wanted, encoding="utf-8")
    return 0


def fingerprint() -> str:
    """What the environment is made of: the lock, the project's own table and this script's Python."""
    content = b"".join(
        (ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml", "scripts/set_up.py")
    )
    return hashlib.sha256(content).hexdigest()


def usable() -> bool:
    """Say whether `.venv` has a Python that starts and is new enough; a moved or upgraded one is made again."""
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0


def make_environment() -> None:
    """Create `.venv`, or say which system package is missing."""
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        fail(
            f"Python could not make a virtual environment:\n{made.stdout}{made.stderr}\n"
            f"On Debian and Ubuntu: sudo apt-get install python{version}-venv, then run this again."
        )


def install_uv() -> None:
    """Install the one uv that the lock names, checked by its hash, with the pip that came with Python."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    pinned = VENV / "uv.lock"
    pinned.write_text("\n".join(lines[start:end]) + "\n", encoding="utf-8")
    run(
        [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(pinned),
        ]
    )
    pinned.unlink()


def uv(*arguments: str) -> None:
    """Run uv on this environment; a configuration of the machine's own (a mirror, a proxy) is respected."""
    run([str(PYTHON), "-m", "uv", *arguments, "--quiet", "--python", str(PYTHON)])


def run(command: list[str]) -> None:
    """Run one step, and stop with its own message when it fails."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        fail("Setting up did not finish. It needs the network once, to install packages; nothing else was changed.")


def compile_ours() -> None:
    """Compile the project's own modules; one that is edited later is compiled again by whoever imports it."""
    aside = r"[/\\](\.[^/\\]+|tests|build|node_modules)[/\\]"
    run([str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", aside, str(ROOT)])


def fail(message: str) -> None:
    """End with the reason on stderr."""
    print(message, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    raise SystemExit(main())
