"""Lists without a filter, lists newest first and histories in windows: Stripe's own list, said in these ways.

The vendor is the one of its profile, which knows nothing of how the connector is told to read it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import DECLARED
from connectors.http import newest, owners, windows
from connectors.http.conformance import suite
from connectors.http.conformance.bench import NOW, Bench, BrokenError
from connectors.http.conformance.cases.killed import KilledError, Killing
from connectors.http.definition import Stream, Windows, read_definition
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import read_description
from connectors.http.vendor.profile import Span, VendorStream, read_profile
from spec.errors import DataError, LimitError

STREAM = "balance_transactions"
EVERY = {"from": "2026-01-01", "every": "30 days"}
PARAMS = {"created[gte]": "{window.from:epoch}", "created[lte]": "{window.to:epoch}"}
SOURCE = "played here as many vendors have it: at most 31 days from created[gte] to created[lte]"
Made = Callable[..., Bench]


@pytest.fixture
def bench_of(vendor_specs_folder: Path, tmp_path: Path) -> Made:
    def make(theirs: dict[str, Any] | None = None, **changed: Any) -> Bench:
        definition = read_definition(DECLARED.path("stripe"))
        profile = read_profile(DECLARED.path("stripe").with_name("vendor.yaml"))
        file = vendor_specs_folder / profile.description
        description = read_description(file, paths=profile.paths, overlay=profile.changes, cache=tmp_path / "read")
        plain = definition.streams[STREAM].model_dump(by_alias=True, exclude_unset=True)
        stream = Stream.model_validate({**plain, **changed})
        definition = definition.model_copy(update={"streams": {STREAM: stream}})
        played: VendorStream = profile.streams[STREAM].model_copy(update=theirs or {})
        profile = profile.model_copy(update={"streams": {STREAM: played}})
        return suite.bench("stripe", definition, STREAM, description, profile, {})

    return make


def kept(bench: Bench, *cases: str) -> None:
    found = [suite.tried(bench, case) for case in cases or suite.CASES.names()]
    broken = [f"{one.case}: {one.detail}" for one in found if one.result == "broken"]
    assert not broken, "\n".join(broken)


def without_filter(**cursor: Any) -> dict[str, Any]:
    return {"params": {}, "cursor": {"field": "/created", **cursor}}


def windowed(**said: Any) -> dict[str, Any]:
    return {"params": PARAMS, "windows": {**EVERY, **said}}


def spread(vendor: Vendor) -> None:
    """Records all over the year, some exactly where a window of 30 days ends."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, 11):
        vendor.add(STREAM, first + timedelta(days=30 * number))
        vendor.add(STREAM, first + timedelta(days=30 * number, hours=7))


def test_where_the_system_has_no_filter_the_whole_list_is_read_and_what_changed_is_passed_on(bench_of: Made) -> None:
    kept(bench_of(**without_filter()), "whole", "incremental", "late", "killed", "few_requests", "flagged")


def test_a_list_that_comes_newest_first_is_left_where_it_is_known(bench_of: Made) -> None:
    bench = bench_of(**without_filter(newest_first=True))
    kept(bench, "left_early", "incremental", "late", "whole", "killed", "came_twice")


@pytest.mark.parametrize(
    ("broken", "name", "changed"),
    [
        ("the border itself", "is_reached", lambda self, walk, records: bool(records)),
        (
            "the order",
            "is_reached",
            lambda self, walk, records: newest._spelled(records[-1]["created"], None) < self._since,
        ),
        ("the end", "is_reached", lambda self, walk, records: False),
    ],
)
def test_leaving_a_list_too_early_or_never_is_seen(
    bench_of: Made, broken: str, name: str, changed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest.Past, name, changed)
    assert suite.tried(bench_of(**without_filter(newest_first=True)), "left_early").result == "broken", broken


def test_a_history_is_read_in_windows_no_longer_than_the_system_bears(bench_of: Made) -> None:
    span = Span(start="created[gte]", end="created[lte]", days=31, form="epoch", source=SOURCE)
    bench = bench_of({"span": span}, **windowed())
    vendor = bench.vendor()
    spread(vendor)
    bench.same(vendor, bench.read(vendor))
    assert not bench.violations
    assert len(vendor.records(STREAM)) == bench.several + 20
    kept(bench, "whole", "incremental", "came_twice", "unavailable", "nothing_there")


