"""Replies as Slack shows them: messages of blocks, and files beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents import replies
from integrations.slack import blocks, tables
from integrations.slack.blocks import Block, Note
from spec.run import CheckResult, Effect
from tools.wording import spoken_names

_MARKS = {"warning": "⚠️", "done": "✅"}
_DOES = {"write": "Writes", "send": "Sends to", "schedule": "Runs by itself:"}
SHOWN_PROOFS = 60
SHOWN_IMPACT = 30


@dataclass(frozen=True)
class Attachment:
    """A file to upload, its bytes or where it lies; ``alt`` tells of a picture to who cannot see it."""

    name: str
    content: bytes | Path
    title: str
    alt: str = ""


Shown = Note | Attachment
Rows = Callable[[replies.Table], bytes | None]
"""All rows of a table as CSV; None where they are not kept any more."""


def shown(reply: replies.Reply, thread: str, *, people: Mapping[str, str], rows: Rows) -> list[Shown]:
    """A reply as what is sent, in order. ``people`` are principals in its words and how Slack mentions them."""
    if isinstance(reply, replies.Text):
        return [*_text(reply, people)]
    if isinstance(reply, replies.Table):
        return _table(reply, rows)
    if isinstance(reply, replies.Chart):
        return _chart(reply)
    if isinstance(reply, replies.PlanCard):
        return [*_plan(reply, thread)]
    if isinstance(reply, replies.DiffCard):
        return [*_difference(reply)]
    if isinstance(reply, replies.Question):
        return [*_question(reply, thread)]
    if isinstance(reply, replies.Progress):
        return [progress(reply)]
    if isinstance(reply, replies.Connect):
        return [*connect(reply, None)]
    if isinstance(reply, replies.File):
        return [Attachment(reply.name, Path(reply.path), reply.name)]
    return [*_failure(reply)]


def _text(reply: replies.Text, people: Mapping[str, str]) -> list[Note]:
    mark = _MARKS.get(reply.tone, "")
    if any(name in reply.text for name in people):
        named = [_mentioned(piece, people) for piece in blocks.pieces(reply.text, blocks.SECTION - 100)]
        marked = [f"{mark} {text}".strip() if at == 0 else text for at, text in enumerate(named)]
        return blocks.notes(reply.text, [blocks.marked_up(text) for text in marked])
    quiet = reply.tone in {"reading", "note"}
    made = blocks.small(spoken_names(reply.text)) if quiet else blocks.words(reply.text, mark)
    cites = [block for cite in reply.cites for block in blocks.small(f"— {cite}")]
    return blocks.notes(reply.text, [*made, *cites])


def _mentioned(text: str, people: Mapping[str, str]) -> str:
    """Plain text as markup in which people are mentioned, and nothing else is anything but text."""
    text = blocks.escaped(text)
    for name, mention in people.items():
        # A mention is `<@U123>`, in which a replacement has nothing to read as a group.
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mention, text)
    return text


def _table(reply: replies.Table, rows: Rows) -> list[Shown]:
    drawn = tables.monospaced(reply)
    title = reply.title or "Table"
    made: list[Block] = [*blocks.words(reply.title), *blocks.monospaced(drawn.lines)]
    if drawn.whole:
        return [*blocks.notes(title, made)]
    data = rows(reply)
    if data is None:
        made += blocks.small(f"The first {drawn.rows:,} of {reply.row_count:,} rows; the rest is not kept any more.")
        return [*blocks.notes(title, made)]
    told = f"The first {drawn.rows:,} of {reply.row_count:,} rows; all of them are in the file."
    if drawn.rows == reply.row_count:
        told = "Long cells are cut here; the file has them whole."
    name = tables.file_name(reply.title)
    return [*blocks.notes(title, [*made, *blocks.small(told)]), Attachment(name, data, name)]


def _chart(reply: replies.Chart) -> list[Shown]:
    from integrations.slack.pictures import png

    picture, told = png(reply)
    if not picture:
        return [*blocks.notes("Chart", blocks.small("There is nothing to draw: the chart has no numbers."))]
    name = f"{tables.file_stem(reply.title) or 'chart'}.png"
    return [Attachment(name, picture, reply.title or "Chart", blocks.shortened(told, 1_000))]


def _plan(reply: replies.PlanCard, thread: str) -> list[Note]:
    made: list[Block] = [blocks.header(f"Plan {reply.version}: {reply.title}")]
    made += blocks.words(spoken_names(reply.reading))
    made += blocks.listing("Steps", [_step(step) for step in reply.steps])
    # Nothing that is approved is left out, however long it gets.
    made += blocks.listing("What it writes and sends", [_effect(effect) for effect in reply.effects])
    made += blocks.listing("Goes to", reply.recipients)
    made += blocks.words(f"Runs by itself {reply.schedule}." if reply.schedule else "Runs only when asked to.")
    made += _proofs(reply)
    made += blocks.listing("Taken for granted", reply.assumptions)
    for line in (*reply.notes, reply.cost, f"This plan is {reply.spec_digest.removeprefix('sha256:')[:12]}."):
        made += blocks.small(line)
    if not reply.proven:
        return blocks.notes(f"Plan: {reply.title}", made)
    value = json.dumps({"thread": thread, "digest": reply.spec_digest})
    made += blocks.rows_of(
        [
            blocks.button("Approve", action="decide:approve", value=value, style="primary"),
            blocks.button("Reject", action="decide:reject", value=value, style="danger"),
        ]
    )
    return blocks.notes(f"Plan: {reply.title}", made, waits=f"plan {reply.spec_digest}")


def _step(step: replies.ShownStep) -> str:
    counted = f", {step.rows:,} rows" if step.rows is not None else ""
    after = f" (from {', '.join(step.after)})" if step.after else ""
    return f"{step.id}: {step.what}{after}{counted}"


def _effect(effect: Effect) -> str:
    detail = f" ({effect.detail})" if effect.detail else ""
    return f"{_DOES[effect.kind]} {effect.target}{detail}"


def _proofs(reply: replies.PlanCard) -> list[Block]:
    if not reply.proofs:
        return []
    failed = [proof for proof in reply.proofs if not proof.passed]
    passed = [proof for proof in reply.proofs if proof.passed]
    told = "Proven on your data" if not failed else f"{len(failed)} of {len(reply.proofs)} proofs do not hold"
    lines = [_proof(proof) for proof in (*failed, *passed[:SHOWN_PROOFS])]
    if len(passed) > SHOWN_PROOFS:
        lines.append(f"✓ {len(passed) - SHOWN_PROOFS} further proofs hold")
    return [*blocks.words(told), *blocks.monospaced(lines)]


def _proof(proof: CheckResult) -> str:
    said = proof.note or f"{proof.check} {proof.on}".replace("_", " ")
    numbers = f": {proof.found}" if proof.found else ""
    against = f" (expected {proof.expected})" if proof.expected and proof.expected != proof.found else ""
    mark = "✓" if proof.passed else "✗" if proof.severity == "block" else "!"
    return f"{mark} {said}{numbers}{against}{'' if proof.passed or not proof.detail else f' - {proof.detail}'}"


def _difference(reply: replies.DiffCard) -> list[Note]:
    made: list[Block] = [blocks.header("What changes"), *blocks.listing("In words", reply.changes)]
    if reply.impact:
        lines = [f"{one.output}, {one.figure}: {one.before} → {one.after}" for one in reply.impact[:SHOWN_IMPACT]]
        if len(reply.impact) > SHOWN_IMPACT:
            lines.append(f"and {len(reply.impact) - SHOWN_IMPACT} further figures")
        made += [*blocks.words("In numbers, on your data as it is now"), *blocks.monospaced(lines)]
    if reply.effects_change:
        made += blocks.words("What it writes or sends changes too, so it needs a new approval.", "⚠️")
    return blocks.notes("What changes", made)


def _question(reply: replies.Question, thread: str) -> list[Note]:
    # "Is this what you mean?" says its reading itself.
    reading = "" if reply.reading in reply.text else spoken_names(reply.reading)
    made = [*blocks.small(reading), *blocks.words(spoken_names(reply.text), "❓")]
    buttons: list[Block] = []
    long = any(len(option.label) >= blocks.BUTTON for option in reply.options)
    if long:
        made += blocks.listing("Choose one", [option.label for option in reply.options])
    for at, option in enumerate(reply.options):
        value = json.dumps({"thread": thread, "question": reply.key, "value": option.value}, ensure_ascii=False)
        if len(value) <= blocks.VALUE:
            buttons.append(blocks.button(option.label, action=f"answer:{at}", value=value))
    made += blocks.rows_of(buttons)
    made += blocks.small("Or answer in your own words, here in the thread.")
    return blocks.notes(reply.text, made, waits=f"question {reply.key}" if buttons else None)


def connect(reply: replies.Connect, url: str | None) -> list[Note]:
    """The page on which an account is connected. ``url`` is for one person alone; without it they have to ask."""
    made = blocks.words(reply.text)
    if url is None:
        made += blocks.small(f"Write to me directly: connect {reply.name}. There you get the page for it.")
        return blocks.notes(f"Connect {reply.title}", made)
    label = f"Connect {reply.title}{' again' if reply.again else ''}"
    made.append(blocks.marked_up(f"<{blocks.escaped(url)}|{blocks.escaped(label)}>"))
    made += blocks.small("The page is for you alone, good once and for half an hour. Do not write a key here.")
    return blocks.notes(f"Connect {reply.title}", made)


def progress(reply: replies.Progress) -> Note:
    """What a run is doing."""
    text = f"{'☑️' if reply.done else '⏳'} {blocks.shortened(reply.text, blocks.SUMMARY)}"
    (note,) = blocks.notes(reply.text, blocks.small(text))
    return note


def _failure(reply: replies.Failure) -> list[Note]:
    return blocks.notes(reply.message, [*blocks.words(reply.message, "⚠️"), *blocks.small(reply.hint)])
