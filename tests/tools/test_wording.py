"""Schedules in words, as every surface says them."""

from __future__ import annotations

import pytest

from tools.wording import spoken_rhythm


@pytest.mark.parametrize(
    ("rhythm", "said"),
    [
        ("0 * * * *", "every hour"),
        ("15 * * * *", "every hour at 15 minutes past"),
        ("*/5 * * * *", "every 5 minutes"),
        ("0 */6 * * *", "every 6 hours"),
        ("every 15 minutes", "every 15 minutes"),
        ("0 8 * * 1", "every Monday at 08:00"),
        ("5 4 1 1 *", "at 5 4 1 1 *"),
    ],
)
def test_a_rhythm_is_said_in_words(rhythm: str, said: str) -> None:
    assert spoken_rhythm(rhythm) == said
