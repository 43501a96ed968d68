"""The SELECTs of entity matching as trees, with the relations of one step in them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from sqlglot import exp

from pipelines.expressions import quoted

STAGES: Final = (
    "kinds", "plain", "words", "size", "weights", "keys", "blocks", "open_blocks", "candidates", "bags", "sums",
    "siblings", "exchanged", "shared", "near", "evidence", "pairs", "apart", "scored", "reasons",
)  # fmt: skip
"""In an order where each reads only what comes before it, and what the step itself makes (see ``GIVEN``)."""

GIVEN: Final = ("records", "values", "groups", "given", "alike", "options")
"""Relations that a step makes of its inputs and parameters."""


def stage(name: str, step: str) -> exp.Query:
    """The SELECT ``<name>.sql``, reading ``<step>._<relation>`` wherever it says ``_<relation>``."""
    tree = _parsed(name).copy()
    for table in tree.find_all(exp.Table):
        if table.name.startswith("_"):
            table.set("this", quoted(f"{step}.{table.name}"))
    return tree


@cache
def alike_words() -> tuple[tuple[str, str, str], ...]:
    """Words that mean another one, as (kind, word, meaning), in order; those without a meaning are left out."""
    import csv

    text = files("pipelines.entities").joinpath("alike.csv").read_text(encoding="utf-8")
    found = {
        (row["kind"], word): row["means"] for row in csv.DictReader(text.splitlines()) for word in row["words"].split()
    }
    return tuple((kind, word, means) for (kind, word), means in sorted(found.items()))


@cache
def _parsed(name: str) -> exp.Query:
    from sqlglot import parse_one

    text = files("pipelines.entities").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    tree = parse_one(text, dialect="duckdb")
    if not isinstance(tree, exp.Query):
        raise TypeError(f"{name}.sql is not one SELECT")
    return tree
