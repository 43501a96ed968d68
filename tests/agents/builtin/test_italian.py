"""Italian and German as owners write them, over names and values of their language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agents.builtin.language.tongues import languages, translated
from agents.builtin.schema.index import index_of
from agents.contract import Draft

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_FORNO = {
    "clienti": "codice_cliente,ragione_sociale,citta,bloccato\n1,Bar Uno,Como,S\n2,Bar Due,Lecco,N\n3,Bar Tre,Como,N\n",
    "ordini": (
        "ordine_id,codice_cliente,data_ordine,data_prevista,data_consegna,stato,totale\n"
        "1,1,2023-01-02,2023-01-04,2023-01-05,consegnato,100.50\n2,1,2023-02-02,2023-02-04,2023-02-03,annullato,50.00\n"
        "3,2,2024-01-02,2024-01-04,2024-01-04,consegnato,150.00\n"
    ),
    "prodotti": (
        "codice_prodotto,descrizione,prezzo_unitario,costo,scorta,scorta_minima\n1,Pane,2.5,1,5,10\n2,Torta,9,4,9,3\n"
    ),
}


@pytest.fixture
def forno(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_FORNO)


def sql(answer: object) -> str:
    assert isinstance(answer, Draft), answer
    return " ".join(str(answer.spec.steps[-1].params["query"]).split())


def test_the_head_of_a_name_comes_first(forno: FolderView) -> None:
    columns = index_of(forno).schema.columns
    assert columns["ordini", "data_ordine"].words == ("order", "date")
    assert columns["prodotti", "prezzo_unitario"].words == ("unit", "price")
    assert columns["clienti", "codice_cliente"].words == ("customer", "code")


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Quanti clienti sono bloccati?", "\"bloccato\" = 'S'"),
        ("ordini annullati", "\"stato\" = 'annullato'"),
        ("How many orders were cancelled?", "\"stato\" = 'annullato'"),
        ("ordini con totale tra 60 e 120 euro", '"totale" <= 120'),
        ("prezzo medio dei prodotti", 'AVG("prodotti"."prezzo_unitario")'),
        ("prodotti con scorta inferiore alla scorta minima", '"scorta" < "prodotti"."scorta_minima"'),
        ("quanti ordini sono stati consegnati in ritardo?", '"data_consegna" > "ordini"."data_prevista"'),
        ("clienti che non hanno mai ordinato", "NOT EXISTS"),
    ],
)
def test_questions_in_italian(ask: Ask, forno: FolderView, question: str, part: str) -> None:
    assert part in sql(ask(question, forno))


def test_an_accent_tells_two_words_apart() -> None:
    italian = next(one for one in languages() if one.name == "italian")
    assert (italian.phrases["e"], italian.phrases["è"]) == ("and", "is")


def test_a_german_clause_with_its_verb_at_the_end_is_a_relative_clause() -> None:
    def no(_word: str) -> bool:
        return False

    assert translated("Kunden, die gekündigt haben", no, no).startswith("customers, which cancelled have")
    assert "which" not in translated("Zeige die Kunden, die Rechnungen und die Zahlungen", no, no)
