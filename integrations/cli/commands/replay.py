"""``dreflow replay``."""

from __future__ import annotations

import argparse

SUMMARY = "compute a past run again and compare the digests"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("run_id", metavar="RUN_ID", help="a run as 'dreflow runs list' names it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Replay it; 0 when every digest is the same."""
    import dataclasses

    from integrations.cli import workspace
    from integrations.cli.render import styled, table, wrapped
    from tools.runs import replay

    replayed = replay(workspace.context(args), args.run_id)
    if args.json:
        workspace.print_json(dataclasses.asdict(replayed))
    elif replayed.status == "expired":
        print(wrapped(replayed.message, indent=""))
    else:
        rows = [
            [styled("✓", "green") if one.same else styled("✗", "red"), one.target, one.before, one.after]
            for one in replayed.outputs
        ]
        same = replayed.status == "same"
        print(f"{args.run_id} {'gives the same digests' if same else 'gives other digests'} as before.\n")
        print(table(["", "output", "digest then", "digest now"], rows))
    return 0 if replayed.status == "same" else 1
