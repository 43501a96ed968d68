"""A dry run."""

import json

from connectors.http import forms
from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk

SUMMARY = "a dry run shows exactly the requests that would be sent, and sends none"


def run(desk: Desk) -> None:
    """Shown, then sent, and compared."""
    world = desk.world()
    shown = world.shown()
    if world.arrived:
        raise BrokenError("a dry run has sent something")
    before = len(world.vendor.calls)
    world.send()
    sent = [call for call in world.vendor.calls[before:] if call.method != "GET"]
    if [(one.method, one.url) for one in shown] != [(call.method, call.url) for call in sent]:
        raise BrokenError(f"{len(shown)} requests were shown and {len(sent)} others sent")
    for one, call in zip(shown, sent, strict=True):
        is_form = call.headers.get("content-type") == forms.FORM
        same = call.body == forms.encoded(one.body) if is_form else json.loads(call.body) == one.body
        if not same:
            raise BrokenError(f"what is sent to {one.url} is not what was shown")
