"""``dreflow clean``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tools.quality import TableQuality

SUMMARY = "find wrong cells and write a plan that repairs them; nothing is changed before it is run"
EPILOG = """\
examples:
  dreflow clean customers.csv -o clean.yaml
  dreflow clean customers.csv --cells cells.csv
  dreflow run clean.yaml
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("data", metavar="X", help="a file, a database URL or a saved connection")
    parser.add_argument("--table", metavar="NAME", help="one table of it, where there are several")
    parser.add_argument(
        "--at-least", type=float, default=0.5, metavar="P", help="repair from this sure on (default: 0.5)"
    )
    parser.add_argument("-o", dest="spec_file", metavar="SPEC", help="write the plan there, as YAML")
    parser.add_argument("--cells", metavar="FILE", help="write every wrong cell there, as CSV")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Find, and write down."""
    from pathlib import Path

    from integrations.cli import workspace
    from integrations.cli.commands.profile import cells_table
    from spec.codec import digest, to_yaml
    from spec.errors import UsageError
    from tools.quality import cleaning_plan

    if not 0 <= args.at_least <= 1:
        raise UsageError(f"--at-least {args.at_least:g} is not between 0 and 1.", hint="0.8 repairs the surest only.")
    spec, found = cleaning_plan(workspace.context(args), [args.data], table=args.table, at_least=args.at_least)
    if args.spec_file:
        Path(args.spec_file).write_text(to_yaml(spec), encoding="utf-8")
    if args.cells:
        _write(Path(args.cells), found)
    repaired = len(spec.tables["repairs"].rows) if "repairs" in spec.tables else 0
    if args.json:
        plain = [{"key": dict(zip(found.key, cell.key, strict=True)), "column": cell.column, "value": cell.value,
                  "proposed": cell.proposed, "reason": cell.reason, "confidence": cell.confidence}
                 for cell in found.cells]  # fmt: skip
        workspace.print_json({"table": found.name, "examined": found.examined, "cells": plain, "repairs": repaired,
                              "spec_digest": digest(spec)})  # fmt: skip
        return 0
    if not found.cells:
        print(f"No cell of {found.name} looks wrong.")
        return 0
    print(cells_table(found))
    print(f"\n{len(found.cells):,} cells look wrong, {repaired:,} of them have a repair; nothing was changed.")
    if args.spec_file:
        print(f"The repairs stand in {args.spec_file}. Take out what is right as it is.")
        print(f"Then:  dreflow run {args.spec_file}")
    else:
        print("Write them into a plan with -o SPEC, or into a table with --cells FILE.")
    return 0


def _write(file: Path, found: TableQuality) -> None:
    import csv

    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([*found.key, "column", "value", "proposed", "reason", "confidence"])
        for cell in found.cells:
            # A cell without a proposal shows a question mark, one that should be empty nothing.
            proposed = "?" if cell.proposed is None else cell.proposed
            writer.writerow([*cell.key, cell.column, cell.value, proposed, cell.reason, f"{cell.confidence:.3f}"])
