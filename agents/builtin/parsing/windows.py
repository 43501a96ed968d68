"""Courses: changes from one period to the next, running totals and ranks, taken out of the question's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.meaning import Condition, During, Meaning, Out

_UNIT = r"(day|week|month|quarter|year)"
_PERCENT = r"(?P<percent>percent(?:age)? |% |relative )?"
_CHANGE = re.compile(
    rf"(?:[,;]?\s*(?:and|with|plus|also|along with)?\s*(?:show |calculate |return )?(?:the |its |their )?)?{_PERCENT}"
    rf"(?:change|difference|growth|increase)(?: rate)?(?: in percent| in %)?\s+(?:from|vs\.?|versus|to|over|against|on|"
    rf"compared (?:to|with)|relative to)\s+(?:the )?(?:(?:previous|prior|preceding|last) (?P<a>day|week|month|quarter|"
    rf"year)|(?P<b>day|week|month|quarter|year) (?:before|earlier))",
    re.IGNORECASE,
)
_OVER = re.compile(
    rf"\b{_UNIT}[- ](?:over|on|to)[- ]\1 {_PERCENT}(?P<what>change|growth|difference|increase)(?: rate)?(?: in| of)?",
    re.IGNORECASE,
)
_RUNNING = re.compile(r"\b(?:running|cumulative) (?:(?:total|sum|count)s?(?: of)?(?: the)?)?", re.IGNORECASE)
_RANK = re.compile(
    r"^rank (?:the |our |all )?(?P<what>[\w -]+?) by (?:their |the )?(?P<by>[\w -]+?)"
    r"(?: (?:with)?in (?:each |every |their )?(?P<within>[\w-]+))?\s*[?.]?$",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\b(?:by|per|each|every|for each) (?:day|week|month|quarter|year)s?\b|\b\w+ly\b", re.IGNORECASE)


@dataclass(frozen=True)
class Course:
    """``kind``: change, percent, running or rank; of ranks ``within``: whether they begin anew in each group."""

    kind: str
    within: bool = False


def course_of(text: str) -> tuple[str, Course | None]:
    """The question without the words that ask for a course, and the course."""
    found = _RANK.match(text)
    if found is not None:
        groups = f"{found['within']} and {found['what']}" if found["within"] else found["what"]
        return f"{found['by']} by {groups}", Course("rank", within=bool(found["within"]))
    found = _CHANGE.search(text)
    if found is not None:
        plain = f"{text[: found.start()]} {text[found.end() :]}"
        return _by(plain, found["a"] or found["b"]), Course("percent" if found["percent"] else "change")
    found = _OVER.search(text)
    if found is not None:
        plain = f"{text[: found.start()]} {text[found.end() :]}"
        percent = found["percent"] or found["what"].lower() == "growth"
        return _by(plain, found[1]), Course("percent" if percent else "change")
    found = _RUNNING.search(text)
    if found is not None and not re.search(r"\brunning (?!total|sum|count)", text, re.IGNORECASE):
        return f"{text[: found.start()]} total {text[found.end() :]}", Course("running")
    return text, None


def _rank_rows(meaning: Meaning, *, within: bool) -> None:
    """As in "rank products by price": each row has the number that it is ranked by."""
    value = next((out for out in reversed(meaning.outs) if out.kind == "column"), None)
    keys = [out for out in meaning.outs if out is not value]
    if value is None or not keys:
        meaning.problems.append("unclear:rank")
        return
    partition = keys[:1] if within and len(keys) > 1 else []
    meaning.problems = [problem for problem in meaning.problems if not problem.startswith("unclear:per")]
    meaning.outs.append(Out("rank", parts=[value, *partition], label="rows"))
    meaning.order = [*((out, False) for out in partition), (value, True)]


def _by(text: str, unit: str) -> str:
    text = re.sub(r"\s+", " ", text).strip(" ,")
    return text if _GROUPED.search(text) else f"{text.rstrip(' ?.!')} by {unit}"


def take_course(meaning: Meaning, course: Course) -> None:
    """Add the course of what is measured; a problem where there is nothing that it could be of."""
    measures = [out for out in meaning.outs if out.is_measure]
    if course.kind == "rank" and not measures and len(meaning.outs) > 1 and not meaning.limit:
        _rank_rows(meaning, within=course.within)
        return
    if len(measures) != 1 or not meaning.groups or meaning.limit or meaning.having:
        meaning.problems.append(f"unclear:{course.kind}")
        return
    measure = measures[0]
    if course.kind == "rank":
        partition = meaning.groups[:1] if course.within and len(meaning.groups) > 1 else []
        meaning.outs.append(Out("rank", parts=[measure, *partition]))
        meaning.order = [*((out, False) for out in partition), (measure, True)]
        return
    grains = [out for out in meaning.groups if out.kind == "grain"]
    if len(grains) != 1 or grains[0].column is None:
        meaning.problems.append(f"unclear:{course.kind}")
        return
    others = [out for out in meaning.groups if out is not grains[0]]
    meaning.outs.append(Out("course", func=course.kind, parts=[measure, grains[0], *others]))
    if course.kind != "running":
        meaning.assumptions.append("each row is compared with the one before it that has data")
        own = [c for c in meaning.scope.conditions if isinstance(c, During) and c.column == grains[0].column]
        if len(own) == 1 and not own[0].negated and own[0].period.start is not None:
            # What came before the period is needed for its first change, and shown of the period only.
            kept: list[Condition] = [c for c in meaning.scope.conditions if c is not own[0]]
            meaning.scope.conditions = kept
            meaning.shown = own[0]
