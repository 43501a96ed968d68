"""The vendors whose profiles stand in tests/connectors/http/vendors, and clients that they know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description
from connectors.http.vendor.profile import Profile
from connectors.http.vendor.transport import VendorTransport

PROFILES = Path(__file__).parent.parent / "connectors" / "http" / "vendors"
NAMES = sorted(path.stem for path in PROFILES.glob("*.yaml"))
Known = Callable[[str], tuple[Description, Profile]]
Opened = Callable[..., tuple[Vendor, httpx.Client]]


def client_of(vendor: Vendor, token: str = "sentinel-token") -> httpx.Client:
    """A client with what all vendors here want in headers."""
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": "tenant"}
    base = f"https://vendor.test{vendor.description.base}"
    return httpx.Client(transport=VendorTransport(vendor), base_url=base, headers=headers)
