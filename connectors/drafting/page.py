"""The page beside a drafted connector: what is known from where, what was assumed, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.drafting.drafter import Drafted
from connectors.drafting.words import clean

if TYPE_CHECKING:
    from connectors.http.conformance.suite import Verdict

_MOST = 400


def page(drafted: Drafted, proof: str, verdicts: Sequence[Verdict], untried: Sequence[str]) -> str:
    """The page as Markdown."""
    definition = drafted.definition
    lines = [f"# {definition.title}", "", proof, "", "## What it reads", ""]
    lines += [f"- `{name}`: {one.path or one.description}" for name, one in definition.streams.items()]
    lines += ["", "## Connecting", "", f"`dreflow connectors add MY_NAME {drafted.name}` asks for what it needs.", ""]
    sure = [one for one in drafted.decisions if one.sure]
    guessed = [one for one in drafted.decisions if not one.sure]
    lines += ["## Known, and from where", "", "| list | what | evidence |", "|---|---|---|"]
    lines += [_row(one.stream or "all", one.what, one.evidence) for one in sure[:_MOST]]
    lines += _section(
        "Assumed",
        [f"- {_plain(one.stream or 'all')}: {_plain(one.what)} ({_plain(one.evidence)})" for one in guessed[:_MOST]],
    )
    lines += _section("To be decided by a person", list(_questions(drafted)))
    lines += _section("Left out", [f"- `{path}`: {_plain(why)}." for path, why in drafted.left_out])
    lines += _section("Noted", [f"- {_plain(note)}" for note in drafted.notes])
    lines += _section("Tried", list(_tried(verdicts, untried)))
    return "\n".join(lines).rstrip() + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _questions(drafted: Drafted) -> Iterator[str]:
    for one in drafted.questions:
        yield f"- `{one.key}`: {_plain(one.text)} " + " / ".join(f"`{value}`" for value, _ in one.options)


def _tried(verdicts: Sequence[Verdict], untried: Sequence[str]) -> Iterator[str]:
    kept = [one for one in verdicts if one.result == "kept"]
    if verdicts:
        yield f"- {len(kept)} cases hold on {len({one.stream for one in kept})} lists."
    for one in verdicts:
        if one.result in {"broken", "not tried"}:
            yield f"- {one.stream}{', ' + one.case if one.case else ''}: {one.result}: {_plain(one.detail[:300])}"
    if untried:
        yield f"- Not tried: {', '.join(untried)}."


def _row(*cells: str) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    """A text that may hold a stranger's words, without markup."""
    flat = " ".join(text.split())[:400]
    return flat.replace("|", "\\|").replace("<", "&lt;").replace("`", "'") if text != clean(text, 400) else flat
