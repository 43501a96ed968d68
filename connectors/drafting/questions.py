"""What only a person can say about a draft, with the answers to choose from; what was decided, with its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from spec.errors import UsageError, nearest
from spec.records import record

_PLACE = re.compile(r"(/[^/\s]+){1,8}|header [A-Za-z][A-Za-z0-9-]{0,60}")
LEAVE_OUT = "leave out"


@record(frozen=True)
class Open:
    """A question that stands: ``options`` are value and label, ``streams`` what waits for it."""

    key: str
    text: str
    options: tuple[tuple[str, str], ...]
    streams: tuple[str, ...] = ()


@record(frozen=True)
class Decision:
    """One thing in a draft: of which stream (or of all), what, what says so. ``sure`` is False for an assumption."""

    stream: str
    what: str
    evidence: str
    sure: bool = True


class UnknownError(Exception):
    """Something that a list needs is not known; the text says what."""


@dataclass
class Asking:
    """Answers that were given, and what is still to be asked and was decided, in order."""

    given: Mapping[str, str]
    open: dict[str, Open] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    known: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def answer(
        self,
        key: str,
        text: str,
        options: Sequence[tuple[str, str]],
        *,
        stream: str = "",
        free: Callable[[str], bool] | None = None,
    ) -> str | None:
        """The answer that was given; None when the question stands from now on. ``free`` says what else is one."""
        self.known[key] = tuple(options)
        said = self.given.get(key)
        if said is not None and free is not None and free(said):
            return said
        if said is not None:
            return self._meant(key, said, options)
        before = self.open.get(key)
        waiting = (*(before.streams if before else ()), *((stream,) if stream else ()))
        self.open[key] = Open(key, text, tuple(options), tuple(dict.fromkeys(waiting)))
        return None

    def offered(self, key: str, options: Sequence[tuple[str, str]]) -> str | None:
        """The answer to what need not be asked, where somebody gave one all the same."""
        self.known[key] = tuple(options)
        said = self.given.get(key)
        return self._meant(key, said, options) if said is not None else None

    def needed(
        self,
        key: str,
        text: str,
        options: Sequence[tuple[str, str]],
        *,
        stream: str,
        free: Callable[[str], bool] | None = None,
    ) -> str:
        """As ``answer``, for what a list cannot be without: UnknownError while nobody has said it."""
        said = self.answer(key, text, [*options, (LEAVE_OUT, "leave this list out")], stream=stream, free=free)
        if said is None:
            raise UnknownError(text)
        if said == LEAVE_OUT:
            raise UnknownError("You said to leave it out.")
        return said

    def decided(self, stream: str, what: str, evidence: str, *, sure: bool = True) -> None:
        """Keep what was decided."""
        self.decisions.append(Decision(stream, what, evidence, sure))

    def refuse_strange(self) -> None:
        """UsageError for an answer to what was never asked."""
        for key in self.given:
            if key not in self.known:
                near = nearest(key, list(self.known))
                raise UsageError(
                    f"Nothing is asked under {key!r}.",
                    hint=f"Did you mean {near!r}?" if near else "The draft lists its questions with their keys.",
                )

    @staticmethod
    def _meant(key: str, said: str, options: Sequence[tuple[str, str]]) -> str:
        folded = said.strip().casefold().rstrip(".!")
        for number, (value, label) in enumerate(options, start=1):
            if folded in {value.casefold(), label.casefold(), str(number) if value != str(number) else value}:
                return value
        if any(value.startswith("/") for value, _ in options) and _PLACE.fullmatch(said.strip()):
            # A place that nobody could guess: the vendor's documents say it.
            return " ".join(said.split())
        shown = ", ".join(value for value, _ in options)
        raise UsageError(f"{said!r} is no answer to {key!r}.", hint=f"Answer with one of: {shown}.")
