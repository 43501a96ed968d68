"""What a business word means, read out of a person's words by a model: offered to be kept, and kept once they say yes.

Offered is only a figure over one table that compiles on the data at hand and that the built-in planner computes alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlglot import exp

from agents.builtin.schema.index import index_of
from agents.builtin.sql.terms import query_of
from agents.calling import Said, routed
from agents.contract import YES, Meant, Option, Question, Refusal, noted
from agents.exchange import Exchange
from agents.extract import DefinitionFound, definition_in
from agents.privacy import Data
from agents.proposal import answer_spec
from agents.sensitive import is_text, table_of
from pipelines.expressions import parse_expression
from spec.base import JsonValue
from spec.catalog import Table
from spec.errors import DreflowError
from spec.pipeline import Definition
from tools import definitions
from tools.context import Context
from tools.questions import answer
from tools.wording import grouped

NO = "no"


@dataclass(frozen=True)
class _Computed:
    """A definition as it compiles: its SQL, the same in words, and what it gives now."""

    expression: str
    words: str
    figure: JsonValue


def instead_of(reply: Question | Refusal, context: Context, turn: Exchange, data: Data) -> Question | Refusal:
    """The offer to keep a definition that the person's words hold, in place of a reply that could not use them."""
    said, question = _words_of(turn, reply)
    caller = routed(context, "extract", clock=lambda: datetime.now(UTC), thread=turn.thread.id)
    if caller is None or not said or "plan" not in context.rights:
        return reply
    found = definition_in(caller, said, data, question=question)
    offered = _offer(found, said, context, turn, data) if found.output is not None and found.output.word else None
    return offered or noted(reply, found.notes)


def _words_of(turn: Exchange, reply: Question | Refusal) -> tuple[str, str]:
    """What may hold a definition, and the question it answers: an answer in own words, or a message that asks none."""
    replied = turn.replied
    if replied is not None:
        return ("", "") if replied.is_option else (replied.words, replied.question)
    states = isinstance(reply, Refusal) and turn.request.want == "answer" and not turn.request.text.endswith("?")
    return (turn.request.text, "") if states else ("", "")


def _offer(found: Said[DefinitionFound], said: str, context: Context, turn: Exchange, data: Data) -> Question | None:
    proposed = found.output
    assert proposed is not None
    # What nobody said is not defined here, whatever a model read where.
    if not _stands_in(proposed.word, f"{said} {turn.request.text}"):
        return None
    text = proposed.text if _stands_in(proposed.text, said) else said
    try:
        computed = _computed(proposed, context, turn, data)
        word, meaning = definitions.checked(proposed.word, text, computed.expression if computed else None)
    except DreflowError:
        return None
    if computed is None:
        return None
    before = data.definitions.get(word)
    return _question(word, meaning, computed, before, by=found.by, goes_on=turn.replied is not None)


def _question(
    word: str, meaning: Definition, computed: _Computed, before: Definition | None, *, by: str | None, goes_on: bool
) -> Question:
    assert meaning.expression is not None
    replaces = f" It takes the place of version {before.version}: {before.text}." if before is not None else ""
    meant = Meant(word=word, text=meaning.text, expression=meaning.expression, goes_on=goes_on)
    # The key names exactly this meaning, so that a yes to one that was shown before keeps no other.
    exact = sha256(meant.model_dump_json().encode()).hexdigest()[:12]
    return Question(
        key=f"definition of {word}, {exact}",
        text=f"Shall I keep: {word} = {computed.words}? It gives {grouped(computed.figure)} now.{replaces} "
        f"{by} read it out of what you said; nothing is kept before you say yes.",
        options=(Option(label="Yes, keep it", value=YES), Option(label="No, keep nothing", value=NO)),
        keeps=meant,
    )


def keep(context: Context, meant: Meant, *, now: datetime) -> str:
    """Keep what a person agreed to, with its author and version; what is to be said of it. Raises AccessError."""
    kept = definitions.add(context, meant.word, meant.text, expression=meant.expression, now=now)
    return f"Kept: {definitions.in_words(kept.name, kept.meaning)}."


