"""The vendors whose word stands beside our connectors, and clients that they know."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description
from connectors.http.vendor.profile import Profile
from connectors.http.vendor.transport import VendorTransport

CONNECTORS = Path(__file__).parents[2] / "connectors"
NAMES = sorted(path.parent.name for path in CONNECTORS.glob("*/vendor.yaml"))
RESTFUL = [
    name for name in NAMES if "method: POST" not in (CONNECTORS / name / "vendor.yaml").read_text(encoding="utf-8")
]
"""Those whose lists are each at an address of their own; a query of a GraphQL system is answered by its own tests."""
MORE = "DREFLOW_MORE_SPECS"
"""Another folder with vendors' descriptions, for those that come in packages."""
Known = Callable[[str], tuple[Description, Profile]]
Opened = Callable[..., tuple[Vendor, httpx.Client]]


def profile_file(name: str) -> Path:
    """Where a vendor's word stands."""
    return CONNECTORS / name / "vendor.yaml"


def described_in(profile: Profile, specs: Path) -> tuple[Path, ...]:
    """The files of a vendor's own descriptions; the test is skipped, with the reason, where one is not at hand."""
    folders = [specs, *(Path(one) for one in filter(None, [os.environ.get(MORE)]))]
    names = (profile.description, *profile.beside)
    files = tuple(found for name in names for folder in folders if (found := folder / name).is_file())
    if len(files) < len(names):
        pytest.skip(f"needs third-party data: {' and '.join(names)} among the vendors' descriptions, or in {MORE}")
    return files


def client_of(vendor: Vendor, token: str = "sentinel-token") -> httpx.Client:
    """A client with what all vendors here want in headers."""
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": "tenant"}
    base = f"https://vendor.test{vendor.description.base}"
    return httpx.Client(transport=VendorTransport(vendor), base_url=base, headers=headers)
