"""What lies on the shelves, as a list of stock levels has it: what is out, what is to be reordered, what is left."""

from __future__ import annotations

import re

from agents.builtin.language.words import plural, singular, stem
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.products import AT_HAND

_NOUNS = frozenset("item product article sku part material name title".split())
_BOUND = frozenset({"reorder", "minimum", "min", "safety", "threshold", "restock"})
_ASKS = r"(?:what|which(?: (?P<noun>[\w-]+))?)"
_OUT = re.compile(
    rf"^{_ASKS} (?:(?:are|is) (?:we )?(?:currently |now )?(?:out(?: of(?: stock)?)?|sold out)|(?:have |has )?(?:we )?"
    r"(?:run|ran) out(?: of)?)(?P<rest>(?: (?:at|in|from) [^?]+?)?)[ ?.!]*$",
    re.IGNORECASE,
)
_REORDER = re.compile(
    rf"^{_ASKS} (?:(?:do|should|must|would) (?:i|we) (?:need to |have to )?(?:re-?order|re-?stock|"
    rf"order|buy)(?: again)?|"
    r"(?:needs?|has|have) (?:to be )?(?:re-?order(?:ed|ing)?|re-?stock(?:ed|ing)?)|(?:is|are) "
    r"(?:running |getting )?low|"
    r"(?:is|are|has fallen|have fallen) (?:below|under|at or below) (?:the |its |their )?(?:re-?order (?:point|level)|"
    r"minimum))(?: (?:on|in) stock)?(?: now)?(?P<rest>(?: (?:at|in|from) [^?]+?)?)[ ?.!]*$",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(
    r"^how (?:much|many)(?: (?P<what>pieces|units|items|stock|of (?:it|them)))? (?:is|are|do we have|have we got)"
    r"(?: there)?(?: in stock| on hand| left)?(?: (?:in|at) (?P<rest>(?!stock\b)[^?]+?))?[ ?.!]*$",
    re.IGNORECASE,
)
_ANY_LEFT = re.compile(
    r"^(?:(?:do we have|have we got|are there|is there) (?:any |some )?|how many )(?P<what>[^?]+?)"
    r"(?: (?:do we have|have we got|are))?(?: still)? (?:left|in stock|on hand|on the shelf|available)[ ?.!]*$",
    re.IGNORECASE,
)
_MOST_STOCK = re.compile(
    r"^(?:which|what) (?P<what>[\w-]+) (?:do|have) we (?:have |got |hold )?(?:the )?(?P<most>most|least) "
    r"(?:stock|pieces|units|inventory)(?: (?:from|in|of|at))?[ ?.!]*$",
    re.IGNORECASE,
)
_NONE_IN = re.compile(r"\b(?:that (?:are|is) |are |is )?(?:currently )?(?:out of stock|sold out)\b", re.IGNORECASE)
_STILL_IN = re.compile(
    r"\b(?:(?:that (?:are|is) |are |is |do we )?(?:still )?(?:have )?(?:still )?)(?<!out of )(?:in "
    r"stock|on the shelf)\b",
    re.IGNORECASE,
)


def shelves(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table, once for each number of pieces that may be meant."""
    held = _at_hand(schema, table)
    goods = _goods(schema, table)
    if not held or goods is None:
        return []
    named = plural(goods.name.lower())
    found = _OUT.match(text)
    if found is not None and _of_goods(found["noun"], goods, linker):
        return [f"{named} with {one.name} 0{found['rest']}" for one in held]
    found = _REORDER.match(text)
    bounds = [one for one in schema.of(table) if one.kind == "number" and _BOUND & set(one.words)]
    if found is not None and len(bounds) == 1 and _of_goods(found["noun"], goods, linker):
        return [f"{named} where {one.name} is at most {bounds[0].name}{found['rest']}" for one in held]
    found = _HOW_MUCH.match(text)
    if found is not None and (found["what"] or "").lower() in {"pieces", "units", "stock"}:
        rest = found["rest"]
        return [f"total {one.name}{f' in {rest}' if rest else ''}" for one in held]
    found = _ANY_LEFT.match(text)
    if found is not None:
        what = re.sub(r"^(?:of )?(?:the|our) ", "", found["what"], flags=re.IGNORECASE)
        one_of = " ".join([*what.split()[:-1], singular(what.split()[-1])])
        if any(linker.values(said, quoted=False, capital=False) for said in (what, one_of)):
            return [f"total {one.name} of {one_of}" for one in held]
        return []
    found = _MOST_STOCK.match(text)
    if found is not None:
        side = "highest" if found["most"].lower() == "most" else "lowest"
        return [f"which {found['what']} has the {side} total {one.name}, and how much" for one in held]
    if _NONE_IN.search(text):
        return [_rows(_NONE_IN.sub(f"with {one.name} 0", text), goods, linker) for one in held]
    if _STILL_IN.search(text) and re.match(r"(?:how many|which|what|list|show)\b", text, re.IGNORECASE):
        return [_rows(_STILL_IN.sub(f"with {one.name} over 0", text), goods, linker) for one in held]
    return []


def _rows(text: str, goods: Col, linker: Linker) -> str:
    """The question with its goods called as their column is, where a word of theirs calls them."""
    if not goods.unique:
        return text
    said = [
        word
        for word in re.findall(r"[\w-]+", text)
        if singular(word.lower()) in _NOUNS and _of_goods(word, goods, linker)
    ]
    if len(said) != 1 or stem(said[0].lower()) == stem(goods.words[-1]):
        return text
    return re.sub(rf"\b{re.escape(said[0])}\b", plural(goods.name.lower()), text, count=1)


def _of_goods(noun: str | None, goods: Col, linker: Linker) -> bool:
    """Whether the goods are called so; without a noun it is they that are meant."""
    if not noun:
        return True
    return any(link.ref == goods.ref for link in linker.phrase((noun.lower(),)) if link.kind == "column") or (
        singular(noun.lower()) in _NOUNS
    )


def _at_hand(schema: Schema, table: str) -> list[Col]:
    numbers = [one for one in schema.of(table) if one.kind == "number" and not one.is_id and not one.made_of]
    return [one for one in numbers if AT_HAND & set(one.words) and not _BOUND & set(one.words)]


def _goods(schema: Schema, table: str) -> Col | None:
    """The text that says what lies there."""
    texts = [one for one in schema.of(table) if one.kind == "text" and set(one.words) & _NOUNS]
    named = [one for one in texts if {"name", "title"} & set(one.words)] or texts
    return named[0] if named else None
