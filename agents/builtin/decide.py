"""Deciding: answer, ask or refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agents.builtin.audit import audit
from agents.builtin.context import Context, formula_of, read_context, substitute
from agents.builtin.finish import finish
from agents.builtin.formulas import parse_formula
from agents.builtin.index import Index, index_of
from agents.builtin.lexicon import CHANGES, OPINIONS
from agents.builtin.links import Linker
from agents.builtin.meaning import Meaning, Out
from agents.builtin.normalise import normalise
from agents.builtin.parse import Reader
from agents.builtin.reading import reading_of
from agents.builtin.resolve import resolve
from agents.builtin.sqlbuild import Builder, CannotBuildError
from agents.builtin.tags import Tag, tag
from agents.contract import DataView, Draft, Question, Refusal, Request
from spec.pipeline import Pipeline, Step

if TYPE_CHECKING:
    from sqlglot import exp

CONFIDENT = 0.6


@dataclass
class Candidate:
    """A reading with its query and how sure it is (0 to 1)."""

    meaning: Meaning
    query: exp.Query
    confidence: float
    tags: list[Tag]


def decide(request: Request, data: DataView) -> Draft | Question | Refusal:
    """The whole of planning, stage by stage."""
    index = index_of(data)
    candidate = understand(request, data, index)
    if isinstance(candidate, Refusal):
        return candidate
    if candidate.confidence < CONFIDENT:
        return Refusal(message="I am not sure what this asks of the data.", hint="; ".join(candidate.meaning.problems))
    return _draft(request, data, index, candidate)


def understand(request: Request, data: DataView, index: Index) -> Candidate | Refusal:
    """The best reading of the question, or why there is none."""
    today: date = request.now.astimezone(ZoneInfo(request.timezone)).date()
    linker = Linker(index)
    text = normalise(request.text)
    context = read_context("\n".join([request.context, *_asides(text)]), data.definitions)
    text = substitute(_without_asides(text), context)
    text = normalise(text)
    terms = {
        word: out
        for word in set(re.findall(r"formula_\d+", text))
        if (out := _formula(word, context, linker, index, today)) is not None
    }
    tags = tag(text, linker, today, frozenset(terms))
    resolve(tags, index)
    words = set(re.findall(r"[a-z]+", request.text.lower()))
    if words & OPINIONS or (
        words & CHANGES and request.text.lower().split()[:1] and request.text.lower().split()[0] in CHANGES
    ):
        return Refusal(message="This asks for something data cannot say, or that a question may not do.")
    reader = Reader(tags, index, terms)
    reader.read()
    meaning = finish(reader)
    meaning.problems += audit(tags, meaning)
    builder = Builder(index, request.timezone, contains=context.contains)
    try:
        query = builder.build(meaning)
    except CannotBuildError as error:
        return Refusal(message=f"The data cannot answer this: {error}.", hint="; ".join(meaning.problems))
    meaning.score -= 0.1 * len(builder.notes)
    return Candidate(meaning, query, confidence(meaning, tags), tags)


_ASIDE = re.compile(
    r"[^.?!]*\b(?:refers? to|is defined as|are defined as|means|stands for|are considered)\b[^.?!]*[.?!]?", re.I
)


def _asides(text: str) -> list[str]:
    """Sentences of the question that define a word rather than ask."""
    return [found.strip(" .?!") for found in _ASIDE.findall(text)]


def _without_asides(text: str) -> str:
    return _ASIDE.sub(" ", text).strip() or text


def _formula(word: str, context: Context, linker: Linker, index: Index, today: date) -> Out | None:
    body = formula_of(word, context)
    if body is None:
        return None

    def operand(text: str) -> Out | None:
        tags = tag(normalise(text), linker, today)
        resolve(tags, index)
        reader = Reader(tags, index)
        meaning = reader.read()
        if len(reader.focus) != 1 or meaning.problems:
            return None
        out = reader.focus[0]
        if out.kind == "entity":
            out = Out("count", table=out.table)
        out.conditions = list(meaning.scope.conditions)
        return out

    if body.startswith("rank by "):
        measure = operand(body.removeprefix("rank by "))
        return Out("rank", parts=[measure]) if measure is not None and measure.is_measure else None
    made = parse_formula(body, operand)
    if made is not None and made.is_measure:
        _sum_columns(made)
    return made


def _sum_columns(out: Out) -> None:
    """Beside totals, a column in a formula means its total too."""
    for part in out.parts:
        if part.kind == "column":
            part.kind, part.func = "agg", "sum"
        _sum_columns(part)


def confidence(meaning: Meaning, tags: list[Tag]) -> float:
    """From 1 downwards: for words that mean nothing here, for weak links, for what was left unused."""
    sure = 1.0 + meaning.score
    for problem in meaning.problems:
        sure -= 0.5 if problem.startswith("unknown:") else 0.45
    for one in tags:
        if one.kind == "link" and one.links:
            sure -= 0.35 * max(0.0, 0.9 - one.links[0].score)
    return max(0.0, sure)


def _draft(request: Request, data: DataView, index: Index, candidate: Candidate) -> Draft:
    from sqlglot import exp

    query = candidate.query
    by_name = {source_table(data, name): name for name in data.sources}
    used = {}
    for table in query.find_all(exp.Table):
        name = by_name.get(table.name)
        if name is not None:
            used[name] = data.sources[name]
    sentence = reading_of(candidate.meaning, index)
    spec = Pipeline(
        name="question",
        request=request.text,
        reading=sentence,
        timezone=request.timezone,
        sources=used,
        steps=(Step(id="answer", use="sql", **{"from": tuple(used)}, query=query.sql(dialect="duckdb", pretty=True)),),  # type: ignore[arg-type]
    )
    ordered = candidate.meaning.asked_order or bool(candidate.meaning.limit and not candidate.meaning.ties)
    return Draft(
        spec=spec, reading=sentence, assumptions=tuple(candidate.meaning.assumptions), answer="answer", ordered=ordered
    )


def source_table(data: DataView, name: str) -> str:
    """The catalog table a source reads; sources are named after their tables, spelled as identifiers."""
    if data.catalog.table(name) is not None:
        return name
    for table in data.catalog.tables:
        if re.sub(r"\W", "_", table.name) == name:
            return table.name
    return name


def confidence_of(request: Request, data: DataView) -> float | None:
    """How sure the best reading is, answered or not; None when there is no reading. For measuring the gate."""
    candidate = understand(request, data, index_of(data))
    return None if isinstance(candidate, Refusal) else candidate.confidence
