"""Records are sent."""

from connectors.http.conformance.desk import Desk

SUMMARY = "every record is carried out once, as the vendor's description wants it"


def run(desk: Desk) -> None:
    """Once each, and each says so."""
    world = desk.world()
    world.all_once(world.send())
