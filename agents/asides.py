"""Turns that neither ask the data nor touch a plan: greetings, help, lists of what is there, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agents import cards, inventory, replies, standing
from agents.builtin.intents.route import Route
from agents.contract import Request, Turn
from agents.desk import Desk
from spec.base import JsonValue
from spec.pipeline import Pipeline
from tools import pipelines, preferences, runs
from tools.context import Context

if TYPE_CHECKING:
    from memory.store import SavedThread

LISTED = 50
_SAYINGS: dict[Route, str] = {
    "greeting": "Hello. Ask about your data, or tell me what should be done with it every week.",
    "thanks": "You're welcome.",
    "farewell": "Goodbye. This conversation is kept; it goes on whenever you open it again.",
    "noted": "Good. Ask on whenever you like.",
    "agreed": "No question is open, so there is nothing to say yes to. Ask about your data, or say what should be done "
    "with it.",
    "sending": "I send nothing to anybody from here. What a plan writes is a file in this conversation, to download "
    "and pass on; in Slack it arrives in the thread. For figures as a file, say for instance “save it as totals.xlsx”.",
    "whether": "I take that for a question, so nothing was changed. Say it as a wish, without the question mark, "
    "and I show what it would change before anything happens.",
}


def reply(
    kind: Route, desk: Desk, text: str, saved: SavedThread, *, clock: Callable[[], datetime]
) -> Iterator[replies.Reply]:
    """The replies of one such turn."""
    context = desk.context
    if kind == "help":
        yield from _help(saved)
    elif kind == "inventory":
        yield from inventory.told(desk, saved)
    elif kind == "pipelines":
        yield _pipelines(context)
    elif kind == "runs":
        yield _runs(context)
    elif kind == "connections":
        yield _connections(context)
    elif kind == "connect":
        from agents.connecting import wished

        yield from wished(context, saved.id, text)
    elif kind == "disconnect":
        from agents import disconnecting

        yield from disconnecting.wished(context, saved, text, now=clock())
    elif kind == "quality":
        from agents.cleanliness import told

        yield from told(context, text, saved)
    elif kind == "why":
        yield from _why(desk, saved, clock)
    elif kind in _SAYINGS:
        yield replies.Text(text=_SAYINGS[kind])
    elif kind in {"standing", "changed", "pause", "resume", "wait"}:
        yield from _of_the_plan(kind, context, saved, clock)
    else:
        yield from _prefers(context, text, clock) if kind == "prefer" else _from_docs(desk, text, saved, clock)


def _prefers(context: Context, text: str, clock: Callable[[], datetime]) -> Iterator[replies.Reply]:
    from agents import preferring
    from agents.builtin.intents.preferring import preferred_in

    wish = preferred_in(text)
    assert wish is not None
    yield preferring.reply(context, wish, now=clock())


def _of_the_plan(
    kind: Route, context: Context, saved: SavedThread, clock: Callable[[], datetime]
) -> Iterator[replies.Reply]:
    if kind == "standing":
        yield from standing.told(context, saved.id)
    elif kind == "changed":
        yield from standing.changed(context, saved.id)
    elif kind == "resume":
        yield from standing.resumed(context, saved.id, now=clock())
    elif kind == "wait":
        yield from standing.left(context, saved.id)
    else:
        yield from standing.paused(context, saved.id, now=clock())


def nothing_said(desk: Desk, saved: SavedThread, *, brought: bool) -> Iterator[replies.Reply]:
    """The message was empty, or ``brought`` files only, which are looked into."""
    if not saved.data:
        yield replies.Text(text="Say what you would like to know.", tone="note")
        return
    names = ", ".join(item.rpartition("/")[2].partition("=")[0] for item in saved.data)
    yield replies.Text(text=f"I can read {names}. What would you like to know, or have done with it?")
    if brought:
        yield from inventory.told(desk, saved)


def _help(saved: SavedThread) -> Iterator[replies.Reply]:
    yield replies.Text(
        text="I answer questions about your data, and I plan what should be done with it again and again: "
        "clean, join, match, check, report. I prove a plan on your data and ask before anything happens; "
        "from then on it runs by itself, without a model."
    )
    if not saved.data:
        yield from inventory.no_data()


def _pipelines(context: Context) -> replies.Reply:
    zone = _zone(context)
    rows: list[list[JsonValue]] = [
        [
            one.name,
            one.schedule or "when asked",
            f"{one.last.status}, {one.last.started.astimezone(zone):%Y-%m-%d %H:%M}" if one.last else "never",
            one.title,
        ]
        for one in pipelines.approved(context)
    ]
    if not rows:
        return replies.Text(text="There are no approved pipelines yet.")
    return cards.listing("Pipelines", ("pipeline", "runs", f"last run ({zone.key} time)", "conversation"), rows)


def _runs(context: Context) -> replies.Reply:
    found, zone = runs.recent(context, limit=LISTED), _zone(context)
    if not found:
        return replies.Text(text="Nothing has run yet.")
    rows: list[list[JsonValue]] = [
        [run.run_id, run.pipeline, run.status, f"{run.started.astimezone(zone):%Y-%m-%d %H:%M}"] for run in found
    ]
    return cards.listing("Runs", ("run", "pipeline", "status", f"started ({zone.key} time)"), rows)


def _zone(context: Context) -> ZoneInfo:
    """The zone of the business, in which its people read times."""
    return ZoneInfo(preferences.timezone_of(context))


def _connections(context: Context) -> replies.Reply:
    found = context.workspace.store.connections()
    if not found:
        return replies.Text(text="There are no saved connections yet.")
    return cards.listing("Connections", ("name", "kind"), [[one.name, one.connector] for one in found])


def _why(desk: Desk, saved: SavedThread, clock: Callable[[], datetime]) -> Iterator[replies.Reply]:
    """Where the last answer or plan comes from, told from its own spec; then what it shows, in a model's words."""
    last = saved.history[-1] if saved.history else None
    if not isinstance(last, dict) or not isinstance(last.get("spec"), dict):
        yield replies.Text(text="There is no answer or plan in this conversation yet to explain.", tone="note")
        return
    spec = Pipeline.model_validate(last["spec"])
    lines = [str(last.get("reading") or spec.reading)]
    lines.append("It reads " + ", ".join(spec.sources) + ".")
    lines += [f"It takes for granted: {said}." for said in spec.assumptions]
    lines += [f"It uses {name} as: {definition.text}." for name, definition in spec.definitions.items()]
    checks = [check.note for check in spec.checks if check.note]
    lines += [f"It proves on every run: {note}" for note in checks]
    yield replies.Text(text="\n".join(line for line in lines if line))
    steps: list[list[JsonValue]] = [
        [step.id, step.note or step.use.replace("_", " "), ", ".join(map(str, step.from_))] for step in spec.steps
    ]
    if len(steps) > 1:
        yield cards.listing("Step by step", ("step", "does", "from"), steps)
    if not (spec.outputs or spec.loads or spec.report):
        yield from _result_in_words(desk, saved, Turn.model_validate(last), clock)


