"""Models: what the product makes of what a model says, whatever it says. The model is scripted; all else is real.

A case holds its ``data`` (files with their text), what is said, and the ``script``: what the model answers, one entry a
request, the last one repeated. An entry is a ``draft``, a ``question`` or a ``refusal`` as a model would give it, or
plain ``text``. It ends in one of ``answers`` (rows), ``asks`` (words of the question), ``declines`` (words of why not).
``by`` is who gave the reply in the end, ``requests`` how often the model was asked, ``says`` words of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from agents.contract import Draft, Question, Refusal, Request
from evals.casefiles import FileCase, Unlike, Written, read_case
from evals.outcomes import Outcome
from evals.places import Place
from spec.base import JsonValue

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models.function import AgentInfo, FunctionModel

    from agents.models import Named

MODEL = "ollama:scripted"
KINDS = {"draft": "ProposedDraft", "question": "ProposedQuestion", "refusal": "ProposedRefusal"}


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


def _as_query(draft: Mapping[str, Any]) -> dict[str, Any]:
    """A draft of one query as a small model writes it; any other as it is, which is not the form that was asked for."""
    steps = draft.get("steps") or []
    if len(steps) != 1 or "query" not in steps[0]:
        return dict(draft)
    kept = {key: value for key, value in draft.items() if key not in {"tables", "steps"}}
    return {**kept, "sql": steps[0]["query"]}


def _forms(asked: AgentInfo) -> str:
    form = asked.model_request_parameters.output_object
    return json.dumps(form.json_schema) if form is not None else ""


class Told(Written):
    """One answer of the model."""

    draft: dict[str, JsonValue] | None = None
    question: dict[str, JsonValue] | None = None
    refusal: dict[str, JsonValue] | None = None
    text: str | None = None

    def wire(self, forms: str) -> str:
        """As the model writes it in one of the ``forms`` that it is asked for."""
        for kind, form in KINDS.items():
            data = getattr(self, kind)
            if kind == "draft" and data is not None and "ProposedQuery" in forms:
                return json.dumps({"result": {"kind": "ProposedQuery", "data": _as_query(data)}})
            if data is not None:
                return json.dumps({"result": {"kind": form, "data": data}})
        return self.text or ""


class ModelFile(Written):
    """A case file."""

    title: str
    data: dict[str, str]
    say: str
    want: Literal["answer", "pipeline"] = "answer"
    now: datetime = datetime.fromisoformat("2026-10-06T06:00:00+00:00")
    timezone: str = "Europe/Rome"
    settled: int | None = Field(default=None, description="Answer the question with this option, from 1, and go on.")
    script: tuple[Told, ...] = Field(min_length=1)
    answers: tuple[tuple[JsonValue, ...], ...] | None = None
    asks: Texts = ()
    declines: Texts = ()
    by: Literal["model", "builtin"] | None = None
    requests: int | None = None
    says: Texts = ()
    sample: bool = True
    open: str = ""

    @model_validator(mode="after")
    def _one_thing_must_come_of_it(self) -> ModelFile:
        if sum([self.answers is not None, bool(self.asks), bool(self.declines)]) != 1:
            raise ValueError("a case has exactly one of answers, asks and declines")
        return self


ModelCase = FileCase[ModelFile]


def read(file: Path, name: str) -> Sequence[ModelCase]:
    """The case of a file."""
    return [ModelCase(name, read_case(file, ModelFile))]


class _Script:
    """The model: it says what the case lets it say, in turn."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._told = list(told)
        self.requests = 0

    def make(self, _: Named) -> FunctionModel:
        """The model in the library's form."""
        from pydantic_ai.models.function import FunctionModel
        from pydantic_ai.profiles import ModelProfile

        return FunctionModel(self._next, profile=ModelProfile(supports_json_schema_output=True))

    def _next(self, _: list[ModelMessage], asked: AgentInfo) -> ModelResponse:
        from pydantic_ai.messages import ModelResponse, TextPart

        told = self._told[min(self.requests, len(self._told) - 1)]
        self.requests += 1
        return ModelResponse(parts=[TextPart(told.wire(_forms(asked)))])


async def _no_wait(_: float) -> None:
    await asyncio.sleep(0)


def run(case: ModelCase, place: Place) -> None:
    """Ask, answer the question where the case says so, and compare what came of it."""
    from agents.calling import Caller
    from agents.planner import ModelPlanner
    from tools.data import open_data
    from tools.models import ModelSettings

    held = case.held
    place.write(held.data)
    context = place.context(held.now)
    script = _Script(held.script)
    caller = Caller(context, ModelSettings(), clock=lambda: held.now, sleep=_no_wait, make=script.make)
    planner = ModelPlanner(caller, (MODEL,))
    request = Request(text=held.say, now=held.now, timezone=held.timezone, want=held.want)
    with open_data([str(place.data)], context) as data:
        reply = planner.draft(request, data)
        if held.settled is not None:
            if not isinstance(reply, Question):
                raise Unlike(f"It was to ask first, and gave {reply.kind}.")
            chosen = reply.options[held.settled - 1].value
            reply = planner.draft(request.model_copy(update={"answers": {reply.key: chosen}}), data)
        _compare(case, reply, _rows(context, reply, data, held.now) if isinstance(reply, Draft) else [])
    if held.by is not None and (planner.by == MODEL) != (held.by == "model"):
        raise Unlike(f"It came from {planner.by}.")
    if held.requests is not None and script.requests != held.requests:
        raise Unlike(f"The model was asked {script.requests} times, not {held.requests}.")


def _rows(context: Any, reply: Draft, data: Any, now: datetime) -> list[list[str]]:
    from tools.questions import answer

    step = reply.answer or (reply.spec.outputs[0].from_ if reply.spec.outputs else None)
    found = answer(context, reply.spec, step, data, now=now, limit=1000).rows
    return [["" if cell is None else str(cell) for cell in row] for row in found.rows]


def _compare(case: ModelCase, reply: Draft | Question | Refusal, rows: list[list[str]]) -> None:
    held = case.held
    if held.answers is not None:
        if not isinstance(reply, Draft):
            outcome: Outcome = "asked" if isinstance(reply, Question) else "declined"
            raise Unlike(f"It gave {reply.kind}: {_words(reply)}", outcome)
        wanted = [["" if cell is None else str(cell) for cell in row] for row in held.answers]
        if sorted(rows) != sorted(wanted):
            raise Unlike(f"It answers {rows[:5]}, not {wanted[:5]}.")
    elif held.asks and not isinstance(reply, Question):
        raise Unlike(f"It did not ask but gave {reply.kind}: {_words(reply)}")
    elif held.declines and not isinstance(reply, Refusal):
        raise Unlike(f"It did not decline but gave {reply.kind}: {_words(reply)}")
    words = _words(reply).casefold()
    missing = [one for one in (*held.says, *held.asks, *held.declines) if one.casefold() not in words]
    if missing:
        raise Unlike(f"It does not say {missing[0]!r} but: {_words(reply)}")


def _words(reply: Draft | Question | Refusal) -> str:
    plain: Mapping[str, Any] = reply.model_dump(mode="json", exclude={"spec"})
    return json.dumps(plain, ensure_ascii=False)
