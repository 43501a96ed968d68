"""Records of delimited text, told sound from broken line by line.

This is the slow, exact way, for files in which DuckDB's reader met something: a broken line costs that line, never its
neighbours, and each is kept with its number and the reason. It is also the independent count of a file's records.
Files are UTF-8 here; ``connectors.files.text`` makes them so.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import IO

from connectors.files.torn import TORN, torn_ends
from spec.records import record

MAX_RECORD = 16_000_000
"""Longest record, in bytes, that is read; a longer line is set aside."""
_MAX_LINES = 1_000
_BLOCK = 1 << 20
_KEPT = 2_000


@record(frozen=True, slots=True)
class Dialect:
    """How records and values are delimited.

    ``escape`` equal to ``quote`` means that quotes are doubled; ``none``, that they stand in values as they are.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'


@record(frozen=True, slots=True)
class Record:
    """One record: its first line from 1, its bytes without the line end, and why it is broken, if it is."""

    line: int
    raw: bytes
    problem: str = ""


class Splitter:
    """Cuts lines into records of ``width`` values; ``width`` 0 takes any number. ``blank`` keeps blank lines.

    ``trying`` is for looking at a dialect: what only cannot be told for certain is not broken then.
    """

    def __init__(self, dialect: Dialect, width: int, *, blank: bool = False, trying: bool = False) -> None:
        self._blank = blank or width == 1
        self._quote = dialect.quote.encode()
        self._delimiter = dialect.delimiter.encode()
        self._width = width
        self._field = _field_pattern(dialect)
        self._backslash = dialect.escape == "\\"
        self._bare = dialect.escape == "none"
        self._is_odd = dialect.quote not in {'"', ""} and not trying
        torn = torn_ends(dialect.quote)
        self._torn = None if trying or not dialect.quote else (re.compile(torn.start), re.compile(torn.end))

    def records(self, stream: IO[bytes], first_line: int = 1, *, skip: int = 0) -> Iterator[Record]:
        """All records after ``skip`` lines, blank lines left out; in a file of one column a blank line is a value."""
        lines = _Lines(stream, first_line)
        for _ in range(skip):
            if lines.take() is None:
                return
        quote, delimiter, width = self._quote, self._delimiter, self._width
        while (taken := lines.take()) is not None:
            line, raw, too_long = taken
            if too_long:
                yield Record(line, raw, f"longer than {MAX_RECORD // 1_000_000} MB")
                continue
            bare = raw.rstrip(b"\r\n")
            if not bare and not self._blank:
                continue
            if self._is_odd and b'""' in bare and quote in bare:
                yield Record(line, bare, "two double quotes where values are quoted otherwise: one or two is not known")
                continue
            if not quote or quote not in bare:
                fields = bare.count(delimiter) + 1
                yield Record(line, bare, _problem(bare, fields, width))
                continue
            yield self._quoted(line, raw, lines)

    def _quoted(self, line: int, raw: bytes, lines: _Lines) -> Record:
        """A record with quotes in it, maybe over several lines; if they do not close it, it is one broken line."""
        first = raw
        later: list[tuple[int, bytes, bool]] = []
        bare = raw.rstrip(b"\r\n")
        fields, state = self._scan(bare)
        while state == "open" and len(later) < _MAX_LINES and len(raw) < MAX_RECORD:
            following = lines.take()
            if following is None:
                break
            later.append(following)
            raw += following[1]
            if self._quote in following[1]:
                bare = raw.rstrip(b"\r\n")
                fields, state = self._scan(bare)
        if state == "closed":
            found = Record(line, bare, _problem(bare, fields, self._width))
            return Record(line, bare, TORN) if not found.problem and self._is_torn(found) else found
        lines.give_back(later)
        # Text after a quote on a later line means that another value's quote was met: only this line is broken.
        is_alone = state == "bad" and not later
        reason = "text stands after a closing quote" if is_alone else "a quote is opened and never closed"
        return Record(line, first.rstrip(b"\r\n"), reason)

    def _scan(self, bare: bytes) -> tuple[int, str]:
        position, fields, end = 0, 0, len(bare)
        match = self._field.match
        while True:
            found = match(bare, position)
            if found is None:
                return fields, "open" if self._is_open(bare, position) else "bad"
            fields += 1
            position = found.end()
            if position >= end:
                return fields, "closed"
            position += len(self._delimiter)
            if position == end:
                return fields + 1, "closed"

    def _is_open(self, bare: bytes, position: int) -> bool:
        """Whether the value that starts here runs to the end of the text without its closing quote."""
        if self._bare:
            # Only a quote before a delimiter closes, and there is none: it may come on a later line.
            return bare.startswith(self._quote, position)
        inside = bare[position + 1 :]
        bared = re.sub(rb"\\.", b"", inside, flags=re.DOTALL) if self._backslash else inside
        return bared.replace(self._quote * 2, b"").count(self._quote) == 0

    def _is_torn(self, record: Record) -> bool:
        """Whether a value was cut between its quotes, for a delimiter is missing before the first of them."""
        if self._torn is None:
            return False
        start, end = self._torn
        has_begun = False
        for raw in self.written(record):
            if has_begun and end.fullmatch(raw):
                return True
            has_begun = start.fullmatch(raw) is not None or (has_begun and self._quote not in raw.encode())
        return False

    def values(self, record: Record) -> list[str]:
        """The values of a sound record as text, quotes removed."""
        return [self._unquoted(raw) for raw in self._pieces(record)]

    def written(self, record: Record) -> list[str]:
        """The values of a sound record as they are written, quotes and all."""
        return [raw.decode("utf-8", "replace") for raw in self._pieces(record)]

    def is_quoted(self, written: str) -> bool:
        """Whether a value as it is written stands in the dialect's quotes."""
        return bool(self._quote) and written.encode("utf-8", "replace").startswith(self._quote)

    def _pieces(self, record: Record) -> Iterator[bytes]:
        bare, position = record.raw, 0
        while True:
            match = self._field.match(bare, position)
            if match is None:
                yield bare[position:]
                return
            yield match[0]
            if match.end() >= len(bare):
                return
            position = match.end() + len(self._delimiter)

    def _unquoted(self, raw: bytes) -> str:
        quote = self._quote
        if quote and len(raw) >= 2 and raw.startswith(quote) and raw.endswith(quote):
            raw = raw[len(quote) : -len(quote)]
            if self._bare:
                return raw.decode("utf-8", "replace")
            raw = raw.replace(quote * 2, quote)
            if self._backslash:
                # Before anything else than a quote or itself a backslash is a sign like others.
                raw = re.sub(rb"\\([\\" + re.escape(quote) + rb"])", rb"\1", raw)
        return raw.decode("utf-8", "replace")


