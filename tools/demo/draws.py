"""Repeatable chance: a draw depends on the seed, an index and a name, never on order, threads or versions.

DuckDB's own `hash()` may change between releases, which would change the demo's files under a reader's feet, so the
same 32-bit integer mixer (Wellons' "lowbias32") is written out, here for Python and in `sql/draws.sql` for SQL.
"""

from __future__ import annotations

from hashlib import md5

_MASK = 0xFFFFFFFF
_SPREAD = 2654435769


def draw(seed: int, index: int, name: str, below: int) -> int:
    """Return the whole number in [0, below) that belongs to this seed, index and name."""
    salt = int(md5(f"{seed}:{name}".encode(), usedforsecurity=False).hexdigest()[:8], 16)
    mixed = ((index * _SPREAD) & _MASK) ^ salt
    mixed = ((mixed ^ (mixed >> 16)) * 2146121005) & _MASK
    mixed = ((mixed ^ (mixed >> 15)) * 2221713035) & _MASK
    return (mixed ^ (mixed >> 16)) % below


def code(seed: int, index: int, name: str, length: int) -> str:
    """Return `length` letters and digits that look like the tail of a real reference."""
    letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    return "".join(letters[draw(seed, index * 64 + place, name, len(letters))] for place in range(length))
