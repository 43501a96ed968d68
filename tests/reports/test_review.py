"""A report that a run could not show is refused when it is planned."""

import pytest
from report_rows import Made, make, reconciliation

from reports.review import check_report
from spec.errors import SpecError

SETUP = "CREATE TABLE t AS SELECT 'x' AS name, 1.00::DECIMAL(9,2) AS amount"


def chart(**fields: object) -> dict[str, object]:
    return {"kind": "chart", "chart": "bar", "from": "t", "x": "name", "y": "amount", **fields}


def review(made: Made) -> None:
    check_report(made.report, made.data.relations, made.data.parameters)


def test_a_sound_report_passes() -> None:
    review(reconciliation())
    review(make(SETUP, chart(), {"kind": "table", "from": "T", "order_by": "AMOUNT desc"}))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (chart(chart="bra"), "no chart 'bra'.*'bar'"),
        (chart(y="name"), "needs numbers"),
        (chart(x="nam"), "no column 'nam'.*'name'"),
        (chart(order_by="amount down"), "not an order"),
        (chart(**{"from": "s"}), "no step or source 's'"),
        ({"kind": "table", "from": "t", "columns": [{"name": "name", "total": True}]}, "cannot be added up"),
        ({"kind": "table", "from": "t", "columns": [{"name": "amont"}]}, "no column 'amont'.*'amount'"),
        ({"kind": "text", "text": "It was 12."}, "by hand"),
        ({"kind": "tiles", "figures": {"A": {"from": "t", "value": "getenv('HOME')"}}}, "not among"),
        ({"kind": "tiles", "figures": {"A": {"from": "t", "value": "sum(amount)", "where": "nme = 'x'"}}}, "nme"),
    ],
)
def test_what_a_run_could_not_show_is_named(block: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        review(make(SETUP, block))


def test_a_format_that_is_not_on_the_shelf_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"no report format 'xls'.*'xlsx'"):
        review(make(SETUP, chart(), formats=["xls"]))
