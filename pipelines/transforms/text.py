"""Clean text: spaces, case, accents, kinds of characters, fixed texts, and patterns.

What is asked for is done in the order of the table below, in every column named. Patterns are RE2's, which take no
longer than the text is long. With ``extract`` a text without a match becomes empty; the first group is taken where the
pattern has one. A text of which nothing is left is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import patterns
from pipelines.contract import MAIN, Built, as_mapping
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family, split_order
from spec.base import Document, JsonValue

Kind = Literal["letters", "digits", "spaces", "punctuation"]
_CLASSES: Final[Mapping[str, str]] = {
    "letters": r"\p{L}\p{M}",
    "digits": r"\p{Nd}",
    "spaces": r"\s\p{Z}",
    # What a person calls punctuation: signs of currency and arithmetic are among it.
    "punctuation": r"\p{P}\p{S}",
}
# A word goes on after an apostrophe: O'brien, don't.
_WORDS: Final = r"[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)*|[^\p{L}\p{M}\p{N}]+"


def _as_kinds(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_as_kinds)]


class Params(Document):
    """Columns, and what is done with their text."""

    columns: Annotated[dict[str, str], BeforeValidator(as_mapping)] = Field(
        min_length=1,
        description="Columns of text, cleaned where they stand; or a mapping of new column to the one it is made of.",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}},
                                     {"type": "object", "additionalProperties": {"type": "string"}}]},
    )  # fmt: skip
    replace: dict[str, str] = Field(default={}, description="Text to what stands in its place, one after the other.")
    replace_pattern: dict[str, str] = Field(
        default={}, description="Pattern to what stands in its place everywhere; \\1 is the first group."
    )
    extract: str | None = Field(default=None, description="Pattern of the piece to keep, e.g. '#([0-9]+)'.")
    remove: Kinds = Field(
        default=(), description="Kinds of characters to take out: letters, digits, spaces, punctuation."
    )
    keep: Kinds = Field(default=(), description="Kinds of characters to keep; all others are taken out.")
    accents: Literal["keep", "remove"] = Field(default="keep", description="remove: é becomes e.")
    squeeze: bool = Field(default=False, description="Several spaces, tabs and line ends become one space.")
    trim: bool = Field(default=True, description="Take off what is blank at both ends.")
    case: Literal["lower", "upper", "title", "sentence"] | None = Field(
        default=None, description="title: Each Word; sentence: the first letter alone."
    )

    @model_validator(mode="after")
    def _keeps_or_removes(self) -> Params:
        if self.keep and self.remove:
            raise ValueError("say which kinds of characters to keep, or which to remove")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"people": {"columns": {"id": "INTEGER", "name": "VARCHAR"}, "primary_key": ["id"],
                          "rows": [[1, "  ANN   o'neil "], [2, "josé, KIM"], [3, "  "]]}},
    "step": {"use": "text", "from": "people", "columns": "name", "case": "title", "accents": "remove",
             "squeeze": True, "replace": {",": ""}},
    "rows": {"": [[1, "Ann O'neil"], [2, "Jose Kim"], [3, None]]},
}  # fmt: skip
keywords: Final = (
    "clean, trim, tidy up, strip spaces, whitespace, upper case, lower case, capitals, capitalise, proper case, "
    "accents, replace words, find and replace, remove punctuation, remove digits, keep digits only, regex replace, "
    "phone numbers, messy names, double spaces, capital letters, lower and upper case, spaces at the end, remove "
    "special characters, clean phone numbers, tidy names"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Each column replaced where it stands, new ones at the end."""
    (relation,) = inputs
    _check_patterns(params, scope)
    made: dict[str, exp.Expr] = {}
    for new, old in params.columns.items():
        item = scope.field(old, relation, f"columns.{new}")
        if family(item.type) != "text":
            raise scope.fail(
                f"{item.name!r} is {item.type}, not text.", field="columns", hint="Clean columns of text only."
            )
        known = relation.field(new)
        made[known.name if known else new] = _cleaned(column(item.name), params)
    scope.distinct(list(made), "columns")
    projections = [aliased(made.pop(name), name) if name in made else column(name) for name in relation.names]
    projections += [aliased(value, name) for name, value in made.items()]
    kept = {item.name for item in projections if isinstance(item, exp.Column)}
    order = relation.order if all(split_order(item)[0] in kept for item in relation.order) else ()
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: order})


def _check_patterns(params: Params, scope: StepScope) -> None:
    if params.extract:
        patterns.check(params.extract, "extract", scope)
    for pattern in params.replace_pattern:
        patterns.check(pattern, "replace_pattern", scope)


def _cleaned(text: exp.Expr, params: Params) -> exp.Expr:
    for old, new in params.replace.items():
        text = exp.Replace(this=text, expression=exp.Literal.string(old), replacement=exp.Literal.string(new))
    for pattern, new in params.replace_pattern.items():
        text = patterns.replaced(text, pattern, new)
    if params.extract is not None:
        text = patterns.first(text, params.extract)
    if params.remove:
        text = patterns.replaced(text, f"[{''.join(_CLASSES[kind] for kind in params.remove)}]+", "")
    if params.keep:
        text = patterns.replaced(text, f"[^{''.join(_CLASSES[kind] for kind in params.keep)}]+", "")
    if params.accents == "remove":
        text = exp.Anonymous(this="strip_accents", expressions=[text])
    if params.squeeze:
        text = patterns.replaced(text, r"[\s\p{Z}]+", " ")
    if params.trim:
        text = patterns.replaced(text, r"^[\s\p{Z}]+|[\s\p{Z}]+$", "")
    # At last, since the first letter of a sentence is the one that the others leave first.
    text = _cased(text, params.case)
    return exp.Nullif(this=text, expression=exp.Literal.string(""))


def _cased(text: exp.Expr, case: str | None) -> exp.Expr:
    if case == "lower":
        return exp.Lower(this=text)
    if case == "upper":
        return exp.Upper(this=text)
    if case == "sentence":
        return _capital(text)
    if case == "title":
        words = exp.Anonymous(this="regexp_extract_all", expressions=[text, exp.Literal.string(_WORDS)])
        word = exp.Identifier(this="word", quoted=False)
        each = exp.Lambda(this=_capital(word), expressions=[word.copy()])
        made = exp.Anonymous(this="list_transform", expressions=[words, each])
        return exp.Anonymous(this="array_to_string", expressions=[made, exp.Literal.string("")])
    return text


def _capital(text: exp.Expr) -> exp.Expr:
    first = exp.Upper(this=exp.Left(this=text.copy(), expression=exp.Literal.number(1)))
    rest = exp.Lower(this=exp.Substring(this=text.copy(), start=exp.Literal.number(2)))
    return exp.DPipe(this=first, expression=rest)
