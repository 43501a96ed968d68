"""Steps that group, draw and take apart: classes, combinations, samples, spellings, trees, pieces of text."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations, product

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.spellings import grouped
from spec.errors import LimitError, SpecError


def run(rows: list[list[object]], step: dict[str, object], *wanted: str, **columns: str) -> Bench:
    table = {"columns": {"id": "INTEGER", **columns}, "primary_key": ["id"], "rows": rows}
    outputs = [{"file": f"{name}.csv", "from": f"s.{name}"} for name in wanted]
    return Bench(compile_steps({"t": table}, [{"id": "s", "from": "t", **step}], outputs=outputs), {"t": table})


def by_id(bench: Bench) -> list[list[object]]:
    return sorted(bench.rows("s"), key=lambda row: row[0])  # type: ignore[arg-type, return-value]


@given(st.lists(st.one_of(st.none(), st.integers(0, 50)), max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_class_by_share_ends_with_the_row_that_fills_its_percent(values: list[int | None]) -> None:
    rows: list[list[object]] = [[number, value] for number, value in enumerate(values)]
    step: dict[str, object] = {"use": "classify", "column": "v", "share": {"A": 50, "B": 80, "C": 100}, "order": "id"}
    found = by_id(run(rows, step, v="INTEGER"))
    whole, before = sum(value or 0 for value in values), 0
    there = sorted((row for row in found if row[1] is not None), key=lambda row: (-row[1], row[0]))  # type: ignore[operator]
    for _, value, kind in there:
        due = "A" if before * 100 < 50 * whole else "B" if before * 100 < 80 * whole else "C"
        assert kind == due
        before += int(str(value))
    assert all(row[2] is None for row in found if row[1] is None)


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=12), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_tiles_are_of_equal_size_and_in_the_order_of_the_values(values: list[int | None], tiles: int) -> None:
    rows: list[list[object]] = [[number, value] for number, value in enumerate(values)]
    found = by_id(run(rows, {"use": "classify", "column": "v", "tiles": tiles, "order": "id"}, v="INTEGER"))
    there = [(row[1], row[2]) for row in found if row[1] is not None]
    sizes = Counter(tile for _, tile in there).values()
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert all(a[1] <= b[1] for a in there for b in there if a[0] < b[0])  # type: ignore[operator]


def test_a_band_holds_its_least_value_and_what_is_below_all_has_none() -> None:
    rows: list[list[object]] = [[1, "-1"], [2, "0"], [3, "9.99"], [4, "10"], [5, None]]
    step: dict[str, object] = {"use": "classify", "column": "v", "limits": {"low": 0, "high": 10}}
    assert [row[2] for row in by_id(run(rows, step, v="DECIMAL(9,2)"))] == [None, "low", "low", "high", None]
    with pytest.raises(SpecError, match="lowest limit"):
        run([], {**step, "limits": {"high": 10, "low": 0}}, v="DECIMAL(9,2)")
    with pytest.raises(SpecError, match="one of share, limits and tiles"):
        run([], {**step, "tiles": 3}, v="DECIMAL(9,2)")
    with pytest.raises(SpecError, match="order of rows"):
        run([], {"use": "classify", "column": "v", "tiles": 3}, v="DECIMAL(9,2)")


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abcd")), max_size=9), st.sampled_from([2, 3]))
@settings(max_examples=20, deadline=None)
def test_each_combination_of_a_group_stands_once(rows: list[tuple[int, str]], size: int) -> None:
    plain: list[list[object]] = [[number, *row] for number, row in enumerate(rows)]
    step: dict[str, object] = {"use": "combinations", "column": "v", "per": "g", "into": ["x", "y", "z"][:size]}
    found = run(plain, step, g="INTEGER", v="VARCHAR").rows("s")
    due = [
        [group, *chosen]
        for group in {one for one, _ in rows}
        for chosen in combinations(sorted({item for one, item in rows if one == group}), size)
    ]
    assert sorted(found, key=repr) == sorted(due, key=repr)


@given(st.lists(st.sampled_from("xy"), max_size=30), st.integers(1, 99), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_a_sample_and_its_rest_are_all_rows_and_the_sample_has_its_size(
    groups: list[str], percent: int, seed: int
) -> None:
    rows: list[list[object]] = [[number, group] for number, group in enumerate(groups)]
    step: dict[str, object] = {"use": "sample", "percent": percent, "per": "g", "seed": seed}
    bench = run(rows, step, "rest", g="VARCHAR")
    drawn, left = bench.rows("s"), bench.rows("s.rest")
    assert sorted([*drawn, *left]) == sorted(rows)
    for group, size in Counter(groups).items():
        assert sum(row[1] == group for row in drawn) == (size * percent + 50) // 100


def test_another_seed_draws_other_rows_and_the_same_seed_the_same() -> None:
    rows: list[list[object]] = [[number] for number in range(50)]
    one, again, other = (run(rows, {"use": "sample", "rows": 10, "seed": seed}).rows("s") for seed in (1, 1, 2))
    assert sorted(one) == sorted(again) != sorted(other)


SPELLINGS = [[1, "London"], [2, "london "], [3, "Lodnon"], [4, "Londres"], [5, "Store 1"], [6, "Store 2"], [7, None],
             [8, "London"]]  # fmt: skip


def test_spellings_become_the_most_frequent_one_and_numbers_are_never_the_same() -> None:
    bench = run(SPELLINGS, {"use": "standardise", "column": "v"}, "mapping", v="VARCHAR")  # type: ignore[arg-type]
    assert [row[1] for row in by_id(bench)] == [
        "London", "London", "London", "Londres", "Store 1", "Store 2", None, "London"
    ]  # fmt: skip
    assert sorted(row[:2] for row in bench.rows("s.mapping")) == [["Lodnon", "London"], ["london ", "London"]]
    assert not bench.checks()["standardise_changes", "s"][0]


def test_known_spellings_gather_and_what_is_like_none_is_counted() -> None:
    step: dict[str, object] = {
        "use": "standardise", "column": "v", "known": ["LONDON"], "same": {"Londres": "LONDON"}, "keep": ["Store 1"]
    }  # fmt: skip
    bench = run(SPELLINGS, {**step, "name": "new"}, v="VARCHAR")  # type: ignore[arg-type]
    assert [row[2] for row in by_id(bench)] == [
        "LONDON", "LONDON", "LONDON", "LONDON", "Store 1", "Store 2", None, "LONDON"
    ]  # fmt: skip
    assert bench.checks()["standardise_unknown", "s"][2] == "1 spelling is like none and stays as it is"


TOWNS: list[list[object]] = [["York", "N"], ["Leeds", "N"], [None, "?"], ["New York", "US"], ["Leeds", "N"]]


def test_known_spellings_may_stand_in_a_second_table_in_whose_order_nothing_lies() -> None:
    rows: list[list[object]] = [[1, "Yrok"], [2, "LEEDS"], [3, "new york"], [4, "Hull"], [5, None], [6, "York"]]
    table = {"columns": {"id": "INTEGER", "v": "VARCHAR"}, "primary_key": ["id"], "rows": rows}
    step = {"id": "s", "use": "standardise", "from": ["t", "towns"], "column": "v", "known": "town"}
    towns = {"columns": {"town": "VARCHAR", "region": "VARCHAR"}, "rows": TOWNS}
    for one in (towns, {**towns, "rows": TOWNS[::-1]}):
        tables = {"t": table, "towns": one}
        bench = Bench(compile_steps(tables, [step]), tables)
        assert [row[1] for row in by_id(bench)] == ["York", "Leeds", "New York", "Hull", None, "York"]
        assert bench.checks()["standardise_unknown", "s"][2] == "1 spelling is like none and stays as it is"
    for known, said in ((["York", "Leeds"], "the one column"), ("city", "no column 'city'")):
        with pytest.raises(SpecError, match=said):
            compile_steps({"t": table, "towns": towns}, [{**step, "known": known}])


def test_a_column_of_names_of_their_own_is_no_column_of_spellings() -> None:
    rows: list[list[object]] = [[number, f"name {number}"] for number in range(5001)]
    with pytest.raises(LimitError, match="5,001 spellings"):
        run(rows, {"use": "standardise", "column": "v"}, v="VARCHAR")


PAIRS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), max_size=6)


@given(PAIRS, st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8), st.randoms())
@settings(max_examples=50, deadline=None)
def test_what_spellings_become_stays_as_it_is_and_hangs_on_no_order(
    counts: dict[str, int], drawn: list[tuple[str, str]], random: object
) -> None:
    pairs = [(a, b, 0.95) for a, b in drawn if a != b and a in counts and b in counts]
    found = {one.spelling: one.becomes for one in grouped(counts, pairs)}
    assert set(found) == set(counts)
    assert all(found[becomes] == becomes and counts[becomes] >= counts[one] for one, becomes in found.items())
    names = list(counts)
    random.shuffle(names)  # type: ignore[attr-defined]
    turned = {name: counts[name] for name in names}
    assert {one.spelling: one.becomes for one in grouped(turned, reversed(pairs))} == found


TREES = st.lists(st.integers(0, 8), min_size=1, max_size=9)


@given(TREES)
@settings(max_examples=25, deadline=None)
def test_a_walk_ends_at_the_top_and_pairs_are_all_that_lies_below(above: list[int]) -> None:
    # Each row is below an earlier one, or at the top where that would be itself.
    parents = [None if one >= number else one for number, one in enumerate(above)]
    rows: list[list[object]] = [[number, parent] for number, parent in enumerate(parents)]
    step: dict[str, object] = {"use": "hierarchy", "child": "id", "parent": "up"}

    def way(node: int) -> list[int]:
        found = [node]
        while (up := parents[found[0]]) is not None:
            found.insert(0, up)
        return found

    bench = run(rows, step, up="INTEGER")
    assert all(found[0] for found in bench.checks().values())
    for node, _, top, level, path in by_id(bench):
        due = way(int(str(node)))
        assert (top, level, path) == (due[0], len(due), " / ".join(map(str, due)))
    pairs = run(rows, {**step, "give": "pairs"}, up="INTEGER").rows("s")
    assert sorted(pairs) == sorted(
        [high, node, len(due) - place]
        for node in range(len(parents))
        for due in [way(node)[:-1]]
        for place, high in enumerate(due)
    )


def test_quantities_multiply_down_a_way_and_add_up_over_several() -> None:
    rows: list[list[object]] = [
        [1, "bike", "wheel", "2"], [2, "wheel", "spoke", "32"], [3, "bike", "spoke", "1"], [4, "bike", "bolt", "0.5"]
    ]  # fmt: skip
    step: dict[str, object] = {
        "use": "hierarchy", "child": "part", "parent": "of", "give": "pairs", "quantity": "n"
    }  # fmt: skip
    found = run(rows, step, of="VARCHAR", part="VARCHAR", n="DECIMAL(9,3)").rows("s")
    assert sorted(found) == [
        ["bike", "bolt", 1, "0.500000"], ["bike", "spoke", 1, "65.000000"], ["bike", "wheel", 1, "2.000000"],
        ["wheel", "spoke", 1, "32.000000"],
    ]  # fmt: skip


def test_each_way_down_is_a_row_with_what_its_links_add_up_to() -> None:
    rows: list[list[object]] = [
        [1, "bike", "wheel", "2", 3], [2, "wheel", "spoke", "32", 5], [3, "bike", "spoke", "1", 5],
        [4, "bike", "bolt", "0.5", None],
    ]  # fmt: skip
    columns = {"of": "VARCHAR", "part": "VARCHAR", "n": "DECIMAL(9,3)", "days": "INTEGER"}
    step: dict[str, object] = {"use": "hierarchy", "child": "part", "parent": "of", "give": "ways", "by": " > "}
    measured: dict[str, object] = {**step, "quantity": "n", "total": "days", "path": "way"}
    assert sorted(run(rows, measured, **columns).rows("s")) == [
        ["bike", "bolt", 1, "bike > bolt", "0.500000", None],
        ["bike", "spoke", 1, "bike > spoke", "1.000000", "5.000000"],
        ["bike", "spoke", 2, "bike > wheel > spoke", "64.000000", "8.000000"],
        ["bike", "wheel", 1, "bike > wheel", "2.000000", "3.000000"],
        ["wheel", "spoke", 1, "wheel > spoke", "32.000000", "5.000000"],
    ]
    assert len(run([*rows, [5, "bike", "bolt", "1", 1]], step, **columns).rows("s")) == 5
    with pytest.raises(SpecError, match="total is for give: ways"):
        run(rows, {**measured, "give": "pairs"}, **columns)


def test_what_is_grouped_by_is_spelled_as_the_step_says_where_case_alone_differs() -> None:
    rows: list[list[object]] = [[1, 5], [2, 5]]
    bench = run(rows, {"use": "aggregate", "group_by": {"WEEK": "week"}, "measures": {"n": "count(*)"}}, week="INTEGER")
    assert bench.columns("s") == ["WEEK", "n"]
    step: dict[str, object] = {"use": "pivot", "by": {"WEEK": "week"}, "column": "id", "values": [1, 2],
                               "measure": "count(*)"}  # fmt: skip
    assert run(rows, step, week="INTEGER").columns("s") == ["WEEK", "1", "2"]


@pytest.mark.parametrize("give", ["top", "pairs", "ways"])
def test_a_circle_and_a_walk_that_is_too_long_stop_the_run(give: str) -> None:
    step: dict[str, object] = {"use": "hierarchy", "child": "id", "parent": "up", "give": give, "depth": 3}
    circle = run([[1, 2], [2, 1]], step, up="INTEGER").checks()["hierarchy_ends", "s"]
    deep = run([[1, None], [2, 1], [3, 2], [4, 3], [5, 4], [6, 5]], step, up="INTEGER").checks()["hierarchy_ends", "s"]
    fits = run([[1, None], [2, 1], [3, 2], [4, 3]], step, up="INTEGER").checks()["hierarchy_ends", "s"]
    assert (circle[0], deep[0], fits[0]) == (False, False, True)
    assert "raise depth" in deep[2]


def test_a_row_below_two_others_has_no_one_top() -> None:
    table = {"columns": {"a": "INTEGER", "b": "INTEGER"}, "rows": [[1, 2], [1, 3]]}
    step = {"id": "s", "from": "t", "use": "hierarchy", "child": "a", "parent": "b"}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    assert not bench.checks()["hierarchy_one_parent", "s"][0]


WORDS = st.one_of(st.none(), st.text(alphabet="ab1 -", max_size=8))


@given(st.lists(WORDS, max_size=6), st.sampled_from(["null", "quarantine"]))
@settings(max_examples=25, deadline=None)
def test_pieces_are_those_that_the_pattern_finds_and_no_row_is_lost(texts: list[str | None], policy: str) -> None:
    rows: list[list[object]] = [[number, text] for number, text in enumerate(texts)]
    step: dict[str, object] = {
        "use": "extract", "column": "v", "pattern": "([ab]+)-([0-9]+)?", "into": ["x", "y"], "on_error": policy
    }  # fmt: skip
    bench = run(rows, step, *(["rejected"] if policy == "quarantine" else []), v="VARCHAR")
    aside = bench.rows("s.rejected") if policy == "quarantine" else []
    found = by_id(bench)
    assert sorted([row[0] for row in found] + [row[0] for row in aside]) == list(range(len(texts)))  # type: ignore[type-var]
    for number, text, x, y in found:
        match = re.search("([ab]+)-([0-9]+)?", str(text or ""))
        assert (x, y) == ((match[1], match[2]) if match else (None, None)), number
    assert all(str(row[1]).strip() and not re.search("([ab]+)-", str(row[1])) for row in aside)


@given(st.lists(WORDS, max_size=6))
@settings(max_examples=20, deadline=None)
def test_every_match_is_a_row_and_a_text_without_one_keeps_its_row(texts: list[str | None]) -> None:
    rows: list[list[object]] = [[number, text] for number, text in enumerate(texts)]
    step: dict[str, object] = {
        "use": "extract", "column": "v", "pattern": "(?P<word>[ab]+)", "matches": "all", "position": "place",
        "on_error": "null",
    }  # fmt: skip
    found = run(rows, step, v="VARCHAR").rows("s")
    due = [
        [number, text, place, word]
        for number, text in enumerate(texts)
        for place, word in enumerate(re.findall("[ab]+", text or "") or [None], start=1)
    ]
    assert sorted(found, key=repr) == sorted(due, key=repr)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pattern": "(a"}, "cannot be read"),
        ({"pattern": "(?=a)b", "into": "x"}, "cannot be read"),
        ({"pattern": r"(a)\1"}, "cannot be read"),
        ({"into": ["x", "y"]}, "into names 2 columns"),
        ({"into": []}, "not said what the pieces are called"),
        ({"column": "id"}, "not text"),
        ({"position": "n"}, "One match has no number"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=re.escape(said)):
        run([], {"use": "extract", "column": "v", "pattern": "(a)", "into": ["x"], **changes}, v="VARCHAR")


def test_several_measures_give_a_column_for_each_value_and_measure() -> None:
    rows: list[list[object]] = [[1, "N", "web", 5], [2, "N", "shop", 2], [3, "N", "web", 1], [4, "S", "post", 9]]
    step: dict[str, object] = {"use": "pivot", "by": "region", "column": "way", "values": ["web", "shop"],
                               "measures": {"sum": "sum(n)", "rows": "count(*)"}, "other": "rest",
                               "fill": 0}  # fmt: skip
    found = run(rows, step, region="VARCHAR", way="VARCHAR", n="INTEGER")
    names = next(stage for stage in found.job.stages if stage.relation.name == "s").relation.names
    assert list(names) == ["region", "web sum", "web rows", "shop sum", "shop rows", "rest sum", "rest rows"]
    assert sorted(found.rows("s")) == [["N", 6, 2, 2, 1, 0, 0], ["S", 0, 0, 0, 0, 9, 1]]


def test_the_names_of_several_measures_are_those_that_the_spec_says_and_no_two_alike() -> None:
    step: dict[str, object] = {"use": "pivot", "by": "way", "column": "n", "values": [1], "measures": {"a": "count(*)"}}
    found = run([], {**step, "names": "{measure}_{value}"}, way="VARCHAR", n="INTEGER")
    assert [list(stage.relation.names) for stage in found.job.stages] == [["way", "a_1"]]
    refused: list[dict[str, object]] = [{"names": "{value}"}, {"measure": "count(*)"}, {"measures": {}}]
    for wrong in refused:
        with pytest.raises(SpecError, match="measure"):
            run([], {**step, **wrong}, way="VARCHAR", n="INTEGER")


@pytest.mark.parametrize("depth", [2, 10])
def test_a_path_is_made_of_names_where_items_are_codes(depth: int) -> None:
    rows: list[list[object]] = [[1, None, "All"], [2, 1, "Cash"], [3, 2, None], [4, 9, "Lost"]]
    columns = {"up": "INTEGER", "name": "VARCHAR"}
    step: dict[str, object] = {"use": "hierarchy", "child": "id", "parent": "up", "label": "name", "depth": depth}
    found = by_id(run(rows, step, **columns))
    assert [row[3:] for row in found] == [
        [1, 1, "All"],
        [1, 2, "All / Cash"],
        [1, 3, "All / Cash / 3"],
        [9, 2, "9 / Lost"],
    ]
    ways = run(rows, {**step, "give": "ways"}, **columns).rows("s")
    assert sorted(str(row[-1]) for row in ways) == ["9 / Lost", "All / Cash", "All / Cash / 3", "Cash / 3"]
    with pytest.raises(SpecError, match="not valid: label is for give: top"):
        run(rows, {**step, "give": "pairs"}, **columns)


VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "d", " "]))


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=9), st.booleans(), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_rows_are_in_one_group_exactly_where_a_chain_of_equal_values_leads_from_one_to_the_other(
    rows: list[tuple[str | None, str | None, str | None]], across: bool, columns: int
) -> None:
    table = {"columns": {"id": "VARCHAR", "x": "VARCHAR", "y": "VARCHAR", "z": "VARCHAR"}, "primary_key": ["id"],
             "rows": [[f"r{number}", *row] for number, row in enumerate(rows)]}  # fmt: skip
    step = {"id": "s", "use": "components", "from": "t", "on": ["x", "y", "z"][:columns], "across": across}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    held = [
        {value if across else (place, value) for place, value in enumerate(row[:columns]) if value and value.strip()}
        for row in rows
    ]
    group = list(range(len(rows)))
    for _ in rows:
        for one, other in product(range(len(rows)), repeat=2):
            if held[one] & held[other]:
                group[one] = min(group[one], group[other])
    assert sorted(bench.rows("s"), key=repr) == [
        [f"r{number}", *row, f"r{group[number]}"] for number, row in enumerate(rows)
    ]
    assert [field.type for field in bench.job.relations["s"].fields] == bench.types("s")
    assert all(passed for passed, *_ in bench.checks().values())


def test_a_value_that_most_rows_share_is_told_for_it_connects_them_all() -> None:
    table = {"columns": {"id": "INTEGER", "phone": "VARCHAR"}, "primary_key": ["id"],
             "rows": [[n, "n/a" if n < 11 else f"555-{n}"] for n in range(20)]}  # fmt: skip
    step = {"id": "s", "use": "components", "from": "t", "on": "phone"}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    assert bench.checks()["components_value", "s"][0::2] == (False, "one value connects 11 of them")


def test_connected_rows_need_a_column_that_names_them_and_values_that_can_be_equal() -> None:
    table = {"columns": {"id": "INTEGER", "a": "VARCHAR", "b": "INTEGER"}, "rows": []}
    step = {"id": "s", "use": "components", "from": "t", "on": ["a", "b"]}
    with pytest.raises(SpecError, match="No one column is known"):
        compile_steps({"t": table}, [step])
    with pytest.raises(SpecError, match="depends on the order"):
        compile_steps({"t": table}, [{**step, "id_column": "id"}])
    with pytest.raises(SpecError, match="never equal"):
        compile_steps({"t": {**table, "primary_key": ["id"]}}, [{**step, "across": True}])
