"""What is done to the rows before anything is computed: spaces, rows without a value, and rows that are there twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.clauses import Clauses, Cleaning, take_apart
from agents.builtin.pipelines.columns import listed
from agents.builtin.pipelines.draftsteps import Draftsman, name, text
from agents.contract import Option, Question, Request
from spec.catalog import Column, Table

_SPACES = Cleaning("trim")
_TWICE = Cleaning("duplicates")
_CHOICES: dict[str, tuple[str, tuple[Cleaning, ...]]] = {
    "both": ("Spaces around texts, and rows that are there twice", (_SPACES, _TWICE)),
    "trim": ("Spaces around texts", (_SPACES,)),
    "duplicates": ("Rows that are there twice", (_TWICE,)),
    "nothing": ("Nothing: take the rows as they are", ()),
}


def which_cleaning(clauses: Clauses, request: Request) -> Question | None:
    """Ask what "clean up the customers" is to clean where nobody said; an answer is taken into ``clauses``."""
    question = Question(
        key="clean",
        text=f"What is to be cleaned in {clauses.table}? Say it in your own words too, such as "
        "'remove duplicates by email' or 'leave out rows without a name'.",
        options=tuple(Option(label=label, value=value) for value, (label, _) in _CHOICES.items()),
    )
    said = request.answers.get(question.key)
    if said is None:
        return question
    own = take_apart(said, request.timezone)
    if own.cleaning and not own.rest:
        clauses.cleaning += own.cleaning
        return None
    chosen = resolve_answer(question, said)
    clauses.cleaning += _CHOICES[chosen][1] if chosen is not None else ()
    return question if chosen is None else None


def cleaning_step(
    draftsman: Draftsman,
    step: str,
    relation: str,
    cleaning: Cleaning,
    columns: list[Column],
    table: Table,
    *,
    loosely: bool,
) -> str:
    """The relation after the cleaning; with ``loosely`` texts that differ in capitals or outer spaces are the same."""
    if cleaning.what == "trim":
        trimmed = {
            column.name: text(exp.Nullif(this=exp.Trim(this=name(column.name)), expression=exp.Literal.string("")))
            for column in columns
        }
        return draftsman.step(step, "derive", relation, columns=dict(trimmed))
    filled = [name(column.name).is_(exp.null()).not_() for column in columns]
    if cleaning.what == "without":
        return draftsman.step(step, "filter", relation, where=filled)
    if not cleaning.words:
        return draftsman.step(step, "dedupe", relation)
    return _one_row_each(draftsman, step, relation, columns, table, filled, loosely=loosely)


def _one_row_each(
    draftsman: Draftsman,
    step: str,
    relation: str,
    columns: list[Column],
    table: Table,
    filled: Sequence[exp.Expr],
    *,
    loosely: bool,
) -> str:
    """One row for each value; rows without a value are nobody's duplicates, so all of them stay."""
    by = [column.name for column in columns]
    names = [column.name for column in table.columns]
    known = draftsman.step(f"{step}_known", "filter", relation, where=filled)
    compared = known
    if loosely:
        keys = {f"{column.name}_compared": text(plain_text(column)) for column in columns if column.type == "VARCHAR"}
        by = [f"{name_}_compared" if f"{name_}_compared" in keys else name_ for name_ in by]
        compared = draftsman.step(f"{step}_compared", "derive", known, columns=dict(keys))
    # All columns decide which of several rows stays, so that the same rows give the same table in any order.
    once = draftsman.step(f"{step}_once", "dedupe", compared, by=list(by), keep=[n for n in names if n not in by])
    if loosely:
        once = draftsman.step(f"{step}_kept", "select", once, columns=list(names))
    return draftsman.step(step, "union", once, f"{known}.rest")


def plain_text(column: Column) -> exp.Expr:
    """A text without what its capitals and outer spaces say."""
    return exp.Lower(this=exp.Trim(this=name(column.name)))


def cleaning_words(cleaning: Cleaning, columns: list[Column], table: Table) -> str:
    """The cleaning as a person reads it."""
    names = listed([column.name for column in columns])
    if cleaning.what == "trim":
        return f"trim spaces in the texts of {table.name}"
    if cleaning.what == "without":
        return f"leave out rows of {table.name} without {names}"
    if not cleaning.words:
        return f"keep one of equal rows of {table.name}"
    return f"keep one row of {table.name} for each {names}"
