"""A second read asks for what is new alone."""

from datetime import UTC, datetime, timedelta

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "an incremental read: the border again, what changed, nothing else"


FARTHEST = timedelta(hours=36)
"""A filter by day asks from its first moment on, in whatever zone."""


def _refuse_misunderstood(begun: list[datetime], since: str) -> None:
    """Seconds where milliseconds are meant ask for everything, and nobody sees it by what comes."""
    if not begun:
        return
    meant = datetime.fromisoformat(since)
    meant = meant if meant.tzinfo is not None else meant.replace(tzinfo=UTC)
    if min(begun) < meant - FARTHEST:
        raise BrokenError(f"the vendor was asked for what changed since {min(begun)}, where {since} was meant")


def run(bench: Bench) -> None:
    """From the highest cursor on, less the lookback: what stands there, then a record that changed."""
    source = bench.source()
    cursor = source.cursor
    if cursor is None:
        raise NotApplicableError("it has no cursor")
    incremental = source.model_copy(update={"read": "incremental"})
    vendor = bench.vendor()
    whole = bench.read(vendor, source=incremental)
    border = whole.reading.cursor
    if not isinstance(border, str):
        raise BrokenError("a read gave no cursor")
    since = bench.start(source, border)
    wanted = sorted(bench.key_read(row) for row in whole.rows if (row[cursor] or "") >= since)
    if source.columns[cursor].startswith("TIMESTAMP") and bench.theirs.belongs is None and bench.theirs.growing:
        # One exactly where the read begins: a border that is left out loses it.
        wanted = sorted([*wanted, bench.key_there(vendor.add(bench.stream, datetime.fromisoformat(since)))])
    vendor.begun.clear()
    found = bench.keys(bench.read(vendor, source=incremental, since=since))
    if source.columns[cursor].startswith(("TIMESTAMP", "DATE")):
        _refuse_misunderstood(vendor.begun.get(bench.stream, []), since)
    lost = sorted(set(wanted) - set(found))
    if lost:
        raise BrokenError(f"{len(lost)} records from {since} on did not come again, such as {lost[0]}")
    if set(found) - set(wanted):
        raise BrokenError(f"{len(found)} records came again where {len(wanted)} are from {since} on")
    key = bench.key_there(at(vendor.records(bench.stream)[0], bench.theirs.key))
    vendor.touch(bench.stream, at(vendor.records(bench.stream)[0], bench.theirs.key))
    if bench.theirs.growing is None or bench.theirs.growing.field == bench.theirs.key:
        return
    if key not in bench.keys(bench.read(vendor, source=incremental, since=since)):
        raise BrokenError("a record that changed since did not come")
