"""Listening: a message is answered as a whole, or else for the question in it, and what was told beside is said."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from agents.builtin.decide import decide
from agents.builtin.language.lexicon import CHANGES
from agents.builtin.language.periods import find_periods
from agents.builtin.messages.question import Core, Known, core_of, several_of
from agents.builtin.schema.index import Index, index_of
from agents.builtin.understand import linker_of
from agents.contract import DataView, Draft, Option, Question, Refusal, Request

_ASIDE = "aside"
_UNSURE = "reading"
_QUOTED = 70
_TIME = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december|spring|summer|autumn|"
    r"fall|winter|"
    r"easter|christmas|q[1-4]|(?:in|last|this|since|until|of) may)\b",
    re.IGNORECASE,
)


def listen(request: Request, data: DataView) -> Draft | Question | Refusal:
    """The answer to a message. What is only told in it changes no figure, and is said with the answer."""
    several = several_of(request.text)
    if several:
        return Refusal(
            message=f"These are {len(several)} questions: {', '.join(f'“{_short(one)}”' for one in several)}.",
            hint="Ask them one after the other; each gets an answer of its own.",
        )
    whole = decide(request, data)
    if isinstance(whole, Draft) or (isinstance(whole, Question) and whole.key != _UNSURE) or _changes(request.text):
        return whole
    core = core_of(request.text, _known(request, index_of(data)))
    if core is None:
        return whole
    reply = decide(request.model_copy(update={"text": core.text}), data)
    if not isinstance(reply, Draft):
        return reply if isinstance(reply, Question) or core.aside else whole
    if core.open and request.answers.get(_ASIDE) != "yes":
        return _whether_told(core, reply)
    said = [*reply.assumptions, *_told(core)]
    spec = reply.spec.model_copy(update={"request": request.text, "assumptions": tuple(said)})
    return reply.model_copy(update={"spec": spec, "assumptions": tuple(said)})


def _changes(text: str) -> bool:
    words = re.findall(r"[a-z]+", text.lower())
    return bool(words) and words[0] in CHANGES


def _known(request: Request, index: Index) -> Known:
    linker = linker_of(index)
    today = request.now.astimezone(ZoneInfo(request.timezone)).date()

    def stored(clause: str) -> str:
        words = re.findall(r"[^\W\d_][\w'-]{3,}", clause)
        kept = (word for word in words if any(hit.how == "exact" for hit in index.values.find(word)))
        return next((word for word in kept if not linker.phrase((word.lower(),))), "")

    def columns(clause: str) -> frozenset[tuple[str, str]]:
        words = re.findall(r"[^\W\d_][\w'-]{2,}", clause)
        return frozenset((hit.table, hit.column) for word in words for hit in index.values.find(word))

    return Known(
        named=lambda word: bool(linker.table_of(word)),
        stored=stored,
        columns=columns,
        timed=lambda clause: bool(find_periods(clause, today)) or _TIME.search(clause) is not None,
    )


def _told(core: Core) -> list[str]:
    aside = [f"'{_short(one)}' is taken as a remark, and changes no figure" for one in core.aside]
    return [*(f"'{_short(one)}' leaves nothing out, and nothing else does" for one in core.too), *aside]


def _whether_told(core: Core, reply: Draft) -> Question:
    said = " and ".join(f"'{_short(one)}'" for one in core.open)
    return Question(
        key=_ASIDE,
        text=f"I take {said} for a remark, and no condition. Is this what you mean? {reply.reading}",
        options=(Option(label="Yes", value="yes"), Option(label="No, I will say it differently", value="no")),
        reading=reply.reading,
    )


def _short(said: str) -> str:
    return said if len(said) <= _QUOTED else said[:_QUOTED].rsplit(" ", 1)[0] + " \u2026"
