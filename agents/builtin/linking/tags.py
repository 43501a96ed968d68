"""Tagging: the question cut into spans, each a part of speech of questions or a link into the data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from agents.builtin.language.lexicon import (
    AFTER_MOST,
    AGGREGATES,
    COMPARATIVES,
    GRAIN_NOUNS,
    GRAINS,
    HOW_ADJECTIVES,
    SUPERLATIVES,
    WEEKDAYS,
    synonyms,
)
from agents.builtin.language.periods import Period, find_periods
from agents.builtin.language.phrasebook import LONGEST, PHRASES
from agents.builtin.language.standing import ends_days, is_named_thing, stands_as_noun
from agents.builtin.language.words import Token, singular, split_name, stem, tokenise
from agents.builtin.linking.forwhat import told_within
from agents.builtin.linking.links import Link, Linker, is_filler
from agents.builtin.linking.listing import is_listed_with

# Spans of these kinds lose to a column of exactly that name when the column's phrase is longer.
_MAX_PHRASE = 5


# Filler that is also what columns are called.
_NOUNS = frozenset(
    (
        "name names number numbers title text time times amount value values count counts total totals "
        "date type field record records unique different current"
    ).split()
)
_TOLD = 0.95
_UNDONE = frozenset({"not", "never", "yet", "been"})


@dataclass
class Tag:
    """A span ``[start, end)`` of tokens. ``links`` are its meanings in the data, best first; ``data`` its own."""

    kind: str
    start: int
    end: int
    text: str
    data: str = ""
    links: list[Link] = field(default_factory=list)
    number: float | None = None
    period: Period | None = None
    hints: tuple[str, ...] = ()
    weight: float = 0.0
    before: str = ""


def tag(text: str, linker: Linker, today: date, terms: frozenset[str] = frozenset()) -> list[Tag]:
    """The best cut of the question into spans: most words explained, by the strongest evidence."""
    tokens = tokenise(text)
    periods = find_periods(text, today)
    options: dict[int, list[Tag]] = {}
    for index in range(len(tokens)):
        found = [*_period_tags(tokens, index, periods), *_fixed_tags(tokens, index), *_word_tags(tokens, index)]
        found += _link_tags(tokens, index, linker)
        if not found:
            found = [_unlinked(tokens, index)]
        if tokens[index].low in terms:
            found = [_make("term", tokens, index, index + 1, 3.0, tokens[index].low)]
        options[index] = found
    tags = _best_cut(options, len(tokens))
    for place, one in enumerate(tags[:-1]):
        noun = tags[place + 1]
        alone = one.kind == "num" and one.text.lower() == "one" and (not place or tags[place - 1].kind == "prep")
        if alone and noun.links and noun.links[0].kind == "table" and singular(noun.text.lower()) == noun.text.lower():
            one.kind = "skip"  # "at one fair"
    for one in tags:
        one.before = tokens[one.start - 1].low if one.start else ""
    return tags


def _best_cut(options: dict[int, list[Tag]], size: int) -> list[Tag]:
    nothing: list[Tag] = []
    best = [(0.0, nothing), *([(float("-inf"), nothing)] * size)]
    for index in range(size):
        total, tags = best[index]
        if total == float("-inf"):
            continue
        for option in options[index]:
            score = total + option.weight
            if score > best[option.end][0] + 1e-9:
                best[option.end] = (score, [*tags, option])
    return best[size][1]


def _make(kind: str, tokens: list[Token], start: int, end: int, weight: float, data: str = "") -> Tag:
    return Tag(kind, start, end, " ".join(token.text for token in tokens[start:end]), data, weight=weight)


def _period_tags(tokens: list[Token], index: int, periods: list[Period]) -> list[Tag]:
    for period in periods:
        if tokens[index].start >= period.span[0] and (index == 0 or tokens[index - 1].start < period.span[0]):
            if tokens[index].start >= period.span[1]:
                continue
            end = index
            while end < len(tokens) and tokens[end].start < period.span[1]:
                end += 1
            made = _make("period", tokens, index, end, 1.25 * (end - index) + 0.3)
            made.period = period
            return [made]
    return []


def _fixed_tags(tokens: list[Token], index: int) -> list[Tag]:
    found = []
    for size in range(1, min(LONGEST, len(tokens) - index) + 1):
        words = tuple(token.low if token.kind != "quoted" else "\0" for token in tokens[index : index + size])
        if words in PHRASES:
            kind, data = PHRASES[words]
            if kind == "order" and words[0] in {"ordered", "order"} and size < 3 and _is_done(tokens, index):
                continue  # "who never ordered a cake"
            weight = 1.0 * size + 0.25 * (size - 1)
            if kind in {"prep", "rel"} and size == 1:
                weight = 0.9
            found.append(_make(kind, tokens, index, index + size, weight, data))
    return found


def _is_done(tokens: list[Token], index: int) -> bool:
    """Whether a verb stands behind who does it or behind "were"."""
    before = tokens[index - 1].low if index else ""
    return before in _DOERS | {"we", "they", "were", "was", "been", "customers", "clients"} and before != "also"


def _word_tags(tokens: list[Token], index: int) -> list[Tag]:  # noqa: C901 - one short branch a kind of phrase
    token = tokens[index]
    low = token.low
    found: list[Tag] = []
    if token.kind == "number":
        made = _make("num", tokens, index, index + 1, 1.0)
        made.number = token.number
        found.append(made)
    elif token.kind == "time":
        found.append(_make("time", tokens, index, index + 1, 1.0))
    elif token.kind == "quoted" or token.kind == "dotted":
        found.append(_make("quoted", tokens, index, index + 1, 0.6))
    elif token.kind in {"punct", "op"} and not found:
        found.append(_make("skip", tokens, index, index + 1, 0.4))
    if token.kind != "word":
        return found
    found += _superlative(tokens, index)
    after = tokens[index + 1].low if index + 1 < len(tokens) else ""
    if low in AGGREGATES:
        found.append(_make("agg", tokens, index, index + 1, 1.0, AGGREGATES[low]))
    if low in GRAINS:
        found.append(_make("grain", tokens, index, index + 1, 1.05, GRAINS[low]))
    if low.rstrip("s") in GRAIN_NOUNS:
        found.append(_make("unit", tokens, index, index + 1, 1.0, GRAIN_NOUNS[low.rstrip("s")]))
    if low.rstrip("s") in WEEKDAYS and len(low) > 3:
        found.append(_make("weekday", tokens, index, index + 1, 0.9, str(WEEKDAYS[low.rstrip("s")])))
    before = tokens[index - 1].low if index else ""
    if low.rstrip("s") == "weekday" and (before in _CUTS or before in SUPERLATIVES):
        found.append(_make("unit", tokens, index, index + 1, 1.1, "weekday"))
    if low.rstrip("s") in {"weekend", "weekday"}:
        found.append(_make("weekday", tokens, index, index + 1, 0.9, low.rstrip("s")))
    if low in COMPARATIVES:
        op, hints = COMPARATIVES[low]
        if after != "than" and "than" in {t.low for t in tokens[index + 2 : index + 5]}:
            split = _make("cmp", tokens, index, index + 1, 1.0, op)
            split.hints = hints
            found.append(split)
        end = index + 2 if after == "than" else index + 1
        if end > index + 1 or low in {"over", "above", "under", "below", "exceeding", "exceeds", "exceed", "beyond"}:
            made = _make("cmp", tokens, index, end, 1.0 * (end - index) + 0.1, op)
            made.hints = hints
            found.append(made)
    if low == "how" and after in HOW_ADJECTIVES:
        made = _make("howadj", tokens, index, index + 2, 2.3)
        made.hints = HOW_ADJECTIVES[after]
        found.append(made)
    if (
        low == "only"
        and index
        and tokens[index - 1].low not in {",", "and", "but", "return", "show", "list", "give", "(", "-", "–"}
    ):
        # "have only cancelled orders" is a claim about all of them, which no filter makes.
        found.append(_unlinked(tokens, index, claims=True))
    elif _counted_thing(tokens, index):
        found.append(_unlinked(tokens, index, claims=True))
    elif is_filler(low) and low not in {"number", "total"}:
        found.append(_make("skip", tokens, index, index + 1, 0.5))
    else:
        found.append(_unlinked(tokens, index))
    return found


# Before a unit of time: each one is asked for, as in "which weekday".
_CUTS = frozenset("which what per by each every".split())
# What tables consist of: to count these is to count rows.
_ROWS = frozenset("row record entry time one result value column field name instance case item amount total".split())


def _counted_thing(tokens: list[Token], index: int) -> bool:
    """As in "number of breakdowns": what is counted is a thing, however little the word says elsewhere."""
    low = tokens[index].low
    before = [token.low for token in tokens[max(0, index - 2) : index]]
    return before in (["number", "of"], ["how", "many"]) and singular(low) != low and singular(low) not in _ROWS


def _superlative(tokens: list[Token], index: int) -> list[Tag]:
    low = tokens[index].low
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    found: list[Tag] = []
    found += _ranked_first(tokens, index)
    if index and tokens[index - 1].low == "from" and after is not None and after.low == "to" and low in SUPERLATIVES:
        last = tokens[index + 2].low if index + 2 < len(tokens) else ""
        if last in SUPERLATIVES:
            found.append(
                _make("direction", tokens, index, index + 3, 4.5, "desc" if SUPERLATIVES[low][0] > 0 else "asc")
            )
    if low in {"most", "least"} and after is not None and after.low in AFTER_MOST:
        made = _make("sup", tokens, index, index + 2, 2.2, "1" if low == "most" else "-1")
        made.hints = SUPERLATIVES[after.low][1]
        found.append(made)
    if (low in SUPERLATIVES and low not in AFTER_MOST) or low == "recent":
        sign, hints = SUPERLATIVES[low]
        end, number = index + 1, None
        if (
            after is not None
            and after.kind == "number"
            and low
            in {
                "top",
                "bottom",
                "first",
                "last",
                "highest",
                "lowest",
                "largest",
                "biggest",
                "smallest",
                "most",
                "latest",
                "best",
                "worst",
                "oldest",
                "newest",
                "cheapest",
                "longest",
                "shortest",
            }
        ):
            end, number = index + 2, after.number
        made = _make("sup", tokens, index, end, 1.1 * (end - index), str(sign))
        made.hints, made.number = hints, number
        found.append(made)
        if low in {"best", "top"} and after is not None and after.low in {"selling", "rated", "performing"}:
            made = _make("sup", tokens, index, index + 2, 2.2, str(sign))
            made.hints = ("rating", "score") if after.low == "rated" else ("#",)
            found.append(made)
    return found


def _ranked_first(tokens: list[Token], index: int) -> list[Tag]:
    """As in "..., best first", "cheapest first", "most expensive first", "first the largest": an order."""
    words = [token.low for token in tokens[index : index + 3]] + ["", ""]
    if words[0] in {"most", "least"} and words[1] in AFTER_MOST and words[2] == "first":
        made = _make("firstly", tokens, index, index + 3, 4.2, "1" if words[0] == "most" else "-1")
        made.hints = SUPERLATIVES[words[1]][1]
        return [made]
    if words[0] in SUPERLATIVES and words[0] not in AFTER_MOST | {"first", "last"} and words[1] == "first":
        made = _make("firstly", tokens, index, index + 2, 3.4, str(SUPERLATIVES[words[0]][0]))
        made.hints = SUPERLATIVES[words[0]][1]
        return [made]
    return []


def _link_tags(tokens: list[Token], index: int, linker: Linker) -> list[Tag]:
    found = []
    for size in range(1, min(_MAX_PHRASE, len(tokens) - index) + 1):
        part = tokens[index : index + size]
        if any(token.kind not in {"word", "number", "quoted", "ordinal"} for token in part):
            break
        if size > 1 and any(token.kind == "quoted" for token in part):
            break
        made = _link_tag(tokens, index, size, linker)
        if made is not None:
            found.append(made)
    return found


def _link_tag(tokens: list[Token], index: int, size: int, linker: Linker) -> Tag | None:  # noqa: C901 - one short branch a kind of phrase
    part = tokens[index : index + size]
    words = tuple(token.low for token in part)
    quoted = part[0].kind == "quoted"
    plain = all(token.kind == "word" for token in part)
    links: list[Link] = []
    edges_filler = is_filler(words[0]) or is_filler(words[-1])
    inner_filler = any(is_filler(word) and word not in _NOUNS for word in words[:-1]) or (
        is_filler(words[-1]) and words[-1] not in _NOUNS
    )
    if plain and size == 1 and inner_filler and stands_as_noun(tokens, index):
        links += [link for link in linker.phrase(words) if link.how == "exact" and link.kind == "column"]
    several = words[0] != singular(words[0])  # "practices without cases", where a table is called so
    if plain and size == 1 and inner_filler and (is_named_thing(tokens, index) or several):
        links += [link for link in linker.phrase(words) if link.how == "exact" and link.kind == "table"]
    following = tokens[index + size].low if index + size < len(tokens) else ""
    if plain and size == 1 and inner_filler and words[0].endswith("ed") and following in GRAIN_NOUNS:
        links += [
            link for link in linker.phrase(words) if link.kind == "column" and link.score >= 0.9
        ]  # "returned date"
    if plain and size == 1 and inner_filler and words[0].endswith("ed") and index and tokens[index - 1].low in _UNDONE:
        links += [link for link in linker.phrase(words) if link.kind == "column" and link.score >= 0.9]
    if plain and size == 1 and inner_filler and ends_days(tokens, index):
        links += [link for link in linker.phrase(words) if link.kind == "column" and link.score >= 0.9]
    if plain and size == 1 and ("_" in part[0].text or not part[0].text[1:].islower()):
        links += [link for link in linker.phrase(split_name(part[0].text)) if link.score >= 0.9]
    if (
        index == 0
        and words[0] in {"name", "list", "count", "number", "title"}
        and (len(tokens) < 2 or tokens[1].low not in {"of", "and", ","})
    ):
        inner_filler = True
    if size == 1 and words[0] in {"first", "last", "full"}:
        return None
    if plain and size > 1 and inner_filler and (words[0] in AGGREGATES or words[0] in SUPERLATIVES):
        pass
    elif plain and size > 1 and (words[0] in AGGREGATES or words[0] in SUPERLATIVES):
        named = {
            link for link in linker.phrase(words) if link.kind == "column" and stem(words[0]) in linker.words[link.ref]
        }
        links += sorted(named, key=lambda link: -link.score)
    elif plain and inner_filler and size > 1:
        links += [
            link
            for link in linker.phrase(words)
            if link.how == "exact" and link.score >= 0.99 and link.kind == "column"
        ]
    elif plain and not inner_filler:
        links += linker.phrase(words)
    if plain and size == 2:
        moved = linker.moved(words[0], words[1])
        if moved:
            made = _make("link", tokens, index, index + size, 2.6)
            made.links = moved
            return made
    if quoted and " " not in words[0]:
        links += [link for link in linker.phrase((words[0],)) if link.score >= 0.95]
        links += (
            [link for link in linker.phrase(tuple(words[0].split("_"))) if link.score >= 0.95]
            if "_" in words[0]
            else []
        )
    text = " ".join(token.text for token in part)
    capital = (
        plain
        and all(t.text[:1].isupper() or is_filler(t.low) for t in part)
        and index > 0
        and part[0].text[:1].isupper()
    )
    if (
        quoted
        or size > 1
        or not all(is_filler(word) for word in words)
        or (size == 1 and plain and len(words[0]) >= 4)
        or (size == 1 and text.isupper() and len(text) == 1 and text not in {"I", "A"})
        or (text == "A" and index > 0 and tokens[index - 1].low in {"of", "grade", "type", "an", "a"})
    ):
        hits = (
            linker.values(text, quoted=quoted, capital=capital)
            if quoted or not all(t.kind == "number" for t in part)
            else []
        )
        if (
            size == 1
            and not quoted
            and not capital
            and words[0] not in AFTER_MOST
            and (words[0] in AGGREGATES or words[0] in SUPERLATIVES or words[0] in COMPARATIVES or words[0] in GRAINS)
        ):
            hits = []
        if edges_filler and not quoted and size == 1 and _qualifies(tokens, index, hits, linker):
            pass
        elif edges_filler and not quoted:
            hits = (
                [hit for hit in hits if size > 1 and (hit.how == "exact" or _is_phrase(hit))]
                if not (size == 1 and text.isupper())
                else hits
            )
        if size == 1 and not quoted and following in _WHOM:
            hits = []  # "who never sent us any"
        if size == 1 and not quoted and not hits:
            hits = told_within(tokens, index, linker)
        if size == 1 and not quoted and _is_deed(tokens, index):
            hits = [hit for hit in hits if not _names_the_deed(words[0], hit, linker)]
        links += [hit for hit in hits if not _value_and_noun(words, hit, linker)] if size > 1 and not quoted else hits
    if plain and size == 1:
        # As short a word as "in" names a flag only before the rest of its name: "in inventory".
        flags = linker.flags(words[0])
        links += [link for link in flags if len(words[0]) > 2 or stem(following) in linker.words[link.ref]]
    if size == 1 and words[0] in AGGREGATES and words[0] not in {"total", "totals", "count"} and not quoted:
        return None
    if (
        size == 1
        and words[0] in AGGREGATES
        and not quoted
        and index + 1 < len(tokens)
        and tokens[index + 1].kind == "word"
        and not is_filler(tokens[index + 1].low)
    ):
        return None
    if size == 1 and words[0].rstrip("s") in GRAIN_NOUNS and not quoted:
        told = {token.stem for token in tokens}
        whole = [link for link in links if link.kind == "column" and _is_told(link, words[0], told, linker)]
        links = [link for link in links if link.how not in {"part", "synonym"}]
        links += [replace(link, score=_TOLD, how="lemma") for link in whole if link not in links]
    if not links:
        return None
    links.sort(key=lambda link: -link.score)
    made = _make("link", tokens, index, index + size, 0.0)
    made.links = links[:60]
    top = links[0].score
    bonus = 0.3 if links[0].how == "exact" else 0.0
    made.weight = size * (0.55 + 0.6 * top) + bonus * (size > 1 or quoted)
    made.data = "quoted" if quoted else "capital" if capital else ""
    return made


def _is_told(link: Link, word: str, told: set[str], linker: Linker) -> bool:
    """As "hours" of hours_worked where the work was said as well: so many of them, and no unit of time."""
    core = set(linker.cores[link.ref])
    return len(core) > 1 and stem(word) in core <= told and linker.schema.columns[link.ref].kind == "number"


def _is_phrase(hit: Link) -> bool:
    """As in "no-show", stored with a sign between its words and said with other endings."""
    return hit.how == "form" and isinstance(hit.value, str) and not hit.value.isalnum()


def _qualifies(tokens: list[Token], index: int, hits: list[Link], linker: Linker) -> bool:
    """As in "done visits": a word that says little by itself, but is stored, before the noun whose rows hold it."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if index and tokens[index - 1].low in {"are", "were", "is", "was"}:
        # "how many visits were done"
        said = [token for token in tokens[: index - 1] if token.kind == "word" and not is_filler(token.low)]
        rows = {link.table for token in said for link in linker.phrase((token.low,)) if link.kind == "table"}
        if any(hit.table in rows and hit.how == "exact" for hit in hits):
            return True
    before = tokens[index - 1].low if index and tokens[index - 1].kind == "word" else ""
    named = {link.ref for link in linker.phrase((before,)) if link.kind == "column" and link.how == "exact"}
    if before and any(hit.ref in named and hit.how == "exact" for hit in hits):
        return True  # "with status held"
    if is_listed_with(tokens, index, hits, linker):
        return True
    if following is None or following.kind != "word" or is_filler(following.low):
        return False
    nouns = {link.table for link in linker.phrase((following.low,)) if link.kind == "table" and link.score >= 0.85}
    return any(hit.table in nouns and hit.how == "exact" for hit in hits)


