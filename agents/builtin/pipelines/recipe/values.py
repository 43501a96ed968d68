"""Values of the data, as a request spells them, and literals: numbers, dates, texts."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from sqlglot import exp

from agents.builtin.language.lexicon import MONTHS
from agents.builtin.linking.units import misfit, units_said
from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.words import spans
from agents.builtin.pipelines.recipe.work import Rows, Work
from agents.builtin.pipelines.reconcile.evidence import source

_NUMBER = re.compile(
    r"[€$£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)"
    r"(?:\s?(?:€|\$|£|(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|francs?)\b))?(?![\w-])",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\s?(?:%|per\s?cent\b)", re.IGNORECASE)
_QUOTED = re.compile(r"""["“'‘]([^"”'’]+)["”'’]""")


def number_at(text: str, at: int) -> tuple[int, exp.Expr] | None:
    """(end, literal) of a number that is not in per cent."""
    found = _NUMBER.match(text, at)
    if found is None or _PERCENT.match(text, found.end()):
        return None
    return found.end(), exp.Literal.number(found[1].replace(",", ""))


def percent_at(text: str, at: int) -> tuple[int, Decimal] | None:
    """(end, number) of so many per cent."""
    found = _NUMBER.match(text, at)
    percent = _PERCENT.match(text, found.end()) if found else None
    return (percent.end(), Decimal(found[1].replace(",", ""))) if found and percent else None


def amount_at(text: str, at: int, column: str, rows: Rows, work: Work) -> tuple[int, exp.Expr] | None:
    """(end, literal) of a number that the column can be compared with: in its unit, or without one."""
    percent = percent_at(text, at)
    found = (percent[0], exp.Literal.number(str(percent[1]))) if percent else number_at(text, at)
    units = set(units_said(text[at : found[0]]).values()) if found else set()
    for unit in units:
        traces = rows.traces.get(column, {})
        plain = [(table, value.name) for table, value in traces.items() if isinstance(value, exp.Column)]
        if len(plain) != len(traces) or not plain:
            return None
        for table, name_ in plain:
            known = work.table(table).column(name_)
            if known is None or misfit(unit, known, work.table(table), work.data):
                return None
    return found


def date_at(text: str, at: int) -> tuple[int, exp.Expr] | None:
    """(end, date) of a day, written so that it can be no other; today is the day of the run."""
    if found := re.compile(r"(?:today|now)\b", re.IGNORECASE).match(text, at):
        return found.end(), today()
    day: date | None = None
    found = re.compile(r"(\d{4})-(\d{2})-(\d{2})\b").match(text, at)
    try:
        if found:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif found := re.compile(
            rf"(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_names()})\w*\.?,?\s+(\d{{4}})\b", re.IGNORECASE
        ).match(text, at):
            day = date(int(found[3]), _month(found[2]), int(found[1]))
        elif found := re.compile(
            rf"({_names()})\w*\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE
        ).match(text, at):
            day = date(int(found[3]), _month(found[1]), int(found[2]))
    except ValueError:
        return None
    return (found.end(), exp.cast(exp.Literal.string(day.isoformat()), "DATE")) if found and day else None


def month_at(text: str, at: int) -> tuple[int, date, date] | None:
    """(end, first day, first day after) of a month with its year, or of a year."""
    if found := re.compile(rf"({_names()})\w*\s+(\d{{4}})\b", re.IGNORECASE).match(text, at):
        year, month = int(found[2]), _month(found[1])
        return found.end(), date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    if found := re.compile(r"((?:19|20)\d\d)\b(?!-)", re.IGNORECASE).match(text, at):
        return found.end(), date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1)
    return None


def today() -> exp.Expr:
    """The day of the run."""
    return exp.Placeholder(this="today")


def text_at(text: str, at: int) -> tuple[int, str] | None:
    """(end, text) of a quoted text or one word."""
    quoted = _QUOTED.match(text, at)
    if quoted:
        return quoted.end(), quoted[1]
    word = re.compile(r"[^\s,;()\"']+").match(text, at)
    return (word.end(), word[0].rstrip(".!?")) if word and word[0].rstrip(".!?") else None


def value_at(text: str, at: int, rows: Rows, work: Work, column: str = "") -> tuple[int, str, exp.Expr] | None:
    """(end, column, condition) of a value of a text column that stands here, in whatever capitals it is written."""
    quoted = _QUOTED.match(text, at)
    phrases = [(quoted.end(), quoted[1])] if quoted else list(spans(text, at, 4))
    texts = [column] if column else [name_ for name_, type_ in rows.columns.items() if type_ == "VARCHAR"]
    for end, words in phrases:
        found = [(one, spelled) for one in texts if (spelled := spelled_as(words, one, rows, work))]
        if len(found) == 1:
            return end, found[0][0], is_value(found[0][0], found[0][1])
    return None


def is_value(column: str, spelled: list[str]) -> exp.Expr:
    """The column has this value, in any of the spellings that the data has."""
    if len(spelled) == 1:
        return exp.EQ(this=name(column), expression=exp.Literal.string(spelled[0]))
    lowered = exp.Lower(this=exp.Trim(this=name(column)))
    return exp.EQ(this=lowered, expression=exp.Literal.string(spelled[0].strip().lower()))


def spelled_as(words: str, column: str, rows: Rows, work: Work) -> list[str]:
    """How the rows spell a value by now: alike but for capitals and outer spaces; empty when they have none such."""
    if rows.columns.get(column) != "VARCHAR":
        return []
    found: list[str] = []
    for table, value in rows.traces.get(column, {}).items():
        key = (table, written(value), words)
        if key not in work.spelled:
            work.spelled[key] = _spelled(words, table, value, work)
        found += [spelled for spelled in work.spelled[key] if spelled not in found]
    return found


def _spelled(words: str, table: str, value: exp.Expr, work: Work) -> list[str]:
    plain = exp.Lower(this=exp.Trim(this=value.copy()))
    alike = exp.EQ(this=plain, expression=exp.Literal.string(words.strip().lower()))
    query = exp.select(value.copy()).distinct().from_(source(table)).where(alike)
    return [str(found) for (found,) in work.data.rows(query.order_by(exp.Literal.number(1)), limit=20)]


def _names() -> str:
    return "|".join(dict.fromkeys(month[:3] for month in MONTHS))


def _month(word: str) -> int:
    return MONTHS[word[:3].lower()]
