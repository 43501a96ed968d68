"""Trees that are noted first: the same texts as without, known to the next recording, and never a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot

from connectors import sql, trees
from connectors.trees import Recording, exp
from pipelines.engines.duckdb import name


@pytest.fixture(autouse=True)
def recording(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test's process has SQLGlot loaded, for which there would be no recording."""
    monkeypatch.setattr(trees, "is_loaded", lambda: False)
    yield
    trees.end()


def begun(facts: dict[str, Any] | None = None) -> Recording:
    tape = trees.begin()
    assert tape is not None
    tape.know(facts or {})
    return tape


def statement(name: str = "orders", least: sql.Plain = 1) -> exp.Expression:
    """A statement of most of what is noted: constructors, class methods, templates, copies and chained methods."""
    table = exp.table_(name, db="main", catalog="staging", quoted=True)
    condition = sql.template(
        "(:amount) >= :least", amount=sql.cast(sql.column("amount"), "DECIMAL(18, 2)"), least=least
    )
    query = exp.select(exp.Count(this=exp.Star()), sql.column("region")).from_(table.copy()).where(condition)
    query = query.group_by(sql.column("region")).order_by(exp.Ordered(this=sql.column("region"), desc=True))
    outer: exp.Select = exp.select("*").from_(exp.table_("found", quoted=True))
    outer = outer.with_(exp.to_identifier("found", quoted=True), as_=query, copy=False)
    return sql.create(sql.sibling(table, "__made"), outer, temporary=True)


def test_a_text_is_the_one_that_is_made_without_a_recording() -> None:
    plain = sql.text(statement())
    begun()
    assert sql.text(statement()) == plain


def test_what_one_recording_found_needs_no_tree_in_the_next() -> None:
    first = begun()
    text = sql.text(statement())
    assert first.has_built
    assert first.has_learned
    second = begun(dict(first.facts))
    assert sql.text(statement()) == text
    assert not second.has_built
    assert not second.has_learned
    assert second.facts == first.facts


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", 1), (1, True), ("NULL", None), (1, 2), ("a", "b"), ([1, 2], [[1, 2]]), ("x:y", ["x", "y"])],
    ids=repr,
)
def test_calls_with_other_values_have_texts_of_their_own(one: sql.Plain, other: sql.Plain) -> None:
    first = begun()
    texts = [sql.text(statement(least=value)) for value in (one, other)]
    trees.end()
    assert texts == [sql.text(statement(least=value)) for value in (one, other)]
    second = begun(dict(first.facts))
    assert [sql.text(statement(least=value)) for value in (other, one)] == texts[::-1]
    assert not second.has_built


def test_a_node_that_was_changed_in_place_ends_the_knowing() -> None:
    first = begun()
    query = exp.select("a").from_("t")
    assert query.sql(dialect="duckdb") == "SELECT a FROM t"
    query.set("distinct", exp.Distinct())
    assert query.sql(dialect="duckdb") == "SELECT DISTINCT a FROM t"
    assert not first.is_exact
    assert first.facts == {}


def test_a_change_is_seen_though_the_text_before_it_was_known() -> None:
    first = begun()
    exp.select("a").from_("t").sql(dialect="duckdb")
    second = begun(dict(first.facts))
    query = exp.select("a").from_("t")
    assert query.sql(dialect="duckdb") == "SELECT a FROM t"
    assert not second.has_built
    query.set("distinct", exp.Distinct())
    assert query.sql(dialect="duckdb") == "SELECT DISTINCT a FROM t"


def test_a_tree_that_a_method_changed_itself_is_not_what_its_notes_say() -> None:
    tape = begun()
    query = exp.select("a").from_("t")
    query.where("a > 1", copy=False)
    assert query.sql(dialect="duckdb") == "SELECT a FROM t WHERE a > 1"
    assert tape.facts == {}


def test_a_tree_around_one_that_a_method_changed_is_not_what_its_notes_say() -> None:
    tape = begun()
    inner = exp.select("a").from_("t")
    around = exp.Subquery(this=inner)
    inner.where("a > 1", copy=False)
    assert around.sql(dialect="duckdb") == "(SELECT a FROM t WHERE a > 1)"
    assert tape.facts == {}


def test_a_node_made_elsewhere_is_taken_and_nothing_is_kept_of_it() -> None:
    tape = begun()
    foreign = sqlglot.exp.column("a")
    assert exp.select(foreign).from_("t").sql(dialect="duckdb") == "SELECT a FROM t"
    assert tape.facts == {}


def test_a_list_that_grows_afterwards_is_not_what_was_called() -> None:
    first = begun()
    parts = [sql.column("a")]
    one = exp.Tuple(expressions=parts)
    parts.append(sql.column("b"))
    assert one.sql(dialect="duckdb") == '("a")'
    second = begun(dict(first.facts))
    assert exp.Tuple(expressions=[sql.column("a")]).sql(dialect="duckdb") == '("a")'
    assert not second.has_built
    assert exp.Tuple(expressions=parts).sql(dialect="duckdb") == '("a", "b")'


def test_a_run_with_very_many_statements_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST", 2)
    tape = begun()
    assert [sql.text(sql.column(name)) for name in "abc"] == ['"a"', '"b"', '"c"']
    assert tape.facts == {}
    assert not tape.has_learned


def test_a_note_passes_for_its_node() -> None:
    begun()
    table = exp.table_("orders", quoted=True)
    assert isinstance(table, sqlglot.exp.Table)
    assert isinstance(table, exp.Table)
    assert isinstance(table, exp.Expression)
    assert not isinstance(table, exp.Column)
    assert not isinstance("orders", exp.Expression)
    assert table == sqlglot.exp.table_("orders", quoted=True)
    assert str(table) == '"orders"'
    assert sqlglot.exp.select("*").from_(table).sql() == 'SELECT * FROM "orders"'
    assert [node.name for node in exp.select("a").from_(table).find_all(exp.Table)] == ["orders"]


@pytest.mark.parametrize(
    "text", ["", "a", "it's", "''", 'a "b"', r"C:\new\file.csv", "a\nb\tc", "\u00fc \u4e2d", "%s {x} $y ?"]
)
def test_what_is_spelled_without_a_tree_is_spelled_as_sqlglot_spells_it(text: str) -> None:
    assert sql.quoted(text) == sqlglot.exp.Literal.string(text).sql(dialect="duckdb")
    wanted = [sqlglot.exp.to_identifier(part, quoted=True).sql(dialect="duckdb") for part in (text, "main")]
    assert name(text, "main") == ".".join(wanted)
    with duckdb.connect() as here:
        assert here.execute(f"SELECT {sql.quoted(text)}").fetchone() == (text,)


@pytest.mark.parametrize("name", ["orders", 'a "b"', "a.b", ""])
def test_a_name_is_read_from_the_notes_as_from_the_node(name: str) -> None:
    wanted = [sql.column(name).name, exp.table_(name, quoted=True).name, sql.identifier(name).name]
    tape = begun()
    assert [sql.column(name).name, exp.table_(name, quoted=True).name, sql.identifier(name).name] == wanted
    assert not tape.has_built


def test_there_is_no_recording_where_sqlglot_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert trees.begin() is None
    assert isinstance(exp.select("a"), sqlglot.exp.Select)
    assert exp.Select is sqlglot.exp.Select
