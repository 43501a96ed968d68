"""An owner's answer to a question: an option's value or label, its number, yes or no, or the option its words fit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.contract import Option, Question

_YES = frozenset(
    {"yes", "y", "yeah", "yep", "sure", "ok", "okay", "correct", "right", "please", "si", "sì", "ja", "oui"}
)
_NO = frozenset({"no", "n", "nope", "nah", "not", "don't", "nein", "non"})
_SAYS_YES = frozenset({"yes", "approve", "accept"})
_SAYS_NO = frozenset({"no", "reject", "decline"})
_NAMED = 6
_QUOTED = 60
_ORDINALS = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4}
_ORDINAL = re.compile(
    rf"(?:(?:i\s+(?:take|choose|want|prefer)|take|use)\s+)?(?:the\s+)?({'|'.join(_ORDINALS)}|last|latter)"
    r"(?:\s+(?:one|option|way|answer|of\s+(?:them|the\s+two)))?(?:\s*,?\s*(?:please|pls|thanks))?[.!]*"
)
_NEGATED = frozenset({"not", "don't", "dont", "never", "neither", "nor"})
_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "as",
        "by",
        "of",
        "on",
        "to",
        "and",
        "or",
        "it",
        "is",
        "them",
        "they",
        "be",
        "i",
        "we",
        "you",
        "with",
        "for",
        "in",
        "that",
        "this",
        "my",
        "our",
        "please",
    ]
)


def resolve_answer(question: Question, answer: str) -> str | None:
    """The value of the option meant, or None when the answer fits none or more than one equally."""
    said = answer.strip().casefold()
    if not said:
        return None
    for option in question.options:
        if said in (option.value.casefold(), option.label.casefold()):
            return option.value
    place = _place(said, len(question.options))
    if place is not None:
        return question.options[place].value
    words = _words(said)
    for bare, saying in ((_YES, _SAYS_YES), (_NO, _SAYS_NO)):
        if words and not words - bare:
            # "Yes" to one of two ways is no answer; only an option that itself says so is meant.
            so = [option.value for option in question.options if _first_word(option) & saying]
            return so[0] if len(so) == 1 else None
    if words & _NEGATED:
        # "Not by date" names the option that is not meant; better asked again.
        return None
    named = [option.value for option in question.options if _is_named(option.value, words)]
    if len(named) > 1:
        return None
    return named[0] if named else _best_fit(question, words)


def asked_again(question: Question, answers: Mapping[str, str]) -> Question:
    """The question as it is asked once more where its answer fitted no option: it says so and names the options."""
    said = answers.get(question.key, "").strip()
    if not said or not question.options or said in {option.value for option in question.options}:
        return question
    named = [f"“{option.label}”" for option in question.options[:_NAMED]]
    listed = f"{', '.join(named[:-1])} or {named[-1]}" if len(named) > 1 else named[0]
    text = f"By “{said[:_QUOTED]}” I cannot tell which one you mean: {listed}. {question.text}"
    return question.model_copy(update={"text": text})


def _first_word(option: Option) -> set[str]:
    return {word for text in (option.label, option.value) for word in re.findall(r"[\w']+", text.casefold())[:1]}


def _is_named(value: str, words: set[str]) -> bool:
    own = _words(value)
    return bool(own) and own <= words and value not in _YES | _NO


def _place(said: str, count: int) -> int | None:
    """The option meant by its place in the list: "2", "option 2", "the second one please", "the last"."""
    number = re.fullmatch(r"\(?(?:option\s+|number\s+|no\.?\s*)?(\d{1,2})[.)]?", said)
    if number:
        return int(number[1]) - 1 if 1 <= int(number[1]) <= count else None
    ordinal = _ORDINAL.fullmatch(said)
    if ordinal is None:
        return None
    index = count - 1 if ordinal[1] in ("last", "latter") else _ORDINALS[ordinal[1]]
    return index if index < count else None


def _best_fit(question: Question, words: set[str]) -> str | None:
    own = [_words(f"{option.label} {option.value}") for option in question.options]
    scores = []
    for index, option in enumerate(question.options):
        others = set().union(*(own[i] for i in range(len(own)) if i != index)) if len(own) > 1 else set()
        # A word that only this option has decides; one that several share says nothing.
        scores.append((len(words & (own[index] - others)), option.value))
    scores.sort(key=lambda score: -score[0])
    if not scores or scores[0][0] == 0:
        return None
    if len(scores) > 1 and scores[1][0] * 3 > scores[0][0]:
        # Words of two options at once are no answer: better asked again than guessed.
        return None
    return scores[0][1]


def _words(text: str) -> set[str]:
    return {
        word.removesuffix("s") if len(word) > 3 else word for word in re.findall(r"[\w']+", text.casefold())
    } - _STOP
