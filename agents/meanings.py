"""Which column a word means that fits nothing in the data: what a model proposes becomes a question, never a step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from agents.builtin.decide import unfitting_words
from agents.builtin.linking.meant import key_of_word
from agents.calling import routed
from agents.contract import Option, Planner, Question, Refusal, Request, noted
from agents.desk import BUILTIN, PROVIDERS
from agents.extract import column_meant
from agents.privacy import Data
from tools.context import Context

NONE = "none"


def instead_of(refusal: Refusal, context: Context, request: Request, data: Data, *, thread: str) -> Question | Refusal:
    """The question whether a word means a column, in place of a refusal that comes of a word that fits none."""
    caller = routed(context, "extract", clock=lambda: datetime.now(UTC), thread=thread)
    if caller is None:
        return refusal
    words = [word for word in unfitting_words(request, data) if key_of_word(word) not in request.answers]
    if request.want == "pipeline":
        # Read as a question, a plan's own words fit nothing either; the planner stumbled over those that it names.
        words = [word for word in words if _is_named(word, refusal)]
    if not words:
        return refusal
    said = column_meant(caller, request.text, words, data)
    meant = said.output
    if meant is None or not meant.column or not _goes_on(request, key_of_word(meant.word), meant.column, data):
        return noted(refusal, said.notes)
    return Question(
        key=key_of_word(meant.word),
        text=f"By '{meant.word}' do you mean {meant.column}? {said.by} proposes it.",
        options=(
            Option(label=f"Yes, {meant.column}", value=meant.column),
            Option(label="No, none of these", value=NONE),
        ),
        reading=" ".join(said.notes),
    )


def _is_named(word: str, refusal: Refusal) -> bool:
    return any(f"'{part}'" in refusal.message for part in (word, *word.split()))


def _goes_on(request: Request, key: str, column: str, data: Data) -> bool:
    """Whether the built-in planner has more than a refusal for the request once this is answered."""
    answered = request.model_copy(update={"answers": {**request.answers, key: column}})
    builtin = cast("Planner", PROVIDERS.load(BUILTIN))
    return not isinstance(builtin.draft(answered, data), Refusal)
