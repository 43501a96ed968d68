"""Reservations: what does not count, counts too, or alone counts: "cancelled ones aside", "void invoices counted too".

They stand at the end of a question, before it, in brackets or in a sentence of their own, in many forms. They are taken
out of it, so that the question itself is read without them, and are put behind it in one form each. What counts too
changes no figure, and is kept, so that a reading that leaves it out anyway is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Linker, is_flag
from agents.builtin.meaning import Compare, Meaning
from agents.builtin.walk import conditions_of

_CUT = re.compile(r"[,;:](?=\s|$)|[.?!](?=\s|$)|\s[-\u2013\u2014](?=\s)|[()]")
_WHAT = r"(?P<what>[\w'/&-]+(?: [\w'/&-]+){0,6}?)"
_BE = r"(?: (?:is|are|was|were|be|being|been|to be|can be|must be|may be|get|to get))?"
_LEAD = r"(?:(?:and|but|so|please|just|also|then|with|though|if possible|of course) )*(?:please )?"
_HERE = (
    r"(?: (?:please|here|for (?:this|that|now|once)|in (?:this|that|here|there)|though|from (?:this|that|it)|"
    r"of (?:this|that|it|them|course)|either|anyway|altogether|completely|for me))*"
)
_NOT = (
    r"(?:do not|does not|don't|doesn't|dont|doesnt|must not|mustn't|shall not|shouldn't|should not|won't|need not|"
    r"needn't)"
)
_VERB = (
    r"(?:leav(?:e|ing)|keep(?:ing)?|tak(?:e|ing)|put(?:ting)?|filter(?:ing)?|throw(?:ing)?|set(?:ting)?|sort(?:ing)?)"
)
_OUT = tuple(
    re.compile(rf"^{_LEAD}{form}{_HERE}$", re.IGNORECASE)
    for form in (
        (
            rf"{_WHAT}{_BE} (?:(?:left|put|set|taken|kept|leaving|staying|stay|filtered|thrown|cut) )?"
            r"(?:out|aside|apart|off)"
        ),
        (
            rf"{_WHAT}{_BE} (?:excluded|excepted|exempt|exempted|ignored|skipped|omitted|disregarded|dropped|removed|"
            r"discounted|excluding|uncounted|(?:not|never) (?:included|counted|counting|considered|in|taken in|wanted|"
            r"needed|of interest|relevant|to be (?:counted|included)))"
        ),
        (
            rf"{_WHAT} {_NOT} (?:count|matter|interest (?:me|us)|belong|come into it|apply|be (?:counted|included|in)|"
            r"need (?:counting|to be counted))"
        ),
        rf"{_WHAT} (?:never|no longer) count",
        (
            r"(?:excluding|excl\.?|exclude|except(?: for)?|ignor(?:e|ing)|skip(?:ping)?|omit(?:ting)?|drop(?:ping)?|"
            r"disregard(?:ing)?|discount(?:ing)?|forget(?:ting)?(?: about)?|never mind|bar|barring|minus|less|save|"
            rf"(?:not|without|{_NOT}) (?:count(?:ing)?|includ(?:e|ing)|consider(?:ing)?|want|take(?: in)?)|"
            rf"leav(?:e|ing) (?:out|aside|off)|apart from|aside from|other than|without|not|no|with no|but not|none "
            rf"of) {_WHAT}"
        ),
        rf"{_VERB} {_WHAT} (?:out|aside|off|apart|away)(?: of (?:it|this|that))?",
    )
)
_STATES = r"(?:status(?:es)?|states?|outcomes?|stages?|conditions?)"
_TOO = tuple(
    re.compile(rf"^{_LEAD}{form}{_HERE}$", re.IGNORECASE)
    for form in (
        (
            rf"{_WHAT}{_BE} (?:(?:also|too|still|even|all|as well) )?(?:counted|included|inclusive|counting|kept in|"
            rf"left in|"
            r"taken in|welcome)(?:,? (?:too|also|as well|in))*"
        ),
        (
            rf"{_WHAT} (?:(?:also|too|still|even|all) )?(?:counts?|should count|(?:may|can|shall) count|stay in|"
            r"(?:may|can) stay in)(?:,? (?:too|also|as well))*"
        ),
        rf"(?:including|incl\.?|include|count|counting|even|plus) (?:also )?{_WHAT}(?:,? (?:too|also|as well))*",
        rf"also {_WHAT}(?:,? (?:too|as well))*",
        rf"with (?:the|all|any) {_WHAT} ones(?:,? (?:too|as well))*",
        rf"{_WHAT},? (?:too|as well)",
    )
)
_ANY = re.compile(
    rf"^{_LEAD}(?:(?:in|of|with|at) )?(?:(?:any|all|every|each|whatever|whichever)(?: the| their| its)?|"
    r"(?:no matter|regardless of|irrespective of|independent(?:ly)? of|never mind)(?: the| their| its| what| which)*) "
    rf"{_STATES}(?:(?: (?:is|are|was|were|it is|they are(?: in)?))?(?: (?:fine|ok|okay|good|alright))?|"
    rf" counts?| will do| included| allowed){_HERE}$|"
    rf"^{_LEAD}(?:whatever|no matter what) (?:became|becomes|came|happened|comes|happens)(?: of| to| with)?"
    rf"(?: (?:it|them|those|the [\w-]+))?{_HERE}$",
    re.IGNORECASE,
)
_ONLY_WITH = re.compile(
    rf"^{_LEAD}(?:only|just|considering only|counting only) (?:for )?(?:those|the ones|ones) "
    rf"(?P<how>with|having|that have|who have|which have|that had|who had) (?P<with>[^,?]+?){_HERE}$",
    re.IGNORECASE,
)
_ONLY = tuple(
    re.compile(rf"^{_LEAD}{form}{_HERE}$", re.IGNORECASE)
    for form in (
        rf"(?:only|just|solely|exclusively) {_WHAT}(?: (?:count|counts|matter|please))?",
        rf"(?:counting|count|considering|consider|look(?:ing)? at|take|taking) (?:only|just) {_WHAT}",
        rf"{_WHAT} (?:only|alone|exclusively)",
    )
)
_ARTICLES = re.compile(
    r"^(?:(?:the|any|all|our|those|these|of|ones?|with|my|that|which|who|were|was|are|is|anything|everything|"
    r"whatever) )+",
    re.IGNORECASE,
)
_ONES = re.compile(r" (?:ones?|those)(?= |$)", re.IGNORECASE)
_JOINT = re.compile(r" (?:and|or|nor|as well as|&) (?:the |any |all |our )?|/|, ", re.IGNORECASE)
_UNMARKED = re.compile(
    r"(?<=\w) (?P<what>(?:the )?[\w'/-]+(?: (?:and|or|nor) [\w'/-]+)?) ones (?P<how>(?:left |put |set )?(?:out|"
    r"aside|apart)|"
    r"excluded|ignored|skipped|omitted|not (?:included|counted)|(?:do not|don't) count|included|counted(?: too)?|"
    r"(?:count )?(?:too|as well))(?=\s*[?.!]*$)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:which|who|whose|what|how|when|where|list|show|give|number|count|total|average|sum|top|on |in |for )",
    re.IGNORECASE,
)
_THAT_IS = re.compile(
    r"[,(]?\s*\b(?:i\.e\.|that is|meaning|in other words|id est),? (?=(?:without|not|no|only|just|excluding|"
    r"except|ignoring|"
    r"leaving|counting)\b)",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^(?:please|pls|plz|thanks|thank you|cheers)$", re.IGNORECASE)
_DENIES = re.compile(r"^(?:and |but )?(?:no|not|none) (?!counting |including |considering )", re.IGNORECASE)
_STATE_WORDS = frozenset(stem(word) for word in "status state stat outcome stage condition".split())
_MOST_SORTS = 40
_SURE = 0.85
_PAUSES = frozenset(",;:(-\u2013\u2014")


@dataclass(frozen=True)
class Reservations:
    """What is said beside a question of the rows that count."""

    out: tuple[str, ...] = ()
    too: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    """The clauses of what counts too, in the person's own words."""

    @property
    def behind(self) -> str:
        """What limits the rows, to be put behind the question."""
        told = [*(f" with {what}" for what in self.having), *(f" limited to {what}" for what in self.only)]
        return "".join([*told, *(f" excluding {what}" for what in self.out)])

    @property
    def clauses(self) -> str:
        """All of them as clauses of their own."""
        told = [f"only those with {what}" for what in self.having]
        told += [*(f"only {what}" for what in self.only), *(f"excluding {what}" for what in self.out), *self.said]
        return "".join(f", {one}" for one in told)


