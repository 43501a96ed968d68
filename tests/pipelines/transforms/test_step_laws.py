"""Laws of single steps, on tables large enough for several threads: order and threads change no digest, types hold."""

from __future__ import annotations

from functools import partial
from typing import cast

import duckdb
import pytest
from compiling import Bench, Plain, compile_steps
from sqlglot import exp

from pipelines.contract import transform
from pipelines.digest import table_digest
from pipelines.query import relation_of
from spec.base import JsonValue

MANY = 150_000
"""Rows of which DuckDB gives each thread a part; it cuts tables into parts of 122,880."""
SOME = 400

WIDE = {
    "id": ("BIGINT", "n"),
    "shop": ("VARCHAR", "'S' || (h % 40)"),
    "day": ("DATE", "DATE '2020-01-01' + (h % 2000)::INTEGER"),
    "at": ("TIMESTAMP", "TIMESTAMP '2026-01-01' + to_minutes((h % 500000)::BIGINT)"),
    "amount": ("DECIMAL(18,2)", "((h % 20011) / 100)::DECIMAL(18,2)"),
    "kind": ("VARCHAR", "CASE WHEN h % 17 = 0 THEN NULL ELSE 'k' || (h % 5) END"),
    "code": ("VARCHAR", "'AB-' || (h % 1000) || '/' || chr(65 + (h % 26)::INTEGER)"),
    "total": ("INTEGER", "100"),
}


def made(rows: int, columns: dict[str, tuple[str, str]], key: str, turn: int) -> Plain:
    """A table of so many rows, in an order that ``turn`` says, the values of which it does not change."""
    shown = ", ".join(f'({value})::{type_} AS "{name}"' for name, (type_, value) in columns.items())
    inner = f"SELECT range AS n, (hash(range * 7919) % 1000000007)::BIGINT AS h FROM range({rows})"
    select = f"SELECT {shown} FROM ({inner}) ORDER BY hash(n + {turn})"
    types = {name: type_ for name, (type_, _) in columns.items()}
    return {"columns": types, "select": select, "primary_key": key.split()}


def wide(rows: int = MANY) -> tuple[int, dict[str, tuple[str, str]], str]:
    return rows, WIDE, "id"


SERIES = {
    "shop": ("VARCHAR", "'S' || (n // 120)"),
    "month": ("DATE", "DATE '2010-01-01' + to_months((n % 120)::INTEGER)"),
    "sold": ("INTEGER", "h % 500"),
}
NAMES = {
    "id": ("BIGINT", "n"),
    "name": (
        "VARCHAR",
        "['Anna Berg', 'ana berg', 'Bob Stone', 'Bobb Stone', 'Carla Diaz', 'Carla Díaz'][1 + h % 6] || (h % 9)",
    ),
    "town": ("VARCHAR", "['Rome', 'Roma', 'ROME', 'Paris', 'Pariss', 'Lima'][1 + h % 6]"),
}
TREE = {"part": ("VARCHAR", "'p' || n"), "above": ("VARCHAR", "CASE WHEN n > 3 THEN 'p' || (n // 4) END"),
        "quantity": ("INTEGER", "1 + h % 3")}  # fmt: skip
RATES = {"shop": ("VARCHAR", "'S' || (n % 40)"), "day": ("DATE", "DATE '2020-01-01' + (n // 40 * 20)::INTEGER"),
         "rate": ("DECIMAL(9,4)", "(h % 9000) / 10000 + 1")}  # fmt: skip
REPAIRS = {"id": ("BIGINT", "n * 16"), "column": ("VARCHAR", "'kind'"), "value": ("VARCHAR", "NULL"),
           "proposed": ("VARCHAR", "'k' || (h % 9)")}  # fmt: skip
