"""What is on each account: the opening balance from which the movements lead to the balances that the bank states."""

from __future__ import annotations

from agents.builtin.pipelines.draftsteps import Draftsman

_STATED = "SELECT DISTINCT account, day, balance FROM counted WHERE NOT balance IS NULL"
_TRIED = """
SELECT s.account AS account, s.balance - d.so_far AS opening, count(*) AS days_right
FROM stated s JOIN days_summed d ON s.account = d.account AND s.day = d.day
GROUP BY s.account, s.balance - d.so_far
"""
_RIVALS = """
SELECT o.account AS account, count(*) AS openings
FROM openings o JOIN openings_tried t ON t.account = o.account AND t.days_right = o.days_right
GROUP BY o.account
"""
_STATED_DAYS = "SELECT account, count(DISTINCT day) AS stated_days FROM stated GROUP BY account"
_ACCOUNTS = """
SELECT d.account AS account, o.opening AS opening, d.money_in AS money_in, d.money_out AS money_out,
       CAST(o.opening + d.money_in + d.money_out AS DECIMAL(18,2)) AS balance, d.first_day AS first_day,
       d.last_day AS last_day, d.movements AS movements, t.stated_days AS stated_days,
       t.stated_days - o.days_right AS days_wrong
FROM accounts_summed d LEFT JOIN openings o ON o.account = d.account
LEFT JOIN stated_days t ON t.account = d.account
"""
_LAST_STATED = """
SELECT a.account AS account, s.balance AS stated, abs(s.balance - a.balance) AS apart
FROM accounts a JOIN stated s ON s.account = a.account
WHERE s.day = (SELECT max(n.day) FROM stated n WHERE n.account = a.account)
"""
_PROVEN = """
SELECT a.account AS account, a.opening AS opening, a.money_in AS money_in, a.money_out AS money_out,
       a.balance AS balance, l.stated AS stated, CAST(a.balance - l.stated AS DECIMAL(18,2)) AS difference,
       a.first_day AS first_day, a.last_day AS last_day, a.movements AS movements, a.stated_days AS stated_days,
       a.days_wrong AS days_wrong
FROM accounts a LEFT JOIN stated_at_last l ON l.account = a.account
"""


def write_stand(draft: Draftsman, said: str | None) -> None:
    """``accounts_proven``: a row for each account. ``said`` is a table of balances that nobody but the owner states.

    A day is right when the balance after all its movements is among those stated on it, so that the order of rows
    within a day does not matter.
    """
    draft.step("stated_in_files" if said else "stated", "sql", "counted", query=_STATED)
    if said:
        draft.step("stated", "union", "stated_in_files", said)
    draft.step(
        "days",
        "aggregate",
        "movements",
        group_by=["account", "day"],
        measures={"net": "CAST(sum(amount) AS DECIMAL(18,2))"},
    )
    draft.step(
        "days_summed",
        "window",
        "days",
        partition_by=["account"],
        order_by=["day"],
        columns={"so_far": "CAST(sum(net) AS DECIMAL(18,2))"},
    )
    draft.step("openings_tried", "sql", "stated", "days_summed", query=_TRIED.strip())
    draft.step("openings", "dedupe", "openings_tried", by=["account"], keep=["days_right desc", "opening"])
    draft.step("rivals", "sql", "openings", "openings_tried", query=_RIVALS.strip())
    draft.step("stated_days", "sql", "stated", query=_STATED_DAYS)
    draft.step(
        "accounts_summed",
        "aggregate",
        "movements",
        group_by=["account"],
        measures={
            "money_in": "CAST(coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS DECIMAL(18,2))",
            "money_out": "CAST(coalesce(sum(amount) FILTER (WHERE amount < 0), 0) AS DECIMAL(18,2))",
            "first_day": "min(day)",
            "last_day": "max(day)",
            "movements": "count(*)",
        },
    )
    draft.step("accounts", "sql", "accounts_summed", "openings", "stated_days", query=_ACCOUNTS.strip())
    draft.step("stated_last", "sql", "accounts", "stated", query=_LAST_STATED.strip())
    draft.step("stated_at_last", "dedupe", "stated_last", by=["account"], keep=["apart", "stated"])
    draft.step("accounts_proven", "sql", "accounts", "stated_at_last", query=_PROVEN.strip())
    _prove(draft)


def _prove(draft: Draftsman) -> None:
    draft.check(
        "not_null", "accounts_proven", params={"columns": ["opening"]}, note="What is on each account is known."
    )
    draft.check(
        "range",
        "rivals",
        params={"column": "openings", "max": 1},
        note="One opening balance alone fits what the bank states.",
    )
    draft.check(
        "range",
        "accounts_proven",
        params={"column": "days_wrong", "min": 0, "max": 0},
        note="On every day the opening balance and all movements up to it give a balance that the bank states.",
    )
    draft.check(
        "range",
        "accounts_proven",
        params={"column": "difference", "min": 0, "max": 0},
        note="What is left on each account is the last balance that the bank states.",
    )
    draft.check(
        "reconcile",
        "accounts_proven",
        params={"value": "sum(opening + money_in + money_out)", "to": "stated_at_last", "to_value": "sum(stated)"},
        note="Opening balances and movements are the closing balances, over all accounts.",
    )
