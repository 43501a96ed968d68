"""A list of 100,000 records takes no more memory than one of 10,000, in every way of paging."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import large_lists
import pytest
from shell import ROOT

from connectors.http.asking import PAGINATORS

MANY, SOME = 100_000, 10_000
FLAT_MIB, MOST_MIB = 80.0, 400.0
NOT_LONG = {"none", "ranges"}
"""One answer, and the ranges of a sheet whose size is known before: what they bring is bounded by one request."""


def test_every_way_of_paging_is_tried_on_a_long_list() -> None:
    assert set(large_lists.WAYS) | NOT_LONG == set(PAGINATORS.names())


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="this system does not tell a process's memory so")
@pytest.mark.parametrize("way", large_lists.WAYS)
def test_a_hundred_thousand_records_arrive_once_in_flat_memory(way: str) -> None:
    some, many = (
        json.loads(
            subprocess.run(
                [sys.executable, large_lists.__file__, way, str(count)],
                env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=280,
            ).stdout
        )
        for count in (SOME, MANY)
    )  # fmt: skip
    assert (many["rows"], many["different"]) == (MANY, MANY)
    # What a first look has read is not asked for again, and a page that is full may be the last.
    assert many["requests"] <= MANY / large_lists.SIZE + 2
    assert many["mib"] < MOST_MIB
    assert many["mib"] - some["mib"] < FLAT_MIB, f"{some['mib']} MiB for {SOME:,} records, {many['mib']} for {MANY:,}"