def test_a_window_that_is_longer_than_the_system_bears_is_refused_by_it(bench_of: Made) -> None:
    span = Span(start="created[gte]", end="created[lte]", days=31, form="epoch", source=SOURCE)
    bench = bench_of({"span": span}, **windowed(every="40 days"))
    assert suite.tried(bench, "whole").result == "broken"


def test_a_read_that_was_killed_within_a_window_goes_on_within_it(bench_of: Made) -> None:
    bench = bench_of(**windowed())
    vendor = bench.vendor()
    spread(vendor)
    for hour in range(25):
        vendor.add(STREAM, datetime(2026, 7, 5, hour % 24, hour, tzinfo=UTC))
    with bench.folder() as folder:
        # Three pages of the first window, one each of the next five, then the second of the seventh.
        vendor.faults = [Killing(nth=bench_calls(vendor) + 10)]
        with pytest.raises(KilledError):
            bench.read(vendor, folder=folder)
        asked = [call.url for call in vendor.calls]
        vendor.faults = []
        before = len(vendor.calls)
        outcome = bench.read(vendor, folder=folder)
    bench.same(vendor, outcome)
    again = [call.url for call in vendor.calls[before:]]
    assert again[0] == asked[-1], "the page at which it was killed"
    assert "starting_after" in again[0], "which stands within its window"
    assert not set(again[1:]) & set(asked)


def bench_calls(vendor: Vendor) -> int:
    return len(vendor.calls)


def test_a_full_window_is_halved_until_it_is_not(bench_of: Made) -> None:
    kept(bench_of(**windowed(most=1000)), "full_window", "whole", "killed")


def test_one_window_is_enough_where_the_list_is_short(bench_of: Made) -> None:
    bench = bench_of(params=PARAMS, windows={"from": "2026-01-01", "most": 1000})
    kept(bench, "full_window", "whole", "few_requests", "killed", "incremental")


def test_a_killed_read_goes_on_among_the_halves_of_a_full_window(bench_of: Made) -> None:
    bench = bench_of({"ends_after": 15}, params=PARAMS, windows={"from": "2026-01-01", "most": 15})
    for nth in range(2, 9):
        vendor = bench.vendor(40)
        with bench.folder() as folder:
            bench.source()
            vendor.faults = [Killing(nth=nth)]
            with pytest.raises(KilledError):
                bench.read(vendor, folder=folder)
            vendor.faults = []
            bench.same(vendor, bench.read(vendor, folder=folder))


