"""JSON and NDJSON: nested objects become columns, lists of objects become tables of their own, numbers stay exact.

DuckDB reads JSON numbers that are not whole through DOUBLE, which keeps 15 digits. A file in which a number has more
is read from a copy in which those numbers are texts, so a DECIMAL or VARCHAR column gets each digit; a DOUBLE column
would not, and is refused.
"""

from __future__ import annotations

from connectors.files.documents.discovery import discover
from connectors.files.documents.reading import read

__all__ = ["discover", "read"]
