"""A request for a pipeline, taken apart: when it runs, where it goes, what to promise, what to clean, what to compute.

Each part is found by its own words and cut out of the text, so that what is left is a plain question about the data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from agents.builtin.pipelines.schedule import Timing, find_timing

_ENDING = r"\.(?:csv|tsv|json|ndjson|parquet|xlsx)\b"
# Only in quotes may a file name have spaces.
FILE = rf"""(?:["'“‘](?P<quoted>[^"'“”‘’/\\]+?{_ENDING})["'”’]|(?P<plain>[\w\-][\w\-.]*?{_ENDING}))"""
_OUTPUT = re.compile(
    rf"""(?:[,;.]?\s*(?:and\s+|then\s+)*)?\b(?:saved?|write|written|export(?:ed)?|stored?|put|output|dump|give|send|deliver|produce|create|make)\b
         (?:\s+(?:it|this|that|them|me|us|everything|all|the\s+(?:result|results|table|output|rows|data|answer)|a\s+file))*
         \s*(?:as|to|into|in|called|named|under)?\s*(?:a\s+|the\s+)?(?:file\s+)?(?:called\s+|named\s+)?{FILE}""",
    re.IGNORECASE | re.VERBOSE,
)
_INTO_FILE = re.compile(
    rf"[,;]?\s*\b(?:(?:as|into|to)\s+(?:(?:an?|the)\s+)?(?:file\s+)?|in\s+an?\s+(?:new\s+)?file\s+"
    rf")(?:called\s+|named\s+)?{FILE}",
    re.IGNORECASE,
)
_NAMED_TABLE = r"""["'“”`]?(?P<table>[\w.]+)["'“”`]?"""
_LOAD = re.compile(
    rf"""(?:[,;.]?\s*(?:and\s+|then\s+|please\s+)*)?\b(?P<verb>load|copy|append|add|merge|upsert|sync|write|save|put|store|insert|replace)\b
         (?:\s+(?:it|this|that|them|everything|the\s+(?:result|results|rows|data)|(?:the\s+|my\s+|our\s+)?(?P<what>[\w\-.]+)))?
         \s+(?:in|to|into|as)\s+(?:the\s+)?(?:table\s+){_NAMED_TABLE}
         \s+(?:of|in|on|at)\s+(?:the\s+)?(?:database\s+)?["'“”`]?(?P<place>[\w\-./]+)["'“”`]?
         (?:\s+(?:by|on|using)\s+(?P<key>\w+(?:\s*(?:,|and)\s*\w+)*))?""",
    re.IGNORECASE | re.VERBOSE,
)
_PROMISE = re.compile(
    r"""(?:[,;.]?\s*(?:and\s+|also\s+|but\s+)*)?\b(?:make\s+sure|ensure|check|verify|assert|guarantee|warn\s+(?:me\s+)?if|stop\s+if|alert\s+(?:me\s+)?if)\b
        \s*(?:that\s+)?(?P<what>[^,;.]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_DUPLICATES = re.compile(
    r"""(?:[,;.:]?\s*(?:and\s+|then\s+|first\s+)*)?\b(?:remove|drop|delete|eliminate|without|no|de-?dupe|de-?duplicate|get\s+rid\s+of|skip)\b
        \s*(?:the\s+|any\s+|all\s+|exact\s+)*(?:duplicates?|duplicated|repeated|double)?\s*(?P<table>(?!(?:rows|records|entries|lines)\b)[\w\-]+(?:\.\w+)?)??
        (?:\s+(?:rows|records|entries|lines))?
        (?:\s+(?:from|in|of)\s+(?:the\s+|my\s+|our\s+)?(?P<before>[\w\-]+(?:\.\w+)?)(?:\s+(?:file|table|data|list))?)?
        (?:\s+(?:by|on|per|with\s+the\s+same|based\s+on|of\s+the\s+same)\s+
           (?P<key>\w[\w ]*?(?:\s*(?:,|and)\s*(?!(?:trim|strip|drop|remove|keep|save)\b)\w+(?:\s+\w+)??)*))?
        (?:\s+(?:from|in|of)\s+(?:the\s+|my\s+|our\s+)?(?P<after>[\w\-]+(?:\.\w+)?)(?:\s+(?:file|table|data|list))?)?
        (?=\s*(?:[,;?!]|\.(?!\w)|$|\band\b|\bthen\b))""",
    re.IGNORECASE | re.VERBOSE,
)
_TRIM = re.compile(
    r"(?:[,;.:]?\s*(?:and\s+|then\s+|first\s+)*)?\b(?:(?:trim|strip)\b|tidy(?:\s+up)?(?=\s+(?:the\s+|all\s+|extra\s+)*"
    r"(?:spaces?|white\s*space|blanks?|texts?|names?|values?|columns?|cells?)\b))"
    r"(?:\s+(?:the\s+|all\s+|extra\s+)*(?:spaces?|white\s*space|blanks?|texts?|names?|values?|columns?|cells?))*"
    r"(?:\s+(?:from|in|of)\s+(?:all\s+|the\s+)*(?:texts?|names?|values?|columns?|cells?|fields?))?",
    re.IGNORECASE,
)
_OF_TABLE = re.compile(
    r"\s*(?:(?:of|in|from)\s+(?:the\s+|my\s+|our\s+|all\s+)?|(?:the|my|our)\s+)(?P<table>[\w\-.]+?)(?:\s+(?:file|table|data|list))?[\s,;.]*",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"""(?:[,;.:]?\s*(?:and\s+|then\s+|first\s+)*)?\b(?:remove|drop|delete|skip|leave\s+out|exclude|ignore)\b\s+
        (?:the\s+|any\s+|all\s+|those\s+)*(?:rows|records|entries|lines|ones)\s+
        (?:without|with\s+no|with(?:\s+an?)?\s+(?:empty|missing|blank)|that\s+have\s+no|missing|lacking)\s+
        (?:an?\s+|the\s+)?(?P<column>[\w ]+?)
        (?=\s*(?:[,;.]|$|\band\b|\bthen\b))""",
    re.IGNORECASE | re.VERBOSE,
)
_POLITE = re.compile(
    r"^\s*(?:(?:hi|hello|hey|ciao|good\s+morning)\b\s*[,!.]?\s*)?"
    r"(?:(?:(?:can|could|would|will)\s+you|kindly|please|pls|now)\b[\s,]*)+",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:(?:^|[\s,.!?]+)(?:please|pls|thanks(?:\s+a\s+lot|\s+so\s+much)?|thank\s+you(?:\s+very\s+"
    r"much)?|thx)\b)+[\s.!?]*$",
    re.IGNORECASE,
)
# What is left of "save the total per region as totals.csv" once the file is taken out.
_SAVING = re.compile(r"^\s*(?:save|write|export|store|put|dump)\s+(?!it\b)", re.IGNORECASE)
_REPORT = re.compile(r"\b(?:report|dashboard|spreadsheet|workbook|excel|web\s*page|html)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^\s*(?:please|can\s+you|could\s+you|i\s+(?:want|need|would\s+like)(?:\s+you\s+to)?|we\s+"
    r"need|build|set\s+up|create|make|plan)?"
    r"\s*(?:me\s+)?(?:a\s+)?(?:(?:pipeline|flow|job|data\s+pipeline|report)\b)?\s*(?:(?:that|to|"
    r"which|with|of|for)\b|:)?\s*",
    re.IGNORECASE,
)
_CLEAN = re.compile(
    r"^\s*(?P<verb>clean(?:\s+up)?|tidy(?:\s+up)?|take|read|use|load)\s+(?:up\s+)?(?:the\s+|my\s+|our\s+)?(?P<table>[\w\-.]+"
    r")(?:\s+(?:file|table|data|list))?\s*(?:[,:;]|\band\b|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cleaning:
    """One thing to do to the rows before anything is computed; ``words`` name columns as the owner did."""

    what: Literal["duplicates", "trim", "without"]
    words: str = ""


@dataclass(frozen=True)
class LoadInto:
    """A table to write in a database, as named by the owner."""

    table: str
    place: str
    write: Literal["append", "replace", "merge"]
    key: str = ""


@dataclass
class Clauses:
    """The request's parts; ``rest`` is what remains to be answered by a query, empty when nothing is to be computed."""

    rest: str
    table: str | None = None
    timing: Timing | None = None
    files: list[str] = field(default_factory=list)
    loads: list[LoadInto] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    cleaning: list[Cleaning] = field(default_factory=list)
    cleans: bool = False
    report: bool = False

    @property
    def cleans_somehow(self) -> bool:
        """As in "clean up the customers": nobody said of what."""
        return self.cleans and not self.cleaning and not self.rest


def take_apart(text: str, timezone: str) -> Clauses:
    """All parts of a request. Order matters: files and loads first, since their words contain others' words."""
    found = Clauses(rest=_THANKS.sub("", _POLITE.sub("", text)).strip())
    _take_loads(found)
    _take_files(found)
    timing = find_timing(found.rest, timezone)
    if timing:
        found.timing = timing
        for words in timing.words:
            found.rest = found.rest.replace(words, " ", 1)
    found.report = bool(_REPORT.search(found.rest))
    for match in list(_PROMISE.finditer(found.rest)):
        found.promises.append(match["what"].strip())
    found.rest = _PROMISE.sub(" ", found.rest)
    _take_cleaning(found)
    found.rest = found.rest.strip(" ?!") if found.cleaning else found.rest
    if found.files:
        found.rest = _SAVING.sub("", found.rest)
    named = _CLEAN.match(found.rest)
    if named:
        found.table = named["table"]
        found.cleans = named["verb"].lower().startswith(("clean", "tidy"))
        found.rest = found.rest[named.end() :]
    found.rest = re.sub(r"\s+", " ", _LEAD.sub("", found.rest)).strip(" ,;.:")
    found.rest = re.sub(r"^(?:and|then|also)\s+|\s+(?:and|then)$", "", found.rest).strip()
    return found


def _take_loads(found: Clauses) -> None:
    for match in list(_LOAD.finditer(found.rest)):
        verb = match["verb"].lower()
        write: Literal["append", "replace", "merge"] = "replace"
        if verb in ("append", "add", "insert"):
            write = "append"
        elif verb in ("merge", "upsert", "sync"):
            write = "merge"
        if match["what"]:
            found.table = match["what"]
        found.loads.append(LoadInto(match["table"], match["place"].rstrip("."), write, (match["key"] or "").strip()))
    found.rest = _LOAD.sub(" ", found.rest)


def _take_files(found: Clauses) -> None:
    for pattern in (_OUTPUT, _INTO_FILE):
        for match in list(pattern.finditer(found.rest)):
            found.files.append(match["quoted"] or match["plain"])
        found.rest = pattern.sub(" ", found.rest)


def _take_cleaning(found: Clauses) -> None:
    for match in list(_WITHOUT.finditer(found.rest)):
        found.cleaning.append(Cleaning("without", match["column"].strip()))
    found.rest = _WITHOUT.sub(" ", found.rest)
    for match in list(_DUPLICATES.finditer(found.rest)):
        if not re.search(r"duplicat|repeated|double|de-?dup", match.group(0), re.IGNORECASE):
            continue
        found.cleaning.append(Cleaning("duplicates", (match["key"] or "").strip()))
        found.table = next((match[part] for part in ("before", "after", "table") if match[part]), found.table)
        found.rest = found.rest.replace(match.group(0), " ", 1)
    if _TRIM.search(found.rest):
        found.cleaning.append(Cleaning("trim"))
        found.rest = _TRIM.sub(" ", found.rest)
        of = _OF_TABLE.fullmatch(found.rest)
        if of is not None:
            found.table, found.rest = of["table"], ""
