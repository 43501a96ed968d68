"""Ranking short texts by the words of a question, offline: BM25 over weighted fields, and whole phrases on top.

The formula is Robertson and Zaragoza's BM25F (2009) with k1 = 1.2 and b = 0.6. A phrase that an entry is known by and
that stands in the question with all of its words counts once more, because that is what people call it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

K1, B = 1.2, 0.6
PHRASE = 1.6
STOP = frozenset(
    """
    a an and any are as at be but by can do does for from get give has have how i if in into is it its just like make me
    my need of on or our please so some than that the their them then there these they this those to up us use want
    was we were what when where which who will with would you your also instead same should
    """.split()
)
"""Words that say nothing of what is wanted."""
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "e")


@dataclass(frozen=True)
class Entry:
    """One thing that can be found: texts by weight, and phrases that it is known by."""

    name: str
    fields: Mapping[str, float]
    phrases: Sequence[str] = ()


def words(text: str) -> list[str]:
    """The words of a text that say something, without their endings."""
    return [stem(word) for word in re.findall(r"[a-z0-9]+", text.casefold().replace("'", "")) if word not in STOP]


def stem(word: str) -> str:
    """A word without its ending: months and month, missing and missed, are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            short = word.removesuffix(ending)
            if ending in ("ies", "ied"):
                return short + "y"
            # running, run: a doubled letter came with the ending.
            return short[:-1] if len(short) > 3 and short[-1] == short[-2] and short[-1] not in "ls" else short
    return word


def ranked(question: str, entries: Sequence[Entry]) -> list[tuple[str, float]]:
    """Names with their scores above 0, the best first; equal ones by name."""
    wanted = Counter(words(question))
    counts = {entry.name: _weighted(entry) for entry in entries}
    if not wanted or not counts:
        return []
    lengths = {name: sum(found.values()) for name, found in counts.items()}
    mean = sum(lengths.values()) / len(lengths) or 1.0
    known = Counter(word for found in counts.values() for word in found)
    rare = {word: log(1 + (len(entries) - known[word] + 0.5) / (known[word] + 0.5)) for word in wanted}
    scored: list[tuple[str, float]] = []
    for entry in entries:
        found = counts[entry.name]
        size = K1 * (1 - B + B * lengths[entry.name] / mean)
        score = sum(rare[word] * found[word] * (K1 + 1) / (found[word] + size) for word in wanted if word in found)
        score += sum(_worth(phrase, wanted, rare) for phrase in entry.phrases)
        if score > 0 or question.strip().casefold() == entry.name:
            scored.append((entry.name, score))
    # Who types a name, or all of what a thing is known by, means it.
    said = question.strip().casefold()
    means = {entry.name for entry in entries if said in {item.strip().casefold() for item in entry.phrases}}
    return sorted(scored, key=lambda one: (one[0] != said, one[0] not in means, -one[1], one[0]))


def _weighted(entry: Entry) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for text, weight in entry.fields.items():
        for word in words(text):
            found[word] += weight
    return found


def _worth(phrase: str, wanted: Mapping[str, int], rare: Mapping[str, float]) -> float:
    """What a phrase adds: the rarity of its words where all stand in the question and there are at least two."""
    parts = set(words(phrase))
    if len(parts) < 2 or not parts <= set(wanted):
        return 0.0
    return PHRASE * sum(rare[word] for word in parts) / 2
