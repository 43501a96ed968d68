"""People find the step that they need by their own words, without a network."""

from __future__ import annotations

import pytest

from pipelines.contract import TRANSFORMS
from pipelines.finding import found, steps_for, told
from pipelines.ranking import Entry, ranked, stem

OWNER = {
    "make missing months show zero": ("scaffold",),
    "I want months without any sales to appear with 0": ("scaffold",),
    "fill in the blank store names from the row above": ("fill",),
    "replace empty quantities by zero": ("fill",),
    "put all twelve monthly files into one table": ("union",),
    "stack the sheets of the three shops": ("union",),
    "bring in the customer name from the customer list": ("join",),
    "which customers are not in the newsletter list": ("join",),
    "find the price band each order falls into": ("join", "classify"),
    "total sales per customer": ("aggregate",),
    "how many orders came in each week": ("aggregate",),
    "average basket by shop": ("aggregate",),
    "remove duplicate invoices and keep the latest": ("dedupe",),
    "the same customer is in there twice": ("dedupe",),
    "top 10 products by revenue": ("limit", "rank"),
    "best three sellers in every region": ("limit", "rank"),
    "number the orders of each customer 1, 2, 3": ("rank",),
    "league table with ties": ("rank",),
    "running total of cash": ("window",),
    "seven day moving average": ("window",),
    "percentage of the total for each product": ("window",),
    "compare this month with last month": ("compare",),
    "growth against the same month last year": ("compare",),
    "months as columns and products as rows": ("pivot",),
    "the months are across the top and I want them going down": ("unpivot",),
    "split full name into first and last name": ("split",),
    "several tags in one cell separated by commas": ("split",),
    "city names are spelled differently everywhere": ("standardise",),
    "fix typos in country names": ("standardise",),
    "change the codes M and F into Male and Female": ("map",),
    "dates are stored as text like 31/12/2026": ("cast",),
    "numbers with a comma as decimal sign": ("cast",),
    "get the order number out of the comment": ("extract",),
    "trim spaces and make names proper case": ("text",),
    "working days between order and delivery": ("workdays",),
    "which fiscal year and quarter does a date belong to": ("calendar",),
    "split the rent over the departments so that it adds up exactly": ("allocate",),
    "who reports to whom up to the boss": ("hierarchy",),
    "products that are bought together": ("combinations",),
    "exchange rate on the day of the invoice": ("asof",),
}
"""What an owner says, and the steps that do it."""

HELD_OUT = {
    "show every week even if nothing was booked": ("scaffold",),
    "empty cells should take the value above them": ("fill",),
    "put the spring and the autumn list under one another": ("union",),
    "add each article's supplier from another file": ("join",),
    "people who never ordered": ("join",),
    "turnover by country and quarter": ("aggregate",),
    "count distinct visitors a day": ("aggregate",),
    "delete double lines": ("dedupe",),
    "ten biggest customers": ("limit",),
    "give each ticket a running number per day": ("rank",),
    "balance after every booking": ("window",),
    "what share of revenue does each shop have": ("window",),
    "is it more or less than a year ago": ("compare",),
    "show weekdays side by side as columns": ("pivot",),
    "survey questions are columns, make them rows": ("unpivot",),
    "cut the address into street, town and postcode": ("split",),
    "typing errors in the product names": ("standardise",),
    "country codes to country names": ("map",),
    "turn the text 1.234,50 into a number": ("cast",),
    "find the reference number hidden in the description": ("extract",),
    "everything in capital letters without blanks at the end": ("text",),
    "how many weekdays until the due date, holidays left out": ("workdays",),
    "accounting year starts in July": ("calendar",),
    "spread the electricity bill over tenants by square metres": ("allocate",),
    "category tree with the path from the top": ("hierarchy",),
    "longest series of wins": ("streaks",),
    "put customers into gold, silver and bronze by revenue": ("classify",),
    "draw a winner at random": ("sample",),
    "which address was valid when": ("history",),
    "net price plus VAT as a new column": ("derive",),
}
"""Kept apart: no unit's words were written with these in view."""


@pytest.mark.parametrize("phrases", [OWNER, HELD_OUT], ids=["owner", "held_out"])
def test_nine_of_ten_everyday_phrases_find_their_step_among_the_first_three(
    phrases: dict[str, tuple[str, ...]],
) -> None:
    missed = {said: steps for said, steps in phrases.items() if not {*steps} & {unit.name for unit in found(said)[:3]}}
    assert len(missed) * 10 <= len(phrases), missed


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_every_step_has_words_of_its_own_and_is_found_by_them(name: str) -> None:
    keywords = told(TRANSFORMS, name).keywords
    assert len(keywords.split(",")) >= 5
    assert steps_for(name)[0] == name
    assert name in steps_for(keywords)[:1]


def test_what_no_step_does_finds_nothing() -> None:
    assert found("zzz qqq") == []
    assert found("") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("month", "months"),
        ("missing", "missed"),
        ("running", "runs"),
        ("categories", "category"),
        ("filled", "filling"),
    ],
)
def test_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_a_rare_word_counts_more_than_a_common_one_and_a_phrase_more_than_its_words() -> None:
    entries = [
        Entry("a", {"rows rows rows": 1.0}),
        Entry("b", {"rows and a holiday": 1.0}),
        Entry("c", {"holiday, public": 1.0}, ["public holiday"]),
    ]
    assert [name for name, _ in ranked("rows on a public holiday", entries)] == ["c", "b", "a"]


def test_the_order_of_the_entries_decides_nothing() -> None:
    entries = [Entry(name, {"same words": 1.0}) for name in "cab"]
    assert [name for name, _ in ranked("same words", entries)] == ["a", "b", "c"]
