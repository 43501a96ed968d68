"""``dreflow people list|grant|revoke|password``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory.store import SavedPrincipal
    from tools.context import Context

SUMMARY = "say who may ask, plan, approve, run, connect and administer here"
EPILOG = """\
A name is that of an account on this machine, as 'whoami' prints it. As long as nobody is named, whoever opens the
workspace may do all.

examples:
  dreflow people grant bo ask plan
  dreflow people grant nightly run --service
  dreflow people revoke bo plan
  dreflow people password bo
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    from tools.context import ALL_RIGHTS

    parser.epilog = EPILOG
    rights = f"{', '.join(sorted(ALL_RIGHTS))}, or all"
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|grant|revoke|password")
    actions.add_parser("list", help="everyone with rights here")
    grant = actions.add_parser("grant", help="give someone further rights")
    grant.add_argument("name", metavar="NAME", help="who")
    grant.add_argument("rights", metavar="RIGHT", nargs="+", help=rights)
    grant.add_argument("--service", action="store_true", help="it is a program, not a person")
    revoke = actions.add_parser("revoke", help="take rights away")
    revoke.add_argument("name", metavar="NAME", help="whose")
    revoke.add_argument("rights", metavar="RIGHT", nargs="*", help=f"{rights} (default: all)")
    password = actions.add_parser("password", help="set the password for the chat page and the API")
    password.add_argument("name", metavar="NAME", help="whose")
    password.add_argument("--stdin", action="store_true", help="read it from standard input instead of asking")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    from integrations.cli import workspace

    actions = {"list": _list, "grant": _grant, "revoke": _revoke, "password": _password}
    return actions[args.action](workspace.context(args), args)


def _password(context: Context, args: argparse.Namespace) -> int:
    """The password is asked for, or read from standard input: on the command line others could see it."""
    import getpass
    import sys

    from integrations.cli import workspace
    from spec.errors import UsageError
    from tools import logins

    if args.stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"New password of {args.name}: ")
        if getpass.getpass("Once more: ") != password:
            raise UsageError("The two passwords differ.", hint="Type the same one twice.")
    logins.set_password(context, args.name, password, now=workspace.now(None))
    if args.json:
        workspace.print_json({"name": args.name})
    else:
        print(f"{args.name} logs in with it from now on.")
    return 0


def _list(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import render, workspace
    from tools import people

    found = people.known(context)
    if args.json:
        workspace.print_json({"people": [_plain(one) for one in found], "you": context.principal})
    elif not found:
        print(f"Nobody is named here, so you ({context.principal}) may do all, as may whoever opens this workspace.")
    else:
        rows = [[render.safe(one.name), one.kind, _rights(one)] for one in found]
        print(render.table(["name", "kind", "may"], rows))
    return 0


def _grant(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import people

    kind: people.Kind | None = "service" if args.service else None
    granted = people.grant(context, args.name, args.rights, kind=kind, now=workspace.now(None))
    if args.json:
        workspace.print_json({**_plain(granted.principal), "founder": granted.founder})
        return 0
    print(f"{granted.principal.name} may {_rights(granted.principal)}.")
    if granted.founder:
        print(f"You ({granted.founder}) may do all; whoever is not named here may do nothing any more.")
    return 0


def _revoke(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import people

    left = people.revoke(context, args.name, args.rights, now=workspace.now(None))
    if args.json:
        workspace.print_json(_plain(left))
    else:
        print(f"{left.name} may {_rights(left)}.")
    return 0


def _rights(one: SavedPrincipal) -> str:
    return ", ".join(sorted(one.rights)) or "do nothing"


def _plain(one: SavedPrincipal) -> dict[str, object]:
    return {"name": one.name, "kind": one.kind, "rights": sorted(one.rights)}
