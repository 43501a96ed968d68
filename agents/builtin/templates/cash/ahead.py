"""What lies ahead: what is regular goes on, the rest at its average; the same made in the past and held to what came.

Everything is computed for several days at once, the *origins*: now, and the ends of past weeks. What is expected at an
origin knows nothing of later days, so that the test over past origins is a test of exactly what is shown for now.
"""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name
from spec.base import JsonValue

# Constant queries: nothing of the data's names or values is in them.
_ORIGINS = """
SELECT u.origin AS origin, CAST(c.last_day - CAST(7 * u.origin AS INTEGER) AS DATE) AS as_of
FROM cut c, UNNEST(range(0, 27)) AS u(origin)
WHERE u.origin = 0 OR date_diff('day', c.start_day, c.last_day) - 7 * u.origin >= 182
"""
_NOW_ALONE = "SELECT CAST(0 AS BIGINT) AS origin, last_day AS as_of FROM cut"
_KNOWN = """
SELECT o.origin AS origin, o.as_of AS as_of, f.account AS account, f.party AS party, f.amount > 0 AS comes_in,
       f.day AS day, CAST(sum(f.amount) AS DECIMAL(18,2)) AS amount, max(f.text) AS text
FROM origins o JOIN flows f ON f.day <= o.as_of AND date_diff('day', f.day, o.as_of) < 400
WHERE f.kind <> 'between own accounts' AND f.party <> ''
GROUP BY o.origin, o.as_of, f.account, f.party, f.amount > 0, f.day
"""
_SERIES = """
SELECT origin, as_of, account, party, comes_in, count(*) AS times, max(day) AS last_on, count(gap) AS gaps,
       count_if(gap BETWEEN 6 AND 8) AS weekly, count_if(gap BETWEEN 13 AND 15) AS fortnightly,
       count_if(gap BETWEEN 26 AND 35) AS monthly, count_if(gap BETWEEN 80 AND 100) AS quarterly,
       CAST(sum(CASE WHEN newest <= 3 THEN amount ELSE 0 END) / 3 AS DECIMAL(18,2)) AS expected,
       max(CASE WHEN newest = 1 THEN text END) AS last_words
FROM ranked GROUP BY origin, as_of, account, party, comes_in
"""
_RHYTHM = (
    "CASE WHEN times < 3 THEN NULL WHEN weekly * 5 >= gaps * 4 THEN 'week' WHEN fortnightly * 5 >= gaps * 4 THEN "
    "'two weeks' WHEN monthly * 5 >= gaps * 4 THEN 'month' WHEN quarterly * 5 >= gaps * 4 THEN 'quarter' END"
)
_DUES = """
SELECT s.origin, s.as_of, s.account, s.party, s.comes_in, s.rhythm, s.last_on, s.expected, s.last_words,
       u.number AS number,
       CAST(CASE s.rhythm WHEN 'week' THEN s.last_on + to_days(CAST(7 * u.number AS INTEGER))
            WHEN 'two weeks' THEN s.last_on + to_days(CAST(14 * u.number AS INTEGER))
            WHEN 'month' THEN s.last_on + to_months(CAST(u.number AS INTEGER))
            ELSE s.last_on + to_months(CAST(3 * u.number AS INTEGER)) END AS DATE) AS due
FROM rhythmic s, UNNEST(range(1, 20)) AS u(number)
"""
_REGULAR = """
SELECT origin, as_of, account, party, comes_in, rhythm, last_on, expected, last_words,
       due AS next_on
FROM dues
WHERE number = 1 AND date_diff('day', due, as_of)
      <= CASE rhythm WHEN 'week' THEN 3 WHEN 'two weeks' THEN 5 WHEN 'month' THEN 10 ELSE 20 END
"""
_REGULAR_NOW = """
SELECT party, account, comes_in, rhythm, last_on, next_on, expected, last_words,
       CASE WHEN party = 'vat' THEN 'VAT: ' || last_words ELSE last_words END AS shown,
       CAST(expected * CASE rhythm WHEN 'week' THEN 13 WHEN 'two weeks' THEN 6.5 WHEN 'month' THEN 3 ELSE 1 END
            AS DECIMAL(18,2)) AS a_quarter
FROM regular WHERE origin = 0
"""
_COMING = """
SELECT d.origin AS origin, (greatest(date_diff('day', d.as_of, d.due), 1) - 1) // 7 + 1 AS weeks_ahead,
       d.party AS party, d.account AS account,
       d.comes_in AS comes_in, greatest(d.due, d.as_of + 1) AS due, d.expected AS expected
FROM dues d JOIN regular r ON r.origin = d.origin AND r.account = d.account AND r.party = d.party
     AND r.comes_in = d.comes_in
WHERE date_diff('day', d.as_of, d.due) <= 91
"""
_COMING_SUMMED = """
SELECT origin, weeks_ahead, CAST(sum(expected) AS DECIMAL(18,2)) AS regular,
       CAST(sum(CASE WHEN party = 'vat' THEN expected ELSE 0 END) AS DECIMAL(18,2)) AS vat
FROM coming GROUP BY origin, weeks_ahead
"""
_REST = """
SELECT o.origin AS origin, o.as_of AS as_of,
       CAST(coalesce(sum(f.amount) FILTER (WHERE r.party IS NULL), 0) / 13 AS DECIMAL(18,2)) AS rest
FROM origins o
LEFT JOIN flows f ON f.day <= o.as_of AND date_diff('day', f.day, o.as_of) < 91 AND f.kind <> 'between own accounts'
LEFT JOIN regular r ON r.origin = o.origin AND r.account = f.account AND r.party = f.party
     AND r.comes_in = (f.amount > 0)
GROUP BY o.origin, o.as_of
"""
_HELD = """
SELECT o.origin AS origin, o.as_of AS as_of,
       CAST(max(c.held) - coalesce(sum(m.amount), 0) AS DECIMAL(18,2)) AS held
FROM origins o CROSS JOIN cut c LEFT JOIN movements m ON m.day > o.as_of
GROUP BY o.origin, o.as_of
"""
_EXPECTED = """
SELECT r.origin AS origin, r.as_of AS as_of, u.number AS weeks_ahead,
       CAST(r.as_of + CAST(7 * u.number AS INTEGER) AS DATE) AS week_to, coalesce(c.regular, 0) AS regular,
       coalesce(c.vat, 0) AS vat, r.rest AS rest, h.held AS held,
       CAST(coalesce(c.regular, 0) + r.rest AS DECIMAL(18,2)) AS net
FROM rest r CROSS JOIN UNNEST(range(1, 14)) AS u(number)
JOIN held h ON h.origin = r.origin
LEFT JOIN coming_summed c ON c.origin = r.origin AND c.weeks_ahead = u.number
"""
_TESTED = """
SELECT e.as_of AS origin, e.weeks_ahead AS weeks_ahead, e.week_to AS week_to, e.held AS held, e.balance AS forecast,
       w.balance AS actual, CAST(w.balance - e.balance AS DECIMAL(18,2)) AS error,
       CAST(abs(w.balance - e.balance) / nullif(abs(w.balance), 0) AS DECIMAL(18,6)) AS part,
       CAST(abs(w.balance - e.held) / nullif(abs(w.balance), 0) AS DECIMAL(18,6)) AS part_unchanged
FROM expected e JOIN all_weeks w ON w.week_to = e.week_to
WHERE e.origin > 0
"""
_ERRORS = """
SELECT weeks_ahead, count(*) AS tests, CAST(sum(part) / count(part) AS DECIMAL(18,6)) AS mape,
       CAST(sum(part_unchanged) / count(part_unchanged) AS DECIMAL(18,6)) AS mape_unchanged,
       least(quantile_disc(error, 0.1), 0) AS low_error, greatest(quantile_disc(error, 0.9), 0) AS high_error
FROM tested GROUP BY weeks_ahead
"""
_FORECAST = """
SELECT e.weeks_ahead AS weeks_ahead, e.week_to AS week_to, CAST(e.regular - e.vat AS DECIMAL(18,2)) AS regular,
       e.vat AS vat, e.rest AS rest, e.net AS net, e.balance AS balance,
       CAST(e.balance + r.low_error AS DECIMAL(18,2)) AS low, CAST(e.balance + r.high_error AS DECIMAL(18,2)) AS high,
       r.tests AS tests, r.mape AS mape, r.mape_unchanged AS mape_unchanged
FROM expected e JOIN errors r ON r.weeks_ahead = e.weeks_ahead
WHERE e.origin = 0
"""
_VERDICT = """
SELECT CASE WHEN count_if(balance < 0) > 0
            THEN 'By this forecast, yes: the expected balance falls below zero in the week to '
                 || CAST(min(week_to) FILTER (WHERE balance < 0) AS VARCHAR) || '.'
            WHEN count_if(low < 0) > 0
            THEN 'Not as expected, but it may: in the low case the balance falls below zero in the week to '
                 || CAST(min(week_to) FILTER (WHERE low < 0) AS VARCHAR) || '.'
            ELSE 'Not by this forecast: the balance stays above zero in all weeks shown, in the low case, too.'
       END AS answer,
       min(balance) AS least, min(low) AS least_low,
       CASE WHEN sum(mape) < sum(mape_unchanged)
            THEN 'it came closer than the guess that nothing changes'
            ELSE 'the guess that nothing changes came as close or closer, so look at the range and not at the line' END
            AS worth
FROM forecast
"""


