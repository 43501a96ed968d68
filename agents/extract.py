"""Single things read out of text by Instructor: which field is which, which column is meant, what a word is to mean.

Requests go through the same gate as all others; Instructor's part is the typed form and mending what does not fit it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import Field, ValidationInfo, model_validator

from agents import models
from agents.calling import MOST_OUTPUTS, Caller, Said, fenced, in_words, prompt, settled
from agents.looking import MOST_COLUMNS, MOST_TABLES
from agents.models import Named
from agents.privacy import Data, Privacy
from agents.proposal import Proposed
from spec.catalog import Table
from spec.errors import LimitError, SpecError

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion
    from pydantic_ai.messages import ModelResponse

    from agents.gate import Gate

T = TypeVar("T", bound=Proposed)


class Pair(Proposed):
    """Two fields that hold the same thing."""

    ours: str
    theirs: str
    why: str = Field(default="", description="In a few words.")


class FieldMapping(Proposed):
    """Which field of one stream is which of the other. A field without a counterpart is left out."""

    pairs: list[Pair] = Field(default=[])

    @model_validator(mode="after")
    def _fields_are_there_and_used_once(self, info: ValidationInfo) -> FieldMapping:
        known: Mapping[str, Any] = info.context or {}
        for side in ("ours", "theirs"):
            named = [str(getattr(pair, side)) for pair in self.pairs]
            strange = sorted(set(named) - set(known.get(side, named)))
            if strange:
                raise ValueError(f"{side} has no field {', '.join(strange)}")
            if len(named) != len(set(named)):
                raise ValueError(f"a field of {side} is paired twice")
        return self


class ColumnMeant(Proposed):
    """Which column of the catalog a person means by one of the words that are no column's name."""

    word: str = Field(description="One of the words, as it stands there.")
    column: str = Field(description="As 'table.column'; empty when none of the columns is meant.")

    @model_validator(mode="after")
    def _both_are_there(self, info: ValidationInfo) -> ColumnMeant:
        known: Mapping[str, Any] = info.context or {}
        if not self.column:
            return self
        if self.word not in known.get("words", [self.word]):
            raise ValueError(f"{self.word!r} is none of the words")
        if self.column not in known.get("columns", [self.column]):
            raise ValueError(f"there is no column {self.column!r}")
        return self


class DefinitionFound(Proposed):
    """What a business word is to mean, as somebody said it and as it is computed. Empty when no word is defined."""

    SQL: ClassVar[frozenset[str]] = frozenset({"expression", "condition"})

    word: str = Field(description="The word that is defined, as it was said; empty when nothing is defined.")
    text: str = Field(default="", description="What it means, in the person's own words.")
    table: str = Field(default="", description="The one table over whose rows it is computed.")
    expression: str = Field(default="", description="DuckDB SQL with an aggregate, such as sum(price * pieces).")
    condition: str = Field(default="", description="SQL on which rows count, without WHERE; empty when all do.")

    @model_validator(mode="after")
    def _is_computed_from_columns_that_are_there(self, info: ValidationInfo) -> DefinitionFound:
        known: Mapping[str, Any] = info.context or {}
        if self.word and known:
            if self.table not in known:
                raise ValueError(f"there is no table {self.table!r}")
            _check_sql(self.expression, self.table, known[self.table], aggregates=True)
            if self.condition:
                _check_sql(self.condition, self.table, known[self.table], aggregates=False)
        return self


def _check_sql(text: str, table: str, columns: Sequence[str], *, aggregates: bool) -> None:
    """Raise ValueError where it is no expression of the compiler's, or names a column that the table lacks."""
    from sqlglot import exp

    from pipelines.expressions import has_aggregate, has_window, parse_expression

    try:
        tree = parse_expression(text, {}, {})
    except SpecError as error:
        raise ValueError(f"{error.message} {error.hint}".strip()) from None
    there = {name.casefold() for name in columns}
    for column in tree.find_all(exp.Column):
        if column.name.casefold() not in there or column.table.casefold() not in {"", table.casefold()}:
            raise ValueError(f"{table} has no column {column.sql()}")
    if has_aggregate(tree) is not aggregates or has_window(tree):
        raise ValueError("the expression needs an aggregate, the condition has none, and neither has a window")


def field_mapping(caller: Caller, ours: Table, theirs: Table, data: Data) -> Said[FieldMapping]:
    """Pair the fields of two streams of the data, by name, type and description."""
    known = {"ours": [c.name for c in ours.columns], "theirs": [c.name for c in theirs.columns]}
    text = f"{fenced('ours', _described(ours))}\n\n{fenced('theirs', _described(theirs))}"
    return extract(caller, FieldMapping, text, data=data, known=known)


def column_meant(caller: Caller, said: str, words: Sequence[str], data: Data) -> Said[ColumnMeant]:
    """Which column one of the words of a question means, by the columns' names, types and descriptions."""
    columns = [f"{table.name}.{column.name}" for table in data.catalog.tables for column in table.columns]
    listed = "\n".join(words)
    text = f"{fenced('question', said)}\n\n{fenced('words', listed)}\n\n{fenced('catalog', _catalog(data))}"
    return extract(caller, ColumnMeant, text, data=data, known={"words": list(words), "columns": columns})