def _computed(proposed: DefinitionFound, context: Context, turn: Exchange, data: Data) -> _Computed | None:
    """The definition compiled and computed; None where it gives nothing, or the built-in planner computes another."""
    table = data.catalog.table(proposed.table)
    assert table is not None
    value = parse_expression(proposed.expression, {"definition": proposed.word}, {})
    condition = parse_expression(proposed.condition, {"definition": proposed.word}, {}) if proposed.condition else None
    if condition is not None:
        condition = _as_stored(condition, table, data)
        if condition is None:
            return None
    whole = _where(value, condition)
    if whole is None:
        return None
    whole = _of_table(whole, table, data)
    query = exp.select(exp.alias_(whole.copy(), "value", quoted=True)).from_(table_of(table.name))
    step: dict[str, JsonValue] = {"id": "answer", "use": "sql", "from": [table.name], "query": query.sql("duckdb")}
    request = turn.request
    spec = answer_spec(data, [table.name], [step], timezone=request.timezone)
    ((figure,),) = answer(context, spec, None, data, now=request.now, limit=2).rows.rows
    expression = whole.sql("duckdb")
    own = query_of(expression, index_of(data), request.timezone)
    if figure is None or own is None or [list(row) for row in data.rows(own, limit=2)] != [[figure]]:
        return None
    words = _plain(value) + (f" where {_plain(condition)}" if condition is not None else "")
    return _Computed(expression, words, figure)


def _where(value: exp.Expr, condition: exp.Expr | None) -> exp.Expr | None:
    """The expression with each of its aggregates over the rows of the condition; None where some have their own."""
    if condition is None:
        return value
    if value.find(exp.Filter) is not None:
        return None

    def one(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.AggFunc):
            return exp.Filter(this=node.copy(), expression=exp.Where(this=condition.copy()))
        return node

    return value.transform(one)


def _as_stored(condition: exp.Expr, table: Table, data: Data) -> exp.Expr | None:
    """The condition with texts spelled as the data has them; None where it has no such value.

    A model sees no values, so what it compares with comes from the person's words, or from nowhere.
    """
    texts = {column.name.casefold(): column.name for column in table.columns if is_text(column.type)}
    made = condition.copy()
    for column in list(made.find_all(exp.Column)):
        name, parent = texts.get(column.name.casefold()), column.parent
        if name is None or parent is None:
            continue
        for literal in [one for one in parent.find_all(exp.Literal) if one.is_string and one.parent is parent]:
            stored = _stored(literal.name, table.name, name, data)
            if stored is None:
                return None
            literal.replace(exp.Literal.string(stored))
    return made


def _stored(text: str, table: str, column: str, data: Data) -> str | None:
    """A value of the column: this very one, else one that differs in case only."""
    value = exp.column(column, quoted=True)
    exact = exp.EQ(this=value, expression=exp.Literal.string(text))
    folded = exp.EQ(this=exp.Lower(this=value.copy()), expression=exp.Lower(this=exp.Literal.string(text)))
    for test in (exact, folded):
        (found,) = data.scalars(exp.select(exp.Min(this=value.copy())).from_(table_of(table)).where(test))
        if found is not None:
            return str(found)
    return None


def _of_table(value: exp.Expr, table: Table, data: Data) -> exp.Expr:
    """Columns with their table's name where another table has all of theirs too, and without it elsewhere."""
    names = {column.name.casefold() for column in value.find_all(exp.Column)}
    fitting = [one for one in data.catalog.tables if names <= {column.name.casefold() for column in one.columns}]
    qualifier = exp.to_identifier(table.name, quoted=True) if len(fitting) > 1 and names else None
    made = value.copy()
    for column in list(made.find_all(exp.Column)):
        column.set("table", qualifier.copy() if qualifier is not None else None)
    return made


def _plain(value: exp.Expr) -> str:
    """SQL as a person reads it."""
    return value.sql("duckdb", normalize_functions="lower")


def _stands_in(words: str, text: str) -> bool:
    """Whether the words stand in the text one after the other, whatever signs are between them."""
    folded = [" ".join(re.findall(r"\w+", one.casefold())) for one in (words, text)]
    return bool(folded[0]) and f" {folded[0]} " in f" {folded[1]} "
