"""General payment vocabulary: what a movement's kind, a means of payment or a state is usually called.

These are words of the trade in any system's export; no table, file or column of a particular business is named.
"""

from __future__ import annotations

import re
from typing import Literal

Movement = Literal["sale", "refund", "dispute", "fee", "payout", "adjustment"]

_MOVEMENTS: tuple[tuple[Movement, frozenset[str]], ...] = (
    # The order decides: "dispute fee" is of a dispute, "payment refund" a refund.
    ("dispute", frozenset({"dispute", "chargeback", "disputed", "inquiry"})),
    ("refund", frozenset({"refund", "refunded", "return", "reversal", "reversed", "credit"})),
    ("payout", frozenset({"payout", "transfer", "withdrawal", "disbursement", "settlement", "deposit", "cashout"})),
    ("fee", frozenset({"fee", "fees", "commission", "cost", "charges"})),
    ("sale", frozenset({"charge", "payment", "sale", "capture", "order", "purchase", "authorization", "checkout"})),
    ("adjustment", frozenset({"adjustment", "correction", "reserve", "reserved", "contribution", "other", "misc"})),
)
FEE_WORDS = frozenset({"fee", "fees", "commission", "cost", "charges", "deduction", "spese", "frais", "gebuehr"})
NET_WORDS = frozenset({"net", "netto", "proceeds", "earnings", "received"})
TEST_WORDS = frozenset({"test", "testing", "sandbox", "dummy", "sample", "demo"})
STORED_VALUE_WORDS = frozenset({"gift", "giftcard", "voucher", "credit", "loyalty", "points"})
UNPAID_WORDS = frozenset(
    {"pending", "voided", "void", "unpaid", "authorized", "expired", "draft", "cancelled", "canceled", "open"}
)
FAILED_WORDS = frozenset({"failure", "failed", "error", "declined", "pending", "cancelled", "canceled", "voided"})


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words of a name or value: ``stripe_fee``, ``stripeFee`` and ``Stripe fee`` give the same."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return tuple(re.findall(r"[a-z]+|\d+", spaced.lower()))


def movement_of(value: str) -> Movement | None:
    """What kind of movement a type value such as ``payment_refund`` is, if the words say so."""
    words = set(words_of(value))
    singular = {word.removesuffix("s") for word in words}
    for movement, vocabulary in _MOVEMENTS:
        if (words | singular) & vocabulary:
            return movement
    return None


def says(name: str, vocabulary: frozenset[str]) -> bool:
    """True when a name or value holds a word of the vocabulary."""
    return bool(set(words_of(name)) & vocabulary)
