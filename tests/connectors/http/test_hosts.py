"""Where a key may be sent to."""

from __future__ import annotations

import pytest

from connectors.http.hosts import is_in_the_clear


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1", "http://localhost:8080", "http://127.0.0.1/x", "http://10.0.0.7", "http://[::1]:9",
     "http://erp:8000/sap", "http://sap.internal/odata", "http://books.LOCAL"],
)  # fmt: skip
def test_https_and_a_network_of_ones_own_are_for_keys(url: str) -> None:
    assert not is_in_the_clear(url)


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "http://8.8.8.8/x", "ftp://api.example.com", "http://local.example.com"]
)
def test_everything_else_is_in_the_clear(url: str) -> None:
    assert is_in_the_clear(url)
