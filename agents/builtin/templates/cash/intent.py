"""Does the request ask whether the money lasts, or how cash moves?"""

from __future__ import annotations

import re

_MONEY = r"(?:cash|money|funds|liquidity)"
_BILLS = (
    r"(?:salar\w+|wages?|payroll|staff|rent|vat|tax(?:es)?|bills|suppliers?|everyone|everybody|loan|what\s+we\s+owe)"
)
_LASTS = re.compile(
    rf"""
    \b(?:run|runs|running|ran)\s+(?:\w+\s+)?(?:out\s+of|low\s+on|short\s+of)\s+(?:\w+\s+)?{_MONEY}\b
  | \b{_MONEY}\b(?:\s+\w+){{0,3}}?\s+(?:lasts?|runs?\s+out|running\s+out|dries\s+up)\b
  | \bhow\s+(?:long|far)\b.{{0,30}}?\b{_MONEY}\b.{{0,20}}?\b(?:lasts?|go(?:es)?|reach(?:es)?)\b
  | \b(?:cash|financial)\s+(?:runway|crunch|shortfall|gap)\b
  | \bhow\s+(?:long|much)\s+(?:is\s+)?(?:\w+\s+){{0,2}}runway\b
  | \b(?:cash[\s-]?flow|cash|liquidity|bank\s+balance|treasury)\s+(?:forecast|projection|outlook|prediction)\w*\b
  | \b(?:forecast|predict|project|estimate)\s+(?:\w+\s+){{0,3}}?(?:cash|liquidity|(?:bank|account)\s+balances?)\b
  | \b(?:enough|sufficient)\s+(?:cash|money|funds)\b.{{0,40}}?\b(?:bank|accounts?|weeks?|months?|year|{_BILLS})\b
  | \b(?:cash|money|bank)\b.{{0,40}}?\b(?:enough|sufficient)\b.{{0,40}}?\b(?:weeks?|months?|quarter|{_BILLS})\b
  | \bcan\s+(?:we|i)\s+(?:still\s+)?(?:pay|afford|cover)\b.{{0,40}}?\b{_BILLS}\b.{{0,30}}?\b(?:next|coming|until|end)\b
  | \b(?:go|going|get)\s+(?:broke|bust|bankrupt|insolvent|into\s+the\s+red|overdrawn)\b
  | \b(?:account|balance|bank)\b.{{0,30}}?\b(?:below|under)\s+zero\b
  | \bgeht\b.{{0,30}}?\b(?:geld|liquidität)\b.{{0,15}}?\baus\b
  | \b(?:reicht|langt)\b.{{0,25}}?\b(?:geld|liquidität|kontostand)\b
  | \b(?:geld|liquidität)\b.{{0,20}}?\b(?:reicht|langt)\b
  | \bliquiditäts(?:plan|vorschau|prognose|engpass)\w*\b | \bzahlungsunfähig\w*\b | \bcashflow-?prognose\b
  | \bsenza\s+(?:più\s+)?(?:soldi|liquidità|denaro|contanti)\b
  | \bprevision\w*\s+(?:di|della|del)\s+(?:cassa|liquidità|flusso\s+di\s+cassa|tesoreria)\b
  | \b(?:bast\w+|dur\w+)\b.{{0,25}}?\b(?:soldi|liquidità|denaro)\b
  | \b(?:soldi|liquidità|denaro)\b.{{0,20}}?\b(?:bast|dur)\w+
  | \b(?:à\s+court|manqu\w+)\s+(?:d['’]argent|de\s+(?:trésorerie|liquidités?|cash))\b
  | \bprévisions?\s+de\s+trésorerie\b
  | \bcombien\s+de\s+temps\b.{{0,40}}?\b(?:argent|trésorerie)\b
  | \bsin\s+(?:dinero|efectivo|liquidez|caja|fondos)\b | \bprevisión\s+de\s+(?:tesorería|caja|liquidez)\b
  | \b(?:alcanz|dur)\w+\b.{{0,25}}?\b(?:dinero|efectivo|liquidez)\b | \bdinero\b.{{0,20}}?\b(?:alcanz|dur)\w+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CASH = re.compile(
    r"""
    \bcash[\s-]?flows?\b | \bcash\s+position\b | \bliquidity\b | \bliquidität\w*\b | \bliquidità\b | \btrésorerie\b
  | \bliquidez\b | \bflusso\s+di\s+cassa\b | \bflujo\s+de\s+(?:caja|efectivo)\b
  | \bhow\s+much\s+(?:money|cash)\b.{0,25}?\b(?:in\s+the\s+bank|on\s+(?:our|my|the|all)\s+(?:\w+\s+)?accounts?)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# By anything but time and account, cash is a sum over some table and no outlook.
_GROUPED = re.compile(
    r"\b(?:by|per|for\s+each|from)\s+(?!(?:weeks?|months?|accounts?|banks?|the\s+bank)\b)\w+", re.IGNORECASE
)
_GOODS = re.compile(r"\bout\s+of\s+(?:stock|inventory|\w+\s+stock)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\s*\b(?:(?:for|in|over|during|within|until|through|by)\s+)?(?:the\s+)?(?:end\s+of\s+)?(?:next|coming|this|following)\s+"
    r"(?:(?:(?P<number>\d{1,3}|one|two|three|four|five|six|eight|ten|twelve|thirteen|few|couple\s+of)\s+)?"
    r"(?P<unit>days?|weeks?|months?|quarters?))\b",
    re.IGNORECASE,
)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12,
            "thirteen": 13, "few": 3}  # fmt: skip
_MOST = {"day": 91, "week": 13, "month": 3, "quarter": 1}


def asks_whether_cash_lasts(text: str) -> bool:
    """True when the words ask if, or how long, the money lasts."""
    return bool(_LASTS.search(text)) and not _GOODS.search(text)


def speaks_of_cash(text: str) -> bool:
    """True when the words speak of cash flow, or of the money in the bank, as a whole."""
    return bool(_CASH.search(text)) and not _GROUPED.search(text)


def without_the_weeks_ahead(text: str) -> str:
    """The words without a time ahead that the forecast covers: "in the next two months" is heard, "next year" stays."""

    def heard(found: re.Match[str]) -> str:
        said = (found["number"] or "one").casefold()
        number = int(said) if said.isdigit() else _NUMBERS.get(said, 2)
        return "" if number <= _MOST[found["unit"].casefold().removesuffix("s")] else found[0]

    return _AHEAD.sub(heard, text)
