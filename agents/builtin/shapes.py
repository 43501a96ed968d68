"""The shape of an answer, said beside the question: an average over figures, blanks left out, the figure shown too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.compared import in_percent
from agents.builtin.meaning import Compare, Meaning, Out


@dataclass(frozen=True)
class Shape:
    """What is done with the answer of the plainer question.

    ``averaged``: its figures are averaged over what they are told for. ``filled``: rows without a heading are left out.
    ``measured``: the figure that ranks is shown beside what is ranked. ``scale``: a ratio is told for so many.
    ``percent``: a difference is told in percent.
    """

    averaged: bool = False
    filled: bool = False
    measured: bool = False
    scale: float = 1.0
    percent: bool = False

    def with_all_of(self, other: Shape) -> Shape:
        """What either of the two says."""
        return Shape(
            self.averaged or other.averaged,
            self.filled or other.filled,
            self.measured or other.measured,
            self.scale * other.scale,
            self.percent or other.percent,
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
_TAIL = re.compile(
    r"[.?!]\s*(?P<tail>(?:(?:show|give|list|return) )?[\w-]+(?: [\w-]+)?"
    r"(?:(?:,? and|,) [\w-]+(?: [\w-]+)?){1,4})\s*[.!]?$",
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
    scale = 1.0
    if (found := _PER_SO_MANY.match(text)) is not None:
        scale = _MANY.get(found["many"].lower()) or float(found["many"].replace(",", ""))
        text = f"number of {found['a']} divided by number of {found['b']}{found['rest'] or ''}"
    if _BLANKS.search(text) is not None:
        filled, text = True, _BLANKS.sub("", text)
    return text, Shape(averaged, filled, measured, scale)


def shape(meaning: Meaning, wanted: Shape) -> None:
    """Give the meaning its shape; a problem where it cannot have it."""
    if wanted.averaged:
        _average(meaning)
    if wanted.filled:
        headings = [out.column for out in meaning.groups if out.kind == "column" and out.column]
        meaning.scope.conditions += [Compare(ref, "notnull") for ref in headings]
        if not headings:
            meaning.problems.append("unclear:blanks")
    if wanted.percent:
        in_percent(meaning)
    if wanted.scale != 1.0:
        ratios = [out for out in meaning.outs if out.kind == "ratio"]
        meaning.problems += ["unclear:per so many"] if len(ratios) != 1 else []
        for out in [*ratios, *(out for out, _ in meaning.order if out.kind == "ratio" and out not in ratios)]:
            out.scale *= wanted.scale
    if wanted.measured and meaning.order and meaning.limit and meaning.order[0][0].is_measure:
        ranked = meaning.order[0][0]
        if ranked not in meaning.outs:
            meaning.outs.append(ranked)


def _average(meaning: Meaning) -> None:
    measured = [out for out in meaning.outs if out.is_measure]
    single = len(measured) == len(meaning.groups) == 1 and not meaning.limit and not meaning.having
    if not single or measured[0].kind not in {"agg", "count"} or meaning.groups[0].kind not in {"entity", "column"}:
        meaning.problems.append("unclear:average")
        return
    meaning.outs = [Out("per", func="avg", parts=[measured[0], meaning.groups[0]])]
    meaning.groups, meaning.order = [], []
