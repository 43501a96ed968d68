"""Google's Gemini models, through the Gemini API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "Google"
CAN: Final[frozenset[Ability]] = frozenset({"tools", "schema"})
KEYS: Final = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
NEEDS_KEY: Final = True
URL: Final = "GOOGLE_GEMINI_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(name, provider=GoogleProvider(base_url=access.url or None, api_key=access.key))
