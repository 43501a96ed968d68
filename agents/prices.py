"""What a model's tokens cost, from the price table of the library genai-prices as installed; nothing is looked up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic_ai.usage import RequestUsage

UNPRICED: Final = "its price is not known"


def cost(provider: str, model: str, taken: RequestUsage, *, at: datetime, local: bool = False) -> Decimal | None:
    """US dollars for one request of exactly this size, as priced at that time, its cached part at the price of cached.

    None where the table has no price for the model, which has to be said.
    """
    from genai_prices import calc_price

    if local:
        return Decimal(0)
    try:
        return calc_price(taken, model, provider_id=provider, genai_request_timestamp=at).total_price
    except LookupError:
        return None
    except ValueError:
        # What the server says of its cache does not add up, so nothing counts as cached.
        plain = type(taken)(input_tokens=taken.input_tokens, output_tokens=taken.output_tokens)
        return cost(provider, model, plain, at=at) if plain != taken else None


def source() -> str:
    """Where the prices come from, with the release whose table it is."""
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"
