"""A table is not replaced by what is new alone, and the refusal looks at what the table is made of."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.partial import refuse_partial_replace
from spec.codec import from_plain
from spec.errors import SpecError
from spec.pipeline import Pipeline


def spec(loaded: str, write: str = "replace") -> Pipeline:
    source: dict[str, Any] = {"location": "x.csv", "columns": {"id": "BIGINT", "day": "DATE"}, "primary_key": ["id"]}
    load = {"from": loaded, "connector": "duckdb", "location": "b.duckdb", "table": "t", "write": write}
    plain: dict[str, Any] = {
        "version": 1,
        "name": "books",
        "sources": {"new": {**source, "read": "incremental", "cursor": "day"}, "whole": source},
        "steps": [
            {"id": "one", "use": "filter", "from": ["New"], "where": "id > 1"},
            {
                "id": "two",
                "use": "match",
                "from": ["one", "whole"],
                "amount": {"left": "id", "right": "id", "within": "0"},
            },
            {"id": "three", "use": "filter", "from": ["whole"], "where": "id > 1"},
        ],
        "loads": [{**load, "primary_key": ["id"]} if write == "merge" else load],
    }
    return from_plain(plain)


@pytest.mark.parametrize("loaded", ["new", "one", "two", "two.left_rest"])
def test_a_table_made_of_new_rows_is_not_replaced_by_them(loaded: str) -> None:
    with pytest.raises(SpecError, match="new rows of 'new' alone") as told:
        refuse_partial_replace(spec(loaded))
    assert told.value.where == {"table": "t", "source": "new"}


@pytest.mark.parametrize(
    ("loaded", "write"), [("whole", "replace"), ("three", "replace"), ("one", "merge"), ("one", "append")]
)
def test_a_table_made_of_whole_reads_may_be_replaced_beside_an_incremental_one(loaded: str, write: str) -> None:
    refuse_partial_replace(spec(loaded, write))
