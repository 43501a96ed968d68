"""A record appears late, with a moment that has passed."""

from datetime import datetime, timedelta

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError

SUMMARY = "a record that appears late, inside the lookback"


def run(bench: Bench) -> None:
    """The read begins a lookback earlier, as the run asks it to."""
    source = bench.source()
    if source.cursor is None or bench.theirs.growing is None or bench.theirs.belongs is not None:
        raise NotApplicableError("it has no cursor of its own")
    if not source.columns[source.cursor].startswith("TIMESTAMP"):
        raise NotApplicableError("its cursor is no instant")
    incremental = source.model_copy(update={"read": "incremental"})
    vendor = bench.vendor()
    border = bench.read(vendor, source=incremental).reading.cursor
    moment = datetime.fromisoformat(str(border))
    key = vendor.add(bench.stream, moment - timedelta(hours=1))
    since = str(moment - timedelta(hours=2)).replace("+00:00", "+00")
    if bench.key_there(key) not in bench.keys(bench.read(vendor, source=incremental, since=since)):
        raise BrokenError("the late record did not come")
