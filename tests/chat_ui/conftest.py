"""Tests of the page in a real browser."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="module")
def chromium() -> None:
    """A real browser, or a skip that says so; where everything has to be there its absence is a failure."""
    if shutil.which("chromium") is None:
        told = "Chromium is not installed; the page was not looked at."
        if os.environ.get("DREFLOW_REQUIRE_SERVICES"):
            pytest.fail(told)
        pytest.skip(told)
