"""Files as UTF-8 bytes: encodings, byte order marks, compression, and what identifies the content."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import hashlib
import io
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal, cast

from spec.errors import AccessError, DataError
from spec.records import record

Compression = Literal["none", "gzip", "zstd"]
_BLOCK = 1 << 20
_HASHED_WHOLE = 64 << 20
_CACHED = 256 << 10
"""A block that stays in the processor's cache while it is counted and hashed."""
_OLD = ("mac-roman", "cp850")
_WESTERN = frozenset("äöüßÄÖÜáàâãåæçéèêëíìîïñóòôõøœúùûÁÀÂÃÅÆÇÉÈÊËÍÎÑÓÔÕØŒÚÛ°§€£–—’‘“”«»\u00a0")
_FEW = 100
"""Bytes of a block that are looked at again with the next one."""
_UTF8 = {"utf-8", "utf8", "ascii", "us-ascii", "utf-8-sig"}


def compression_of(path: Path, stated: Compression | None) -> Compression:
    """How the file is packed: as stated, else by its ending."""
    if stated is not None:
        return stated
    return cast("Compression", {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower(), "none"))


@contextlib.contextmanager
def reachable(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into an error that names it."""
    where = {"file": str(path)}
    try:
        yield
    except FileNotFoundError:
        raise DataError("There is no such file.", hint="Check the path, or where the file went.", where=where) from None
    except IsADirectoryError:
        raise DataError("This is a folder, not a file.", hint="Name one of its files.", where=where) from None
    except PermissionError:
        raise AccessError(
            "This file may not be read.", hint="Give yourself the right to read it.", where=where
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError("The compressed file is damaged.", hint="Fetch or make it again.", where=where) from None


def open_plain(path: Path, compression: Compression) -> IO[bytes]:
    """The unpacked bytes."""
    if compression == "gzip":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if compression == "zstd":
        import pyarrow as pa

        packed = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
        return io.BufferedReader(cast("io.RawIOBase", packed), _BLOCK)
    return path.open("rb", buffering=_BLOCK)


def head(path: Path, compression: Compression, size: int) -> bytes:
    """The first bytes."""
    with reachable(path), open_plain(path, compression) as stream:
        return stream.read(size)


def is_utf8(encoding: str) -> bool:
    """Whether DuckDB can read the encoding as it stands."""
    return encoding.lower().replace("_", "-") in _UTF8


@contextlib.contextmanager
def as_utf8(
    path: Path, encoding: str, compression: Compression, line_end: str = ""
) -> Iterator[tuple[Path, Compression]]:
    """The file itself if it is UTF-8, else a temporary copy that is, gone afterwards.

    ``line_end`` is ``cr`` where carriage returns end the lines; in the copy line feeds do.

    Bytes that mean nothing in the encoding stay as they are, so that their line is found to be broken, not mended.
    """
    if is_utf8(encoding) and line_end != "cr":
        yield path, compression
        return
    try:
        decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
    except LookupError:
        raise DataError(
            f"There is no encoding {encoding!r}.",
            hint="Use utf-8, utf-16, cp1252 or latin-1.",
            where={"file": str(path)},
        ) from None
    handle, name = tempfile.mkstemp(prefix="dreflow-", suffix=".txt")
    copy = Path(name)
    try:
        with os.fdopen(handle, "wb") as target, reachable(path), open_plain(path, compression) as stream:
            while block := stream.read(_BLOCK):
                plain = decoder.decode(block).encode("utf-8", "surrogateescape")
                target.write(plain.replace(b"\r", b"\n") if line_end == "cr" else plain)
            target.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
        yield copy, "none"
    finally:
        copy.unlink(missing_ok=True)


def detect_encoding(sample: bytes, *, whole: bool) -> str:
    """The encoding of a text by its first bytes: its byte order mark, else UTF-8 if it is that, else a Western one.

    A few bad bytes among many good UTF-8 sequences stay UTF-8: their lines are broken, the file is not.
    """
    # The mark of UTF-32 begins with that of UTF-16.
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return name
    if len(sample) >= 4:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        half = len(sample) // 2
        if odd > half * 0.6 and even < half * 0.1:
            return "utf-16-le"
        if even > half * 0.6 and odd < half * 0.1:
            return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text = decoder.decode(sample, final=whole)
    broken = text.count("\ufffd")
    if not broken:
        return "utf-8"
    good = sum(1 for character in text if character > "\x7f" and character != "\ufffd")
    if good > broken * 4:
        return "utf-8"
    if _is_japanese(sample, whole=whole):
        return "cp932"
    undefined = sum(sample.count(byte) for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
    # No text has the control characters that these are in Latin-1: an old Mac or DOS wrote it.
    fitting = [name for name in _OLD if undefined and _are_letters(sample, name)]
    return fitting[0] if len(fitting) == 1 else "latin-1" if undefined else "cp1252"


def _is_japanese(sample: bytes, *, whole: bool) -> bool:
    """Whether the bytes are Shift-JIS with syllables, which no Western text is by chance."""
    try:
        text = codecs.getincrementaldecoder("cp932")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return False
    wide = [sign for sign in text if sign > "\u2fff"]
    kana = sum("\u3040" <= sign <= "\u30ff" for sign in wide)
    return kana > 1 and kana * 20 >= len(wide)


def _are_letters(sample: bytes, encoding: str) -> bool:
    """Whether all that is not ASCII is a letter or sign of Western texts in the encoding."""
    return all(sign in _WESTERN for sign in sample.decode(encoding) if sign > "\x7f")


@record(frozen=True)
class Stamp:
    """When and how large a file was, to see whether it changed while it was read."""

    size: int
    modified_ns: int


def stamp(path: Path) -> Stamp:
    """The file's size and time of change."""
    with reachable(path):
        found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns)


