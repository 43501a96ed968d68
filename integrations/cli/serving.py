"""What commands that stay open have in common: how approved specs run, and the worker beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.context import Context
    from tools.started import ProcessStart


def of_worker(context: Context) -> Context:
    """A store of its own for the worker's thread, and no more rights than it needs."""
    from dataclasses import replace

    from tools.context import Context

    return Context(replace(context.workspace), "worker", frozenset({"ask", "run"}))


def start() -> ProcessStart:
    """Approved specs run in processes of their own."""
    import os
    import sys
    import time
    from datetime import UTC, datetime

    from tools.executor import run_environment
    from tools.started import ProcessStart

    return ProcessStart(
        command=(sys.executable, "-m", "integrations.cli"),
        environment=run_environment(os.environ),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
