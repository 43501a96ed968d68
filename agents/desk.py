"""What a conversation works with: the planner, and the data that its thread names, opened once and kept at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from agents.contract import Draft, Planner, Question, Refusal, Request
from agents.exchange import Exchange
from agents.opened import Opened
from spec.registry import Shelf
from tools import definitions, models
from tools.context import Context
from tools.data import ASKER, READING, OpenData
from tools.models import Task

if TYPE_CHECKING:
    from memory.store import SavedThread

PROVIDERS = Shelf("agents.providers", "model")
BUILTIN = "builtin"
ROUTED = "routes"
"""In place of a model's name: for each want the models that the workspace's routes name."""


@runtime_checkable
class KeepsAccount(Protocol):
    """A planner whose drafts cost something, which is written down for the conversation they belong to."""

    def in_thread(self, thread: str) -> None: ...


class Desk:
    """One principal's planner and data. Opened data is kept for further messages about it until it is closed."""

    def __init__(self, context: Context, model: str = "builtin", opened: Opened | None = None) -> None:
        self.context = context
        self._opened = opened or Opened(kept_idle=0)
        self.model = model
        self._planner: Planner | None = None
        self._open: tuple[object, OpenData] | None = None
        self._used: frozenset[str] | None = None

    @property
    def planner(self) -> Planner:
        """The planner: ``builtin``, or one behind which a model as 'provider:model' or the workspace's routes stand."""
        if self._planner is None:
            if self.model == BUILTIN:
                self._planner = cast("Planner", PROVIDERS.load(BUILTIN))
            else:
                from agents.planner import planner

                self._planner = planner(self.context, self.model)
        return self._planner

    @property
    def provider(self) -> str:
        """Who gave the last draft: the model, or the built-in planner where the model could not."""
        return str(getattr(self._planner, "by", self.model))

    @property
    def tokens(self) -> int:
        """What the last draft took."""
        return int(getattr(self._planner, "tokens", 0))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the data last opened: files left out, and how what was used was read."""
        opened = self._open[1].warnings if self._open is not None else ()
        used = [one for one in opened if one.left_out or self._used is None or one.table in self._used]
        return tuple(one.text if one.left_out else f"{one.table}: {one.text}" for one in used)

    def close(self) -> None:
        """Let go of the data."""
        if self._open is not None:
            self._opened.give_back(self._open[1])
            self._open = None

    def stop(self) -> None:
        """Interrupt what is being computed on the open data."""
        if self._open is not None:
            self._open[1].stop(self)

    def data(self, turn: Exchange) -> OpenData:
        """The data of the turn's thread."""
        # Others may ask the same data; what is stopped for this desk goes on for them.
        ASKER.set(self)
        # Only answers about how to read the data open it in another way.
        reading = {key: said for key, said in turn.request.answers.items() if key.startswith(READING)}
        key = (turn.thread.data, tuple(sorted(reading.items())))
        if self._open is not None and self._open[0] == key:
            # A word may have got another meaning since the data was opened.
            self._open[1].definitions = self.context.workspace.store.definitions()
            return self._open[1]
        self.close()
        opened = self._opened.take(self.context, turn.thread.data, reading)
        self._open = (key, opened)
        return opened

    def data_of(self, saved: SavedThread) -> OpenData:
        """The data that a conversation looks at."""
        return self.data(Exchange(Request.model_validate(saved.request), saved))

    def draft(self, turn: Exchange, data: OpenData, *, keeps: bool = False) -> Draft | Question | Refusal:
        """What the planner makes of the turn; a question instead where the data can be read in two ways.

        With ``keeps`` it may be the offer to keep a definition, ``Question.keeps``, which who calls keeps on a yes.
        """
        planner = self.planner
        if isinstance(planner, KeepsAccount):
            planner.in_thread(turn.thread.id)
        reply = planner.draft(turn.request, data)
        self._used = frozenset(reply.spec.sources) if isinstance(reply, Draft) else None
        if isinstance(reply, Draft):
            unclear = data.unclear(reply.spec)
            if unclear is not None:
                return Question.model_validate({**unclear, "reading": reply.reading})
            return _defined(reply, turn, data)
        return self.proposed(reply, turn, data, keeps=keeps) if self.routes("extract") else reply

    def proposed(self, reply: Question | Refusal, turn: Exchange, data: OpenData, *, keeps: bool) -> Question | Refusal:
        """In place of what says no, a question with what a model reads out of the words; one at most."""
        from agents import defining, meanings, pairing

        if keeps:
            reply = defining.instead_of(reply, self.context, turn, data)
        for way in (meanings, pairing):
            if isinstance(reply, Refusal):
                reply = way.instead_of(reply, self.context, turn.request, data, thread=turn.thread.id)
        return reply

    def routes(self, task: Task) -> bool:
        """Whether the workspace names a model for a task."""
        return any(model != BUILTIN for model in models.settings(self.context).routes.get(task, ()))


def _defined(draft: Draft, turn: Exchange, data: OpenData) -> Draft:
    """The draft with the workspace's definitions that it took in, so that its spec stays true when they change."""
    from agents.builtin.parsing.followup import is_fragment

    request = turn.request
    said = definitions.used(data.definitions, request.text)
    if request.want == "pipeline" or is_fragment(request.text):
        # "And by region?" goes on with the words of the request before, which mean what they mean by now.
        for before in reversed(request.history):
            said |= definitions.used(data.definitions, before.request)
            if request.want == "pipeline" or not is_fragment(before.request):
                break
    # A plan that is changed keeps what it was made with.
    said |= draft.spec.definitions
    if not said:
        return draft
    told = [definitions.in_words(name, meaning) for name, meaning in said.items()]
    return draft.model_copy(
        update={"spec": definitions.resolved(draft.spec, said), "assumptions": (*draft.assumptions, *told)}
    )
