"""Conversations: what is said turn by turn, what must be asked, and what is planned and computed in the end.

A case names its data (``world``: one of ``evals/worlds``, or a number of orders of the demo's shop; ``data``: files
with their text), its clock and its turns. A turn says something or answers the open question, and states one thing that
must come of it: ``asks`` (the question's key, with ``offers`` its options' values in order), ``declines``, ``plans``,
``answers`` (rows) or ``fails`` (kind of error). ``says`` are words that must be shown. Where a turn lists several
wordings or answers, the case stands for as many conversations: the n-th with the n-th of each list, beginning again at
its end.

``run`` is what the last plan must compute. Unsaid but always held to: no model is called, a plan with effects is
refused until it is approved, and a second run and a replay give the same digests. Plans of a world's data that compute
the same are run once. ``pending`` lists parts of a conversation that are not done yet: told, and counted as nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from evals.casefiles import Unlike, Written, read_case
from evals.outcomes import Outcome
from evals.places import Place, read_rows, read_table, rows_of, same_rows
from spec.base import JsonValue
from spec.codec import digest, from_plain
from spec.errors import DreflowError
from spec.run import RunResult
from tools.documents import AskDocument, PlanDocument

if TYPE_CHECKING:
    from agents.session import Message, Session
    from evals.world import World

MODELS = frozenset({"openai", "anthropic", "pydantic_ai", "langgraph", "llama_index", "litellm", "ollama"})


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str | int | bool) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class Rows(Written):
    """Rows of an answer as text, empty for null. ``columns`` are compared where they are given."""

    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[JsonValue, ...], ...]
    ordered: bool = False


class Planned(Written):
    """What a plan must be; only what is stated is compared."""

    schedule: str | None = Field(default=None, description="Cron fields; 'none' for a plan that must not repeat.")
    timezone: str | None = None
    effects: tuple[str, ...] | None = Field(default=None, description="All that needs approval: 'kind target'.")
    files: tuple[str, ...] | None = None
    reads: tuple[str, ...] | None = None
    checks: tuple[str, ...] = Field(default=(), description="'check on' of promises that must be among the spec's.")
    assumes: Texts = ()
    proven: bool = True


class Turn(Written):
    """One exchange."""

    say: Texts = ()
    answer: Texts = ()
    asks: str | None = None
    offers: tuple[str, ...] | None = None
    says: Texts = ()
    declines: bool = False
    answers: Rows | None = None
    plans: Planned | None = None
    fails: str | None = None

    @model_validator(mode="after")
    def _one_thing_is_said_and_one_must_come_of_it(self) -> Turn:
        if bool(self.say) == bool(self.answer):
            raise ValueError("a turn has either 'say' or 'answer'")
        due = (self.asks, self.declines or None, self.answers, self.plans, self.fails)
        if sum(one is not None for one in due) != 1:
            raise ValueError("a turn has exactly one of asks, declines, answers, plans and fails")
        return self

    def text(self, number: int) -> str:
        """What is said in the n-th conversation."""
        said = self.say or self.answer
        return said[number % len(said)]


class Ran(Written):
    """What the last plan's run must leave. Files and tables are CSV text, compared without an order."""

    status: Literal["succeeded", "blocked", "failed"] = "succeeded"
    files: dict[str, str] = Field(default={})
    tables: dict[str, str] = Field(default={}, description="'place/table' of a database file beside the plan.")
    made: Texts = Field(default=(), description="Further files that must be there.")
    failed_checks: Texts = Field(default=(), description="'check on' of checks that must fail; all others must pass.")
    set_aside: int | None = Field(default=None, description="Rows set aside with their reason, all together.")
    truth: bool | str = Field(
        default=False,
        description="What is true of the world, all of it and no more; the variant, where it has several.",
    )


class Later(Written):
    """What comes at a later time: the plan is run with the data of then, and may stop with a question, asked once.

    The answer makes another plan, which takes the place of the one before and is run with the same data.
    """

    data: str = Field(description="The time, as the world calls it.")
    asks: Texts = Field(default=(), description="Words that the question must say; none where the run must not ask.")
    offers: tuple[str, ...] | None = None
    answer: str | None = None
    changes: Texts = Field(default=(), description="Words of what the answer changes in the plan.")
    run: Ran

    @model_validator(mode="after")
    def _an_answer_needs_a_question(self) -> Later:
        if bool(self.asks) != (self.answer is not None):
            raise ValueError("a later run that asks has an answer, and only such a one")
        return self


