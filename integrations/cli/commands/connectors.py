"""``dreflow connectors list|show|add|check|discover|preview``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.contract import Discovered
    from tools.context import Context

SUMMARY = "see where data can come from, save connections, look into data"
EPILOG = """\
examples:
  dreflow connectors add shop postgresql://ada@db.example/shop     (asks for the password)
  dreflow connectors discover ./exports
  dreflow connectors preview orders.csv
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|add|check|discover|preview")
    actions.add_parser("list", help="all connectors, and the connections saved here")
    show = actions.add_parser("show", help="how a connector is used")
    show.add_argument("name", help="a connector or a saved connection")
    add = actions.add_parser("add", help="save a database's address under a name; the password goes to the vault")
    add.add_argument("name", help="the name to use with --data")
    add.add_argument("url", metavar="URL", help="postgresql://user@host/database, mysql://user@host/database")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    check = actions.add_parser("check", help="reach a saved connection and prove its password")
    check.add_argument("name", help="a saved connection")
    for name, help_ in (("discover", "the tables, columns and types of some data"), ("preview", "its first rows")):
        look = actions.add_parser(name, help=help_)
        look.add_argument("data", metavar="X", help="a file, a folder, a database URL or a saved connection")
        if name == "preview":
            look.add_argument("--table", metavar="NAME", help="one table of it")
            look.add_argument("--limit", type=int, default=20, metavar="N", help="rows (default: 20)")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    from integrations.cli import workspace

    actions = {
        "list": _list,
        "show": _show,
        "add": _add,
        "check": _check,
        "discover": _discover,
        "preview": _preview,
    }
    return actions[args.action](workspace.context(args), args)


def _list(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from integrations.cli.render import table
    from tools import connections

    units, saved = connections.units(), connections.saved(context)
    if args.json:
        workspace.print_json(
            {
                "connectors": [{"name": unit.name, "can": list(unit.can)} for unit in units],
                "connections": [{"name": one.name, "connector": one.connector, **one.config} for one in saved],
            }
        )
        return 0
    print("Connectors:\n" + table(["name", "can"], [[unit.name, ", ".join(unit.can)] for unit in units]))
    if saved:
        rows = [[one.name, one.connector, connections.address(one)] for one in saved]
        print("\nConnections saved here:\n" + table(["name", "connector", "address"], rows))
    return 0


def _show(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import connections

    page = connections.page(context, args.name)
    if args.json:
        workspace.print_json({"name": args.name, "text": page})
    else:
        print(page)
    return 0


def _add(context: Context, args: argparse.Namespace) -> int:
    import sys

    from integrations.cli import workspace
    from tools import connections

    password = sys.stdin.readline().rstrip("\n") if args.password_stdin else None
    if password is None and connections.wants_password(args.url) and sys.stdin.isatty():
        import getpass

        password = getpass.getpass("Password (empty for none): ") or None
    saved = connections.add(context, args.name, args.url, now=workspace.now(None), password=password)
    if args.json:
        workspace.print_json({"name": saved.name, "connector": saved.connector, **saved.config})
    else:
        kept = "; its password is in the vault" if saved.secret else ""
        print(f"Saved {saved.name}{kept}. Try it:  dreflow connectors check {saved.name}")
    return 0


def _check(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import connections

    connections.check(context, args.name)
    if args.json:
        workspace.print_json({"name": args.name, "status": "ok"})
    else:
        print(f"{args.name} can be reached and lets us in.")
    return 0


def _discover(context: Context, args: argparse.Namespace) -> int:
    from pathlib import Path

    from integrations.cli import workspace
    from tools import connections

    found = connections.discover(context, args.data, base=Path.cwd())
    if args.json:
        workspace.print_json(
            {
                "tables": [
                    {
                        "name": one.name,
                        "source": one.source.model_dump(mode="json", exclude_defaults=True),
                        "table": one.table.model_dump(mode="json", exclude_defaults=True),
                        "warnings": list(one.warnings),
                    }
                    for one in found
                ]
            }
        )
        return 0
    print("\n\n".join(_table_in_words(one) for one in found))
    workspace.remark([f"{one.name}: {text}" for one in found for text in one.warnings])
    return 0


def _table_in_words(one: Discovered) -> str:
    from integrations.cli.render import safe, styled, table

    rows = f", {one.table.rows:,} rows" if one.table.rows is not None else ""
    keys = {name.casefold() for name in one.table.primary_key}
    columns = [
        [column.name, column.type, "key" if column.name.casefold() in keys else "", safe(column.description)]
        for column in one.table.columns
    ]
    head = f"{styled(one.name, 'bold')} ({safe(one.source.location or one.source.connection or '')}{rows})"
    return head + "\n" + table(["column", "type", "", ""], columns)


def _preview(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from integrations.cli.render import cell, is_number, styled, table
    from tools.data import preview

    shown = preview(context, args.data, table=args.table, limit=args.limit)
    if args.json:
        workspace.print_json({"tables": [one.to_json() for one in shown]})
        return 0
    for one in shown:
        kinds = one.rows.types
        rows = [[cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in one.rows.rows]
        print(styled(one.name, "bold"))
        print(table(one.rows.names, rows, right=[is_number(kind) for kind in kinds]))
        if one.rows.truncated:
            print("  …")
        for remark in one.remarks:
            print(f"  {remark}")
        print()
    return 0
