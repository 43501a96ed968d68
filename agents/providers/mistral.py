"""Mistral's models, through its chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "Mistral"
CAN: Final[frozenset[Ability]] = frozenset({"tools", "schema"})
KEYS: Final = ("MISTRAL_API_KEY",)
NEEDS_KEY: Final = True
URL: Final = "MISTRAL_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.mistral import MistralModel
    from pydantic_ai.providers.mistral import MistralProvider

    return MistralModel(name, provider=MistralProvider(base_url=access.url or None, api_key=access.key))