class ConversationFile(Written):
    """A case file."""

    title: str
    world: str | int | None = None
    data: dict[str, str] = Field(default={})
    command: Literal["plan", "ask"] = "plan"
    now: datetime = datetime.fromisoformat("2026-10-06T06:00:00+00:00")
    timezone: str = "Europe/Rome"
    turns: tuple[Turn, ...] = Field(min_length=1)
    run: Ran | None = None
    later: tuple[Later, ...] = Field(default=(), description="Runs of the plan with what comes after it, in order.")
    run_each: bool = Field(default=True, description="Run every conversation's plan, not the first one's only.")
    sample: Literal["none", "first", "all"] = "none"
    open: dict[int, str] = Field(default={}, description="Number of a conversation to why it does not do yet.")
    pending: Texts = Field(default=(), description="Parts that belong to the conversation and are not done yet.")

    @model_validator(mode="after")
    def _there_is_data(self) -> ConversationFile:
        if (self.world is None) == (not self.data):
            raise ValueError("a case has either 'world' or 'data'")
        return self


@dataclass(frozen=True)
class Conversation:
    """One conversation of a file."""

    id: str
    topic: str
    number: int
    held: ConversationFile

    @property
    def sample(self) -> bool:
        """Whether it is tested with every change."""
        return self.held.sample == "all" or (self.held.sample == "first" and self.number == 0)

    @property
    def open(self) -> str:
        """Why it does not do yet."""
        return self.held.open.get(self.number + 1, "")

    @property
    def pending(self) -> tuple[str, ...]:
        """What of it is not done yet, told once a file."""
        return self.held.pending if self.number == 0 else ()


def read(file: Path, name: str) -> Sequence[Conversation]:
    """Conversations of a file: as many as its longest list of wordings or answers."""
    held = read_case(file, ConversationFile)
    count = max(len(turn.say or turn.answer) for turn in held.turns)
    return [
        Conversation(f"{name}/{number + 1}" if count > 1 else name, name.partition("/")[0], number, held)
        for number in range(count)
    ]


def run(case: Conversation, place: Place) -> None:
    """Hold one conversation through the session, as every surface does; raises Unlike."""
    from agents.session import Session

    held = case.held
    place.write(held.data)
    world = place.places.world(held.world) if held.world is not None else None
    data = str(world.data if world else place.data)
    with Session(place.context(held.now), clock=held.now, base=place.folder) as session:
        last = _Talk(held, place, session, data).hold(case.number)
    if held.run is None or (case.number and not held.run_each):
        return
    if not isinstance(last, PlanDocument) or last.status != "planned":
        raise Unlike("There is no plan to run.")
    place.places.once(_computing(last, data), lambda: _run(held, place, world))


def _run(held: ConversationFile, place: Place, world: World | None) -> None:
    """Run the kept plan, twice, and hold it to what the case says."""
    assert held.run is not None
    result = place.run(held.now)
    _check_run(held.run, result, place, world)
    if result.status == "succeeded":
        place.run_again(result, held.now)
        if held.run.tables:
            _check_tables(held.run, place)
    for number, later in enumerate(held.later, start=1):
        if world is None or later.data not in world.later:
            raise Unlike(f"The world has nothing of {later.data!r}.")
        _run_later(later, place, world, held.now, place.folder / f"out{number}")


def _run_later(later: Later, place: Place, world: World, now: datetime, out: Path) -> None:
    """Run the plan with later data; where it stops and asks, answer, and run the plan that comes of it."""
    data = str(world.later[later.data])
    result = place.run_with(data, now, out)
    if later.answer is not None:
        _answer(later, result, place, now, out)
        result = place.run_with(data, now, out)
    _check_run(later.run, result, place, world, out)


