"""Who holds a lease: ``host/pid/start``. A process on this host that is gone holds nothing."""

from __future__ import annotations

import os
from pathlib import Path


def this_owner() -> str:
    """The calling process as a lease's owner."""
    pid = os.getpid()
    return f"{os.uname().nodename}/{pid}/{_started(pid) or ''}"


def owner_pid(owner: str) -> int | None:
    """The process number of an owner on this host."""
    host, _, rest = owner.partition("/")
    number = rest.partition("/")[0]
    return int(number) if host == os.uname().nodename and number.isdigit() else None


def is_gone(owner: str) -> bool:
    """True when ``owner`` is surely dead: of this host, and no process has its number and start time."""
    return _alive(owner) is False


def is_alive(owner: str) -> bool:
    """True when ``owner`` is surely at work: of this host, with its number and start time."""
    return _alive(owner) is True


def _alive(owner: str) -> bool | None:
    """None when it cannot be told from here: another host, or a form we did not write."""
    host, _, rest = owner.partition("/")
    number, _, start = rest.partition("/")
    if host != os.uname().nodename or not number.isdigit():
        return None
    return _started(int(number)) == start


def _started(pid: int) -> str | None:
    """When the process was started, as its system counts; None if there is none."""
    # A number is given again after a while; with the start time it names one process.
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold spaces and parentheses itself; the start time is field 22.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        # A killed process that its parent has not collected yet still has an entry, in state Z.
        return None if fields[0] in {"Z", "X"} else fields[19]
    import subprocess

    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None