def _result_in_words(
    desk: Desk, saved: SavedThread, last: Turn, clock: Callable[[], datetime]
) -> Iterator[replies.Reply]:
    """The last answer's rows in the words of a model, where one is chosen for it; every figure is one of the rows'."""
    if not desk.routes("explain") or last.spec is None:
        return
    from agents.analyst import explain
    from agents.calling import routed

    caller = routed(desk.context, "explain", clock=clock, thread=saved.id)
    assert caller is not None
    step = last.answer or last.spec.steps[-1].id
    now = Request.model_validate(saved.request).now
    said = explain(caller, last.request, last.spec, step, desk.data_of(saved), now=now)
    if said.text is not None:
        yield replies.Text(text=f"{said.text} ({said.by} says this of the figures above.)", tone="note")
    elif said.notes:
        yield replies.Text(text=" ".join(said.notes), tone="note")


def _from_docs(desk: Desk, text: str, saved: SavedThread, clock: Callable[[], datetime]) -> Iterator[replies.Reply]:
    """What the documents say, cited; told in a model's words only where one was chosen for it."""
    from tools.docs import LONGEST_QUESTION, answer_docs

    question = text[:LONGEST_QUESTION]
    told = _docs_in_words(desk, question, saved, clock)
    if told is not None:
        yield told
        return
    found = answer_docs(desk.context, question)
    if not found.passages:
        yield replies.Text(text="My own pages do not say. Ask “what can you do?”, or about your data.", tone="note")
    for passage in found.passages[:1]:
        # The best one answers; where the others stand is enough.
        cites = tuple(f"{one.file} # {one.heading}" for one in found.passages)
        yield replies.Text(text=passage.text, cites=cites)


def _docs_in_words(desk: Desk, question: str, saved: SavedThread, clock: Callable[[], datetime]) -> replies.Text | None:
    if not desk.routes("explain"):
        return None
    from agents.calling import routed
    from agents.guide import help_with

    caller = routed(desk.context, "explain", clock=clock, thread=saved.id)
    assert caller is not None
    # A question about the product may name somebody of the data.
    helped = help_with(caller, question, data=desk.data_of(saved) if saved.data else None)
    return replies.Text(text=helped.text, cites=helped.cites) if helped.text else None