def _answer(later: Later, result: RunResult, place: Place, now: datetime, out: Path) -> None:
    from spec.codec import load_spec, to_yaml
    from tools.renames import answer, asked_of

    asked = asked_of(result)
    if result.status != "failed" or asked is None:
        raise Unlike(f"The run of {later.data} {result.status} and asked nothing: {result.message}")
    if out.exists():
        raise Unlike("A run that stopped with a question left something.")
    _must_say(later.asks, asked.text, later.data)
    offered = tuple(option.value for option in asked.options)
    if later.offers is not None and offered != later.offers:
        raise Unlike(f"{later.data}: offers {offered}, not {later.offers}.", "asked")
    before = load_spec(place.spec_file)
    amended = answer(place.context(now), result.run_id, later.answer or "", now=now)
    if amended is None:
        return
    if digest(amended.spec) == digest(before):
        raise Unlike("The answer left the plan as it was.")
    _must_say(later.changes, " ".join(amended.changes), later.data)
    if not all(proof.passed or proof.severity == "warn" for proof in amended.proof.checks):
        raise Unlike(f"The plan with the answer does not prove: {amended.proof.checks}")
    place.spec_file.write_text(to_yaml(amended.spec), encoding="utf-8")


def _computing(document: PlanDocument, data: str) -> str:
    """What a plan computes, apart from the words that led to it: the same is run once, however it was asked for."""
    spec = from_plain(document.spec or {})
    return data + digest(spec.model_copy(update={"request": "", "reading": "", "assumptions": ()}))


@dataclass
class _Talk:
    """A conversation going on."""

    held: ConversationFile
    place: Place
    session: Session
    data: str
    thread: str | None = None

    def hold(self, number: int) -> AskDocument | PlanDocument | None:
        """All turns; the last document."""
        document = None
        before = frozenset(sys.modules)
        for index, turn in enumerate(self.held.turns):
            document = self._turn(turn, turn.text(number), f"turn {index + 1} ({turn.text(number)[:60]!r})")
        loaded = MODELS & (sys.modules.keys() - before)
        if loaded:
            raise Unlike(f"{sorted(loaded)} was loaded.")
        return document

    def _turn(self, turn: Turn, text: str, where: str) -> AskDocument | PlanDocument | None:
        try:
            document = self._told(turn, text)
        except DreflowError as error:
            if turn.fails != error.kind:
                raise Unlike(f"{where}: {type(error).__name__}: {error}", "failed") from error
            _must_say(turn.says, str(error), where)
            return None
        self.thread = document.thread
        if document.tokens or document.provider != "builtin":
            raise Unlike(f"{where}: {document.provider} spent {document.tokens} tokens.")
        self._check(turn, document, where)
        return document

    def _told(self, turn: Turn, text: str) -> AskDocument | PlanDocument:
        message = self._message(turn, text)
        if self.held.command == "ask":
            return self.session.ask(message)
        return self.session.plan(message, spec_file=self.place.spec_file)

    def _message(self, turn: Turn, text: str) -> Message:
        from agents.session import Message

        if self.thread is None:
            return Message(text=text, data=(self.data,), timezone=self.held.timezone)
        return Message(thread=self.thread, text=text) if turn.say else Message(thread=self.thread, answer=text)

    def _check(self, turn: Turn, document: AskDocument | PlanDocument, where: str) -> None:
        due = _due(turn)
        if document.status != due:
            raise Unlike(f"{where}: {document.status}, not {due}: {_shown(document)}", _outcome(document.status))
        _must_say(turn.says, _shown(document), where)
        if turn.asks is not None:
            self._check_question(turn, document, where)
        if turn.answers is not None and isinstance(document, AskDocument):
            _check_answer(turn.answers, document, where)
        if turn.plans is not None and isinstance(document, PlanDocument):
            _check_plan(turn.plans, document, where)

    def _check_question(self, turn: Turn, document: AskDocument | PlanDocument, where: str) -> None:
        thread = self.place.context(self.held.now).workspace.store.thread(document.thread or "")
        key = thread.question["key"] if thread is not None and thread.question else None
        if key != turn.asks:
            raise Unlike(f"{where}: asks {key!r}, not {turn.asks!r}: {document.question}", "asked")
        offered = tuple(option.value for option in document.options)
        if turn.offers is not None and offered != turn.offers:
            raise Unlike(f"{where}: offers {offered}, not {turn.offers}.", "asked")


