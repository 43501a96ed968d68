"""The demo's customers: its known doubles become one, and its namesakes stay apart."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

from running import Shop

from tools.demo.world import World

COLUMNS = ("customer_id", "first_name", "last_name", "email", "phone", "city", "zip", "country", "accepts_marketing",
           "tags", "created_at")  # fmt: skip


def rows_of(file: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_known_doubles_of_the_demo_become_one_and_nobody_else(quarter_world: World, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("customers.csv", quarter_world.customers.read_text(encoding="utf-8"))
    result = shop.run({
        "name": "once",
        "sources": {"customers": {"location": "customers.csv", "primary_key": "customer_id",
                                  "columns": dict.fromkeys(COLUMNS, "VARCHAR")}},
        "steps": [{"id": "people", "use": "entities", "from": "customers"}],
        "outputs": [{"file": "mapping.csv", "from": "people.mapping"}],
    })  # fmt: skip
    assert result.status == "succeeded", result.message
    entities: dict[str, list[str]] = {}
    for row in rows_of(shop.out / "mapping.csv"):
        entities.setdefault(row["entity"], []).append(row["record"])
    found = {pair for records in entities.values() for pair in combinations(sorted(records), 2)}
    known = {tuple(sorted((row["customer_id"], row["duplicate_id"]))) for row in rows_of(quarter_world.duplicates)}
    assert known
    assert found == known
