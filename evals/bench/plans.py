"""How long the built-in planner takes for a plain question, once it has looked at the data."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

QUESTIONS = (
    "how many orders are there",
    "total unit price by country",
    "average discount of paid orders",
    "top 5 customers by total unit price",
    "how many orders per month in 2024",
    "orders from Germany with a quantity over 5",
    "what is the largest discount",
    "number of orders by country and paid",
    "orders without a discount in March 2025",
    "total quantity per year",
    "which country has the most orders",
    "orders shipped on 3 May 2024",
    "how many different customers are there",
    "lowest unit price by country",
    "share of orders that are paid",
    "customers with more than 10 orders",
    "total discount last month",
    "how many orders have no note",
    "average quantity per order in Q2 2024",
    "unit price of order 42",
)


def planning_seconds(folder: Path, repeats: int) -> list[float]:
    """Seconds of each draft over a table of orders, after each question was asked once."""
    from agents.builtin.planner import BuiltinPlanner
    from agents.contract import Request
    from evals.dataview import FolderView

    view, planner, now = FolderView(folder, typed=False), BuiltinPlanner(), datetime(2026, 7, 1, tzinfo=UTC)
    spent: list[float] = []
    for number in range(repeats + 1):
        for question in QUESTIONS:
            begun = time.perf_counter()
            planner.draft(Request(text=question, now=now), view)
            if number:
                spent.append(time.perf_counter() - begun)
    return spent


def p95(values: list[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return statistics.quantiles(values, n=20)[-1]
