"""What each stage of planning does: draft, compile, prove, apply, report. The graph only decides which comes next.

State is plain JSON data, so that it can wait in a checkpoint for a person and go on in another process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict, cast

from agents import cards, renaming, replies
from agents.contract import NAMES_HINT, Draft, Question, Refusal
from agents.desk import Desk
from agents.exchange import Exchange, keep
from agents.outcome import planned
from spec.base import JsonValue
from spec.codec import digest, to_plain
from spec.errors import DreflowError, SpecError, UsageError
from spec.pipeline import Pipeline
from spec.run import RunEvent, RunResult
from tools import conversations, plans, preferences, runs
from tools.context import Context
from tools.documents import Choice
from tools.wording import spoken_rhythm

MOST_DRAFTS = 3
"""How often a planner may mend its draft by the compiler's errors before a person hears of it."""

Say = Callable[[replies.Reply], None]


class Start(Protocol):
    """Starts the run of an approved spec file and waits for its end; ``told`` hears each durable event."""

    def __call__(
        self, context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]
    ) -> RunResult: ...


@dataclass(frozen=True)
class Work:
    """What a turn works with beside its state; ``exchange`` is None where a plan goes on that waited for a person.

    ``turn`` is the one that made the plan, ``turn_now`` the one at work: another, where the plan waited meanwhile.
    ``decision`` is what the person at work decides about a plan that waited.
    """

    desk: Desk
    thread: str
    turn: int
    turn_now: int
    clock: Callable[[], datetime]
    start: Start
    exchange: Exchange | None = None
    decision: Literal["approve", "reject"] | None = None

    @property
    def context(self) -> Context:
        """Who it is done for."""
        return self.desk.context

    def base(self, name: str) -> Path:
        """The folder of a pipeline's spec."""
        return self.context.workspace.folder / "pipelines" / name

    def out(self, name: str) -> Path:
        """Where a pipeline's files go."""
        return self.context.workspace.folder / "out" / name


class State(TypedDict, total=False):
    """A plan on its way. ``ended`` says how, once there is nothing left to do."""

    draft: dict[str, Any]
    errors: list[dict[str, Any]]
    spec: dict[str, Any]
    digest: str
    decision: dict[str, str]
    ended: str


def draft(state: State, work: Work, say: Say) -> State:
    """Ask the planner; a question or a refusal ends the turn."""
    assert work.exchange is not None
    errors = state.get("errors", [])
    request = work.exchange.request.model_copy(update={"repair": tuple(errors)})
    turn = replace(work.exchange, request=request)
    reply = work.desk.draft(turn, work.desk.data(turn), keeps=True)
    if isinstance(reply, Draft):
        return {"draft": {**reply.model_dump(mode="json", exclude={"spec"}), "spec": to_plain(reply.spec)}}
    keep(work.context, work.exchange, reply, work.clock())
    if isinstance(reply, Question):
        say(question(reply))
        return {"ended": "asked"}
    say(refusal(reply))
    return {"ended": "declined"}


def question(reply: Question) -> replies.Question:
    """A planner's question as a reply."""
    options = tuple(Choice(label=option.label, value=option.value) for option in reply.options)
    return replies.Question(key=reply.key, text=reply.text, options=options, reading=reply.reading)


def refusal(reply: Refusal) -> replies.Text:
    """A planner's refusal as a reply."""
    hint = reply.hint.replace(NAMES_HINT, _IN_CONVERSATION)
    return replies.Text(text=f"{reply.message} {hint}".strip(), tone="warning")


_IN_CONVERSATION = "Use the names that your data has, or tell me what a word means; “what is in my data?” lists them."


def compile_draft(state: State, work: Work, say: Say) -> State:
    """Resolve every name, type and key; the errors go back to a planner that can act on them."""
    assert work.exchange is not None
    drafted = Draft.model_validate(state["draft"])
    # Numbered where another conversation has one of that name, so that none is replaced.
    name = conversations.of(work.context).own_name(work.thread, work.turn_now, drafted.spec.name)
    spec = drafted.spec.model_copy(update={"name": name})
    base = work.base(spec.name)
    spec = plans.relocated(preferences.applied(work.context, spec), work.desk.data(work.exchange), base)
    try:
        plans.checked(work.context, spec, base=base, now=work.exchange.request.now)
    except SpecError as error:
        errors = [*state.get("errors", []), cast("dict[str, Any]", error.to_json())]
        if getattr(work.desk.planner, "REPAIRS", False) and len(errors) < MOST_DRAFTS:
            return {"errors": errors}
        say(failure(error))
        return {"errors": errors, "ended": "failed"}
    return {"spec": cast("dict[str, Any]", to_plain(spec)), "digest": digest(spec)}


_PROVING = threading.Lock()
"""A proof computes a whole plan on all cores. Two at once would end no sooner, and hold the memory of both."""


