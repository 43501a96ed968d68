"""Does the request ask why money does not agree between systems? And whom does it name?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Literal

from agents.builtin.pipelines.reconcile.words import words_of

_MISMATCH = re.compile(
    r"""
    \brecon(?:cil\w*)?\b
  | \b(?:do|does|did|will|can|could)(?:n['’]?t|\s+not|\s+never)\s+(?:\w+\s+){0,8}?
      (?:match|agree|tally|balance|add\s+up|line\s+up|tie|equal|reconcile|correspond|fit|square|come\s+out)\b
  | \b(?:never|hardly\s+ever|rarely|not)\s+(?:quite\s+|really\s+|ever\s+)?
      (?:match\w*|agree\w*|tall(?:y|ies)|balanc\w+|add(?:s|ing)?\s+up|lin(?:e|es|ing)\s+up|equal\w*|the\s+same)\b
  | \b(?:mismatch\w*|discrepanc\w+|unmatched|shortfall\w*)\b
  | \b(?:do|does|did|has|have)(?:n['’]?t|\s+not|\s+never)\s+(?:yet\s+)?
      (?:reach\w*|arriv\w+|land\w*|show(?:n|ed)?\s+up|come\s+in)\b
  | \bnot\s+(?:what|covered)\b | \bwhat(?:['’]?s|\s+is)\s+(?:missing|eating)\b
  | \b(?:is|are|be|says?|shows?|gets?|pays?|always)\s+(?:always\s+|a\s+bit\s+|way\s+)?(?:off|less)\b
  | \bbut\b.{1,40}?\bonly\s+[€$£]?\d
  | \b(?:track|trace|follow)\b.{1,40}?\b(?:money|cash|euros?|dollars?|cents?|penn(?:y|ies))\b
  | \btie\s+out\b | \btying\b | \bout\s+of\s+(?:sync|balance)\b | \boff\s+by\b
  | \b(?:match|compare|check|tie|line\s+up|square|cross[- ]?check|verify|audit|agree)\b.{1,60}?
      \b(?:with|to|against|and|versus|vs\.?)\b
  | \b(?:difference|differences|gap|differ|differs|different)\b
  | \bwhere\s+(?:(?:is|does|do|did|has|have)\s+)?(?:all\s+)?(?:the|my|our)?\s*
      (?:\w+\s+)?(?:money|cash|rest|remainder)\b
  | \b(?:money|cash|euros?|dollars?|amounts?)\s+(?:is|are|goes|go|went|gone|that\s+is)?\s*
      (?:missing|lost|disappear\w*|vanish\w*)\b
  | \bmissing\s+(?:money|cash|deposits?|payouts?|payments?)\b
  | \b(?:less|lower|smaller|fewer|more|higher|short(?:er)?)\s+than\b(?!\s+(?:about\s+|around\s+)?[€$£]?\d)
  | \bshort\s+of\b
  | \b(?:do|does|did|are)\s.{1,50}?\b(?:match|agree|add\s+up|tally|line\s+up|correspond|paid\s+out|arrive)\b
  | \bnever\s+what\b | \bkeeps?\b.{0,30}?\b(?:of\s+(?:our|my|the)|too\s+much|from)\b | \bhappens?\s+to\s+the\s+rest\b
  | \b(?:actually\s+)?(?:reaches|arrives?)\b | \bsettl\w+\b.{1,60}?\b(?:against|with)\b
  | \b(?:passen|stimmen|passt|stimmt|entsprechen)\b.{0,60}?\bnicht\b
  | \bnicht\b.{0,60}?\b(?:passen|stimmen|überein\w*|zusammen)\b
  | \babgleich\w*\b | \babstimm\w*\b | \bdifferenz\w*\b | \bunterschied\w*\b
  | \bnon\s+(?:\w+\s+)?(?:torna\w*|quadra\w*|coincid\w*|corrispond\w*)\b
  | \bquadra\w*\b | \briconcili\w*\b
  | \bne\s+(?:\w+\s+)?(?:correspond\w*|coïncid\w*)\s+(?:pas|jamais)\b | \brapproch\w*\b | \bécarts?\b
  | \bno\s+(?:me\s+)?(?:cuadra\w*|coincid\w*)\b | \bconcili\w*\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# "were" for "where" is the commonest slip in this question.
_GOES = re.compile(
    r"\bwh?ere\b.{0,30}?\b(?:money|cash|fees|rest|deposits|payouts)\b.{0,20}?\b(?:go|goes|going|went|gone)\b"
    r"|\bdove\b.{0,20}?\b(?:vanno|va|finisc\w+)\b|\bwo(?:hin)?\b.{0,20}?\b(?:geht|gehen|bleibt|bleiben)\b"
    r"|\boù\b.{0,20}?\b(?:va|vont|passe|passent)\b|\bdónde\b.{0,20}?\b(?:va|van|está|están)\b",
    re.IGNORECASE,
)
Side = Literal["sales", "processor", "bank"]
_SIDES: dict[Side, frozenset[str]] = {
    "sales": frozenset(
        [
            "shop",
            "store",
            "webshop",
            "order",
            "orders",
            "sale",
            "sales",
            "sold",
            "sell",
            "takings",
            "took",
            "revenue",
            "turnover",
            "invoice",
            "invoices",
            *"bestellung bestellungen verkaufe umsatz laden ordini ordine vendite negozio commandes ventes".split(),
            *"boutique pedidos ventas tienda".split(),
        ]
    ),
    "processor": frozenset(
        [
            "payout",
            "payouts",
            "settlement",
            "settlements",
            "processor",
            "fee",
            "fees",
            "charge",
            "charges",
            "card",
            "cards",
            "gateway",
            *"auszahlung auszahlungen gebuhren zahlungsanbieter bonifici commissioni virements versements".split(),
            *"frais pagos comisiones withdrawal withdrawals".split(),
        ]
    ),
    "bank": frozenset(
        [
            "bank",
            "banks",
            "banked",
            "deposit",
            "deposits",
            "deposited",
            "statement",
            "statements",
            "landed",
            "account",
            "received",
            "got",
            *"konto kontoauszug einzahlungen banca estratto conto accrediti banque compte banco extracto".split(),
        ]
    ),
}


def sides_named(text: str, own_words: Mapping[Side, Collection[str]]) -> set[Side]:
    """Which sides of the money's way a request speaks of: by general words, or by words of the tables' own names."""
    said = set(words_of(text))
    return {side for side, general in _SIDES.items() if said & (general | set(own_words.get(side, ())))}


_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b([A-Z][a-z]+(?:[A-Z][a-z]+)*)\b")
_NOT_NAMES = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "excel",
        "pdf",
        "html",
        "xlsx",
        "csv",
        "slack",
        "please",
        "can",
        "could",
        "why",
        "show",
        "give",
        "i",
        "my",
        "our",
        *"montag dienstag mittwoch donnerstag freitag samstag sonntag geld rest woche monat tag unterschied".split(),
        *"differenz abgleich".split(),
    ]
)


def asks_to_reconcile(
    text: str, own_words: Mapping[Side, Collection[str]], values: Collection[str] = frozenset()
) -> bool:
    """True when the words say that the money of two sides does not, or should, agree, or ask where money goes.

    ``values`` are names in the text that the data holds as values, such as towns: they are no systems.
    """
    sides = sides_named(text, own_words)
    own = set().union(*own_words.values())
    # A name that no table has is a side too: the person speaks of a system whose data is missing or called otherwise.
    others = [name for name in proper_names(text) if not set(words_of(name)) & own and name not in values]
    two = len(others) > 1 or bool(others and sides) or _are_different(text, own_words)
    return bool(_MISMATCH.search(text) and two) or bool(_GOES.search(text) and sides)


def _are_different(text: str, own_words: Mapping[Side, Collection[str]]) -> bool:
    """Whether two sides are named, each by a word of its own: one word that may stand for either names one of them."""
    said = set(words_of(text))
    named = {side: said & (general | set(own_words.get(side, ()))) for side, general in _SIDES.items()}
    return any(
        len(named[one] | named[other]) > 1 for one, other in combinations(named, 2) if named[one] and named[other]
    )


def speaks_of_money(text: str, tables: Collection[str], values: Collection[str] = frozenset()) -> bool:
    """Whether the words themselves name two sides of the money's way, or ask where money goes.

    ``tables`` holds words of the tables' names: a table is a side of its own only by a word for money.
    """
    others = [name for name in proper_names(text) if not set(words_of(name)) & set(tables) and name not in values]
    return _are_different(text, {}) or bool(others and sides_named(text, {})) or bool(_GOES.search(text))


def unknown_names(text: str, known: Collection[str]) -> list[str]:
    """Proper names in the request of which no table, column or text of the data says anything.

    ``known`` holds lower-case words. The first word of a sentence is a name only when it is known as one, so it is
    never reported.
    """
    general = set().union(*_SIDES.values())
    return [
        name
        for name in proper_names(text)
        if not set(words_of(name)) & (set(known) | general) and name.lower() not in known
    ]


def proper_names(text: str) -> list[str]:
    """Capitalised words inside sentences that are not days, months or file kinds, each once, in order."""
    found = (name for name in _NAME.findall(text) if not {name.lower(), name.lower().removesuffix("s")} & _NOT_NAMES)
    return list(dict.fromkeys(found))
