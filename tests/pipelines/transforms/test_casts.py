"""Text becomes numbers, dates and quarters as it is written, or it is told what it could not become."""

from __future__ import annotations

import pytest
from compiling import Bench, compile_steps

from spec.errors import SpecError


def cast(words: list[str | None], **step: object) -> list[object]:
    """What a cast makes of each text, and nothing of one that does not parse."""
    table = {"columns": {"id": "INTEGER", "word": "VARCHAR"}, "rows": [[n, word] for n, word in enumerate(words)]}
    made = [{"id": "s", "use": "cast", "from": "t", "on_error": "null", "at_most": 100, **step}]
    found = {row[0]: row[1] for row in Bench(compile_steps({"t": table}, made), {"t": table}).rows("s")}
    return [found[number] for number in range(len(words))]


def refused(step: dict[str, object]) -> SpecError:
    table = {"columns": {"word": "VARCHAR"}, "rows": []}
    with pytest.raises(SpecError) as error:
        compile_steps({"t": table}, [{"id": "s", "from": "t", **step}])
    return error.value


def test_thousands_are_read_where_they_are_groups_of_three_digits() -> None:
    words = ["1,204.50", "-12,000", "1,234,567.8", "7", "1,5", "1,2345"]
    step: dict[str, object] = {"use": "cast", "columns": {"word": "DECIMAL(18,2)"}, "thousands": ",",
                               "on_error": "null", "at_most": 100}  # fmt: skip
    assert cast([*words], **step) == ["1204.50", "-12000.00", "1234567.80", "7.00", None, None]
    assert "as well" in refused({**step, "decimal": ","}).message


@pytest.mark.parametrize("kind", ["INTEGER", "DECIMAL(18,2)"])
def test_a_space_at_the_end_makes_no_number_of_what_is_none(kind: str) -> None:
    words = ["5", " 5\t", "\u00a05 ", "- ", "-\t", "+\n", "20E ", "."]
    step: dict[str, object] = {"use": "cast", "columns": {"word": kind}, "on_error": "null", "at_most": 100}
    found = cast([*words], **step)
    assert [value is not None for value in found] == [True] * 3 + [False] * 5
    assert len({str(value) for value in found[:3]}) == 1


def test_amounts_are_read_with_their_currency_in_parentheses_and_with_a_minus_behind() -> None:
    money = {"columns": {"word": "DECIMAL(18,2)"}, "thousands": ",", "currency": ["$", "USD", "EUR"],
             "negative": ["parentheses", "trailing"]}  # fmt: skip
    good = ["$1,204.50", "(3.50)", " $ 99.00 ", "-$20.00", "USD 2,000", "$(150.25)", "($7)", "75.10-", "5 EUR", "- $ 4"]
    due = ["1204.50", "-3.50", "99.00", "-20.00", "2000.00", "-150.25", "-7.00", "-75.10", "5.00", "-4.00"]
    assert cast([*good], **money) == due
    assert cast(["1$2", "(-3)", "-3-", "((3))", "$", "()", "3)", "GBP 3", "$1.239"], **money) == [None] * 9
    assert cast(["(1.204,50)", "€ 7,5"], **{**money, "thousands": None, "decimal": ",", "currency": "€"}) == [
        "-1204.50", "7.50"
    ]  # fmt: skip


def test_a_number_with_a_percent_sign_is_a_share_and_no_digit_of_it_is_lost() -> None:
    share = {"columns": {"word": "DECIMAL(9,4)"}, "percent": True}
    assert cast(["12 %", "12.5%", "0.12", "-3%", "100 %"], **share) == [
        "0.1200",
        "0.1250",
        "0.1200",
        "-0.0300",
        "1.0000",
    ]
    assert cast(["12.345%", "%", "1e2%", "12%%"], **share) == [None] * 4
    assert cast(["12%", "100%"], columns={"word": "BIGINT"}, percent=True) == [None, 1]
    assert cast(["(5 %)"], columns={"word": "DOUBLE"}, percent=True, negative="parentheses") == [-0.05]


@pytest.mark.parametrize("kind", ["DECIMAL(9,2)", "DATE", "VARCHAR"])
def test_a_text_that_means_nothing_becomes_nothing_and_is_no_failure(kind: str) -> None:
    step: dict[str, object] = {"use": "cast", "columns": {"word": kind}, "null_values": ["-", "n/a"]}
    assert cast(["-", " n/a ", ""], **step) == [None] * 3
    one: dict[str, object] = {**step, "null_values": "-", "on_error": "quarantine"}
    assert cast(["-"], **one) == [None]


def test_a_number_that_would_be_rounded_becomes_nothing_where_that_is_what_the_step_says() -> None:
    assert cast(["1.239", "1.23", "x"], columns={"word": "DECIMAL(18,2)"}) == [None, "1.23", None]
    assert cast(["2.5", "2", "2.0"], columns={"word": "INTEGER"}) == [None, 2, 2]


