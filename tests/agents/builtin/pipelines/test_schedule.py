"""Words for times become cron fields; words for grains and single days do not."""

from __future__ import annotations

import pytest

from agents.builtin.pipelines.schedule import find_timing


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("show me where the money goes, every Monday", "0 8 * * 1"),
        ("every Monday 8:00 send the partners a report", "0 8 * * 1"),
        ("on the 1st of each month at 7am", "0 7 1 * *"),
        ("every month on the 15th", "0 8 15 * *"),
        ("send it weekly", "0 8 * * 1"),
        ("each weekday at 6.30 pm", "30 18 * * 1-5"),
        ("every Monday and Thursday at noon", "0 12 * * 1,4"),
        ("every Sunday at midnight", "0 0 * * 0"),
        ("daily", "0 8 * * *"),
        ("every morning", "0 8 * * *"),
        ("every hour", "0 * * * *"),
        ("once a quarter", "0 8 1 1,4,7,10 *"),
        ("on Mondays at 12 am", "0 0 * * 1"),
        ("on the last day of every month", "0 8 1 * *"),
    ],
)
def test_a_time_in_words_becomes_cron_fields(text: str, cron: str) -> None:
    timing = find_timing(text, "Europe/Rome")
    assert timing is not None
    assert (timing.schedule.cron, timing.schedule.timezone) == (cron, "Europe/Rome")


@pytest.mark.parametrize(
    ("text", "cron", "zone"),
    [
        ("every Friday at 5pm New York time", "0 17 * * 5", "America/New_York"),
        ("daily at 18:30 UTC", "30 18 * * *", "UTC"),
        ("every Monday at 6 in the evening, Europe/London", "0 18 * * 1", "Europe/London"),
        ("ogni lunedì alle 7", "0 7 * * 1", "Europe/Rome"),
        ("jeden Freitag um 9 Uhr", "0 9 * * 5", "Europe/Rome"),
        ("chaque mois", "0 8 1 * *", "Europe/Rome"),
    ],
)
def test_a_zone_or_another_language_is_heard(text: str, cron: str, zone: str) -> None:
    timing = find_timing(text, "Europe/Rome")
    assert timing is not None
    assert (timing.schedule.cron, timing.schedule.timezone) == (cron, zone)


@pytest.mark.parametrize(
    "text",
    [
        "weekly sales per region",
        "orders on Monday",
        "sales by month",
        "average per day",
        "revenue in March at 20 shops",
    ],
)
def test_a_grain_or_a_single_day_is_no_schedule(text: str) -> None:
    assert find_timing(text, "UTC") is None


def test_an_assumed_hour_is_said() -> None:
    timing = find_timing("every Monday", "UTC")
    assert timing is not None
    assert timing.assumption == "runs at 08:00 UTC time, as no time was given"
    stated = find_timing("every Monday at 9", "UTC")
    assert stated is not None
    assert stated.assumption is None
    assert stated.schedule.cron == "0 9 * * 1"


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("every 15 minutes", "15 minutes"),
        ("each 30 mins", "30 minutes"),
        ("every 6 hours", "6 hours"),
        ("every 1 hour", "1 hour"),
    ],
)
def test_an_interval_of_minutes_or_hours_is_a_schedule(text: str, every: str) -> None:
    timing = find_timing(f"copy the orders {text} please", "UTC")
    assert timing is not None
    assert (timing.schedule.every, timing.words, timing.assumption) == (every, (text,), None)


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("every night at 2", "0 2 * * *"),
        ("every Friday night", "0 22 * * 5"),
        ("every Friday at 5pm: nights times price per city", "0 17 * * 5"),
        ("every Friday, guests per night", "0 8 * * 5"),
        ("every night at 11", "0 23 * * *"),
        ("every evening at 8", "0 20 * * *"),
        ("each morning at 7:30", "30 7 * * *"),
    ],
)
def test_the_hour_that_is_said_counts_and_the_part_of_the_day_says_which_half(text: str, cron: str) -> None:
    timing = find_timing(text, "UTC")
    assert timing is not None
    assert timing.schedule.cron == cron
