"""Every value in a document is the result of a query over the run's rows, and says which."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from report_rows import make, reconciliation

from reports.document import ChartFrame, Paragraph, ReportDocument, Table, TileRow
from reports.language import language
from spec.errors import DataError, SpecError

Rows = Mapping[str, Sequence[str]] | None
Shown = TypeVar("Shown", ChartFrame, Paragraph, Table, TileRow)


def tiles(*figures: tuple[str, str], **fields: object) -> dict[str, object]:
    return {"kind": "tiles", "figures": {name: {"from": "t", "value": value, **fields} for name, value in figures}}


def table(**fields: object) -> dict[str, object]:
    return {"kind": "table", "from": "t", **fields}


def block(document: ReportDocument, kind: type[Shown]) -> Shown:
    return next(item for section in document.sections for item in section.blocks if isinstance(item, kind))


def test_the_reconciliation_has_the_figures_of_its_rows() -> None:
    document = reconciliation().built()
    shown = {tile.label: tile.text for tile in block(document, TileRow).figures}
    assert shown == {
        "Shopify sales": "€48,211.90",
        "Stripe fees": "-€1,512.67",
        "Refunds": "-€2,318.40",
        "Deposits": "€40,126.72",
        "Residual": "€0.00",
    }
    sentence = "".join(p if isinstance(p, str) else p.text for p in block(document, Paragraph).pieces)
    assert sentence == (
        "Of €48,211.90 sold, €40,126.72 reached the bank in 14 payouts. Fees took 3.1% of sales. "
        "Every cent is accounted for: what is left over is €0.00."
    )


def test_the_five_exceptions_stand_in_order_of_time_with_their_reasons() -> None:
    found = [
        item for section in reconciliation().built().sections for item in section.blocks if isinstance(item, Table)
    ][1]
    assert [row[0] for row in found.shown] == ["1042", "1077", "po_0005", "1131", "po_0009"]
    assert all(row[2] for row in found.shown)
    assert found.columns[3].total is not None
    assert found.columns[3].total.value == Decimal("3689.61")


def test_a_figure_says_how_it_was_computed_and_its_query_gives_it_again() -> None:
    made = reconciliation()
    origin = made.built().origins["summary-stripe-fees"]
    assert (origin.step, origin.expression, origin.where, origin.rows) == (
        "bridge", "sum(amount)", "item = 'Stripe fees'", 1,
    )  # fmt: skip
    assert origin.value == "-1512.67"
    assert origin.origins == ("bridge.amount", "bridge.item")
    assert origin.spec_digest == made.meta.spec_digest
    assert made.data.connection.execute(origin.sql).fetchall() == [(Decimal("-1512.67"), 1)]


def test_a_decimal_total_is_exact_where_floating_point_is_not() -> None:
    made = make(
        "CREATE TABLE t AS SELECT 0.10::DECIMAL(18,2) AS amount FROM range(3) UNION ALL SELECT 123456789012345.67",
        table(columns=[{"name": "amount", "total": True}]),
    )
    total = block(made.built(), Table).columns[0].total
    assert total is not None
    assert total.value == Decimal("123456789012345.97")


def test_a_number_written_by_hand_is_refused_in_a_sentence_and_as_a_figure() -> None:
    setup = "CREATE TABLE t AS SELECT 1 AS n"
    with pytest.raises(SpecError, match=r"'12\.5'.*by hand"):
        make(setup, {"kind": "text", "text": "Sales rose 12.5 percent in Q3."}).built()
    with pytest.raises(SpecError, match="by hand"):
        make(setup, tiles(("Answer", "42"))).built()
    make(setup, {"kind": "text", "text": "Quarter Q3, size A4, no number at all."}).built()


def test_a_name_in_a_sentence_without_a_figure_is_named_with_the_likeliest_one() -> None:
    text = {"kind": "text", "text": "Of {sals} sold", "figures": {"sales": {"from": "t", "value": "sum(n)"}}}
    with pytest.raises(SpecError, match=r"no figure 'sals'.*'sales'"):
        make("CREATE TABLE t AS SELECT 1 AS n", text).built()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("sum(amont)", "amount"),
        ("sum(amount); DROP TABLE t", "one"),
        ("getenv('HOME')", "not among"),
        ("(SELECT count(*) FROM read_csv('/etc/passwd'))", ""),
        ("sum(amount) FROM t", ""),
        ("now()", "clock"),
    ],
)
def test_an_expression_reads_its_rows_and_nothing_else(value: str, said: str) -> None:
    made = make("CREATE TABLE t AS SELECT 1.00::DECIMAL(9,2) AS amount", tiles(("A", value)))
    with pytest.raises(SpecError, match=f"(?s){said}"):
        made.built()
    assert made.data.connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_plain_column_is_a_figure_where_there_is_one_row_only() -> None:
    one = make("CREATE TABLE t AS SELECT 7 AS n", tiles(("N", "n")))
    assert block(one.built(), TileRow).figures[0].value == 7
    for setup, word in (("FROM range(2)", "several"), ("FROM range(0)", "no")):
        with pytest.raises(DataError, match=f"has {word} rows"):
            make(f"CREATE TABLE t AS SELECT 7 AS n {setup}", tiles(("N", "n"))).built()


def test_a_parameter_of_the_run_may_stand_in_a_condition() -> None:
    setup = "CREATE TABLE t AS SELECT DATE '2026-10-01' + i::INTEGER AS day FROM range(10) r(i)"
    made = make(setup, tiles(("Until today", "count(*)"), where="day <= $today"))
    assert block(made.built(), TileRow).figures[0].value == 5


@pytest.mark.parametrize(
    ("fields", "keys", "orders", "expected"),
    [
        ({"order_by": "n desc"}, None, None, ["c", "b", "a"]),
        ({}, {"t": ["name"]}, None, ["a", "b", "c"]),
        ({}, {"t": ["name"]}, {"t": ["n desc"]}, ["c", "b", "a"]),
        ({"order_by": ["same", "name desc"]}, None, None, ["c", "b", "a"]),
    ],
)
def test_rows_stand_in_the_order_asked_else_the_step_s_else_the_key_s(
    fields: dict[str, object], keys: Rows, orders: Rows, expected: list[str]
) -> None:
    setup = "CREATE TABLE t AS SELECT * FROM (VALUES ('b', 2, 0), ('c', 3, 0), ('a', 1, 0)) t(name, n, same)"
    made = make(setup, table(**fields), keys=keys, orders=orders)
    assert [row[0] for row in block(made.built(), Table).shown] == expected


def test_equal_rows_in_any_order_of_storage_give_the_same_document(tmp_path: Path) -> None:
    rows = "SELECT i % 7 AS a, i % 3 AS b FROM range(100) r(i) ORDER BY hash(i * {seed})"
    pages = []
    for seed in (1, 2):
        made = make(f"CREATE TABLE t AS {rows.format(seed=seed)}", table(order_by="b"))
        pages.append(made.write(tmp_path / str(seed), "html")[0].read_bytes())
    assert pages[0] == pages[1]


def test_a_total_of_what_cannot_be_added_up_is_refused() -> None:
    made = make("CREATE TABLE t AS SELECT 'x' AS name", table(columns=[{"name": "name", "total": True}]))
    with pytest.raises(SpecError, match="cannot be added up"):
        made.built()


def test_addresses_are_unique_and_plain_whatever_the_labels_are() -> None:
    labels = ("Net", "net!", "صافي", "💶", "checks")
    made = make("CREATE TABLE t AS SELECT 1 AS n", tiles(*((label, "sum(n)") for label in labels)))
    found = [figure.id for figure in block(made.built(), TileRow).figures]
    assert found == ["part-net", "part-net-2", "part-2", "part-3", "part-checks"]


def test_an_instant_keeps_its_zone_and_a_nested_value_becomes_text() -> None:
    made = make(
        "CREATE TABLE t AS SELECT TIMESTAMPTZ '2026-03-29 01:30:00+00' AS happened, [1, 2] AS list, "
        "{'a': 1} AS struct, 'ab'::BLOB AS bytes, uuid '11111111-1111-1111-1111-111111111111' AS id",
        table(),
    )
    row = block(made.built(), Table).shown[0]
    assert row[0] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert row[1:] == ("[1, 2]", '{"a": 1}', "6162", "11111111-1111-1111-1111-111111111111")


def test_order_numbers_and_years_are_not_grouped_and_amounts_are() -> None:
    made = make("CREATE TABLE t AS SELECT 10421 AS order_id, 2026 AS year, 10421 AS pieces", table())
    document = made.built()
    found = block(document, Table)
    shown = [document.show(value, column.look) for value, column in zip(found.shown[0], found.columns, strict=True)]
    assert shown == ["10421", "2026", "10,421"]


def test_a_waterfall_whose_stated_total_differs_says_by_how_much() -> None:
    made = make(
        "CREATE TABLE t AS SELECT * FROM (VALUES (1, 'Sold', 100.00::DECIMAL(9,2), 'start'), (2, 'Fees', -3.00, ''), "
        "(3, 'Paid out', 90.00, 'total')) t(place, item, amount, kind)",
        {
            "kind": "chart", "chart": "waterfall", "from": "t", "x": "item", "y": "amount", "series": "kind",
            "order_by": "place", "format": "money", "currency": "EUR",
        },
    )  # fmt: skip
    chart = block(made.built(), ChartFrame).chart
    assert chart.notes == ("Paid out: €90.00 is stated, the rows before it add up to €97.00.",)


def test_a_chart_that_leaves_something_out_says_so() -> None:
    made = make(
        "CREATE TABLE t AS SELECT 'Item ' || i AS item, i AS n FROM range(1000) r(i)",
        {"kind": "chart", "chart": "bar", "from": "t", "x": "item", "y": "n", "order_by": "n desc"},
    )
    chart = block(made.built(), ChartFrame).chart
    assert len(chart.labels) == 40
    assert chart.labels[0] == "Item 999"
    assert chart.notes == ("The first 40 of 1,000 are drawn.",)


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    made = make("CREATE TABLE t AS SELECT 1 AS n", tiles(("N", "sum(n)")), file="weekly")
    written = made.write(tmp_path / "out", "html", "xlsx")
    assert [path.name for path in written] == ["weekly.html", "weekly.xlsx"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["weekly.html", "weekly.xlsx"]
    with pytest.raises(SpecError, match=r"no report format 'xslx'.*'xlsx'"):
        made.write(tmp_path / "other", "xslx")
    assert not (tmp_path / "other").exists()


def test_the_footing_is_the_one_promised() -> None:
    document = reconciliation().built()
    assert document.footing == (
        "computed without a model · spec 3f9a1c0d5e7b · data as of 5 Oct 2026, 00:30 (Europe/Rome)"
    )
    assert language("en").say("footing", spec="x", time="y") == "computed without a model · spec x · data as of y"