_WHOM = frozenset({"us", "me"})
_DOERS = frozenset("who that which never not ever have has had also".split())


def _is_deed(tokens: list[Token], index: int) -> bool:
    """As in "guests who never booked": a verb in the active voice, not the state of a row."""
    return bool(index) and tokens[index].low.endswith("ed") and tokens[index - 1].low in _DOERS


def _names_the_deed(word: str, hit: Link, linker: Linker) -> bool:
    """Whether the rows themselves are the deed: to have booked is to have a booking, in whatever state it is."""
    return bool({stem(word), *synonyms(stem(word))} & set(linker.owners[hit.table]))


def _value_and_noun(words: tuple[str, ...], hit: Link, linker: Linker) -> bool:
    """As in "Red lake" as a stored text is left aside when there is a table of lakes that has a "Red"."""
    nouns = {link.table for link in linker.phrase(words[-1:]) if link.kind == "table" and link.score >= 0.95}
    if not nouns or hit.table in nouns:
        return False
    return any(one.table in nouns for one in linker.values(" ".join(words[:-1]), quoted=False, capital=False))


def _unlinked(tokens: list[Token], index: int, *, claims: bool = False) -> Tag:
    token = tokens[index]
    weight = -0.6 if token.kind == "word" and (claims or not is_filler(token.low)) else 0.1
    return _make(
        "unknown" if weight < 0 else "skip", tokens, index, index + 1, weight, "claims" if claims and weight < 0 else ""
    )
