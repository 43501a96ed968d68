"""From flags and the environment to a context: which workspace, who is at the keyboard, and what time it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from spec.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from spec.run import RunEvent
    from tools.context import Context


def context(args: argparse.Namespace) -> Context:
    """The context of whoever typed the command."""
    from memory.workspace import Workspace
    from tools.context import context_of

    folder = Path(args.workspace or os.environ.get("DREFLOW_WORKSPACE") or ".dreflow").expanduser()
    workspace = Workspace(folder.absolute(), datetime.now(UTC), os.environ.get("DREFLOW_DATABASE_URL") or None)
    return context_of(workspace, principal())


def principal() -> str:
    """The name of the account at the keyboard."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"user-{os.getuid()}"


def now(text: str | None) -> datetime:
    """``--now`` as an instant with a zone (UTC when none is said), or the clock."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--now {text!r} is not a time.", hint="Write it as ISO 8601, for instance 2026-11-02T08:00:00+01:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def print_json(document: Mapping[str, object]) -> None:
    """One document on stdout, on one line."""
    import json

    print(json.dumps(document, ensure_ascii=False, allow_nan=False), flush=True)


def remark(remarks: Sequence[str]) -> None:
    """What a person should know beside the result; never on stdout."""
    for text in remarks:
        print(f"dreflow: {text}", file=sys.stderr)


def progress(args: argparse.Namespace) -> Callable[[RunEvent], None]:
    """A line on the terminal that says what a run is doing, and is gone when it ends; nothing where nobody looks."""
    if args.json or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return lambda _: None
    words = {"extract": "read", "transform": "computed", "check": "proved", "publish": "wrote", "report": "reported"}

    def told(event: RunEvent) -> None:
        counted = f" ({event.rows:,} rows)" if event.rows is not None else ""
        line = f"{words.get(event.phase, event.phase)} {event.name}{counted}"[:78]
        print(
            f"\r\x1b[K{line if event.phase not in {'finish', 'error', 'cancel'} else ''}",
            end="",
            file=sys.stderr,
            flush=True,
        )

    return told
