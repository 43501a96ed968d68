"""Reading a file that a stranger wrote: JSON, YAML or XML, within bounds, with the line of what is wrong.

A description is data. It is never asked to fetch anything, and nothing in it is followed but references to itself and
to files beside it.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.http.vendor.beside import joined, refers_elsewhere
from connectors.http.vendor.language import introspection, is_schema
from spec.errors import DataError, LimitError
from spec.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 48 << 20
"""Bytes of a description, unpacked; the largest that vendors publish have about 12 million."""
MOST_NODES = 6_000_000
"""Values of a YAML document with its aliases written out."""
DEEPEST = 200
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@record(frozen=True)
class Written:
    """A file's text and what it says: objects and lists, or an XML's root element."""

    file: Path
    text: str
    plain: object

    def line_of(self, words: str) -> int | None:
        """The first line in which these words stand."""
        at = self.text.find(words) if words else -1
        return self.text.count("\n", 0, at) + 1 if at >= 0 else None

    def where(self, words: str = "") -> dict[str, str | int]:
        """The file, and the line of some words of it, as an error's place."""
        line = self.line_of(words)
        return {"file": self.file.name, **({"line": line} if line is not None else {})}


def read_document(file: Path) -> Written:
    """What a file says. DataError with file and line where it is damaged, LimitError where it is too large."""
    where: dict[str, str | int] = {"file": file.name}
    try:
        if file.stat().st_size > LARGEST:
            raise _too_large(where)
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"The file cannot be read: {error.strerror}.", where=where) from None
    text = _decoded(_unpacked(content, where), where)
    plain = _parsed(text, where)
    if refers_elsewhere(text):
        plain, _ = joined(plain, file, _alone)
    return Written(file, text, plain)


def _alone(file: Path) -> object:
    """What a file says by itself; raises as ``read_document``."""
    where: dict[str, str | int] = {"file": file.name}
    if file.stat().st_size > LARGEST:
        raise _too_large(where)
    return _parsed(_decoded(_unpacked(file.read_bytes(), where), where), where)


def _unpacked(content: bytes, where: dict[str, str | int]) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, LARGEST + 1)
    except zlib.error as error:
        raise DataError(f"The file is packed and damaged: {error}.", where=where) from None
    if len(plain) > LARGEST:
        raise _too_large(where)
    return plain


def _too_large(where: dict[str, str | int]) -> LimitError:
    return LimitError(
        f"The file is larger than {LARGEST >> 20} MB, the most that a description may have.",
        hint="Cut out the part about the lists that you need.",
        where=where,
    )


def _decoded(content: bytes, where: dict[str, str | int]) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            "The file is not written in UTF-8.", hint="Save it as UTF-8.", where={**where, "line": line}
        ) from None
    if "\x00" in text:
        raise DataError("The file is no text.", hint="A description is JSON, YAML or XML.", where=where)
    return text


def _parsed(text: str, where: dict[str, str | int]) -> object:
    start = text.lstrip()[:1]
    if not start:
        raise DataError("The file is empty.", where=where)
    try:
        if start in "{[":
            return _json(text, where)
        if is_schema(text):
            return _graphql(text, where)
        return _xml(text, where) if start == "<" else _yaml(text, where)
    except RecursionError:
        raise DataError("The file is nested too deep to be read.", where=where) from None


def _graphql(text: str, where: dict[str, str | int]) -> object:
    try:
        return introspection(text)
    except ValueError as error:
        raise DataError(f"The file is no valid GraphQL schema: {str(error)[:200]}.", where=where) from None


def _json(text: str, where: dict[str, str | int]) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"The file is not valid JSON: {error.msg}.", where={**where, "line": error.lineno}) from None
    except ValueError as error:
        raise DataError(f"The file is not valid JSON: {str(error)[:100]}.", where=where) from None


def _xml(text: str, where: dict[str, str | int]) -> object:
    from xml.etree import ElementTree as ET

    declared = re.search(r"<!(?:ENTITY|DOCTYPE)", text)
    if declared is not None:
        line = text.count("\n", 0, declared.start()) + 1
        raise DataError("The file declares XML entities, which are not read.", where={**where, "line": line})
    try:
        # What stands in the declaration about the encoding was decided by whoever decoded it.
        return ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1))  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise DataError(f"The file is not valid XML: {error}.", where={**where, "line": error.position[0]}) from None


def _yaml(text: str, where: dict[str, str | int]) -> object:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_bomb(yaml.parse(text, Loader=loader), where)
        return yaml.load(text, Loader=loader)  # noqa: S506 - one of the two safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at: dict[str, str | int] = {"line": min(mark.line, text.rstrip().count("\n")) + 1} if mark is not None else {}
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read"))
        raise DataError(f"The file is not valid YAML: {problem[:200]}.", where={**where, **at}) from None
    except ValueError as error:
        # A day that does not exist, such as 2024-02-30, where no text was meant.
        raise DataError(f"The file is not valid YAML: {str(error)[:100]}.", where=where) from None


def _refuse_bomb(events: Iterable[object], where: dict[str, str | int]) -> None:
    """Count the values with all aliases written out, and how deep they are nested, before anything is built."""
    sizes: dict[str, int] = {}
    stack: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        kind = type(event).__name__
        added = 0
        if kind in {"MappingStartEvent", "SequenceStartEvent"}:
            stack.append((getattr(event, "anchor", None), 1))
            if len(stack) > DEEPEST:
                raise _bomb("is nested too deep", event, where)
            continue
        if kind in {"MappingEndEvent", "SequenceEndEvent"}:
            anchor, added = stack.pop()
            if anchor is not None:
                sizes[anchor] = added
        elif kind == "ScalarEvent":
            added = 1
            anchor = getattr(event, "anchor", None)
            if anchor is not None:
                sizes[anchor] = 1
        elif kind == "AliasEvent":
            name = str(getattr(event, "anchor", ""))
            if any(anchor == name for anchor, _ in stack):
                raise _bomb("has an alias that holds itself", event, where)
            added = sizes.get(name, 1)
        above, size = stack[-1]
        stack[-1] = (above, size + added)
        if size + added > MOST_NODES:
            raise _bomb("grows beyond all bounds when its aliases are written out", event, where)


def _bomb(what: str, event: object, where: dict[str, str | int]) -> LimitError:
    mark = getattr(event, "start_mark", None)
    line: dict[str, str | int] = {"line": mark.line + 1} if mark is not None else {}
    return LimitError(f"The file {what}.", hint="A description needs none of that.", where={**where, **line})
