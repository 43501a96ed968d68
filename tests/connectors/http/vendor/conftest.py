"""Vendors as their own descriptions have them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from known_vendors import Known, Opened, client_of, described_in, profile_file

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description, together
from connectors.http.vendor.profile import Profile, read_profile


@pytest.fixture(scope="session")
def known(vendor_specs_folder: Path) -> Known:
    """A vendor's description, pruned to what its profile needs, and the profile."""
    read: dict[str, tuple[Description, Profile]] = {}
    # The session's folder, so that each of the test processes does not read three megabytes of YAML for itself.
    cache = Path(os.environ["DREFLOW_TEST_SESSION"].rpartition(":")[0]) / "descriptions"

    def find(name: str) -> tuple[Description, Profile]:
        if name not in read:
            profile = read_profile(profile_file(name))
            description = together(described_in(profile, vendor_specs_folder), profile, cache=cache)
            read[name] = (description, profile)
        return read[name]

    return find


@pytest.fixture
def opened(known: Known) -> Opened:
    """``opened("stripe", count=25)``: the vendor, and a client that it knows."""

    def start(name: str, **options: Any) -> tuple[Vendor, httpx.Client]:
        description, profile = known(name)
        vendor = Vendor(description, profile, **options)
        return vendor, client_of(vendor)

    return start
