"""``dreflow ask``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from agents.session import Session
    from spec.base import JsonValue
    from spec.errors import DreflowError

SUMMARY = "ask a question about your data and get rows"
EPILOG = """\
examples:
  dreflow ask "how many orders per month" --data orders.csv
  dreflow ask "who owes us most?" --data ./exports --data postgresql://user@host/shop
  dreflow ask --thread t1 --answer "paid orders only"
  dreflow ask --thread t1 "and only in July"
"""
CODES = {"answered": 0, "question": 3, "declined": 1, "failed": 1}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("question", nargs="?", help="what you want to know")
    shared(parser)
    parser.add_argument(
        "--max-rows", type=int, default=10_000, metavar="N", help="rows in the answer at most (default: 10000)"
    )
    parser.add_argument("--batch", metavar="FILE", help="JSON lines of questions in, a document a line out; - is stdin")


def shared(parser: argparse.ArgumentParser) -> None:
    """What ``ask`` and ``plan`` have in common."""
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="[NAME=]X",
        help="a file, a folder, a database URL or a saved connection; may be repeated",
    )
    parser.add_argument("--thread", metavar="ID", help="go on with that conversation; its data is kept")
    parser.add_argument("--answer", metavar="TEXT", help="the answer to the conversation's open question")
    parser.add_argument("--model", default="builtin", help="who plans (default: builtin, which needs no model)")
    parser.add_argument("--now", metavar="T", help="the time it is, as ISO 8601 (default: the clock)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Answer one question, or a batch of them."""
    from agents.session import Message, Session
    from integrations.cli import render, workspace
    from spec.errors import UsageError

    if args.max_rows < 1:
        raise UsageError("--max-rows must be at least 1.")
    clock = workspace.now(args.now)
    with Session(workspace.context(args), clock=clock, model=args.model) as session:
        if args.batch is not None:
            return _batch(args, session, clock)
        message = Message(
            text=args.question or "",
            data=tuple(args.data),
            thread=args.thread,
            answer=args.answer,
            now=clock if args.now else None,
        )
        document = session.ask(message, max_rows=args.max_rows)
        workspace.remark(session.warnings)
    if args.json:
        workspace.print_json(document.to_json())
    else:
        print(render.ask(document))
    return CODES[document.status]


def failure(error: DreflowError) -> dict[str, JsonValue]:
    """The document of a failed command."""
    from tools.documents import failed_ask

    return failed_ask(error).to_json()


def _batch(args: argparse.Namespace, session: Session, clock: datetime) -> int:
    """Every line gives a line; one that fails does not stop the others."""
    import sys
    from pathlib import Path

    from integrations.cli import workspace
    from spec.errors import UsageError

    if args.question or args.thread or args.answer:
        raise UsageError("--batch stands by itself.", hint="Each line names its own question and data.")
    try:
        lines = sys.stdin.read() if args.batch == "-" else Path(args.batch).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("The batch file cannot be read.", hint=str(error), where={"file": args.batch}) from None
    for number, line in enumerate(lines.splitlines(), start=1):
        if line.strip():
            workspace.print_json(_line(args, session, clock, line, number))
    return 0


def _line(args: argparse.Namespace, session: Session, clock: datetime, line: str, number: int) -> dict[str, JsonValue]:
    import json

    from agents.session import Message
    from integrations.cli import workspace
    from integrations.cli.app import as_ours
    from spec.errors import UsageError
    from tools.documents import failed_ask

    identity: JsonValue = None
    try:
        try:
            plain = json.loads(line)
        except ValueError:
            plain = None
        if not isinstance(plain, dict) or not isinstance(plain.get("question"), str):
            raise UsageError(
                "A line of a batch is a JSON object with a question.",
                hint='For instance {"id": 1, "question": "how many orders", "data": ["orders.csv"]}.',
                where={"line": number},
            )
        identity = plain.get("id")
        data = plain.get("data") or args.data
        message = Message(
            text=plain["question"],
            data=tuple([data] if isinstance(data, str) else map(str, data)),
            context=str(plain.get("context") or ""),
            now=workspace.now(str(plain["now"])) if plain.get("now") else clock,
        )
        document = session.ask(message, max_rows=args.max_rows)
    except Exception as error:  # noqa: BLE001 - any failure of a line is its document
        document = failed_ask(as_ours(error))
    return document.model_copy(update={"id": identity}).to_json()
