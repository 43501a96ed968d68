"""``dreflow preferences list|set|reset``."""

from __future__ import annotations

import argparse

SUMMARY = "your language, currency, time zone, charts and report formats"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|set|reset")
    actions.add_parser("list", help="all preferences, with what counts for you")
    put = actions.add_parser("set", help="choose, for instance: set language de")
    put.add_argument("name")
    put.add_argument("value")
    reset = actions.add_parser("reset", help="go back to the default")
    reset.add_argument("name")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    import dataclasses

    from integrations.cli import workspace
    from integrations.cli.render import safe, table
    from tools import preferences

    context = workspace.context(args)
    if args.action == "set":
        preferences.prefer(context, args.name, args.value, now=workspace.now(None))
    elif args.action == "reset":
        preferences.reset(context, args.name)
    known = preferences.chosen(context)
    if args.json:
        workspace.print_json({"preferences": [dataclasses.asdict(one) for one in known]})
        return 0
    shown = [one for one in known if args.action == "list" or one.name == args.name]
    rows = [[one.name, safe(one.value), "" if one.own else "default", one.meaning] for one in shown]
    print(table(["preference", "value", "", "meaning"], rows))
    return 0
