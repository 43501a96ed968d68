"""Calling models: a task goes to the first model of its chain that may have it, is reached and gives what was asked.

Whatever fails is told in plain words and the next model is tried; who calls ends with the built-in planner.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from agents.models import TIMEOUT, Make, Mode, Named, chain, named
from agents.privacy import Data, Privacy
from agents.sensitive import Marks, find_marks
from spec.errors import DreflowError, LimitError
from tools import models as kept
from tools.context import Context
from tools.models import ModelSettings, Task

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.settings import ModelSettings as RequestSettings
    from pydantic_ai.tools import Tool

    from agents.gate import Gate

T = TypeVar("T")
P = ParamSpec("P")
MOST_OUTPUTS = 3
"""How often a model may hand in its answer: once, and twice more to mend it."""
MOST_REQUESTS = 12
PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Plainer:
    """A smaller form of the same, with its own instructions."""

    instructions: str
    outputs: Sequence[type[Any]]


@dataclass(frozen=True)
class Job(Generic[T]):
    """What a model is to do. Each part is made for one model, by what it may see.

    ``check`` may change the output or raise ``pydantic_ai.ModelRetry`` with what to mend.
    """

    task: Task
    instructions: str
    outputs: Sequence[type[Any]]
    prompt: Callable[[Privacy, Mode], str]
    tools: Callable[[Privacy], Sequence[Tool[Any]]] = lambda _: ()
    check: Callable[[T, Privacy], T] = lambda output, _: output
    plainer: Plainer | None = None
    """What a model that calls no tools is asked for instead."""


@dataclass(frozen=True)
class Said(Generic[T]):
    """What came of it: the output with the model that gave it, or None. ``notes`` say why each model before did not."""

    output: T | None
    by: str | None
    notes: tuple[str, ...] = ()


def wait(seconds: float) -> Awaitable[None]:
    """Wait on the running loop."""
    return asyncio.sleep(seconds)


@dataclass(frozen=True)
class Caller:
    """Who calls, with which settings. ``sleep``, ``seed``, ``clock`` and ``make`` are the outside world."""

    context: Context
    settings: ModelSettings
    clock: Callable[[], datetime]
    thread: str | None = None
    seed: int = 0
    sleep: Callable[[float], Awaitable[None]] = wait
    make: Make = Named.make
    timeout: float = TIMEOUT
    taken: list[int] = field(default_factory=list)
    """Tokens of each request so far."""
    _marks: WeakKeyDictionary[Data, Marks] = field(default_factory=WeakKeyDictionary, repr=False)

    def run(self, job: Job[T], models: Sequence[str], data: Data | None = None) -> Said[T]:
        """Try the models in order."""
        return self.through(models, data, lambda one, privacy: self._tried(job, one, privacy))

    def through(
        self,
        models: Sequence[str],
        data: Data | None,
        attempt: Callable[[Named, Privacy], tuple[Said[T] | None, str]],
    ) -> Said[T]:
        """The first attempt that gives something; each other one gives why not."""
        notes: list[str] = []
        for text in models:
            try:
                one = named(self.context, text, self.settings)
            except DreflowError as error:
                notes.append(f"{text} was not asked: {error.message}")
                continue
            privacy = self.privacy(one, data)
            if privacy.refused:
                notes.append(f"{text} was not asked: the data has personal columns, which stay on this machine.")
                continue
            said, why = attempt(one, privacy)
            if said is not None:
                return Said(said.output, said.by, tuple(notes))
            notes.append(why)
        return Said(None, None, tuple(notes))

    def gate(self, one: Named, privacy: Privacy, task: Task) -> Gate:
        """The model behind the gate, for one task."""
        from agents.gate import Gate, Meter, Patience

        meter = Meter(self.context, one, task, self.clock, self.thread, self.taken.append)
        return Gate(self.make(one), privacy=privacy, meter=meter, patience=Patience(self.sleep, self.seed))

    def bounds(self) -> RequestSettings:
        """What every request is bound by: one attempt's time, and all of it. The gate bounds how much is written."""
        from pydantic_ai.settings import ModelSettings as Settings

        # One deadline over the whole request too: a server that dribbles resets each library's own timer.
        return Settings(timeout=self.timeout, request_timeout=3 * self.timeout, max_retries=0)

    def privacy(self, one: Named, data: Data | None) -> Privacy:
        """The rules for one model over the data."""
        salt = self.context.workspace.store.workspace
        if data is None:
            return Privacy(Nothing(), self.settings, local=one.local, salt=salt, marks={})
        if data not in self._marks:
            self._marks[data] = find_marks(data)
        return Privacy(data, self.settings, local=one.local, salt=salt, marks=self._marks[data])

    def _tried(self, job: Job[T], one: Named, privacy: Privacy) -> tuple[Said[T] | None, str]:
        from pydantic_ai.exceptions import (
            AgentRunError,
            ModelAuthenticationError,
            ModelContextWindowExceededError,
            ModelNotFoundError,
            ModelRequestRejectedError,
            UserError,
        )

        for mode in one.modes:
            try:
                return Said(settled(self._once, job, one, privacy, mode), str(one)), ""
            except (ModelAuthenticationError, ModelNotFoundError, ModelContextWindowExceededError) as error:
                return None, in_words(error, one)
            except ModelRequestRejectedError as error:
                # A server that knows no tools or no schemas refuses the request as such; plainer ones may do.
                if mode == "prompted":
                    return None, in_words(error, one)
            except (AgentRunError, UserError, LimitError, OSError, ValueError) as error:
                return None, in_words(error, one)
        raise AssertionError("a model has at least one mode")

    async def _once(self, job: Job[T], one: Named, privacy: Privacy, mode: Mode) -> T:
        from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
        from pydantic_ai.usage import UsageLimits

        gate = self.gate(one, privacy, job.task)
        left = gate.meter.tokens_left()
        if mode == "native" and not gate.profile.get("supports_json_schema_output"):
            # The provider can bind output to a schema, and not for every model it has.
            mode = "prompted"
        form = job.plainer if job.plainer is not None and mode != "tool" else job
        only_text = list(form.outputs) == [str]
        output: Any = str
        if not only_text and mode == "tool":
            output = [ToolOutput(kind, name=_tool_name(kind)) for kind in form.outputs]
        elif not only_text:
            output = (NativeOutput if mode == "native" else PromptedOutput)(list(form.outputs))
        agent: Agent[None, Any] = Agent(
            gate,
            output_type=output,
            instructions=form.instructions,
            tools=job.tools(privacy) if mode == "tool" else (),
            retries={"output": MOST_OUTPUTS - 1, "tools": MOST_OUTPUTS - 1},
        )

        @agent.output_validator
        def checked(output: Any) -> Any:
            return job.check(output, privacy)

        async with gate:
            result = await agent.run(
                job.prompt(privacy, mode),
                usage_limits=UsageLimits(request_limit=MOST_REQUESTS, total_tokens_limit=left),
                model_settings=self.bounds(),
            )
        done: T = result.output
        return done


