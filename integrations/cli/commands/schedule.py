"""``dreflow schedule list|add|pause|resume``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tools.context import Context
    from tools.schedules import Outlook

SUMMARY = "let an approved plan run by itself, or pause it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|add|pause|resume")
    actions.add_parser("list", help="what runs by itself: when next, how it went last, what there is to tell")
    added = actions.add_parser("add", help="let an approved plan run at its times from now on")
    added.add_argument("spec", metavar="SPEC", help="the plan's file")
    added.add_argument("--out", default="out", metavar="DIR", help="folder of the output files (default: out)")
    for name, help_ in (("pause", "let it not run until it is resumed"), ("resume", "let it run again, from now on")):
        action = actions.add_parser(name, help=help_)
        action.add_argument("pipeline", metavar="NAME", help="the plan's name, as 'list' shows it")
    for action in actions.choices.values():
        action.add_argument("--now", metavar="T", help="the time it is, as ISO 8601 (default: the clock)")
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    from pathlib import Path

    from integrations.cli import workspace
    from integrations.cli.render import safe
    from tools import schedules

    context, now = workspace.context(args), workspace.now(args.now)
    if args.action == "list":
        return _list(context, args, now)
    if args.action == "add":
        outlook = schedules.add(context, Path(args.spec), now=now, out=Path(args.out))
    elif args.action == "pause":
        outlook = schedules.pause(context, args.pipeline, now=now)
    else:
        outlook = schedules.resume(context, args.pipeline, now=now)
    if args.json:
        workspace.print_json(_plain(outlook))
    elif outlook.paused:
        print(f"{safe(outlook.title)} is paused. It goes on with:  dreflow schedule resume {outlook.pipeline}")
    else:
        print(said(outlook))
    return 0


def said(outlook: Outlook) -> str:
    """When it runs next, and what it takes."""
    from integrations.cli.render import safe

    return (
        f"{safe(outlook.title)} runs by itself {spoken(outlook)}, next on {day(outlook.next_at)}.\n"
        f"Its files go to {outlook.out}. A worker has to be at work:  dreflow worker"
    )


def spoken(outlook: Outlook) -> str:
    """The rhythm in words."""
    from tools.wording import spoken_rhythm

    return f"{spoken_rhythm(outlook.schedule.rhythm)} ({outlook.schedule.timezone} time)"


def day(moment: datetime | None) -> str:
    """A time in its own zone."""
    return f"{moment:%A %-d %B %Y at %H:%M}" if moment is not None else "no day"


def _list(context: Context, args: argparse.Namespace, now: datetime) -> int:
    from integrations.cli import workspace
    from integrations.cli.render import safe, table
    from tools import schedules

    outlooks = schedules.listed(context, now=now)
    if args.json:
        workspace.print_json({"schedules": [_plain(one) for one in outlooks]})
        return 0
    if not outlooks:
        print("Nothing runs by itself yet. Schedule an approved plan with 'dreflow schedule add SPEC'.")
        return 0
    rows = [
        [one.pipeline, safe(spoken(one)), _next(one), _last(one), one.at_work.claimed_by or "" if one.at_work else ""]
        for one in outlooks
    ]
    print(table(["name", "runs", "next", "last", "at work"], rows))
    remarks = _remarks(context, outlooks)
    if remarks:
        print("\n" + "\n".join(remarks))
    return 0


def _next(one: Outlook) -> str:
    if one.paused:
        return f"paused for {one.paused_for}" if one.paused_for is not None else "paused"
    if not one.approved:
        return "not approved"
    moment = one.next_at
    return f"{moment:%a %Y-%m-%d %H:%M}{', late' if one.late else ''}" if moment is not None else "never"


def _last(one: Outlook) -> str:
    from zoneinfo import ZoneInfo

    if one.last is None:
        return ""
    at = one.last.due_at.astimezone(ZoneInfo(one.schedule.timezone))
    run = f", {one.last.run_id}" if one.last.run_id else ""
    status = {"held": "not run", "blocked": "held back"}.get(one.last.status, one.last.status)
    return f"{status} ({at:%a %Y-%m-%d %H:%M}{run})"


def _remarks(context: Context, outlooks: Sequence[Outlook]) -> list[str]:
    """The last trouble of each, in its own words."""
    from integrations.cli.render import bullets
    from tools import lapses, notices

    lines = []
    for one in outlooks:
        if one.paused_for is not None:
            told = f"{one.pipeline} is paused, because the connection {one.paused_for} is not let in any more."
            lines.append(bullets([f"{told} {lapses.again(context, one.paused_for)}"]))
            continue
        if one.last is not None and one.last.status in {"failed", "held", "blocked"}:
            last = notices.last(context, one.pipeline)
            if last is not None and last.kind != "recovered":
                lines.append(bullets([f"{last.text} {last.hint}".strip()]))
        if one.late:
            lines.append(bullets([f"{one.pipeline} is due and no worker has taken it up. Start one: dreflow worker"]))
    return lines


def _plain(one: Outlook) -> dict[str, object]:
    last = one.last
    return {
        "pipeline": one.pipeline,
        "title": one.title,
        "runs": one.schedule.rhythm,
        "timezone": one.schedule.timezone,
        "catch_up": one.schedule.catch_up,
        "spec_digest": one.spec_digest,
        "spec_file": one.spec_file,
        "out": one.out,
        "thread": one.thread,
        "approved": one.approved,
        "paused": one.paused,
        "paused_for": one.paused_for,
        "next": one.next_at.isoformat() if one.next_at is not None else None,
        "late": one.late,
        "last": {"due": last.due_at.isoformat(), "status": last.status, "run_id": last.run_id, "message": last.message}
        if last is not None
        else None,
        "claimed_by": one.at_work.claimed_by if one.at_work is not None else None,
    }
