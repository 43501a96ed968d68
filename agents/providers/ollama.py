"""Models that Ollama runs on a machine of one's own; small ones cannot be relied on to call tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "Ollama"
CAN: Final[frozenset[Ability]] = frozenset({"schema", "local"})
KEYS: Final = ("OLLAMA_API_KEY",)
NEEDS_KEY: Final = False
URL: Final = "OLLAMA_BASE_URL"
HOME: Final = "http://localhost:11434/v1"


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    return OllamaModel(name, provider=OllamaProvider(base_url=access.url, api_key=access.key or None))
