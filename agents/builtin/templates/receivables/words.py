"""The trade's words for documents, their states and the columns of an invoice list, in any system's export."""

from __future__ import annotations

from typing import Literal

from agents.builtin.pipelines.reconcile.words import words_of

Kind = Literal["invoice", "credit", "payment", "other"]
State = Literal["void", "draft", "settled", "open"]


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# The order decides: a credit memo on an invoice is a credit, a bill payment is none of a customer's.
_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (
        "other",
        _words(
            "bill bills purchase purchases supplier vendor accpay accpaycredit expense expenses "
            "estimate estimates quote quotes quotation offer proforma order orders journal transfer "
            "deposit cheque check eingangsrechnung angebot bestellung acquisto preventivo achat devis "
            "compra presupuesto"
        ),
    ),
    (
        "credit",
        _words(
            "credit credits memo refund accreccredit gutschrift gutschriften storno "
            "rechnungskorrektur nota accredito avoir abono rectificativa crediti credito"
        ),
    ),
    (
        "payment",
        _words(
            "payment payments receipt receipts zahlung zahlungen zahlungseingang pagamento pagamenti "
            "incasso paiement reglement encaissement pago cobro betaling"
        ),
    ),
    (
        "invoice",
        _words(
            "invoice invoices sale sales accrec rechnung rechnungen fattura fatture facture factures "
            "factura facturas faktura factuur"
        ),
    ),
)
_STATES: tuple[tuple[State, frozenset[str]], ...] = (
    (
        "void",
        _words(
            "void voided deleted cancelled canceled storniert annulliert annullata annullato annulee "
            "annule anulada anulado geloscht"
        ),
    ),
    ("draft", _words("draft drafts submitted approval unapproved entwurf bozza brouillon borrador")),
    (
        "open",
        _words(
            "awaiting unpaid open overdue partial partially partly sent authorised authorized "
            "approved issued due not outstanding viewed offen teilweise teilbezahlt teilzahlung "
            "uberfallig versendet unbezahlt aperta aperto scaduta parziale parzialmente inviata "
            "emessa ouverte envoyee impayee partiellement echue abierta enviada vencida pendiente "
            "parcialmente"
        ),
    ),
    (
        "settled",
        _words(
            "paid closed settled complete completed bezahlt beglichen pagata pagato saldata payee "
            "reglee soldee pagada cobrada"
        ),
    ),
)
OPEN_WORDS = _words(
    "due open balance outstanding remaining owed owing unpaid offen offener restbetrag saldo "
    "residuo dovuto aperto reste solde du pendiente restante"
)
PAID_WORDS = _words("paid received settled payments bezahlt gezahlt pagato incassato paye regle pagado cobrado")
TOTAL_WORDS = _words(
    "total gross amount value sum betrag gesamt gesamtbetrag brutto summe importo totale "
    "lordo montant ttc importe bruto"
)
PART_WORDS = _words(
    "tax vat unit line net discount price quantity rate fee shipping mwst ust netto steuer "
    "iva imposta riga sconto tva ht remise impuesto descuento einzelpreis prezzo prix precio"
)
PARTY_WORDS = _words(
    "contact customer client name company account buyer debtor party kunde kunden kundenname "
    "firma cliente ragione denominazione intestatario raison nom societe tiers razon nombre "
    "empresa"
)
OTHER_PARTY_WORDS = _words(
    "supplier suppliers vendor vendors bill bills payable payables purchase purchases "
    "lieferant lieferanten fornitore fornitori fournisseur fournisseurs proveedor proveedores"
)
NO_PARTY_WORDS = _words(
    "email mail address street city region country zip postal phone description item product "
    "memo note terms sku code tax artikel beschreibung ort adresse strasse descrizione citta "
    "indirizzo ville article direccion ciudad descripcion rep salesperson reference first"
)
NUMBER_WORDS = _words(
    "invoice number no num nr document doc id rechnung rechnungsnummer nummer belegnummer "
    "beleg fattura numero facture factura folio"
)
ISSUED_WORDS = _words(
    "date invoice issued issue created datum rechnungsdatum ausgestellt data emissione emission fecha emision"
)
DUE_WORDS = _words(
    "due deadline maturity fallig falligkeit faellig faelligkeit falligkeitsdatum zahlbar "
    "scadenza echeance vencimiento vence"
)
INVOICE_WORDS = _words(
    "invoice invoices receivable receivables debtors rechnung rechnungen fattura fatture "
    "facture factures factura facturas ar"
)
ACCOUNT_WORDS = (
    ("accounts", "receivable"),
    ("account", "receivable"),
    ("trade", "receivables"),
    ("trade", "debtors"),
    ("debtors", "control"),
    ("sales", "ledger", "control"),
    ("customers", "receivable"),
    ("forderungen",),
    ("debitoren",),
    ("crediti", "verso", "clienti"),
    ("crediti", "v", "clienti"),
    ("clienti",),
    ("creances", "clients"),
    ("clients",),
    ("clientes",),
    ("deudores",),
    ("receivables",),
)
"""How the control account of what customers owe is called in a chart of accounts."""

CURRENCIES = _words(
    "EUR USD GBP CHF CAD AUD NZD JPY CNY HKD SGD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY ILS ZAR INR BRL MXN AED SAR "
)
"""Codes by which a column is known as one of currencies, whatever it is called."""


def kind_of(value: str) -> Kind | None:
    """What sort of document a type value such as ``Sales credit note`` is, if the words say so."""
    words = set(words_of(value))
    return next((kind for kind, known in _KINDS if words & known), None)


def state_of(value: str) -> State | None:
    """What a status value such as ``Awaiting Payment`` means for what is owed, if the words say so."""
    words = set(words_of(value))
    return next((state for state, known in _STATES if words & known), None)


def is_receivables_account(value: str) -> bool:
    """Whether an account's name is that of what customers owe."""
    words = words_of(value)
    return any(words[start : start + len(phrase)] == phrase for phrase in ACCOUNT_WORDS for start in range(len(words)))
