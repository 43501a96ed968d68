"""Whole cents, and how different hands write them."""

from __future__ import annotations

from decimal import Decimal


def euros(cents: int) -> Decimal:
    """Return cents as a decimal with exactly two places."""
    return Decimal(cents).scaleb(-2)


def plain(cents: int) -> str:
    """Write `1234.56`."""
    return f"{euros(cents):.2f}"


def english(cents: int) -> str:
    """Write `1,234.56`."""
    return f"{euros(cents):,.2f}"


def italian(cents: int) -> str:
    """Write `1.234,56`."""
    return english(cents).translate(str.maketrans(",.", ".,"))
