"""``dreflow plan``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.base import JsonValue
    from spec.errors import DreflowError

SUMMARY = "plan a pipeline from a request and prove it on your data"
EPILOG = """\
examples:
  dreflow plan "total sales per region every Monday, save it as totals.csv" --data orders.csv -o totals.yaml
  dreflow plan --thread t1 --answer payout
"""
CODES = {"planned": 0, "question": 3, "declined": 1, "failed": 1}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    from integrations.cli.commands.ask import shared

    parser.epilog = EPILOG
    parser.add_argument("request", nargs="?", help="what the pipeline should do, in your words")
    shared(parser)
    parser.add_argument("-o", dest="spec_file", metavar="SPEC", help="write the plan there, as YAML")


def run(args: argparse.Namespace) -> int:
    """Plan, or go on with a plan."""
    from pathlib import Path

    from agents.session import Message, Session
    from integrations.cli import render, workspace

    clock = workspace.now(args.now)
    message = Message(
        text=args.request or "",
        data=tuple(args.data),
        thread=args.thread,
        answer=args.answer,
        now=clock if args.now else None,
    )
    with Session(workspace.context(args), clock=clock, model=args.model) as session:
        document = session.plan(message, spec_file=Path(args.spec_file) if args.spec_file else None)
        workspace.remark(session.warnings)
    if args.json:
        workspace.print_json(document.to_json())
    else:
        print(render.plan(document, spec_file=args.spec_file))
    return CODES[document.status]


def failure(error: DreflowError) -> dict[str, JsonValue]:
    """The document of a failed command."""
    from tools.documents import failed_plan

    return failed_plan(error).to_json()
