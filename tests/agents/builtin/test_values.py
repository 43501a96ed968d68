"""Values are found as people write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.builtin.schema import index, values
from agents.builtin.schema.index import index_of
from agents.builtin.schema.values import ValueIndex
from agents.builtin.understand import linker_of
from evals.dataview import FolderView

Folder = Callable[[dict[str, str]], FolderView]


@pytest.fixture
def held() -> ValueIndex:
    made = ValueIndex()
    made.add("shops", "city", ["München", "Los Angeles", "Rome"])
    made.add("orders", "status", ["shipped", "Refunded"])
    made.add("shops", "state", ["CA", "NY"])
    return made


@pytest.mark.parametrize(
    ("phrase", "value"),
    [("munchen", "München"), ("ROME", "Rome"), ("refunds", "Refunded"), ("California", "CA")],
)
def test_case_accents_forms_and_codes_do_not_matter(held: ValueIndex, phrase: str, value: str) -> None:
    assert [hit.value for hit in held.find(phrase)] == [value]


def test_a_misspelt_name_is_found_only_where_a_name_is_expected(held: ValueIndex) -> None:
    assert held.find("Los Angelos") == []
    [hit] = held.find("Los Angelos", typos=True)
    assert (hit.value, hit.how) == ("Los Angeles", "typo")


def test_a_column_with_too_many_values_to_hold_is_asked(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_DISTINCT", 3)
    monkeypatch.setattr(values, "MAX_DISTINCT", 3)
    names = "Ann Bob Cid Dan Eve Flo Gil Hal Ida Jon Kay Lou Mia".split()
    view = folder({"people": "person_id,nick\n" + "".join(f"{i},{name}\n" for i, name in enumerate(names))})
    found = index_of(view)
    assert ("people", "nick") in found.values.partial
    links = linker_of(found).values("mia", quoted=True, capital=False)
    assert [(link.column, link.value) for link in links] == [("nick", "Mia")]
