"""``dreflow chat``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.context import Context
    from tools.started import ProcessStart

SUMMARY = "open the chat page, with the HTTP API beside it"
EPILOG = """\
examples:
  dreflow chat
  dreflow chat --port 9000 --data exports
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("--port", type=int, default=8000, help="port of this machine (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument(
        "--data", action="append", default=[], metavar="X", help="what conversations look at that name nothing else"
    )
    parser.add_argument("--model", default="builtin", help="who plans (default: the planner that needs no model)")
    parser.add_argument("--no-worker", action="store_true", help="let other workers run what is due ('dreflow worker')")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import uvicorn

    from agents.service import Service
    from integrations.cli import workspace
    from integrations.cli.commands.worker import beside
    from integrations.http.app import make_app
    from integrations.http.who import Who

    context = workspace.context(args)
    service = Service(
        context.workspace,
        start=_start(),
        clock=lambda: workspace.now(None),
        model=args.model,
        data=tuple(args.data),
    )
    app = make_app(service, Who(service, local=workspace.principal()), pages=("chat_ui.app",))
    print(f"The chat page is at http://{args.host}:{args.port} - stop it with Ctrl+C.", flush=True)
    end_worker = None if args.no_worker else beside(_of_worker(context))
    try:
        uvicorn.run(app, host=args.host, port=args.port, log_level="warning", ws_max_size=1 << 24)
    finally:
        if end_worker is not None:
            end_worker()
    return 0


def _of_worker(context: Context) -> Context:
    """A store of its own for the worker's thread, and no more rights than it needs."""
    from dataclasses import replace

    from tools.context import Context

    return Context(replace(context.workspace), "worker", frozenset({"ask", "run"}))


def _start() -> ProcessStart:
    """Approved specs run in processes of their own."""
    import os
    import sys
    import time

    from tools.executor import run_environment
    from tools.started import ProcessStart

    return ProcessStart(
        command=(sys.executable, "-m", "integrations.cli"),
        environment=run_environment(os.environ),
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