def limited(text: str, limits: str) -> str:
    """The question with what limits its rows behind it."""
    return f"{text.rstrip(' ?.!')}{limits}" if limits else text


@dataclass
class _Part:
    text: str
    mark: str
    """The sign that ends it."""


def reserved(text: str, linker: Linker) -> tuple[str, Reservations]:
    """The question without its reservations, and these; as it is where there are none."""
    text = _THAT_IS.sub(", ", text)
    marked = _CUT.search(text.rstrip(" ?.!")) is not None
    parts = _parts(text if marked else _UNMARKED.sub(r", \g<what> ones \g<how>", text))
    out, only, too, said, having = [], [], [], [], []
    kept: list[_Part] = []
    for place, part in enumerate(parts):
        clause = " ".join(part.text.split())
        following = parts[place + 1].text.strip() if place + 1 < len(parts) else ""
        if kept and _POLITE.match(clause):
            continue
        if not kept and (_DENIES.match(clause) or not _LEADING.match(following)):
            kept.append(part)
            continue
        if what := _what(clause, _OUT, linker):
            out.append(_with_those_before(what, kept, linker))
        elif kept and (_ANY.match(clause) or _what(clause, _TOO, linker)):
            too.append(_what(clause, _TOO, linker))
            said.append(clause)
        elif kept and (found := _ONLY_WITH.match(clause)) is not None:
            having.append(found["with"])
        elif kept and (what := _what(clause, _ONLY, linker)):
            only.append(what)
        else:
            kept.append(part)
            continue
        if kept and kept[-1].mark.strip() in _PAUSES:
            kept[-1].mark = part.mark if part.mark.strip() not in {")", "("} else ""
    if not said and not out and not only and not having:
        return text, Reservations()
    kept_too = tuple(what for what in too if what)
    return _joined(kept), Reservations(tuple(out), kept_too, tuple(only), tuple(having), tuple(said))


