"""A request as a recipe: at each place the instruction that reads furthest, until every word is read, or none of it.

Nothing is left out in silence: a request of which a word fits no instruction is no recipe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agents.builtin.pipelines.recipe.words import GLUE, canonical, only_table
from agents.builtin.pipelines.recipe.work import Rows, Told, Work
from agents.builtin.pipelines.schedule import Timing, find_timing
from agents.contract import DataView, Draft, Question, Refusal, Request
from spec.pipeline import Allow, Output, Pipeline
from spec.registry import Shelf

INSTRUCTIONS = Shelf("agents.builtin.pipelines.recipe.instructions", "instruction")
MOST = 60
ASKED = "asked"
"""The instruction that takes words for a plain question comes last."""
Ask = Callable[[Request, DataView], Draft | Question | Refusal]
LEAD_IN = re.compile(r"[A-Z][^.!?:;]{3,120}[.!]\s+(?=\w)")
_STATES = re.compile(r"(?:because|since|as|i|we|my|our|the|this|that|it|he|she|they|there)\b", re.IGNORECASE)
"""How a sentence begins that says how things are; one that begins with its verb asks for something."""
_WISHES = re.compile(
    r"\b(?:want|need|like|wish|prefer|expect|should|shall|must|may|might|can|could|would|will|have\s+to|has\s+to|ought"
    r"|to\s+be|let|please|only|never|not|no|without|except|each|every|all|any)(?:s|ed)?\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recipe:
    """What came of a request that was read to its end; ``plain`` when the other planner may know it better."""

    reply: Draft | Question | Refusal
    plain: bool


def read_recipe(
    request: Request, data: DataView, ask: Ask, *, unpaired: list[tuple[str, str]] | None = None
) -> Recipe | None:
    """The recipe in a request; None when some of its words are none. ``ask`` drafts a plain question in it.

    ``unpaired`` is given each two tables that were to meet on columns which nobody named and the data does not tell.
    """
    timing = find_timing(request.text, request.timezone)
    text = request.text
    for words in timing.words if timing else ():
        text = text.replace(words, " ", 1)
    text = re.sub(r"\s+", " ", text).strip()
    work = Work(request, data, ask, unpaired=[] if unpaired is None else unpaired)
    lead = LEAD_IN.match(text)
    if lead and _is_a_reason(lead[0], work):
        work.assumptions.append(f"'{lead[0].strip()}' is taken as a reason, and asks for nothing")
        text = text[lead.end() :]
    work.only = only_table(text, data.catalog)
    left = [MOST]
    found = _read(text, 0, work, left, plain=True)
    if found is None:
        return None
    if isinstance(found, Recipe):
        return found
    work, plain = found
    return _whole(request, work, timing, plain=plain) if work.outputs or work.loads else None


def _is_a_reason(sentence: str, work: Work) -> bool:
    """Whether a sentence only states something, wishes nothing, and names no table, no column and no number."""
    if not _STATES.match(sentence) or _WISHES.search(sentence) or re.search(r"\d|\.\w", sentence):
        return False
    words = [word for word in re.findall(r"\w+", sentence) if len(word) > 2]
    names = {part for table in work.data.catalog.tables for part in canonical(table.name)}
    names |= {part for table in work.data.catalog.tables for column in table.columns for part in canonical(column.name)}
    return not any(set(canonical(word)) & names for word in words)


def _read(text: str, at: int, work: Work, left: list[int], *, plain: bool) -> tuple[Work, bool] | Recipe | None:
    """The rest of the text from here; where the instruction that reads furthest leads nowhere, another is tried."""
    glue = GLUE.match(text, at)
    at = glue.end() if glue else at
    if at >= len(text):
        return work, plain
    for told, tried in _furthest_first(text, at, work, left):
        left[0] -= 1
        problem = told.do()
        now_plain = plain and told.plain
        if problem is not None:
            # A question is worth asking only when the rest is understood as well; told last, it may be a dead end.
            return Recipe(problem, now_plain)
        found = _read(text, told.end, tried, left, plain=now_plain)
        if found is not None:
            return found
    return None


def _furthest_first(text: str, at: int, work: Work, left: list[int]) -> Iterator[tuple[Told, Work]]:
    """Every instruction that reads on from here, each with a state of its own to be carried out on.

    A plain question is the dearest to read, and is read only where the others lead nowhere and one more may be tried.
    """
    others = (_tried(unit, text, at, work) for unit in INSTRUCTIONS.names() if unit != ASKED)
    for found in sorted((one for one in others if one is not None), key=lambda one: -one[0].end):
        if left[0] <= 0:
            return
        yield found
    asked = _tried(ASKED, text, at, work) if left[0] > 0 else None
    if asked is not None:
        yield asked


def _tried(unit: str, text: str, at: int, work: Work) -> tuple[Told, Work] | None:
    tried = work.copy()
    told: Told | None = INSTRUCTIONS.load(unit).read(text, at, tried)
    if told is None or told.end <= at:
        return None
    # A word that was read in part was not understood.
    return None if text[told.end - 1].isalnum() and text[told.end : told.end + 1].isalnum() else (told, tried)


def _whole(request: Request, work: Work, timing: Timing | None, *, plain: bool) -> Recipe | None:
    files = [file for file, _ in work.outputs]
    if len({file.casefold() for file in files}) != len(files) or not work.said:
        return None
    results = {rows.id for rows in (*(rows for _, rows in work.outputs), *work.results)}
    if work.current is not None and work.current.id not in results and not _after_the_last_file(work):
        # Something was done to the rows that no file holds.
        return None
    if _read_by_nobody(work, results):
        return None
    said = list(work.said)
    assumptions = list(work.assumptions)
    if timing:
        said.append(timing.reading)
        assumptions += [timing.assumption] if timing.assumption else []
    reading = "; ".join(said) + "."
    reading = reading[0].upper() + reading[1:]
    used = _used(work)
    spec = Pipeline(
        name=_identifier(files[0] if files else work.loads[0].table),
        request=request.text,
        reading=reading,
        assumptions=tuple(assumptions),
        timezone=request.timezone,
        sources={name: work.data.sources[name] for name in used},
        steps=tuple(work.draftsman.steps),
        checks=tuple(work.draftsman.checks),
        outputs=tuple(Output(file=file, from_=rows.id, order_by=_order(rows)) for file, rows in work.outputs),
        loads=tuple(work.loads),
        schedule=timing.schedule if timing else None,
        allow=Allow(tables=tuple(f"{load.location or load.connection}/{load.table}" for load in work.loads)),
    )
    return Recipe(Draft(spec=spec, reading=reading, assumptions=tuple(assumptions)), plain)


def _after_the_last_file(work: Work) -> bool:
    """Whether what was done after the last file was named only branches off for another file."""
    return work.base is not None and work.current is not None and work.current.id == work.base.id


def _read_by_nobody(work: Work, results: set[str]) -> bool:
    """Whether something was done of which nothing is seen in any file, table or promise."""
    read = {relation.removesuffix(".rest") for step in work.draftsman.steps for relation in step.from_}
    read |= results | {check.on for check in work.draftsman.checks}
    return any(step.id not in read for step in work.draftsman.steps)


def _used(work: Work) -> list[str]:
    """Tables that a step, a check or a file reads."""
    read = {name for step in work.draftsman.steps for name in step.from_}
    read |= {check.on for check in work.draftsman.checks}
    read |= {str(check.params["to"]) for check in work.draftsman.checks if "to" in check.params}
    read |= {rows.id for _, rows in work.outputs} | {load.from_ for load in work.loads}
    return [table.name for table in work.data.catalog.tables if table.name in read]


def _order(rows: Rows) -> tuple[str, ...]:
    return rows.order or rows.keys


def _identifier(words: str) -> str:
    stem = re.sub(r"\.\w+$", "", words)
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", stem.casefold()).strip("_")
    return plain if re.match(r"^[a-z_]", plain) else f"p_{plain or 'pipeline'}"
