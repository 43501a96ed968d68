"""What stands above and below the table of a CSV file."""

from collections.abc import Callable
from pathlib import Path

from connector_cases import Read

from connectors.contract import Discovered

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]

STATEMENT = """Bank of the Valley;;;;
Account:;DE44 5001 0517;;;
Period:;01.03.2026 - 31.03.2026;;;
;;;;
Booked;Valued;Text;Amount;Balance
02.03.2026;02.03.2026;Rent;1.200,00-;8.412,17
13.03.2026;14.03.2026;Card;1.204,50;9.616,67
;;;;
Closing balance 31.03.2026;;;;9.616,67
"""


def test_a_statement_is_read_below_its_account_and_above_its_balance(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", STATEMENT)
    assert list(found.source.columns) == ["Booked", "Valued", "Text", "Amount", "Balance"]
    assert found.source.options["header_row"] == 5
    assert any("Line 9 is left out" in said for said in found.warnings)
    assert reads(found, tmp_path).rows == [
        ("2026-03-02", "2026-03-02", "Rent", "-1200.00", "8412.17"),
        ("2026-03-13", "2026-03-14", "Card", "1204.50", "9616.67"),
    ]


def test_a_first_row_that_lacks_values_is_no_account(discovered: Discover) -> None:
    found = discovered("a.csv", "a,b,c,d,e\n1,2,,,\n3,4,5,6,7\n8,9,10,11,12\n")
    assert list(found.source.columns) == ["a", "b", "c", "d", "e"]
    assert found.table.rows == 3


def test_the_total_of_a_csv_file_is_left_out_and_held_against_its_rows(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "shop,paid,kept\nA,10.00,1\nB,2.50,2\nTotal,12.50,4\n")
    assert found.source.options["totals"] == ["paid"]
    assert any("says 4 for 'kept', and the rows add up to 3" in said for said in found.warnings)
    assert reads(found, tmp_path).rows == [("A", "10.00", "1"), ("B", "2.50", "2")]


def test_a_shop_called_total_is_no_total(discovered: Discover) -> None:
    found = discovered("a.csv", "shop,city,paid\nA,Rome,10.00\nTotal Wine,Bari,2.50\n")
    assert found.table.rows == 2
