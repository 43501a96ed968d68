"""Any server that speaks OpenAI's chat API: vLLM, LM Studio, llama.cpp, a gateway of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.models import Ability, Access

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TITLE: Final = "the compatible server"
CAN: Final[frozenset[Ability]] = frozenset({"schema", "local"})
KEYS: Final = ("COMPATIBLE_API_KEY",)
NEEDS_KEY: Final = False
URL: Final = "COMPATIBLE_BASE_URL"
HOME: Final = ""


def model(name: str, access: Access) -> Model:
    """The model of that name."""
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider

    from agents.schemabound import SchemaBound

    # Nothing is known of the model but that its server binds output to a schema; where it does not, words must do.
    profile = OpenAIModelProfile(supports_json_schema_output=True, supports_json_object_output=True)
    # The library takes its own variable for a key that is not given, and a key is nobody else's business.
    provider = OpenAIProvider(base_url=access.url, api_key=access.key or "none")
    return SchemaBound(name, provider=provider, profile=profile)
