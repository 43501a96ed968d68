"""Other languages: schemas and questions in German, Italian, Spanish and French."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.builtin.language.tongues import languages, names_translator, translated
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

_GERMAN = {
    "kunden": "kunden_id,vorname,nachname,stadt\n1,Ada,Ohm,Bonn\n2,Udo,Ast,Kiel\n3,Eva,Uhl,Bonn\n",
    "filialen": "filial_id,bezeichnung\n1,Nord\n2,Hafen\n",
    "bestellungen": (
        "bestell_nr,kunden_id,filial_id,bestelldatum,gesamtbetrag,status,bezahlt_am\n"
        "11,1,1,2024-05-02,10.50,versandt,2024-05-09\n12,1,2,2024-05-20,30.00,storniert,\n"
        "13,2,2,2024-04-11,55.25,versandt,\n"
    ),
}
_ITALIAN = {
    "clienti": "cliente_id,nome,cognome\n1,Ada,Rossi\n2,Ugo,Verdi\n3,Eva,Neri\n",
    "ordini": (
        "ordine_id,cliente_id,data_ordine,importo\n1,1,2024-05-02,10.5\n2,1,2024-04-03,20.0\n3,2,2024-05-09,7.25\n"
    ),
}
_SPANISH = {
    "clientes": "cliente_id,nombre,ciudad\n1,Ada,Vigo\n2,Leo,Cádiz\n",
    "pedidos": (
        "pedido_id,cliente_id,fecha_pedido,importe\n1,1,2024-05-02,10.5\n2,1,2024-04-03,20.0\n3,1,2024-05-09,7.25\n"
    ),
}
_FRENCH = {
    "magasins": "magasin_id,nom\n1,Gare\n2,Port\n",
    "commandes": (
        "commande_id,magasin_id,date_commande,montant\n1,1,2024-05-02,10.5\n2,2,2024-04-03,20\n3,2,2024-05-09,7.5\n"
    ),
}
_ENGLISH = {
    "customers": "customer_id,name\n1,Ada\n2,Leo\n3,Eva\n",
    "orders": "order_id,customer_id,order_date,amount\n1,1,2024-05-02,10.5\n2,1,2024-04-03,20.0\n3,2,2024-05-09,7.25\n",
}


@pytest.mark.parametrize(
    ("tables", "question", "rows"),
    [
        (_GERMAN, "Wie viele Kunden gibt es?", [[3]]),
        (_GERMAN, "how many customers are there", [[3]]),
        (_GERMAN, "Umsatz pro Filiale", [["Hafen", 85.25], ["Nord", 10.5]]),
        (_GERMAN, "revenue per store", [["Hafen", 85.25], ["Nord", 10.5]]),
        (_GERMAN, "Wie viele Bestellungen gab es im letzten Monat?", [[2]]),
        (_GERMAN, "Kunden ohne Bestellung", [["Eva", "Uhl"]]),
        (_GERMAN, "stornierte Bestellungen", [[12]]),
        (_GERMAN, "Bestellungen über 50,00", [[13]]),
        (_GERMAN, "unpaid orders", [[12], [13]]),
        (_ITALIAN, "quanti ordini ci sono?", [[3]]),
        (_ITALIAN, "clienti senza ordini", [["Eva", "Neri"]]),
        (_ITALIAN, "fatturato totale di maggio 2024", [[17.75]]),
        (_SPANISH, "¿Cuántos pedidos hay?", [[3]]),
        (_SPANISH, "clientes sin pedidos", [["Leo"]]),
        (_SPANISH, "number of orders per month in 2024", [["2024-04-01", 1], ["2024-05-01", 2]]),
        (_FRENCH, "combien de commandes par magasin", [["Port", 2], ["Gare", 1]]),
        (_FRENCH, "chiffre d'affaires du mois dernier", [[18.0]]),
        (_ENGLISH, "Wie viele Kunden gibt es?", [[3]]),
        (_ENGLISH, "Kunden ohne Bestellung", [["Eva"]]),
        (_ENGLISH, "quanti ordini per cliente", [["Ada", 2], ["Leo", 1]]),
        (_ENGLISH, "clients sans commande", [["Eva"]]),
    ],
)
def test_a_question_in_one_language_is_answered_from_a_schema_in_another(
    ask: Ask,
    folder: Callable[[dict[str, str]], FolderView],
    tables: dict[str, str],
    question: str,
    rows: list[list[object]],
) -> None:
    view = folder(tables)
    found = rows_of(view, ask(question, view))
    assert [[str(v)[:10] if isinstance(v, str) else v for v in row] for row in found] == rows


def test_words_that_are_stored_are_not_translated() -> None:
    text = translated("Wie viele offene Rechnungen gibt es?", lambda word: word == "offene", lambda _word: False)
    assert text == "how many offene invoices are there?"


def test_an_english_question_stays_as_it_is() -> None:
    english = {"how", "many", "orders", "per", "die", "cast", "in", "bern"}
    assert translated("how many orders per die cast", lambda _w: False, lambda w: w in english) == (
        "how many orders per die cast"
    )


def test_two_words_of_another_language_do_not_make_a_schema_foreign() -> None:
    names = [
        "film",
        "film.genre",
        "film.note",
        "viewer",
        "viewer.seat",
        "screening",
        "screening.hall",
        "projector",
        "hall.rows",
    ]
    names += ["ticket", "usher", "popcorn", "trailer", "matinee"]
    assert names_translator(names, lambda _word: False)("genre") is None


def test_words_written_together_are_taken_apart() -> None:
    look = names_translator(["rechnungen", "kunden", "rechnungsdatum"], lambda _word: False)
    assert look("rechnungsdatum") == ("invoice", "date")


def test_every_vocabulary_says_each_thing_in_english() -> None:
    for language in languages():
        assert len(language.nouns) > 100, language.name
        assert all(english.isascii() for english in {*language.nouns.values(), *language.phrases.values()})
