"""The process is killed while a record is sent."""

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk, KilledError, Killing
from connectors.sends import Outbox

SUMMARY = "killed while it sends: the next attempt goes on, and no record is sent twice"


def run(desk: Desk) -> None:
    """With what the outbox kept, by another process."""
    world = desk.world(Killing())
    try:
        world.send(Outbox(desk.file))
    except KilledError:
        world.vendor.faults = []
    else:
        raise BrokenError("nothing was sent where the process was to be killed")
    sent = world.send(Outbox(desk.file))
    world.all_once(sent)
