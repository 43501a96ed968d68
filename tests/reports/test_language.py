"""Numbers, money and dates as a reader of each language writes them."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reports
from reports.language import language
from reports.values import Look
from spec.registry import Shelf

FOLDER = Path(reports.__file__).with_name("languages")
CODES = sorted(path.stem for path in FOLDER.glob("*.json"))
ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("code", "money", "percent", "day"),
    [
        ("en", "€1,204.50", "3.1%", "9 Jul 2026"),
        ("de", "1.204,50 €", "3,1 %", "09.07.2026"),
        ("it", "1.204,50 €", "3,1%", "9 lug 2026"),
        ("fr", "1\u202f204,50 €", "3,1\u202f%", "9 juil. 2026"),
        ("es", "1.204,50 €", "3,1 %", "9 jul 2026"),
    ],
)
def test_each_language_writes_money_percent_and_dates_its_own_way(
    code: str, money: str, percent: str, day: str
) -> None:
    speak = language(code)
    assert speak.money(Decimal("1204.5"), "EUR") == money.replace(" €", "\u00a0€")
    assert speak.percent(Decimal("0.0314")) == percent.replace(" %", "\u00a0%")
    assert speak.day_in_words(date(2026, 7, 9)) == day


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_every_phrase_with_the_same_blanks(code: str) -> None:
    def blanks(name: str) -> dict[str, list[str]]:
        words = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["words"]
        return {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in words.items()}

    assert blanks(code) == blanks("en")


def test_every_check_on_the_shelf_is_told_in_words() -> None:
    words = language("en").words
    assert [name for name in Shelf("pipelines.checks", "check").names() if f"check_{name}" not in words] == []


def test_a_country_and_an_unknown_language_fall_back() -> None:
    assert language("de-AT").code == "de"
    assert language("tlh").code == "en"
    assert language("../../etc/passwd").code == "en"


def test_halves_are_rounded_away_from_zero_as_a_spreadsheet_shows_them() -> None:
    speak = language("en")
    assert speak.number(Decimal("2.345"), 2) == "2.35"
    assert speak.number(Decimal("-2.345"), 2) == "-2.35"
    assert speak.money(Decimal("-0.004"), "EUR") == "€0.00"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**24), max_value=10**24))
def test_no_digit_of_money_is_lost_however_long_it_is(amount: Decimal) -> None:
    text = language("de").money(amount, None)
    assert Decimal(text.replace(".", "").replace(",", ".")) == amount


def test_a_currency_shows_as_many_decimals_as_it_has_coins_for() -> None:
    speak = language("en")
    assert speak.money(Decimal(1200), "JPY") == "¥1,200"
    assert speak.money(Decimal("1.2345"), "KWD") == "KWD\u00a01.235"
    assert speak.money(Decimal(-5), "USD") == "-$5.00"


def test_an_instant_is_shown_in_the_business_s_time_zone() -> None:
    late = datetime(2026, 7, 31, 22, 10, tzinfo=UTC)
    speak = language("en")
    assert speak.show(late, Look("datetime"), ROME) == "1 Aug 2026, 00:10"
    assert speak.show(late, Look("date"), ROME) == "1 Aug 2026"


def test_what_is_no_number_is_not_shown_as_one() -> None:
    assert language("en").number(float("nan"), 2) == "–"
    assert language("en").number(float("-inf"), 2) == "-∞"
