"""``dreflow worker``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec.errors import DreflowError
    from tools.context import Context
    from tools.worker import Setting

SUMMARY = "run what is due, and go on doing so"
EPILOG = """\
Any number of workers may share a workspace; each due time is run once. Ctrl-C or SIGTERM lets what is at work end
first; a second one leaves it to the next worker.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("--once", action="store_true", help="run what is due now, and exit")
    parser.add_argument("--concurrency", type=int, default=2, metavar="N", help="runs at a time (default: 2)")
    parser.add_argument("--memory", type=float, default=8.0, metavar="GB", help="bound of one run (default: 8)")
    parser.add_argument("--minutes", type=float, default=60.0, metavar="M", help="bound of one run (default: 60)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the chance in waiting times (default: 0)")
    parser.add_argument("--now", metavar="T", help="with --once: the time it is, as ISO 8601 (default: the clock)")
    parser.add_argument("--json", action="store_true", help="with --once: print one JSON document")
    # What a worker starts for each run.
    parser.add_argument("--due", nargs=2, metavar=("NAME", "T"), help=argparse.SUPPRESS)
    parser.add_argument("--fence", type=int, default=0, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Work; with ``--due`` run that one due time in this process."""
    from integrations.cli import workspace
    from spec.errors import UsageError

    if args.due:
        return _one(args)
    if args.concurrency < 1 or args.memory <= 0 or args.minutes <= 0:
        raise UsageError("A worker needs room for one run at least.", hint="Use numbers above 0.")
    if not args.once and (args.now or args.json):
        raise UsageError("--now and --json go with --once.", hint="A worker that goes on has the clock.")
    context = workspace.context(args)
    return _once(context, args) if args.once else _on(context, args)


def _one(args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from integrations.cli.commands.run import finished
    from tools.due import perform

    context = workspace.context(args)
    name, at = args.due
    result = perform(context, name, workspace.now(at), fence=args.fence)
    return finished(context, result, args)


def _once(context: Context, args: argparse.Namespace) -> int:
    import time

    from integrations.cli import workspace
    from tools import schedules
    from tools.worker import Worker

    began = workspace.now(None)
    Worker(context, _setting(args, time.sleep)).once()
    ended = [
        due
        for schedule in schedules.store_of(context).schedules()
        for due in schedules.store_of(context).recent(schedule.pipeline, 200)
        if due.finished_at is not None and due.finished_at >= began
    ]
    if args.json:
        plain = [
            {"pipeline": due.pipeline, "due": due.due_at.isoformat(), "status": due.status, "run_id": due.run_id}
            for due in ended
        ]
        workspace.print_json({"ran": plain})
    elif not ended:
        print("Nothing was due.")
    return 0 if all(due.status == "succeeded" for due in ended) else 1


def _on(context: Context, args: argparse.Namespace) -> int:
    import signal
    import threading
    import time

    from tools.worker import Worker

    asked = threading.Event()

    def wait(seconds: float) -> None:
        # The signal ends a long wait; from then on there is nothing to be woken from.
        if asked.is_set():
            time.sleep(min(seconds, 0.1))
        else:
            asked.wait(seconds)

    worker = Worker(context, _setting(args, wait))

    def stop(*_: object) -> None:
        if asked.is_set():
            worker.leave()
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"At work in {context.workspace.folder}. Ctrl-C ends it.", flush=True)
    worker.run(asked.is_set)
    return 0


def beside(context: Context) -> Callable[[], None]:
    """A worker in a thread of this process, for a server that stays; call what is returned to end it.

    Its runs are processes of their own. Those at work when it ends go on, and the next worker sees to them.
    """
    import threading

    from tools.worker import Worker

    asked = threading.Event()
    worker = Worker(context, setting(asked.wait))
    thread = threading.Thread(target=worker.run, args=(asked.is_set,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        worker.leave()
        asked.set()
        thread.join()

    return end


def _setting(args: argparse.Namespace, wait: Callable[[float], object]) -> Setting:
    from dataclasses import replace

    from integrations.cli import workspace
    from tools.executor import Bounds

    return replace(
        setting(wait),
        clock=lambda: workspace.now(args.now),
        seed=args.seed,
        concurrency=args.concurrency,
        bounds=Bounds(memory=int(args.memory * 1e9), seconds=args.minutes * 60),
    )


def setting(wait: Callable[[float], object]) -> Setting:
    """What a worker of this machine gets: its clocks, and the shell itself as what it starts."""
    import os
    import sys
    import time

    from integrations.cli import workspace
    from tools.executor import run_environment
    from tools.worker import Setting

    return Setting(
        command=(sys.executable, "-m", "integrations.cli"),
        environment=run_environment(os.environ),
        clock=lambda: workspace.now(None),
        machine=lambda: workspace.now(None),
        monotonic=time.monotonic,
        wait=wait,
        say=_said,
    )


def _said(text: str) -> None:
    import sys

    print(f"dreflow: {text}", file=sys.stderr, flush=True)


def failure(error: DreflowError) -> dict[str, object]:
    """The document of a run that did not begin."""
    from integrations.cli.commands.run import failure as of_run

    return of_run(error)
