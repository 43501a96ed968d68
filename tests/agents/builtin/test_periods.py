"""Periods are resolved with the clock of the request, and with nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from agents.builtin.language.periods import find_periods

TODAY = date(2024, 6, 15)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("orders last month", "2024-05-01", "2024-06-01"),
        ("orders in the past 30 days", "2024-05-16", "2024-06-16"),
        ("revenue in Q3 2026", "2026-07-01", "2026-10-01"),
        ("sales between Jan 1, 2023 and Mar 31, 2023", "2023-01-01", "2023-04-01"),
        ("between 1 and 15 March 2024", "2024-03-01", "2024-03-16"),
        ("year to date", "2024-01-01", "2024-06-16"),
        ("since 2023", "2023-01-01", None),
        ("before 5 May 2024", None, "2024-05-05"),
        ("in March", "2024-03-01", "2024-04-01"),
        ("in August", "2023-08-01", "2023-09-01"),
        ("last week", "2024-06-03", "2024-06-10"),
        ("this quarter", "2024-04-01", "2024-07-01"),
        ("on 2024-02-29", "2024-02-29", "2024-03-01"),
        ("in the first half of 2023", "2023-01-01", "2023-07-01"),
        ("in each of the last 8 weeks excluding the current week", "2024-04-15", "2024-06-10"),
        ("yesterday", "2024-06-14", "2024-06-15"),
    ],
)
def test_a_period_is_whole_days_from_the_first_up_to_the_day_after_the_last(
    text: str, start: str | None, end: str | None
) -> None:
    [period] = find_periods(text, TODAY)
    assert (period.start, period.end) == (
        date.fromisoformat(start) if start else None,
        date.fromisoformat(end) if end else None,
    )


@pytest.mark.parametrize("text", ["may I see all orders", "orders over 2000", "march on", "more than 2023 pieces"])
def test_words_and_amounts_that_look_like_dates_are_none(text: str) -> None:
    assert find_periods(text, TODAY) == []


def test_inclusive_of_today_has_a_second_reading_that_is_a_day_shorter() -> None:
    [period] = find_periods("in the past 7 days, inclusive of today", TODAY)
    assert period.other is not None
    assert (period.start, period.other.start) == (date(2024, 6, 8), date(2024, 6, 9))
