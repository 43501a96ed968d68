"""The one door for every surface: a message in, a document or a stream of replies out.

``ask`` and ``plan`` give the documents of the shell. A read-only question that the built-in planner answers takes the
short way: draft, compile, query. A pipeline is drafted, compiled and proven. Either may end in a question, whose thread
is kept so that an answer goes on from there. ``talk`` holds a conversation: it tells questions from wishes, keeps what
was said, and takes a plan through its approval to its run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.contract import Draft, Question, Refusal
from agents.desk import Desk
from agents.exchange import Exchange, Message, begun, keep
from agents.opened import Opened
from agents.outcome import answered, planned
from tools.context import Context
from tools.documents import AskDocument, Choice, PlanDocument

if TYPE_CHECKING:
    from agents.replies import Reply
    from agents.stages import Start

__all__ = ["Message", "Session"]


class Session:
    """Answers messages in one context. Opened data is kept for further messages about it until it is closed.

    With ``opened``, data is shared with other sessions that look at the same.
    """

    def __init__(
        self,
        context: Context,
        *,
        clock: datetime | Callable[[], datetime],
        model: str = "builtin",
        base: Path | None = None,
        opened: Opened | None = None,
    ) -> None:
        self._context = context
        self._now = clock if callable(clock) else lambda: clock
        self._desk = Desk(context, model, opened)
        self._base = base or Path.cwd()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def context(self) -> Context:
        """Who speaks, and where."""
        return self._context

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the data last opened: files left out, and how what was used was read."""
        return self._desk.warnings

    def close(self) -> None:
        """Let go of the data."""
        self._desk.close()

    def ask(self, message: Message, *, max_rows: int = 10_000) -> AskDocument:
        """Answer a question in rows. Raises DreflowError where there is neither answer, question nor refusal."""
        self._context.need("ask")
        began = time.monotonic()
        turn = self._begun(message, "answer")
        data = self._desk.data(turn)
        reply = self._desk.draft(turn, data)
        if isinstance(reply, Draft):
            document = answered(self._context, turn, data, reply, max_rows)
        elif isinstance(reply, Question):
            document = AskDocument(
                status="question", reading=reply.reading, question=reply.text, options=_choices(reply)
            )
        else:
            from agents.agreeing import beside_a_question

            reply = beside_a_question(reply, turn.request.text)
            document = AskDocument(status="declined", message=_sentence(reply))
        keep(self._context, turn, reply, self._now())
        return document.model_copy(
            update={
                "thread": turn.thread.id,
                "provider": self._desk.provider,
                "tokens": self._desk.tokens,
                "seconds": _since(began),
            }
        )

    def plan(self, message: Message, *, spec_file: Path | None = None) -> PlanDocument:
        """Plan a pipeline and prove it on the data; with ``spec_file`` the spec is written there."""
        self._context.need("plan")
        began = time.monotonic()
        turn = self._begun(message, "pipeline")
        data = self._desk.data(turn)
        reply = self._desk.draft(turn, data)
        if isinstance(reply, Draft):
            document = planned(self._context, turn, data, reply, base=self._base, spec_file=spec_file)
        elif isinstance(reply, Question):
            document = PlanDocument(
                status="question", reading=reply.reading, question=reply.text, options=_choices(reply)
            )
        else:
            document = PlanDocument(status="declined", message=_sentence(reply))
        keep(self._context, turn, reply, self._now())
        return document.model_copy(
            update={
                "thread": turn.thread.id,
                "provider": self._desk.provider,
                "tokens": self._desk.tokens,
                "seconds": _since(began),
            }
        )

    def begin(self, text: str, *, surface: str, thread: str | None = None) -> str:
        """Open a conversation that begins with ``text``; its id. ``surface`` says where: page, slack, http, shell."""
        from agents.conversation import begin

        return begin(self._context, text, surface=surface, now=self._now(), thread=thread)

    def talk(
        self, message: Message, *, start: Start, data: tuple[str, ...] = (), tells: bool = True
    ) -> Iterator[Reply]:
        """Answer a message of a conversation that was begun, reply by reply.

        ``start`` runs an approved spec; ``data`` is what a conversation looks at that names nothing itself. Expected
        trouble is a Failure among the replies; AccessError is raised for a conversation of somebody else. With
        ``tells``, what its pipelines have to say comes first.
        """
        from agents.conversation import hold

        yield from hold(self._desk, message, clock=self._now, start=start, data=data, tells=tells)

    def stop(self, thread: str) -> None:
        """Stop the turn that this conversation is at; what it computes is interrupted and nothing of it is kept."""
        from agents.stopping import stop_runs
        from tools.conversations import cancel_running

        if cancel_running(self._context, thread, now=self._now()):
            stop_runs(self._context, thread, now=self._now())
        self._desk.stop()

    def _begun(self, message: Message, want: Literal["answer", "pipeline"]) -> Exchange:
        return begun(self._context, message, want, clock=self._now(), base=self._base)


def _choices(question: Question) -> tuple[Choice, ...]:
    return tuple(Choice(label=option.label, value=option.value) for option in question.options)


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.message} {refusal.hint}".strip()


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
