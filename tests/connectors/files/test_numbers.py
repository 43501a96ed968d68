"""What a file's texts are as numbers, and what is none."""

import dataclasses
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_cases import Read

from connectors.contract import Discovered

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]


@pytest.mark.parametrize("text", ["- ", "-\t", "+ ", '" -   "', "-", "- \t"])
@pytest.mark.parametrize("type_", ["BIGINT", "DECIMAL(18,2)", "DOUBLE"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_sign_without_a_number_is_no_number(
    discovered: Discover, reads: Reads, tmp_path: Path, name: str, type_: str, text: str
) -> None:
    written = f"id,n\n1,5\n2,{text}\n3,0\n".encode()
    found = discovered(name, gzip.compress(written) if name.endswith(".gz") else written)
    declared = found.source.model_copy(update={"columns": {"id": "BIGINT", "n": type_}, "options": {}})
    read = reads(dataclasses.replace(found, source=declared), tmp_path)
    assert [row[0] for row in read.rows] == ["1", "3"]
    assert read.reading.quarantined[0].rows == 1


def test_a_dash_among_blanks_is_nothing_where_a_dash_is(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id,n\n" + "".join(f"{n},{n}.50\n" for n in range(1, 4)) + '4," -   "\n5,-\n6,0\n')
    read = reads(found, tmp_path)
    assert read.rows[3:] == [("4", None), ("5", None), ("6", "0.00")]
    assert not read.reading.quarantined