def prove(state: State, work: Work, say: Say) -> State:
    """Compute the plan on its data, show what it changes, and put it before the person."""
    assert work.exchange is not None
    spec = Pipeline.model_validate(state["spec"])
    drafted = Draft.model_validate(state["draft"]).model_copy(update={"spec": spec})
    data = work.desk.data(work.exchange)
    while not _PROVING.acquire(timeout=0.5):
        if conversations.of(work.context).cancelled(work.thread, work.turn_now):
            return {"ended": "stopped"}
    try:
        document = planned(work.context, work.exchange, data, drafted, base=work.base(spec.name))
    finally:
        _PROVING.release()
    document = document.model_copy(update={"tokens": work.desk.tokens, "provider": work.desk.provider})
    proven = Pipeline.model_validate(document.spec)
    full = document.spec_digest or digest(proven)
    earlier = conversations.of(work.context).plans(work.thread)
    _say_difference(work, say, proven, full)
    card = cards.plan_card(proven, document, version=1 + sum(plan.pipeline == proven.name for plan in earlier))
    say(card)
    if not document.proven:
        say(
            replies.Text(
                text="A proof does not hold on your data, so there is nothing to approve. Its numbers are in the card.",
                tone="warning",
            )
        )
    store = conversations.of(work.context)
    if store.cancelled(work.thread, work.turn_now):
        return {"ended": "stopped"}
    keep(work.context, work.exchange, drafted.model_copy(update={"spec": proven}), work.clock())
    by = work.context.principal
    store.propose(work.thread, work.turn, pipeline=proven.name, digest=full, by=by, now=work.clock())
    if not document.proven:
        # It takes the place of a plan that waited before, and cannot be approved itself.
        store.settle(work.thread, work.turn, "rejected", by=by, now=work.clock())
    ended: State = {} if document.proven else {"ended": "unproven"}
    return {"spec": cast("dict[str, Any]", to_plain(proven)), "digest": full, **ended}


def _say_difference(work: Work, say: Say, spec: Pipeline, full: str) -> None:
    """Against the plan that stands, or the one just proposed: in words, and in numbers where both can be computed."""
    from tools.specs import compared

    before = _changed_from(work, spec)
    old = work.context.workspace.store.spec(before) if before is not None else None
    if before is None or before == full or old is None or work.exchange is None:
        return
    now = work.exchange.request.now
    places = (old, work.base(old.name)), (spec, work.base(spec.name))
    try:
        difference = compared(work.context, *places, now=now, numbers=True)
    except DreflowError as error:
        difference = compared(work.context, *places, now=now, numbers=False)
        say(replies.Text(text=f"What it does to the numbers cannot be shown: {error.message}", tone="note"))
    say(cards.diff_card(spec.name, before, full, difference))


def _changed_from(work: Work, spec: Pipeline) -> str | None:
    """Digest of the plan that ``spec`` is told against: the last approved one that it comes from, else the last one
    that was proposed. A plan for something else is no change of one.
    """
    made = [plan for plan in conversations.of(work.context).plans(work.thread) if plan.status != "rejected"]
    approved = [plan for plan in made if plan.status == "approved"]
    for plan in [*reversed(approved), *reversed(made)]:
        old = work.context.workspace.store.spec(plan.spec_digest)
        if old is not None and _comes_from(spec, old):
            return plan.spec_digest
    return None


def _comes_from(spec: Pipeline, old: Pipeline) -> bool:
    """Whether a plan is another one changed: of its name, with a file of its, or wished for in its words and more."""
    if spec.name == old.name:
        return True
    files = {output.file for output in spec.outputs} & {output.file for output in old.outputs}
    if files:
        return True
    ours, theirs = spec.request.strip(" .;"), old.request.strip(" .;")
    return bool(ours and theirs) and (theirs in ours or ours in theirs)


def apply(state: State, work: Work, say: Say) -> State:
    """Record the person's decision; an approved plan is written where it lives from now on."""
    from pipelines.compiler import compile_spec
    from spec.codec import to_yaml
    from tools.approvals import approve

    store = conversations.of(work.context)
    # A decision in the state may be of somebody whose process ended before it was recorded here.
    if work.decision != "approve":
        store.settle(work.thread, work.turn, "rejected", by=work.context.principal, now=work.clock())
        say(replies.Text(text="Left as it was: this plan was not approved, and nothing of it will run.", tone="done"))
        return {"ended": "rejected"}
    spec = Pipeline.model_validate(state["spec"])
    base = work.base(spec.name)
    job = compile_spec(spec, base=base, now=work.clock())
    if job.digest != state["digest"]:
        raise SpecError(
            "What is to be approved is not what was shown.", hint="Ask for the plan again.", data={"spec": spec.name}
        )
    approved = approve(work.context, spec, job.effects, approved_by=work.context.principal, now=work.clock())
    base.mkdir(parents=True, exist_ok=True)
    file = base / f"{spec.name}.yaml"
    file.write_text(to_yaml(spec), encoding="utf-8")
    store.settle(work.thread, work.turn, "approved", by=work.context.principal, now=work.clock())
    say(replies.Text(text=f"{approved.approved_by} approved this plan.", tone="done"))
    told = _scheduled(work, spec, file)
    if told:
        say(replies.Text(text=told, tone="done"))
    return {}


