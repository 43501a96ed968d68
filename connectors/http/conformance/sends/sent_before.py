"""The next run of a plan whose records have not changed."""

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk
from connectors.sends import Outbox

SUMMARY = "what was sent before is not sent again; what changed since is, where the action changes records"


def run(desk: Desk) -> None:
    """All as they were, then one with another content."""
    world = desk.world()
    world.send(Outbox(desk.file))
    asked = len(world.vendor.calls)
    again = world.send(Outbox(desk.file))
    sent = [call for call in world.vendor.calls[asked:] if call.method != "GET"]
    if sent or {one.result for one in again} != {"unchanged"}:
        raise BrokenError(f"{len(sent)} requests were sent for records that had not changed")
    texts = [name for name, value in desk.way.example.items() if isinstance(value, str)]
    if desk.said.creates or not texts:
        return
    first = {**world.rows[0], texts[0]: "something else"}
    world.send(Outbox(desk.file), [first, *world.rows[1:]])
    times = sorted(world.arrived.values())
    if times != [1, 1, 1, 2]:
        raise BrokenError(f"of four records one had changed, and they were sent {times} times")
