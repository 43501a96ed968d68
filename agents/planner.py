"""The planner behind which a model stands: it proposes, the compiler checks, the built-in planner referees."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, cast

from agents import models, proposal
from agents.calling import MOST_OUTPUTS, Caller, Job, Plainer, Said, fenced, prompt
from agents.contract import DataView, Draft, Planner, Question, Refusal, Request, noted
from agents.desk import BUILTIN, PROVIDERS, ROUTED
from agents.looking import Looking, catalog
from agents.models import Mode
from agents.privacy import Data, Privacy
from agents.proposal import Proposal, ProposedDraft, ProposedQuery, ProposedQuestion, Whole
from spec.base import JsonValue
from spec.errors import DreflowError, SpecError
from spec.pipeline import Pipeline
from tools import models as kept
from tools.context import Context
from tools.models import Task


@dataclass
class ModelPlanner:
    """Drafts with the models of a chain, and with the built-in planner where none of them can.

    ``caller`` is who calls. For each request ``models`` are tried in this order, then those that the workspace's routes
    name for what is wanted. ``referee`` compares each draft with the built-in planner's reading of the same words.
    """

    caller: Caller
    models: Sequence[str]
    referee: bool = True
    by: str = field(default=BUILTIN, init=False)
    """Who gave the last draft: a model as 'provider:model', or 'builtin'."""
    REPAIRS: Final = True

    @property
    def tokens(self) -> int:
        """What the last draft took."""
        return sum(self.caller.taken)

    def in_thread(self, thread: str) -> None:
        """Write what drafts take from now on to a conversation's account."""
        self.caller = replace(self.caller, thread=thread)

    def draft(self, request: Request, data: DataView) -> Draft | Question | Refusal:
        """What a model proposes, compiled; or a question where its reading and the built-in one differ in result."""
        from agents.referee import Referee

        view = cast("Data", data)
        self.by = BUILTIN
        self.caller.taken.clear()
        builtin = cast("Planner", PROVIDERS.load(BUILTIN))
        referee = Referee(self.caller.context, request, view)
        settled = referee.settled(builtin)
        if settled is not None:
            return settled
        own = builtin.draft(request, data) if self.referee else None
        if isinstance(own, Question):
            # What figures differ by is asked before any model reads the words, and before anyone's reading is shown.
            return own
        said = self._asked(request, view)
        self.by = said.by or BUILTIN
        if said.output is None:
            return noted(own or builtin.draft(request, data), said.notes)
        return noted(referee.judge(said.output, own, by=self.by) if own else said.output, said.notes)

    def _asked(self, request: Request, data: Data) -> Said[Draft | Question | Refusal]:
        task: Task = "draft" if request.want == "pipeline" else "answer"
        drafts = _Drafts(self.caller.context, request, data)
        job: Job[Proposal] = Job(
            task=task,
            instructions=prompt("planner"),
            outputs=proposal.OUTPUTS,
            prompt=drafts.prompt,
            tools=lambda privacy: Looking(self.caller.context, privacy, request.now, request.timezone).tools(),
            check=drafts.check,
            plainer=Plainer(prompt("query"), proposal.QUERIES) if task == "answer" else None,
        )
        if len(request.repair) >= MOST_OUTPUTS:
            return Said(None, None, (f"No draft compiled, {MOST_OUTPUTS} times over.",))
        chain = dict.fromkeys([*self.models, *models.chain(self.caller.settings, task)])
        said = self.caller.run(job, tuple(chain), data)
        return Said(drafts.reply(said.output), said.by, said.notes)


