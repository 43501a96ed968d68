"""``dreflow explain``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.explain import Explanation

SUMMARY = "say in words what a plan does, or where a report's figure comes from"
EPILOG = """\
examples:
  dreflow explain totals.yaml
  dreflow explain out/report.html#summary-net-sales
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("what", metavar="SPEC|REPORT#FIGURE", help="a plan's file, or a figure of a written report")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Explain it."""
    from pathlib import Path

    path, sharp, figure = args.what.rpartition("#")
    if sharp and not Path(args.what).exists():
        return _figure(args, path, figure)
    return _spec(args)


def _spec(args: argparse.Namespace) -> int:
    import dataclasses
    from pathlib import Path

    from integrations.cli import workspace
    from tools.explain import explained
    from tools.plans import compiled

    told = explained(compiled(workspace.context(args), Path(args.what), now=workspace.now(None)))
    if args.json:
        plain = dataclasses.asdict(told)
        plain["effects"] = [effect.model_dump(mode="json") for effect in told.effects]
        workspace.print_json(plain)
    else:
        print(_in_words(told))
    return 0


def _in_words(told: Explanation) -> str:
    from integrations.cli.render import bullets, effect_line, safe, short, styled, table, wrapped

    parts = [f"{styled(safe(told.title), 'bold')}  (spec {short(told.digest)})"]
    if told.request:
        parts.append(wrapped(f"Asked: {safe(told.request)}", indent=""))
    if told.reading:
        parts.append(wrapped(f"Understood as: {safe(told.reading)}", indent=""))
    if told.words:
        parts.append("Words\n" + bullets([safe(text) for text in told.words]))
    parts.append("Reads\n" + bullets([f"{name}: {text}" for name, text in told.reads]))
    if told.does:
        parts.append("Does\n" + bullets([f"{name}: {text}" for name, text in told.does]))
    if told.promises:
        parts.append("Proves on every run\n" + bullets(told.promises))
    for result in told.results:
        rows = [[name, kind, origin] for name, kind, origin in result.columns]
        parts.append(f"{result.target} (from {result.relation})\n" + table(["column", "type", "comes from"], rows))
    if told.effects:
        parts.append("Leaves\n" + bullets([effect_line(e.kind, e.target, e.detail) for e in told.effects]))
    if told.schedule:
        parts.append(f"Runs by itself\n  · {told.schedule}")
    if told.assumptions:
        parts.append("Assumed\n" + bullets(told.assumptions))
    if told.notes:
        parts.append("Good to know\n" + bullets(told.notes))
    return "\n\n".join(parts)


def _figure(args: argparse.Namespace, path: str, figure: str) -> int:
    import dataclasses
    from pathlib import Path

    from integrations.cli import workspace
    from integrations.cli.render import bullets, safe, styled
    from tools.reports import provenance

    found = provenance(workspace.context(args), Path(path), figure)
    if args.json:
        workspace.print_json(dataclasses.asdict(found))
        return 0
    print(f"{styled(safe(found.label), 'bold')}: {safe(found.shown)}\n")
    counted = f"{found.expression} over {found.rows:,} rows of the step {found.step}"
    print(f"Computed as {counted}{f', where {found.where}' if found.where else ''}.")
    print("\nFrom\n" + bullets(found.origins))
    print(f"\nSQL\n{found.sql}\n\nRun {found.run_id}, spec {found.spec_digest}.")
    return 0
