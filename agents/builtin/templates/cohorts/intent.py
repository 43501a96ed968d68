"""Does the request ask whether customers buy again?"""

from __future__ import annotations

import re

_PEOPLE = r"(?:customers?|clients?|buyers?|shoppers?|people|guests?|they)"
_AGAIN = re.compile(
    rf"""
    \bcohorts?\b | \bretention\b | \bretain\w*\b.{{0,30}}?\b{_PEOPLE}\b
  | \b{_PEOPLE}\b.{{0,40}}?\b(?:come|comes|came|coming)\s+back\b
  | \b{_PEOPLE}\b.{{0,40}}?\b(?:buy|buys|bought|order|orders|ordered|purchase|purchases|purchased|shop)\b.{{0,25}}?
      \b(?:again|twice|a\s+second\s+time|more\s+than\s+once)\b
  | \b{_PEOPLE}\b.{{0,40}}?\bre-?(?:order|purchase|buy)\w*\b
  | \b{_PEOPLE}\b.{{0,60}}?\b(?:still|later)\s+(?:buy|order|purchase|shop)\w*\b
  | \b{_PEOPLE}\b.{{0,20}}?\breturn(?:s|ing)?(?:\s+(?:to|later|again|after|each|every)\b|\s*[?.!]*$)
  | \b(?:returning|repeat|loyal)\s+(?:customers?|clients?|buyers?|shoppers?)\b
  | \brepeat\s+(?:purchase|business|order|rate)\w*\b
  | \brepurchase\w*\b | \b(?:keep|get|got|win|won)\b.{{0,20}}?\b{_PEOPLE}\b.{{0,20}}?\bback\b
  | \b(?:come|comes|came)\s+back\b.{{0,30}}?\b(?:buy|order|shop|purchase)\w*\b
  | \bkund\w*\b.{{0,40}}?\b(?:wieder|zurück|erneut)\w*\b
  | \bkommen\b.{{0,30}}?\bkund\w*\b.{{0,20}}?\b(?:wieder|zurück)\b
  | \b(?:stammkund|wiederkäuf|wiederkauf|kundenbindung|kohort)\w*\b
  | \bclienti\b.{{0,40}}?\b(?:torn|ritorn|ricompr|riacquist)\w*\b
  | \b(?:torn|ritorn)ano\b.{{0,20}}?\bclienti\b | \bcoorti?\b
  | \bclients\b.{{0,40}}?\brevien\w*\b | \bcohortes?\b | \bfidélis\w*\b
  | \bclientes\b.{{0,40}}?\b(?:vuelv|repit|regres)\w*\b | \b(?:vuelv|repit)en\b.{{0,20}}?\bclientes\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def asks_who_returns(text: str) -> bool:
    """True when the words speak of customers who buy again, of retention or of cohorts."""
    return bool(_AGAIN.search(text))
