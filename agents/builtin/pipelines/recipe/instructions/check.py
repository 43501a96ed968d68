"""Promises about the data: "check that no order number appears twice and that every order has a customer"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.promises import read_promise
from agents.builtin.pipelines.recipe.instructions.join import shared_keys
from agents.builtin.pipelines.recipe.words import canonical, columns_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Told, Work
from spec.base import JsonValue
from spec.catalog import Table

_VERB = re.compile(
    r"(?:check|make\s+sure|ensure|verify|assert|guarantee|test)\s+(?:that\s+|also\s+that\s+)?", re.IGNORECASE
)
_NEXT = re.compile(r"\s*,?\s*(?:and\s+)?(?:also\s+)?(?:that\s+)", re.IGNORECASE)
_TWICE = re.compile(
    r"no\s+(?P<what>[\w ]+?)\s+(?:appears?|occurs?|is|comes?|exists?|stands?|may\s+appear|must\s+"
    r"appear|should\s+appear)\s+(?:there\s+)?(?:twice|more\s+than\s+once|double|repeated)(?:\s+"
    r"in\s+(?P<where>[\w.]+))?",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"(?:every|each|all)\s+(?P<child>\w+)\s+(?:has|have|belongs?\s+to|refers?\s+to|points?\s+to)"
    r"\s+(?:an?\s+|its\s+|a\s+known\s+|an?\s+existing\s+)?(?P<parent>\w+)(?:\s+in\s+(?P<where>[\w.]+"
    r"))?",
    re.IGNORECASE,
)
_END = re.compile(
    r"(?=\s*(?:[;.!?]|,|$|\band\s+that\b|\bthen\b|\band\s+(?:save|write|export|put|then)\b))", re.IGNORECASE
)


def read(text: str, at: int, work: Work) -> Told | None:
    """One promise or several, each a check that blocks."""
    verb = _VERB.match(text, at)
    if verb is None and not (_TWICE.match(text, at) or _HAS.match(text, at)):
        return None
    end = place = verb.end() if verb else at
    found: list[tuple[str, str, dict[str, JsonValue], str]] = []
    while (one := _promise(text, place, work)) is not None:
        end = one[0]
        found.append(one[1])
        more = _NEXT.match(text, end)
        if more is None:
            break
        place = more.end()
    return Told(end, lambda: _check(work, found)) if found else None


def _promise(text: str, at: int, work: Work) -> tuple[int, tuple[str, str, dict[str, JsonValue], str]] | None:
    tables = list(work.data.catalog.tables)
    twice = _TWICE.match(text, at)
    if twice:
        named = table_at(twice["where"], 0, work.data.catalog) if twice["where"] else None
        for table in [named[1]] if named else tables:
            rows = work.raw(table)
            columns = columns_at(twice["what"], 0, rows)
            if columns and columns[0] == len(twice["what"]) and (named or _only(twice["what"], table, tables, work)):
                return twice.end(), ("unique", table.name, {"columns": [*columns[1]]}, twice[0])
    has = _HAS.match(text, at)
    if has:
        key = _foreign(has, work)
        if key is not None:
            return has.end(), (*key, has[0])
    for stop in _END.finditer(text, at + 1):
        words = text[at : stop.start()]
        for table in tables:
            promise = read_promise(words, table)
            if promise is not None:
                work.raw(table)
                return stop.start(), (promise[0], table.name, dict(promise[1]), words)
    return None


def _only(what: str, table: Table, tables: list[Table], work: Work) -> bool:
    holding = [one for one in tables if columns_at(what, 0, work.raw(one))]
    own = [one for one in holding if set(canonical(what)) & set(canonical(one.name))]
    return table in (own if len(own) == 1 else holding) and len(own or holding) == 1


def _foreign(has: re.Match[str], work: Work) -> tuple[str, str, dict[str, JsonValue]] | None:
    child = table_at(has["child"], 0, work.data.catalog)
    parent = table_at(has["where"] or has["parent"], 0, work.data.catalog)
    if child is None or parent is None or child[1].name == parent[1].name:
        return None
    pairs = shared_keys(work.raw(child[1]), work.raw(parent[1]), work)
    if not pairs:
        return None
    ours: list[JsonValue] = [mine for mine, _ in pairs]
    theirs: list[JsonValue] = [its for _, its in pairs]
    params: dict[str, JsonValue] = {"columns": ours, "to": parent[1].name, "references": theirs}
    return "foreign_key", child[1].name, params


def _check(work: Work, found: list[tuple[str, str, dict[str, JsonValue], str]]) -> Problem:
    for check, table, params, words in found:
        if check == "foreign_key":
            work.draftsman.check("not_null", table, params={"columns": params["columns"]})
        work.draftsman.check(check, table, params=params)
        work.said.append(f"stop when it is not so that {words.strip()}")
    return None
