"""Programs that a finished report is tried in."""

import os
import shutil
from collections.abc import Callable

import pytest


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of a program; without it the test is skipped, or fails where everything has to be there."""

    def found(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            stop = pytest.fail if os.environ.get("DREFLOW_REQUIRE_SERVICES") == "1" else pytest.skip
            stop(f"needs {name}")
        return path

    return found
