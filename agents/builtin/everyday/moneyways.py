"""Money that comes in and money that goes out, each in a column of its own, as a bank's statement has them.

"How much came in", "what did we spend at Makro", "who do we pay most" say by their verb which of the two is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import rows_noun
from agents.builtin.schema.choose import date_columns
from agents.builtin.schema.graph import Col, Schema

_IN = frozenset(stem(word) for word in "credit deposit in receipt received".split())
_OUT = frozenset(stem(word) for word in "debit withdrawal withdrawn out".split())
_PARTY = frozenset(
    stem(word) for word in "description counterparty payee merchant narrative details beneficiary name party".split()
)
_WE = r"(?:we|i)"
_DO = r"(?:do|did|have|has)"
_REST = (
    r"(?P<rest>(?:,? (?:in|on|at|for|from|with|to|by|per|each|every|during|since|this|last|so far)\b[^?]*)?)[ ?.!]*$"
)
_WHEN = r"(?P<rest>(?:,? (?:in|for|per|each|every|during|since|this|last|so far|overall)\b[^?]*)?)[ ?.!]*$"
_CAME = r"(?:came in|come in|comes in|coming in|was paid in|were paid in|got paid in|was received|arrived)"
_WENT = r"(?:went out|go out|goes out|going out|was paid out|were paid out|left the account|was spent)"
_TAKEN = r"(?:get|got|receive|received|take in|taken in|take|collect|pay in|paid in)"
_SPEND = r"(?:spend|spent|pay|paid|pay out|paid out)"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (rf"^(?:how much|what)(?: money)?(?: has| have)? {_CAME}{_REST}", "total {into}{rest}"),
        (rf"^(?:how much|what)(?: money)?(?: has| have)? {_WENT}{_REST}", "total {out}{rest}"),
        (
            rf"^(?:how much|what)(?: money)? {_DO} {_WE} {_TAKEN}(?: in)?{_REST}",
            "total {into}{rest}",
        ),
        (
            rf"^(?:how much|what)(?: money)? {_DO} {_WE} (?:usually )?{_SPEND} on average{_REST}",
            "average {out}{rest}",
        ),
        (rf"^(?:how much|what)(?: money)? {_DO} {_WE} {_SPEND}{_REST}", "total {out}{rest}"),
        (
            (
                rf"^how much (?P<what>(?!money\b)[\w&' -]+?) {_DO} {_WE} (?:pay in|paid in|take in|receive|get)"
                rf"{_REST}"
            ),
            "total {into} of {what}{rest}",
        ),
        (rf"^how much (?P<what>(?!money\b)[\w&' -]+?) {_DO} {_WE} {_SPEND}{_WHEN}", "total {out} of {what}{rest}"),
        (
            (
                rf"^how much (?:money )?{_DO} (?!{_WE} )(?P<what>[\w&' -]+?) (?:pay|paid|send|sent|transfer(?:red)?)"
                rf"(?: to)?(?: us)?{_WHEN}"
            ),
            "total {into} of {what}{rest}",
        ),
        (rf"^how much {_DO} {_WE} (?:pay|paid) (?P<what>[A-Z][\w&' -]+?){_WHEN}", "total {out} of {what}{rest}"),
        (
            (
                rf"^{_DO} {_WE} (?:make|made|earn|earned|take in|took in|get|got) more than {_WE} (?:spent|spend|"
                rf"paid out|paid)"
                rf"{_WHEN}"
            ),
            "difference between total {into} and total {out}{rest}",
        ),
        (
            (
                r"^(?:the |our )?(?:money|cash|payments?)(?: coming| paid)? in (?:and|vs\.?|versus|against) "
                rf"(?:(?:money|cash|payments?) )?(?:going |paid )?out{_WHEN}"
            ),
            "total {into} and total {out}{rest}",
        ),
        (
            rf"^(?:who|whom) {_DO} {_WE} (?:pay|paid) (?:the )?most(?: money)?(?: to)?{_WHEN}",
            "which {party} has the highest total {out}{rest}, and how much",
        ),
        (
            rf"^who (?:pays|paid|has paid) us (?:the )?most(?: money)?{_WHEN}",
            "which {party} has the highest total {into}{rest}, and how much",
        ),
        (
            (
                r"^(?:what (?:was|is|were) )?(?:our |the )?(?:biggest|largest|highest) (?:single )?"
                rf"(?:payment out|payment|expense|outgoing|spend|debit){_WHEN}"
            ),
            "{rows} with the highest {out}{rest}",
        ),
    )
)
_STANDS = re.compile(
    rf"^(?:(?:what(?:'s| is)|how much (?:money )?(?:is|do {_WE} have)) (?:there )?(?:(?:still|left) )?(?:in|on) "
    r"(?:the |our |my )?(?:bank )?account|what(?:'s| is) (?:the |our |my )?(?:current |account |bank )*balance)"
    r"(?: (?:now|today|right now|at the moment|currently))?[ ?.!]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Ways:
    """The columns of one table by what they say: what came in, what went out, who or what it was for."""

    into: str
    out: str
    party: str
    balance: str
    day: str


def moneyways(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table; nothing where money does not come and go in two columns there."""
    ways = _ways(table, schema)
    if ways is None:
        return []
    if _STANDS.match(text) and ways.balance and ways.day:
        return [f"{ways.balance} with the latest {ways.day}"]
    for pattern, plain in _FORMS:
        found = pattern.match(text)
        if found is None or ("{party}" in plain and not ways.party):
            continue
        held = {name: (said or "") for name, said in found.groupdict().items()}
        if "what" in held and not _stored(held["what"], linker):
            continue
        names = {"into": ways.into, "out": ways.out, "party": ways.party, "rows": rows_noun(schema, table)}
        return [plain.format(**names, **held)]
    return []


def _stored(said: str, linker: Linker) -> bool:
    return bool(linker.values(said, quoted=False, capital=True))


def _ways(table: str, schema: Schema) -> _Ways | None:
    numbers = [one for one in schema.of(table) if one.kind == "number" and not one.is_id]
    into = [one for one in numbers if _stems(one) & _IN and not _stems(one) & _OUT]
    out = [one for one in numbers if _stems(one) & _OUT and not _stems(one) & _IN]
    if len(into) != 1 or len(out) != 1 or _both(into[0], out[0]):
        return None
    party = [one for one in schema.of(table) if one.kind == "text" and not one.unique and _stems(one) & _PARTY]
    balance = [one for one in numbers if "balance" in one.words]
    days = date_columns(schema, table)
    return _Ways(into[0].name, out[0].name, _one(party), _one(balance), days[0].name if days else "")


def _both(into: Col, out: Col) -> bool:
    """Whether rows are full on both sides: of what comes or goes, each row has one."""
    return into.stats.filled + out.stats.filled > into.stats.rows * 1.5 and into.stats.low != 0


def _stems(column: Col) -> set[str]:
    return {stem(word) for word in column.words}


def _one(columns: list[Col]) -> str:
    return columns[0].name if len(columns) == 1 else ""
