"""The vendors whose word stands beside our connectors, and clients that they know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description
from connectors.http.vendor.profile import Profile
from connectors.http.vendor.transport import VendorTransport

CONNECTORS = Path(__file__).parents[2] / "connectors"
NAMES = sorted(path.parent.name for path in CONNECTORS.glob("*/vendor.yaml"))
Known = Callable[[str], tuple[Description, Profile]]
Opened = Callable[..., tuple[Vendor, httpx.Client]]


def profile_file(name: str) -> Path:
    """Where a vendor's word stands."""
    return CONNECTORS / name / "vendor.yaml"


def client_of(vendor: Vendor, token: str = "sentinel-token") -> httpx.Client:
    """A client with what all vendors here want in headers."""
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": "tenant"}
    base = f"https://vendor.test{vendor.description.base}"
    return httpx.Client(transport=VendorTransport(vendor), base_url=base, headers=headers)
