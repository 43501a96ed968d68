"""Words of a request that ask for more than a plan can do: a send, a period, an exception, a rhythm nobody can keep.

A plan that leaves such words out must not look as if it had heard them, so they are found, quoted and asked about.
"""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.language.lexicon import MONTHS
from agents.builtin.linking.units import CODES
from agents.contract import DataView, Refusal, Request

# A full stop inside a name or an address ends nothing.
_REST = r"(?:[^,.;?!]|\.(?=\w))*"
_MONTHS = "|".join(sorted(MONTHS, key=len, reverse=True))
_SENDING = re.compile(
    r"\b(?:e-?mail|mail|send|slack|whatsapp|text|notify|call|phone|post|upload|print|share|forward|ping|alert)\s+"
    rf"(?:it|me|us|him|her|them|this|that|the|my|our|a|to|out|everyone|everybody|all|\w+@)(?=\W|$){_REST}",
    re.IGNORECASE,
)
_RHYTHM = re.compile(
    rf"\b(?:(?:every|each)\s+(?:second|other|two|three|four|third|fourth|last|\d+)\b|fortnight(?:ly)?\b|"
    rf"bi-?(?:weekly|monthly)\b|twice\s+an?\b)"
    rf"{_REST}",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(
    r"\b(?:leav\w+\s+(?:out|aside)|exclud\w+|except(?:ing)?|without|ignor\w+|but\s+not|other\s+than|skip\w*)\b" + _REST,
    re.IGNORECASE,
)
_PERIOD = re.compile(
    rf"\b(?:only|just)\s+(?:for|in|from|since|until)\b{_REST}"
    rf"|\b(?:for|in|during|since|from|until|of|before|after)\s+(?:(?:{_MONTHS})\b|q[1-4]\b|20\d\d\b"
    rf"|(?:the\s+)?(?:last|this|previous|past|next)\s+(?:\w+\s+)?(?:day|week|month|quarter|year)s?\b){_REST}",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    r"\b(?:in|into|to)\s+(?:us\s+|swiss\s+)?(?:dollars?|usd|eur|euros?|pounds?|gbp|chf|francs?)\b", re.IGNORECASE
)
_FILE = re.compile(
    r"\b(?:save|write|export|store|put|call)\b[^,;?!]*?[\w\-]+\.(?:csv|tsv|json|ndjson|parquet|xlsx|pdf|docx|pptx)\b",
    re.IGNORECASE,
)


def sends(text: str) -> list[str]:
    """Parts that ask for something to be sent, printed or told to somebody."""
    return _found((_SENDING,), text)


def rhythms(text: str) -> list[str]:
    """Parts that ask for a rhythm that five cron fields cannot say, such as every second week."""
    return _found((_RHYTHM,), text)


def narrowed(text: str) -> list[str]:
    """Parts that narrow or change what is looked at: a period, an exception, another currency, a file of one's own."""
    return _found((_EXCEPTION, _PERIOD, _CURRENCY, _FILE), text)


def other_currency(request: Request, data: DataView) -> Refusal | None:
    """The refusal of amounts in a currency that the data does not speak of: there are no rates to convert them."""
    from agents.builtin.pipelines.reconcile.intent import asks_to_reconcile

    found = _CURRENCY.search(request.text)
    if found is None or asks_to_reconcile(request.text, {"sales": (), "processor": ()}):
        return None
    word = found.group(0).split()[-1].casefold()
    code = CODES.get(word, word)
    for table in data.catalog.tables:
        for column in table.columns:
            parts = set(re.findall(r"[a-z]+", column.name.casefold()))
            if parts & {word, code}:
                return None
            if parts & {"currency", "ccy", "curr", "valuta", "devise", "divisa"} and column.type == "VARCHAR":
                known = exp.select(exp.column(column.name, quoted=True)).distinct()
                query = known.from_(exp.table_(table.name, quoted=True)).order_by(exp.Literal.number(1))
                if any(str(value).casefold() in (word, code) for (value,) in data.rows(query, limit=200)):
                    return None
    return Refusal(
        message=f"The data has no amounts {found.group(0)}, and no rates to convert them.",
        hint="Ask for the amounts as they are, or add a table with the rates.",
    )


def _found(patterns: tuple[re.Pattern[str], ...], text: str) -> list[str]:
    spans = sorted((match.span() for pattern in patterns for match in pattern.finditer(text)), key=lambda at: at)
    found: list[str] = []
    end = -1
    for start, stop in spans:
        if start >= end:
            found.append(" ".join(text[start:stop].split()))
            end = stop
    return found
