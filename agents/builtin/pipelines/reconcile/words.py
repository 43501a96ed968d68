"""General payment vocabulary: what a movement's kind, a means of payment or a state is usually called.

These are words of the trade in any system's export; no table, file or column of a particular business is named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from spec.pipeline import Source

Movement = Literal["sale", "refund", "dispute", "fee", "payout", "adjustment"]


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_MOVEMENTS: tuple[tuple[Movement, frozenset[str]], ...] = (
    # The order decides: "dispute fee" is of a dispute, "payment refund" a refund, "refund of a fee" a refund.
    ("dispute", _words("dispute chargeback disputed inquiry rueckbuchung rucklastschrift rueckbelastung "
                       "ruckbuchung ruckbelastung rucklastschriften contestazione riaddebito storno litige contracargo "
                       "disputa retrofacturation impaye")),
    ("refund", _words("refund refunded return reversal reversed credit erstattung rueckerstattung ruckerstattung "
                      "gutschrift ruckzahlung rueckzahlung rimborso rimborsi reso remboursement remboursements "
                      "reembolso devolucion terugbetaling")),
    ("payout", _words("payout transfer withdrawal disbursement settlement deposit cashout auszahlung uberweisung "
                      "ueberweisung bonifico accredito prelievo virement versement reversement pago retiro "
                      "uitbetaling")),
    ("fee", _words("fee fees commission cost charges gebuhr gebuehr gebuhren gebuehren provision entgelt commissione "
                   "commissioni costi spese frais comision comisiones kosten")),
    ("sale", _words("charge payment sale capture order purchase authorization checkout sold zahlung verkauf bestellung "
                    "einkauf kauf umsatz kartenzahlung pagamento vendita incasso ordine paiement vente commande "
                    "encaissement venta cobro pedido betaling verkoop")),
    ("adjustment", _words("adjustment correction reserve reserved contribution other misc korrektur anpassung "
                          "rettifica ajustement ajuste")),
)  # fmt: skip
FEE_WORDS = _words("fee fees commission commissions cost costs charges deduction deductions spese frais gebuehr gebuhr "
                   "gebuehren gebuhren entgelt provision commissione commissioni comision kosten")  # fmt: skip
NET_WORDS = _words("net netto proceeds earnings received neto payable")
GROSS_WORDS = _words("gross amount total brutto lordo brut bruto betrag importo montant importe collected value")
TEST_WORDS = _words("test testing sandbox dummy sample demo prova training")
VOID_WORDS = _words("void voided cancelled canceled deleted storniert annullato annule anulado")
STORED_VALUE_WORDS = _words("gift giftcard voucher credit loyalty points gutschein geschenkkarte buono regalo cadeau")
PAID_WORDS = _words("paid completed complete processing fulfilled shipped succeeded success refunded closed delivered "
                    "bezahlt abgeschlossen versendet pagato completato spedito paye payee termine pagado "
                    "partially")  # fmt: skip
UNPAID_WORDS = _words("pending voided void unpaid authorized expired draft cancelled canceled open failed abandoned "
                      "hold declined rejected offen storniert entwurf fehlgeschlagen annullato sospeso attesa bozza "
                      "fallito annule attente echoue anulado pendiente fallido test")  # fmt: skip
REFUNDED_WORDS = _words("refunded refund erstattet ruckerstattet rueckerstattet rimborsato rembourse reembolsado "
                        "returned")  # fmt: skip
PARTLY_WORDS = _words("partial partially partly teilweise parzialmente partiellement parcialmente teil parziale")
FAILED_WORDS = _words("failure failed error declined pending cancelled canceled voided fehlgeschlagen storniert")
CURRENCY_WORDS = _words("currency ccy wahrung waehrung valuta divisa devise moneda munt")
MONEY_WORDS = (
    FEE_WORDS
    | NET_WORDS
    | GROSS_WORDS
    | _words(
        "price sum refund refunded paid payout revenue takings sales subtotal tax tip gesamtbetrag summe gesamt totale "
        "prezzo prix cents deposited tender"
    )
)
NO_MONEY_WORDS = _words("id number no nr count quantity qty rate percent pct units items lines orders days year month")
IN_WORDS: tuple[tuple[str, ...], ...] = tuple(
    tuple(phrase.split())
    for phrase in ("paid in", "money in", "credit", "credits", "deposit", "deposits", "in", "haben", "gutschrift",
                   "avere", "entrate", "accrediti", "crediti", "credito", "abono", "ingresos", "received", "incoming")
)  # fmt: skip
OUT_WORDS: tuple[tuple[str, ...], ...] = tuple(
    tuple(phrase.split())
    for phrase in ("paid out", "money out", "debit", "debits", "withdrawal", "withdrawals", "out", "soll",
                   "lastschrift", "dare", "uscite", "addebiti", "debito", "cargo", "gastos", "spent", "outgoing")
)  # fmt: skip


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words of a name or value: ``stripe_fee``, ``stripeFee`` and ``Stripe fee`` give the same.

    Accents are left out, so that ``Gebühr`` is ``gebuhr``.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain.replace("ß", "ss"))
    return tuple(re.findall(r"[a-z]+|\d+", spaced.lower()))


def own_words(tables: Iterable[str], sources: Mapping[str, Source]) -> set[str]:
    """The words by which a person may call this data: of its tables, and of the systems and connections it is from."""
    named = set(tables)
    for source in sources.values():
        if source.connection is not None:
            named |= {source.connection, source.connector}
    return {word for name in named for word in words_of(name)}


def movement_of(value: str) -> Movement | None:
    """What kind of movement a type value such as ``payment_refund`` is, if the words say so."""
    words = set(words_of(value))
    if "card" in words:
        # A credit card is a means of payment, not money given back.
        words -= {"credit", "debit"}
    singular = {word.removesuffix("s") for word in words}
    for movement, vocabulary in _MOVEMENTS:
        if (words | singular) & vocabulary:
            return movement
    return None


def says(name: str, vocabulary: frozenset[str]) -> bool:
    """True when a name or value holds a word of the vocabulary."""
    return bool(set(words_of(name)) & vocabulary)


def is_stored_value(method: str) -> bool:
    """True when a means of payment spends a balance sold earlier: a gift card, a voucher, store credit."""
    words = set(words_of(method))
    return bool(words & STORED_VALUE_WORDS) and not (
        words & {"credit"} and words & {"card", "debit"} and "gift" not in words
    )
