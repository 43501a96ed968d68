"""The account: between question and reading nothing may be left over on either side.

What is left over is a doubt: the reading is then put to the person, together with what was not understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agents.builtin.everyday.membership import states_of_others
from agents.builtin.guards.carried import uncarried
from agents.builtin.guards.choices import bare_deeds, deeds_of_stock, equals
from agents.builtin.guards.kinds import wrong_kinds
from agents.builtin.guards.overread import overread
from agents.builtin.guards.twofold import twofold
from agents.builtin.guards.unheld import swallowed, unheld
from agents.builtin.guards.unsaid import unsaid
from agents.builtin.linking.days import open_days, undated_deeds
from agents.builtin.linking.money import uncounted_money
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import DOUBT, Compare, During, Meaning
from agents.builtin.parsing.alike import unshared
from agents.builtin.parsing.licensed import unlicensed
from agents.builtin.saying.reading import condition_text
from agents.builtin.schema.graph import Join, Schema
from agents.builtin.walk import conditions_of, outs_of

if TYPE_CHECKING:
    from sqlglot import exp


def account(
    tags: list[Tag], meaning: Meaning, schema: Schema, query: exp.Query, joined: Iterable[Join], *, fresh: bool = False
) -> list[str]:
    """Problems: words that nothing in the reading stands for, and parts of it for which there are no words.

    ``fresh``: "new" was said of what is asked for, and taken out of the words.
    """
    joins = list(joined)
    doubts = [
        *unwritten(meaning, query),
        *unheld(tags, meaning, schema, joins),
        *swallowed(tags, meaning),
        *unsaid(tags, meaning, schema),
        *uncarried(tags, meaning, schema, query, joins),
        *unlicensed(tags, meaning, schema, joins),
    ]
    doubts += wrong_kinds(tags, meaning, schema)
    doubts += uncounted_money(tags, meaning, schema)
    doubts += overread(tags, meaning, schema)
    doubts += unshared(tags, meaning)
    doubts += twofold(tags, meaning)
    doubts += states_of_others(tags, meaning, schema)
    doubts += equals(tags, meaning, schema)
    tables = {meaning.scope.table} | {t for out in outs_of(meaning) for t in out.tables()}
    tables |= {table for join in joins for table in (join.table, join.parent)}
    doubts += bare_deeds(tags, meaning, schema, tables)
    doubts += deeds_of_stock(tags, meaning, schema)
    doubts += undated_deeds(tags, meaning, schema, fresh=fresh)
    problems = [f"{DOUBT}{doubt}" for doubt in dict.fromkeys(doubts)]
    days = open_days(tags, meaning, schema)
    if days and "idle:which day" not in meaning.problems:
        meaning.days = meaning.days or days
        problems.append("idle:which day")
    return problems


def unwritten(meaning: Meaning, query: exp.Query) -> list[str]:
    """Conditions of a reading that its query does not hold."""
    from sqlglot import exp

    written = {str(literal.this).casefold() for literal in query.find_all(exp.Literal)}
    found = []
    for condition in conditions_of(meaning):
        if isinstance(condition, During):
            days = [day.isoformat() for day in (condition.period.start, condition.period.end) if day is not None]
            years = {str(day.year) for day in (condition.period.start, condition.period.end) if day is not None}
            if days and not any(day in text for day in days for text in written) and not years & written:
                found.append(f"{condition_text(condition)} is not asked of the data")
        elif isinstance(condition, Compare) and condition.op == "=" and condition.other is None:
            texts = [value for value in condition.values if isinstance(value, str)]
            if any(not any(text.casefold() in one for one in written) for text in texts):
                found.append(f"{condition_text(condition)} is not asked of the data")
    return found


def doubts_of(meaning: Meaning) -> list[str]:
    """What is not sure about a reading, each a sentence without its full stop."""
    return [problem.removeprefix(DOUBT) for problem in meaning.problems if problem.startswith(DOUBT)]
