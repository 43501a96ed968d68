"""Plain questions: the rows of the answer against gold rows.

A set is a folder with ``questions.jsonl`` and ``tables/`` (CSV files, and ``_schema.sql`` with their types). A line
holds ``id``, ``question``, ``instructions`` (context), ``reference_date`` (the clock), ``gold`` (any one of them is
right; rows, or SQL that gives them) and ``degenerate`` (left out of the headline). ``unanswerable.jsonl`` holds what
must not be answered.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agents.builtin.decide import confidence_of
from agents.builtin.planner import BuiltinPlanner
from agents.contract import Draft, Question, Refusal, Request
from evals.dataview import FolderView
from evals.outcomes import CaseResult, Outcome
from evals.scoring import Row, same_leniently, same_strictly
from spec.base import JsonValue

_CLOCK = "2024-06-15"


@dataclass(frozen=True)
class Item:
    """One question with its gold; ``gold`` is empty where the data cannot say."""

    id: str
    set: str
    question: str
    context: str
    now: datetime
    gold: tuple[tuple[tuple[tuple[JsonValue, ...], ...], bool], ...]
    construct: str = ""
    degenerate: bool = False
    answerable: bool = True


def is_set(folder: Path) -> bool:
    """Whether the folder holds a set of this suite."""
    return (folder / "questions.jsonl").is_file() and (folder / "tables").is_dir()


class QuestionSet:
    """One set, its data loaded once. ``typed`` False lets DuckDB guess the column types, as with a stranger's files."""

    def __init__(self, folder: Path, *, typed: bool = True) -> None:
        self.name = folder.name
        self.folder = folder
        self.view = FolderView(folder / "tables", typed=typed)
        self.planner = BuiltinPlanner()

    def items(self) -> Iterator[Item]:
        """All cases of the set, answerable first."""
        for file, answerable in (("questions.jsonl", True), ("unanswerable.jsonl", False)):
            path = self.folder / file
            if path.is_file():
                with path.open(encoding="utf-8") as lines:
                    for line in lines:
                        yield self._item(json.loads(line), answerable)

    def _item(self, raw: dict[str, JsonValue], answerable: bool) -> Item:
        day = str(raw.get("reference_date") or _CLOCK)
        gold = raw.get("gold") or []
        assert isinstance(gold, list)
        return Item(
            id=str(raw["id"]),
            set=self.name,
            question=str(raw["question"]).strip(),
            context=str(raw.get("instructions") or ""),
            now=datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC),
            gold=tuple(self._gold(entry) for entry in gold if isinstance(entry, dict)),
            construct=str(raw.get("construct") or raw.get("category") or "") or construct_of(str(raw["question"])),
            degenerate=bool(raw.get("degenerate")),
            answerable=answerable,
        )

    def _gold(self, entry: dict[str, JsonValue]) -> tuple[tuple[tuple[JsonValue, ...], ...], bool]:
        rows = entry.get("rows")
        if rows is None:
            import sqlglot

            found: Sequence[Row] = self.view.rows(sqlglot.parse_one(str(entry["sql"]), dialect="duckdb"), limit=10_000)  # type: ignore[arg-type]
        else:
            assert isinstance(rows, list)
            found = [row for row in rows if isinstance(row, list)]
        return tuple(tuple(row) for row in found), bool(entry.get("ordered"))

    def run(self, item: Item) -> CaseResult:
        """Plan the question, run the answer and compare."""
        request = Request(text=item.question, now=item.now, context=item.context)
        started = time.perf_counter()
        outcome: Outcome
        sure: float | None = None
        drafted: Draft | Question | Refusal | Exception
        try:
            drafted = self.planner.draft(request, self.view)
            sure = confidence_of(request, self.view)
        except Exception as error:  # noqa: BLE001 - one question that breaks the planner is a case that failed
            drafted = error
        seconds = time.perf_counter() - started
        if isinstance(drafted, Exception):
            outcome, detail = "failed", "".join(traceback.format_exception(drafted)[-2:])
        elif not isinstance(drafted, Draft):
            outcome = "asked" if drafted.kind == "question" else "declined"
            detail = drafted.text if drafted.kind == "question" else f"{drafted.message} {drafted.hint}"
        else:
            outcome, detail = self._judge(item, drafted)
        return CaseResult(
            item.id,
            item.set,
            outcome,
            "answer" if item.answerable else "none",
            item.construct,
            not item.degenerate,
            sure,
            seconds,
            detail,
        )

    def _judge(self, item: Item, drafted: Draft) -> tuple[Outcome, str]:
        import duckdb
        import sqlglot

        text = str(drafted.spec.steps[-1].params["query"])
        try:
            rows = self.view.rows(sqlglot.parse_one(text, dialect="duckdb"), limit=10_000)  # type: ignore[arg-type]
        except duckdb.Error as error:
            return "failed", f"{error} {' '.join(text.split())}"
        detail = f"{drafted.reading} {' '.join(text.split())}"
        if any(same_strictly(rows, gold, ordered=ordered) for gold, ordered in item.gold):
            return "right", detail
        if any(same_leniently(rows, gold) for gold, _ in item.gold):
            return "loose", detail
        return "wrong", detail


def construct_of(question: str) -> str:
    """The most telling construct of a question, for the table of what fails."""
    low = f" {question.lower()} "
    for name, words in (
        ("ratio or share", (" ratio ", " percent", " proportion ", " share of ")),
        ("negation", (" not ", " no ", " never ", " without ", "n't ")),
        (
            "nested superlative",
            (
                " of the largest ",
                " in the largest ",
                " of the smallest ",
                " with the most ",
                " borders the ",
                " with the largest ",
                " with the highest ",
            ),
        ),
        (
            "superlative",
            (
                " most ",
                " largest ",
                " highest ",
                " longest ",
                " smallest ",
                " lowest ",
                " shortest ",
                " biggest ",
                " top ",
                " fewest ",
                " least ",
            ),
        ),
        ("relation", (" border", " through ", " adjacent ", " next to ")),
        ("group", (" each ", " per ", " by ", " every ")),
        ("count", (" how many ", " number of ")),
        ("aggregate", (" average ", " total ", " sum ", " mean ")),
    ):
        if any(word in low for word in words):
            return name
    return "lookup"
