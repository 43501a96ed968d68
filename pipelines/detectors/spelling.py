"""Rare spellings of frequent values: ``Portlnad`` where ``Portland`` stands in hundreds of rows.

A rare value is suspected where a value that is at least four times as frequent differs in few letters (Damerau and
Levenshtein's distance, at most one letter in five of the value and one in four of a word), or in nothing but case and
spaces. Digits that differ make another code and no misspelling; neither does a word that the table uses elsewhere, or
another city in another state. Where one sign replaced letters all over the table (``b?rm?ngham``), it counts as a hole,
and short values are suspected as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from connectors import sql
from pipelines.quality.dependencies import STRICT
from pipelines.quality.examined import Examined, Suspect, is_marker

RATIO, FREQUENT = 4, 3
ALLOWED, IN_WORD = 0.2, 0.25
SHORTEST = 5
SHORT_LISTED, LISTED, LISTED_RATIO = 4, 20, 50
"""Where at most twenty values make up the column, a shorter one may be misspelt if it is that much rarer."""
AGAIN, AGAIN_RATIO = 2, 20
MOST_VALUES = 4_000
HOLES, HOLE_SHARE = 20, 0.6
SURE, LESS, HOLED = 0.85, 0.65, 0.95
Pairs = Mapping[str, tuple[str, int]]
_FIELDS: Final = re.compile(r"[^\W_]+")


def find(data: Examined) -> Iterable[Suspect]:
    """Cells whose value is a rare spelling; proposed is the frequent one."""
    words = _vocabulary(data)
    close = [_close(data, column) for column in range(len(data.names))]
    hole = _hole(close)
    for column, pairs in enumerate(close):
        told: dict[str, tuple[str, float, str]] = {}
        listed = _is_list(data, column)
        for rare, (frequent, _) in pairs.items():
            often = data.counts[column][frequent]
            # What stands there again and again is meant, unless the other one is far more frequent.
            if data.counts[column][rare] > AGAIN and often < AGAIN_RATIO * data.counts[column][rare]:
                continue
            shortest = SHORT_LISTED if listed and often >= LISTED_RATIO * data.counts[column][rare] else SHORTEST
            if _is_misspelt(rare, frequent, words, shortest) and not _is_apart(data, column, rare, frequent):
                sure = SURE if often >= 10 * data.counts[column][rare] and len(rare) >= 8 else LESS
                told[rare] = frequent, sure, f"a rare spelling of {frequent!r}, which stands in {often:,} rows"
        if hole:
            told.update(_holed(data, column, hole))
        for row, text in enumerate(data.cells(column)):
            if text in told:
                proposed, sure, reason = told[text]
                yield Suspect(row, column, reason, sure, proposed or None)


def _vocabulary(data: Examined) -> Counter[str]:
    """In how many rows each word stands."""
    found = Counter[str]()
    for column, counted in enumerate(data.counts):
        if data.kinds[column] != "text":
            continue
        for text, count in counted.items():
            for word in set(_FIELDS.findall(text.casefold())):
                found[word] += count
    return found


def _close(data: Examined, column: int) -> dict[str, tuple[str, int]]:
    """Rare values, each with the frequent one that it is closest to, and the distance."""
    counted = {text: count for text, count in data.counts[column].items() if text and not is_marker(text)}
    frequent = [text for text, count in counted.items() if count >= FREQUENT]
    if data.kinds[column] != "text" or not frequent or len(counted) > MOST_VALUES:
        return {}
    value = sql.column(f"c{column}")
    query = sql.template(
        """WITH v AS (SELECT count(*) AS m, :value AS v, lower(trim(regexp_replace(:value, '\\s+', ' ', 'g'))) AS bare
             FROM t WHERE :value <> '' GROUP BY 2, 3)
        SELECT r.v, f.v, damerau_levenshtein(r.bare, f.bare) AS d FROM v AS r JOIN v AS f
        ON f.m >= :frequent AND f.m >= :ratio * r.m AND r.v <> f.v
        AND abs(length(r.bare) - length(f.bare)) <= 1 + :allowed * length(f.bare)
        WHERE d <= greatest(1, floor(:most * length(f.bare)))
        ORDER BY r.v, d, f.m DESC, f.v""",
        value=value,
        frequent=FREQUENT,
        ratio=RATIO,
        allowed=sql.cast(sql.value(str(ALLOWED)), "DOUBLE"),
        most=sql.cast(sql.value("0.35"), "DOUBLE"),
    )
    found: dict[str, tuple[str, int]] = {}
    for rare, often, distance in data.ask(query):  # type: ignore[arg-type]
        found.setdefault(str(rare), (str(often), int(str(distance))))
    return found


def _is_list(data: Examined, column: int) -> bool:
    """Whether a few values make up almost all of the column."""
    most = data.counts[column].most_common(LISTED)
    return sum(count for _, count in most) >= 0.9 * data.size and data.size >= LISTED_RATIO * 2


def _is_misspelt(rare: str, frequent: str, words: Mapping[str, int], shortest: int) -> bool:
    """Whether the two differ as a slip of the pen does."""
    low, other = " ".join(rare.casefold().split()), " ".join(frequent.casefold().split())
    if low == other:
        return True
    if len(frequent) < shortest or _digits(low) != _digits(other):
        return False
    ours, theirs = _FIELDS.findall(low), _FIELDS.findall(other)
    if len(ours) == len(theirs):
        changed = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
        # A word that stands elsewhere as well is another word.
        if any(words[a] * RATIO > words[b] or len(b) < 3 for a, b in changed):
            return False
        # Far apart in one word is another word as well, however long the rest is.
        return all(_edits(a, b) <= max(1, int(IN_WORD * len(b))) for a, b in changed)
    edits = _edits(low, other)
    return edits <= max(1, int(ALLOWED * len(other)))


def _is_apart(data: Examined, column: int, rare: str, frequent: str) -> bool:
    """Whether what the column tells of its rows differs between the two: another city lies in another state."""
    rules = [rule for rule in data.dependencies if rule.determinant == column and rule.confidence >= STRICT]
    if not rules:
        return False
    apart = 0
    for rule in rules:
        beside = data.partners(column, rule.dependent)
        ours, theirs = ({text: n for text, n in beside[one].items() if text} for one in (rare, frequent))
        apart += bool(ours) and bool(theirs) and _commonest(theirs) not in ours
    return apart * 2 > len(rules)


def _commonest(counted: Mapping[str, int]) -> str:
    return max(counted, key=lambda text: (counted[text], text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _edits(a: str, b: str) -> int:
    """Optimal string alignment distance."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _hole(close: Iterable[Pairs]) -> str:
    """The sign that stands in place of letters all over the table; empty where there is none."""
    signs = Counter[str]()
    replaced: dict[str, set[str]] = {}
    total = 0
    for pairs in close:
        for rare, (frequent, _) in pairs.items():
            if len(rare) != len(frequent) or len(rare) < SHORTEST:
                continue
            for a, b in zip(rare, frequent, strict=True):
                if a != b:
                    signs[a] += 1
                    replaced.setdefault(a, set()).add(b)
                    total += 1
    for sign, count in sorted(signs.items(), key=lambda item: (-item[1], item[0]))[:1]:
        if count >= HOLES and count >= HOLE_SHARE * total and len(replaced[sign]) >= 5:
            return sign
    return ""


def _holed(data: Examined, column: int, hole: str) -> dict[str, tuple[str, float, str]]:
    """Values with holes that a more frequent value fills, each with the likeliest such value."""
    counted = data.counts[column]
    by_length: dict[int, list[str]] = {}
    for text in counted:
        by_length.setdefault(len(text), []).append(text)
    found: dict[str, tuple[str, float, str]] = {}
    holed = [text for text in counted if hole in text]
    if len(holed) * len(counted) > MOST_VALUES**2:
        return {}
    for text in holed:
        fitting = [
            other
            for other in by_length[len(text)]
            if other != text and all(a in (b, hole) for a, b in zip(text, other, strict=True))
        ]
        fitting = [other for other in fitting if counted[other] > counted[text] or other.count(hole) < text.count(hole)]
        if not fitting:
            continue
        best = min(fitting, key=lambda other: (other.count(hole), -counted[other], other))
        alone = counted[best] >= 2 * sum(counted[other] for other in fitting if other != best)
        proposed = best if alone else ""
        found[text] = proposed, HOLED, f"{hole!r} stands in place of letters, as in many cells of this table"
    return found
