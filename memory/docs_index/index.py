"""The index of the docs: kept up to date when opened, searched by meaning and by word at once.

Below its folder lies a folder for each generation, named after exactly the passages it holds, which is complete and
never changes. A process that finds none of that name writes it beside the others under a lock, taking over all
vectors that an older one has, and renames it into place. So two processes never write one Chroma folder, a reader
never sees half an index, two versions of the product may share a home, and what was removed is in no newer file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memory.docs_index import otherwise
from memory.docs_index.chunks import SENTENCES, SPOKEN, Chunk, chunks_of
from memory.docs_index.keywords import SHORTEST_BEGINNING, Keywords, asked_words, words_of
from memory.docs_index.otherwise import Asked, OtherWords
from memory.docs_index.pages import Page
from spec.errors import UnsupportedError

if TYPE_CHECKING:
    from memory.docs_index.vectors import Vector, Vectors

FORM = 2
"""Counts up when generations of an older form cannot be read any more."""
KEPT = 3
"""Generations that stay; the oldest go first, and none that somebody reads."""
CANDIDATES = 50
MEANING, WORDS, PAGE, HEADINGS = 0.29, 0.33, 0.24, 0.14
"""Weights of a passage's meaning, of its words, of its page's words, and of the share of the question that its headings
have words for; fitted on evals/cases/docs/tuning.jsonl, as all weights here."""
NEAR_ENOUGH = 0.6
"""How much of being sure comes from meaning; the rest is the share of the question that the page has words for."""
SAID = 0.9
"""What a word of the docs is worth, where the question has another that is known to stand for it."""
_NEAR, _FAR = 0.75, 0.15
"""Cosines that count as one and as nothing: unrelated English sentences have about 0.15 with this encoder."""
LIKES, ALIKE, WORTH = 8, 0.6, 0.7
"""Words of like meaning that a word of the question stands for as well, from which cosine, and what they are worth."""
_FOR_BUILDERS = ("docs/decisions/", "docs/benchmarks.md", "docs/conformance.md", "docs/evals.md")
_BEHIND, _UNNAMED, _SHOWN = 0.135, 0.095, 0.09
"""Taken off the score of a page for those who build the product, of a system's page where the question does not name
the system (these say much the same of one system each, and would stand before the page that says it for all), and of
an example or a list of parameters, which stands below the sentence that says what it is for."""
_BELOW = ("Example", "Parameters", "Further outputs")
_ACCOUNT = "Connecting"
"""The heading by which a connector's page is known to be a system's, with an account; files and databases have none."""
_USED, _LOCK, _NEW = "in-use", "lock", ".new"


@dataclass(frozen=True)
class Hit:
    """A passage found. ``score``, by which passages are in order, and its parts lie between 0 and 1.

    ``sure`` says how likely the passage is about the question at all, and can be compared across questions: a score
    tells passages apart, and grows with each word of the question that is rare.
    """

    chunk: Chunk
    score: float
    meaning: float
    words: float
    sure: float


class DocsIndex:
    """The passages of some pages, ready to be searched. Close it to let go of its generation."""

    def __init__(self, folder: Path, pages: Sequence[Page]) -> None:
        self.chunks = tuple(chunks_of([page for page in pages if page.file != otherwise.FILE]))
        self._other_words = OtherWords(next((page.text for page in pages if page.file == otherwise.FILE), ""))
        self._files = tuple(dict.fromkeys(chunk.file for chunk in self.chunks))
        self._systems = frozenset(
            chunk.file
            for chunk in self.chunks
            if chunk.file.startswith("connectors/") and _ACCOUNT in chunk.headings[1:]
        )
        self._page_words = Keywords(_texts_of_pages(self.chunks))
        self._keywords = Keywords([f"{chunk.heading} {chunk.text}" for chunk in self.chunks])
        self._headings = Keywords([chunk.heading for chunk in self.chunks])
        self._places = {chunk.id: place for place, chunk in enumerate(self.chunks)}
        self.embedded = 0
        """How many sentences and words had to be embedded to open it."""
        self._vectors, self._used = self._open(folder)

    def __enter__(self) -> DocsIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._vectors.close()
        os.close(self._used)

    def search(self, query: str, k: int) -> list[Hit]:
        """The ``k`` best passages, the best first, one of each section; equal ones in the order of their pages."""
        asked = self._other_words.read(query)
        likes = self._likes(query, asked)
        words = self._keywords.scores(query, likes)
        page_words = self._of_files(self._page_words.scores(query, likes))
        told_of = self._of_files(self._page_words.covered(query, likes))
        headings = self._headings.covered(query, likes)
        near = self._near(query, asked)
        # A passage found by its words alone is at most as near as the farthest that meaning found.
        farthest = min(near.values(), default=0.0)
        told = sorted(words, key=lambda place: (-words[place], place))[:CANDIDATES]
        named = frozenset(words_of(query))
        hits = []
        for place in sorted({*near, *told}):
            chunk = self.chunks[place]
            meaning, own = near.get(place, farthest), words.get(place, 0.0)
            score = MEANING * meaning + WORDS * own + PAGE * page_words.get(chunk.file, 0.0)
            score += HEADINGS * headings.get(place, 0.0) - self._put_back(chunk, named)
            sure = NEAR_ENOUGH * meaning + (1 - NEAR_ENOUGH) * told_of.get(chunk.file, 0.0)
            hits.append(Hit(chunk, _clipped(score), meaning, own, sure))
        best: dict[tuple[str, tuple[str, ...]], Hit] = {}
        for hit in sorted(hits, key=lambda hit: -hit.score):
            best.setdefault((hit.chunk.file, hit.chunk.headings), hit)
        return list(best.values())[:k]

    def _of_files(self, scores: Mapping[int, float]) -> dict[str, float]:
        return {self._files[place]: score for place, score in scores.items()}

    def _put_back(self, chunk: Chunk, named: frozenset[str]) -> float:
        """What is taken off the score of a passage that others should stand before, for a question of these words."""
        back = _SHOWN if chunk.headings and chunk.headings[-1] in _BELOW else 0.0
        if chunk.file.startswith(_FOR_BUILDERS):
            return back + _BEHIND
        return back + (_UNNAMED if chunk.file in self._systems and not _is_named(chunk, named) else 0.0)

    def _likes(self, query: str, asked: Asked) -> dict[str, dict[str, float]]:
        """What each word of a question stands for as well, and how much that is worth."""
        found = {}
        for word in asked_words(query):
            near = self._vectors.words_like(word, LIKES, ALIKE) if word.isalpha() else {}
            here = {one: SAID for phrase in asked.likes.get(word, ()) for one in asked_words(phrase)}
            found[word] = {like: WORTH * cosine for like, cosine in near.items()} | here
        return found

    def _near(self, query: str, asked: Asked) -> dict[int, float]:
        """How near passages are in meaning, from 0 to 1: to the question as it was asked and in the docs' words."""
        ways = [self._vectors.passages(text, CANDIDATES) for text in dict.fromkeys((query, asked.text))]
        least = [min(way.values(), default=0.0) for way in ways]
        return {
            self._places[one]: _clipped(
                (sum(way.get(one, low) for way, low in zip(ways, least, strict=True)) / len(ways) - _FAR)
                / (_NEAR - _FAR)
            )
            for one in {one: None for way in ways for one in way}
        }

    def by_words(self, query: str, k: int) -> list[Chunk]:
        """What BM25 alone finds, to measure against."""
        words = self._keywords.scores(query)
        return [self.chunks[place] for place in sorted(words, key=lambda place: (-words[place], place))[:k]]

    def by_meaning(self, query: str, k: int) -> list[Chunk]:
        """What the vectors alone find, to measure against."""
        near = self._vectors.passages(query, CANDIDATES)
        return [self.chunks[self._places[one]] for one in sorted(near, key=lambda one: (-near[one], one))[:k]]

    def _open(self, folder: Path) -> tuple[Vectors, int]:
        try:
            from memory.docs_index import vectors
            from memory.docs_index.embedding import model_identity
        except ModuleNotFoundError as error:
            raise UnsupportedError(
                f"Searching the docs needs the library {error.name}.",
                hint="Install it: pip install 'dreflowpro[docs]'.",
            ) from None
        told = "\n".join(
            [f"{FORM} {SPOKEN} {SENTENCES} {model_identity()}", *sorted(chunk.id for chunk in self.chunks)]
        )
        generation = folder / hashlib.sha256(told.encode()).hexdigest()[:24]
        with _locked(folder):
            opened = _readable(generation)
            if opened is None:
                known = _known(folder)
                beside = generation.with_suffix(_NEW)
                shutil.rmtree(beside, ignore_errors=True)
                self.embedded = vectors.write(beside, self.chunks, self._keywords.vocabulary, known)
                beside.rename(generation)
                _forget_old(folder, generation)
                opened = vectors.Vectors(generation)
            used = os.open(generation / _USED, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(used, fcntl.LOCK_SH)
            os.utime(generation)
            return opened, used


def _readable(generation: Path) -> Vectors | None:
    """A generation opened; None when there is none, or it is damaged and therefore removed."""
    from memory.docs_index.vectors import COLLECTIONS, Vectors

    if not generation.is_dir():
        return None
    # Chroma keeps a client that failed to open for the life of the process, so the file is looked at before it is.
    try:
        with closing(sqlite3.connect(generation / "chroma.sqlite3")) as connection:
            held = {row[0] for row in connection.execute("SELECT name FROM collections")}
    except sqlite3.DatabaseError:
        held = set()
    if not held >= set(COLLECTIONS):
        # It is only a store of vectors that can be computed again, and would be in the way for ever.
        shutil.rmtree(generation)
        return None
    return Vectors(generation)


def _known(folder: Path) -> dict[str, Vector]:
    """Vectors of earlier generations."""
    known: dict[str, Vector] = {}
    for generation in _generations(folder):
        opened = _readable(generation)
        if opened is None:
            continue
        try:
            known |= opened.known()
        finally:
            opened.close()
    return known


def _generations(folder: Path) -> list[Path]:
    """The newest first. A half-written one, left by a kill, is none."""
    found = [path for path in folder.iterdir() if path.is_dir() and path.suffix != _NEW]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _forget_old(folder: Path, newest: Path) -> None:
    for generation in [path for path in _generations(folder) if path != newest][KEPT - 1 :]:
        handle = os.open(generation / _USED, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(generation)
        finally:
            os.close(handle)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _texts_of_pages(chunks: Sequence[Chunk]) -> list[str]:
    """All text of each page, in the order of their first passages."""
    texts: dict[str, list[str]] = {}
    for chunk in chunks:
        texts.setdefault(chunk.file, []).append(f"{chunk.heading} {chunk.text}")
    return [" ".join(told) for told in texts.values()]


def _is_named(chunk: Chunk, asked: frozenset[str]) -> bool:
    """Whether a question of these words names the system that a passage is about; a beginning of the name will do."""
    names = words_of(f"{chunk.file.split('/')[1].replace('_', ' ')} {chunk.headings[0]}")
    return any(
        word == name or (len(word) >= SHORTEST_BEGINNING and name.startswith(word)) for name in names for word in asked
    )


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
