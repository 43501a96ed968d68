"""The one door for every surface: a message in, a document out.

A read-only question that the built-in planner answers takes the short way: draft, compile, query. A pipeline is
drafted, compiled and proven. Either may end in a question, whose thread is kept so that an answer goes on from there.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from agents.contract import Draft, Planner, Question, Refusal
from agents.exchange import Exchange, Message, begun, keep
from spec.codec import digest, to_plain, to_yaml
from spec.registry import Shelf
from tools.context import Context
from tools.data import READING, OpenData, open_data
from tools.documents import AskDocument, Choice, Drawing, OutColumn, PlanDocument

PROVIDERS = Shelf("agents.providers", "model")

__all__ = ["Message", "Session"]


class Session:
    """Answers messages in one context. Opened data is kept for further messages about it until it is closed."""

    def __init__(self, context: Context, *, clock: datetime, model: str = "builtin", base: Path | None = None) -> None:
        self._context = context
        self._clock = clock
        self._model = model
        self._base = base or Path.cwd()
        self._open: tuple[object, OpenData] | None = None
        self._used: frozenset[str] | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the data last opened: files left out, and how what was used was read."""
        opened = self._open[1].warnings if self._open is not None else ()
        used = [one for one in opened if one.left_out or self._used is None or one.table in self._used]
        return tuple(one.text if one.left_out else f"{one.table}: {one.text}" for one in used)

    def close(self) -> None:
        """Let go of the data."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def ask(self, message: Message, *, max_rows: int = 10_000) -> AskDocument:
        """Answer a question in rows. Raises DreflowError where there is neither answer, question nor refusal."""
        self._context.need("ask")
        began = time.monotonic()
        turn = self._begun(message, "answer")
        data = self._data(turn)
        reply = self._draft(turn, data)
        if isinstance(reply, Draft):
            document = self._answered(turn, data, reply, max_rows)
        elif isinstance(reply, Question):
            document = AskDocument(
                status="question", reading=reply.reading, question=reply.text, options=_choices(reply)
            )
        else:
            document = AskDocument(status="declined", message=_sentence(reply))
        keep(self._context, turn, reply, self._clock)
        return document.model_copy(update={"thread": turn.thread.id, "provider": self._model, "seconds": _since(began)})

    def plan(self, message: Message, *, spec_file: Path | None = None) -> PlanDocument:
        """Plan a pipeline and prove it on the data; with ``spec_file`` the spec is written there."""
        self._context.need("plan")
        began = time.monotonic()
        turn = self._begun(message, "pipeline")
        data = self._data(turn)
        reply = self._draft(turn, data)
        if isinstance(reply, Draft):
            document = self._planned(turn, data, reply, spec_file)
        elif isinstance(reply, Question):
            document = PlanDocument(
                status="question", reading=reply.reading, question=reply.text, options=_choices(reply)
            )
        else:
            document = PlanDocument(status="declined", message=_sentence(reply))
        keep(self._context, turn, reply, self._clock)
        return document.model_copy(update={"thread": turn.thread.id, "provider": self._model, "seconds": _since(began)})

    def _begun(self, message: Message, want: Literal["answer", "pipeline"]) -> Exchange:
        return begun(self._context, message, want, clock=self._clock, base=self._base)

    def _data(self, turn: Exchange) -> OpenData:
        # Only answers about how to read the data open it in another way.
        reading = {key: said for key, said in turn.request.answers.items() if key.startswith(READING)}
        key = (turn.thread.data, tuple(sorted(reading.items())))
        if self._open is not None and self._open[0] == key:
            return self._open[1]
        self.close()
        opened = open_data(turn.thread.data, self._context, answers=reading)
        self._open = (key, opened)
        return opened

    def _draft(self, turn: Exchange, data: OpenData) -> Draft | Question | Refusal:
        reply = _planner(self._model).draft(turn.request, data)
        self._used = frozenset(reply.spec.sources) if isinstance(reply, Draft) else None
        if isinstance(reply, Draft):
            unclear = data.unclear(reply.spec)
            if unclear is not None:
                return Question.model_validate({**unclear, "reading": reply.reading})
        return reply

    def _answered(self, turn: Exchange, data: OpenData, draft: Draft, max_rows: int) -> AskDocument:
        from tools.questions import answer

        result = answer(self._context, draft.spec, draft.answer, data, now=turn.request.now, limit=max_rows)
        chart = draft.chart
        return AskDocument(
            status="answered",
            reading=draft.reading,
            columns=tuple(
                OutColumn(name=name, type=kind) for name, kind in zip(result.rows.names, result.rows.types, strict=True)
            ),
            rows=result.rows.rows,
            row_count=len(result.rows.rows),
            truncated=result.rows.truncated,
            sql=result.sql,
            spec=to_plain(draft.spec),
            assumptions=(*draft.assumptions, *result.remarks),
            chart=Drawing(kind=chart.kind, x=chart.x, y=chart.y) if chart else None,
        )

    def _planned(self, turn: Exchange, data: OpenData, draft: Draft, spec_file: Path | None) -> PlanDocument:
        from tools.plans import prove, relocated

        spec = relocated(draft.spec, data, spec_file.resolve().parent if spec_file else self._base)
        proof = prove(
            self._context, spec, base=spec_file.resolve().parent if spec_file else self._base, now=turn.request.now
        )
        if spec_file is not None:
            spec_file.parent.mkdir(parents=True, exist_ok=True)
            spec_file.write_text(to_yaml(spec), encoding="utf-8")
        return PlanDocument(
            status="planned",
            reading=draft.reading,
            spec=to_plain(spec),
            spec_digest=digest(spec),
            spec_file=str(spec_file) if spec_file else None,
            effects=proof.effects,
            proofs=proof.checks,
            proven=all(check.passed or check.severity == "warn" for check in proof.checks),
            rows=dict(proof.rows),
            assumptions=draft.assumptions,
            notes=proof.notes,
        )


def _planner(model: str) -> Planner:
    return cast("Planner", PROVIDERS.load(model))


def _choices(question: Question) -> tuple[Choice, ...]:
    return tuple(Choice(label=option.label, value=option.value) for option in question.options)


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.message} {refusal.hint}".strip()


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
