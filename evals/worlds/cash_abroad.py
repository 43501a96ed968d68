"""Will the money last, abroad: a French bank's statements and an Italian one's that state no balance.

The Italian files hold two accounts, a movement that is not booked yet, and transfers under the business's own name,
which only the French side calls transfers.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from evals.world import World
from evals.worlds.cash import FIRST, LAST, Bank, Export, Form, Move, said, write_cash
from tools.demo.money import italian

SEED = 8231


def _french(form: Form, move: Move, balance: int) -> tuple[str, ...]:
    debit, credit = (italian(move.cents), "") if move.cents < 0 else ("", italian(move.cents))
    return f"{move.day:%d/%m/%Y}", said(form, move), f"{move.day:%d/%m/%Y}", debit, credit, italian(balance)


def _italian(form: Form, move: Move, balance: int) -> tuple[str, ...]:
    del balance
    amount = italian(move.cents).replace(".", "")
    return form.numbers[move.account], f"{move.day:%Y-%m-%d}", said(form, move), amount, "EUR", "Contabilizzato"


FORM = Form(
    banks=(
        Bank(
            head=("Date opération", "Libellé", "Date valeur", "Débit", "Crédit", "Solde"),
            row=_french,
            exports=(
                Export("releve 2025.csv", ("main",), FIRST, date(2025, 12, 31), short=True),
                Export("releve 2025-2026.csv", ("main",), date(2025, 11, 15), date(2026, 5, 20)),
                Export("releve ete 2026.csv", ("main",), date(2026, 5, 1), LAST),
            ),
            delimiter=";",
            encoding="utf-8-sig",
        ),
        Bank(
            head=("Conto", "Data contabile", "Descrizione operazione", "Importo", "Divisa", "Stato"),
            row=_italian,
            exports=(
                Export("movimenti_1.csv", ("shop", "reserve"), FIRST, date(2026, 1, 31)),
                Export("movimenti_2.csv", ("shop", "reserve"), date(2026, 1, 10), LAST),
            ),
            delimiter="\t",
            newest_first=True,
            pending=("IT60X0542811101000000123456", "2026-10-05", "Pagamento carta Roma", "-48,20", "EUR", "In attesa"),
        ),
    ),
    words={
        "rent": "PRLV FONCIERE DU PORT LOYER {month}",
        "salary": "VIR SALAIRES {month}",
        "payroll": "PRLV URSSAF {n}",
        "retainer": "VIR RECU {name} FORFAIT {month}",
        "loan": "ECHEANCE PRET 88021",
        "phone": "PRLV TELECOM SA FACTURE {n}",
        "insurance": "PRLV ASSURANCE LOCAL {month}",
        "vat": "PRLV DGFIP TVA {month}",
        "fee": "Canone conto {month}",
        "receipt": "VIR RECU {name} FACT {n}",
        "cards": "Incasso POS {n}",
        "beans": "Torrefazione Aurora ordine",
        "supplier": "VIR {name} FOURNITURES {n}",
        "parking": "CB PARKING GARE",
        "shop_to_main": "Bonifico disposto Bottega Sud",
        "main_from_shop": "VIREMENT INTERNE RECU",
        "main_to_reserve": "VIREMENT INTERNE EMIS",
        "reserve_from_main": "Bonifico ricevuto Bottega Sud",
        "reserve_to_main": "Bonifico disposto Bottega Sud",
        "main_from_reserve": "VIREMENT INTERNE RECU",
        "elsewhere": "VIREMENT INTERNE LIVRET",
    },
    names=tuple(
        "ARNAUD BERTIN CARLIER DUMONT ESTEVE FABRE GARNIER HUBERT IMBERT JOLY KLEIN LACROIX MARTEL NOEL OLIVIER "
        "PERROT QUINET ROUSSEL SIMON TESSIER URBAIN VIDAL WEBER YVON".split()
    ),
    numbers={"main": "", "shop": "IT60X0542811101000000123456", "reserve": "IT60X0542811101000000998877"},
    spoken={
        "main": "releve",
        "shop": "IT60X0542811101000000123456",
        "reserve": "IT60X0542811101000000998877",
    },
    seed=SEED,
    takings=98_000,
    silent=frozenset({"shop_to_main"}),
)


def write(root: Path) -> World:
    """A French bank's exports and an Italian one's."""
    return write_cash(root, FORM)
