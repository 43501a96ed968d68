"""Too many records at once for the system."""

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk
from connectors.http.vendor.faults import Limited

SUMMARY = "too many requests: the wait that the system says, and each record once"
WAIT = 7


def run(desk: Desk) -> None:
    """Told in seconds, and not told."""
    told = desk.world(Limited(wait=WAIT))
    told.all_once(told.send())
    if max(told.waits, default=0.0) < WAIT - 1:
        raise BrokenError(f"it was told to wait {WAIT} seconds and waited {max(told.waits, default=0.0):.1f}")
    silent = desk.world(Limited(told="nothing"))
    silent.all_once(silent.send())
