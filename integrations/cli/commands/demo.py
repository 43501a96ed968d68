"""``dreflow demo``: the demo business, and a conversation held with it from the question to the files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from agents.session import Session
    from tools.context import Context

SUMMARY = "make a small shop's data and watch a question become a report"
REQUEST = "My Stripe deposits never match Shopify. Show me where the money goes, every Monday."
NOW = "2026-10-05T08:00:00+02:00"
ZONE = "Europe/Rome"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument(
        "--size",
        default="quarter",
        metavar="quarter|years|N",
        help="412 orders, 50,000, or any number (default: quarter)",
    )
    parser.add_argument("--out", default="dreflow-demo", metavar="DIR", help="folder of it all (default: dreflow-demo)")


def run(args: argparse.Namespace) -> int:
    """Make the data, hold the conversation, show where everything is."""
    import os
    from pathlib import Path

    from agents.session import Session
    from integrations.cli import workspace
    from integrations.cli.render import styled
    from tools.demo.world import write_world

    folder = Path(args.out)
    world = write_world(folder, size=_size(args.size))
    if args.workspace is None and not os.environ.get("DREFLOW_WORKSPACE"):
        args.workspace = str(folder / ".dreflow")
    shop = world.truth.shopify
    span = f"{world.truth.first_day:%-d %B %Y} to {world.truth.last_day:%-d %B %Y}"
    print(f"A small online shop with {shop.orders:,} orders from {span}. Its files: {world.data}\n")
    clock, context = workspace.now(NOW), workspace.context(args)
    print(f"{styled('The owner says', 'bold')}\n  “{REQUEST}”\n")
    with Session(context, clock=clock) as session:
        if not _conversation(session, str(world.data), folder / "stripe.yaml"):
            return 1
    return _approve_and_run(context, folder, clock)


def _size(text: str) -> Literal["quarter", "years"] | int:
    from spec.errors import UsageError

    named: dict[str, Literal["quarter", "years"]] = {"quarter": "quarter", "years": "years"}
    if text in named:
        return named[text]
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise UsageError(f"--size {text!r} is not a size.", hint="Use quarter, years, or a number of orders.")


def _conversation(session: Session, data: str, spec_file: Path) -> bool:
    """Ask, and give each question's first answer, until there is a plan; False when there is none."""
    from agents.session import Message
    from integrations.cli import render

    message = Message(text=REQUEST, data=(data,), timezone=ZONE)
    document = session.plan(message, spec_file=spec_file)
    while document.status == "question" and document.options:
        chosen = document.options[0]
        print(render.styled("DReflowPro asks", "bold"))
        if document.reading:
            print(render.wrapped(document.reading))
        print(render.wrapped(document.question or ""))
        print(render.bullets([option.label for option in document.options]) + "\n")
        print(f"{render.styled('The owner answers', 'bold')}\n  {chosen.label}\n")
        document = session.plan(Message(thread=document.thread, answer=chosen.value), spec_file=spec_file)
    if document.status != "planned":
        print(render.plan(document, spec_file=None))
        return False
    print(render.styled("DReflowPro plans", "bold") + "\n")
    # What to type next is what the demo does itself.
    shown = document.model_copy(update={"thread": None})
    print(render.plan(shown, spec_file=None) + "\n")
    return True


def _approve_and_run(context: Context, folder: Path, clock: datetime) -> int:
    from integrations.cli import render
    from tools.approvals import approve
    from tools.plans import compiled
    from tools.runs import known, report_files
    from tools.runs import run as run_spec

    spec_file, out = folder / "stripe.yaml", folder / "out"
    job = compiled(context, spec_file, now=clock)
    approved = approve(context, job.spec, job.effects, approved_by=context.principal, now=clock)
    print(f"{render.styled('The owner approves', 'bold')}\n  {approved.spec_digest}\n")
    result = run_spec(context, spec_file, now=clock, out=out)
    print(render.run(result, str(out), reports=report_files(known(context, result.run_id))) + "\n")
    if result.status != "succeeded":
        return 1
    _figures(job.spec.report.file if job.spec.report else "", out)
    _exceptions(out / "exceptions.csv")
    print(f"\nThe plan is {spec_file}; without any AI it runs again with:\n  dreflow run {spec_file}")
    print(f'Ask for more:\n  dreflow ask "how many orders" --data {folder / "data"}')
    return 0


def _exceptions(file: Path) -> None:
    """The findings that need a person, as they stand in the written file."""
    import csv

    from integrations.cli.render import safe, styled, table

    with file.open(encoding="utf-8", newline="") as lines:
        rows = [
            [safe(row["exception"]), safe(row["reference"]), row["day"], row["amount"]] for row in csv.DictReader(lines)
        ]
    print("\n" + styled("What needs a look", "bold"))
    print(table(["exception", "order or payout", "day", "amount"], rows, right=[False, False, False, True]))


def _figures(report: str, out: Path) -> None:
    """The report's own figures, as they stand in the written file."""
    from integrations.cli.render import safe, styled, table
    from tools.reports import distinct_figures

    for ending in ("html", "xlsx"):
        file = out / f"{report}.{ending}"
        if report and file.is_file():
            rows = [[safe(label), safe(shown)] for label, shown in distinct_figures(file)]
            print(styled("What it found", "bold") + "\n" + table(["figure", "value"], rows, right=[False, True]))
            return