def test_halving_is_needed(bench_of: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(**windowed(most=1000))
    monkeypatch.setattr("connectors.http.fetching.Fetch._is_full", lambda _self, _walk: False)
    assert suite.tried(bench, "full_window").result == "broken"


def test_a_second_that_is_full_is_refused(bench_of: Made) -> None:
    bench = bench_of({"ends_after": 15}, params=PARAMS, windows={"from": "2026-01-01", "most": 15})
    vendor = bench.vendor(5)
    for _ in range(20):
        vendor.add(STREAM, datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(LimitError, match="no more of what happened"):
        bench.read(vendor)


def test_windows_are_the_same_when_a_read_goes_on_and_one_more_when_it_is_late() -> None:
    said = Windows.model_validate(EVERY)
    begun = NOW.isoformat()
    first = windows.windows_of(said, {}, None, begun, NOW)
    assert windows.windows_of(said, {}, None, begun, NOW + timedelta(days=1)) == first
    late = windows.windows_of(said, {}, None, begun, NOW + timedelta(days=9))
    assert late[:-1] == first
    assert late[-1].start == first[-1].end
    assert all(one.end == two.start for one, two in pairwise(late))
    assert first[0].start == datetime(2026, 1, 1, tzinfo=UTC)


def test_windows_begin_where_an_incremental_read_begins() -> None:
    said = Windows.model_validate(EVERY)
    found = windows.windows_of(said, {}, "2026-11-20 10:00:00.5+00", NOW.isoformat(), NOW)
    assert [one.start for one in found] == [datetime(2026, 11, 20, 10, tzinfo=UTC)]


def test_a_case_that_sees_nothing_would_be_no_case(bench_of: Made) -> None:
    bench = bench_of({"ends_after": 15}, params=PARAMS, windows={"from": "2026-01-01", "most": 1000})
    vendor = bench.vendor()
    with pytest.raises(BrokenError, match="missing"):
        bench.same(vendor, bench.read(vendor))


@pytest.fixture
def sections_of(vendor_specs_folder: Path, tmp_path: Path) -> Made:
    """Asana's sections as if a project's ``modified_at`` grew with them."""

    def make() -> Bench:
        definition = read_definition(DECLARED.path("asana"))
        profile = read_profile(DECLARED.path("asana").with_name("vendor.yaml"))
        file = vendor_specs_folder / profile.description
        description = read_description(file, paths=profile.paths, overlay=profile.changes, cache=tmp_path / "read")
        projects = definition.streams["projects"].model_dump(by_alias=True, exclude_unset=True)
        sections = definition.streams["sections"].model_dump(by_alias=True, exclude_unset=True)
        sections["cursor"] = {"field": "/project_changed"}
        sections["parent"] = {
            "stream": "projects",
            "keep": {"project_id": "/gid", "project_changed": "/modified_at"},
            "ask": {"project": "/gid"},
            "changes_with_children": True,
        }
        sections["types"] = {**sections["types"], "/project_changed": "TIMESTAMP WITH TIME ZONE"}
        streams = {
            **definition.streams,
            "projects": Stream.model_validate({**projects, "cursor": {"field": "/modified_at"}}),
            "sections": Stream.model_validate(sections),
        }
        changed = definition.model_copy(update={"streams": streams})
        return suite.bench("asana", changed, "sections", description, profile, {})

    return make


def test_the_lists_of_parents_that_changed_are_read_as_a_whole_and_no_others(sections_of: Made) -> None:
    found = suite.tried(sections_of(), "children_as_a_set")
    assert found.result == "kept", found.detail


def test_reading_the_lists_of_all_parents_is_seen(sections_of: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.http.engine.changed_since", lambda _stream, _since, records: records)
    assert suite.tried(sections_of(), "children_as_a_set").result == "broken"


def test_leaving_out_a_parent_is_seen(sections_of: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    owners_of = owners._owners
    monkeypatch.setattr(owners, "_owners", lambda *given: list(dict.fromkeys(owners_of(*given)))[1:])
    assert suite.tried(sections_of(), "children_as_a_set").result == "broken"


def test_an_amount_needs_no_column_of_its_currency_beside_it(bench_of: Made) -> None:
    bench = bench_of()
    vendor = bench.vendor(3, texts=("KWD",))
    source = bench.source()
    alone = source.model_copy(
        update={"columns": {name: source.columns[name] for name in ("id", "net")}, "cursor": None, "drift": "evolve"}
    )
    rows = {row["id"]: row["net"] for row in bench.read(vendor, source=alone).rows}
    wanted = {one["id"]: Decimal(one["net"]).scaleb(-3) for one in vendor.records(STREAM)}
    assert {key: Decimal(str(value)) for key, value in rows.items()} == wanted


def test_a_plan_that_was_made_before_keeps_what_it_read(bench_of: Made) -> None:
    bench = bench_of()
    vendor = bench.vendor(3, texts=("EUR",))
    source = bench.source()
    options = {name: item for name, item in source.options.items() if name != "money"}
    narrow = {"columns": {"id": "VARCHAR", "net": "BIGINT"}, "options": options, "cursor": None, "drift": "evolve"}
    before = source.model_copy(update=narrow)
    rows = {row["id"]: row["net"] for row in bench.read(vendor, source=before).rows}
    assert rows == {one["id"]: str(one["net"]) for one in vendor.records(STREAM)}


@pytest.mark.parametrize("code", ["ISK", "ugx"])
def test_amounts_of_a_currency_that_the_vendor_is_not_clear_about_are_refused(bench_of: Made, code: str) -> None:
    bench = bench_of()
    bench.source()
    with pytest.raises(DataError, match="is not clear"):
        bench.read(bench.vendor(3, texts=(code,)))
