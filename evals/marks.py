"""Whether other people's words stay words where they are shown: no markup in the page, no formula in a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.casefiles import Unlike

if TYPE_CHECKING:
    from markdown_it.token import Token

    from agents import replies

OURS = frozenset({"paragraph", "strong", "em", "text", "inline", "softbreak", "hardbreak"})
"""What a text of ours may be made of in the page; anything else is somebody's markup at work."""


def check_page(spoken: Sequence[replies.Reply], said: str) -> None:
    """Raise Unlike when the page would show a reply's text as anything but text."""
    from markdown_it import MarkdownIt

    from chat_ui.render import rendered

    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for reply in spoken:
        shown = rendered(reply, live=True)
        kinds = {_kind(token) for token in _all(reader.parse(shown.text))}
        if not kinds <= OURS:
            raise Unlike(f"The page would make {sorted(kinds - OURS)} of {said[:60]!r}.")


def _all(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _kind(token: Token) -> str:
    return token.type.removesuffix("_open").removesuffix("_close")


def check_files(files: Sequence[Path], said: str) -> None:
    """Raise Unlike when a cell of a workbook would be computed, or a CSV file gives another value than was there."""
    from openpyxl import load_workbook

    for file in files:
        if file.suffix == ".xlsx":
            book = load_workbook(file)
            for sheet in book:
                for cell in (cell for row in sheet.iter_rows() for cell in row):
                    if cell.data_type == "f" or cell.hyperlink is not None:
                        raise Unlike(f"{file.name} {cell.coordinate} would compute or open {said[:60]!r}.")
            book.close()
        elif file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.reader(lines))
            if len({len(row) for row in rows}) > 1:
                raise Unlike(f"{file.name} has rows of different lengths: {said[:60]!r} broke its quotes.")
