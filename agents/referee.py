"""Two readings of the same words, compared by what they give on the real data; where they differ, a person chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import permutations
from urllib.parse import quote, unquote

from agents.contract import ChartHint, DataView, Draft, Option, Planner, Question, Refusal, Request
from agents.privacy import Data
from spec.base import JsonValue
from spec.errors import DreflowError
from tools.context import Context
from tools.questions import answer
from tools.values import Rows

KEY = "referee"
MINE, NEITHER = "builtin", "neither"
COMPARED = 5_000
_INEXACT = frozenset({"DOUBLE", "FLOAT", "REAL"})
WIDEST = 6
"""Columns up to which their order is tried out."""


class Referee:
    """For one request over its data."""

    def __init__(self, context: Context, request: Request, data: Data) -> None:
        self._context = context
        self._request = request
        self._data = data

    def settled(self, builtin: Planner) -> Draft | Question | Refusal | None:
        """What the person chose between the readings before; None when there was no such question."""
        said = self._request.answers.get(self._key, "").strip()
        if not said:
            return None
        own = builtin.draft(self._request, self._view)
        if said == MINE:
            return own
        kept = self._kept(said)
        if kept is not None:
            return kept
        if said == NEITHER:
            return Refusal(
                message="Then none of the readings is what you mean.",
                hint="Say it in other words, or name the table and the column.",
            )
        return None

    def judge(self, reply: Draft | Question | Refusal, own: Draft | Refusal, *, by: str) -> Draft | Question | Refusal:
        """The model's reply beside the built-in planner's ``own``."""
        if isinstance(reply, Draft):
            return self._two(reply, own, by) if isinstance(own, Draft) else self._alone(reply, own, by)
        if isinstance(own, Draft):
            return self._doubted(reply, own, by)
        return _refused_by_both(reply, own, by) if isinstance(reply, Refusal) else reply

    def _two(self, reply: Draft, own: Draft, by: str) -> Draft | Question:
        theirs, mine = self._results(reply), self._results(own)
        if _are_same(theirs, mine, ordered=own.ordered):
            note = f"{by} and the built-in planner read this alike and get the same figures"
            return own.model_copy(update={"assumptions": (*own.assumptions, note)})
        text = "This can be read in two ways, and they give different figures. Which one do you mean?"
        options = (
            Option(label=_option(own, mine), value=MINE),
            Option(label=_option(reply, theirs), value=self._keep(reply)),
            Option(label="Neither", value=NEITHER),
        )
        return Question(key=self._key, text=text, options=options)

    def _alone(self, reply: Draft, own: Refusal, by: str) -> Draft | Question:
        if self._request.want == "pipeline":
            note = f"this reading is {by}'s alone; the built-in planner had none to compare it with"
            return reply.model_copy(update={"assumptions": (*reply.assumptions, note)})
        label = f"Yes: {_option(reply, self._results(reply))}"
        options = (Option(label=label, value=self._keep(reply)), Option(label="No", value=NEITHER))
        text = f"This is how {by} reads it; nothing else could check that. Is it what you mean?"
        return Question(key=self._key, text=text, options=options, reading=own.message)

    def _doubted(self, reply: Question | Refusal, own: Draft, by: str) -> Draft | Question:
        if isinstance(reply, Refusal):
            note = f"{by} saw no answer in this data; this is the built-in planner's reading"
            return own.model_copy(update={"assumptions": (*own.assumptions, note)})
        if self._request.answers.get(reply.key) == MINE:
            return own
        mine = Option(label=_option(own, self._results(own)), value=MINE)
        if reply.key in self._request.answers:
            return own
        return reply.model_copy(update={"options": (*reply.options, mine)})

    @property
    def _view(self) -> DataView:
        return self._data

    @property
    def _key(self) -> str:
        """The same words in the same conversation are the same decision."""
        import hashlib

        words = f"{self._request.want} {' '.join(self._request.text.casefold().split())}"
        return f"{KEY}.{hashlib.sha256(words.encode()).hexdigest()[:12]}"

    def _keep(self, draft: Draft) -> str:
        """What an option is answered with: the spec's digest and what a draft says beside its spec, safe in a shell."""
        store = self._context.workspace.store
        digest = store.save_spec(draft.spec, by=self._context.principal, now=self._request.now)
        drawn = (draft.chart.kind, draft.chart.x, *draft.chart.y) if draft.chart else ()
        beside = (draft.answer or "", "ordered" if draft.ordered else "", *drawn)
        return "/".join([digest, *(quote(one, safe="") for one in beside)])

    def _kept(self, said: str) -> Draft | None:
        """The draft of an option that was chosen; None where what is said is no such option."""
        digest, *beside = said.split("/")
        spec = self._context.workspace.store.spec(digest) if digest.startswith("sha256:") else None
        if spec is None or len(beside) < 2:
            return None
        answer, ordered, *drawn = map(unquote, beside)
        return Draft(
            spec=spec,
            reading=spec.reading,
            assumptions=spec.assumptions,
            answer=answer or None,
            ordered=bool(ordered),
            chart=ChartHint(kind=drawn[0], x=drawn[1], y=tuple(drawn[2:])) if len(drawn) > 1 else None,
        )

    def _results(self, draft: Draft) -> Sequence[Rows] | str:
        """The rows of a draft's answer, or of each of its files; or why there are none."""
        files = [output.from_ for output in draft.spec.outputs]
        steps: Sequence[str | None] = [draft.answer] if draft.answer else files or [None]
        now = self._request.now
        try:
            return [answer(self._context, draft.spec, step, self._data, now=now, limit=COMPARED).rows for step in steps]
        except DreflowError as error:
            return error.message