def test_a_quarter_is_read_as_its_first_day() -> None:
    quarter = {"columns": {"word": "DATE"}, "format": {"word": ["Q%q %Y", "%y-Q%q", "%d/%m/%Y"]}}
    words: list[str | None] = ["Q3 2025", "q1 1999", "26-Q4", "71-Q2", "31/12/2026", "Q5 2025", "Q3 2025 x"]
    assert cast(words, **quarter) == ["2025-07-01", "1999-01-01", "2026-10-01", "1971-04-01", "2026-12-31", None, None]
    for format_ in ("Q%q", "%d Q%q %Y", "%q %q %Y"):
        error = refused({"use": "cast", "columns": {"word": "DATE"}, "format": {"word": format_}})
        assert error.where["field"] == "format.word"


def test_values_that_do_not_parse_are_shown_with_their_number() -> None:
    table = {"columns": {"n": "VARCHAR"}, "rows": [["1"], ["one"], ["two"], ["three"]]}
    for rows, due in (
        (table["rows"], "3 rows hold one that does not, such as: n is not BIGINT: one; n is not BIGINT: two"),
        ([["one"], ["one"]], "2 rows hold one that does not: n is not BIGINT: one"),
        ([["one"]], "1 row holds one that does not: n is not BIGINT: one"),
        ([["1"]], "0 rows hold one that does not"),
    ):
        one = {"t": {**table, "rows": rows}}
        step = {"id": "s", "use": "cast", "from": "t", "columns": {"n": "BIGINT"}}
        assert Bench(compile_steps(one, [step]), one).checks()["cast_rejects", "s"][2] == due


def test_a_sign_that_groups_thousands_stands_before_three_digits_or_the_text_is_no_number() -> None:
    german: dict[str, object] = {"columns": {"word": "DECIMAL(18,2)"}, "decimal": ","}
    assert cast(["1.204,50", "12,50", "-1.204.000", "7", "1.204.500,1"], **german) == [
        "1204.50", "12.50", "-1204000.00", "7.00", "1204500.10"
    ]  # fmt: skip
    assert cast(["12.50", "1.5", "1.2345", "12.3456,1", "1204.500", "1,204.500", "1.204,505"], **german) == [None] * 7
    assert cast(["1.204,50", "12.50"], **german, thousands=".") == ["1204.50", None]
    french: dict[str, object] = {"columns": {"word": "DECIMAL(18,2)"}, "decimal": ",", "thousands": " "}
    assert cast(["1 204,50", "\u00a01\u202f204\u00a0000 ", "7,5", "12 50", "1.204,50"], **french) == [
        "1204.50", "1204000.00", "7.50", None, None
    ]  # fmt: skip
    swiss: dict[str, object] = {"columns": {"word": "DECIMAL(18,2)"}, "thousands": "'"}
    assert cast(["1'204.50", "1'20", "'5", "1'204'5"], **swiss) == ["1204.50", None, None, None]


@pytest.mark.parametrize(("kind", "words", "due"), [
    ("DECIMAL(18,2)", ["1.20000", "1.2001", "12e-1", "1e-3", "100e-2"], ["1.20", None, "1.20", None, "1.00"]),
    ("BIGINT", ["2.0", "2.5", "25e-1", "1e3"], [2, None, None, 1000]),
])  # fmt: skip
def test_digits_that_a_type_does_not_hold_are_found_however_they_are_written(
    kind: str, words: list[str], due: list[object]
) -> None:
    assert cast([*words], columns={"word": kind}) == due


def test_two_names_that_differ_in_case_are_one_column_to_a_cast() -> None:
    table = {"columns": {"Number": "VARCHAR"}, "rows": []}
    step = {"id": "s", "use": "cast", "from": "t", "columns": {"Number": "BIGINT", "number": "DATE"}}
    with pytest.raises(SpecError, match="Number and number are one column"):
        compile_steps({"t": table}, [step])


def test_september_is_read_in_both_of_its_short_forms() -> None:
    rows: list[list[object]] = [["26th Sept 2025"], ["1 sep 2025"], ["3 Oct 2025"]]
    table = {"columns": {"day": "VARCHAR"}, "rows": rows}
    step = {"id": "s", "use": "cast", "from": "t", "columns": {"day": "DATE"}, "format": {"day": "%d %b %Y"}}
    found = Bench(compile_steps({"t": table}, [step]), {"t": table}).rows("s")
    assert sorted(str(row[0]) for row in found) == ["2025-09-01", "2025-09-26", "2025-10-03"]


@pytest.mark.parametrize(
    "kind", ["VARCHAR", "DATE", "TIMESTAMP", "TIME", "INTEGER", "DOUBLE", "DECIMAL(9,2)", "BOOLEAN", "BLOB", "JSON"]
)
def test_blank_text_is_nothing_in_every_type_and_no_failure(kind: str) -> None:
    table = {"columns": {"value": "VARCHAR"}, "rows": [["  "], [""]]}
    step = {"id": "s", "use": "cast", "from": "t", "columns": {"value": kind}, "on_error": "quarantine"}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    assert [row[0] for row in bench.rows("s")] == [None, None]
    assert bench.rows("s.rejected") == []
