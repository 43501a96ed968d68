"""``dreflow profile``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.quality.profile import ColumnProfile
    from tools.quality import TableQuality

SUMMARY = "say how clean some data is: types, empty cells, forms, keys, joins, wrong cells, rules, and a score"
EPILOG = """\
examples:
  dreflow profile customers.csv
  dreflow profile shop.duckdb --table orders --json
"""
SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("data", nargs="+", metavar="X", help="a file, a folder, a database URL or a saved connection")
    parser.add_argument("--table", metavar="NAME", help="one table of it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Look at it and tell."""
    from integrations.cli import workspace
    from tools.quality import quality

    found = quality(workspace.context(args), args.data, table=args.table)
    if args.json:
        workspace.print_json({"tables": [one.to_json() for one in found]})
        return 0
    print("\n\n".join(in_words(one) for one in found))
    workspace.remark([text for one in found for text in one.remarks])
    return 0


def in_words(one: TableQuality) -> str:
    """One table's quality as text for a terminal."""
    from integrations.cli.render import bullets, safe, styled, table

    profile = one.profile
    part = f", {profile.looked:,} of them looked at" if profile.is_sample else ""
    parts = [f"{styled(safe(profile.name), 'bold')}  {profile.rows:,} rows{part}"]
    lines = [f"{deduction.what}, -{deduction.points:g}: {safe(deduction.why)}" for deduction in one.score.deductions]
    parts.append(f"Score {one.score.points:g} of 100" + ("\n" + bullets(lines) if lines else ""))
    heads = ["column", "type", "empty", "different", "from", "to", "most frequent", "written as", "personal"]
    rows = [_row(column) for column in profile.columns]
    parts.append(table(heads, rows, right=[False, False, True, True, False, False, False, False, False]))
    if profile.keys:
        keys = " or ".join(", ".join(key) for key in profile.keys[:3])
        parts.append(f"Key\n  · {safe(keys)} identifies a row")
    if one.joins:
        parts.append("Joins\n" + bullets([
            f"{safe(join.column)} points at {safe(join.to)}.{safe(join.references)} ({join.share:.1%})"
            for join in one.joins
        ]))  # fmt: skip
    if one.told:
        told = [f"{safe(item.column)} tells {safe(item.other)} ({item.share:.1%})" for item in one.told[:SHOWN]]
        parts.append("Columns that tell others\n" + bullets(told + _more(len(one.told))))
    if one.cells:
        looked = f" in {one.examined:,} rows" if one.examined < profile.rows else ""
        parts.append(f"Probably wrong: {len(one.cells):,} cells{looked}\n" + cells_table(one) + _rest(one))
    if one.rules:
        parts.append("Rules that fit, for a plan's checks\n" + bullets([
            f"{safe(str(rule.check['check']))}: {safe(rule.reason)} ({safe(rule.evidence)})" for rule in one.rules
        ]))  # fmt: skip
    return "\n\n".join(parts)


def _more(count: int) -> list[str]:
    return [f"and {count - SHOWN:,} more; --json gives them all"] if count > SHOWN else []


def _rest(one: TableQuality) -> str:
    return f"\n  … dreflow clean {one.name} writes them all" if len(one.cells) > SHOWN else ""


def cells_table(one: TableQuality) -> str:
    """The surest wrong cells, one of each kind first."""
    from integrations.cli.render import cell, table

    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for item in sorted(one.cells, key=lambda item: (-item.confidence, item.row, item.column)):
        kind = item.column, item.kinds[0]
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], item))
    shown = [item for _, item in sorted(ranked, key=lambda pair: pair[0])[:SHOWN]]
    rows = [
        [cell(", ".join(item.key)), cell(item.column), cell(item.value or None), cell(_proposal(item.proposed)),
         f"{item.confidence:.0%}", cell(item.reason)]
        for item in shown
    ]  # fmt: skip
    return table([cell(", ".join(one.key)), "column", "value", "proposed", "sure", "why"], rows)


def _proposal(proposed: str | None) -> str:
    return "?" if proposed is None else proposed or "(empty)"


def _row(one: ColumnProfile) -> list[str]:
    from integrations.cli.render import cell

    top = one.top[0] if one.top and one.top[0].rows > 1 and one.personal != "secret" else None
    form = one.forms[0] if one.forms and one.type.startswith("VARCHAR") else None
    return [
        cell(one.name),
        one.type,
        f"{one.empty / max(1, one.looked):.1%}" if one.empty else "",
        f"{one.distinct:,}",
        one.least if one.personal != "secret" else "",
        one.greatest if one.personal != "secret" else "",
        f"{cell(top.text)[:24]} ({top.rows:,})" if top else "",
        f"{cell(form.text)[:24]} ({form.rows / max(1, one.filled):.0%})" if form else "",
        one.personal,
    ]
