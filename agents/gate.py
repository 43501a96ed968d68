"""The gate that each request to a model passes: budget, privacy, patience, and the account of what it took.

Nothing else in the product sends anything to a model.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from agents import prices
from agents.models import Named
from tools import usage
from tools.context import Context
from tools.models import Task

LONGEST_WAIT = 20.0
"""Seconds: who is told to wait longer is better served by the next model of the chain."""
MOST_ATTEMPTS = 3
BYTES_PER_TOKEN = 3
"""A cautious guess for what a request will take, before anyone has counted; of UTF-8, whatever the script."""
LONGEST_OUTPUT = 8_000
LEAST_OUTPUT = 100
"""Tokens below which no answer is worth asking for."""


@dataclass(frozen=True)
class Patience:
    """How a failed request is tried again. ``sleep`` waits, ``seed`` makes the jitter the same each time."""

    sleep: Callable[[float], Awaitable[None]]
    seed: int = 0

    async def attempt(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work, again where waiting may help and the provider asks for no longer wait than is sensible."""
        draws = random.Random(self.seed)  # noqa: S311 - jitter is no secret
        for number in range(1, MOST_ATTEMPTS + 1):
            try:
                return await work()
            except ModelAPIError as error:
                wait = wait_for(error, number, draws)
                if wait is None or number == MOST_ATTEMPTS:
                    raise
                await self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")


def wait_for(error: ModelAPIError, attempt: int, draws: random.Random) -> float | None:
    """Seconds to wait before the next attempt; None where another attempt cannot help or would take too long."""
    passing = (ModelRateLimitError, ModelUnavailableError, ModelServerError, ModelConnectionError)
    hopeless = isinstance(error, ModelHTTPError) and error.status_code in {401, 402, 403}
    if hopeless or isinstance(error, ModelQuotaExceededError | ModelTimeoutError) or not isinstance(error, passing):
        return None
    if error.retry_after is not None and error.retry_after > LONGEST_WAIT:
        return None
    least = error.retry_after if error.retry_after is not None else 0.5 * 2 ** (attempt - 1)
    # Never less than was asked for, and not the same for everyone who was told the same.
    return float(min(least, LONGEST_WAIT)) + draws.random() * 0.5


@dataclass(frozen=True)
class Meter:
    """Whose budget a request is for, and where what it took is written down."""

    context: Context
    named: Named
    task: Task
    clock: Callable[[], datetime]
    thread: str | None = None
    taken: Callable[[int], None] = lambda _: None
    """Hears how many tokens each request took."""

    def tokens_left(self) -> int | None:
        """Tokens that the budget still covers; None without a bound."""
        return usage.spent(self.context, self.clock()).tokens_left

    def bound(self, size: int, most: int) -> int:
        """Tokens that may be written for a request of so many bytes: ``most``, or what the budget still covers.

        Raises LimitError where that is too little for an answer.
        """
        read = math.ceil(size / BYTES_PER_TOKEN)
        least = min(LEAST_OUTPUT, most)
        spent = usage.check(self.context, self.clock(), tokens=read + least, cost=self._cost(read, least))
        if spent.tokens_left is not None:
            most = min(most, spent.tokens_left - read)
        left = spent.money_left
        if left is None or self._covers(read, most, left):
            return most
        too_much = most
        while too_much - least > 1:
            half = (least + too_much) // 2
            least, too_much = (half, too_much) if self._covers(read, half, left) else (least, half)
        return least

    def _covers(self, read: int, written: int, money: Decimal) -> bool:
        return (self._cost(read, written) or 0) <= money

    def add(self, taken: RequestUsage) -> None:
        """Write down what a request took."""
        read, written = taken.input_tokens, taken.output_tokens
        self.taken(read + written)
        usage.record(
            self.context,
            usage.Call(
                at=self.clock(),
                principal=self.context.principal,
                task=self.task,
                provider=self.named.provider,
                model=self.named.model,
                input_tokens=read,
                output_tokens=written,
                cost=self._price(taken),
                thread=self.thread,
            ),
        )

    def _cost(self, read: int, written: int) -> Decimal | None:
        return self._price(RequestUsage(input_tokens=read, output_tokens=written))

    def _price(self, taken: RequestUsage) -> Decimal | None:
        named = self.named
        return prices.cost(named.provider, named.model, taken, at=self.clock(), local=named.local)


