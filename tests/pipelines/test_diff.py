"""What changed between two specs, in sentences."""

from typing import cast

import pytest

from pipelines.diff import compare_specs, in_words
from spec.base import JsonValue
from spec.codec import from_plain
from spec.pipeline import Pipeline

BASE: dict[str, object] = {
    "version": 1,
    "name": "sales",
    "sources": {"orders": {"location": "orders.csv", "columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}}},
    "steps": [
        {"id": "real", "use": "filter", "from": "orders", "where": "total > 0"},
        {"id": "sums", "use": "aggregate", "from": "real", "measures": {"total": "sum(total)"}},
    ],
    "checks": [{"check": "not_null", "on": "orders", "columns": ["id"]}],
    "outputs": [{"file": "sums.csv", "from": "sums"}],
    "schedule": {"cron": "0 8 * * 1"},
    "allow": {"recipients": ["a@x.com"]},
    "report": {
        "title": "Sales",
        "sections": [{"title": "All", "blocks": []}],
        "deliver": [{"channel": "email", "to": ["a@x.com"]}],
    },
}


def spec(**changes: object) -> Pipeline:
    return from_plain(cast("dict[str, JsonValue]", {**BASE, **changes}))


STEPS = cast("list[dict[str, object]]", BASE["steps"])


@pytest.mark.parametrize(
    ("changes", "sentences", "effect"),
    [
        ({"steps": [{**STEPS[0], "where": "total > 1"}, STEPS[1]]},
         ["The step 'real': where was 'total > 0', is now 'total > 1'."], False),
        ({"steps": [STEPS[0], {**STEPS[1], "measures": {"total": "sum(total)", "n": "count(*)"}}]},
         ["The step 'sums': measures: n 'count(*)' is new."], False),
        ({"steps": [*STEPS, {"id": "top", "use": "sort", "from": "sums", "by": "total"}]},
         ["A step 'top' is new: sort of sums with by 'total'."], False),
        ({"outputs": []}, ["The output file 'sums.csv' is gone (the rows of sums)."], False),
        ({"checks": [{"check": "not_null", "on": "orders", "columns": ["id"], "severity": "warn"}]},
         ["The check 'not_null on orders (id)': severity is now 'warn'."], False),
        ({"schedule": {"cron": "0 9 * * 1"}}, ["The schedule: cron was '0 8 * * 1', is now '0 9 * * 1'."], True),
        ({"allow": {"recipients": ["a@x.com", "b@x.com"]}},
         ["What an approval covers, recipients: b@x.com is now allowed."], True),
        ({"timezone": "Europe/Rome"}, ["The time zone is now 'Europe/Rome'."], False),
        ({"report": {**cast("dict[str, object]", BASE["report"]),
                     "deliver": [{"channel": "slack", "to": ["#money"]}]}},
         ["The report: #money (slack) now receives it; a@x.com (email) no longer receives it."], True),
        ({"report": None}, ["The report 'Sales' is gone."], True),
        ({"steps": [STEPS[1], STEPS[0]]}, ["The steps are listed in another order; the result is the same."], False),
        ({"layout": {"x": 1}}, [], False),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_sentence(changes: dict[str, object], sentences: list[str], effect: bool) -> None:
    found = compare_specs(spec(), spec(**changes))
    assert [change.text for change in found] == sentences
    assert any(change.effect for change in found) is effect


def test_two_specs_that_mean_the_same_differ_in_nothing() -> None:
    noted = [{**STEPS[0], "note": "a comment"}, STEPS[1]]
    assert compare_specs(spec(), spec(steps=noted)) == []
    assert in_words([]) == "Nothing changed."


def test_a_change_carries_what_it_was_and_is_as_data() -> None:
    (change,) = compare_specs(spec(), spec(steps=[{**STEPS[0], "where": "total > 1"}, STEPS[1]]))
    assert (change.part, change.name, change.field, change.before, change.after) == (
        "steps", "real", "where", "total > 0", "total > 1",
    )  # fmt: skip
