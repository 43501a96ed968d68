"""Values, marks and documents that look like something else than they are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from connector_cases import Read

from connectors.contract import Discovered
from spec.errors import DataError

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]


@pytest.mark.parametrize("values", ["1E5 2E10 7E3", "1.23E+15 1.24E+15 9.1E+14"])
def test_codes_and_ids_cut_short_by_a_spreadsheet_are_no_numbers(discovered: Discover, values: str) -> None:
    found = discovered("a.csv", "no,n\n" + "".join(f"{value},1\n" for value in values.split()))
    assert found.source.columns["no"] == "VARCHAR"
    assert "it is read as text" in found.warnings[0]


def test_measured_values_with_an_exponent_are_numbers(discovered: Discover) -> None:
    assert discovered("a.csv", "m,n\n1.5e-05,1\n6.02E+23,2\n1e+20,3\n").source.columns["m"] == "DOUBLE"


def test_hours_worked_beyond_a_day_are_no_times_of_day(discovered: Discover) -> None:
    found = discovered("a.csv", "who,worked,start\nA,38:30,08:00\nB,07:15,09:30\n")
    assert found.source.columns == {"who": "VARCHAR", "worked": "VARCHAR", "start": "TIME"}


def test_a_delimiter_of_three_signs_is_found_whole(discovered: Discover) -> None:
    found = discovered("a.txt", "id||~name||~n\n1||~A||~2.50\n2||~B||~\n")
    assert found.source.options["delimiter"] == "||~"
    assert list(found.source.columns) == ["id", "name", "n"]


def test_a_quote_in_a_text_does_not_hide_an_odd_delimiter(discovered: Discover) -> None:
    found = discovered("a.txt", 'sku^name^price\nA1^Cup, blue^4.50\nA2^"Big" bowl^12.00\nA3^Pan^1.00\n')
    assert list(found.source.columns) == ["sku", "name", "price"]


def test_japanese_text_is_read_as_it_is_written(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "商品,数\nりんご,1\nみかん,2\n".encode("shift_jis"))
    assert list(found.source.columns) == ["商品", "数"]
    assert [row[0] for row in reads(found, tmp_path).rows] == ["みかん", "りんご"]
    assert any("cp932" in said for said in found.warnings)


def test_what_stands_beside_the_list_of_a_document_is_told(discovered: Discover) -> None:
    found = discovered("a.json", '{"iban": "X", "closing": 7.5, "rows": [{"id": 1}, {"id": 2}]}')
    assert any("iban, closing" in said for said in found.warnings)
    alone = discovered("b.json", '{"in/out": [{"id": 1}, {"id": 2}]}')
    assert not any("beside" in said for said in alone.warnings)


def test_records_under_names_of_their_own_are_not_taken_for_one(discovered: Discover) -> None:
    document = '{"A1": {"name": "Cup", "price": 4.5}, "A2": {"name": "Pan", "price": 12}}'
    with pytest.raises(DataError, match="under names of their own"):
        discovered("a.json", document)
    assert discovered("b.json", document, records="/").table.rows == 1
