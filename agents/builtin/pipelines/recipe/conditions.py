"""Conditions on rows in words: "where the client is test", "with stock above 0", "unpaid and past due"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.recipe.values import amount_at, date_at, is_value, month_at, spelled_as, today, value_at
from agents.builtin.pipelines.recipe.words import DETERMINERS, column_at, spans
from agents.builtin.pipelines.recipe.work import Rows, Work

Found = tuple[int, exp.Expr]
LEAD = re.compile(
    r"\s*(?:,\s*)?(?:(?:where|whose|with|having|if|when|for\s+which|in\s+which)\b(?:\s+there\s+is)?"
    r"|(?:that|which|who)\s+(?:are|is|was|were|have|has|had)\b|(?:that|which|who)\b|(?:are|is)\b)\s*",
    re.IGNORECASE,
)
_COMPARED: tuple[tuple[re.Pattern[str], type[exp.Expr]], ...] = tuple(
    (re.compile(rf"(?:{words})\s*", re.IGNORECASE), node)
    for words, node in (
        (r">=|at\s+least\b|no\s+less\s+than\b|not\s+(?:below|under|less\s+than)\b|from\b|on\s+or\s+after\b", exp.GTE),
        (r"<=|at\s+most\b|no\s+more\s+than\b|up\s+to\b|not\s+(?:above|over|more\s+than)\b|on\s+or\s+before\b", exp.LTE),
        (
            r"<>|!=|differs?\s+from\b|different\s+from\b|not\s+equal\s+to\b|other\s+than\b|not\s+the\s+same\s+as\b",
            exp.NEQ,
        ),
        (
            r">|above\b|over\b|(?:more|greater|higher|larger|bigger|later|longer)\s+than\b|exceed(?:s|ing)?\b|after\b",
            exp.GT,
        ),
        (r"<|below\b|under\b|(?:less|lower|smaller|fewer|earlier|shorter)\s+than\b|before\b", exp.LT),
        (r"==?|equals?(?:\s+to)?\b|the\s+same\s+as\b|exactly\b", exp.EQ),
    )
)
_IS = re.compile(r"(?:(?:is|are|was|were|be|has|have|being)\b\s*)", re.IGNORECASE)
_NOT = re.compile(r"(?:(?:not|never|isn'?t|aren'?t|wasn'?t)\b\s*)", re.IGNORECASE)
_EMPTY = re.compile(
    r"(?:(?:is|are)\s+)?(?P<no>not\s+)?(?:(?:left\s+)?(?:empty|missing|blank|null)\b|(?:has|have)"
    r"\s+no\s+value\b)",
    re.IGNORECASE,
)
_FILLED = re.compile(r"(?:(?:is|are)\s+)?(?:filled(?:\s+in)?|present|given|known|set)\b", re.IGNORECASE)
_DUE = re.compile(r"(?:past\s+due|over\s*due|late)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"\s*\((?:in\s+)?(?:any|whatever)\s+(?:capitals|case|spelling)\)|\s*\(case[- ]insensitive\)", re.IGNORECASE
)
_WHEN = re.compile(r"\s+(?=\w+ed\s|paid\s|sold\s|sent\s|due\s)", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+(?:(?:whose|where|with|that\s+are|are)\s+)?", re.IGNORECASE)
_AND = re.compile(
    r"(?:\s+and|\s*,\s*but|\s+but|\s*,\s*and)\s+(?:(?:whose|where|with|that\s+are|which\s+are|are)\s+)?", re.IGNORECASE
)


def condition_at(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    """(end, condition) of what is said of rows here, with and, or and not; and binds closer."""

    def single(place: int) -> Found | None:
        return _one(text, place, rows, work)

    def both(place: int) -> Found | None:
        found = _joined(text, place, _AND, _all_of, single)
        when = _WHEN.match(text, found[0]) if found else None
        more = _of_a_column(text, when.end(), rows, work) if when else None
        # "... paid in July" says a further condition without an and.
        return (more[0], exp.and_(found[1], more[1])) if found and more else found

    return _joined(text, at, _OR, exp.or_, both)


def _joined(
    text: str, at: int, word: re.Pattern[str], join: Callable[..., exp.Expr], read: Callable[[int], Found | None]
) -> Found | None:
    first = read(at)
    if first is None:
        return None
    end, found = first
    while (glue := word.match(text, end)) is not None:
        more = read(glue.end())
        if more is None:
            break
        if not re.search(r"\bbut\b", glue[0], re.IGNORECASE) and _half_denied(found, more[1]):
            return None
        end, found = more[0], join(found, more[1])
    return end, found


def _all_of(said: exp.Expr, more: exp.Expr) -> exp.Expr:
    """Both; but two values of one column, which no row has at once, are a set of which a row has one."""
    parts = list(said.flatten()) if isinstance(said, exp.And) else [said]
    for place, part in enumerate(parts):
        one, other = _values(part), _values(more)
        if one and other and one[0] == other[0] and set(one[2]) != set(other[2]):
            parts[place] = _either(*one, *other[1:])
            return exp.and_(*parts)
        if part == negated(more) or more == negated(part):
            parts[place] = exp.Paren(this=exp.or_(part, more))
            return exp.and_(*parts)
    return exp.and_(said, more)


def _half_denied(said: exp.Expr, more: exp.Expr) -> bool:
    """Whether a value is denied and another of the same column is not: "not paid and open" may deny both."""
    last = list(said.flatten())[-1] if isinstance(said, exp.And | exp.Or) else said
    inner = last.find(exp.Paren) if isinstance(last, exp.Not) else None
    denied, other = _values(inner.this) if inner is not None else None, _values(more)
    return denied is not None and other is not None and denied[0] == other[0]


Values = tuple[str, bool, tuple[exp.Expr, ...]]
"""A column, whether it is compared in lower case without outer spaces, and the values it may have."""


def _values(condition: exp.Expr) -> Values | None:
    """What a condition says that allows a column some values and nothing else."""
    if isinstance(condition, exp.Paren):
        return _values(condition.this)
    if isinstance(condition, exp.Or):
        found = [_values(part) for part in condition.flatten()]
        known = [one for one in found if one is not None]
        if len(known) != len(found) or len({one[0] for one in known}) != 1:
            return None
        return known[0][0], any(one[1] for one in known), tuple(value for one in known for value in one[2])
    values = condition.expressions if isinstance(condition, exp.In) else [condition.args.get("expression")]
    compared = condition.this if isinstance(condition, exp.In | exp.EQ) else None
    loosely = isinstance(compared, exp.Lower)
    column = compared.find(exp.Column) if loosely and compared is not None else compared
    if not isinstance(column, exp.Column) or not all(isinstance(value, exp.Literal | exp.Cast) for value in values):
        return None
    return column.name, loosely, tuple(values)


def _either(
    column: str, loosely: bool, values: tuple[exp.Expr, ...], other_loosely: bool, others: tuple[exp.Expr, ...]
) -> exp.Expr:
    compared: exp.Expr = name(column)
    listed = list(dict.fromkeys((*values, *others)))
    if loosely or other_loosely:
        compared = exp.Lower(this=exp.Trim(this=compared))
        plain = [exp.Literal.string(value.name.strip().lower()) for value in listed]
        listed = list(dict.fromkeys(plain))
    return exp.In(this=compared, expressions=listed)


def _one(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    """One condition: of a column, by a value alone, by a flag's name, or overdue."""
    start = DETERMINERS.match(text, at)
    at = start.end() if start else at
    denied = _NOT.match(text, at)
    if denied:
        inner = _one(text, denied.end(), rows, work)
        return (inner[0], negated(inner[1])) if inner else None
    for read in (_of_a_column, _lacking, _by_a_value, _by_a_flag, _overdue):
        found = read(text, at, rows, work)
        if found is not None:
            again = _AGAIN.match(text, found[0])
            return (again.end(), _any_case(found[1])) if again else found
    return None


