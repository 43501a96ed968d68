"""An answer is lost on its way back."""

from connectors.http.conformance.desk import Desk
from connectors.http.vendor.faults import Lost

SUMMARY = "an answer that was lost does not send a record twice"


def run(desk: Desk) -> None:
    """What was asked is done; nobody here knows."""
    world = desk.world(Lost())
    world.all_once(world.send())
