"""``dreflow diff``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.impact import OutputImpact

SUMMARY = "what changed between two plans, in words and in numbers"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("before", metavar="A", help="the earlier plan's file")
    parser.add_argument("after", metavar="B", help="the later plan's file")
    parser.add_argument("--words", action="store_true", help="in words only; reads no data")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Compare them."""
    import dataclasses
    from pathlib import Path

    from integrations.cli import render, workspace
    from tools.specs import difference

    clock = workspace.now(None)
    context = workspace.context(args)
    found = difference(context, Path(args.before), Path(args.after), now=clock, numbers=not args.words)
    if args.json:
        impact = None if found.impact is None else [dataclasses.asdict(one) for one in found.impact]
        changes = [change.model_dump(mode="json") for change in found.changes]
        workspace.print_json({"changes": changes, "impact": impact})
        return 0
    if not found.changes:
        print("The two plans mean the same.")
        return 0
    print(render.bullets([change.text for change in found.changes]))
    if any(change.effect for change in found.changes):
        print("\nWhat leaves the run changes, so the new plan needs an approval of its own.")
    if found.impact:
        print("\nOn the data as it is now\n" + _impact(found.impact))
    return 0


def _impact(impact: Sequence[OutputImpact]) -> str:
    from integrations.cli.render import cell, table

    rows = []
    for one in impact:
        rows.append([one.target, "rows", *(cell(count, "BIGINT") for count in one.rows)])
        rows += [["", f"sum of {name}", *(cell(sum_, "DECIMAL") for sum_ in both)] for name, both in one.sums.items()]
        counts = (("added", one.rows_added), ("removed", one.rows_removed), ("changed", one.rows_changed))
        rows += [["", f"rows {what}", "", cell(count, "BIGINT")] for what, count in counts if count]
        rows += [["", "column added", "", name] for name in one.columns_added]
        rows += [["", "column removed", name, ""] for name in one.columns_removed]
    return table(["output", "", "before", "after"], rows, right=[False, False, True, True])
