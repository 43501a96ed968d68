"""``dreflow forget thread|definition|preference|connection|workspace|traces``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.forget import Forgotten, Stops

SUMMARY = "delete a conversation, a definition, a preference, a connection or a whole workspace, everywhere"
_HELP = {
    "thread": "a conversation, as t1",
    "definition": "what a word means here, in all versions",
    "preference": "what you prefer",
    "connection": "a saved connection with its secrets",
    "workspace": "all of this workspace: conversations, connections with passwords, plans, runs and their files",
    "traces": "bytes of earlier deletions that another program kept from being written over",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="what", required=True, metavar="|".join(_HELP))
    for name, meaning in _HELP.items():
        action = actions.add_parser(name, help=meaning)
        if name in {"thread", "definition", "preference", "connection"}:
            action.add_argument("name", metavar="ID" if name == "thread" else "NAME")
        action.add_argument("--yes", action="store_true", help="do it; it cannot be undone")
        if name == "connection":
            action.add_argument(
                "--anyway", action="store_true", help="also when its system cannot be asked to end the consent"
            )
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Forget it; without --yes only say what would go."""
    import dataclasses

    from integrations.cli import workspace
    from spec.errors import UsageError
    from tools import forget

    context = workspace.context(args)
    named = f" {args.name}" if "name" in args else ""
    if not args.yes and args.what != "traces":
        stopped = _stops(forget.stops(context, args.name)) if args.what == "connection" else ""
        raise UsageError(
            f"This deletes {_HELP[args.what]}, and cannot be undone.{stopped}",
            hint=f"If that is what you want: dreflow forget {args.what}{named} --yes",
        )
    now = workspace.now(None)
    if args.what == "thread":
        done = forget.thread(context, args.name, now=now)
    elif args.what == "definition":
        done = forget.definition(context, args.name, now=now)
    elif args.what == "preference":
        done = forget.preference(context, args.name)
    elif args.what == "connection":
        done = forget.connection(context, args.name, now=now, anyway=args.anyway)
    elif args.what == "workspace":
        done = forget.workspace(context, now=now)
    else:
        done = forget.traces(context)
    if args.json:
        workspace.print_json(dataclasses.asdict(done))
    else:
        print(_told(done))
    return 0


def _stops(found: Stops) -> str:
    said = [
        f"It pauses {', '.join(found.paused)}." if found.paused else "",
        f"{', '.join(found.others)} cannot run any more." if found.others else "",
        found.elsewhere,
    ]
    return "".join(f" {one}" for one in said if one)


def _told(done: Forgotten) -> str:
    lines = [
        "No trace is left of what was deleted." if done.what == "traces" else f"Forgotten: {done.what} {done.name}."
    ]
    if not done.scrubbed:
        lines = [] if done.what == "traces" else lines
        lines.append(
            "Another program has the workspace open, so bytes of it may still lie in its file: close it, then run "
            "'dreflow forget traces'."
        )
    if done.told:
        lines.append(done.told)
    if done.paused:
        lines.append(f"Paused, because they run through it: {', '.join(done.paused)}.")
    if done.kept_in:
        lines.append(f"Plans keep the meaning they were approved with: {', '.join(done.kept_in)}.")
    if done.left:
        lines.append(f"These files in the folder are not ours and stay: {', '.join(done.left)}.")
    return "\n".join(lines)