def _scheduled(work: Work, spec: Pipeline, file: Path) -> str:
    """Let an approved plan come by itself from now on, or no more; a sentence that says so, if there is something."""
    from tools import schedules

    if spec.schedule is None:
        earlier = schedules.store_of(work.context).schedule(spec.name)
        if earlier is None or earlier.paused:
            return ""
        schedules.pause(work.context, spec.name, now=work.clock())
        return "It does not run by itself any more."
    outlook = schedules.add_spec(
        work.context, spec, file.parent, now=work.clock(), out=work.out(spec.name).absolute(), spec_file=file.absolute()
    )
    rhythm = spoken_rhythm(outlook.schedule.rhythm)
    first = f", next on {outlook.next_at:%A %-d %B %Y at %H:%M}" if outlook.next_at is not None else ""
    return f"It runs by itself {rhythm} ({outlook.schedule.timezone} time){first}."


def report(state: State, work: Work, say: Say) -> State:
    """Run what was approved and show what it left."""
    spec = Pipeline.model_validate(state["spec"])
    file, out = work.base(spec.name) / f"{spec.name}.yaml", work.out(spec.name)
    asked_to_stop = False

    def told(event: RunEvent) -> None:
        nonlocal asked_to_stop
        say(progress(event))
        if not asked_to_stop and conversations.of(work.context).cancelled(work.thread, work.turn_now):
            asked_to_stop = True
            # It may have ended in the meantime; then its result says so.
            with suppress(UsageError):
                runs.cancel(work.context, event.run_id, now=work.clock())

    result = work.start(work.context, file, now=work.clock(), out=out, told=told)
    show_run(work.context, spec, result, out, say, base=file.parent)
    asked = renaming.opened(work.context, work.thread, result, now=work.clock())
    if asked is not None:
        say(asked)
    return {"ended": result.status}


_DOING = {"extract": "Read", "transform": "Computed", "check": "Proved", "publish": "Wrote", "report": "Reported"}


def progress(event: RunEvent) -> replies.Progress:
    """A run's event in words."""
    counted = f", {event.rows:,} rows" if event.rows is not None else ""
    ended = event.phase in {"finish", "error", "cancel"}
    doing = _DOING.get(event.phase)
    text = (
        f"{doing} {event.name.replace('_', ' ')}{counted}"
        if doing and event.name
        else "Finished"
        if ended
        else "Started"
    )
    return replies.Progress(run_id=event.run_id, text=text, done=ended)


def show_run(context: Context, spec: Pipeline, result: RunResult, out: Path, say: Say, *, base: Path) -> None:
    """How a run ended, its figures, its rows, its files, and where its tables are; ``base`` is the plan's folder."""
    from tools.data import preview
    from tools.reports import distinct_figures

    tone = "done" if result.status == "succeeded" else "warning"
    say(replies.Text(text=cards.run_sentence(result), tone=cast("Any", tone)))
    if result.status != "succeeded":
        return
    if result.notes:
        say(replies.Text(text="\n".join(result.notes), tone="note"))
    report_files = [out / f"{spec.report.file}.{kind}" for kind in spec.report.formats] if spec.report else []
    page = next((file for file in report_files if file.suffix == ".html" and file.is_file()), None)
    if page is not None:
        say(cards.listing("What it found", ("figure", "value"), [list(pair) for pair in distinct_figures(page)]))
    files = [out / output.file for output in result.outputs if output.file]
    for file in files[:1]:
        for shown in preview(context, str(file), limit=replies.FIRST_ROWS):
            count = next(output.rows for output in result.outputs if output.file == file.name)
            say(cards.table(file.name, shown.rows, row_count=count))
    for file in [*report_files, *files]:
        if file.is_file():
            say(cards.file_reply(file, file_id=f"{result.run_id}/{file.name}"))
    if spec.loads:
        say(cards.listing("Tables written", ("table", "rows", "where"), _tables_written(spec, result, base)))


def _tables_written(spec: Pipeline, result: RunResult, base: Path) -> list[list[JsonValue]]:
    """Each table with its rows of this run, and the connection or the file's whole path: nobody knows our folders."""
    rows = {output.table: output.rows for output in result.outputs if output.table is not None}
    return [
        [load.table, rows.get(load.table, 0), load.connection or str((base / (load.location or "")).resolve())]
        for load in spec.loads
    ]


def failure(error: DreflowError) -> replies.Failure:
    """One of our errors as a reply: what happened and what to do, without where in the code."""
    return replies.Failure(message=error.message, hint=error.hint, error=error.kind, who=error.who)