def write_regular(draft: Draftsman, *, tested: bool) -> None:
    """``regular_now``: what comes and goes again and again. ``tested``: at past origins, too."""
    draft.step("origins", "sql", "cut", query=(_ORIGINS if tested else _NOW_ALONE).strip())
    draft.step("known", "sql", "origins", "flows", query=_KNOWN.strip())
    own: list[JsonValue] = ["origin", "as_of", "account", "party", "comes_in"]
    gap = "date_diff('day', lag(day), day)"
    draft.step("gapped", "window", "known", partition_by=own, order_by=["day"], columns={"gap": gap})
    newest = "row_number()"
    draft.step("ranked", "window", "gapped", partition_by=own, order_by=["day desc"], columns={"newest": newest})
    draft.step("series", "sql", "ranked", query=_SERIES.strip())
    draft.step("rhythms", "derive", "series", columns={"rhythm": _RHYTHM})
    draft.step("rhythmic", "filter", "rhythms", where=[exp.not_(name("rhythm").is_(exp.null()))])
    draft.step("dues", "sql", "rhythmic", query=_DUES.strip())
    draft.step("regular", "sql", "dues", query=_REGULAR.strip())
    draft.step("regular_now", "sql", "regular", query=_REGULAR_NOW.strip())
    draft.step("regular_in", "filter", "regular_now", where=[name("comes_in")])
    draft.step("regular_out", "filter", "regular_now", where=[exp.not_(name("comes_in"))])