def _due(turn: Turn) -> str:
    if turn.asks is not None:
        return "question"
    if turn.declines:
        return "declined"
    if turn.answers is not None:
        return "answered"
    return "planned" if turn.plans is not None else f"the error {turn.fails!r}"


def _outcome(status: str) -> Outcome:
    if status == "question":
        return "asked"
    return "declined" if status == "declined" else "failed" if status == "failed" else "wrong"


def _shown(document: AskDocument | PlanDocument) -> str:
    parts = (document.question, document.message, document.reading, *document.assumptions)
    return " ".join(part for part in parts if part)


def _must_say(words: Sequence[str], shown: str, where: str) -> None:
    for one in words:
        if one.casefold() not in shown.casefold():
            raise Unlike(f"{where}: {one!r} is not said: {shown}")


def _check_answer(expected: Rows, document: AskDocument, where: str) -> None:
    columns = tuple(column.name for column in document.columns)
    if expected.columns is not None and columns != expected.columns:
        raise Unlike(f"{where}: columns {columns}, not {expected.columns}.")
    found = [_texts(row) for row in document.rows]
    same_rows(f"{where}: the answer", [(), *found], [(), *map(_texts, expected.rows)], ordered=expected.ordered)


def _texts(row: Sequence[JsonValue]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row)


def _check_plan(expected: Planned, document: PlanDocument, where: str) -> None:
    spec = from_plain(document.spec or {})
    beyond = tuple(f"{effect.kind} {effect.target}" for effect in document.effects if effect.needs_approval)
    schedule = spec.schedule.cron if spec.schedule else "none"
    for what, due, found in (
        ("proven", expected.proven, document.proven),
        ("schedule", expected.schedule, schedule),
        ("timezone", expected.timezone, spec.schedule.timezone if spec.schedule else spec.timezone),
        ("effects", expected.effects, beyond),
        ("files", expected.files, tuple(output.file for output in spec.outputs)),
        ("reads", _sorted(expected.reads), _sorted(tuple(spec.sources))),
    ):
        if due is not None and due != found:
            raise Unlike(f"{where}: {what} is {found!r}, not {due!r}.")
    there = {f"{check.check} {check.on}" for check in spec.checks}
    if not set(expected.checks) <= there:
        raise Unlike(f"{where}: the checks are {sorted(there)}, without {sorted(set(expected.checks) - there)}.")
    _must_say(expected.assumes, " ".join(document.assumptions), where)


def _sorted(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def _check_run(expected: Ran, result: RunResult, place: Place, world: World | None, into: Path | None = None) -> None:
    out = into or place.out
    if result.status != expected.status:
        raise Unlike(f"The run {result.status}, not {expected.status}: {result.message}", "failed")
    found = sum(one.rows for one in result.quarantined)
    if expected.set_aside is not None and found != expected.set_aside:
        raise Unlike(f"{found} rows are set aside, not {expected.set_aside}: {result.quarantined}")
    if result.tokens:
        raise Unlike(f"The run spent {result.tokens} tokens.")
    failed = {f"{check.check} {check.on}" for check in result.checks if not check.passed}
    if failed != set(expected.failed_checks):
        raise Unlike(f"Checks that failed: {sorted(failed)}, not {sorted(expected.failed_checks)}.")
    for name, text in expected.files.items():
        same_rows(name, read_rows(out / name), rows_of(text))
    for name in expected.made:
        if not (out / name).is_file():
            raise Unlike(f"There is no file {name}.")
    _check_tables(expected, place)
    if expected.truth:
        if world is None:
            raise Unlike("Only a world has a truth to be held to.")
        world.check(out, expected.truth if isinstance(expected.truth, str) else "")


def _check_tables(expected: Ran, place: Place) -> None:
    for name, text in expected.tables.items():
        at, _, table = name.rpartition("/")
        same_rows(name, read_table(place.folder / at, table), rows_of(text))
