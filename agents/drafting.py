"""A connector in a conversation: drafted from what somebody drops, asked about, and written once it is approved.

Texts in what is dropped are data: no planner and no model is shown them. The state between two turns is what was
wanted, kept with the open question; the draft is made again from that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import replies
from agents.contract import Option, Question
from tools import threads
from tools.documents import Choice, OutColumn

if TYPE_CHECKING:
    from memory.store import SavedThread
    from tools.context import Context
    from tools.drafting import ConnectorDraft, Wanted

KEY = "connector draft"
"""Begins the key of every question of a draft."""
_WISH = re.compile(
    r"\b(?:make|create|draft|build|write|generate|set\s+up|add)\b.{0,40}\bconnector\b|\bconnector\s+(?:for|from|of)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"^\s*(?:how|what|which|where|why|when|is|are|does|do)\b", re.IGNORECASE)
_CALLED = re.compile(r"\b(?:called|named|as)\s+[\"'`]?([a-z][a-z0-9_]{1,59})\b", re.IGNORECASE)
_YES = re.compile(r"^\s*(?:yes|ok(?:ay)?|approve\w*|go\s+ahead|do\s+it)\b[^?]{0,20}$", re.IGNORECASE)
_NO = re.compile(r"^\s*(?:no|reject\w*|leave|discard|cancel|stop|never\s*mind)\b[^?]{0,20}$", re.IGNORECASE)
_EXAMPLES = {".json", ".har", ".txt", ".md"}
APPROVE, REJECT, SKIP = "approve", "reject", "leave out what is open"
_MOST = 20


def is_wish(text: str) -> bool:
    """Whether somebody wishes for a connector outright."""
    said = " ".join(text.split())[:400]
    return _WISH.search(said) is not None and not _ASKS.search(said)


def is_about(key: str) -> bool:
    """Whether a question is one of a draft."""
    return key.startswith(KEY)


def wanted_of(context: Context, thread: str, text: str, items: Sequence[str]) -> Wanted | None:
    """What a wish is about: the description among what was dropped, else the example answers; None without either.

    Raises AccessError for what this principal may not look at.
    """
    from tools.drafting import Wanted, is_description
    from tools.uploads import may_look

    files = []
    for item in dict.fromkeys(items):
        file = Path(item)
        if file.is_file():
            may_look(context, thread, item)
            files.append(file.resolve())
    described = next((file for file in files if is_description(file)), None)
    examples = tuple(file for file in files if file.suffix.lower() in _EXAMPLES) if described is None else ()
    if described is None and not any(file.suffix.lower() in {".json", ".har"} for file in examples):
        return None
    return Wanted(_name(text, described or examples[0]), described, examples, text)


def nothing_given() -> Iterator[replies.Reply]:
    """The wish without anything to make a connector of."""
    yield replies.Text(
        text="Drop the system's description here (an OpenAPI or Swagger file, OData $metadata), or a few of its "
        "answers as JSON files, and say again what you want of it.",
        tone="note",
    )


def drafted(context: Context, thread: str, wanted: Wanted, *, now: Callable[[], datetime]) -> Iterator[replies.Reply]:
    """Draft it, show it, and ask what has to be asked, or for approval."""
    from tools.drafting import draft

    yield replies.Progress(text="Reading the description and trying what I make of it")
    found = draft(context, wanted)
    open_ = next(iter(found.questions), None) if SKIP not in wanted.answers else None
    if open_ is not None:
        options = [*((value, label) for value, label in open_.options), (SKIP, "leave out all that is open")]
        text = f"For the connector {wanted.name!r}: {open_.text}"
        yield _asked(context, thread, f"{KEY} {wanted.name} {open_.key}", text, options, wanted, found, now())
        return
    yield from _shown(found)
    if not found.drafted.definition.streams:
        yield replies.Text(text="No list can be read of it yet, so there is nothing to approve.", tone="warning")
        return
    text = (
        f"Save this connector as {wanted.name!r}? Nothing is written before you say so; your yes is to exactly this "
        f"draft ({found.digest[:12]})."
    )
    options = [(APPROVE, "Approve and save"), (REJECT, "Leave it")]
    yield _asked(context, thread, f"{KEY} {wanted.name} approve {found.digest}", text, options, wanted, found, now())


def settled(
    context: Context, thread: str, saved: SavedThread, said: str, *, now: Callable[[], datetime]
) -> Iterator[replies.Reply]:
    """Go on with a draft after an answer to one of its questions."""
    from tools.drafting import approve

    question = saved.question or {}
    asked = question.get("asked")
    kept = asked.get("connector") if isinstance(asked, dict) else None
    wanted = _wanted_of(kept if isinstance(kept, dict) else {})
    key = str(question.get("key", "")).removeprefix(f"{KEY} {wanted.name} ")
    threads.kept(context, replace(saved, question=None), now())
    if not key.startswith("approve "):
        skips = said.strip().casefold() in {SKIP, "leave out all that is open", "skip"}
        answers = {**wanted.answers, (SKIP if skips else key): said.strip()}
        yield from drafted(context, thread, replace(wanted, answers=answers), now=now)
        return
    if _NO.match(said):
        yield replies.Text(text="Left as it was: nothing was written.", tone="done")
        return
    if not _YES.match(said):
        threads.kept(context, saved, now())
        yield replies.Text(text="Say 'approve' to save this connector, or 'no' to leave it.", tone="note")
        return
    approve(context, wanted, key.removeprefix("approve "), by=context.principal, now=now())
    yield replies.Text(
        text=f"{context.principal} approved the connector {wanted.name!r}, and it is saved. Connect your account with "
        f"it: dreflow connectors add MY_NAME {wanted.name}. Then its first rows can be looked at.",
        tone="done",
    )


def _shown(found: ConnectorDraft) -> Iterator[replies.Reply]:
    from tools.drafting import streams_in_words

    definition = found.drafted.definition
    yield replies.Text(
        text=f"A connector for {definition.title} at {definition.base_url}. {found.proof}", tone="reading"
    )
    rows = tuple(tuple(row) for row in streams_in_words(found))
    if rows:
        columns = tuple(OutColumn(name=name, type="VARCHAR") for name in ("list", "address", "key", "pages", "changes"))
        yield replies.Table(
            title="What it reads", columns=columns, rows=rows[: replies.FIRST_ROWS], row_count=len(rows)
        )
    guessed = [f"{one.stream or 'all'}: {one.what} ({one.evidence})" for one in found.drafted.decisions if not one.sure]
    left = [f"{path}: {why}" for path, why in found.drafted.left_out]
    broken = [f"{one.stream}, {one.case}: {one.detail}" for one in found.broken]
    for title, lines in (
        ("Assumed", guessed),
        ("Left out", left),
        ("Noted", list(found.drafted.notes)),
        ("Does not hold against the description", broken),
    ):
        if lines:
            more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
            yield replies.Text(
                text=f"{title}:\n" + "\n".join(f"- {line}" for line in [*lines[:_MOST], *more]), tone="note"
            )


def _asked(
    context: Context,
    thread: str,
    key: str,
    text: str,
    options: Sequence[tuple[str, str]],
    wanted: Wanted,
    found: ConnectorDraft,
    now: datetime,
) -> replies.Question:
    del found
    question = Question(key=key, text=text, options=tuple(Option(label=label, value=value) for value, label in options))
    saved = threads.opened(context, thread)
    asked: dict[str, Any] = {**saved.request, "want": "answer", "connector": _plain(wanted)}
    threads.kept(context, replace(saved, question={**question.model_dump(mode="json"), "asked": asked}), now)
    shown = tuple(Choice(label=label, value=value) for value, label in options)
    return replies.Question(key=key, text=text, options=shown)


def _plain(wanted: Wanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "description": str(wanted.description) if wanted.description else None,
        "examples": [str(file) for file in wanted.examples],
        "about": wanted.about,
        "answers": dict(wanted.answers),
    }


def _wanted_of(kept: Mapping[str, Any]) -> Wanted:
    from tools.drafting import Wanted

    described = kept.get("description")
    examples = tuple(Path(str(one)) for one in kept.get("examples", ()))
    answers = {str(key): str(value) for key, value in dict(kept.get("answers", {})).items()}
    name, about = str(kept.get("name", "")), str(kept.get("about", ""))
    return Wanted(name, Path(str(described)) if described else None, examples, about, None, answers)


def _name(text: str, file: Path) -> str:
    """What it is to be called: as somebody says, else as its file."""
    from connectors.contract import has
    from connectors.drafting.words import identifier

    said = _CALLED.search(text)
    name = said[1].lower() if said is not None else identifier(file.stem) or "own_system"
    if name in {"openapi", "swagger", "api", "metadata", "spec"}:
        name = "own_system"
    return f"own_{name}"[:60] if has(name) and said is None else name
