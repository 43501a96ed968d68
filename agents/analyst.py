"""Results put into words by a model, whose every figure stands in the result; without that, nothing is said."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from pydantic import Field

from agents import models
from agents.calling import Caller, Job, Said, fenced, prompt
from agents.models import Mode
from agents.privacy import Data, Privacy
from agents.proposal import Proposed
from spec.base import JsonValue
from spec.pipeline import Pipeline
from tools.questions import answer
from tools.values import Rows

MOST_ROWS = 50
_NUMBER = re.compile(r"\d+(?:[.,' \u00a0\u202f]\d+)*")


class Explanation(Proposed):
    """A result in words."""

    sentences: list[str] = Field(min_length=1, max_length=4)


@dataclass(frozen=True)
class Explained:
    """``text`` is None where no model could say it, or none may see the rows; ``notes`` tell why."""

    text: str | None
    by: str | None
    notes: tuple[str, ...] = ()


def explain(caller: Caller, question: str, spec: Pipeline, step: str | None, data: Data, *, now: datetime) -> Explained:
    """Say what a step's rows show. Only models that may see rows are asked; the personal is masked."""
    candidates, notes = _allowed(caller, data)
    # The result that each model was shown is the one that its figures are held against.
    shown: dict[Privacy, Rows] = {}

    def rows(privacy: Privacy) -> Rows:
        if privacy not in shown:
            found = answer(caller.context, spec, step, privacy.view, now=now, limit=MOST_ROWS)
            shown[privacy] = found.rows
        return shown[privacy]

    def words(privacy: Privacy, _: Mode) -> str:
        return "\n\n".join([f"Question: {question}", f"It was read as: {spec.reading}", _told(rows(privacy))])

    def check(said: Explanation, privacy: Privacy) -> Explanation:
        from pydantic_ai import ModelRetry

        strange = unfounded(" ".join(said.sentences), rows(privacy))
        if strange:
            raise ModelRetry(f"These figures are not in the result: {', '.join(strange)}. Use only figures that are.")
        return said

    job = Job("explain", prompt("analyst"), [Explanation], prompt=words, check=check)
    said: Said[Explanation] = caller.run(job, candidates, data)
    text = " ".join(said.output.sentences) if said.output is not None else None
    return Explained(text, said.by, (*notes, *said.notes))


def _allowed(caller: Caller, data: Data) -> tuple[list[str], tuple[str, ...]]:
    """Models of the route that may see rows, and why the others are not asked."""
    from spec.errors import DreflowError

    fit: list[str] = []
    notes: list[str] = []
    for text in models.chain(caller.settings, "explain"):
        try:
            one = models.named(caller.context, text, caller.settings)
        except DreflowError as error:
            notes.append(f"{text} was not asked: {error.message}")
            continue
        if caller.privacy(one, data).shows_rows:
            fit.append(text)
        else:
            notes.append(f"{text} was not asked: this workspace shows it no rows.")
    return fit, tuple(notes)


def _told(rows: Rows) -> str:
    lines = [json.dumps(rows.names, ensure_ascii=False), *(json.dumps(row, ensure_ascii=False) for row in rows.rows)]
    more = "\nThere are more rows." if rows.truncated else f"\n{len(rows.rows)} rows in all."
    return fenced("result", "\n".join(lines)) + more


def unfounded(text: str, rows: Rows) -> Sequence[str]:
    """Numbers of a text that neither stand in the rows nor count them."""
    known = set() if rows.truncated else {Decimal(len(rows.rows))}
    for row in rows.rows:
        for cell in row:
            known |= _values(cell)
    return [found for found in _NUMBER.findall(text) if not _readings(found) & known]


def _values(cell: JsonValue) -> set[Decimal]:
    if isinstance(cell, bool) or cell is None:
        return set()
    plain = str(cell)
    found = {_value(one) for one in _NUMBER.findall(plain)}
    try:
        return found | {abs(Decimal(plain))}
    except InvalidOperation:
        return found


def _readings(number: str) -> set[Decimal]:
    """What a number as written may mean: its last mark is a decimal point or comma, or parts thousands."""
    digits = re.sub(r"[^\d]", "", number)
    whole = {Decimal(digits)} if re.fullmatch(r"\d{1,3}([.,' \u00a0\u202f]\d{3})+", number) else set()
    return whole | {_value(number)}


def _value(number: str) -> Decimal:
    head, mark, tail = re.fullmatch(r"(.*?)(?:([.,])(\d+))?", number, re.DOTALL).groups(default="")  # type: ignore[union-attr]
    plain = re.sub(r"\D", "", head)
    return Decimal(f"{plain}.{tail}" if mark else plain or "0")
