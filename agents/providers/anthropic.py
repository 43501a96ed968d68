"""Anthropic's models, through its messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "Anthropic"
# Its server binds output to closed schemas only, in which a mapping with names of one's own comes back empty.
CAN: Final[frozenset[Ability]] = frozenset({"tools"})
KEYS: Final = ("ANTHROPIC_API_KEY",)
NEEDS_KEY: Final = True
URL: Final = "ANTHROPIC_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(name, provider=AnthropicProvider(base_url=access.url or None, api_key=access.key))
