"""The shape of an answer, said beside the question: an average over figures, blanks left out, the figure shown too."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, replace

from agents.builtin.meaning import Compare, Meaning, Nested, Out
from agents.builtin.parsing.compared import in_percent
from agents.builtin.saying.whole import show_whole


@dataclass(frozen=True)
class Shape:
    """What is done with the answer of the plainer question.

    ``averaged``: its figures are averaged over what they are told for. ``filled``: rows without a heading are left out.
    ``measured``: the figure that ranks is shown beside what is ranked. ``scale``: a ratio is told for so many.
    ``percent``: a difference is told in percent. ``counted``: beside a share stands the number that it is. ``figured``:
    the figure by which rows are chosen or ranked is shown, as was asked by "and how many" or "and how much". ``whole``:
    rows come with all that they hold.
    """

    averaged: bool = False
    filled: bool = False
    measured: bool = False
    scale: float = 1.0
    percent: bool = False
    counted: bool = False
    figured: str = ""
    whole: bool = False

    def with_all_of(self, other: Shape) -> Shape:
        """What either of the two says."""
        return Shape(
            self.averaged or other.averaged,
            self.filled or other.filled,
            self.measured or other.measured,
            self.scale * other.scale,
            self.percent or other.percent,
            self.counted or other.counted,
            self.figured or other.figured,
            self.whole or other.whole,
        )


_A = r"(?:an?|each|every|one|the average|the typical)"
_PAY = r"(?:paid|pay|pays|spent|spend|spends)"
_HOW_MUCH = re.compile(
    rf"^(?:on average,? )?how much (?:money )?(?:has|have|did|does|do) {_A} (?:(?:paying|typical) )?"
    rf"(?P<who>[\w-]+(?: [\w-]+)?) {_PAY}(?: us)?(?: on average)?(?P<rest>[^?]*)\s*[?]?$",
    re.IGNORECASE,
)
_AVERAGE_TOTAL = re.compile(
    r"\baverage (?:of )?(?:the )?total (?P<what>[^?,]+?) (?:per|for each|for every|of each|by each) (?P<who>[^?,]+)",
    re.IGNORECASE,
)
_AVERAGE_NUMBER = re.compile(
    r"\baverage number of (?P<what>[^?,]+?) (?:per|for each|for every|of each|by each) "
    r"(?P<who>day|week|month|quarter|year)\b",
    re.IGNORECASE,
)
_BLANKS = re.compile(
    r",?\s*\b(?:excluding|without) (?:the |any |all )?(?:blanks?|nulls?|empty|unknown|missing|unset)"
    r"(?: (?:ones?|values?|entries|fields?))?(?=\s*[,.?!]|\s*$)",
    re.IGNORECASE,
)
_PER_SO_MANY = re.compile(
    r"^(?:how many |number of |what is the number of )?(?P<a>[a-z][\w-]*(?: [\w-]+)?) (?:are there )?"
    r"per (?P<many>100|1,?000|hundred|thousand) (?P<b>[a-z][\w-]*(?: [\w-]+)?)"
    r"(?P<rest>,? (?:for|per|by|in|during|since|this|last)\b[^?]*)?\s*[?.]?$",
    re.IGNORECASE,
)
_MANY = {"hundred": 100.0, "thousand": 1000.0}
_SHARE = r"(?:%|percent|per cent|percentage|share|proportion)"
_AND_SHARE = re.compile(
    rf"^how many (?:of (?:the |our |all )?(?:the )?)?(?P<what>[^?]+?),? and (?:(?:what|which) {_SHARE}|as an? {_SHARE})"
    r"(?: (?:is|are|was|were) (?:that|those|they|it)| does that make)?"
    r"(?: of (?:them all|all|the total|the whole))?[ ?.!]*$",
    re.IGNORECASE,
)
_NUMBER_AND_SHARE = re.compile(
    rf"^(?:the |what (?:is|are) the )?(?:number and {_SHARE}|{_SHARE} and number) of (?P<what>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[.?!]\s*(?P<tail>(?:(?:show|give|list|return) )?[\w-]+(?: [\w-]+)?"
    r"(?:(?:,? and|,) [\w-]+(?: [\w-]+)?){1,4})\s*[.!]?$",
    re.IGNORECASE,
)
_AND_HOW_MANY = re.compile(
    r"^(?P<ask>(?!how\b|what (?:is|was|are|were)\b)[^?]+?),? and (?:by |for |with )?how (?P<size>many|much|often)"
    r"(?: (?:each|exactly|times|of (?:them|those|each)|(?:is|was|are|were) (?:it|that|this|those|they)|"
    r"(?:did|do|does|have|has|had) (?:they|each|he|she|it|we)(?: each)?(?: [a-z]+)?))?(?: in total| altogether|"
    r" in all)?"
    r"(?P<rest>,[^?]*)?\s*[?.!]*$",
    re.IGNORECASE,
)
_FIGURES = frozenset("amount total sum value revenue figure money count number spend takings".split())
_SAYS_BEST = re.compile(r"\b(?:most|highest|lowest|largest|biggest|smallest|fewest|least|best|top)\b", re.IGNORECASE)


def shaped(text: str) -> tuple[str, Shape]:
    """The question without what is said of the answer's shape, and that."""
    averaged = filled = measured = False
    tail = _TAIL.search(text)
    if tail is not None and _SAYS_BEST.search(text[: tail.start()]):
        measured = bool(_FIGURES & set(re.findall(r"[a-z]+", tail["tail"].lower())))
    found = _HOW_MUCH.match(text)
    if found is not None and re.search(r"\b(?:average|typical)\b", text, re.IGNORECASE):
        averaged, text = True, f"total money per {found['who']}{found['rest']}"
    elif (found := _AVERAGE_TOTAL.search(text)) is not None:
        averaged = True
        text = f"{text[: found.start()]}total {found['what']} per {found['who']}{text[found.end() :]}"
    elif (found := _AVERAGE_NUMBER.search(text)) is not None:
        averaged = True
        text = f"{text[: found.start()]}number of {found['what']} per {found['who']}{text[found.end() :]}"
    counted = False
    if (found := _AND_SHARE.match(text)) is not None:
        counted, text = True, f"what percentage of {found['what']}"
    elif (found := _NUMBER_AND_SHARE.match(text)) is not None:
        counted, text = True, f"percentage of {found['what']}"
    figured = ""
    if (found := _AND_HOW_MANY.match(text)) is not None:
        figured, text = found["size"].lower(), f"{found['ask']}{found['rest'] or ''}?"
    scale = 1.0
    if (found := _PER_SO_MANY.match(text)) is not None:
        scale = _MANY.get(found["many"].lower()) or float(found["many"].replace(",", ""))
        text = f"number of {found['a']} divided by number of {found['b']}{found['rest'] or ''}"
    if _BLANKS.search(text) is not None:
        filled, text = True, _BLANKS.sub("", text)
    return text, Shape(averaged, filled, measured, scale, counted=counted, figured=figured)


