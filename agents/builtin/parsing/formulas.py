"""Arithmetic over measures: "(total revenue - total cost) / total cost * 100"."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.meaning import Out

_PARTS = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?(?![\w])|[()]|(?<=[\s\d)])[-+](?=[\s(])|[*/]|[^\s()*/+-][^()*/+]*?(?=\s+[-+]\s+|[()*/]|$)"
)


def parse_formula(text: str, operand: Callable[[str], Out | None]) -> Out | None:
    """The formula as a tree of ``formula`` outputs; None when an operand means nothing."""
    parts = [part.strip() for part in _PARTS.findall(text) if part.strip()]
    parser = _Parser(parts, operand)
    made = parser.total()
    return made if made is not None and parser.at == len(parts) else None


class _Parser:
    def __init__(self, parts: list[str], operand: Callable[[str], Out | None]) -> None:
        self.parts = parts
        self.operand = operand
        self.at = 0

    def total(self) -> Out | None:
        left = self.product()
        while left is not None and self.at < len(self.parts) and self.parts[self.at] in {"+", "-"}:
            sign = self.parts[self.at]
            self.at += 1
            right = self.product()
            left = Out("formula", func=sign, parts=[left, right]) if right is not None else None
        return left

    def product(self) -> Out | None:
        left = self.atom()
        while left is not None and self.at < len(self.parts) and self.parts[self.at] in {"*", "/"}:
            sign = self.parts[self.at]
            self.at += 1
            right = self.atom()
            left = Out("formula", func=sign, parts=[left, right]) if right is not None else None
        return left

    def atom(self) -> Out | None:
        if self.at >= len(self.parts):
            return None
        part = self.parts[self.at]
        self.at += 1
        if part == "(":
            made = self.total()
            if self.at >= len(self.parts) or self.parts[self.at] != ")":
                return None
            self.at += 1
            return made
        if re.fullmatch(r"\d+(?:\.\d+)?", part):
            return Out("number", scale=float(part))
        return self.operand(part)


_BRACKET = re.compile(
    r"\s*\(([^()]*\b(?:times|multiplied by|minus|less the|plus|over|divided by)\b[^()]*)\)", re.IGNORECASE
)


def in_brackets(text: str) -> tuple[str, str]:
    """The question without the arithmetic that it adds in brackets, and that arithmetic: "(nights times rate)"."""
    found = _BRACKET.search(text)
    if found is None or re.search(r"\d", found[1]):
        return text, ""
    body, comma, rest = found[1].partition(",")
    kept = f" ({rest.strip()})" if comma and rest.strip() else ""
    body = re.sub(r"\bless the\b", "minus", body, flags=re.IGNORECASE)
    return f"{text[: found.start()]}{kept}{text[found.end() :]}", re.sub(
        r"\s+over\s+", " / ", body, flags=re.IGNORECASE
    )
