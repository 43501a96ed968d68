"""What the steps and the report of what customers owe are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from agents.builtin.templates.receivables.roles import Books, Control, Payments

AMOUNT = "DECIMAL(18,2)"
BUCKETS: tuple[tuple[str, int, int | None], ...] = (
    ("days_1_30", 1, 30),
    ("days_31_60", 31, 60),
    ("days_61_90", 61, 90),
    ("days_over_90", 91, None),
)
"""Column, first and last day late; before them stands ``not_late``, after them ``undated``."""
COLUMNS = (
    "source", "number", "customer_as_written", "name_key", "issued", "due", "currency", "kind", "face_amount", "amount",
    "reference", "left_out",
)  # fmt: skip  # fmt: skip
"""The columns of a document, whatever list it is from."""


@dataclass(frozen=True)
class Choices:
    """What the owner decided."""

    age_from: Literal["due", "issued"]
    currency_of: Mapping[str, str]
    """Currency of tables that name none."""
    left_out: frozenset[str] = frozenset()
    """Values of kinds and states that nobody knows and that do not count."""
    once: bool = True
    """Documents that stand in two lists count once."""
    payments_count: bool = True
    """Payments of a table of their own are still to be taken off."""


@dataclass(frozen=True)
class Plan:
    """Everything the steps are made from."""

    books: Books
    choices: Choices
    origins: Mapping[str, str]
    has_undated: bool
    references: frozenset[str]
    """Tables whose credits and payments are applied to the invoices they name."""

    @property
    def currencies(self) -> tuple[str, ...]:
        """All currencies there are; one that is empty where the data names none."""
        named = {code for one in self.books.documents for code in one.currencies}
        return tuple(sorted(named | set(self.choices.currency_of.values()))) or ("",)

    @property
    def buckets(self) -> list[str]:
        """The columns of the ages, youngest first."""
        return ["not_late", *(column for column, _, _ in BUCKETS), *(["undated"] if self.has_undated else [])]

    @property
    def payments(self) -> tuple[Payments, ...]:
        """Tables of payments that are to be taken off."""
        return tuple(paid for paid in self.books.payments if not paid.taken_off and self.choices.payments_count)

    @property
    def controls(self) -> tuple[Control, ...]:
        """Accounts of the books that the total is compared with."""
        return tuple(one for one in self.books.controls if one.currency in self.currencies)

    @property
    def applies(self) -> bool:
        """Whether any credit or payment names the invoice it belongs to."""
        return bool(self.references or self.payments)

    def spoken(self, table: str) -> str:
        """A table as a person knows it."""
        return self.origins.get(table, table)


def literal(value: str) -> exp.Expr:
    """A text as it stands in a spec."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """A whole number as it stands in a spec."""
    return exp.Literal.number(value)


def null(type_: str) -> exp.Expr:
    """An empty value of a type."""
    return exp.cast(exp.null(), type_)


def replaced(value: exp.Expr, pattern: str, by: str) -> exp.Expr:
    """A text in which every match of a pattern is replaced."""
    return exp.RegexpReplace(
        this=value,
        expression=exp.Literal.string(pattern),
        replacement=exp.Literal.string(by),
        modifiers=exp.Literal.string("g"),
    )


def name_key(value: exp.Expr) -> exp.Expr:
    """A name without case, accents, punctuation and doubled spaces: what makes two spellings the same customer."""
    plain = exp.Anonymous(this="strip_accents", expressions=[exp.Lower(this=value)])
    return exp.Trim(this=replaced(plain, r"[^\pL\pN]+", " "))


def ages_of(code: str) -> str:
    """The step with the ages in one currency."""
    return f"ages_{code.lower()}" if code else "ages_all"


def invoices_of(code: str) -> str:
    """The step with the open invoices and credits of one currency."""
    return f"open_{code.lower()}" if code else "open_all"


def books_of(code: str) -> str:
    """The step that holds the books' total against the customers' of one currency."""
    return f"books_{code.lower()}" if code else "books_all"


def customers_of(code: str) -> str:
    """The step with the customers of one currency."""
    return f"customers_{code.lower()}" if code else "customers_all"


def labels(plan: Plan) -> dict[str, str]:
    """What an owner reads above each age."""
    first = "Not due yet" if plan.choices.age_from == "due" else "Today"
    found = {"not_late": first, "days_1_30": "1–30 days", "days_31_60": "31–60 days", "days_61_90": "61–90 days",
             "days_over_90": "Over 90 days"}  # fmt: skip
    if plan.has_undated:
        found["undated"] = "No date"
    return found | {"on_account": "Credits on account"}
