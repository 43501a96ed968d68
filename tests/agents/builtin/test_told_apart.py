"""Sayings of which one sense was taken before: heads and lines, what is still to be paid, values, two periods."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_MILL = {
    "cust": (
        "cust_no,cust_name,town,acct_open_dt\n1,Ash Bakery,Cork,2020-01-05\n2,Beech Inn,Cork,2021-02-01\n"
        "3,Cedar Deli,Youghal,2022-03-01\n"
    ),
    "ord_hdr": (
        "ord_no,cust_no,ord_dt,deliv_dt_plan,deliv_dt_act,amount,paid_amt\n1,1,2023-05-01,2023-05-03,2023-05-04,40.00,40.00\n"
        "2,1,2024-05-02,2024-05-04,2024-05-04,60.00,10.00\n3,2,2024-06-01,2024-06-03,2024-06-07,25.00,0.00\n"
    ),
    "ord_line": ("ord_no,line_no,prod,qty,unit_pr\n1,1,Rye,4,10.00\n2,1,Rye,2,10.00\n2,2,Oat,8,5.00\n3,1,Oat,5,5.00\n"),
    "complaint": "ticket,cust_no,opened\n1,1,2024-01-01\n2,1,2024-02-01\n3,2,2024-03-01\n",
    "member": (
        "member_no,full_name,date_of_birth,start,end\n1,Ida,1990-01-01,2020-01-01,\n2,Jon,2010-05-05,2021-01-01,2023-01-01\n"
        "3,Kay,2006-06-15,2022-01-01,\n"
    ),
}


@pytest.fixture
def mill(folder: Folder) -> FolderView:
    return folder(_MILL)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("which accounts never placed an order?", [["Cedar Deli"]]),
        ("how many orders came later than planned?", [[2]]),
        ("how many orders were delivered earlier than planned?", [[0]]),
        ("which customers have put in more than one complaint, and how many?", [["Ash Bakery", 2]]),
        ("how many members do we have today?", [[2]]),
        ("how many members are 18 or older?", [[2]]),
    ],
)
def test_a_plain_saying_is_read_in_its_one_sense(
    ask: Ask, mill: FolderView, question: str, rows: list[list[object]]
) -> None:
    assert rows_of(mill, ask(question, mill)) == rows


@pytest.mark.parametrize(
    "question",
    [
        # What was paid is not what is still to be paid.
        "what is still to be paid, by town?",
        # One figure over both would be half an answer.
        "how many complaints in January 2024 and in March 2024",
    ],
)
def test_a_saying_of_two_senses_is_not_answered_in_one(ask: Ask, mill: FolderView, question: str) -> None:
    assert not isinstance(ask(question, mill), Draft)


def test_either_of_two_periods_is_one_figure(ask: Ask, mill: FolderView) -> None:
    assert rows_of(mill, ask("how many complaints in January 2024 or in March 2024", mill)) == [[2]]