def _field_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    """One value of the dialect. No group is repeated possessively: Python before 3.11.5 matches those wrongly.

    What a group repeats begins with a sign that ends the run before it, so there is nothing to go back for.
    """
    plain = dialect.delimiter.encode()
    delimiter, first = re.escape(plain), re.escape(plain[:1])
    quote = re.escape(dialect.quote.encode())
    other = rb"[^" + first + rb"]*+"
    if len(plain) > 1:
        # A delimiter of several bytes begins nowhere in a value.
        other += rb"(?:(?!" + delimiter + rb")" + first + other + rb")*"
    if not quote:
        return re.compile(other, re.DOTALL)
    ends = rb"(?=" + delimiter + rb"|\Z)"
    run = rb"[^" + quote + rb"]*+"
    if dialect.escape == "none":
        again = quote + rb"(?!" + delimiter + rb"|\Z)"
    elif dialect.escape == "\\":
        run = rb"[^" + quote + rb"\\]*+"
        again = rb"(?:\\.|" + quote * 2 + rb")"
    else:
        again = quote * 2
    closed = quote + run + rb"(?:" + again + run + rb")*" + quote + ends
    return re.compile(closed + rb"|(?!" + quote + rb")" + other, re.DOTALL)


def _problem(bare: bytes, fields: int, width: int) -> str:
    if width and fields != width:
        return f"{fields} values where {width} are expected"
    if b"\x00" in bare:
        return "holds a NUL byte"
    if not bare.isascii():
        try:
            bare.decode("utf-8")
        except UnicodeDecodeError:
            return "bytes that are no text in the file's encoding"
    return ""


class _Lines:
    """Lines with their numbers, bounded in length, with a way to give some back."""

    def __init__(self, stream: IO[bytes], first: int) -> None:
        self._stream = stream
        self._next = first
        self._returned: deque[tuple[int, bytes, bool]] = deque()

    def take(self) -> tuple[int, bytes, bool] | None:
        if self._returned:
            return self._returned.popleft()
        raw = self._stream.readline(MAX_RECORD + 1)
        if not raw:
            return None
        number, self._next = self._next, self._next + 1
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) <= MAX_RECORD or raw.endswith(b"\n"):
            return number, raw, False
        while (rest := self._stream.readline(_BLOCK)) and not rest.endswith(b"\n"):
            pass
        return number, raw[:_KEPT], True

    def give_back(self, lines: list[tuple[int, bytes, bool]]) -> None:
        self._returned.extendleft(reversed(lines))


def count_records(stream: IO[bytes], dialect: Dialect, width: int, *, skip: int) -> int:
    """Records, sound and broken, after ``skip`` lines."""
    return sum(1 for _ in Splitter(dialect, width).records(stream, skip=skip))