@record(frozen=True)
class Content:
    """What one pass over the stored bytes tells."""

    fingerprint: str
    lines: int | None
    """Line count; None when the file is packed."""
    has_nul: bool
    separators: int | None = None
    """How often the byte between values occurs, inside quotes too; None where that is not known."""


def content(path: Path, compression: Compression, separator: bytes = b"") -> Content:
    """Fingerprint the file and count its lines, and the bytes between values, in one pass.

    Files of up to 64 MB are hashed whole. Of larger ones every 64th megabyte is, the last too, with the size and the
    time of change: hashing all of a gigabyte costs several percent of loading it.
    """
    size, lines, last, has_nul, separators = 0, 0, 10, False, 0
    is_counted = len(separator) == 1 and compression == "none"
    strong = hashlib.sha256()
    buffer = bytearray(_CACHED)
    view = memoryview(buffer)
    with reachable(path), path.open("rb", buffering=0) as stream:
        known = os.fstat(stream.fileno())
        whole = known.st_size <= _HASHED_WHOLE
        while taken := stream.readinto(buffer):
            if whole or size % _HASHED_WHOLE < _BLOCK or size + _BLOCK >= known.st_size:
                strong.update(view[:taken])
            lines += buffer.count(10, 0, taken)
            separators += buffer.count(separator, 0, taken) if is_counted else 0
            has_nul = has_nul or buffer.find(0, 0, taken) >= 0
            last = buffer[taken - 1]
            size += taken
    mark = f"{size}:sha256:{strong.hexdigest()}" if whole else f"{size}:{known.st_mtime_ns}:{strong.hexdigest()}"
    plain = compression == "none"
    counted = separators if is_counted else None
    return Content(mark, lines + (last != 10) if plain else None, plain and has_nul, counted)


def has_line_that_ends_with(path: Path, compression: Compression, separator: bytes) -> bool:
    """Whether the last value of some line is empty."""
    tails = tuple(separator + end for end in (b"\n", b"\r\n"))
    rest = b""
    with reachable(path), open_plain(path, compression) as stream:
        while block := stream.read(_BLOCK):
            found = rest + block
            if any(tail in found for tail in tails):
                return True
            rest = found[-len(separator) - 1 :]
    return rest.rstrip(b"\r").endswith(separator)


def has_match(path: Path, compression: Compression, patterns: Mapping[bytes, re.Pattern[bytes]]) -> bool:
    """Whether a pattern for a few bytes matches; each is given with the byte it begins with.

    A line end stands behind the last line.
    """
    rest = b""
    with reachable(path), open_plain(path, compression) as stream:
        while block := stream.read(_CACHED):
            for sign, pattern in patterns.items():
                # A byte is found twenty times as fast as a pattern.
                if sign in block and (pattern.search(block) or pattern.search(rest + block[:_FEW])):
                    return True
            rest = block[-_FEW:]
    return any(pattern.search(rest + b"\n") for pattern in patterns.values())
