"""Matching: the most pairs, the closest ones, whatever the order of rows; and every row accounted for."""

from collections.abc import Sequence
from itertools import permutations
from random import Random

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.matching.closest import Candidates, closest_pairs
from pipelines.transforms import match
from spec.errors import LimitError

LEFT = {"columns": {"id": "VARCHAR", "net": "DECIMAL(18,2)", "sent": "DATE"}, "primary_key": "id"}
RIGHT = {"columns": {"entry": "VARCHAR", "net": "DECIMAL(18,2)", "sent": "DATE"}, "primary_key": "entry"}
STEP = {
    "id": "m",
    "use": "match",
    "from": ["l", "r"],
    "amount": {"left": "net", "within": "0.05"},
    "days": {"left": "sent", "within": 3},
}


def run(left: Sequence[Sequence[object]], right: Sequence[Sequence[object]], **changes: object) -> Bench:
    tables = {"l": {**LEFT, "rows": left}, "r": {**RIGHT, "rows": right}}
    return Bench(compile_steps(tables, [{**STEP, **changes}]), tables)


def pairs(bench: Bench) -> dict[object, object]:
    names = bench.job.relations["m"].names
    return {row[names.index("id")]: row[names.index("entry")] for row in bench.rows("m")}


def test_a_pair_that_would_leave_another_row_alone_is_not_made() -> None:
    left = [["a", "10.00", "2026-07-01"], ["b", "10.04", "2026-07-01"]]
    right = [["x", "10.00", "2026-07-01"], ["y", "9.95", "2026-07-01"]]
    # Taking the perfect pair a-x first would leave b without a partner: b only reaches x.
    assert pairs(run(left, right)) == {"a": "y", "b": "x"}


def test_the_amount_decides_before_the_day() -> None:
    left = [["a", "10.00", "2026-07-01"]]
    right = [["near", "10.01", "2026-07-01"], ["exact", "10.00", "2026-07-04"]]
    assert pairs(run(left, right)) == {"a": "exact"}


def test_the_result_does_not_depend_on_the_order_of_rows() -> None:
    left = [["a", "10.00", "2026-07-01"], ["b", "10.00", "2026-07-01"], ["c", "10.01", "2026-07-02"]]
    right = [["x", "10.00", "2026-07-01"], ["y", "10.00", "2026-07-02"], ["z", "10.03", "2026-07-02"]]
    results = {str(sorted(pairs(run(list(some), right)).items(), key=str)) for some in permutations(left)}
    results |= {str(sorted(pairs(run(left, list(some))).items(), key=str)) for some in permutations(right)}
    assert len(results) == 1


def test_every_row_is_in_a_pair_or_in_a_rest_with_its_reason() -> None:
    left: list[list[object]] = [["a", "10.00", "2026-07-01"], ["b", "10.00", "2026-07-01"], ["c", None, "2026-07-01"]]
    right: list[list[object]] = [["x", "10.00", "2026-07-01"], ["y", "99.00", None]]
    bench = run(left, right)
    reasons = {row[0]: row[-1] for row in bench.rows("m.left_rest")}
    assert reasons == {
        "b": "the rows of r within the tolerances have closer partners",
        "c": "no row of r lies within the tolerances",
    }
    assert [row[0] for row in bench.rows("m.right_rest")] == ["y"]
    passed, expected, found, _ = bench.checks()["match_complete", "m"]
    assert passed
    assert (expected, found) == ("3 rows of l, 2 of r", "1 pairs, 2 left of l, 1 of r")


@pytest.mark.parametrize(
    ("direction", "found"), [("either", {"a": "x", "b": "y"}), ("after", {"a": "x"}), ("before", {"b": "y"})]
)
def test_a_direction_of_days_is_kept(direction: str, found: dict[str, str]) -> None:
    left = [["a", "10.00", "2026-07-01"], ["b", "20.00", "2026-07-10"]]
    right = [["x", "10.00", "2026-07-03"], ["y", "20.00", "2026-07-08"]]
    bench = run(left, right, days={"left": "sent", "within": 3, "direction": direction})
    assert pairs(bench) == found


def test_texts_match_across_case_accents_and_punctuation() -> None:
    tables = {
        "l": {
            "columns": {"id": "VARCHAR", "name": "VARCHAR", "net": "INTEGER"},
            "rows": [["a", "Café Zürich, Ltd.", 1]],
        },
        "r": {
            "columns": {"entry": "VARCHAR", "text": "VARCHAR", "net": "INTEGER"},
            "rows": [["x", "TRANSFER CAFE ZURICH LTD REF 12", 1], ["y", "Someone else", 1]],
        },
    }
    step = {
        "id": "m",
        "use": "match",
        "from": ["l", "r"],
        "amount": "net",
        "text": {"left": "name", "right": "text", "contains": True},
    }
    assert pairs(Bench(compile_steps(tables, [step]), tables)) == {"a": "x"}


def test_more_candidates_than_can_be_weighed_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "MAX_CANDIDATES", 3)
    rows = [[str(number), "10.00", "2026-07-01"] for number in range(2)]
    with pytest.raises(LimitError) as caught:
        run(list(rows), list(rows))
    assert caught.value.where == {"step": "m"}


edges = st.dictionaries(
    st.integers(0, 5),
    st.dictionaries(st.integers(0, 5), st.integers(0, 9), max_size=6).map(lambda options: list(options.items())),
    max_size=6,
)


@given(edges)
@settings(max_examples=500, deadline=None)
def test_the_most_pairs_at_the_least_cost_are_found(candidates: dict[int, list[tuple[int, int]]]) -> None:
    found = closest_pairs(candidates)
    costs = {left: dict(options) for left, options in candidates.items()}
    assert len(set(found.values())) == len(found)
    assert (-len(found), sum(costs[left][right] for left, right in found.items())) == best(candidates)


@given(edges, st.randoms())
@settings(max_examples=200, deadline=None)
def test_pairing_is_alike_for_any_order_of_candidates(
    candidates: dict[int, list[tuple[int, int]]], random: Random
) -> None:
    shuffled = {
        left: random.sample(candidates[left], len(candidates[left]))
        for left in random.sample(list(candidates), len(candidates))
    }
    assert closest_pairs(shuffled) == closest_pairs(candidates)


def best(candidates: Candidates) -> tuple[int, int]:
    lefts = list(candidates)

    def search(number: int, used: frozenset[int], score: tuple[int, int]) -> tuple[int, int]:
        if number == len(lefts):
            return score
        found = search(number + 1, used, score)
        for right, cost in candidates[lefts[number]]:
            if right not in used:
                found = min(found, search(number + 1, used | {right}, (score[0] - 1, score[1] + cost)))
        return found

    return search(0, frozenset(), (0, 0))
