"""Steps that clean, fill, rank, split and expand: their laws on any rows, and what they refuse."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

WORDS = st.text(alphabet="aB é,;-'1 ", max_size=8)
ROWS = st.lists(
    st.tuples(st.sampled_from(["x", "y"]), st.one_of(st.none(), st.integers(0, 3)), st.one_of(st.none(), WORDS)),
    max_size=8,
)


def run(rows: list[tuple[object, ...]], *steps: dict[str, object]) -> list[list[object]]:
    """Rows of the last step over a table with the columns ``id``, ``per``, ``n`` and ``word``, sorted by id."""
    table = {
        "columns": {"id": "INTEGER", "per": "VARCHAR", "n": "INTEGER", "word": "VARCHAR"},
        "primary_key": ["id"],
        "rows": [[number, *row] for number, row in enumerate(rows)],
    }
    made = [
        {"id": f"s{number}", "from": f"s{number - 1}" if number else "t", **step} for number, step in enumerate(steps)
    ]
    bench = Bench(compile_steps({"t": table}, made), {"t": table})
    return sorted(bench.rows(made[-1]["id"]), key=lambda row: [str(value) for value in row])  # type: ignore[arg-type]


def refused(*steps: dict[str, object], key: bool = True) -> SpecError:
    table = {
        "columns": {"id": "INTEGER", "per": "VARCHAR", "n": "INTEGER", "word": "VARCHAR"},
        "rows": [],
        **({"primary_key": ["id"]} if key else {}),
    }
    made = [{"id": f"s{number}", "from": "t", **step} for number, step in enumerate(steps)]
    with pytest.raises(SpecError) as error:
        compile_steps({"t": table}, made)
    return error.value


@given(ROWS)
@settings(max_examples=12, deadline=None)
def test_filling_down_keeps_what_is_there_and_takes_the_last_value_before(rows: list[tuple[object, ...]]) -> None:
    found = {
        row[0]: row[2]
        for row in run(rows, {"use": "fill", "columns": "n", "direction": "down", "by": "id", "per": "per"})
    }
    last: dict[object, object] = {}
    for number, (per, n, _) in enumerate(rows):
        last[per] = n if n is not None else last.get(per)
        assert found[number] == last[per]


@given(ROWS)
@settings(max_examples=12, deadline=None)
def test_filling_up_is_filling_down_from_the_other_end(rows: list[tuple[object, ...]]) -> None:
    up = run(rows, {"use": "fill", "columns": "n", "direction": "up", "by": "id"})
    down = run(rows, {"use": "fill", "columns": "n", "direction": "down", "by": "id desc"})
    assert up == down


@given(ROWS)
@settings(max_examples=12, deadline=None)
def test_places_are_those_that_ties_are_said_to_get(rows: list[tuple[object, ...]]) -> None:
    kinds = ["min", "max", "average", "dense", "none"]
    steps: list[dict[str, object]] = [
        {
            "use": "rank",
            "by": ["n desc", "id"] if kind == "none" else "n desc",
            "per": "per",
            "ties": kind,
            "name": kind,
        }
        for kind in kinds
    ]
    groups: defaultdict[object, list[int]] = defaultdict(list)
    for per, n, _ in rows:
        groups[per].append(-1 if n is None else n)  # type: ignore[arg-type]
    alone: Counter[object] = Counter()
    for row in run(rows, *steps):
        per, n = row[1], -1 if row[2] is None else row[2]
        above = sum(other > n for other in groups[per])  # type: ignore[operator]
        alike = groups[per].count(n)  # type: ignore[arg-type]
        dense = len({other for other in groups[per] if other > n}) + 1  # type: ignore[operator]
        assert row[4:8] == [above + 1, above + alike, str(Decimal(2 * above + 1 + alike) * Decimal("0.5")), dense]
        assert above < row[8] <= above + alike  # type: ignore[operator]
        alone[per, row[8]] += 1
    assert all(times == 1 for times in alone.values())


@given(ROWS, st.sampled_from(["id", "id desc"]))
@settings(max_examples=12, deadline=None)
def test_filling_on_a_line_is_the_line_between_the_neighbours(rows: list[tuple[object, ...]], by: str) -> None:
    step: dict[str, object] = {"use": "fill", "columns": "n", "direction": "linear", "by": by, "per": "per"}
    found = {row[0]: row[2] for row in run(rows, step)}
    for number, (per, n, _) in enumerate(rows):
        own = [(at, one) for at, (group, one, _) in enumerate(rows) if group == per and one is not None]
        before, after = [one for one in own if one[0] <= number], [one for one in own if one[0] >= number]
        due = None if n is None else float(str(n))
        if n is None and before and after:
            (a, first), (b, last) = before[-1], after[0]
            low, high = float(str(first)), float(str(last))
            due = low + (high - low) * (number - a) / (b - a)
        assert found[number] == (due if due is None else pytest.approx(due))


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("DATE", ["2026-01-01", "2026-01-02", "2026-01-05", None]),
        ("TIMESTAMP", ["2026-01-01 00:00:00", "2026-01-01 06:00:00", "2026-01-02", None]),
        ("DECIMAL(9,1)", ["0.5", "1.0", "2.5", None]),
    ],
)
def test_a_line_goes_by_how_far_rows_lie_apart_and_keeps_the_decimals(kind: str, places: list[object]) -> None:
    values = ["1.00", None, "2.00", "9.00"]
    table = {"columns": {"at": kind, "v": "DECIMAL(9,2)"}, "primary_key": ["at"],
             "rows": [list(row) for row in zip(places, values, strict=True)]}  # fmt: skip
    step = {"id": "s", "use": "fill", "from": "t", "columns": "v", "direction": "linear", "by": "at"}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    assert sorted(str(row[1]) for row in bench.rows("s")) == ["1.00", "1.25", "2.00", "9.00"]
    assert [field.type for field in bench.job.relations["s"].fields] == bench.types("s")
    error = refused({"use": "fill", "columns": "word", "direction": "linear", "by": "id"})
    assert "only numbers lie on a line" in error.message


@given(ROWS)
@settings(max_examples=12, deadline=None)
def test_parts_in_rows_put_together_again_are_the_text(rows: list[tuple[object, ...]]) -> None:
    step = {"use": "split", "column": "word", "by": ",", "position": "place", "trim": False}
    parts: defaultdict[object, dict[int, str]] = defaultdict(dict)
    for number, _, _, place, part in run(rows, step):
        parts[number][int(str(place))] = str(part or "")
    assert len(parts) == len(rows)
    for number, (_, _, word) in enumerate(rows):
        texts = [parts[number][place] for place in sorted(parts[number])]
        assert ",".join(texts) == (word or "")


@given(ROWS, st.sampled_from(["start", "end"]))
@settings(max_examples=12, deadline=None)
def test_parts_in_columns_with_the_rest_in_one_are_the_text(rows: list[tuple[object, ...]], at: str) -> None:
    step = {"use": "split", "column": "word", "by": ",", "into": ["a", "b"], "at": at, "extra": "last", "trim": False}
    for row in run(rows, step):
        word, first, second = row[3], row[4] or "", row[5] or ""
        text = str(word or "")
        cut = text.partition(",")[::2] if at == "start" else text.rpartition(",")[::2]
        assert [first, second] == list(cut)


@given(ROWS, st.sampled_from(["lower", "upper", "title", "sentence"]), st.booleans())
@settings(max_examples=12, deadline=None)
def test_text_that_is_clean_stays_as_it_is(rows: list[tuple[object, ...]], case: str, keeps: bool) -> None:
    kinds = {"keep": ["letters", "spaces"]} if keeps else {"remove": ["punctuation", "digits"]}
    step: dict[str, object] = {"use": "text", "columns": "word", "case": case, "squeeze": True, **kinds}
    step["accents"] = "remove"
    assert run(rows, step) == run(rows, step, step)
    for row in run(rows, step):
        assert row[3] is None or (str(row[3]) == " ".join(str(row[3]).split()) and "é" not in str(row[3]).lower())


@pytest.mark.parametrize(
    ("pattern", "word", "taken"),
    [
        ("#([0-9]+)", "no #12 or #3", "12"),
        ("[0-9]+", "no #12", "12"),
        (r"\(([a-z]+)\)", "is (so) it", "so"),
        ("(?:a|b)c", "xbc", "bc"),
        ("[(]([a-z]+)", "is (so", "so"),
        (r"\(so", "is (so", "(so"),
        ("(?P<n>o)", "so", "o"),
        ("z", "so", None),
    ],
)
def test_the_first_group_is_taken_where_a_pattern_has_one(pattern: str, word: str, taken: str | None) -> None:
    ((*_, found),) = run([("x", 1, word)], {"use": "text", "columns": {"taken": "word"}, "extract": pattern})
    assert found == taken


@given(
    st.dates(date(2019, 12, 25), date(2020, 3, 5)),
    st.integers(-3, 70),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
)
@settings(max_examples=12, deadline=None)
def test_a_stretch_holds_each_day_from_its_start_to_its_end(start: date, length: int, every: str) -> None:
    end = start + timedelta(days=length)
    table = {"columns": {"id": "INTEGER", "a": "DATE", "b": "DATE"}, "primary_key": ["id"],
             "rows": [[1, start.isoformat(), end.isoformat()]]}  # fmt: skip
    steps = [{"id": "s", "use": "expand", "from": "t", "start": "a", "end": "b", "every": every}]
    found = sorted(str(row[3]) for row in Bench(compile_steps({"t": table}, steps), {"t": table}).rows("s"))
    due = []
    for number in range(80):
        months = {"month": 1, "quarter": 3, "year": 12}.get(every, 0) * number
        days = {"day": 1, "week": 7}.get(every, 0) * number
        first = date(start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1, 1)
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        day = (
            min(first + timedelta(days=start.day - 1), last) + timedelta(days=days)
            if months
            else start + timedelta(days=days)
        )
        due += [day.isoformat()] if day <= end else []
    assert found == due


@given(
    st.lists(st.tuples(st.sampled_from(["x", "y"]), st.dates(date(2019, 11, 25), date(2020, 3, 5))), max_size=6),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_after_scaffolding_no_period_is_missing_and_no_row_is_changed(
    rows: list[tuple[str, date]], every: str, own: bool
) -> None:
    plain = [[per, day.isoformat(), number] for number, (per, day) in enumerate(rows)]
    table = {"columns": {"per": "VARCHAR", "day": "DATE", "n": "INTEGER"}, "rows": plain}
    step = {"use": "scaffold", "column": "day", "every": every, "per": "per", "own": own, "fill": {"n": -1}}
    steps = [
        {"id": "s", "from": "t", **step},
        {"id": "again", "from": "s", **step},
        {"id": "new", "use": "select", "from": "s.added", "columns": ["per", "day", "n"]},
    ]
    bench = Bench(compile_steps({"t": table}, steps), {"t": table})
    found, added = bench.rows("s"), bench.rows("new")
    assert sorted(row for row in found if row not in added) == sorted(plain)
    assert sorted(bench.rows("again")) == sorted(found)
    assert all(row[2] == -1 for row in added)
    starts = {per: {start_of(day, every) for other, day in rows if own is False or other == per} for per, _ in rows}
    due = {(per, day) for per, days in starts.items() for day in periods(min(days), max(days), every)}
    assert {(row[0], start_of(date.fromisoformat(str(row[1])), every)) for row in found} == due


def start_of(day: date, every: str) -> date:
    if every == "week":
        return day - timedelta(days=day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}.get(every)
    return day if months is None else date(day.year, (day.month - 1) // months * months + 1, 1)


def periods(first: date, last: date, every: str) -> set[date]:
    return {start_of(first + timedelta(days=number), every) for number in range((last - first).days + 1)}


def test_a_scaffold_goes_from_a_stated_start_to_a_stated_end() -> None:
    table = {"columns": {"day": "DATE"}, "rows": [["2026-07-14"]]}
    steps = [{"id": "s", "use": "scaffold", "from": "t", "column": "day", "start": "2026-07-13", "end": "$today"}]
    bench = Bench(compile_steps({"t": table}, steps), {"t": table})
    assert sorted(bench.rows("s")) == [["2026-07-13"], ["2026-07-14"], ["2026-07-15"]]


@pytest.mark.parametrize(
    ("step", "field", "said"),
    [
        ({"use": "fill", "columns": "n", "direction": "down", "by": "per"}, "by", "Add id"),
        ({"use": "fill", "columns": "m", "value": 0}, "columns", "It has: id"),
        ({"use": "fill", "columns": "n", "value": "many"}, "value", "INT32"),
        ({"use": "rank", "by": "n", "ties": "none"}, "by", "Add id"),
        ({"use": "rank", "by": "n", "name": "N"}, "name", "another name"),
        ({"use": "map", "column": "word", "values": {"a": 1}}, "values", "otherwise: null"),
        ({"use": "map", "column": "n", "values": {"one": "a"}, "otherwise": "null"}, "values", "INT32"),
        ({"use": "map", "column": "word", "values": {"a": "b", "A ": "c"}, "ignore_case": True}, "values", "once"),
        ({"use": "split", "column": "n"}, "column", "explode"),
        ({"use": "split", "column": "word", "into": ["id"]}, "into", "another name"),
        ({"use": "split", "column": "word", "by": [",", ";"], "into": ["a"], "extra": "last"}, "extra", "extra: drop"),
        ({"use": "text", "columns": "n"}, "columns", "columns of text"),
        ({"use": "text", "columns": "word", "extract": "(a"}, "extract", "missing )"),
        ({"use": "text", "columns": "word", "replace_pattern": {"+": "x"}}, "replace_pattern", "RE2"),
        ({"use": "expand", "start": "word", "times": "n"}, "start", "Cast"),
        ({"use": "expand", "start": "n", "end": "word"}, "end", "Cast"),
        ({"use": "scaffold", "column": "n"}, "column", "not DATE"),
    ],
)
def test_what_a_step_cannot_do_is_refused_with_its_field_and_a_way_out(
    step: dict[str, object], field: str, said: str
) -> None:
    error = refused(step)
    assert error.where["step"] == "s0"
    assert error.where["field"] == field
    assert said in f"{error.message} {error.hint}"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"use": "fill", "columns": "n"}, "say where values come from"),
        ({"use": "fill", "columns": "n", "value": 0, "per": "per"}, "belong to a direction"),
        ({"use": "fill", "columns": "n", "direction": "linear", "by": ["id", "n"]}, "a line goes by one column"),
        ({"use": "map", "column": "word", "values": {"a": "b"}, "otherwise": "stop", "default": "c"}, "either"),
        ({"use": "split", "column": "word", "into": ["a"], "position": "place"}, "is for rows"),
        ({"use": "text", "columns": "word", "keep": "letters", "remove": "digits"}, "which kinds"),
        ({"use": "expand", "start": "n"}, "how many 'times'"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(step: dict[str, object], said: str) -> None:
    assert said in str(refused(step))


def test_a_list_of_structs_gives_all_of_their_fields_and_a_row_without_elements_has_no_number() -> None:
    table = {
        "columns": {"id": "INTEGER", "lines": "STRUCT(sku VARCHAR, tags VARCHAR[])[]"},
        "primary_key": ["id"],
        "select": "SELECT 1 AS id, [{'sku': 'a', 'tags': ['x', 'y']}, {'sku': 'b', 'tags': []}] AS lines "
        "UNION ALL SELECT 2, []",
    }
    lines: dict[str, object] = {"id": "l", "use": "explode", "from": "t", "column": "lines", "keep_empty": True}
    tags: dict[str, object] = {"use": "explode", "column": "tags", "position": "n", "keep_empty": True}
    bench = Bench(compile_steps({"t": table}, [lines, {"id": "s", "from": "l", **tags}]), {"t": table})
    assert sorted(bench.rows("s"), key=repr) == [
        [1, 1, "a", 1, "x"],
        [1, 1, "a", 2, "y"],
        [1, 2, "b", None, None],
        [2, None, None, None, None],
    ]
    whole = Bench(compile_steps({"t": table}, [{**lines, "name": "line"}]), {"t": table})
    assert whole.job.relations["l"].names == ("id", "position", "line")


def test_a_pivot_takes_expressions_under_new_names_as_an_aggregate_does() -> None:
    step: dict[str, object] = {
        "use": "pivot", "by": {"kind": "upper(per)"}, "column": "n", "values": [1, 2], "measure": "count(*)"
    }  # fmt: skip
    assert run([("x", 1, ""), ("x", 1, ""), ("X", 2, ""), ("y", 2, "")], step) == [["X", 2, 1], ["Y", 0, 1]]


def test_how_many_rows_are_kept_may_be_a_parameter() -> None:
    table = {"columns": {"n": "INTEGER"}, "primary_key": ["n"], "rows": [[1], [2], [3]]}
    top = {"top": {"type": "INTEGER", "default": 2}}
    step = {"id": "s", "use": "limit", "from": "t", "rows": "$top", "by": "n desc"}
    for values, due in ((None, [[2], [3]]), ({"top": 1}, [[3]])):
        job = compile_steps({"t": table}, [step], spec_parameters=top, parameters=values)
        assert sorted(Bench(job, {"t": table}).rows("s")) == due
    with pytest.raises(SpecError, match="rows"):
        compile_steps({"t": table}, [{**step, "rows": "n + 1"}], spec_parameters=top)


def test_a_constant_makes_no_groups_and_stands_in_each_row() -> None:
    rows: list[tuple[object, ...]] = [("x", 1, "a"), ("x", 2, "b"), ("y", 4, "c")]
    step: dict[str, object] = {"use": "aggregate", "measures": {"n": "sum(n)"}}
    assert run(rows, {**step, "group_by": {"per": "per", "word": "'All'"}}) == [["x", "All", 3], ["y", "All", 4]]
    assert run(rows, {**step, "group_by": {"per": "'All'", "one": "1"}}) == [["All", 1, 7]]
    pivot: dict[str, object] = {"use": "pivot", "by": {"all": "'All'"}, "column": "per", "values": ["x", "y"]}
    assert run(rows, {**pivot, "measure": "sum(n)"}) == [["All", 3, 4]]
    assert "makes no groups" in str(refused({"use": "aggregate", "group_by": {"a": "1"}}))


def test_a_value_to_fill_in_may_be_a_parameter_and_a_text_with_a_dollar_stays_one() -> None:
    table = {"columns": {"id": "INTEGER", "n": "INTEGER", "word": "VARCHAR"}, "primary_key": ["id"],
             "rows": [[1, None, None], [2, 3, "x"]]}  # fmt: skip
    least = {"least": {"type": "INTEGER", "default": 5}}
    steps = [
        {"id": "a", "use": "fill", "from": "t", "columns": "n", "value": "$least"},
        {"id": "b", "use": "fill", "from": "a", "columns": "word", "value": "$5"},
    ]
    job = compile_steps({"t": table}, steps, spec_parameters=least)
    assert sorted(Bench(job, {"t": table}).rows("b")) == [[1, 5, "$5"], [2, 3, "x"]]


@given(
    st.lists(st.integers(0, 2000), max_size=6), st.sampled_from([("15 minutes", 15), ("hour", 60), ("2 hours", 120)])
)
@settings(max_examples=20, deadline=None)
def test_after_scaffolding_times_no_slot_of_the_clock_is_missing(minutes: list[int], every: tuple[str, int]) -> None:
    times = sorted(datetime(2026, 3, 1, 7, 7) + timedelta(minutes=one) for one in set(minutes))  # noqa: DTZ001 - a wall clock's
    table = {"columns": {"at": "TIMESTAMP"}, "primary_key": ["at"], "rows": [[at.isoformat(" ")] for at in times]}
    step = {"id": "s", "use": "scaffold", "from": "t", "column": "at", "every": every[0]}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    found = sorted(datetime.fromisoformat(str(row[0])) for row in bench.rows("s"))

    def slot(at: datetime) -> int:
        return int((at - datetime(2026, 3, 1)).total_seconds() // 60 // every[1])  # noqa: DTZ001 - a wall clock's

    assert {slot(at) for at in found} == set(range(slot(times[0]), slot(times[-1]) + 1) if times else ())
    assert [at for at in found if at in times] == times
    assert all(at.minute % every[1] == 0 or every[1] > 60 for at in found if at not in times)


def test_a_stretch_goes_by_hours_over_times_and_by_several_days_over_dates() -> None:
    table = {"columns": {"at": "TIMESTAMP", "day": "DATE"}, "rows": [["2026-01-01 10:05", "2026-01-31"]]}
    hours = {
        "id": "s",
        "use": "expand",
        "from": "t",
        "start": "at",
        "end": "at + interval 70 minute",
        "every": "30 minutes",
    }
    found = sorted(Bench(compile_steps({"t": table}, [hours]), {"t": table}).rows("s"))
    assert [str(row[-1]) for row in found] == ["2026-01-01T10:05:00", "2026-01-01T10:35:00", "2026-01-01T11:05:00"]
    weeks = {"id": "s", "use": "expand", "from": "t", "start": "day", "times": 3, "every": "2 weeks"}
    found = sorted(Bench(compile_steps({"t": table}, [weeks]), {"t": table}).rows("s"))
    assert [str(row[-1]) for row in found] == ["2026-01-31", "2026-02-14", "2026-02-28"]
    with pytest.raises(SpecError, match="every: hour"):
        compile_steps({"t": table}, [{**weeks, "start": "at"}])


def test_text_is_split_wherever_a_pattern_matches() -> None:
    step: dict[str, object] = {"use": "split", "column": "word", "pattern": "[-/]|(?i:x)|cm"}
    into = run([("a", 1, "AB-12x30cm"), ("a", 2, "C-7X9")], {**step, "into": ["a", "b", "c", "d"]})
    assert [row[4:] for row in into] == [["AB", "12", "30", None], ["C", "7", "9", None]]
    rows = run([("a", 1, "p-q/r")], {**step, "position": "place"})
    assert [row[3:] for row in rows] == [[1, "p"], [2, "q"], [3, "r"]]
    assert "where to split" in str(refused({**step, "by": "-"}))
    assert refused({**step, "pattern": "(a"}).where["field"] == "pattern"


@pytest.mark.parametrize("words", [["a;b", "c"], ["", None], ["a,b"]])
@pytest.mark.parametrize("into", [{"into": ["x", "y"]}, {}])
def test_a_separator_that_no_text_holds_is_told(words: list[str | None], into: dict[str, object]) -> None:
    table = {"columns": {"id": "INTEGER", "word": "VARCHAR"}, "rows": [[n, word] for n, word in enumerate(words)]}
    for how in ({"by": ";"}, {"by": [";", "|"]}, {"pattern": "; *"}):
        step = {"id": "s", "use": "split", "from": "t", "column": "word", **how, **into}
        bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
        assert bench.checks()["split_separator", "s"][0] is (words != ["a,b"])


def test_the_most_frequent_value_is_the_first_of_the_order_said_where_several_are() -> None:
    many: list[tuple[object, ...]] = [("x", n, word) for n, word in enumerate("babaca")]
    rows = [*many, ("y", 1, "d"), ("y", 2, "c")]
    step: dict[str, object] = {"use": "aggregate", "group_by": "per"}
    assert run(rows, {**step, "measures": {"m": "mode(word order by word)"}}) == [["x", "a"], ["y", "c"]]
    assert run(rows, {**step, "measures": {"m": "mode(word order by word desc)"}}) == [["x", "a"], ["y", "d"]]
    assert "MODE(word ORDER BY word)" in refused({**step, "measures": {"m": "mode(word)"}}).hint.replace('"', "")


@given(ROWS, st.integers(0, 4), st.sampled_from([None, 0, 2, "0%", "10%", "33.4 %", "50%", "100%"]))
@settings(max_examples=25, deadline=None)
def test_rows_that_are_skipped_and_kept_are_those_that_counting_gives(
    rows: list[tuple[object, ...]], skip: int, kept: int | str | None
) -> None:
    step: dict[str, object] = {"use": "limit", "by": "id desc", "per": "per", "skip": skip}
    if kept is not None:
        step["rows"] = kept
    elif not skip:
        assert "how many rows to keep" in str(refused(step))
        return
    due: list[int] = []
    for group in ("x", "y"):
        own = [number for number, row in reversed(list(enumerate(rows))) if row[0] == group][skip:]
        most = len(own) if kept is None else kept
        if isinstance(most, str):
            most = ceil(len(own) * Decimal(most.rstrip(" %")) / 100)
        due += own[:most]
    assert sorted(int(str(row[0])) for row in run(rows, step)) == sorted(due)


def test_the_first_percent_of_rows_with_ties_holds_all_that_are_equal_to_the_last() -> None:
    rows: list[tuple[object, ...]] = [("a", n, "") for n in (1, 1, 2, 3, 3, 3)]
    step: dict[str, object] = {"use": "limit", "by": "n desc", "ties": True}
    assert [row[0] for row in run(rows, {**step, "rows": "10%"})] == [3, 4, 5]
    assert [row[0] for row in run(rows, {**step, "rows": "60%"})] == [2, 3, 4, 5]
    assert "leave out skip or ties" in str(refused({**step, "rows": 1, "skip": 1}))
    assert "between 0 and 100" in str(refused({**step, "rows": "101%"}))
