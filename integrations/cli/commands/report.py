"""``dreflow report``."""

from __future__ import annotations

import argparse

SUMMARY = "make a plan's report, or a past run's again"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("what", metavar="SPEC|RUN_ID", help="a plan's file, or a run as 'dreflow runs list' names it")
    parser.add_argument("--format", metavar="F,F", help="formats (default: those you prefer, else html,xlsx)")
    parser.add_argument("--out", default="out", metavar="DIR", help="folder of the files (default: out)")
    parser.add_argument("--now", metavar="T", help="the time it is, for a plan, as ISO 8601 (default: the clock)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make it."""
    from pathlib import Path

    from integrations.cli import workspace
    from tools import preferences, reports

    context = workspace.context(args)
    wanted = args.format or preferences.value_of(context, "report_formats")
    formats = [name for name in wanted.split(",") if name]
    if Path(args.what).exists():
        moment = workspace.now(args.now)
        written = reports.of_spec(context, Path(args.what), formats=formats, out=Path(args.out), now=moment)
    else:
        written = reports.of_run(context, args.what, formats=formats, out=Path(args.out))
    if args.json:
        workspace.print_json({"files": [str(path) for path in written]})
    else:
        print("\n".join(str(path) for path in written))
    return 0