def _parts(text: str) -> list[_Part]:
    """The text cut at its signs."""
    found, at = [], 0
    for sign in _CUT.finditer(text):
        found.append(_Part(text[at : sign.start()].strip(), sign[0].strip()))
        at = sign.end()
    found.append(_Part(text[at:].strip(), ""))
    return [part for part in found if part.text]


def _joined(parts: list[_Part]) -> str:
    told = ""
    for part in parts:
        space = " " if part.mark in {"(", "-", "\u2013", "\u2014"} else ""
        told += f"{part.text}{space}{part.mark}" + ("" if part.mark == "(" else " ")
    return told.strip().rstrip(" ,;:(-\u2013\u2014")


def _what(clause: str, forms: tuple[re.Pattern[str], ...], linker: Linker) -> str:
    """Of which rows a clause speaks, in stored words; empty where it has none of the forms or nothing is stored so."""
    for form in forms:
        found = form.match(clause)
        if found is None:
            continue
        items = [_item(one, linker) for one in _JOINT.split(found["what"].strip())]
        if items and all(items):
            return " and ".join(items)
    return ""


def _item(said: str, linker: Linker) -> str:
    """One sort of rows as it is stored, with their noun where it was said; empty where nothing is stored so."""
    plain = _ONES.sub("", f" {_ARTICLES.sub('', f'{said.strip()} ').strip()}").strip()
    words = plain.split()
    turned = re.fullmatch(
        r"(?P<noun>[\w-]+) (?:that|which|who) (?:are|is|were|was|have been|got|were) (?P<sort>.+)", plain
    )
    if turned is not None and linker.table_of(turned["noun"].lower()):
        words = [*turned["sort"].split(), turned["noun"]]
    if not words:
        return ""
    noun = words[-1] if len(words) > 1 and linker.table_of(words[-1].lower()) else ""
    sort = " ".join(words[:-1] if noun else words)
    if _sorts(sort, linker):
        return " ".join(words)
    return plain if _sorts(plain, linker) else ""


def _sorts(said: str, linker: Linker) -> set[tuple[str, str]]:
    """The columns that tell rows of a sort apart: by few stored words, by a mark, or by a day that some have."""
    glued = said.replace(" ", "-")  # "on hold" is kept as one word
    held = [*linker.values(said, quoted=False, capital=False), *linker.values(glued, quoted=False, capital=False)]
    found = {
        link.ref
        for link in (held if said else [])
        if len(linker.index.values.by_column.get(link.ref, ())) <= _MOST_SORTS
    }
    # "Leaving out guests" names what is marked so, and is read where it stands.
    for link in linker.phrase(tuple(said.lower().split())) if said and singular(said) == said else []:
        column = linker.schema.columns.get(link.ref)
        if column is None or link.score < _SURE:
            continue
        if is_flag(column) or (column.kind == "date" and column.stats.filled < column.stats.rows):
            found.add(column.ref)
    return found


def _with_those_before(what: str, kept: list[_Part], linker: Linker) -> str:
    """As in "cancelled, void and open ones left out": what stands before, cut off by a comma, is left out with it."""
    while len(kept) > 1 and kept[-1].mark == "," and kept[-2].mark == "," and (item := _item(kept[-1].text, linker)):
        what = f"{item} and {what}"
        kept.pop()
    return what


def unreserved(reservations: Reservations, meaning: Meaning, linker: Linker) -> Iterator[str]:
    """Sentences about rows that were to count too and would not."""
    compared = [one for one in conditions_of(meaning) if isinstance(one, Compare)]
    for clause in reservations.said:
        items = [one for what in [_what(clause, _TOO, linker)] if what for one in what.split(" and ")]
        columns = {
            ref
            for item in items
            for ref in _sorts(" ".join(item.split()), linker) or _sorts(item.rpartition(" ")[0], linker)
        }
        for one in compared:
            state = not items and bool(_STATE_WORDS & {stem(word) for word in linker.schema.columns[one.column].words})
            if state or one.column in columns:
                yield f"'{clause}' says that more rows count than would"
