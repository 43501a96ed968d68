"""On which columns two tables meet, where nobody said it: what a model pairs becomes a question, and never a step.

Offered are only pairs that the data bears out and with which the built-in planner goes on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from agents.builtin.decide import decide
from agents.builtin.pipelines.recipe.instructions.join import columns_key, is_identifying, meets
from agents.builtin.pipelines.recipe.planner import read_recipe
from agents.builtin.pipelines.reconcile.evidence import count_if, ref, source
from agents.calling import Caller, routed
from agents.contract import Option, Planner, Question, Refusal, Request, noted
from agents.desk import BUILTIN, PROVIDERS
from agents.extract import field_mapping
from agents.privacy import Data
from tools.context import Context

MOST_OFFERED = 5
MOST_TRIED = 2
"""Pairs of tables that a model is asked about for one request."""
NONE = "none"


def instead_of(refusal: Refusal, context: Context, request: Request, data: Data, *, thread: str) -> Question | Refusal:
    """The question which columns correspond, in place of a refusal that comes of not knowing it."""
    caller = routed(context, "extract", clock=lambda: datetime.now(UTC), thread=thread)
    if caller is None or request.want != "pipeline":
        return refusal
    unpaired: list[tuple[str, str]] = []
    read_recipe(request, data, decide, unpaired=unpaired)
    open_ones = [pair for pair in dict.fromkeys(unpaired) if columns_key(*pair) not in request.answers]
    notes: list[str] = []
    for left, right in open_ones[:MOST_TRIED]:
        asked, failed = _asked(caller, request, data, left, right)
        notes += failed
        if asked is not None:
            return asked.model_copy(update={"reading": " ".join(notes)})
    return noted(refusal, tuple(dict.fromkeys(notes)))


def _asked(
    caller: Caller, request: Request, data: Data, left: str, right: str
) -> tuple[Question | None, tuple[str, ...]]:
    """The question for two tables, and who gave no answer."""
    ours, theirs = data.catalog.table(left), data.catalog.table(right)
    assert ours is not None
    assert theirs is not None
    said = field_mapping(caller, ours, theirs, data)
    types = ({c.name: c.type for c in ours.columns}, {c.name: c.type for c in theirs.columns})
    pairs = [(pair.ours, pair.theirs) for pair in said.output.pairs] if said.output is not None else []
    options: list[Option] = []
    for mine, its in pairs:
        if types[0][mine] != types[1][its] or not is_identifying(data, right, its):
            continue
        met, filled = _met(data, left, right, (mine, its))
        option = Option(
            label=f"{left}.{mine} = {right}.{its}: {met:,} of {filled:,} rows of {left} find theirs",
            value=f"{mine} = {its}",
        )
        if met and _goes_on(request, columns_key(left, right), option.value, data):
            options.append(option)
    if not options:
        return None, said.notes
    question = Question(
        key=columns_key(left, right),
        text=f"Which columns of {left} and {right} hold the same? {said.by} proposes the first; nothing is joined "
        "before you choose.",
        options=(*options[:MOST_OFFERED], Option(label="None of these", value=NONE)),
    )
    return question, said.notes


def _met(data: Data, left: str, right: str, pair: tuple[str, str]) -> tuple[int, int]:
    """Rows of the left table that find a row of the right one, and rows that have something to look for."""
    from sqlglot import exp

    filled = exp.Count(this=ref(pair[0], "l"))
    found = data.scalars(exp.select(filled, count_if(meets(right, [pair]))).from_(source(left, "l")))
    return int(str(found[1])), int(str(found[0]))


def _goes_on(request: Request, key: str, value: str, data: Data) -> bool:
    """Whether the built-in planner has more than a refusal for the request once this is answered."""
    answered = request.model_copy(update={"answers": {**request.answers, key: value}})
    builtin = cast("Planner", PROVIDERS.load(BUILTIN))
    return not isinstance(builtin.draft(answered, data), Refusal)
