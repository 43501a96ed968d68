"""``dreflow vault rotate``."""

from __future__ import annotations

import argparse

SUMMARY = "give the vault of passwords a fresh key"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="rotate")
    rotate = actions.add_parser("rotate", help="encrypt every secret with a fresh key and forget the old one")
    rotate.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Rotate the key."""
    from integrations.cli import workspace
    from tools.connections import rotate_vault

    count = rotate_vault(workspace.context(args), now=workspace.now(None))
    if args.json:
        workspace.print_json({"secrets": count})
    else:
        print(f"The vault has a fresh key; {count} {'secret was' if count == 1 else 'secrets were'} encrypted anew.")
    return 0
