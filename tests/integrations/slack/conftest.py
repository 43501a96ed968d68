"""A Slack for each test, and a small table to ask about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_server import FakeSlack, fake_slack

ORDERS = """id,region,channel,amount,day
1,North,web,10.50,2026-09-01
2,South,web,20.00,2026-09-02
3,North,wholesale,100.00,2026-09-03
4,South,web,1.25,2026-09-04
"""


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as made:
        yield made


@pytest.fixture
def orders(tmp_path: Path) -> str:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    return str(file)
