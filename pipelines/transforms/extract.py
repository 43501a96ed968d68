"""Take pieces out of text by a pattern: each group of the pattern becomes a column, or each match a row.

Patterns are RE2's, which take no longer than the text is long; ``(?i)`` at the start lets case count for nothing. A
group that is named, as in ``(?P<city>[^,]+)``, names its column, unless ``into`` does. A group that takes no part in
a match, or matches no letter, is empty (null): ``coalesce(group, '')`` before it is joined with text. Text that does
not match is treated as ``on_error`` says; text that is missing or blank counts as no failure and gives empty pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines import patterns, policies, proofs
from pipelines.contract import Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

PLACE, MOST = "_match", 9


class Params(Document):
    """A column of text, the pattern, and what its pieces become."""

    column: str = Field(description="Column of text; it stays.")
    pattern: str = Field(description="Pattern with a group (...) for each piece, e.g. '([A-Z]+)-([0-9]+)'.")
    into: Strings = Field(
        default=(), description="New columns, one for each group (or one for the whole match where there is no group)."
    )
    matches: Literal["first", "all"] = Field(
        default="first", description="first: one row for each row; all: one row for each match in the text."
    )
    position: str | None = Field(default=None, description="With all: new column that numbers the matches from 1.")
    on_error: policies.OnError = Field(
        default="stop",
        description="Text that does not match: nothing is published; its pieces are empty and it counts; or its row "
        "goes to <step>.rejected with the reason, and is counted.",
    )
    at_most: int = Field(default=policies.AT_MOST, ge=0, le=100, description=policies.AT_MOST_MEANS)


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"rejected": "With on_error: quarantine, rows with text that does not match."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"notes": {"columns": {"id": "INTEGER", "note": "VARCHAR"}, "primary_key": ["id"],
                         "rows": [[1, "order 1042 for Ada Hill"], [2, "ORDER 7 for Kim"], [3, None]]}},
    "step": {"use": "extract", "from": "notes", "column": "note",
             "pattern": "(?i)order ([0-9]+) for (?P<customer>.+)", "into": ["order_number", "customer"]},
    "rows": {"": [[1, "order 1042 for Ada Hill", "1042", "Ada Hill"], [2, "ORDER 7 for Kim", "7", "Kim"],
                  [3, None, None, None]]},
}  # fmt: skip
keywords: Final = (
    "regex, regular expression, pull out, parse text, get the number out of a text, capture groups, find a code in "
    "a note, split a log line, pattern match, words of a sentence, hashtags, several columns from one text, order "
    "number in a comment, find the number inside a text, invoice number in the bank reference, order number from a "
    "comment, read a code out of, part of a text that looks like"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The groups of the first match beside each row, or of every match, one row each."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    if family(item.type) != "text":
        raise scope.fail(
            f"{item.name!r} is {item.type}, not text.", field="column", hint="Text has patterns; cast it to VARCHAR."
        )
    patterns.check(params.pattern, "pattern", scope)
    new = _named(params, scope)
    numbered = [params.position] if params.position else []
    if numbered and params.matches == "first":
        raise scope.fail("One match has no number.", field="position", hint="Say matches: all.")
    scope.distinct([*relation.names, *numbered, *new], "into")
    scope.distinct([*relation.names, PLACE, *new], "column")
    filled = exp.Not(this=exp.Is(this=_blank_as_null(item.name), expression=exp.Null()))
    unlike = exp.Not(this=patterns.matches(column(item.name), params.pattern))
    # False where the text is missing: null would be no answer.
    failure = exp.Coalesce(this=exp.Paren(this=exp.and_(filled, unlike)), expressions=[exp.false()])
    numbers = [0] if not patterns.groups(params.pattern) else list(range(1, len(new) + 1))
    if params.matches == "first":
        pieces = [patterns.group(column(item.name), params.pattern, number) for number in numbers]
        rows = select_from(
            relation.name, [*(column(name) for name in relation.names), *_pieces(dict(zip(new, pieces, strict=True)))]
        )
    else:
        rows = _each(params, item.name, dict(zip(new, numbers, strict=True)), relation)
    keys = relation.keys if params.matches == "first" else frozenset(key | set(numbered) for key in relation.keys)
    return policies.built(
        rows,
        failure,
        proofs.say(f"{item.name} is not like {params.pattern}: ", column(item.name)),
        params.on_error,
        params.at_most,
        policies.Rejects(
            "extract_rejects", f"each {item.name} is like {params.pattern}", "are not", "text does not match"
        ),
        relation,
        scope,
        order=relation.order if params.matches == "first" else (),
        keys=keys if params.matches == "first" or numbered else frozenset(),
    )


def _named(params: Params, scope: StepScope) -> list[str]:
    found = patterns.names(params.pattern)
    if len(found) > MOST:
        raise scope.fail(
            f"The pattern has {len(found)} groups; {MOST} can be taken.",
            field="pattern",
            hint="Write (?:...) for groups that are not taken, or use several 'extract' steps.",
        )
    count = len(found) or 1
    if params.into:
        if len(params.into) != count:
            raise scope.fail(
                f"The pattern has {len(found)} groups and into names {len(params.into)} columns.",
                field="into",
                hint="Name one for each group; (?:...) is a group that is not taken.",
                data={"groups": len(found)},
            )
        return list(params.into)
    if not found or not all(found):
        raise scope.fail(
            "It is not said what the pieces are called.",
            field="into",
            hint=f"Name {count} column{'s' if count > 1 else ''} in into, or name the groups: (?P<name>...).",
        )
    return found


def _blank_as_null(name: str) -> exp.Expr:
    return exp.Nullif(this=exp.Trim(this=column(name)), expression=exp.Literal.string(""))


def _pieces(values: Mapping[str, exp.Expr]) -> list[exp.Expr]:
    return [aliased(exp.Nullif(this=value, expression=exp.Literal.string("")), name) for name, value in values.items()]


def _each(params: Params, text: str, new: Mapping[str, int], relation: Relation) -> exp.Select:
    """One row for each match; a text without any keeps its row once, with empty pieces."""
    lists = {name: patterns.every(column(text), params.pattern, number) for name, number in new.items()}
    size = exp.Anonymous(this="len", expressions=[next(iter(lists.values())).copy()])
    one = exp.Literal.number(1)
    # UNNEST of lists pads the shorter ones, so one number keeps the row of a text without a match.
    times = exp.Greatest(this=exp.Coalesce(this=size, expressions=[one]), expressions=[one.copy()])
    unnested = select_from(
        relation.name,
        [
            *(column(name) for name in relation.names),
            aliased(exp.Explode(this=exp.GenerateSeries(start=one.copy(), end=times)), PLACE),
            *(aliased(exp.Explode(this=value), name) for name, value in lists.items()),
        ],
    )
    numbered = [aliased(column(PLACE), params.position)] if params.position else []
    return exp.Select(
        expressions=[
            *(column(name) for name in relation.names), *numbered, *_pieces({name: column(name) for name in new})
        ],
        from_=exp.From(this=proofs.subquery(unnested, "unnested")),
    )  # fmt: skip
