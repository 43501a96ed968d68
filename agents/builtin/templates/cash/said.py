"""How the plan was understood, in sentences."""

from __future__ import annotations

from agents.builtin.pipelines.columns import listed
from agents.builtin.pipelines.schedule import Timing
from agents.builtin.templates.cash.plan import HISTORY, TESTS, Plan

FAR_BEHIND = 7
"""Days by which an account's last movement may lie before the newest one without a word."""


def reading_of(plan: Plan, timing: Timing | None) -> str:
    """The one sentence."""
    every = f", {timing.reading}" if timing else ""
    accounts = listed([one.label for one in plan.accounts])
    ahead = (
        "; expect for the next thirteen weeks that what is regular goes on and the rest goes on at its average"
        if plan.looks_ahead
        else ""
    )
    between = ", net out transfers between them" if len(plan.accounts) > 1 else ""
    return (
        f"Show the money on {accounts}{every}: count each movement once, however many exports it stands in{between}, "
        f"prove what is left against the balances that the bank states, and show what came and went in each "
        f"week{ahead}."
    )


def assumptions_of(plan: Plan) -> list[str]:
    """What is taken for granted, and what was found."""
    said: list[str] = []
    for one in plan.accounts:
        files = listed([plan.origins[table] for table in one.tables])
        said.append(f"{one.label} has {one.movements} movements from {one.first} to {one.last}, by {files}")
        if one.opening is not None:
            said.append(
                f"{one.label} holds {one.balance} on {one.last}: on every day the movements lead to a balance that "
                "the bank states, so equal movements of a day are payments of their own"
            )
        else:
            said.append(f"{one.label} holds {plan.said[one.label]} at the end of {one.last}, as you said")
        if (plan.last - one.last).days > FAR_BEHIND:
            said.append(f"{one.label} has no movement after {one.last}: if its statements end there, add newer ones")
    below = [one.label for one in plan.accounts if (one.balance or plan.said.get(one.label) or 0) < 0]
    if below and len(plan.accounts) > 1:
        said.append(f"{listed(below)} is below zero by itself now; the answer is about all accounts together")
    said += [f"in {label}, equal movements of a day in one export are one, as you said" for label in sorted(plan.once)]
    said.append("a movement that stands in several exports counts once, as often as the export with most of it has it")
    said += [f"{one.fee} of {plan.origins[one.table]} is taken off" for one in plan.statements if one.fee]
    said += plan.said_beside
    if len(plan.accounts) > 1:
        said.append(
            "transfers are paired where equal amounts leave one account and reach another within five days and the "
            "words of both say so"
            + (", or those of one, as you said" if plan.one_sided else "")
            + "; those without a partner are listed and count as money moved elsewhere"
        )
    if plan.not_own:
        said.append(f"{listed(sorted(plan.not_own))} is left out, as it is not an account of the business")
    if plan.currency and any(set(one.currencies) - {plan.currency} for one in plan.statements):
        said.append(f"only money in {plan.currency} counts")
    elif plan.currency and any(not one.currency for one in plan.statements):
        silent = listed([plan.origins[one.table] for one in plan.statements if not one.currency])
        said.append(f"{silent} names no currency and is taken to be in {plan.currency}")
    said.append("weeks are seven days counted back from the last movement of all")
    if plan.looks_ahead:
        said.append(
            "regular is what the same party paid or was paid at least three times a week, two weeks, a month or a "
            "quarter apart; the average of its last three amounts is expected at that distance, for as long as it is "
            "not overdue by much"
        )
        said.append(
            "all other money goes on at its average of the last thirteen weeks; seasons, growth and plans of yours "
            "that no statement shows are not in the forecast"
        )
        said.append(
            "the range is where eight of ten balances came to lie when the same forecast was made at the end of past "
            "weeks"
        )
    else:
        said.append(
            f"there is no forecast: it needs {HISTORY + TESTS} weeks of statements, {HISTORY} to learn from and "
            f"{TESTS} to be tested on, and these have {plan.weeks}"
        )
    return said