class _Drafts:
    """The proposals for one request: told to the model, compiled, kept as specs."""

    def __init__(self, context: Context, request: Request, data: Data) -> None:
        self._context = context
        self._request = request
        self._data = data
        self._compiled: dict[int, Pipeline] = {}
        self._restored: dict[int, Whole] = {}

    def prompt(self, privacy: Privacy, mode: Mode) -> str:
        """The request with all it depends on, as this model may see it."""
        request = self._request
        local = request.now.astimezone(_zone(request.timezone))
        parts = [
            f"Request: {request.text}",
            f"Wanted: {'rows that answer it' if request.want == 'answer' else 'a pipeline that saves files'}.",
            f"Now it is {local.isoformat()} in {request.timezone}.",
        ]
        parts += [f"Instructions that belong to it: {request.context}"] if request.context else []
        parts += [f"Already answered, {key}: {value}" for key, value in request.answers.items()]
        defined = [f"{word}: {one.text}" for word, one in self._data.definitions.items()]
        parts += [fenced("definitions of this business", "\n".join(defined))] if defined else []
        parts += [_before(turn.request, turn.reading, turn.spec) for turn in request.history[-3:]]
        parts += [f"A draft before this one did not compile: {_json(one)}" for one in request.repair]
        parts.append(catalog(privacy))
        if mode != "tool":
            parts.append("You can look at nothing more: answer from the catalog.")
        return "\n\n".join(parts)

    def check(self, proposed: Proposal, privacy: Privacy) -> Proposal:
        """Compile a draft; raises ModelRetry with the compiler's error as data."""
        if not isinstance(proposed, ProposedDraft | ProposedQuery):
            return self._kept(proposed, _restored(proposed, privacy))
        from pydantic_ai import ModelRetry

        try:
            drafted = proposed.draft() if isinstance(proposed, ProposedQuery) else proposed
            whole = cast("ProposedDraft", _restored(drafted, privacy))
            spec = proposal.pipeline_of(whole, self._request, self._data)
            proposal.check_moving(spec, self._request)
            self._compile(spec, whole, privacy)
        except DreflowError as error:
            # An error of the spec is made of names; any other may repeat a value of the data.
            told = error.to_json() if isinstance(error, SpecError) else {"kind": error.kind, "where": error.where}
            raise ModelRetry(f"The draft does not compile: {_json(told)}") from None
        self._compiled[id(proposed)] = spec
        return self._kept(proposed, whole)

    def _kept(self, proposed: Proposal, whole: Whole) -> Proposal:
        self._restored[id(proposed)] = whole
        return proposed

    def _compile(self, spec: Pipeline, whole: ProposedDraft, privacy: Privacy) -> None:
        from pipelines.compiler import compile_spec
        from tools.questions import answer

        job = compile_spec(spec, base=Path.cwd(), now=self._request.now)
        step = whole.answer or spec.steps[-1].id
        shown = [output.from_ for output in spec.outputs] or [step]
        proposal.check_personal(job, shown, privacy.marks, self._request)
        if not spec.outputs:
            # A value that does not convert is found by computing, on this machine and before anybody is told a figure.
            answer(self._context, spec, step, self._data, now=self._request.now, limit=1)

    def reply(self, proposed: Proposal | None) -> Draft | Question | Refusal | None:
        """The contract's reply for a proposal that was checked."""
        if proposed is None:
            return None
        whole = self._restored[id(proposed)]
        if isinstance(whole, ProposedDraft):
            return proposal.draft_of(whole, self._compiled[id(proposed)])
        if isinstance(whole, ProposedQuestion):
            return proposal.question_of(whole)
        return proposal.refusal_of(whole)


def _restored(proposed: Whole, privacy: Privacy) -> Whole:
    """With values where placeholders stood; inside SQL a value's quotes are doubled."""
    plain: dict[str, JsonValue] = proposed.model_dump(mode="json")
    restored: Mapping[str, JsonValue] = {
        key: privacy.restored(value, sql=key in {"steps", "checks"}) for key, value in plain.items()
    }
    return type(proposed).model_validate(restored)


def _before(said: str, reading: str, spec: Pipeline | None) -> str:
    steps = [step.model_dump(mode="json", by_alias=True, exclude_defaults=True) for step in spec.steps] if spec else []
    return f"Earlier request: {said}\nIt was read as: {reading}\nIts steps: {_json(steps)}"


def _json(plain: object) -> str:
    return json.dumps(plain, default=str, ensure_ascii=False)


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def planner(context: Context, model: str) -> ModelPlanner:
    """The planner of a model as 'provider:model', or of the workspace's routes; raises where it names no model."""
    settings = kept.settings(context)
    asked = () if model == ROUTED else (model,)
    for one in asked:
        models.named(context, one, settings)
    return ModelPlanner(Caller(context, settings, clock=lambda: datetime.now(UTC)), asked)