def negated(condition: exp.Expr) -> exp.Expr:
    """Rows for which the condition does not hold, those that cannot say among them."""
    return exp.not_(exp.Coalesce(this=exp.Paren(this=condition), expressions=[exp.false()]))


def _any_case(condition: exp.Expr) -> exp.Expr:
    def lower(node: exp.Expr) -> exp.Expr:
        literal = node.args.get("expression") if isinstance(node, exp.EQ) else None
        if isinstance(literal, exp.Literal) and literal.is_string and isinstance(node.this, exp.Column):
            return exp.EQ(
                this=exp.Lower(this=exp.Trim(this=node.this)),
                expression=exp.Literal.string(literal.this.strip().lower()),
            )
        return node

    return condition.transform(lower)


def _of_a_column(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    column = column_at(text, at, rows)
    if column is None:
        return None
    of = re.compile(r"\s+of\s+(?=(?:more|less|at|over|under|above|below)\b)", re.IGNORECASE).match(text, column[0])
    place = of.end() if of else _space(text, column[0])
    left = name(column[1])
    if empty := _EMPTY.match(text, place):
        nothing = is_empty(left, rows.columns[column[1]])
        return empty.end(), exp.not_(nothing) if empty["no"] else nothing
    if filled := _FILLED.match(text, place):
        return filled.end(), exp.not_(is_empty(left, rows.columns[column[1]]))
    verb = _IS.match(text, place)
    place = verb.end() if verb else place
    between = re.compile(r"between\s+", re.IGNORECASE).match(text, place)
    if between:
        return _between(text, between.end(), left, rows, column[1], work)
    for pattern, node in _COMPARED:
        if compared := pattern.match(text, place):
            right = _operand(text, compared.end(), rows, column[1], work)
            if right is None:
                return None
            if node in (exp.GT, exp.LT, exp.GTE, exp.LTE) and rows.columns[column[1]] == "VARCHAR":
                return None
            return right[0], node(this=left, expression=right[1])
    denied = _NOT.match(text, place)
    found = _one_of(text, denied.end() if denied else place, rows, work, column[1], verb is not None)
    if found is None:
        return None
    return (found[0], negated(found[1])) if denied else found


def _space(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def is_empty(column: exp.Expr, type_: str) -> exp.Expr:
    """NULL, or nothing but spaces."""
    if type_ != "VARCHAR":
        return column.is_(exp.null())
    return exp.Nullif(this=exp.Trim(this=column), expression=exp.Literal.string("")).is_(exp.null())


def _between(text: str, at: int, left: exp.Expr, rows: Rows, column: str, work: Work) -> Found | None:
    low = date_at(text, at) or amount_at(text, at, column, rows, work)
    glue = re.compile(r"\s+and\s+", re.IGNORECASE).match(text, low[0]) if low else None
    high = (date_at(text, glue.end()) or amount_at(text, glue.end(), column, rows, work)) if glue else None
    if low is None or high is None or _mixes(rows.columns[column], low[1]):
        return None
    return high[0], exp.Between(this=left, low=low[1], high=high[1])


def _operand(text: str, at: int, rows: Rows, column: str, work: Work) -> Found | None:
    there = date_at(text, at) or amount_at(text, at, column, rows, work)
    if there is not None:
        return None if _mixes(rows.columns[column], there[1]) else there
    other = column_at(text, at, rows)
    if other is not None and other[1] != column:
        return other[0], name(other[1])
    value = value_at(text, at, rows, work, column)
    return (value[0], value[2].expression) if value and isinstance(value[2].this, exp.Column) else None


def _mixes(type_: str, literal: exp.Expr) -> bool:
    """A number is no date, and a date no number."""
    dated = type_.startswith(("DATE", "TIMESTAMP"))
    return dated != (isinstance(literal, exp.Cast | exp.Placeholder)) or type_ == "VARCHAR"


def _one_of(text: str, at: int, rows: Rows, work: Work, column: str, said: bool) -> Found | None:
    """A value, or several: "is new, open or waiting"."""
    lead = re.compile(r"(?:(?:either|one\s+of|in)\s+)", re.IGNORECASE).match(text, at)
    at = lead.end() if lead else at
    type_ = rows.columns[column]
    if type_ == "VARCHAR":
        first = value_at(text, at, rows, work, column)
        if first is None:
            return None
        end, found = first[0], first[2]
        while glue := re.compile(r"\s*,\s*(?:or\s+)?|\s+or\s+", re.IGNORECASE).match(text, end):
            more = value_at(text, glue.end(), rows, work, column)
            if more is None:
                break
            end, found = more[0], exp.or_(found, more[2])
        return end, exp.Paren(this=found) if isinstance(found, exp.Or) else found
    if type_ == "BOOLEAN":
        word = re.compile(r"(?P<yes>yes|true|set|checked)\b|(?P<no>no|false|unset)\b", re.IGNORECASE).match(text, at)
        return (word.end(), name(column) if word["yes"] else negated(name(column))) if word else None
    if not said:
        return _in_a_month(text, at, rows, column)
    literal = date_at(text, at) or amount_at(text, at, column, rows, work)
    if literal is None or _mixes(type_, literal[1]):
        return _in_a_month(text, at, rows, column)
    return literal[0], exp.EQ(this=name(column), expression=literal[1])


def _in_a_month(text: str, at: int, rows: Rows, column: str) -> Found | None:
    if not rows.columns[column].startswith(("DATE", "TIMESTAMP")):
        return None
    glue = re.compile(r"(?:in|during|of|from)\s+", re.IGNORECASE).match(text, at)
    found = month_at(text, glue.end() if glue else at)
    return (found[0], _within(column, found[1], found[2])) if found else None


def _within(column: str, first: date, after: date) -> exp.Expr:
    low, high = (exp.cast(exp.Literal.string(day.isoformat()), "DATE") for day in (first, after))
    return exp.and_(exp.GTE(this=name(column), expression=low), exp.LT(this=name(column), expression=high))


def _lacking(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    """A column that is empty: "no email", "an empty email", "without email"."""
    del work
    found = re.compile(
        r"(?:without|no|lacking|missing|(?:an?\s+)?(?:empty|missing|blank))\s+(?:an?\s+)?", re.IGNORECASE
    ).match(text, at)
    column = column_at(text, found.end(), rows) if found else None
    return (column[0], is_empty(name(column[1]), rows.columns[column[1]])) if column else None


def _by_a_value(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    found = value_at(text, at, rows, work)
    return (found[0], found[2]) if found else None


def _by_a_flag(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    """A yes or no: "paid" and "unpaid" by a column of yes and no, or of texts that say so."""
    del work
    for end, words in spans(text, at, 2):
        for column, type_ in rows.columns.items():
            if type_ != "BOOLEAN":
                continue
            plain = column.casefold().replace("_", " ").removeprefix("is ")
            said = words.casefold()
            if said == plain:
                return end, name(column)
            if said in (f"un{plain}", f"non-{plain}", f"non {plain}", f"not {plain}"):
                return end, negated(name(column))
    return None


def _overdue(text: str, at: int, rows: Rows, work: Work) -> Found | None:
    """Past due: the one date that says when something is due lies before the day of the run."""
    del work
    found = _DUE.match(text, at)
    column = due_column(rows) if found else None
    return (found.end(), exp.LT(this=name(column), expression=today())) if found and column else None


def due_column(rows: Rows) -> str | None:
    """The one date by which something is to be done."""
    due = [
        column
        for column, type_ in rows.columns.items()
        if type_.startswith("DATE")
        and {"due", "deadline", "payable"} & set(column.casefold().replace("_", " ").split())
    ]
    return due[0] if len(due) == 1 else None


__all__ = ["LEAD", "condition_at", "due_column", "is_empty", "is_value", "negated", "spelled_as"]