def write_ahead(draft: Draftsman) -> None:
    """``forecast`` with its range, ``tested`` with what came of it in the past, ``verdict`` in words."""
    draft.step("coming", "sql", "dues", "regular", query=_COMING.strip())
    draft.step("coming_summed", "sql", "coming", query=_COMING_SUMMED.strip())
    draft.step("rest", "sql", "origins", "flows", "regular", query=_REST.strip())
    draft.step("held", "sql", "origins", "cut", "movements", query=_HELD.strip())
    draft.step("expected_weeks", "sql", "rest", "held", "coming_summed", query=_EXPECTED.strip())
    draft.step(
        "expected",
        "window",
        "expected_weeks",
        partition_by=["origin"],
        order_by=["weeks_ahead"],
        columns={"balance": "CAST(held + sum(net) AS DECIMAL(18,2))"},
    )
    draft.step("tested", "sql", "expected", "all_weeks", query=_TESTED.strip())
    draft.step("errors", "sql", "tested", query=_ERRORS.strip())
    draft.step("forecast", "sql", "expected", "errors", query=_FORECAST.strip())
    draft.step("verdict", "sql", "forecast", query=_VERDICT.strip())
    draft.check(
        "row_count", "forecast", params={"min": 13, "max": 13}, note="Every week ahead has a forecast and its range."
    )
    draft.check(
        "range",
        "errors",
        params={"column": "tests", "min": 8},
        note="Each week ahead was tested on at least eight past days.",
    )
