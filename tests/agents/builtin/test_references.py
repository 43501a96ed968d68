"""What numbers refer to has a name, and they have no size; the day of a thing itself comes before later ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.builtin.schema.index import index_of
from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agents.builtin.conftest import Ask

Rows = list[list[str]]
Tables = dict[str, tuple[str, str]]

_KENNEL: Tables = {
    "trainers": (
        "trainer_id INTEGER, full_name VARCHAR, town VARCHAR",
        "1,Ada Moor,Leeds\n2,Ben Hale,York\n3,Cy Dunn,York\n",
    ),
    "sponsors": ("sponsor_id INTEGER, sponsor VARCHAR, city VARCHAR", "1,Bonehouse,Hull\n2,Woof Ltd,York\n"),
    "dogs": (
        "dog_id INTEGER, dog_name VARCHAR, home_trainer_id INTEGER, sponsor_id INTEGER",
        "1,Rex,1,1\n2,Fly,1,\n3,Moss,1,2\n4,Tess,2,2\n5,Glen,2,\n6,Nell,,1\n",
    ),
    "walks": (
        "walk_id INTEGER, dog_id INTEGER, leading_trainer_id INTEGER, walked_on DATE",
        "1,1,2,2023-01-02\n2,1,2,2023-01-03\n3,2,1,2023-02-02\n4,3,3,2023-02-03\n5,4,2,2024-01-05\n",
    ),
}
_POSTE: Tables = {
    "clienti": (
        "id_cliente INTEGER, ragione_sociale VARCHAR, citta VARCHAR",
        "1,Forno Gallo,Lecce\n2,Sarti,Bari\n3,Oreficeria Blu,Lecce\n",
    ),
    "spedizioni": (
        "id_spedizione INTEGER, id_mittente INTEGER, id_destinatario INTEGER, peso_kg DECIMAL(8,2)",
        "1,1,2,5\n2,1,3,6\n3,1,2,7\n4,2,1,8\n5,3,2,9\n",
    ),
}
_WERKSTATT: Tables = {
    "kunden": ("kunden_nr INTEGER, kundenname VARCHAR, ort VARCHAR", "1,Ahrens,Kiel\n2,Bock,Ulm\n3,Cordes,Ulm\n"),
    "auftraege": (
        "auftrag_nr INTEGER, auftraggeber_nr INTEGER, rechnungsempfaenger_nr INTEGER, stunden INTEGER",
        "1,1,2,5\n2,1,3,6\n3,1,2,7\n4,2,1,8\n5,3,2,9\n",
    ),
}


@pytest.fixture
def typed(tmp_path: Path) -> Callable[[Tables], FolderView]:
    """A view over tables given as (columns with types, rows)."""

    def make(tables: Tables) -> FolderView:
        for name, (columns, rows) in tables.items():
            head = ",".join(column.split()[0] for column in columns.split(", "))
            (tmp_path / f"{name}.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
        statements = [f'CREATE TABLE "{name}" ({columns});' for name, (columns, _) in tables.items()]
        (tmp_path / "_schema.sql").write_text("\n".join(statements), encoding="utf-8")
        return FolderView(tmp_path)

    return make


def _rows(view: FolderView, answer: Draft | Question | Refusal) -> Rows:
    return [[str(value) for value in row] for row in rows_of(view, answer)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("dogs per home trainer", [["Ada Moor", "3"], ["Ben Hale", "2"]]),
        ("walks per leading trainer", [["Ben Hale", "3"], ["Ada Moor", "1"], ["Cy Dunn", "1"]]),
        ("home trainers with more than 2 dogs", [["Ada Moor"]]),
        ("leading trainer with the most walks", [["Ben Hale"]]),
        ("dogs without a sponsor", [["Fly"], ["Glen"]]),
        ("how many dogs have no sponsor", [["2"]]),
        ("dogs without a home trainer", [["Nell"]]),
        ("sponsors without dogs", []),
        (
            "sponsor of each dog",
            [["Moss", "Woof Ltd"], ["Nell", "Bonehouse"], ["Rex", "Bonehouse"], ["Tess", "Woof Ltd"]],
        ),
        (
            "list dogs with their home trainer",
            [
                ["Fly", "Ada Moor"],
                ["Glen", "Ben Hale"],
                ["Moss", "Ada Moor"],
                ["Nell", "None"],
                ["Rex", "Ada Moor"],
                ["Tess", "Ben Hale"],
            ],
        ),
    ],
)
def test_what_a_number_refers_to_is_shown_by_its_name(
    ask: Ask, typed: Callable[[Tables], FolderView], question: str, expected: Rows
) -> None:
    view = typed(_KENNEL)
    assert _rows(view, ask(question, view)) == expected


def test_a_key_is_shown_where_it_is_asked_for(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    view = typed(_KENNEL)
    assert _rows(view, ask("number of dogs by home trainer id", view))[0] == ["1", "3"]


@pytest.mark.parametrize(
    "question",
    ["dogs with home trainer id above 1", "average sponsor id"],
)
def test_numbers_that_tell_rows_apart_are_never_measured(
    ask: Ask, typed: Callable[[Tables], FolderView], question: str
) -> None:
    assert not isinstance(ask(question, typed(_KENNEL)), Draft)


def test_the_part_that_is_said_tells_by_which_column_rows_belong_together(
    ask: Ask, typed: Callable[[Tables], FolderView]
) -> None:
    view = typed(_KENNEL)
    assert _rows(view, ask("walks per home trainer", view)) == [["Ada Moor", "4"], ["Ben Hale", "1"]]


def test_a_part_that_the_query_does_not_go_by_is_refused(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    assert isinstance(ask("how many home trainers are there", typed(_KENNEL)), Refusal)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("spedizioni per mittente", [["Forno Gallo", "3"], ["Sarti", "1"], ["Oreficeria Blu", "1"]]),
        ("peso totale per destinatario", [["Sarti", "21.00"], ["Forno Gallo", "8.00"], ["Oreficeria Blu", "6.00"]]),
        ("destinatari con più di 2 spedizioni", [["Sarti"]]),
    ],
)
def test_roles_in_italian_are_shown_by_name(
    ask: Ask, typed: Callable[[Tables], FolderView], question: str, expected: Rows
) -> None:
    view = typed(_POSTE)
    assert _rows(view, ask(question, view)) == expected


@pytest.mark.parametrize("question", ["clienti con più di 2 spedizioni", "customers with more than 2 shipments"])
def test_a_number_of_things_is_never_compared_with_a_key(
    ask: Ask, typed: Callable[[Tables], FolderView], question: str
) -> None:
    assert isinstance(ask(question, typed(_POSTE)), Question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Aufträge pro Auftraggeber", [["Ahrens", "3"], ["Bock", "1"], ["Cordes", "1"]]),
        ("Anzahl Aufträge je Rechnungsempfänger", [["Bock", "3"], ["Ahrens", "1"], ["Cordes", "1"]]),
        ("Rechnungsempfänger mit mehr als 2 Aufträgen", [["Bock"]]),
    ],
)
def test_roles_in_german_are_shown_by_name(
    ask: Ask, typed: Callable[[Tables], FolderView], question: str, expected: Rows
) -> None:
    view = typed(_WERKSTATT)
    assert _rows(view, ask(question, view)) == expected


def test_an_id_before_its_noun_is_an_id(typed: Callable[[Tables], FolderView]) -> None:
    columns = index_of(typed(_POSTE)).schema.columns
    assert columns["spedizioni", "id_mittente"].words == ("sender", "id")
    assert columns["spedizioni", "id_destinatario"].is_id


def test_a_short_name_refers_to_the_table_whose_key_begins_with_it(typed: Callable[[Tables], FolderView]) -> None:
    view = typed(
        {
            "cook": ("k_id INTEGER, k_nm VARCHAR", "1,Ann\n2,Bo\n3,Cy\n"),
            "menu": ("m_id INTEGER, m_nm VARCHAR, head_k INTEGER", "1,Fish,1\n2,Pie,2\n3,Stew,1\n4,Soup,2\n"),
        }
    )
    assert [(j.columns, j.parent) for j in index_of(view).schema.joins] == [(("head_k",), "cook")]


def _bills(day: str, form: str) -> Tables:
    rows = "".join(f"{n},{form.format(y=2022 + n % 2, m=n, d=n + 12)},2023-0{n}-11,{n * 10}\n" for n in range(1, 9))
    return {"fatture": (f"id_fattura INTEGER, {day} VARCHAR, pagata_il DATE, totale INTEGER", rows)}


def test_the_day_of_the_thing_itself_counts_though_it_is_text(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    view = typed(_bills("data_fattura", "{y}-{m:02}-{d:02}"))
    assert _rows(view, ask("quante fatture nel 2023", view)) == [["4"]]
    assert _rows(view, ask("quante fatture pagate nel 2023", view)) == [["8"]]


@pytest.mark.parametrize("form", ["{d} brumaio {y}", "{y}-{m:02}-{d:02} h 10", "den {d}.{m}.23", "{y}{m:02}{d:02}"])
@pytest.mark.parametrize("question", ["fatture del 2023", "totale delle fatture per mese", "invoices of 2023"])
def test_another_day_never_stands_in_for_one_that_cannot_be_read(
    ask: Ask, typed: Callable[[Tables], FolderView], form: str, question: str
) -> None:
    assert not isinstance(ask(question, typed(_bills("data", form))), Draft)


def test_days_as_whole_numbers_are_days_that_cannot_be_read(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    tables = _bills("data", "{y}{m:02}{d:02}")
    columns, rows = tables["fatture"]
    view = typed({"fatture": (columns.replace("data VARCHAR", "data INTEGER"), rows)})
    assert not isinstance(ask("quante fatture nel 2023", view), Draft)


@pytest.mark.parametrize(
    "question", ["latest invoice", "invoices per year", "in which month were there most invoices?"]
)
def test_no_order_or_course_is_by_another_day(ask: Ask, typed: Callable[[Tables], FolderView], question: str) -> None:
    assert not isinstance(ask(question, typed(_bills("data", "{d} brumaio {y}"))), Draft)


def test_where_two_other_days_are_left_it_is_asked_which(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    rows = "".join(f"{n},{n} brumaio 2023,2023-0{n}-11,2023-0{n}-21\n" for n in range(1, 9))
    view = typed({"fatture": ("id_fattura INTEGER, data VARCHAR, pagata_il DATE, scade_il DATE", rows)})
    answer = ask("fatture di maggio 2023", view)
    assert isinstance(answer, Question)
    assert {option.value for option in answer.options} == {"fatture.pagata_il", "fatture.scade_il"}
    answered = ask("fatture di maggio 2023", view, answers={answer.key: "fatture.pagata_il"})
    assert _rows(view, answered) == [["5"]]


def test_the_day_of_issue_comes_before_the_day_of_payment(ask: Ask, typed: Callable[[Tables], FolderView]) -> None:
    view = typed(
        {
            "bills": (
                "bill_id INTEGER, paid_on DATE, issued_on DATE, total INTEGER",
                "1,2023-02-01,2022-12-01,5\n2,2023-03-01,2023-01-01,6\n3,2024-01-03,2023-12-03,7\n",
            )
        }
    )
    assert _rows(view, ask("total of bills in 2023", view)) == [["13"]]
    assert _rows(view, ask("total of bills paid in 2023", view)) == [["11"]]