def routed(context: Context, task: Task, *, clock: Callable[[], datetime], thread: str | None = None) -> Caller | None:
    """Who calls the models that the workspace routes a task to; None where it names none."""
    settings = kept.settings(context)
    return Caller(context, settings, clock=clock, thread=thread) if chain(settings, task) else None


def _tool_name(kind: type[Any]) -> str:
    return str(getattr(kind, "TOOL", kind.__name__.casefold()))


def settled(work: Callable[P, Awaitable[T]], *args: P.args, **more: P.kwargs) -> T:
    """Wait for asynchronous work from code that is not; in a running loop's thread, on a loop of its own beside it."""

    async def whole() -> T:
        return await work(*args, **more)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(whole())).result()


def in_words(error: Exception, one: Named) -> str:
    """Why a model gave no answer, for the person; nothing of what it or its server wrote is repeated."""
    if isinstance(error, LimitError):
        return f"{one} was not asked: {error.message}"
    return f"{one} gave no answer: {_reason(error, one)}"


def _reason(error: Exception, one: Named) -> str:
    from pydantic_ai import exceptions as failed

    title = one.unit.TITLE
    reasons: Mapping[type[Exception], str] = {
        failed.ModelQuotaExceededError: f"the account at {title} is out of money. Top it up with the vendor.",
        failed.ModelAuthenticationError: f"the key for {title} is wrong or may not use this model. "
        f"Give another with 'dreflow models key {one.provider}'.",
        failed.ModelNotFoundError: f"{title} knows no model {one.model!r}.",
        failed.ModelContextWindowExceededError: "the data has more tables and columns than it can read.",
        failed.ModelRateLimitError: f"{title} asks us to wait longer than is sensible.",
        failed.ModelUnavailableError: f"{title} is overloaded.",
        failed.ModelServerError: f"{title} has a fault of its own.",
        failed.ModelTimeoutError: f"{title} did not answer in time.",
        failed.ModelRequestTimeout: f"{title} did not answer in time.",
        failed.ModelConnectionError: f"{title} could not be reached, or the connection broke off.",
        failed.ModelRequestRejectedError: f"{title} refused the request.",
        failed.UsageLimitExceeded: "it took more than this month's budget or one request may take.",
        failed.ContentFilterError: "it declined to answer.",
        failed.UnexpectedModelBehavior: f"what it wrote was not usable, {MOST_OUTPUTS} times over or cut off.",
    }
    if isinstance(error, failed.ModelHTTPError) and error.status_code == 402:
        return reasons[failed.ModelQuotaExceededError]
    found = next((text for kind, text in reasons.items() if isinstance(error, kind)), None)
    return found or f"{title} could not be used ({type(error).__name__})."


def prompt(name: str) -> str:
    """A prompt of ``agents/prompts``."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8")


def fenced(title: str, text: str) -> str:
    """Untrusted text between two lines that nobody who wrote it could know."""
    mark = secrets.token_hex(6)
    return f"--- {mark}: {title}, data only ---\n{text}\n--- {mark}: end ---"


class Nothing:
    """The data of a job that has none."""

    def __getattr__(self, name: str) -> Any:
        from spec.catalog import Catalog

        return {"catalog": Catalog(tables=()), "sources": {}, "definitions": {}}[name]
