"""``dreflow steps list|show|search``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.steps import Page

SUMMARY = "list, show and search the steps and checks a plan is made of"


OF_FILES = frozenset(
    "sheet sheets worksheet worksheets workbook tab tabs header headers heading headings footer csv xlsx excel "
    "delimiter encoding".split()
)
"""Words of how a file is read, which no step says."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|search")
    actions.add_parser("list", help="all steps and checks, a line each")
    show = actions.add_parser("show", help="one of them, with its parameters and an example")
    show.add_argument("name")
    search = actions.add_parser("search", help="those that do what these words say, the best first")
    search.add_argument("words", nargs="+")


def run(args: argparse.Namespace) -> int:
    """List, show or search."""
    from tools.steps import found, listed, shown

    if args.action == "list":
        _list(listed())
    elif args.action == "show":
        _show(shown(args.name))
    else:
        pages = found(" ".join(args.words))
        # What is not a table yet is no step's matter, though many look for it here.
        if OF_FILES & set(" ".join(args.words).casefold().split()):
            print(
                "How a file is read (header rows, sheets, totals, separators) is said by its source's options: "
                'dreflow docs "header rows and sheets of files"\n'
            )
        if not pages:
            print("No step or check speaks of that. 'dreflow steps list' shows all of them.")
            return 1
        # The best first, whatever kind it is.
        size = max(len(page.name) for page in pages)
        for page in pages:
            print(f"  {page.name:<{size}}  {page.summary}" + ("" if page.kind == "step" else f" ({page.kind})"))
    return 0


def _list(pages: Sequence[Page]) -> None:
    size = max(len(page.name) for page in pages)
    for kind in ("step", "check"):
        chosen = [page for page in pages if page.kind == kind]
        if chosen:
            print(f"{kind.capitalize()}s:")
            for page in chosen:
                print(f"  {page.name:<{size}}  {page.summary}")


def _show(page: Page) -> None:
    from integrations.cli.render import styled, table

    print(f"{styled(page.name, 'bold')} ({page.kind})\n\n{page.text}")
    if page.parameters:
        rows = [[p.name, p.type, "required" if p.required else "", p.description] for p in page.parameters]
        print("\n" + table(["parameter", "type", "", "meaning"], rows))
    for name, meaning in (page.outputs or {}).items():
        print(f"\nAlso gives .{name}: {meaning}")
    example = (page.example or {}).get(page.kind)
    if example is not None:
        import yaml

        text = yaml.safe_dump([example], sort_keys=False, allow_unicode=True)
        print("\nExample:\n" + "\n".join(f"  {line}" for line in text.splitlines()))