HOLIDAYS = {"day": ("DATE", "DATE '2020-01-01' + (n * 40)::INTEGER")}
CASES: dict[str, tuple[dict[str, tuple[int, dict[str, tuple[str, str]], str]], dict[str, JsonValue], list[str]]] = {
    "extract": ({"t": wide()}, {"column": "code", "pattern": "([A-Z]+)-([0-9]+)", "into": ["a", "b"]}, []),
    "calendar": ({"t": wide(), "h": (30, HOLIDAYS, "day")},
                 {"from": ["t", "h"], "column": "day", "holiday": "day", "fiscal_starts": "April",
                  "add": ["week", "fiscal_year", "is_workday"]}, []),
    "workdays": ({"t": wide(), "h": (30, HOLIDAYS, "day")},
                 {"from": ["t", "h"], "start": "day", "add": 9, "holiday": "day"}, []),
    "allocate": ({"t": wide()}, {"amount": "total", "by": "amount", "per": "shop", "order": "id"}, []),
    "hierarchy": ({"t": (900, TREE, "part")}, {"child": "part", "parent": "above", "give": "pairs",
                                               "quantity": "quantity"}, []),
    "components": ({"t": wide()}, {"on": ["code", "day"]}, []),
    "streaks": ({"t": wide()}, {"order": ["day", "id"], "per": "shop", "same": "kind", "length": "rows"}, []),
    "compare": ({"t": (60_000, SERIES, "shop month")}, {"column": "month", "values": "sold", "per": "shop",
                                                        "back": "1 year"}, []),
    "asof": ({"t": wide(), "r": (4000, RATES, "shop day")},
             {"from": ["t", "r"], "at": "day", "on": "shop", "take": "rate"}, []),
    "classify": ({"t": wide()}, {"column": "amount", "share": {"A": 80, "B": 95, "C": 100}, "per": "shop",
                                 "order": "id"}, []),
    "combinations": ({"t": wide(60_000)}, {"column": "kind", "per": ["shop", "day"]}, []),
    "sample": ({"t": wide()}, {"rows": 500, "seed": 3}, []),
    "history": ({"t": (60_000, SERIES, "shop month")}, {"key": "shop", "at": "month", "columns": "sold"}, []),
    "standardise": ({"t": (SOME, NAMES, "id")}, {"column": "town", "at_least": 0.85}, ["mapping"]),
    "entities": ({"t": (SOME, NAMES, "id")}, {"compare": {"name": "name"}}, ["mapping"]),
    "repair": ({"t": wide(), "r": (9_000, REPAIRS, "id column")}, {"from": ["t", "r"], "key": "id"}, ["unused"]),
    "anomaly": ({"t": (3_000, SERIES, "shop month")}, {"time": "month", "value": "sold", "per": "shop"}, ["events"]),
    "outlier": ({"t": wide()}, {"column": "amount", "per": "shop"}, ["outliers"]),
    "carry": ({"t": wide()}, {"order": ["day", "id"], "per": "shop", "add": "amount - 100", "at_least": 0,
                              "times": "1.01", "cut": "missing"}, []),
    "pack": ({"t": wide()}, {"order": "id", "per": "shop", "size": "amount", "capacity": 250, "filled": "full"}, []),
    "book": ({"t": wide(3_000), "r": (30, {"room": ("VARCHAR", "'R' || n"), "beds": ("INTEGER", "1 + n % 4")}, "room")},
             {"from": ["t", "r"], "order": "id", "start": "at", "end": "at + interval 3 day", "place": "room",
              "where": "beds >= amount / 100"}, ["waiting"]),
    "forecast": ({"t": (12_000, SERIES, "shop month")}, {"time": "month", "value": "sold", "per": "shop",
                                                         "periods": 6}, ["future", "methods"]),
}  # fmt: skip


def bench(name: str, turn: int) -> Bench:
    tables, step, further = CASES[name]
    given = {key: made(*parts, turn) for key, parts in tables.items()}
    outputs = [{"file": f"{number}.csv", "from": reader}
               for number, reader in enumerate(["done", *(f"done.{output}" for output in further)])]  # fmt: skip
    plain = {"id": "done", "use": name, "from": "t", **step}
    return Bench(compile_steps(given, [plain], outputs=cast("list[JsonValue]", outputs)), given)


def digests(found: Bench, name: str) -> list[str]:
    told = []
    for reader in ["done", *(f"done.{output}" for output in CASES[name][2])]:
        relation = relation_of(found.job, reader)
        table = exp.Table(this=exp.to_identifier(relation.name, quoted=True))
        told.append(table_digest(found.connection, table, relation.fields).text)
    return told


@pytest.mark.parametrize("name", CASES)
def test_neither_the_order_of_rows_nor_the_threads_change_a_digest(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, connect = set(), duckdb.connect
    for threads, turn in ((1, 0), (2, 0), (2, 77)):
        monkeypatch.setattr(duckdb, "connect", partial(connect, config={"threads": threads}))
        made_here = bench(name, turn)
        monkeypatch.undo()
        found.add(tuple(digests(made_here, name)))
        for relation in made_here.job.relations.values():
            assert [field.type for field in relation.fields] == made_here.types(relation.name), relation.name
    assert len(found) == 1


def test_every_parameter_of_a_case_is_one_of_its_step() -> None:
    for name, (_, step, _) in CASES.items():
        assert set(step) - {"from"} <= set(transform(name).Params.model_fields), name
