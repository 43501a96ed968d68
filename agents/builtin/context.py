"""Definitions and conventions that come with a request, in the words of whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agents.builtin.language.wording import arithmetic, counts_nothing_too, excluded, is_condition, only
from agents.builtin.language.words import stem
from agents.builtin.sql.terms import is_measure
from spec.pipeline import Definition

_EQUALS = re.compile(
    r"^\s*(?P<term>[A-Za-z][\w %/&'-]{0,50}?)\s*(?:\((?P<long>[^()]*)\))?\s*=\s*(?P<body>[^=].*)$", re.DOTALL
)
_MEANS = re.compile(
    (
        r"(?:note that |recall that |assume (?:that )?)?(?:the |a |an )?(?P<term>[\w' -]{2,40}?)\s+(?:refers? "
        r"to|(?:is|are) defined as|means?|(?:is|are) calculated as|(?:is|are) computed as|stands for)\s+(?P<body>.+)"
    ),
    re.IGNORECASE,
)
_IS = re.compile(
    r"^(?:the |a |an )?(?P<term>[A-Za-z][\w' -]{1,40}?)(?: of (?:a|an|the|each|every) [\w' ]{2,30}?)? "
    r"(?:is|are) (?:in |the |its |an? )?"
    r"(?P<body>(?:sum|number|count|average|median|total|share|percentage|ratio|days|maximum|minimum)\b.*|"
    r"\w+ (?:divided by|minus|times|plus|\*|/|-|\+) .*|(?<=in )\w+)$",
    re.IGNORECASE,
)
_ONLY_ARE = re.compile(r"^only (?P<body>[\w' -]{3,40}?) are (?:considered |called )?(?P<term>[a-z]+)$", re.IGNORECASE)
_COLON = re.compile(r"^\s*(?P<term>[A-Za-z][\w '-]{1,40}?)\s*[:=]\s*(?P<body>[^=].*)$", re.DOTALL)
_ARITHMETIC = re.compile(r"(?<=[\w)])\s+[-+*/]\s+(?=[\w(])|\*\s*100|/\s*100")
_RANK = re.compile(
    (
        r"^(?:the )?(?:[\w' ]+ )?rank(?:ing)?(?: of (?:each |the )?[\w ]+?)? (?:ordered |sorted )?(?:by|"
        r"based on) (?:their |its |the )?(?P<of>.+?)(?:,? (?:in )?desc(?:ending)?(?: order)?)?$"
    ),
    re.IGNORECASE,
)
_SPLIT = re.compile(r"(?<=[.])\s+(?=[A-Z(])|;\s+|\n+")
_WILDCARDS = re.compile(r"\bilike\b|wildcard|partial match|case.?insensitive(?:ly)? and allow partial", re.IGNORECASE)
_EXACT = re.compile(r"\bexact(?:ly)?\b.{0,20}\b(?:string )?match", re.IGNORECASE)


@dataclass
class Context:
    """``phrases`` stand for a term in words, ``formulas`` in arithmetic, ``conditions`` for when it holds.

    ``exact`` are the formulas that are SQL. ``also`` is said beside the question ("excluding cancelled ones"),
    ``with_nothing``: those without any are shown with 0; ``contains``: text filters match parts.
    """

    phrases: dict[str, str] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    also: list[str] = field(default_factory=list)
    with_nothing: bool = False
    contains: bool = False
    own: frozenset[str] = frozenset()
    exact: set[str] = field(default_factory=set)


def read_context(text: str, definitions: Mapping[str, Definition]) -> Context:
    """Definitions from the request's context and the workspace; the request's own come first."""
    context = Context()
    for name, definition in definitions.items():
        if definition.expression and is_measure(definition.expression):
            context.formulas[" ".join(name.lower().split())] = definition.expression
            context.exact.add(definition.expression)
            continue
        _define(context, name, definition.expression or definition.text)
    general = set(context.formulas) | set(context.phrases)
    for sentence in _SPLIT.split(text or ""):
        _sentence(context, sentence.strip().rstrip("."))
    context.contains = bool(_WILDCARDS.search(text or "")) and not _EXACT.search(text or "")
    context.own = frozenset((set(context.formulas) | set(context.phrases)) - general)
    return context


def unused(context: Context, text: str) -> str | None:
    """The definition that came with the question and was meant for it, though the question words its term otherwise."""
    said = {stem(word) for word in re.findall(r"[a-z]+", text.lower())}
    if any(re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE) for term in context.own):
        return None
    meant = [term for term in sorted(context.own) if len(_heavy(term) & said) * 2 > len(_heavy(term))]
    return meant[0] if meant else None


def reworded(definitions: Iterable[str], asked: str, text: str) -> str | None:
    """A word that was agreed on and asked for, and that a rewording of the question has put another in place of."""
    return next((name for name in definitions if _stands_in(name, asked) and not _stands_in(name, text)), None)


def _stands_in(term: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(' '.join(term.split()))}s?\b", " ".join(text.split()), re.IGNORECASE) is not None


def _heavy(term: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[a-z]+", term) if word not in {"of", "the", "a", "an", "to", "in"}}


def _sentence(context: Context, sentence: str) -> None:
    out, within = excluded(sentence), only(sentence)
    if counts_nothing_too(sentence):
        context.with_nothing = True
        return
    if out is not None or within is not None:
        context.also.append(f"excluding {out}" if out is not None else f"for {within}")
        return
    named = _ONLY_ARE.match(sentence)
    if named is not None:
        context.phrases[named["term"].lower().removesuffix("s")] = named["body"]
        return
    lasting = _COLON.match(sentence)
    if lasting is not None and is_condition(lasting["body"]):
        context.conditions[" ".join(lasting["term"].lower().split())] = lasting["body"]
        return
    found = _EQUALS.match(sentence)
    if found and "date_trunc" not in sentence.lower() and "current_date" not in sentence.lower():
        body = found["body"].strip()
        # "A = words = (formula)": the formula says it most precisely.
        parts = [part.strip() for part in body.split(" = ")]
        if not parts[-1].startswith("(") or " where " in body.lower():
            parts = [body]
        _define(context, found["term"], parts[-1])
        if found["long"] and len(found["long"]) < 60 and not re.search(r"[-+*/]", found["long"]):
            _define(context, found["long"], parts[-1])
        return
    meant = _MEANS.match(sentence) or _IS.match(sentence)
    if meant and len(meant["term"].split()) <= 5:
        _define(context, meant["term"], meant["body"])


def _define(context: Context, term: str, body: str) -> None:
    key = " ".join(term.lower().split())
    if not key or not body:
        return
    body = arithmetic(body)
    tail = re.search(r",?\s+(?:for|only for) ((?:all )?(?:[\w-]+ ){0,2}[\w-]+)$", body)
    if tail is not None and _ARITHMETIC.search(body):
        body = body[: tail.start()].rstrip(" ,")
        context.also.append(f"for {tail[1]}")
    body = re.sub(r",? with rank 1 being.*$", "", body.strip().strip('"').rstrip("."), flags=re.IGNORECASE)
    if re.search(r"\b(?:joined|signed|registered|created|hired|opened)\b", body):
        body = re.sub(r"^(?:total |number of )?new ", "", body, flags=re.IGNORECASE)
    rank = _RANK.match(body)
    if rank:
        context.formulas[key] = f"rank by {rank['of']}"
    elif _ARITHMETIC.search(body):
        context.formulas[key] = body
        plain = re.sub(r"\s+in (?:years|months|days|hours|minutes)$", "", key)
        context.formulas.setdefault(plain, body)
    elif is_condition(body) and not _says_the_thing(key, body):
        context.conditions[key] = body
    else:
        plain = re.sub(r"\bover (?=(?:all |the )?[a-z-]+ [a-z]+)", "of ", re.sub(r"^(?:the|a|an)\s+", "", body))
        context.phrases[key] = plain


def _says_the_thing(term: str, body: str) -> bool:
    """As in "a good customer is a customer with more than 3 orders": the meaning takes the place of the whole term."""
    first = re.sub(r"^(?:the|an?|any|every) ", "", body, flags=re.IGNORECASE).split()[:1]
    return bool(first) and stem(first[0].lower()) == stem(term.rpartition(" ")[2])


def substitute(text: str, context: Context) -> str:
    """The question with every defined phrase in place of its term; terms that are formulas become one word each."""
    for term in sorted(context.phrases, key=len, reverse=True):
        body = context.phrases[term]
        pattern = rf"\b{re.escape(term)}s?\b"
        if re.search(pattern, body, re.IGNORECASE) and len(term.split()) > 1:
            continue
        tail = _repeated(text, body)
        text = re.sub(pattern, lambda _, tail=tail: tail, text, flags=re.IGNORECASE)  # type: ignore[misc]
    for term in sorted(context.conditions, key=len, reverse=True):
        if re.search(rf"\b{re.escape(term)}\b", text, re.IGNORECASE):
            plain = re.sub(rf"\b{re.escape(term)}\b", "", text, flags=re.IGNORECASE).rstrip(" ?.!")
            plain = re.sub(r" (?:are|is) there$", "", plain, flags=re.IGNORECASE)
            text = f"{plain} where {context.conditions[term]}"
    for place, term in enumerate(sorted(context.formulas, key=len, reverse=True)):
        text = re.sub(rf"\b{re.escape(term)}s?\b", f"formula_{place}", text, flags=re.IGNORECASE)
    return text


def formula_of(word: str, context: Context) -> str | None:
    """The arithmetic behind ``formula_0`` and the like."""
    found = re.fullmatch(r"formula_(\d+)", word)
    if not found:
        return None
    body = context.formulas[sorted(context.formulas, key=len, reverse=True)[int(found[1])]]
    for term, inner in context.formulas.items() if body not in context.exact else ():
        if inner != body and re.search(rf"\b{re.escape(term)}\b", body, re.IGNORECASE):
            pattern = rf"\b(?:the )?(?:number of )?{re.escape(term)}\b"
            body = re.sub(pattern, lambda _, inner=inner: f"({inner})", body, flags=re.IGNORECASE)  # type: ignore[misc]
    return body


def _repeated(text: str, body: str) -> str:
    """The body without a period or condition that the question states itself."""
    for clause in (
        r"\s+in the (?:last|past|first|second|third|fourth)\b.*$",
        r"\s+(?:who|that|which)\b.*$",
        r"\s+on or after\b.*$",
    ):
        found = re.search(clause, body, re.IGNORECASE)
        if found and found.start() > 0:
            said = " ".join(found.group().lower().replace("last", "past").split())
            asked = " ".join(text.lower().replace("last", "past").split())
            if said[:25] in asked:
                body = body[: found.start()]
    return body