def _refused_by_both(reply: Refusal, own: Refusal, by: str) -> Refusal:
    """Both reasons, each with who gives it: a small model's may be of no use."""
    says = reply.message.strip() or "nothing"
    return Refusal(message=f"{by} says: “{says}”", hint=f"{reply.hint} By the rules: {own.message} {own.hint}".strip())


def _are_same(theirs: Sequence[Rows] | str, mine: Sequence[Rows] | str, *, ordered: bool) -> bool:
    if isinstance(theirs, str) or isinstance(mine, str) or len(theirs) != len(mine):
        return False
    return all(same(one, other, ordered=ordered) for one, other in zip(theirs, mine, strict=True))


def _option(draft: Draft, results: Sequence[Rows] | str) -> str:
    told = results if isinstance(results, str) else "; then ".join(map(figures, results))
    return f"{draft.reading.rstrip('.')}: {told}"


def figures(rows: Rows, *, most: int = 3) -> str:
    """The first rows in words."""
    if not rows.rows:
        return "no rows"
    if len(rows.rows) == 1 and len(rows.names) == 1:
        return _shown(rows.rows[0][0])
    first = "; ".join(" ".join(_shown(cell) for cell in row[:4]) for row in rows.rows[:most])
    count = f"{len(rows.rows):,}{' or more' if rows.truncated else ''} rows"
    return f"{first} ({count})" if len(rows.rows) > most else first


def _shown(value: JsonValue) -> str:
    number = _number(value)
    if number is None:
        return "nothing" if value is None else str(value)[:60]
    return f"{number:,f}" if number == number.to_integral() or isinstance(value, str) else f"{float(number):,.6g}"


def same(one: Rows, other: Rows, *, ordered: bool = False) -> bool:
    """Whether two results have the same rows, whatever their columns are called and in which order they stand.

    Numbers are compared by value, to nine digits where floating-point arithmetic touched a column.
    Without ``ordered`` the order of rows does not count.
    """
    width = len(other.names)
    if len(one.rows) != len(other.rows) or one.truncated != other.truncated or len(one.names) != width:
        return False
    rounded = any(kind.upper() in _INEXACT for kind in (*one.types, *other.types))
    mine = [tuple(_plain(cell, rounded=rounded) for cell in row) for row in other.rows]
    theirs = [tuple(_plain(cell, rounded=rounded) for cell in row) for row in one.rows]
    orders = permutations(range(width)) if width <= WIDEST else iter([tuple(range(width))])
    for places in orders:
        turned = [tuple(row[place] for place in places) for row in theirs]
        if turned == mine or (not ordered and Counter(turned) == Counter(mine)):
            return True
    return False


def _plain(cell: JsonValue, *, rounded: bool) -> str:
    number = _number(cell)
    if number is not None:
        return f"{(Decimal(f'{number:.9g}') if rounded else number).normalize():f}"
    return "" if cell is None else str(cell)


def _number(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
