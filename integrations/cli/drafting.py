"""``dreflow connectors draft`` and ``approve``: a connector from a description, shown, then written once approved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.context import Context
    from tools.drafting import ConnectorDraft, Wanted

_MOST_SHOWN = 60


def arguments(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare what can be typed."""
    drafted = actions.add_parser(
        "draft", help="draft a connector from a description or example answers; nothing is written yet"
    )
    drafted.add_argument("name", help="the connector's name, in small letters")
    drafted.add_argument(
        "--description", metavar="FILE", type=Path, help="OpenAPI, Swagger, EDMX or GraphQL introspection"
    )
    drafted.add_argument(
        "--examples", metavar="FOLDER", type=Path, help="JSON answers, and a text that says where they are from"
    )
    drafted.add_argument(
        "--about", default="", metavar="TEXT", help="what you want of it, in a sentence: orders and customers"
    )
    drafted.add_argument(
        "--base-url", metavar="URL", help="the system's address, where the description does not say it"
    )
    drafted.add_argument(
        "--answer", action="append", default=[], metavar="KEY=VALUE", help="an answer to one of its questions"
    )
    drafted.add_argument(
        "--approve", metavar="DIGEST", help="write the draft of this digest; the first characters will do"
    )
    drafted.add_argument("--by", metavar="NAME", help="who approves it")
    drafted.add_argument("--out", metavar="FOLDER", type=Path, help="write it there instead, to be worked on")
    approved = actions.add_parser("approve", help="approve a connector that stands in the workspace's folder, as it is")
    approved.add_argument("name", help="the connector")
    approved.add_argument("--by", required=True, metavar="NAME", help="who approves it")


def draft(context: Context, args: argparse.Namespace) -> int:
    """Show the draft; with ``--approve`` write it. 3 while it asks something and reads nothing yet."""
    import sys

    from integrations.cli import workspace
    from spec.errors import ApprovalNeededError
    from tools import drafting

    wanted = _wanted(args)
    found = drafting.draft(context, wanted)
    if not args.json:
        print(in_words(found))
    digest = args.approve
    may_ask = not args.json and args.by and sys.stdin.isatty() and sys.stdout.isatty()
    if digest is None and may_ask and found.drafted.definition.streams:
        digest = found.digest if input("Write this connector? [y/N] ").strip().lower() in {"y", "yes"} else None
    if digest is None:
        if args.json:
            workspace.print_json(_plain(found))
        return 0 if found.drafted.definition.streams else 3
    if len(digest) < 12 or not found.digest.startswith(digest):
        raise ApprovalNeededError("That is not the digest of this draft.", hint=f"It is {found.digest}.")
    now = workspace.now(None)
    folder = drafting.approve(context, wanted, found.digest, by=args.by or "", now=now, out=args.out, seen=found)
    if args.json:
        workspace.print_json({**_plain(found), "status": "written", "folder": str(folder)})
    elif args.out is not None:
        print(f"Written to {folder}. It can be used once it stands in a workspace and is approved there.")
    else:
        print(f"{args.by} approved it. Written to {folder}.\nNext:  dreflow connectors add MY_NAME {args.name}")
    return 0


def approve(context: Context, args: argparse.Namespace) -> int:
    """Approve a connector of one's own as it stands."""
    from integrations.cli import workspace
    from tools.drafting import approve_own

    digest = approve_own(context, args.name, by=args.by, now=workspace.now(None))
    if args.json:
        workspace.print_json({"name": args.name, "digest": digest, "approved_by": args.by})
    else:
        print(f"{args.by} approved {args.name} ({digest[:12]}). Next:  dreflow connectors add MY_NAME {args.name}")
    return 0


def _wanted(args: argparse.Namespace) -> Wanted:
    from spec.errors import UsageError
    from tools.drafting import Wanted

    answers: dict[str, str] = {}
    for item in args.answer:
        key, divided, value = item.partition("=")
        if not divided:
            raise UsageError(f"--answer takes KEY=VALUE, not {item!r}.")
        answers[key.strip()] = value.strip()
    if args.examples is not None and not args.examples.is_dir():
        raise UsageError(f"{args.examples} is no folder.", where={"file": str(args.examples)})
    files = tuple(sorted(file for file in args.examples.iterdir() if file.is_file())) if args.examples else ()
    return Wanted(args.name, args.description, files, args.about, args.base_url, answers)


def in_words(found: ConnectorDraft) -> str:
    """The draft as a person reads it before they decide."""
    from integrations.cli.render import bullets, safe, styled, table, wrapped
    from tools.drafting import streams_in_words

    drafted = found.drafted
    rows = [[safe(cell) for cell in row] for row in streams_in_words(found)]
    parts = [
        styled(f"{drafted.name}: {safe(drafted.definition.title)} at {safe(drafted.definition.base_url)}", "bold"),
        table(["list", "address", "key", "pages", "changes"], rows[:_MOST_SHOWN]) if rows else "It reads no list yet.",
    ]
    if len(rows) > _MOST_SHOWN:
        parts.append(f"  and {len(rows) - _MOST_SHOWN} more; name those that you want with --about")
    guessed = [
        f"{safe(one.stream or 'all')}: {safe(one.what)} ({safe(one.evidence)})"
        for one in drafted.decisions
        if not one.sure
    ]
    sections = (
        ("Assumed, so look at it", guessed),
        (
            "Only you can say",
            [
                f"{safe(one.text)}\n      --answer {one.key}=" + "|".join(safe(value) for value, _ in one.options)
                for one in drafted.questions
            ],
        ),
        ("Left out", [f"{safe(path)}: {safe(why)}" for path, why in drafted.left_out]),
        ("Noted", [safe(note) for note in drafted.notes]),
        (
            "Does not hold against the description",
            [f"{one.stream}, {one.case}: {safe(one.detail)}" for one in found.broken],
        ),
    )
    for title, lines in sections:
        if lines:
            more = [f"and {len(lines) - 20} more"] if len(lines) > 20 else []
            parts.append(f"{title}\n" + bullets([*lines[:20], *more]))
    kept = [one for one in found.verdicts if one.result == "kept"]
    tried = f"{len(kept)} cases hold on {len({one.stream for one in kept})} lists. " if kept else ""
    untried = f"{len(found.untried)} lists were not tried. " if found.untried else ""
    parts.append(
        wrapped(f"Grade {drafted.definition.proof.grade}, not called tested. {found.proof} {tried}{untried}", indent="")
    )
    if drafted.definition.streams:
        parts.append(f"Nothing is written yet. To approve exactly this, add:  --approve {found.digest[:16]} --by YOU")
    return "\n\n".join(parts)


def _plain(found: ConnectorDraft) -> dict[str, object]:
    drafted = found.drafted
    return {
        "name": drafted.name,
        "status": "drafted",
        "digest": found.digest,
        "yaml": drafted.yaml,
        "proof": found.proof,
        "grade": drafted.definition.proof.grade,
        "decisions": [
            {"list": o.stream, "what": o.what, "evidence": o.evidence, "sure": o.sure} for o in drafted.decisions
        ],
        "questions": [
            {"key": o.key, "text": o.text, "options": [value for value, _ in o.options], "lists": list(o.streams)}
            for o in drafted.questions
        ],
        "left_out": [{"address": path, "why": why} for path, why in drafted.left_out],
        "notes": list(drafted.notes),
        "verdicts": [
            {"stream": o.stream, "case": o.case, "result": o.result, "detail": o.detail} for o in found.verdicts
        ],
        "not_tried": list(found.untried),
    }
