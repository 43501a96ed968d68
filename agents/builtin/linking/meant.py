"""Words that fit nothing in the data: which they are, and the column that a person says one of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from agents.builtin.linking.loose import answered_link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.index import Index

MEANING = "meaning of "


def key_of_word(word: str) -> str:
    """The name under which an answer about a word is kept."""
    return f"{MEANING}{word.lower()}"


def unfitting(tags: Sequence[Tag], problems: Sequence[str]) -> list[str]:
    """The words for which a reading found nothing in the data; those that stand side by side are one."""
    told = {problem.removeprefix("unknown:") for problem in problems if problem.startswith("unknown:")}
    return [_text(found) for found in _unknown(tags) if any(one.text in told for one in found)]


def take_meant(tags: list[Tag], answers: Mapping[str, str], index: Index) -> tuple[str, ...]:
    """Let words that fit nothing mean the columns that answers name; what was taken for what, in words."""
    said: list[str] = []
    for found in list(_unknown(tags)):
        text = _text(found)
        link = answered_link(answers.get(key_of_word(text), ""), index)
        if link is None:
            continue
        first, at = found[0], tags.index(found[0])
        taken = Tag("link", first.start, found[-1].end, text, links=[link], before=first.before)
        tags[at : at + len(found)] = [taken]
        meant = f" is {link.value}" if link.kind == "value" else ""
        said.append(f"by '{text}' {link.table}.{link.column}{meant} is meant")
    return tuple(said)


def _unknown(tags: Sequence[Tag]) -> Iterator[list[Tag]]:
    """Words without any meaning, side by side; a formula's stand-in is no word of the person's."""

    def is_word(one: Tag) -> bool:
        return one.kind == "unknown" and one.text.replace("-", "").replace("'", "").isalpha()

    return (list(found) for unknown, found in groupby(tags, is_word) if unknown)


def _text(tags: Sequence[Tag]) -> str:
    return " ".join(one.text for one in tags)