class Privacy(Protocol):
    """The last word on every text that leaves; ``hear`` is given all of them before ``outgoing`` changes each."""

    def hear(self, texts: Iterable[str]) -> None: ...
    def outgoing(self, text: str) -> str: ...


class Gate(WrapperModel):
    """A model behind the gate."""

    def __init__(self, wrapped: Model, *, privacy: Privacy, meter: Meter, patience: Patience) -> None:
        super().__init__(wrapped)
        self._privacy = privacy
        self.meter = meter
        self._patience = patience

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Send it, as far as it may be sent."""
        cleaned, settings, parameters = self._admitted(messages, model_settings, model_request_parameters)

        async def once() -> ModelResponse:
            return await self.wrapped.request(cleaned, settings, parameters)

        response: ModelResponse = await self._patience.attempt(once)
        self.meter.add(response.usage)
        return response

    def request_stream(self, *_: Any, **__: Any) -> Any:
        """Not done: what a model writes is shown when all of it was checked. It stands here so as not to be inherited,
        which would be a way around the gate.
        """
        raise NotImplementedError

    def _admitted(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> tuple[list[ModelMessage], ModelSettings, ModelRequestParameters]:
        plain = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
        # The whole conversation so far, whoever put it there: request, definitions, history, passages, tools' results.
        self._privacy.hear([text for message in plain for text in _told(message)])
        cleaned = ModelMessagesTypeAdapter.validate_python([_cleaned(one, self._privacy.outgoing) for one in plain])
        parts = parameters.instruction_parts
        if parts:
            cleaned_parts = [replace(part, content=self._privacy.outgoing(part.content)) for part in parts]
            parameters = replace(parameters, instruction_parts=cleaned_parts)
        asked = settings or ModelSettings()
        most = self.meter.bound(_size(cleaned, parameters), asked.get("max_tokens") or LONGEST_OUTPUT)
        return cleaned, ModelSettings(**{**asked, "max_tokens": most}), parameters


_FRAME = frozenset(
    {"kind", "part_kind", "tool_name", "tool_call_id", "tool_kind", "id", "timestamp", "outcome", "state", "usage"}
    | {"signature", "finish_reason", "run_id", "conversation_id", "model_name", "history_digest", "workspace_ref"}
    | {"provider_name", "provider_url", "provider_details", "provider_response_id", "cost"}
)
"""What frames a message and its parts: written by us, the library or the vendor, and by nobody's data."""


def _told(message: Mapping[str, Any]) -> Iterator[str]:
    """Texts of a message but for the instructions, which are ours and the same for everybody."""
    for part in message["parts"]:
        if part["part_kind"] != "system-prompt":
            yield from _texts({key: value for key, value in part.items() if key not in _FRAME})


def _cleaned(message: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    def inside(framed: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value if key in _FRAME else _each_text(value, change) for key, value in framed.items()}

    whole = {key: value for key, value in message.items() if key != "parts"}
    return {**inside(whole), "parts": [inside(part) for part in message["parts"]]}


def _each_text(plain: Any, change: Callable[[str], str]) -> Any:
    if isinstance(plain, str):
        return change(plain)
    if isinstance(plain, list):
        return [_each_text(item, change) for item in plain]
    if isinstance(plain, dict):
        return {change(key): _each_text(item, change) for key, item in plain.items()}
    return plain


def _texts(plain: Any) -> Iterator[str]:
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list):
        for item in plain:
            yield from _texts(item)
    elif isinstance(plain, dict):
        for key, item in plain.items():
            yield str(key)
            yield from _texts(item)


def _size(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """Bytes of all that is sent: messages, instructions, and the tools with their schemas."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    schemas = [f"{tool.name}{tool.description or ''}{json.dumps(tool.parameters_json_schema)}" for tool in tools]
    bound = parameters.output_object
    schemas += [json.dumps(bound.json_schema)] if bound is not None else []
    told = [part.content for part in parameters.instruction_parts or []]
    return len(ModelMessagesTypeAdapter.dump_json(messages)) + sum(len(text.encode()) for text in [*schemas, *told])
