"""Whatever is asked, the vendor answers; and it knows nothing of our side."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_vendor import SOURCE, described, parameter, vendor_of

import connectors.http.vendor as package
from connectors.http.vendor.wire import Call
from spec.registry import Shelf

PARAMETERS = [
    *(parameter(name, "integer") for name in ("page", "offset", "limit", "$skip", "$top")),
    *(
        parameter(name)
        for name in ("cursor", "starting_after", "$skiptoken", "query", "pageToken", "syncToken", "since")
    ),
    parameter("created", "object"),
    parameter("ids", "array"),
]
FILTER = {"param": "since", "field": "/changed", "keeps": "from", "source": SOURCE}
names = st.sampled_from([str(one["name"]) for one in PARAMETERS] + ["created[gte]", "ids[]", "created[", "x"])
texts = (
    st.text(max_size=20)
    | st.integers().map(str)
    | st.sampled_from(["9" * 5000, "1e999", "null", "-1", "NaN", "true", "e30="])
)


@pytest.mark.parametrize("way", sorted(Shelf("connectors.http.vendor.paging", "way").names()))
@given(
    query=st.lists(st.tuples(names, texts), max_size=4),
    body=st.binary(max_size=30) | st.just(b'{"variables": {"after": 3}}'),
)
def test_every_call_has_an_answer(way: str, query: list[tuple[str, str]], body: bytes) -> None:
    params = {
        "cursor": {"next_at": "/next"},
        "next_link": {"next_at": "/next"},
        "graphql": {"connection": "/data/orders"},
    }
    json_body: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}
    vendor = vendor_of(
        described(PARAMETERS, method="post", **json_body),
        {"use": way, **params.get(way, {})},
        stream={"filters": [FILTER]},
        count=3,
    )
    address = "&".join(f"{quote(name)}={quote(text, safe='')}" for name, text in query)
    reply = vendor.answer(Call("POST", f"https://x/v1/orders?{address}", {"content-type": "application/json"}, body))
    assert reply.status == 200 or vendor.violations


def test_the_vendors_side_imports_nothing_of_ours() -> None:
    for file in Path(str(package.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                parts = name.split(".")
                assert parts[:2] != ["connectors", "http"] or parts[2] == "vendor", f"{file.name}: {name}"
