"""Questions to the docs: does the passage that answers stand among the first, and is it said when none does.

``evals/cases/docs`` holds ``questions.jsonl`` (with file and heading of every passage that answers) and
``unanswerable.jsonl``; ``heldout.jsonl``, of both kinds, of which figures are told and never single results, so that
nobody works towards them; and ``tuning.jsonl``, other questions on which weights and threshold were chosen: it is never
measured here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from evals.outcomes import CaseResult, Outcome, worse

if TYPE_CHECKING:
    from memory.docs_index.chunks import Chunk
    from memory.docs_index.index import DocsIndex

CASES = Path(__file__).resolve().parents[1] / "cases" / "docs"
LOOKED = 10
"""Passages looked at for the reciprocal rank; farther down counts as not found."""


@dataclass(frozen=True)
class Asked:
    """A question with the places that answer it, as (file, heading); none for what the docs do not say."""

    id: str
    question: str
    answers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Figures:
    """Of one way to search. ``kept_back`` is None where the way has no threshold."""

    name: str
    first: float
    recall: float
    reciprocal: float
    answered: float | None = None
    kept_back: float | None = None


def read(name: str) -> list[Asked]:
    """The questions of one file."""
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    return [
        Asked(one["id"], one["question"], frozenset((a["file"], a["heading"]) for a in one.get("answers", ())))
        for one in map(json.loads, lines)
    ]


def place_of(chunk: Chunk) -> tuple[str, str]:
    """A passage as an answer names it: its file and the heading it stands under."""
    return chunk.file, chunk.headings[-1] if chunk.headings else ""


def measured(index: DocsIndex) -> tuple[list[Figures], list[CaseResult]]:
    """The figures of BM25 alone, of meaning alone and of both, and a result for each question."""
    asked, beside = read("questions.jsonl"), read("unanswerable.jsonl")
    ways: dict[str, Callable[[str], Sequence[Chunk]]] = {
        "bm25": lambda text: index.by_words(text, LOOKED),
        "meaning": lambda text: index.by_meaning(text, LOOKED),
    }
    figures = [_figures(name, [_rank(one, found(one.question)) for one in asked]) for name, found in ways.items()]
    both, results = _searched(index, "both", asked, beside)
    return [*figures, both], results


def held_out(index: DocsIndex) -> Figures:
    """The figures on questions that nobody looks at one by one."""
    asked = read("heldout.jsonl")
    return _searched(index, "held out", [one for one in asked if one.answers], [o for o in asked if not o.answers])[0]


def _searched(
    index: DocsIndex, name: str, asked: Sequence[Asked], beside: Sequence[Asked]
) -> tuple[Figures, list[CaseResult]]:
    from tools.docs import SURE

    ranks, results, sure = [], [], 0
    for one in asked:
        began = time.perf_counter()
        hits = index.search(one.question, LOOKED)
        ranks.append(_rank(one, [hit.chunk for hit in hits]))
        sure += bool(hits) and hits[0].sure >= SURE
        results.append(_result(one, ranks[-1], hits[0].sure if hits else 0.0, time.perf_counter() - began))
    for one in beside:
        best = max((hit.sure for hit in index.search(one.question, 1)), default=0.0)
        outcome: Outcome = "declined" if best < SURE else "wrong"
        results.append(CaseResult(one.id, "docs", outcome, "none", confidence=round(best, 4)))
    kept = sum(result.outcome == "declined" for result in results) / len(beside)
    return _figures(name, ranks, answered=sure / len(asked), kept_back=kept), results


def run_suite(results: Path, out: TextIO) -> int:
    """Measure, print the table and keep every case; 1 when a case got worse or BM25 alone does as well."""
    from tools.docs import docs_index

    figures, found = measured(docs_index())
    print(f"{'docs':<12}{'recall@1':>10}{'recall@5':>10}{'MRR':>8}{'answered':>10}{'kept back':>11}", file=out)
    for one in (*figures, held_out(docs_index())):
        print(
            f"{one.name:<12}{one.first:>10.0%}{one.recall:>10.0%}{one.reciprocal:>8.3f}"
            f"{_share(one.answered):>10}{_share(one.kept_back):>11}",
            file=out,
        )
    for result in found:
        if result.outcome == "wrong":
            print(f"not among the first five: {result.id}. {result.detail}" if result.expected == "answer" else
                  f"answered though the docs do not say: {result.id}", file=out)  # fmt: skip
    file = results / "docs.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    got_worse = worse([CaseResult(**json.loads(line)) for line in lines], found)
    for old, new in got_worse:
        print(f"worse: {new.id}: {old.outcome} -> {new.outcome}", file=out)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in found), encoding="utf-8")
    words, both = figures[0], figures[-1]
    ahead = both.recall > words.recall and both.reciprocal > words.reciprocal
    print(f"{'ahead of' if ahead else 'NOT ahead of'} BM25 alone; {len(got_worse)} worse than the last time", file=out)
    return 0 if ahead and not got_worse else 1


def _rank(asked: Asked, chunks: Sequence[Chunk]) -> int:
    """The place of the first passage that answers, from 1; 0 for none."""
    return next((rank for rank, chunk in enumerate(chunks, start=1) if place_of(chunk) in asked.answers), 0)


def _figures(
    name: str, ranks: Sequence[int], *, answered: float | None = None, kept_back: float | None = None
) -> Figures:
    count = len(ranks)
    return Figures(
        name,
        sum(rank == 1 for rank in ranks) / count,
        sum(0 < rank <= 5 for rank in ranks) / count,
        sum(1 / rank for rank in ranks if rank) / count,
        answered,
        kept_back,
    )


def _result(asked: Asked, rank: int, score: float, seconds: float) -> CaseResult:
    return CaseResult(
        asked.id,
        "docs",
        "right" if 0 < rank <= 5 else "wrong",
        confidence=round(score, 4),
        seconds=round(seconds, 3),
        detail=f"rank {rank}: {asked.question}",
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
