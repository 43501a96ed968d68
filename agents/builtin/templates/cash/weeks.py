"""Seven days at a time, counted back from the last movement: what came, what went, what was there in the end."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name

SHOWN = 13
COLUMNS = (
    "week", "week_from", "week_to", "money_in", "money_out", "vat", "moved_elsewhere", "under_way", "net", "balance",
)  # fmt: skip
_CUT = """
SELECT max(last_day) AS last_day, sum(balance) AS held,
       coalesce(max(first_day) FILTER (WHERE opening <> 0), max(first_day)) AS start_day
FROM accounts_proven
"""
_SPINE = """
SELECT u.week AS week, CAST(c.last_day - CAST(7 * u.week AS INTEGER) AS DATE) AS week_to, c.held AS held
FROM cut c, UNNEST(range(0, greatest(1, date_diff('day', c.start_day, c.last_day) // 7))) AS u(week)
"""
_SUMS = """
SELECT date_diff('day', f.day, c.last_day) // 7 AS week,
       sum(CASE WHEN f.kind = 'in' THEN f.amount ELSE 0 END) AS money_in,
       sum(CASE WHEN f.kind = 'out' THEN f.amount ELSE 0 END) AS money_out,
       sum(CASE WHEN f.kind = 'vat' THEN f.amount ELSE 0 END) AS vat,
       sum(CASE WHEN f.kind = 'moved elsewhere' THEN f.amount ELSE 0 END) AS moved_elsewhere,
       sum(CASE WHEN f.kind = 'between own accounts' THEN f.amount ELSE 0 END) AS under_way, sum(f.amount) AS net
FROM flows f, cut c
GROUP BY date_diff('day', f.day, c.last_day) // 7
"""
_WEEKS = """
SELECT s.week AS week, CAST(s.week_to - 6 AS DATE) AS week_from, s.week_to AS week_to,
       CAST(coalesce(m.money_in, 0) AS DECIMAL(18,2)) AS money_in,
       CAST(coalesce(m.money_out, 0) AS DECIMAL(18,2)) AS money_out, CAST(coalesce(m.vat, 0) AS DECIMAL(18,2)) AS vat,
       CAST(coalesce(m.moved_elsewhere, 0) AS DECIMAL(18,2)) AS moved_elsewhere,
       CAST(coalesce(m.under_way, 0) AS DECIMAL(18,2)) AS under_way,
       CAST(coalesce(m.net, 0) AS DECIMAL(18,2)) AS net, s.held AS held
FROM spine s LEFT JOIN week_sums m ON m.week = s.week
"""


def write_weeks(draft: Draftsman) -> None:
    """``all_weeks`` with the balance at each one's end, and ``weeks``, the last thirteen."""
    draft.step("cut", "sql", "accounts_proven", query=_CUT.strip())
    draft.step("spine", "sql", "cut", query=_SPINE.strip())
    draft.step("week_sums", "sql", "flows", "cut", query=_SUMS.strip())
    draft.step("weeks_filled", "sql", "spine", "week_sums", query=_WEEKS.strip())
    draft.step(
        "all_weeks",
        "window",
        "weeks_filled",
        order_by=["week"],
        columns={"balance": "CAST(held - sum(net) + net AS DECIMAL(18,2))"},
    )
    draft.step(
        "weeks",
        "select",
        "all_weeks",
        columns={**{column: column for column in COLUMNS}, "week_ends": "strftime(week_to, '%Y-%m-%d')"},
        where=[exp.LT(this=name("week"), expression=exp.Literal.number(SHOWN))],
    )
    draft.check(
        "conserve",
        "all_weeks",
        params={
            "measure": "sum(net)",
            "from": "all_weeks",
            "from_measure": "sum(money_in + money_out + vat + moved_elsewhere + under_way)",
        },
        note="What each week brought is what came, what went, tax, and what was under way between accounts.",
    )
