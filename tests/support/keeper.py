"""Run one test server until its owner is gone, then stop it and remove its folder.

`keeper.py FOLDER OWNER_PID USER COMMAND...` returns at once and goes on in the background; USER is empty for the
present one. It is a process of its own because the owner may be killed at any moment, and no server may be left behind.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(folder: Path, owner: int, user: str, command: list[str]) -> None:
    """Leave the caller's process group, start the server and outlive the owner by a moment."""
    if os.fork() != 0:
        return
    os.setsid()
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            user=user or None,
            group=pwd.getpwnam(user).pw_gid if user else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    while alive(owner) and server.poll() is None:
        time.sleep(0.3)
    # A hard stop, for nothing in it is worth keeping: SIGQUIT is PostgreSQL's immediate one, and ends MariaDB too.
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
    while alive(owner):  # a server that ended early leaves its log for the owner to show
        time.sleep(0.3)
    shutil.rmtree(folder, ignore_errors=True)


def alive(process: int) -> bool:
    """Say whether a process of ours is there; a number that another user's process has now is a process that ended."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
