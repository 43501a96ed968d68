"""Output bound to a schema, on servers that speak OpenAI's chat API and do not agree on how that is asked for.

OpenAI, vLLM, LM Studio and llama.cpp's own server take the schema as ``json_schema``; llama-cpp-python and some take it
beside ``json_object`` and answer the first with an error of theirs (llama-cpp-python 0.3.36: HTTP 500).
"""

from __future__ import annotations

from typing import Any, cast

from pydantic_ai.exceptions import ModelRequestRejectedError, ModelServerError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.settings import ModelSettings


class SchemaBound(OpenAIChatModel):
    """Asks in the first of the ways that the server takes."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """A form that the server does not know counts as refused, so that a plainer one is tried."""
        form = model_request_parameters.output_object
        if form is None or model_request_parameters.output_mode not in {"native", "prompted"}:
            return await super().request(messages, model_settings, model_request_parameters)
        if model_request_parameters.output_mode == "native":
            try:
                return await super().request(messages, model_settings, model_request_parameters)
            except ModelServerError as error:
                if not _speaks_of_the_form(error):
                    raise
                raise ModelRequestRejectedError(self.model_name, "The server does not take a schema so.") from error
        beside = {"response_format": {"type": "json_object", "schema": form.json_schema}}
        bound = cast("Any", {**(model_settings or {}), "extra_body": beside})
        try:
            return await super().request(messages, bound, model_request_parameters)
        except (ModelRequestRejectedError, ModelServerError) as error:
            if isinstance(error, ModelServerError) and not _speaks_of_the_form(error):
                raise
            return await super().request(messages, model_settings, model_request_parameters)


def _speaks_of_the_form(error: ModelServerError) -> bool:
    """Whether a server's fault is that it does not know the form; any other is a fault, and tried again."""
    return "response_format" in f"{error} {error.body}"
