"""``dreflow definitions list|show|add|forget``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.pipeline import Definition
    from tools.context import Context

SUMMARY = "say what your words mean here, such as revenue"
EPILOG = """\
examples:
  dreflow definitions add revenue "net of refunds" --expression "total - refunded"
  dreflow definitions add "big order" "orders with a total above 500"
  dreflow definitions show revenue
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|add|forget")
    actions.add_parser("list", help="all words that have a meaning of their own here")
    add = actions.add_parser("add", help="give a word a meaning; a new one is its next version")
    add.add_argument("name", metavar="WORD", help="the word or words, as people say them")
    add.add_argument("text", metavar="MEANING", help="what is meant, in words")
    add.add_argument(
        "--expression", metavar="SQL", help="how it is computed from columns, for instance total - refunded"
    )
    for name, help_ in (("show", "every version of a word's meaning"), ("forget", "let a word mean what it says")):
        action = actions.add_parser(name, help=help_)
        action.add_argument("name", metavar="WORD", help="the word")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    from integrations.cli import workspace

    actions = {"list": _list, "show": _show, "add": _add, "forget": _forget}
    return actions[args.action](workspace.context(args), args)


def _list(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import render, workspace
    from tools import definitions

    words = definitions.known(context)
    if args.json:
        workspace.print_json({"definitions": [{"name": one.name, **_plain(one.meaning)} for one in words]})
    elif not words:
        print('No word has a meaning of its own here. Give it one:  dreflow definitions add revenue "net of refunds"')
    else:
        rows = [
            [
                one.name,
                render.safe(one.meaning.text),
                one.meaning.expression or "",
                one.meaning.version,
                one.meaning.author,
            ]
            for one in words
        ]
        print(render.table(["word", "means", "computed as", "version", "by"], rows, right=[False] * 3 + [True, False]))
    return 0


def _show(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import render, workspace
    from tools import definitions

    versions = definitions.history(context, args.name)
    if args.json:
        told = [
            {
                "version": one.version,
                "text": one.meaning.text if one.meaning else None,
                "expression": one.meaning.expression if one.meaning else None,
                "author": one.author,
                "created_at": one.created_at.isoformat(),
            }
            for one in versions
        ]
        workspace.print_json({"name": versions[0].name, "versions": told})
        return 0
    rows = [
        [
            str(one.version),
            render.safe(one.meaning.text) if one.meaning else "(forgotten)",
            (one.meaning.expression or "") if one.meaning else "",
            one.author,
            f"{one.created_at:%Y-%m-%d %H:%M}",
        ]
        for one in versions
    ]
    print(render.table(["version", "means", "computed as", "by", "since (UTC)"], rows, right=[True] + [False] * 4))
    return 0


def _add(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import definitions

    word = definitions.add(context, args.name, args.text, expression=args.expression, now=workspace.now(None))
    if args.json:
        workspace.print_json({"name": word.name, **_plain(word.meaning)})
        return 0
    print(f"From now on {definitions.in_words(word.name, word.meaning)}.")
    print("New answers and plans use it; plans that exist keep the version they were made with.")
    return 0


def _forget(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import definitions

    definitions.forget(context, args.name, now=workspace.now(None))
    if args.json:
        workspace.print_json({"name": args.name, "forgotten": True})
    else:
        print(f"{args.name!r} means what it says again; plans that exist keep the version they were made with.")
    return 0


def _plain(meaning: Definition) -> dict[str, object]:
    return meaning.model_dump(mode="json")
