"""Finding one's way: where a message belongs when the rules are unsure, and help from the documents, cited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import Field

from agents import models
from agents.builtin.intents.route import Route
from agents.calling import Caller, Job, Said, prompt
from agents.looking import docs_text
from agents.privacy import Data
from agents.proposal import Proposed

HARMLESS: frozenset[Route] = frozenset(
    {"answer", "plan", "why", "help", "docs", "pipelines", "runs", "connections", "connect"}
)
"""Routes that a model may choose. Approving, rejecting, restoring and running take a person's own plain words."""


class ChosenRoute(Proposed):
    """Where a message belongs."""

    route: str = Field(json_schema_extra={"enum": [*sorted(HARMLESS)]})


class Help(Proposed):
    """An answer from the documents."""

    text: str = Field(description="At most five sentences; empty when the documents do not say.")
    cites: list[str] = Field(default=[], description="Passages it rests on, as 'file # heading'.")


@dataclass(frozen=True)
class Helped:
    """``text`` is None where no model answered from the documents."""

    text: str | None
    cites: tuple[str, ...]
    by: str | None
    notes: tuple[str, ...] = ()


def route(
    caller: Caller, text: str, *, last: str | None, tables: Sequence[str], data: Data | None = None
) -> Route | None:
    """Where a model thinks a message belongs; None where it cannot say or may not choose."""

    def check(chosen: ChosenRoute, _: object) -> ChosenRoute:
        from pydantic_ai import ModelRetry

        if chosen.route not in HARMLESS:
            raise ModelRetry(f"There is no such route. There is: {', '.join(sorted(HARMLESS))}.")
        return chosen

    words = f"Message: {text}\nThe exchange before was about: {last or 'nothing'}\nTables: {', '.join(tables[:50])}"
    job = Job(
        "route",
        prompt("guide"),
        [ChosenRoute],
        prompt=lambda _privacy, _mode: f"{words}\nRoutes: {', '.join(sorted(HARMLESS))}",
        check=check,
    )
    said: Said[ChosenRoute] = caller.run(job, models.chain(caller.settings, "route"), data)
    found = said.output.route if said.output is not None else None
    return next((one for one in get_args(Route) if one == found), None)


def help_with(
    caller: Caller, question: str, *, data: Data | None = None, passages: Callable[[str], str] | None = None
) -> Helped:
    """Answer from the documents. A passage that was not given cannot be cited; raises what ``passages`` raises."""
    found = (passages or (lambda words: docs_text(caller.context, words)))(question)

    def check(said: Help, _: object) -> Help:
        from pydantic_ai import ModelRetry

        strange = [one for one in said.cites if f"[{one}]" not in found]
        if strange or (said.text and not said.cites):
            raise ModelRetry("Cite only passages you were given, at least one, as 'file # heading'.")
        return said

    job = Job(
        "explain",
        prompt("guide"),
        [Help],
        prompt=lambda _privacy, _mode: f"Question: {question}\n\n{found}",
        check=check,
    )
    said: Said[Help] = caller.run(job, models.chain(caller.settings, "explain"), data)
    if said.output is None or not said.output.text.strip():
        return Helped(None, (), said.by, said.notes)
    return Helped(said.output.text, tuple(said.output.cites), said.by, said.notes)
