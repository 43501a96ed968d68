"""What a model's tokens cost, from the price table of the library genai-prices as installed; nothing is looked up."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Final

UNPRICED: Final = "its price is not known"
FREE: Final = frozenset({"ollama"})
"""Providers that take no money: what they run is run here."""


def cost(provider: str, model: str, *, input_tokens: int, output_tokens: int, local: bool = False) -> Decimal | None:
    """US dollars for so many tokens; None where the table has no price for the model, which has to be said."""
    if local:
        return Decimal(0)
    rate = _rates(provider, model)
    if rate is None:
        return None
    return (rate[0] * input_tokens + rate[1] * output_tokens) / 1_000_000


def per_million(provider: str, model: str, *, local: bool = False) -> tuple[Decimal, Decimal] | None:
    """US dollars for a million tokens in and out, without discounts for what is cached."""
    return (Decimal(0), Decimal(0)) if local else _rates(provider, model)


def source() -> str:
    """Where the prices come from, with the release whose table it is."""
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"


@cache
def _rates(provider: str, model: str) -> tuple[Decimal, Decimal] | None:
    from genai_prices import Usage, calc_price

    million = 1_000_000
    try:
        # Some prices have steps by the size of a request; a small one is what a question takes.
        small = 10_000
        read = calc_price(Usage(input_tokens=small, output_tokens=0), model, provider_id=provider)
        written = calc_price(Usage(input_tokens=0, output_tokens=small), model, provider_id=provider)
    except LookupError:
        return None
    return read.total_price * million / small, written.total_price * million / small
