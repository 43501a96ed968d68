"""What is kept and shown of a sending."""

from connectors.http.conformance.bench import SECOND, SENTINEL, BrokenError
from connectors.http.conformance.desk import Desk
from connectors.sends import Outbox

SUMMARY = "no secret is in what is kept or shown, and no value of a record in what is kept"


def run(desk: Desk) -> None:
    """The outbox lives as long as the plan."""
    world = desk.world()
    shown = world.shown()
    sent = world.send(Outbox(desk.file))
    kept = desk.file.read_text(encoding="utf-8")
    told = repr(shown) + repr(sent) + kept
    if any(secret in told for secret in (SENTINEL, SECOND)):
        raise BrokenError("a secret is in what is kept or shown")
    values = [str(value) for row in world.rows for name, value in row.items() if name not in world.order.key]
    if any(value in kept for value in values if len(value) > 3):
        raise BrokenError("a value of a record is in the outbox")
