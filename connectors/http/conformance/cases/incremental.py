"""A second read asks for what is new alone."""

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "an incremental read: the border again, what changed, nothing else"


def run(bench: Bench) -> None:
    """From the highest cursor on: what stands at the border, then a record that changed and one that is new."""
    source = bench.source()
    if source.cursor is None:
        raise NotApplicableError("it has no cursor")
    incremental = source.model_copy(update={"read": "incremental"})
    vendor = bench.vendor()
    whole = bench.read(vendor, source=incremental)
    border = whole.reading.cursor
    if not isinstance(border, str):
        raise BrokenError("a read gave no cursor")
    again = bench.read(vendor, source=incremental, since=border)
    at_border = sorted(key for key, row in _by_key(bench, whole.rows).items() if row[source.cursor] == border)
    found = bench.keys(again)
    if not set(at_border) <= set(found) and not _leaves_the_border_out(bench):
        raise BrokenError(f"the records at the border {border} did not come again")
    if len(found) > max(len(at_border), 1) + _grain(bench):
        raise BrokenError(f"{len(found)} of {len(whole.rows)} records came again though nothing changed")
    first = vendor.records(bench.stream)[0]
    key = at(first, bench.theirs.key)
    vendor.touch(bench.stream, key)
    changed = bench.keys(bench.read(vendor, source=incremental, since=border))
    if bench.theirs.growing is not None and str(key) not in changed:
        raise BrokenError("a record that changed since did not come")


def _by_key(bench: Bench, rows: list[dict[str, str | None]]) -> dict[str, dict[str, str | None]]:
    name, _ = bench.key()
    return {str(row[name]): row for row in rows}


def _leaves_the_border_out(bench: Bench) -> bool:
    """The vendor's own filter excludes the moment that it is given."""
    return any(one.keeps == "after" for one in bench.theirs.filters)


def _grain(bench: Bench) -> int:
    """Records that come again because a filter is coarser than a cursor: none where it is as fine."""
    return 2 if any(one.form in {"date", "http_date", "epoch"} for one in bench.theirs.filters) else 0
