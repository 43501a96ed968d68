"""What a file is that is named as a text and holds none: told by its first bytes, or by signs that no text has."""

from __future__ import annotations

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Let its name end in .xlsx, or .zip if it is an archive."),
    (b"\xd0\xcf\x11\xe0", "a workbook or document of old Office", "Open it there, and save it as .xlsx or .csv."),
    (b"%PDF-", "a PDF", "Export the data itself as CSV or Excel."),
    (b"\x89PNG", "a picture", "Export the data itself as CSV or Excel."),
    (b"\xff\xd8\xff", "a picture", "Export the data itself as CSV or Excel."),
    (b"GIF8", "a picture", "Export the data itself as CSV or Excel."),
    (b"\x1f\x8b", "a file packed with gzip", "Let its name end in .gz, or set compression to gzip."),
    (
        b"\x28\xb5\x2f\xfd",
        "a file packed with Zstandard",
        "Let its name end in .zst, or set compression to zstd.",
    ),
    (b"PAR1", "a Parquet file", "Let its name end in .parquet, or set the option format to parquet."),
    (b"SQLite format 3\x00", "an SQLite database", "Let its name end in .sqlite."),
    (b"MZ", "a program", "Export the data itself as CSV or Excel."),
    (b"\x7fELF", "a program", "Export the data itself as CSV or Excel."),
)
"""First bytes, what begins with them, and what to do about it."""
_MOST_ODD = 0.02
_FEW = 5
# Tabs, line ends, form feeds, what ends files and marks colours in old exports, and ASCII's own signs between columns
# and rows. NUL pads fields of fixed width, so it is left to the lines that hold it.
_USUAL = frozenset("\0\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")


def other_than_text(sample: bytes, decoded: str) -> tuple[str, str] | None:
    """What a file is instead of text, and what to do about it; None where it is text.

    ``decoded`` is the ``sample`` of its first bytes in the encoding that was found or stated.
    """
    odd = sum(1 for sign in decoded if sign < " " and sign not in _USUAL)
    strange = odd > _FEW and odd > len(decoded) * _MOST_ODD
    for mark, what, hint in _SIGNATURES:
        # A text may begin with "MZ", "PAR1" or "GIF8" too.
        if sample.startswith(mark) and (strange or not mark.isalnum()):
            return what, hint
    return ("not text", "Look at how it was saved or sent; export it again.") if strange else None
