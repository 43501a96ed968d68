"""A JSON file made readable for DuckDB: UTF-8, and numbers that DOUBLE would change as texts."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from connectors.files import text
from connectors.files.options import ReadOptions
from spec.errors import LimitError
from spec.records import record

DOCUMENT_LIMIT = 128 << 20
"""Bytes of a document that is read as one."""
INT64 = 2**63 - 1
_LONG = re.compile(rb"[0-9][0-9.]{15,}")
_RUN = b"0" * 16
_ALIKE = bytes.maketrans(b"123456789.", b"0" * 10)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*"|-?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?', re.DOTALL)


@record(frozen=True)
class Prepared:
    """A file that DuckDB can read: UTF-8, long numbers as texts."""

    file: Path
    shown: str
    compression: text.Compression
    is_lines: bool
    long_numbers: tuple[tuple[int, str], ...] = ()
    """(line, number) of the first numbers that DOUBLE would change."""
    has_nul: bool = False


@contextlib.contextmanager
def prepared(path: Path, shown: str, options: ReadOptions) -> Iterator[Prepared]:
    """The file itself, or a temporary copy where its encoding or its numbers need one."""
    packed = text.compression_of(path, options.compression)
    is_lines = options.format == "ndjson"
    with text.reachable(path), text.as_utf8(path, options.encoding, packed) as (plain, compression):
        if not is_lines and packed == "none" and plain.stat().st_size > DOCUMENT_LIMIT:
            raise LimitError(
                "The JSON document is too large to be read as one.",
                hint="Export it as NDJSON (one record a line), which has no limit.",
                where={"file": shown},
            )
        marks = _marks(plain, compression)
        if not marks & {"bom", "digits"}:
            yield Prepared(plain, shown, compression, is_lines, has_nul="nul" in marks)
            return
        with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".json") as copy:
            changed: list[tuple[int, str]] = []
            with text.open_plain(plain, compression) as stream:
                blocks = stream if is_lines else [stream.read()]
                for number, block in enumerate(blocks, start=1):
                    copy.write(_exact(block.removeprefix(b"\xef\xbb\xbf") if number == 1 else block, number, changed))
            copy.flush()
            yield Prepared(Path(copy.name), shown, "none", is_lines, tuple(changed), "nul" in marks)


def _marks(path: Path, compression: text.Compression) -> set[str]:
    """What calls for care: a byte order mark, NUL characters, a run of 16 digits that may be too long for DOUBLE."""
    found: set[str] = set()
    with text.open_plain(path, compression) as stream:
        rest = b""
        while block := stream.read(1 << 20):
            if not rest and block.startswith(b"\xef\xbb\xbf"):
                found.add("bom")
            joined = rest + block
            # Looking for a run of one byte is twenty times as fast as for one of a class of them.
            if "digits" not in found and _RUN in joined.translate(_ALIKE) and _LONG.search(joined):
                found.add("digits")
            if b"\x00" in block or b"\\u0000" in joined:
                found.add("nul")
            rest = block[-20:]
    return found


def _exact(block: bytes, line: int, changed: list[tuple[int, str]]) -> bytes:
    """Turn numbers of more than 15 digits into texts; whole ones that fit 64 bits are exact as they are."""
    if not _LONG.search(block):
        return block

    def quote(match: re.Match[bytes]) -> bytes:
        token = match[0]
        if token.startswith(b'"') or _digits(token) <= 15:
            return token
        spelled = token.decode()
        if re.fullmatch(r"-?\d+", spelled) and abs(int(spelled)) <= INT64:
            return token
        if _is_changed_by_double(spelled) and len(changed) < 20:
            changed.append((line + block.count(b"\n", 0, match.start()), spelled))
        return b'"' + token + b'"'

    return _TOKEN.sub(quote, block)


def _digits(token: bytes) -> int:
    """Significant digits of a number."""
    mantissa = re.split(rb"[eE]", token)[0].replace(b"-", b"").replace(b".", b"")
    return len(mantissa.lstrip(b"0"))


def _is_changed_by_double(spelled: str) -> bool:
    return Decimal(spelled) != Decimal(repr(float(spelled)))
