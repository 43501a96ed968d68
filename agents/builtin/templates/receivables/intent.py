"""Does the request ask who owes money, or how old that debt is?"""

from __future__ import annotations

import re

_DEBT = re.compile(
    r"""
    \bow(?:e|es|ed|ing)\b | \bdebtors?\b | \breceivables?\b | \bA/?R\b
  | \b(?:unpaid|outstanding|overdue|past\s+due|uncollected)\b | \bopen\s+(?:invoices?|items?|balances?|amounts?)\b
  | (?:\b(?:not|never|yet|still)|n['’]?t)\s+(?:\w+\s+){0,2}?(?:paid|pay|settled?|to\s+pay)\b
  | \blate\s+(?:pay\w*|customers?|clients?)\b
  | \b(?:pays?|paying)\b.{0,20}?\blate\b | \bage?ing\b | \baged\b
  | \bschuld\w*\b | \boffene\w*\s+(?:posten|rechnung\w*|forderung\w*)\b | \bforderung\w*\b | \bunbezahlt\w*\b
  | \büberfällig\w*\b | \bdeb(?:e|en|bono|itori|iti|iteurs?)\b | \bdev(?:e|ono)\b | \bcrediti\b | \bscadenz\w*\b
  | \binsolut\w*\b | \bscadut\w*\b | \bdoi(?:t|vent)\b | \bcréances?\b | \bimpayé\w*\b | \bbalance\s+âgée\b
  | \bimpagad\w*\b | \bpendientes?\s+de\s+(?:pago|cobro)\b | \bcobros?\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WHO_OR_AGE = re.compile(
    r"""
    \bwho(?:['’]?s)?\b | \bwhich\s+(?:\w+\s+)?(?:customers?|clients?|accounts?|companies|buyers?)\b
  | \b(?:by|per|each|every)\s+(?:customers?|clients?|accounts?|debtors?|compan(?:y|ies)|buyers?)\b | \bdebtors?\b
  | \bcustomers?\b | \bclients?\b | \bhow\s+(?:late|long|old)\b | \bage?(?:d|ing|s)?\b | \bold(?:er|est)?\b
  | \bsince\s+when\b
  | \bdays\s+(?:late|overdue|past)\b | \bbuckets?\b | \b30\D{1,5}60\b
  | \bwer\b | \bkunden?\b | \bwie\s+(?:lange|spät)\b | \bchi\b | \bclienti\b | \bda\s+quanto\b | \bscadenzario\b
  | \bqui\b | \bclients\b | \bdepuis\s+quand\b | \bâgée\b | \bquién(?:es)?\b | \bclientes\b | \bdesde\s+cuándo\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What the business itself owes is another question over other documents.
_WE_OWE = re.compile(
    r"\b(?:we|i)\s+(?:still\s+)?owe\b|\bour\s+(?:own\s+)?debts?\b|\b(?:suppliers?|vendors?|payables?|creditors?|bills)\b"
    r"|\b(?:lieferanten|fornitori|fournisseurs|proveedores)\b|\bdobbiamo\b|\bdevons\b|\bdebemos\b|\bschulden\s+wir\b",
    re.IGNORECASE,
)


def asks_who_owes(text: str) -> bool:
    """True when the words speak of unpaid money together with who owes it or since when."""
    return bool(_DEBT.search(text) and _WHO_OR_AGE.search(text)) and not _WE_OWE.search(text)
