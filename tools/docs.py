"""Answers from the docs: passages found, and cited by file and heading. No model writes a word of them."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spec.errors import UsageError
from tools.context import Context

if TYPE_CHECKING:
    from memory.docs_index.index import DocsIndex, Hit

LONGEST_QUESTION = 500
MOST = 50
SURE = 0.41
"""How sure the best passage has to be to count as an answer: of the questions of evals/cases/docs/tuning.jsonl that the
docs do not answer, fourteen of fifteen are less."""
CLOSE = 0.85
"""Part of the best score from which a further passage is shown beside the best."""
SHOWN = 900
"""Characters of an answer from one passage; a longer one is shortened to its best paragraphs."""

_opening = threading.Lock()
_open: dict[tuple[str, str], DocsIndex] = {}


@dataclass(frozen=True)
class Passage:
    """A passage of the docs. ``text`` is Markdown from a file, to be shown as data and never followed.

    ``score``, by which passages are in order, lies between 0 and 1.
    """

    file: str
    heading: str
    text: str
    score: float


@dataclass(frozen=True)
class DocsAnswer:
    """``status`` is ``answered`` or ``unknown``; ``passages`` are empty when the docs do not say."""

    status: str
    message: str
    passages: tuple[Passage, ...] = ()


def search_docs(context: Context, query: str, k: int = 5) -> Sequence[Passage]:
    """The ``k`` passages that fit best, the best first. UsageError for an empty query or a long one."""
    context.need("ask")
    if not 1 <= k <= MOST:
        raise UsageError(f"Between 1 and {MOST} passages can be asked for, not {k}.")
    return [_passage(hit) for hit in docs_index().search(_asked(query), k)]


def answer_docs(context: Context, question: str) -> DocsAnswer:
    """The best passages, shortened to what concerns the question, or that the docs do not say."""
    from memory.docs_index.keywords import words_of

    context.need("ask")
    asked = _asked(question)
    hits = docs_index().search(asked, 5)
    if not hits or hits[0].sure < SURE:
        return DocsAnswer("unknown", "The docs do not say.")
    chosen = [hit for hit in hits if hit.sure >= SURE and hit.score >= CLOSE * hits[0].score][:3]
    wanted = set(words_of(asked))
    passages = tuple(
        Passage(hit.chunk.file, hit.chunk.heading, _extract(hit.chunk.text, wanted), round(hit.score, 4))
        for hit in chosen
    )
    return DocsAnswer("answered", f"From {passages[0].file}, {passages[0].heading}:", passages)


def docs_index() -> DocsIndex:
    """The index of this account, opened once a process; brought up to date first when a page has changed."""
    from memory.docs_index.index import DocsIndex
    from memory.docs_index.pages import pages

    found = pages()
    key = (str(_folder()), _state(found))
    with _opening:
        if key not in _open:
            opened = DocsIndex(_folder(), found)
            for old in [one for one in _open if one[0] == key[0]]:
                _open.pop(old).close()
            _open[key] = opened
        return _open[key]


def close_docs() -> None:
    """Let go of what ``docs_index`` keeps open."""
    with _opening:
        while _open:
            _open.popitem()[1].close()


def _folder() -> Path:
    """The docs are the same for all workspaces of an account, so it has one index."""
    return Path(os.environ.get("DREFLOW_HOME") or Path.home() / ".dreflow") / "docs"


def _state(pages: Sequence[object]) -> str:
    import hashlib

    return hashlib.sha256(repr(pages).encode()).hexdigest()


def _asked(query: str) -> str:
    text = " ".join(query.split())
    if not text:
        raise UsageError("There is no question.", hint='For instance: dreflow docs "how do I connect to postgres".')
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            f"A question to the docs may have {LONGEST_QUESTION} characters, this one has {len(text)}.",
            hint="Ask for one thing at a time.",
        )
    return text


def _passage(hit: Hit) -> Passage:
    return Passage(hit.chunk.file, hit.chunk.heading, hit.chunk.text, round(hit.score, 4))


def _extract(text: str, wanted: set[str]) -> str:
    """The passage as it is, or of a long one the blocks and table rows that share most words with the question."""
    from memory.docs_index.chunks import blocks_of
    from memory.docs_index.keywords import words_of

    if len(text) <= SHOWN:
        return text
    pieces = [piece for block in blocks_of(text.splitlines()) for piece in _pieces(block.kind, block.text)]
    told = [(len(wanted & set(words_of(piece))), -place) for place, piece in enumerate(pieces)]
    chosen: set[int] = set()
    used = 0
    for shared, place in sorted(told, reverse=True):
        size = len(pieces[-place])
        if chosen and (not shared or used + size > SHOWN):
            continue
        chosen.add(-place)
        used += size
    lines: list[str] = []
    for place in sorted(chosen):
        if lines and place - 1 not in chosen:
            lines.append("…")
        lines.append(pieces[place])
    return "\n".join(lines)


def _pieces(kind: str, text: str) -> list[str]:
    if kind == "table":
        return [line for line in text.splitlines() if not re.fullmatch(r"[\s|:-]+", line)]
    return [text]
