"""What banks write: the columns of a statement, its states, and the words of transfers and of tax."""

from __future__ import annotations

from agents.builtin.pipelines.reconcile.words import words_of


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


BANK_WORDS = _words(
    "bank statement statements account accounts iban bic konto kontoauszug kontoauszuge umsatz umsatze umsaetze "
    "buchungstag buchungstext verwendungszweck wertstellung valuta estratto conto movimenti contabile causale releve "
    "compte libelle operation operations extracto cuenta movimientos banco banca banque giro sparkasse payee payer"
)
"""Words of which a table of days and signed amounts is a bank's."""
BOOKED_WORDS = _words(
    "booked booking posted posting completed transaction buchung buchungstag buchungsdatum contabile operazione "
    "operation operacion date datum data fecha day"
)
VALUE_WORDS = _words("value valuta valeur valor wertstellung started interest due")
BALANCE_WORDS = _words("balance saldo solde kontostand running")
AMOUNT_WORDS = _words("amount betrag importo montant importe value umsatz sum")
ACCOUNT_WORDS = _words("account iban konto auftragskonto kontonummer conto compte cuenta product produkt")
OTHER_WORDS = _words("counterparty beneficiary recipient payee payer empfanger auftraggeber zahlungspflichtiger other")
NO_TEXT_WORDS = _words("currency wahrung waehrung divisa valuta devise moneda")
STATES = {
    "booked": _words(
        "completed booked posted settled cleared gebucht ausgefuhrt contabilizzato eseguito comptabilise execute "
        "contabilizado ejecutado done"
    ),
    "open": _words(
        "pending declined failed reverted cancelled canceled rejected reserved vorgemerkt storniert abgelehnt sospeso "
        "attesa annullato rifiutato attente annule refuse pendiente anulado rechazado"
    ),
}
DIRECTIONS = {
    "in": _words("cr c credit haben h in bij avere crediti entrata entree credito abono plus received"),
    "out": _words("dr d debit soll s out af dare debiti uscita sortie debito cargo minus sent"),
}
PLAIN_BANK_WORDS = BANK_WORDS | _words(
    "transactions export download history all business current checking savings main online csv list "
    "details activity report book movements kontobewegungen umsatzanzeige from"
)
"""Words that stand in the names of any bank's files and tell no account."""

OWN = (
    r"\b(?:own account|own accounts|between accounts|internal transfer|intra-?company|umbuchung\w*|ubertrag\w*"
    r"|uebertrag\w*"
    r"|eigenes konto|eigenuberweisung|giroconto|girofondi|trasferimento (?:tra|fra) (?:i )?(?:miei )?conti"
    r"|virement interne|compte a compte|vers compte|entre comptes|traspaso|transferencia interna"
    r"|(?:transfer|xfer|tfr|sweep) (?:to|from) (?:(?:my|our|the) )?(?:\w+ )?(?:savings|reserve|account|current|deposit)"
    r")\b"
)
"""In a movement's words without accents: it says of itself that it goes between accounts of one owner."""
TAX = r"\b(?:vat|umsatzsteuer\w*|ust|ust-?va|mehrwertsteuer|mwst|iva|tva|btw|moms|gst)\b"
"""The tax on turnover that businesses pay to the state."""
STATED = (
    r"^\W*(?:(?:opening|closing|previous|final|initial|starting|ending) balance|balance (?:brought|carried) forward"
    r"|(?:anfangs|end|schluss|abschluss)saldo|(?:alter|neuer) (?:saldo|kontostand)"
    r"|saldo (?:iniziale|finale|precedente|contabile|inicial|final|anterior)"
    r"|(?:ancien|nouveau) solde|solde (?:initial|final|precedent))\b"
)
"""A row of a balance, which is no movement."""
MONTHS = (
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|januar|februar|marz|mai|juni|juli|oktober|dezember|okt|dez|gennaio|febbraio|marzo|aprile"
    r"|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|gen|mag|giu|lug|ago|sett|ott|dic|janvier|fevrier"
    r"|mars|avril|juin|juillet|aout|septembre|octobre|decembre|enero|febrero|abril|mayo|junio|julio|septiembre|octubre"
    r"|noviembre|diciembre)\b"
)
"""Words of a payment's text that change with the month."""


def state_of(value: str) -> str | None:
    """``booked`` or ``open``, if the words say so."""
    words = set(words_of(value))
    return next((state for state in ("open", "booked") if words & STATES[state]), None)


def direction_of(value: str) -> str | None:
    """``in`` or ``out``, if a value such as ``CR`` or ``Soll`` says so."""
    words = set(words_of(value))
    return next((way for way, known in DIRECTIONS.items() if words and words <= known), None)
