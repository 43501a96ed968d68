"""Stored words that say little by themselves, beside other values of their column."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_PARCELS = (
    "parcel_id,sent_on,weight,state\n1,2024-01-02,3,done\n2,2024-01-05,2,cancelled\n3,2024-02-02,5,returned\n"
    "4,2024-02-09,1,done\n5,2024-03-01,4,returned\n6,2024-03-03,2,lost\n7,2024-03-04,9,new\n"
)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("how many parcels are cancelled or returned?", 3),
        ("how many parcels are returned or cancelled?", 3),
        ("how many parcels excluding cancelled and returned?", 4),
        ("how many parcels excluding lost, returned and cancelled ones?", 3),
        ("total weight without cancelled and returned ones", 15),
        ("number of returned or lost parcels", 3),
    ],
)
def test_a_stored_word_in_a_list_of_states_is_never_dropped(
    ask: Ask, folder: Folder, question: str, figure: int
) -> None:
    view = folder({"parcel": _PARCELS})
    assert rows_of(view, ask(question, view)) == [[figure]]
