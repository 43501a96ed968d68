"""Pages cut into passages along their headings. A table or a block of code is never cut, a sentence neither."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

from memory.docs_index.pages import Page

LARGEST = 1200
"""Characters that a passage may have, where its tables and code allow it."""
SPOKEN, SENTENCES = 110, 6
"""Characters of a sentence that are embedded, and sentences of a passage beside its headings. A question resembles one
sentence of its answer, and the encoder blurs what is longer; more of both found no more and takes longer."""
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z0-9`*“\"(])")

_SPOKEN_END = re.compile(r"(?<=[.!?:;])\s+|\n")
SHORTEST = 15
"""Characters from which a sentence says something by itself."""

Kind = Literal["text", "list", "table", "code"]


@dataclass(frozen=True)
class Block:
    """Some lines that belong together."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Chunk:
    """One passage. ``headings`` is the way to it, the page's title first; ``text`` is Markdown as written."""

    file: str
    headings: tuple[str, ...]
    text: str
    number: int = 0
    """Tells passages of equal text under equal headings apart."""

    @property
    def id(self) -> str:
        """The same as long as file, headings and text are."""
        told = "\0".join([self.file, *self.headings, self.text, str(self.number)])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def heading(self) -> str:
        """The way to it in one line."""
        return " › ".join(self.headings)

    @property
    def spoken(self) -> tuple[str, ...]:
        """What is embedded: the headings, and each sentence, entry or table row under the last of them."""
        last = f"{self.headings[-1]}: " if self.headings else ""
        told = [f"{last}{sentence}"[:SPOKEN] for sentence in _sentences(self.text)[:SENTENCES]]
        return tuple(dict.fromkeys([". ".join(dict.fromkeys(self.headings))[:SPOKEN] or self.file, *told]))


def chunks_of(pages: Sequence[Page]) -> list[Chunk]:
    """All passages in the order of the pages."""
    found: dict[str, Chunk] = {}
    for page in pages:
        for headings, text in _passages(page):
            made = next(
                chunk for number in count() if (chunk := Chunk(page.file, headings, text, number)).id not in found
            )
            found[made.id] = made
    return list(found.values())


def blocks_of(lines: Sequence[str]) -> Iterator[Block]:
    """Paragraphs, lists, tables and fenced code of one section."""
    pending: list[str] = []
    kind: Kind = "text"
    fence = ""
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            pending.append(line)
            if opened and opened[1].startswith(fence):
                yield Block("code", "\n".join(pending))
                pending, kind, fence = [], "text", ""
            continue
        now = _kind(line, opened is not None, kind if pending else "text")
        if pending and (now is None or now != kind):
            yield Block(kind, "\n".join(pending))
            pending = []
        if now is not None:
            pending.append(line)
            kind = now
        fence = opened[1] if opened else ""
    if pending:
        yield Block(kind, "\n".join(pending))


def plain(text: str) -> str:
    """Markdown without its marks: what a person would read aloud."""
    text = re.sub(r"^\s*(?:```|~~~).*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*\|?[\s:|-]+\|[\s:|-]*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[`*|#>]+", " ", text)
    return " ".join(text.split())


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for block in blocks_of(text.splitlines()):
        if block.kind == "code":
            continue
        whole = " ".join(block.text.split()) if block.kind == "text" else block.text
        found += [bare for part in _SPOKEN_END.split(whole) if len(bare := plain(part)) > SHORTEST]
    return found


def _kind(line: str, fenced: bool, before: Kind) -> Kind | None:
    """What a line belongs to; None for an empty one, which ends whatever stood before."""
    if not line.strip():
        return None
    if fenced:
        return "code"
    if line.lstrip().startswith("|"):
        return "table"
    return "list" if _ITEM.match(line) or (before == "list" and line.startswith(" ")) else "text"


def _passages(page: Page) -> Iterator[tuple[tuple[str, ...], str]]:
    for headings, lines in _sections(page.text):
        packed: list[str] = []
        for part in (part for block in blocks_of(lines) for part in _parts(block)):
            if packed and sum(map(len, packed)) + len(part) > LARGEST:
                yield headings, "\n\n".join(packed)
                packed = []
            packed.append(part)
        if packed:
            yield headings, "\n\n".join(packed)


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Headings and the lines below each; front matter is left out, a number sign in code is no heading."""
    lines = text.splitlines()
    if lines and lines[0].strip() == "---" and "---" in (line.strip() for line in lines[1:]):
        lines = lines[[line.strip() for line in lines].index("---", 1) + 1 :]
    path: list[tuple[int, str]] = []
    section: list[str] = []
    fence = ""
    for line in lines:
        opened = _FENCE.match(line)
        if opened and not fence:
            fence = opened[1]
        elif opened and opened[1].startswith(fence):
            fence = ""
        heading = None if fence else _HEADING.match(line)
        if heading is None:
            section.append(line)
            continue
        yield tuple(name for _, name in path), section
        level, section = len(heading[1]), []
        path = [(above, name) for above, name in path if above < level] + [(level, plain(heading[2]))]
    yield tuple(name for _, name in path), section


def _parts(block: Block) -> Iterator[str]:
    """The block, or where it is long text, pieces of it that end with a sentence or an entry of the list."""
    if block.kind in {"table", "code"} or len(block.text) <= LARGEST:
        yield block.text
        return
    pieces = _entries(block.text) if block.kind == "list" else _SENTENCE.split(block.text)
    packed = ""
    for piece in pieces:
        joint = "\n" if block.kind == "list" else " "
        if packed and len(packed) + len(piece) > LARGEST:
            yield packed
            packed = piece
        else:
            packed = f"{packed}{joint}{piece}" if packed else piece
    yield packed


def _entries(text: str) -> list[str]:
    found: list[str] = []
    for line in text.splitlines():
        if found and not (_ITEM.match(line) and not line.startswith(" ")):
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found