def definition_in(caller: Caller, said: str, data: Data, *, question: str = "") -> Said[DefinitionFound]:
    """The definition that somebody's words hold, computed from columns of one table; ``question`` is what was asked."""
    asked = f"{fenced('question', question)}\n\n" if question else ""
    known = {table.name: [column.name for column in table.columns] for table in data.catalog.tables}
    text = f"{asked}{fenced('said', said)}\n\n{fenced('catalog', _catalog(data))}"
    return extract(caller, DefinitionFound, text, data=data, known=known)


def extract(
    caller: Caller,
    form: type[T],
    text: str,
    *,
    data: Data | None = None,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Said[T]:
    """Read one thing out of a text. ``known`` is what the form checks names against."""

    def attempt(one: Named, privacy: Privacy) -> tuple[Said[T] | None, str]:
        from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError

        try:
            found = settled(_read, caller, one, privacy, form, text, known)
        except (AgentRunError, UserError, LimitError, OSError, ValueError) as error:
            return None, in_words(error, one)
        if found is None:
            return None, in_words(UnexpectedModelBehavior("nothing usable"), one)
        # A value is put back into SQL as a part of it, so its own quotes must not end what it stands in.
        plain = {
            name: privacy.restored(value, sql=name in form.SQL) for name, value in found.model_dump(mode="json").items()
        }
        return Said(form.model_validate(plain, context=dict(known or {})), str(one)), ""

    return caller.through(models.chain(caller.settings, "extract"), data, attempt)


async def _read(
    caller: Caller, one: Named, privacy: Privacy, form: type[T], text: str, known: Mapping[str, Sequence[str]] | None
) -> T | None:
    import instructor
    from instructor.core import InstructorRetryException

    failed: list[Exception] = []
    async with caller.gate(one, privacy, "extract") as gate:

        async def create(*, messages: Sequence[Mapping[str, Any]], **_: object) -> ChatCompletion:
            try:
                return await _completion(gate, messages, caller)
            except Exception as error:
                failed.append(error)
                raise

        client = instructor.AsyncInstructor(
            client=None, create=instructor.patch(create=create, mode=instructor.Mode.JSON), mode=instructor.Mode.JSON
        )
        try:
            # Validators get what is known here. As Instructor's own context it would be read as a template, and text
            # from the data must not be.
            found: T | None = await client.create(
                response_model=_bound(form, known),
                messages=[{"role": "system", "content": prompt("extract")}, {"role": "user", "content": text}],
                max_retries=MOST_OUTPUTS - 1,
            )
        except InstructorRetryException:
            if failed:
                raise failed[-1] from None
            return None
    return None if found is None else form.model_validate(found.model_dump(), context=dict(known or {}))


def _bound(form: type[T], known: Mapping[str, Sequence[str]] | None) -> type[T]:
    """The form, checking names against what is known without being told so from outside."""
    if known is None:
        return form

    def checked(self: T) -> T:
        form.model_validate(self.model_dump(), context=dict(known))
        return self

    members = {
        "__module__": form.__module__,
        "__doc__": form.__doc__,
        "checked": model_validator(mode="after")(checked),
    }
    return type(form.__name__, (form,), members)


async def _completion(gate: Gate, messages: Sequence[Mapping[str, Any]], caller: Caller) -> ChatCompletion:
    """One request through the gate, answered in the form that Instructor reads."""
    from openai.types.chat import ChatCompletion, ChatCompletionMessage
    from openai.types.chat.chat_completion import Choice
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelMessage, ModelRequest, SystemPromptPart, TextPart, UserPromptPart
    from pydantic_ai.messages import ModelResponse as Response

    told: list[ModelMessage] = []
    for message in messages:
        content = str(message.get("content") or "")
        if message["role"] == "assistant":
            told.append(Response(parts=[TextPart(content)]))
        else:
            part = SystemPromptPart(content) if message["role"] == "system" else UserPromptPart(content)
            told.append(ModelRequest(parts=[part]))
    response = await model_request(gate, told, model_settings=caller.bounds())
    said = ChatCompletionMessage(role="assistant", content=_text(response))
    choice = Choice(index=0, finish_reason="stop", message=said)
    return ChatCompletion(
        id="extract", object="chat.completion", created=0, model=gate.model_name, choices=[choice], usage=None
    )


def _text(response: ModelResponse) -> str:
    from pydantic_ai.messages import TextPart

    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def _catalog(data: Data) -> str:
    """Tables and columns as a model may be told them: no values, no statistics."""
    tables = data.catalog.tables
    told = [f"table {table.name}\n{_described(table)}" for table in tables[:MOST_TABLES]]
    return "\n\n".join(told)


def _described(table: Table) -> str:
    lines = [f"{c.name} {c.type}{f' # {c.description}' if c.description else ''}" for c in table.columns[:MOST_COLUMNS]]
    return "\n".join(lines)
