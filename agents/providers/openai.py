"""OpenAI's models, through its responses API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "OpenAI"
CAN: Final[frozenset[Ability]] = frozenset({"tools", "schema"})
KEYS: Final = ("OPENAI_API_KEY",)
NEEDS_KEY: Final = True
URL: Final = "OPENAI_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
    from pydantic_ai.providers.openai import OpenAIProvider

    # Unless told otherwise the vendor keeps what was said for later calls; each of ours brings all it needs.
    forgetful = OpenAIResponsesModelSettings(openai_store=False)
    provider = OpenAIProvider(base_url=access.url or None, api_key=access.key)
    return OpenAIResponsesModel(name, provider=provider, settings=forgetful)
