"""What business words mean here: agreed once, numbered, and written into every spec that relies on them.

A definition is never changed or removed: a new meaning is a new version, and forgetting one is a version without a
meaning, so that it can always be told what a word meant when a spec was made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.store import DefinedWord
from spec.errors import UsageError, unknown_name
from spec.pipeline import Definition, Pipeline
from tools.context import Context

LONGEST_TEXT = 1000
_WORD = re.compile(r"[^\W\d_][\w %/&'-]{0,59}")


@dataclass(frozen=True)
class Word:
    """A word as listed, with its newest meaning."""

    name: str
    meaning: Definition


def known(context: Context) -> Sequence[Word]:
    """All words that have a meaning now, by name."""
    context.need("ask")
    return [Word(name, meaning) for name, meaning in context.workspace.store.definitions().items()]


def history(context: Context, name: str) -> Sequence[DefinedWord]:
    """Every version of a word's meaning, the oldest first; SpecError with the nearest word when it never had one."""
    context.need("ask")
    found = context.workspace.store.definition_versions(_plain(name))
    if not found:
        raise unknown_name("definition", name, [word.name for word in known(context)])
    return found


def add(context: Context, name: str, text: str, *, expression: str | None = None, now: datetime) -> Word:
    """Give a word a meaning, as its next version. ``expression`` is arithmetic over column names in SQL, if any.

    Specs that were made before keep the version that they were made with.
    """
    context.need("plan")
    word, meaning = checked(name, text, expression)
    context.workspace.store.define(word, meaning.text, expression=meaning.expression, by=context.principal, now=now)
    return Word(word, context.workspace.store.definitions()[word])


def checked(name: str, text: str, expression: str | None) -> tuple[str, Definition]:
    """A word and its meaning as they are kept; UsageError or SpecError where they cannot be."""
    word, said = _plain(name), " ".join(text.split())
    if _WORD.fullmatch(word) is None:
        raise UsageError(
            f"{name!r} cannot be defined.", hint='Name a word or a few, for instance "revenue" or "active customer".'
        )
    if not said or len(said) > LONGEST_TEXT:
        raise UsageError(
            f"The meaning of {word!r} is {'empty' if not said else 'too long'}.",
            hint=f"Say it in a sentence of at most {LONGEST_TEXT} characters.",
        )
    return word, Definition(text=said, expression=_formula(expression, word) if expression is not None else None)


def forget(context: Context, name: str, *, now: datetime) -> None:
    """Let a word mean again what it says. Its versions stay, and so do specs that were made with them."""
    context.need("plan")
    word = _plain(name)
    words = [one.name for one in known(context)]
    if word not in words:
        raise unknown_name("definition", name, words)
    context.workspace.store.undefine(word, by=context.principal, now=now)


def used(definitions: Mapping[str, Definition], *texts: str) -> dict[str, Definition]:
    """The definitions whose words stand in what was said."""
    said = " ".join(" ".join(texts).casefold().split())
    return {
        name: meaning
        for name, meaning in definitions.items()
        if re.search(rf"\b{re.escape(name.casefold())}s?\b", said) is not None
    }


def resolved(spec: Pipeline, definitions: Mapping[str, Definition]) -> Pipeline:
    """The spec with the definitions it relies on written into it, where it does not state its own of that word."""
    own = {name.casefold() for name in spec.definitions}
    added = {name: meaning for name, meaning in definitions.items() if name.casefold() not in own}
    return spec.model_copy(update={"definitions": {**spec.definitions, **added}}) if added else spec


def in_words(name: str, meaning: Definition) -> str:
    """One line for whoever reads what was assumed."""
    formula = f" ({meaning.expression})" if meaning.expression else ""
    by = f" by {meaning.author}" if meaning.author else ""
    return f"'{name}' means {meaning.text}{formula}, as defined here (version {meaning.version}{by})"


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _formula(text: str, word: str) -> str:
    from pipelines.expressions import parse_expression

    # Names of columns are not known before the data is; calls and syntax are.
    return parse_expression(text, {"definition": word}, {}).sql(dialect="duckdb")
