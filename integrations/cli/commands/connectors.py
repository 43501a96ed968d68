"""``dreflow connectors list|show|add|check|discover|preview|draft|approve``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrations.cli import drafting

if TYPE_CHECKING:
    from connectors.contract import Discovered
    from tools.context import Context

SUMMARY = "see where data can come from, save connections, look into data"
EPILOG = """\
examples:
  dreflow connectors add shop postgresql://ada@db.example/shop     (asks for the password)
  dreflow connectors add till stripe                               (asks for what Stripe needs)
  dreflow connectors add books xero                                (opens the page on which you allow reading)
  dreflow connectors add books                                     (connects it again)
  dreflow connectors discover ./exports
  dreflow connectors preview orders.csv
  dreflow connectors draft bakery --description openapi.yaml       (a connector for a system that we do not know)
"""


_PROOFS = {
    "A": "A  the real thing",
    "B": "B  an emulator",
    "C": "C  the vendor's own description",
    "D": "D  documented examples; not called tested",
    "E": "E  nothing independent; not called tested",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|add|check|discover|preview|draft|approve"
    )
    actions.add_parser("list", help="all connectors, and the connections saved here")
    show = actions.add_parser("show", help="how a connector is used")
    show.add_argument("name", help="a connector or a saved connection")
    add = actions.add_parser("add", help="save a connection under a name; passwords and tokens go to the vault")
    add.add_argument("name", help="the name to use with --data")
    add.add_argument(
        "url",
        metavar="URL|SYSTEM",
        nargs="?",
        help="postgresql://user@host/database, mysql://..., or a system such as stripe; nothing to connect one again",
    )
    add.add_argument("--password-stdin", action="store_true", help="read passwords and tokens from standard input")
    add.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="what a system needs to know")
    add.add_argument("--way", metavar="WAY", help="another way to prove who asks, where a system has several")
    add.add_argument("--write", action="store_true", help="ask for the rights to write, too: for plans that send")
    add.add_argument("--port", type=int, metavar="N", help="where a consent comes back to here (default: 8000)")
    add.add_argument("--wait", type=float, default=300.0, metavar="SECONDS", help="how long a consent is waited for")
    add.add_argument("--no-browser", action="store_true", help="only print the address of the page for a consent")
    check = actions.add_parser("check", help="reach a saved connection and prove its login; or try a connector itself")
    check.add_argument("name", help="a saved connection; with --conformance a system or a folder of one")
    check.add_argument(
        "--conformance", action="store_true", help="try every stream against the vendor's own description"
    )
    check.add_argument("--vendor", metavar="FILE", type=Path, help="what the vendor's documents say of its lists")
    check.add_argument("--description", metavar="FILE", type=Path, help="the vendor's own description, e.g. OpenAPI")
    check.add_argument("--stream", metavar="NAME", help="one stream alone")
    for name, help_ in (("discover", "the tables, columns and types of some data"), ("preview", "its first rows")):
        look = actions.add_parser(name, help=help_)
        look.add_argument("data", metavar="X", help="a file, a folder, a database URL or a saved connection")
        if name == "preview":
            look.add_argument("--table", metavar="NAME", help="one table of it")
            look.add_argument("--limit", type=int, default=20, metavar="N", help="rows (default: 20)")
    drafting.arguments(actions)
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
        "draft": drafting.draft,
        "approve": drafting.approve,
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
                "connectors": [{"name": unit.name, "can": list(unit.can), "proof": unit.proof} for unit in units],
                "connections": [{"name": one.name, "connector": one.connector, **one.config} for one in saved],
            }
        )
        return 0
    print(
        "Connectors:\n"
        + table(["name", "can", "tried on"], [[unit.name, ", ".join(unit.can), _PROOFS[unit.proof]] for unit in units])
    )
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

    from connectors.contract import DECLARED
    from integrations.cli import workspace
    from integrations.cli.connecting import connect
    from tools import connections

    meant = args.url or _before(context, args.name)
    if DECLARED.has(meant) or "://" not in meant:
        return connect(context, args, meant)
    password = sys.stdin.readline().rstrip("\n") if args.password_stdin else None
    if password is None and connections.wants_password(meant) and sys.stdin.isatty():
        import getpass

        password = getpass.getpass("Password (empty for none): ") or None
    saved = connections.add(context, args.name, meant, now=workspace.now(None), password=password)
    if args.json:
        workspace.print_json({"name": saved.name, "connector": saved.connector, **saved.config})
    else:
        kept = "; its password is in the vault" if saved.secret else ""
        print(f"Saved {saved.name}{kept}. Try it:  dreflow connectors check {saved.name}")
    return 0


def _before(context: Context, name: str) -> str:
    """What a saved connection was added with."""
    from tools import connections

    saved = connections.known(context, name)
    return str(saved.config.get("url") or saved.config.get("location") or saved.connector)


def _conformance(args: argparse.Namespace) -> int:
    """Try a connector, a line as each stream ends; 1 when something is broken."""
    from integrations.cli import workspace
    from integrations.cli.render import table
    from tools.conformance import verdicts

    found = list(verdicts(args.name, vendor=args.vendor, description=args.description, stream=args.stream))
    broken = [one for one in found if one.result == "broken"]
    if args.json:
        plain = [{"stream": o.stream, "case": o.case, "result": o.result, "detail": o.detail} for o in found]
        workspace.print_json({"name": args.name, "status": "broken" if broken else "kept", "verdicts": plain})
        return 1 if broken else 0
    results = ("kept", "broken", "not applicable", "not tried")
    rows = [
        [stream, *(str(sum(o.stream == stream and o.result == result for o in found) or "") for result in results)]
        for stream in dict.fromkeys(one.stream for one in found)
    ]
    print(table(["stream", *results], rows, right=[False, True, True, True, True]))
    for one in broken:
        print(f"  {one.stream}, {one.case}: {one.detail}")
    return 1 if broken else 0


def _check(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import connections

    if args.conformance:
        return _conformance(args)
    account = connections.check(context, args.name)
    if args.json:
        workspace.print_json({"name": args.name, "status": "ok", **({"account": account} if account else {})})
    else:
        print(f"{args.name} can be reached and lets us in{f', as {account}' if account else ''}.")
    return 0


def _discover(context: Context, args: argparse.Namespace) -> int:
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
