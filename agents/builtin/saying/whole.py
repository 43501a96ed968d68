"""Rows with all that they hold: "everything about", "all details of", "with all columns"."""

from __future__ import annotations

import re

from agents.builtin.linking.links import Linker
from agents.builtin.meaning import WHOLE, Meaning

_ALL = r"(?:(?:all(?: of)?|every|each|the|full|complete|entire|whole|any|their|its|his|her|other) )"
_DETAILS = (
    r"(?P<word>details?|columns?|fields?|information|info|data|particulars|attributes|everything|rows?|records?)"
    r"(?: (?:we|you|i|there) (?:have|is|are)| (?:we|you|i) (?:know|hold|keep|store))?"
)
_BEFORE = re.compile(
    rf"^(?P<show>(?:please )?(?:(?:can|could) you )?(?:show|list|give|tell|get|display|print)(?: me| us)?|what are|"
    rf"what do (?:we|you) (?:have|know)|what is|what's) {_ALL}*{_DETAILS} (?:about|of|on|for|regarding) {_ALL}?"
    r"(?P<rest>[^?]+)",
    re.IGNORECASE,
)
_EVERYTHING = re.compile(
    r"^what do (?:we|you) (?:have|know|hold|keep|store) (?:about|on|of) (?P<rest>[^?]+)", re.IGNORECASE
)
_BEHIND = re.compile(
    rf",?\s+(?:with|including|and|showing|along with|together with) {_ALL}+{_DETAILS}(?=\s*[?.!]*$)", re.IGNORECASE
)


def wholly(text: str, linker: Linker) -> tuple[str, bool]:
    """The question without the wish for all that its rows hold, and whether there is one.

    A word for it that names something in the data, as a table of order details, is read as that.
    """
    for pattern in (_BEHIND, _BEFORE):
        found = pattern.search(text)
        if found is None or linker.phrase((found["word"].lower(),)):
            continue
        if pattern is _BEHIND:
            return text[: found.start()] + text[found.end() :], True
        return f"show all {found['rest']}{text[found.end() :]}", True
    known = _EVERYTHING.match(text)
    return (f"show all {known['rest']}{text[known.end() :]}", True) if known is not None else (text, False)


def show_whole(meaning: Meaning) -> None:
    """Let the rows that are asked for come with all their columns; a problem where no rows are asked for."""
    entities = [out for out in meaning.outs if out.kind == "entity"]
    named = [out for out in meaning.outs if out.kind == "column" and out.column and not meaning.groups]
    if len(entities) == 1 and len(entities) + len(named) == len(meaning.outs) and not meaning.groups:
        meaning.outs = [entities[0]]
        entities[0].label = WHOLE
    else:
        meaning.problems.append("unclear:details")


def show_named(meaning: Meaning) -> None:
    """Let rows come by what they are called, where it is said what is to stand beside."""
    for out in meaning.outs:
        if out.kind == "entity" and out.label == WHOLE:
            out.label = ""
