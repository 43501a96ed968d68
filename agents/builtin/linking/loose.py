"""Words for money that name no column: "revenue" over tables that all hold amounts is asked about, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.builtin.language.words import singular
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import adds_up_over, is_money
from agents.builtin.schema.graph import Col
from agents.builtin.schema.index import Index

_WORDS = frozenset(
    "revenue sale turnover income taking proceeds earning spend spending money value amount total".split()
)
# Of "sales" and "turnover" nobody means the number of rows; of a value of a column they say nothing.
_ALWAYS_MONEY = frozenset({"revenue", "sale", "turnover", "income", "taking", "proceeds", "earning"})
_COUNTS = re.compile(r"\b(?:how many|number of|count(?: of)?)\b", re.IGNORECASE)
# Parts and corrections of an amount are offered after the amounts themselves.
_PARTS = frozenset("discount tax fee shipping refund adjustment balance cost conversion".split())
_TOTAL_PRICE = re.compile(r"\b(?:total|sum of|overall)(?: the)?(?: [a-z]+)? prices?\b", re.IGNORECASE)
MOST_OPTIONS = 6
_SURE = 0.85


def loose_measure(text: str, tags: list[Tag], index: Index) -> tuple[Tag, list[Link]] | None:
    """A span that means money, and the columns of different tables it may mean; None when it is plain which.

    It is plain when the words are the column's own, when the columns that fit equally well are of one table, or when
    the column that fits best is of a table that the question names.
    """
    if _COUNTS.search(text):
        return None
    named = {link.table for one in tags for link in one.links[:1] if link.kind == "table" and link.score >= _SURE}
    for one in tags:
        words = {singular(word) for word in re.findall(r"[a-z]+", one.text.lower())}
        if one.kind != "link" or not one.links or not words & (_WORDS | {"price"}):
            continue
        best = one.links[0]
        if best.how != "answered" and best.kind == "column" and "price" in words and _per_unit(text, best, index):
            candidates = [c for c in _candidates(set(), _real(index)) if "price" not in c.words]
            within = [column for column in candidates if column.table in named] or candidates
            if within:
                offered = [*within[: MOST_OPTIONS - 1], index.schema.columns[best.ref]]
                return one, [Link("column", column.table, column.name, how="answered") for column in offered]
        if _is_plain(best, words):
            continue
        beside = _beside_lines(best, named | _spoken_columns(tags), index)
        if beside:
            return one, [Link("column", column.table, column.name, how="answered") for column in beside[:MOST_OPTIONS]]
        if best.kind == "column" and len({link.table for link in one.links if _as_good(link, best)}) == 1:
            continue
        candidates = _candidates(words - _WORDS, _real(index))
        within = [column for column in candidates if column.table in named]
        if best.kind == "column" and any(column.ref == best.ref for column in within):
            continue
        offered = within or candidates
        if within or len({column.table for column in offered}) > 1 or (best.kind == "value" and offered):
            return one, [Link("column", column.table, column.name, how="answered") for column in offered[:MOST_OPTIONS]]
    return None


def _is_plain(best: Link, words: set[str]) -> bool:
    """Whether a span says itself what it means, or means no money."""
    if best.how == "answered" or (best.kind == "column" and best.how != "synonym"):
        return True
    return not words & _WORDS or best.kind == "table" or (best.kind == "value" and not words & _ALWAYS_MONEY)


def _spoken_columns(tags: list[Tag]) -> set[str]:
    """The tables of which a column is named."""
    first = [one.links[0] for one in tags if one.links]
    return {link.table for link in first if link.kind == "column" and link.how != "synonym" and link.score >= _SURE}


def _beside_lines(best: Link, named: set[str], index: Index) -> list[Col]:
    """What lines come to, and the fees of what they belong to: either may be the money that is meant, or both."""
    line = index.schema.columns.get(best.ref) if best.kind == "column" else None
    if line is None or line.product is None or line.table in named:
        return []
    fees = [column for column in _real(index).values() if column.product is None and adds_up_over(index.schema, column)]
    return [*fees, line] if fees and not {column.table for column in fees} & named else []


def _per_unit(text: str, link: Link, index: Index) -> bool:
    """A total of prices where quantities stand beside them: prices of units are not what was paid."""
    beside = {word for column in index.schema.of(link.table) for word in column.words}
    return bool(_TOTAL_PRICE.search(text)) and bool(beside & {"quantity", "units"})


def _real(index: Index) -> dict[tuple[str, str], Col]:
    return {ref: column for ref, column in index.schema.columns.items() if ref[0] not in index.schema.roles}


def _as_good(link: Link, best: Link) -> bool:
    return link.kind == "column" and link.score >= best.score - 0.02


def answered_link(answer: str, index: Index) -> Link | None:
    """The column that an answer names as ``table.column``, or the value as ``table.column = value``."""
    place, _, value = answer.partition(" = ")
    found = next((c for c in index.schema.columns.values() if f"{c.table}.{c.name}" == place), None)
    if found is None or (value and value not in index.values.by_column.get(found.ref, ())):
        return None
    if value:
        return Link("value", found.table, found.name, value=value, how="answered")
    return Link("column", found.table, found.name, how="answered")


def _candidates(others: set[str], columns: Mapping[tuple[str, str], Col]) -> list[Col]:
    """Money columns, those of tables that the other words name first, then by how whole a total they are."""
    money = [column for column in columns.values() if is_money(column)]

    def rank(column: Col) -> tuple[bool, bool, int, int, str, str]:
        owner = {singular(word) for word in re.findall(r"[a-z]+", column.table.lower())}
        part = bool({singular(word) for word in column.words} & _PARTS or owner & _PARTS)
        total = 0 if "total" in column.words else 1
        return not (others and others <= owner), part, total, len(owner), column.table, column.name

    return sorted(money, key=rank)