def shape(meaning: Meaning, wanted: Shape) -> None:
    """Give the meaning its shape; a problem where it cannot have it."""
    if wanted.averaged:
        _average(meaning)
    if wanted.filled:
        headings = [out.column for out in meaning.groups if out.kind == "column" and out.column]
        meaning.scope.conditions += [Compare(ref, "notnull") for ref in headings]
        if not headings:
            meaning.problems.append("unclear:blanks")
    if wanted.counted:
        _count_shares(meaning)
    if wanted.percent:
        in_percent(meaning)
    if wanted.scale != 1.0:
        ratios = [out for out in meaning.outs if out.kind == "ratio"]
        meaning.problems += ["unclear:per so many"] if len(ratios) != 1 else []
        for out in [*ratios, *(out for out, _ in meaning.order if out.kind == "ratio" and out not in ratios)]:
            out.scale *= wanted.scale
    if wanted.whole:
        show_whole(meaning)
    if wanted.figured:
        _show_figure(meaning, wanted.figured)
    if wanted.measured and meaning.order and meaning.limit and meaning.order[0][0].is_measure:
        ranked = meaning.order[0][0]
        if ranked not in meaning.outs:
            meaning.outs.append(ranked)


def _count_shares(meaning: Meaning) -> None:
    """As in "how many were late, and what percentage is that": the number of those beside their share of all."""
    shares = [place for place, out in enumerate(meaning.outs) if out.kind == "share"]
    if len(shares) != 1 or not meaning.outs[shares[0]].conditions:
        meaning.problems.append("unclear:what percentage")
        return
    share = meaning.outs[shares[0]]
    meaning.outs.insert(shares[0], replace(deepcopy(share.parts[0]), conditions=deepcopy(share.conditions)))


def _show_figure(meaning: Meaning, size: str) -> None:
    """As in "who has more than three open invoices, and how many": the figure stands beside those who are asked for."""
    ranks = [out for out, _ in meaning.order if out.is_measure] if meaning.limit else []
    told = [one for one in meaning.scope.conditions if isinstance(one, Nested) and one.kind == "measure"]
    plain = [one for one in told if one.out is not None and one.via is None and one.against is None and not one.average]
    chosen = [*ranks, *(out for out, _, _ in meaning.having), *(_over(one) for one in plain)]
    shown = any(out.is_measure for out in meaning.outs)
    fits = len(chosen) == 1 and len(plain) == len(told) and (size == "much") == (chosen[0].kind != "count")
    if shown or not fits:
        meaning.problems.append(f"unclear:how {size}")
        return
    if not meaning.groups:
        meaning.groups = list(meaning.outs)
    meaning.outs.append(chosen[0])
    if not ranks:
        meaning.order = [(chosen[0], True)]


def _over(held: Nested) -> Out:
    """The figure that a condition compares, over the same rows."""
    assert held.out is not None
    return replace(deepcopy(held.out), conditions=[*held.out.conditions, *deepcopy(held.scope.conditions)])


def _average(meaning: Meaning) -> None:
    measured = [out for out in meaning.outs if out.is_measure]
    plain = len(measured) == 1 and bool(meaning.groups) and not meaning.limit and not meaning.having
    each = meaning.groups[0] if plain else None
    if each is not None and len(meaning.groups) > 1 and not _cut_by_time(meaning):
        each = None
    if each is None or measured[0].kind not in {"agg", "count"} or each.kind not in {"entity", "column", "grain"}:
        meaning.problems.append("unclear:average")
        return
    if each.kind == "grain":
        meaning.assumptions.append(f"a {each.grain} counts in the average where there is something in it")
    others = meaning.groups[1:]
    meaning.outs = [*others, Out("per", func="avg", parts=[measured[0], each])]
    meaning.groups, meaning.order = others, [(out, False) for out in others]


def _cut_by_time(meaning: Meaning) -> bool:
    """As in "average takings per day by branch": averaged over the days, and told for each branch."""
    first, *others = meaning.groups
    return first.kind == "grain" and len(others) == 1 and others[0].kind != "grain"
