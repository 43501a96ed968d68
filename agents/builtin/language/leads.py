"""What stands before a question: "counting only paid ones, who ...", "for each guest, what ...", "sales: how many"."""

from __future__ import annotations

import re

_ASKS = r"(?:which|who|whose|what|how|when|where|list|show|give)\b"
_ONLY = re.compile(
    r"^(?:for(?! each| every| all| how| what| which)(?: only)?|counting(?: only)?|only counting|looking(?: only)? at|"
    r"considering(?: only)?|among|out of|"
    rf"if we (?:only )?(?:look at|count|take)(?: only)?)\s+(?P<what>[^,?:]+?)(?: only)?,\s*(?P<ask>{_ASKS}[^?]*)[?]?$",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"^(?:for|in|per|by) (?:each|every) (?P<what>[^,?:]+?),\s*(?P<ask>(?:what (?:is|was|are|were)|how (?:many|much))\b"
    r"[^?]*)[?]?$",
    re.IGNORECASE,
)
_BEST = r"(?:best|highest|lowest|largest|biggest|smallest|top|most|fewest|least|cheapest|dearest|latest|oldest|longest)"
_BEST_OF_EACH = re.compile(
    r"^(?:for|in) (?:each|every) (?P<what>[^,?:.]+?),?\s+"
    rf"(?P<ask>(?:the|which|what) (?:[\w-]+ ){{0,8}}?{_BEST}\b[^?.;]*?)"
    r"(?P<rest>(?: excluding [^?.]*)?)\s*(?:[?.].*)?$",
    re.IGNORECASE,
)
_OF_THESE = re.compile(
    r"^(?:out )?of (?:the|all|our|all the|all our|those) (?P<what>[^,?:]+?),\s*(?:what|which|how many) "
    r"(?P<share>percentage|percent|per cent|share|proportion|%|(?<=how many )(?=\w))(?: of (?:them|these|"
    r"those))? ?(?P<rest>[^?]*)[?]?$",
    re.IGNORECASE,
)
_AT = (
    r"at (?:the |our |today's |todays )?(?:current |present |list |latest |full )?"
    r"(?P<price>(?:[\w-]+ ){0,3}?(?:prices?|costs?))"
)
_PRICED = re.compile(
    rf"^{_AT},\s*(?:what|how much) (?:is|are) (?:the |our |all )?(?P<what>[^?]+?) worth\b"
    r"(?: in total| altogether)?\s*[?]?$",
    re.IGNORECASE,
)
_PRICED_AFTER = re.compile(
    r"^(?:what|how much) (?:is|are) (?:the |our |all )?(?P<what>[^?]+?) worth(?: in total| altogether)?,? "
    rf"{_AT}\s*[?]?$",
    re.IGNORECASE,
)
_MANY = r"how many (?:(?:of them )?(?:are|were|is|was) (?:there|they|it)|(?:of them )?do we have|of them)"
_MUCH = (
    r"(?:how much|what) (?:(?:are|were|is|was) (?:they|it|these|those) worth|(?:do|did) (?:they|these|those) "
    r"(?:come|add up|amount|sum up) to|money (?:is|was) (?:it|that))"
)
_BOTH = re.compile(
    rf"^(?P<what>[^?:]+?)(?::| ?[-\u2013\u2014] | ?, )\s*{_MANY},? and {_MUCH}(?: in total| altogether)?\s*[?]?$",
    re.IGNORECASE,
)


def led(text: str) -> str:
    """The question with what leads it put where it belongs; as it is where nothing leads it.

    "Stock worth at prices" becomes the stock with its product in brackets, which is how a figure says its arithmetic.
    """
    found = _ONLY.match(text)
    if found is not None:
        return f"{_upper(found['ask'].strip())} for {found['what'].strip()}"
    found = _OF_THESE.match(text)
    if found is not None:
        share = f"what {found['share']} of" if found["share"] else "how many"
        return f"{_upper(share)} {found['what'].strip()} {found['rest'].strip()}?"
    found = _PRICED.match(text) or _PRICED_AFTER.match(text)
    if found is not None:
        noun, _, rest = found["what"].strip().partition(" of ")
        rest = f" of {rest}" if rest else ""
        return f"What is the total {noun} ({noun} times {found['price'].strip()}){rest}?"
    found = _BOTH.match(text)
    if found is not None:
        return f"Number of {_lower(found['what'].strip())} and total money of {_lower(found['what'].strip())}"
    found = _BEST_OF_EACH.match(text)
    if found is not None:
        return f"{_upper(found['ask'].strip())} in each {found['what'].strip()}{found['rest']}"
    found = _EACH.match(text)
    if found is not None and not re.search(r"\b(?:their|its|his|her)\b", found["ask"]):
        return f"{_upper(found['ask'].strip())} per {found['what'].strip()}"
    return text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
