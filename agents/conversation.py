"""A conversation, turn by turn: a message in, a stream of replies out, the same on every surface.

A turn holds its thread, so that two people do not overtake each other. A plain question takes the short way; what
makes, changes or decides about a plan goes through the graph. What was said is kept as it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents import (
    agreeing,
    asides,
    disconnecting,
    drafting,
    drawing,
    dropped,
    earlier,
    inventory,
    renaming,
    replies,
    stages,
    stopping,
)
from agents.asked import is_open, options_of, question_of
from agents.builtin.intents.route import Route, route
from agents.builtin.language.quoted import own_words
from agents.builtin.messages.question import several_of
from agents.connecting import connectable
from agents.contract import YES, Draft, Meant, Question, Request
from agents.desk import Desk
from agents.exchange import Exchange, Message, begun, keep, open_want
from agents.news import news
from agents.pasted import told, was_taken_out, without_keys
from agents.several import each
from spec.errors import DreflowError, UsageError
from tools import conversations, threads
from tools.context import Context

if TYPE_CHECKING:
    from memory.conversations import StoredPlan
    from memory.store import SavedThread
    from spec.base import JsonValue
    from spec.pipeline import Pipeline

LONGEST_MESSAGE = 20_000
LOG = logging.getLogger("dreflow.conversation")


def begin(context: Context, text: str, *, surface: str, now: datetime, thread: str | None = None) -> str:
    """Open a conversation; its id. Its title is how it begins. Under an id that is open already, it goes on."""
    context.need("ask")
    if thread is not None and conversations.of(context).about(thread) is not None:
        conversations.visible(context, thread)
        return thread
    text = without_keys(text)
    request = Request(text=text[:LONGEST_MESSAGE] or "(nothing yet)", now=now, timezone=context.workspace.timezone)
    plain = request.model_dump(mode="json", exclude={"answers", "history"})
    saved = threads.started(context, "answer", plain, (), thread_id=thread)
    threads.kept(context, saved, now)
    title = conversations.titled(text) or "New conversation"
    conversations.of(context).name_thread(saved.id, title=title, surface=surface)
    return saved.id


def hold(
    desk: Desk,
    message: Message,
    *,
    clock: Callable[[], datetime],
    start: stages.Start,
    data: tuple[str, ...] = (),
    tells: bool = True,
) -> Iterator[replies.Reply]:
    """Answer one message of a conversation that was begun. Expected trouble is a reply, and the thread stays whole.

    With ``tells``, what its pipelines have to say comes first.
    """
    assert message.thread is not None
    context, thread = desk.context, message.thread
    conversations.visible(context, thread)
    answer = without_keys(message.answer) if message.answer is not None else None
    message = replace(message, text=without_keys(message.text), answer=answer)
    with conversations.turn(context, thread, clock=clock) as number:
        turn = _Turn(desk, message, number, clock=clock, start=start, data=data)
        if tells:
            yield from news(context, thread, clock=clock)
        turn.record_person()
        try:
            for reply in turn.answer():
                if turn.stopped:
                    break
                yield turn.recorded(reply)
        except DreflowError as error:
            if not turn.stopped:
                yield turn.recorded(stages.failure(error))
        except Exception:
            # A person gets a sentence; where it happened goes to the log of whoever runs this.
            LOG.exception("a turn of %s failed", thread)
            yield turn.recorded(
                replies.Failure(
                    message="Something went wrong inside DReflowPro.",
                    hint="Nothing was changed. Try again; the log of the server says where it happened.",
                )
            )
        if turn.stopped:
            yield turn.recorded(stopping.told(context, thread, turn.before))


class _Turn:
    """One message at work."""

    def __init__(
        self,
        desk: Desk,
        message: Message,
        number: int,
        *,
        clock: Callable[[], datetime],
        start: stages.Start,
        data: tuple[str, ...],
    ) -> None:
        self.desk, self.message, self.number = desk, message, number
        self.thread, self.context = message.thread or "", desk.context
        self.clock, self.start, self.data = clock, start, data
        self.before = stopping.before(desk.context, self.thread)
        self.wish: drawing.Wish | None = None

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped this turn meanwhile."""
        return conversations.of(self.context).cancelled(self.thread, self.number)

    def record_person(self) -> None:
        """Keep what the person said or did."""
        text = self.message.text or self._answer_in_words()
        if self.message.decision is not None:
            text = {"approve": "Approve", "reject": "Reject"}[self.message.decision]
        body: dict[str, JsonValue] = {"text": text[:LONGEST_MESSAGE], **dropped.names_in(self.message)}
        author = self.context.principal
        conversations.said(self.context, self.thread, turn=self.number, author=author, body=body, now=self.clock())

    def _answer_in_words(self) -> str:
        """An option's own words where its value was given."""
        saved = threads.opened(self.context, self.thread)
        given = self.message.answer or ""
        return next((label for value, label in options_of(saved) or [] if value == given), given)

    def recorded(self, reply: replies.Reply) -> replies.Reply:
        """Keep a reply, except for the progress that a later one replaces."""
        conversations.of(self.context).renew_turn(self.thread, self.number, now=self.clock())
        if not (isinstance(reply, replies.Progress) and not reply.done):
            body = {"reply": replies.REPLY.dump_python(reply, mode="json")}
            conversations.said(
                self.context, self.thread, turn=self.number, author="dreflow", body=body, now=self.clock()
            )
        return reply

    def answer(self) -> Iterator[replies.Reply]:
        """What the message comes to."""
        message = self.message
        if len(message.text) > LONGEST_MESSAGE:
            raise UsageError(
                f"That message has {len(message.text):,} characters; I read up to {LONGEST_MESSAGE:,}.",
                hint="Say it shorter, or drop the data as a file.",
            )
        saved = threads.opened(self.context, self.thread)
        if was_taken_out(message.text) or was_taken_out(message.answer or ""):
            yield from told(self.context, self.thread, message.text or message.answer or "")
            return
        if drafting.is_wish(message.text):
            yield from self._connector(message.text, saved)
            return
        gone = disconnecting.gone(self.context, saved)
        if gone:
            saved = disconnecting.without(self.context, saved, gone, now=self.clock())
            yield disconnecting.told_gone(gone)
        saved, trouble = dropped.brought(self.desk, saved, message, self.data, now=self.clock())
        yield from trouble
        if message.data and trouble and not (saved.data and message.text.strip()):
            return
        if message.decision is not None:
            yield from self._decide(message.decision, message.digest)
            return
        if message.answer is not None:
            yield from self._settle(message.answer, saved)
            return
        text = own_words(message.text)
        if text != message.text.strip():
            self.message = replace(message, text=text)
            yield replies.Text(text="What you quote I read as a quotation, not as a wish.", tone="note")
        if not text:
            yield from asides.nothing_said(self.desk, saved, brought=bool(message.data))
            return
        yield from self._routed(text, saved)

    def _connector(self, text: str, saved: SavedThread) -> Iterator[replies.Reply]:
        """Draft a connector of what was dropped. A description is no data to ask about, so it is kept out of that."""
        self.context.need("connect")
        wanted = drafting.wanted_of(self.context, self.thread, text, (*self.message.data, *saved.data))
        yield from (
            drafting.drafted(self.context, self.thread, wanted, now=self.clock)
            if wanted is not None
            else drafting.nothing_given()
        )

    def _routed(self, text: str, saved: SavedThread) -> Iterator[replies.Reply]:
        if saved.data:
            # The first word comes at once; discovering and reading the data may take a while.
            yield replies.Progress(text="Looking at your data")
        wish = self._drawing(text, saved)
        if wish is not None and not wish.question:
            self.context.need("ask")
            yield from earlier.drawn(self.desk, saved, wish)
            return
        if wish is not None and self._route(wish.question, saved) == "answer":
            self.wish, self.message, text = wish, replace(self.message, text=wish.question), wish.question
        yield from self._to(self.message.wish or self._route(text, saved), text, saved)

    def _drawing(self, text: str, saved: SavedThread) -> drawing.Wish | None:
        """The chart that the words wish for; an answer to an open question, or a wish of a plan, is none."""
        if self.message.wish or not saved.data:
            return None
        found = drawing.wished(text, self.desk.data_of(saved))
        settles = found is not None and saved.question is not None and self._route(text, saved) == "settle"
        return None if settles else found

    def _to(self, found: Route, text: str, saved: SavedThread) -> Iterator[replies.Reply]:
        if found == "settle":
            yield from self._settle(text, saved)
        elif found in {"approve", "reject"}:
            yield from self._decide("approve" if found == "approve" else "reject", None)
        elif found == "restore":
            yield from self._restore(saved)
        elif found == "run":
            yield from self._run()
        elif found == "plan":
            yield from self._plan(self._as_said())
        elif found == "answer":
            yield from self._ask(self._as_said(), saved)
        elif found == "word":
            yield from agreeing.said(self.desk, text, saved, clock=self.clock, answered=self._settle)
        else:
            yield from asides.reply(found, self.desk, text, saved, clock=self.clock)
            if found in {"pipelines", "runs", "connections", "help"} and is_open(saved):
                yield replies.Text(text="My question about the plan is still open.", tone="note")

    def _route(self, text: str, saved: SavedThread) -> Route:
        options, data = options_of(saved), self.desk.data_of(saved) if saved.data else None
        return route(
            text,
            options=options,
            waits=self._waiting() is not None,
            last="pipeline" if earlier.is_of_the_plan(text, saved) else _last_about(saved),
            data=data,
            connectable=lambda: connectable(self.context),
            connected=lambda: disconnecting.connected(self.context),
        )

    def _elsewhere(self, text: str, saved: SavedThread) -> Route | None:
        """Where a model thinks that a message belongs which is no question the planner can answer; None where here."""
        if not self.desk.routes("route"):
            return None
        from agents import guide
        from agents.calling import routed

        caller = routed(self.context, "route", clock=self.clock, thread=self.thread)
        assert caller is not None
        data = self.desk.data_of(saved)
        tables = tuple(data.sources) if saved.data else ()
        found = guide.route(caller, text, last=_last_about(saved), tables=tables, data=data)
        return None if found == "answer" else found

    def _waiting(self) -> StoredPlan | None:
        """The plan that waits for a person."""
        made = conversations.of(self.context).plans(self.thread)
        return made[-1] if made and made[-1].status == "proposed" else None

    # A plain question

    def _ask(self, message: Message, saved: SavedThread) -> Iterator[replies.Reply]:
        if not saved.data:
            yield from inventory.no_data()
            return
        several = several_of(message.text)
        if several:
            yield from each(several, lambda one: self._ask(replace(message, text=one), saved))
            return
        turn = begun(self.context, message, "answer", clock=self.clock(), base=Path.cwd())
        yield from self._answered(turn, saved)
        if is_open(saved):
            yield replies.Text(text="My question about the plan is still open.", tone="note")

    def _answered(self, turn: Exchange, unsure: SavedThread | None = None) -> Iterator[replies.Reply]:
        """What the planner says; with ``unsure``, a refusal may turn out to be no question at all."""
        self.context.need("ask")
        desk = self.desk
        data = desk.data(turn)
        reply = desk.draft(turn, data, keeps=True)
        if isinstance(reply, Draft):
            from agents.answering import answer

            yield from answer(self.context, turn, data, reply, wish=self.wish)
        elif isinstance(reply, Question):
            yield stages.question(reply)
        else:
            text = turn.request.text
            elsewhere = self._elsewhere(text, unsure) if unsure is not None else None
            if elsewhere is not None and unsure is not None:
                yield from self._to(elsewhere, text, unsure)
                return
            yield stages.refusal(reply)
        if not self.stopped:
            keep(self.context, turn, reply, self.clock())

    def _settle(self, said: str, saved: SavedThread) -> Iterator[replies.Reply]:
        want = open_want(saved)
        other = self.message.question
        if want is None or (other is not None and saved.question is not None and saved.question.get("key") != other):
            yield replies.Text(text="That question is settled already.", tone="note")
            return
        run_id = renaming.run_of(question_of(saved).key)
        if run_id is not None:
            yield from self._renamed(run_id, said, saved)
            return
        if drafting.is_about(question_of(saved).key):
            yield from drafting.settled(self.context, self.thread, saved, said, now=self.clock)
            return
        if disconnecting.is_about(question_of(saved).key):
            yield from disconnecting.settled(self.context, saved, said, now=self.clock())
            return
        if agreeing.is_about(question_of(saved).key):
            yield from agreeing.forgotten(self.context, saved, said, now=self.clock())
            return
        meant = question_of(saved).keeps
        if meant is not None:
            agrees = threads.answered(saved, said).answers[question_of(saved).key] == YES
            yield replies.Text(text=self._kept(meant) if agrees else "Nothing was kept.", tone="done")
            if not meant.goes_on:
                agreeing.settled(self.context, saved, said, now=self.clock())
                return
        message = Message(thread=self.thread, answer=said, now=self.message.now)
        if want == "pipeline":
            yield from self._plan(message)
        else:
            self.wish = earlier.wish_of(self.desk, saved)
            yield from self._answered(begun(self.context, message, want, clock=self.clock(), base=Path.cwd()))

    def _renamed(self, run_id: str, said: str, saved: SavedThread) -> Iterator[replies.Reply]:
        """Put the plan with the answer in it before the person, as any change of a plan."""
        from agents import supervisor
        from tools.renames import answered
        from tools.runs import known

        self.context.need("plan")
        settled = threads.answered(saved, said)
        spec = answered(known(self.context, run_id), settled.answers[question_of(saved).key])
        threads.kept(self.context, settled, self.clock())
        if spec is None:
            yield replies.Text(
                text="The plan stays as it is, and cannot read that data. Nothing was changed.", tone="done"
            )
            return
        yield from supervisor.plan(self._work(self._again(spec)), _drafted(spec))

    def _again(self, spec: Pipeline) -> Exchange:
        """The exchange that proposes a spec of this conversation, as it is."""
        message = Message(text=spec.request or self.message.text, thread=self.thread, now=self.message.now)
        return begun(self.context, message, "pipeline", clock=self.clock(), base=Path.cwd())

    def _kept(self, meant: Meant) -> str:
        """Keep a definition that the person has just agreed to."""
        from agents.defining import keep as keep_meaning

        return keep_meaning(self.context, meant, now=self.clock())

    # A plan

    def _plan(self, message: Message) -> Iterator[replies.Reply]:
        from agents import supervisor

        self.context.need("plan")
        if not threads.opened(self.context, self.thread).data:
            yield from inventory.no_data()
            return
        turn = begun(self.context, message, "pipeline", clock=self.clock(), base=Path.cwd())
        yield from supervisor.plan(self._work(earlier.with_its_plan_last(turn)), {})

    def _decide(self, decision: Literal["approve", "reject"], digest: str | None) -> Iterator[replies.Reply]:
        from agents import supervisor

        waiting = self._waiting()
        if waiting is None and (left := self._begun_before(decision, digest)) is not None:
            yield from supervisor.carry_on(left) if supervisor.is_open(left) else self._said_in(self._turn_before())
            return
        if waiting is None:
            yield replies.Text(text="No plan is waiting for a decision.", tone="note")
            return
        if digest is not None and digest != waiting.spec_digest:
            yield replies.Text(
                text="That plan was replaced by a newer one; the newest card is the one to decide about.",
                tone="warning",
            )
            return
        self.context.need("approve" if decision == "approve" else "plan")
        yield from supervisor.decide(self._decided(waiting, decision))

    def _begun_before(self, decision: Literal["approve", "reject"], digest: str | None) -> stages.Work | None:
        """The work at exactly this decision, when the same person's turn before had it and its process ended."""
        store = conversations.of(self.context)
        if not self.message.again or store.turn_status(self.thread, self._turn_before()) != "failed":
            return None
        made = [plan for plan in store.plans(self.thread) if plan.spec_digest == digest]
        status = "approved" if decision == "approve" else "rejected"
        if not made or (made[-1].status, made[-1].by) != (status, self.context.principal):
            return None
        # What somebody stopped is not taken up again.
        since = range(made[-1].number, self.number)
        if any(store.turn_status(self.thread, number) == "cancelled" for number in since):
            return None
        self.context.need("approve" if decision == "approve" else "plan")
        return self._decided(made[-1], decision)

    def _turn_before(self) -> int:
        """The last turn of the same person before this one; 0 when there is none."""
        said = conversations.messages(self.context, self.thread)
        own = [one.turn for one in said if one.author == self.context.principal and one.turn < self.number]
        return max(own, default=0)

    def _said_in(self, number: int) -> Iterator[replies.Reply]:
        """The replies of a turn again."""
        for message in conversations.messages(self.context, self.thread):
            if message.turn == number and "reply" in message.body:
                yield replies.REPLY.validate_python(message.body["reply"])

    def _decided(self, plan: StoredPlan, decision: Literal["approve", "reject"]) -> stages.Work:
        return replace(self._work(None, plan.number), decision=decision)

    def _restore(self, saved: SavedThread) -> Iterator[replies.Reply]:
        """The answer before, or the plan before the one that stands, exactly as it was."""
        from agents import supervisor

        if earlier.can_go_back(saved):
            yield from earlier.gone_back(self.desk, saved, now=self.clock())
            return
        self.context.need("plan")
        made = [plan for plan in conversations.of(self.context).plans(self.thread) if plan.status != "rejected"]
        digests = list(dict.fromkeys(plan.spec_digest for plan in reversed(made)))
        spec = self.context.workspace.store.spec(digests[1]) if len(digests) > 1 else None
        if spec is None:
            yield replies.Text(text="There is nothing earlier in this conversation to go back to.", tone="note")
            return
        yield from supervisor.plan(self._work(self._again(spec)), _drafted(spec))

    def _run(self) -> Iterator[replies.Reply]:
        """Run the approved plan of this conversation now."""
        from agents import supervisor
        from spec.codec import load_spec

        self.context.need("run")
        made = [plan for plan in conversations.of(self.context).plans(self.thread) if plan.status == "approved"]
        if not made:
            yield replies.Text(text="There is no approved plan in this conversation to run.", tone="note")
            return
        work = self._work(None)
        spec = load_spec(work.base(made[-1].pipeline) / f"{made[-1].pipeline}.yaml")
        yield from supervisor.run(work, spec)

    def _as_said(self) -> Message:
        """The words of the message, in its thread; what data it brought is in the thread by now."""
        said = self.message
        return Message(
            text=said.text.strip(), thread=self.thread, context=said.context, now=said.now, timezone=said.timezone
        )

    def _work(self, turn: Exchange | None, number: int | None = None) -> stages.Work:
        return stages.Work(self.desk, self.thread, number or self.number, self.number, self.clock, self.start, turn)


def _drafted(spec: Pipeline) -> stages.State:
    """A spec as a draft that needs no planner any more."""
    draft = Draft(spec=spec, reading=spec.reading, assumptions=spec.assumptions)
    return {"draft": draft.model_dump(mode="json", by_alias=True)}


def _last_about(saved: SavedThread) -> Literal["answer", "pipeline"] | None:
    """What the exchange before was about."""
    last = saved.history[-1] if saved.history else None
    spec = last.get("spec") if isinstance(last, dict) else None
    kept_files = isinstance(spec, dict) and (spec.get("outputs") or spec.get("loads") or spec.get("report"))
    return None if last is None else "pipeline" if kept_files else "answer"
