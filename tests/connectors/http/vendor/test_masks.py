"""Google's field masks are read as its documents have them."""

from __future__ import annotations

import pytest

from connectors.http.vendor.masks import parsed, picked, unknown

FILE = {
    "type": ["object"],
    "properties": {"id": {"type": ["string"]}, "owners": {"type": ["array"], "items": {"$ref": "u"}}},
}
USER = {"type": ["object"], "properties": {"name": {"type": ["string"]}}}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("id", {"id": {}}),
        ("nextPageToken,files(id,owners/name)", {"nextPageToken": {}, "files": {"id": {}, "owners": {"name": {}}}}),
        ("a.b(c,d.e),f", {"a": {"b": {"c": {}, "d": {"e": {}}}}, "f": {}}),
        ("*", {"*": {}}),
    ],
)
def test_a_mask_says_what_is_wanted(text: str, wanted: object) -> None:
    assert parsed(text) == wanted


@pytest.mark.parametrize("text", ["", "a,", "a(b", "a)b", "a b", "a..b", "(a)", "a;b"])
def test_what_is_no_mask_is_none(text: str) -> None:
    assert parsed(text) is None


def test_a_name_that_no_answer_has_is_found_inside_of_lists_too() -> None:
    assert unknown(parsed("id,owners(name)") or {}, FILE, {"u": USER}) == ""
    assert unknown(parsed("owners/mail") or {}, FILE, {"u": USER}) == "owners.mail"
    assert unknown(parsed("name") or {}, FILE, {"u": USER}) == "name"


def test_what_is_not_wanted_does_not_come() -> None:
    document = {"files": [{"id": 1, "size": 2}, {"size": 3}], "kind": "x"}
    assert picked(document, parsed("files(id)") or {}) == {"files": [{"id": 1}, {}]}
    assert picked(document, parsed("files") or {}) == {"files": document["files"]}
