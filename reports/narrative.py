"""Sentences: those the report's author wrote, filled with computed figures, and those about the run itself."""

from __future__ import annotations

import re
from collections.abc import Callable

from reports.document import FigureValue, ReportDocument
from spec.errors import SpecError, unknown_name
from spec.report import Figure, Text
from spec.run import CheckResult

_BLANK = re.compile(r"\{([^{}]*)\}")
_DIGITS = re.compile(r"(?<![^\W\d_])\d[\d.,]*")


def pieces(block: Text, resolve: Callable[[str, Figure], FigureValue]) -> tuple[str | FigureValue, ...]:
    """The text with each ``{name}`` replaced by its figure.

    SpecError for a name without a figure, and for a number in digits: what is written by hand would stay when the data
    changes. Words such as Q3 or A4 are no numbers.
    """
    check_text(block)
    parts = _BLANK.split(block.text)
    made: list[str | FigureValue] = []
    for at, part in enumerate(parts):
        if at % 2:
            made.append(resolve(part, block.figures[part]))
        elif part:
            made.append(part)
    return tuple(made)


def check_text(block: Text) -> None:
    """Raise SpecError where a text could say something its figures do not."""
    parts = _BLANK.split(block.text)
    for name in parts[1::2]:
        if name not in block.figures:
            raise unknown_name("figure", name, block.figures, where={"field": "text"})
    written = _DIGITS.search(" ".join(parts[::2]))
    if written:
        raise SpecError(
            f"The sentence has the number {written[0]!r} written by hand.",
            hint="Put a figure in its place, as {name}, or say it in words: it would stay when the data changes.",
            where={"field": "text"},
            data={"text": block.text, "number": written[0]},
        )


def check_name(check: CheckResult, document: ReportDocument) -> str:
    """A check in words: what it is about, and what it promises."""
    words = document.language.words
    promise = words.get(f"check_{check.check}", check.check.replace("_", " "))
    return f"{document.meta.labels.get(check.on, check.on.replace('_', ' '))}: {promise}"


def check_sentence(check: CheckResult, document: ReportDocument) -> str:
    """What a check expected and what it found, in one sentence."""
    say = document.language.say
    parts = [check_name(check, document)]
    if check.expected or check.found:
        expected = check.expected or say("empty")
        found = check.found or say("empty")
        parts.append(f"{say('expected').casefold()} {expected}, {say('found').casefold()} {found}")
    return f"{' – '.join(parts)}. {check.detail}".strip()


def set_aside(document: ReportDocument) -> list[str]:
    """A sentence for each lot of rows that did not take part."""
    return [
        document.language.say(
            "set_aside", rows=document.language.number(lot.rows, 0), table=lot.table, reason=lot.reason
        )
        for lot in document.meta.quarantined
    ]
