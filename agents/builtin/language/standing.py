"""What stands beside a word: whether a light word, or a verb's plural, can only be a noun there."""

from __future__ import annotations

from agents.builtin.language.lexicon import SUPERLATIVES
from agents.builtin.language.words import Token, is_number_word

_BEFORE_NOUN = frozenset("the , and their its his her return show of by each list give with per whose".split())
_AFTER_NOUN = frozenset(", and of ? . for or in is are containing contains contain mentions".split())
# Behind "which shows", and not behind "which shows the price".
_AFTER_SUBJECT = frozenset(
    "never not have has had haven't hasn't hadn't are aren't is isn't was were do don't does did didn't can with "
    "without that who in from bring brought".split()
)


def ends_days(tokens: list[Token], index: int) -> bool:
    """As in "days between hired and returned": a light word that names the second of two days."""
    before = [token.low for token in tokens[:index]]
    return before[-1:] in (["and"], ["to"], ["until"]) and "days" in before and bool({"between", "from"} & set(before))


def stands_as_noun(tokens: list[Token], index: int) -> bool:
    """A light word such as "make" is a noun between the signs of a list: "the make, model and year"."""
    before = tokens[index - 1].low if index else ""
    after = tokens[index + 1].low if index + 1 < len(tokens) else "."
    return (before in _BEFORE_NOUN or before in SUPERLATIVES or _is_number(before)) and after in _AFTER_NOUN


def is_named_thing(tokens: list[Token], index: int) -> bool:
    """As in "returns per reason" and "how many returns": a verb's plural where only a noun can stand."""
    low = tokens[index].low
    before = tokens[index - 1].low if index else ""
    after = tokens[index + 1].low if index + 1 < len(tokens) else ""
    if not low.endswith("s") or low.endswith("ss"):
        return False
    if before in {"which", "what"}:
        return after in _AFTER_SUBJECT
    return (
        before in {"many", "of", "number", "all", "our", "average"}
        or _is_number(before)
        or before in SUPERLATIVES
        or (not index and after in {"per", "by", "in", "with"})
    )


def _is_number(word: str) -> bool:
    return word.isdigit() or is_number_word(word)
