"""Models that Groq serves, through its chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "Groq"
CAN: Final[frozenset[Ability]] = frozenset({"tools", "schema"})
KEYS: Final = ("GROQ_API_KEY",)
NEEDS_KEY: Final = True
URL: Final = "GROQ_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.groq import GroqModel
    from pydantic_ai.providers.groq import GroqProvider

    return GroqModel(name, provider=GroqProvider(base_url=access.url or None, api_key=access.key))
