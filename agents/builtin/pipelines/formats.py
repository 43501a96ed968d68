"""A form of file that is said without a name: "as csv", "make an excel of takings by plan".

The file is then called ``result``. Forms that nothing here writes are found, so that they can be refused by name.
"""

from __future__ import annotations

import re

from agents.builtin.pipelines.clauses import FILE

_ENDINGS = {
    "excel": "xlsx",
    "xlsx": "xlsx",
    "spreadsheet": "xlsx",
    "workbook": "xlsx",
    "csv": "csv",
    "tsv": "tsv",
    "json": "json",
    "parquet": "parquet",
}
_FORM = rf"(?P<form>{'|'.join(_ENDINGS)})(?: (?:file|sheet|spreadsheet|workbook|table|list|report))?"
_FILE = re.compile(FILE, re.IGNORECASE)
_MADE = re.compile(
    rf"\b(?:(?:make|create|build|prepare|produce|generate|give|send|get|write|want|need)(?: me| us)? )?(?:an?|the) "
    rf"{_FORM} (?:of|with|for|showing|that shows|listing) ",
    re.IGNORECASE,
)
_WRITTEN = re.compile(rf",?\s*\b(?:as|in|into|to)(?: an?| the)? {_FORM}\b(?!\s*[.\w])", re.IGNORECASE)
_UNWRITTEN = re.compile(
    r"\b(?:pdfs?|word (?:documents?|files?)|docx|power ?points?|pptx|slides?|google (?:sheets?|docs?|slides?))\b",
    re.IGNORECASE,
)


def with_file(text: str) -> str:
    """The request with a name for the file whose form was said; as it is where a file is named."""
    if _FILE.search(text):
        return text
    found = _MADE.search(text) or _WRITTEN.search(text)
    if found is None:
        return text
    before, after = text[: found.start()].rstrip(" ,"), text[found.end() :].strip()
    kept = f"{before} {after}".strip().rstrip(" .,;!?")
    return f"{kept}, save as result.{_ENDINGS[found['form'].lower()]}" if kept else text


def unwritten(text: str) -> str | None:
    """The form of document that the request asks for and that plans do not write; None where it asks for none."""
    found = _UNWRITTEN.search(text)
    return found.group() if found is not None else None
