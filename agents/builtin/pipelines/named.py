"""Words of a plan's request that a person said mean a column: the plan is drafted as if it were named."""

from __future__ import annotations

import re
from collections import Counter

from agents.builtin.linking.meant import MEANING
from agents.contract import DataView, Draft, Question, Refusal, Request


def in_columns(request: Request, data: DataView) -> tuple[Request, tuple[str, ...]]:
    """The request with such words as the columns' own names, and what was taken for what.

    What is quoted or names a file stays, and so does a word whose column has a name that another table has too: the
    name alone would not say which.
    """
    names = Counter(column.name.casefold() for table in data.catalog.tables for column in table.columns)
    known = {f"{table.name}.{column.name}": column.name for table in data.catalog.tables for column in table.columns}
    text, said = request.text, []
    for key, answer in request.answers.items():
        word, column = key.removeprefix(MEANING), known.get(answer)
        if word == key or column is None or names[column.casefold()] != 1:
            continue
        text, count = _outside_quotes(word).subn(column, text)
        if count:
            said.append(f"by '{word}' {answer} is meant")
    return (request.model_copy(update={"text": text}), tuple(said)) if said else (request, ())


def as_asked(reply: Draft | Question | Refusal, request: Request, said: tuple[str, ...]) -> Draft | Question | Refusal:
    """The reply to a request that was put ``in_columns``, of the request as it was said."""
    if not said or not isinstance(reply, Draft):
        return reply
    spec = reply.spec.model_copy(
        update={"request": request.text, "assumptions": (*said, *reply.spec.assumptions)},
    )
    return reply.model_copy(update={"spec": spec, "assumptions": (*said, *reply.assumptions)})


def _outside_quotes(word: str) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(part) for part in word.split())
    return re.compile(rf"(?<![\w.'\"“‘/]){spaced}(?![\w'\"”’/]|\.\w)", re.IGNORECASE)
