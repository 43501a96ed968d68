"""Started by path with a bare interpreter: bounds the process, then becomes the command. Imports nothing of ours.

``bounded.py MEMORY_BYTES WALL_SECONDS COMMAND...``. Both bounds outlive the worker that set them: the alarm goes on
across exec, so a run whose worker was killed ends too. 0 means no bound.
"""

import os
import resource
import signal
import sys


def main(arguments: list[str]) -> None:
    """Never returns."""
    memory, seconds, command = int(arguments[0]), float(arguments[1]), arguments[2:]
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    # A core dump would hold what the run had in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if memory:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        within = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (within, most))
    if seconds:
        signal.setitimer(signal.ITIMER_REAL, seconds)
    os.execv(command[0], command)  # noqa: S606 - there is no shell, and none is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
