"""Drafts from vendors' own descriptions are held against connectors by hand: floors, and what differs is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.suites.drafting import PARTS, held

FLOORS = {
    # lists by hand; the same in address, records, key, pages, cursor; asked about
    "asana": (7, 7, 7, 7, 7, 6, 0),
    "sap": (8, 8, 8, 8, 8, 8, 0),
    "slack": (6, 4, 4, 4, 4, 3, 2),
    "stripe": (9, 9, 9, 9, 9, 8, 0),
    "xero": (8, 8, 8, 8, 8, 8, 0),
}


@pytest.mark.parametrize("system", FLOORS)
def test_a_draft_is_as_good_as_it_was(system: str, vendor_specs_folder: Path) -> None:
    found = held(system, vendor_specs_folder)
    if found is None:
        pytest.skip("needs third-party data: the vendor's description")
    lists, *same, asked = FLOORS[system]
    assert found.streams == lists
    assert [found.same[part] for part in PARTS] >= same, found.differs
    assert all(found.same[part] >= least for part, least in zip(PARTS, same, strict=True)), found.differs
    # Whatever is not the same is asked about or told; nothing is of another kind in silence.
    assert found.asked >= asked or found.same["address"] == found.streams
    assert not [text for text in found.differs if " pages is " in text or " records is " in text]
