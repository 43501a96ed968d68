"""How owners write in a chat, over the little tables of a pottery studio; what would be read wrongly is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.builtin.language.chatter import without_chatter
from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_STUDIO = {
    "customers": (
        "cust_no,cust_nm,town,dt_reg,birth_dt\n"
        "1,Ana Silva,Graz,2023-01-05,1980-02-01\n2,Ben Koch,Graz,2023-06-07,1999-03-04\n"
        "3,Ana Silva,Linz,2024-02-11,1961-09-30\n4,Dora Wirth,Wels,2024-03-20,\n"
    ),
    "kilns": (
        "kiln_no,model_nm,wt_kg\n"
        + "".join(f"K{n:02},{'Vulcan' if n % 2 else 'Ember'},{40 + n}\n" for n in range(1, 25))
    ),
    "firings": (
        "firing_no,cust_no,kiln_no,out_ts,back_ts,due_ts,kind,status,fee_eur,disc_pct\n"
        "1,1,K01,2024-05-06 08:30:00,2024-05-06 14:30:00,2024-05-06 15:00:00,glaze,paid,40,0\n"
        "2,1,K02,2024-05-11 10:00:00,2024-05-11 12:00:00,2024-05-11 13:00:00,bisque,open,25,10\n"
        "3,3,K01,2024-05-11 17:00:00,2024-05-12 05:00:00,2024-05-12 06:00:00,glaze,open,60,0\n"
        "4,2,K03,2024-06-01 09:00:00,,2024-06-01 18:00:00,glaze,paid,30,0\n"
        "5,1,K24,2024-06-08 11:00:00,2024-06-08 15:00:00,2024-06-08 15:00:00,bisque,waived,20,5\n"
    ),
    "shelf": "glaze_cd,glaze,unit_price,qty_on_hand\nG1,Celadon,4.50,10\nG2,Tenmoku,6.00,0\nG3,Shino,5.00,2\n",
}


def _rows(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    assert isinstance(drafted, Draft), drafted
    return [tuple(row) for row in rows_of(view, drafted)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("busiest weekday?", [("Saturday",)]),
        ("which day of the week is busiest", [("Saturday",)]),
        ("firings by weekday", [("Monday", 1), ("Saturday", 4)]),
        ("how many firings started before 10am", [(2,)]),
        ("how many firings start after 4 pm", [(1,)]),
        ("firings per hour", [(8, 1), (9, 1), (10, 1), (11, 1), (17, 1)]),
        ("hi! quick one, how much did we take in may", [(125,)]),
        ("what did we earn in june 2024?", [(50,)]),
        ("how much is still open?", [(85,)]),
        ("our accountant asks: top 2 customers by what they spent, thanks", [("Ana Silva", 85), ("Ana Silva", 60)]),
        ("who hasn't been in since June", [("Ana Silva",), ("Dora Wirth",)]),
        ("customers nobody ever fired a pot for", None),
        ("how long is the average firing", [(6.0,)]),
        ("average length of a glaze in hours", [(9.0,)]),
        ("longest firing", [(3,)]),
        ("how many firings of more than 5 hours", [(2,)]),
        ("whos our oldest customer", [("Ana Silva",)]),
        ("who had 2 or more firings so far", [("Ana Silva",)]),
        ("average number of firings per customer", [(pytest.approx(5 / 3),)]),
        ("which glazes are out of stock", [("Tenmoku",)]),
        ("heaviest kiln", [("K24", "Ember")]),
        ("how did revenue in May 2024 compare to June 2024", [(125, 50)]),
        ("new customers this year vs last year", [(2, 2)]),
    ],
)
def test_everyday_words_are_understood(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]] | None
) -> None:
    view = folder(_STUDIO)
    drafted = ask(question, view)
    if rows is None:
        assert not isinstance(drafted, Draft)
    else:
        assert _rows(view, drafted) == rows


@pytest.mark.parametrize(
    "question",
    [
        "who are our best customers",  # no column says who is good
        "who gets the most discount",  # the highest single one, or the average
        "how much is still outstanding",  # nothing is called so
        "which names do we have more than twice",  # each row is one customer
    ],
)
def test_what_would_be_answered_by_something_else_is_not_answered(ask: Ask, folder: Folder, question: str) -> None:
    assert not isinstance(ask(question, folder(_STUDIO)), Draft)


def test_a_state_that_nothing_is_called_is_asked_about_with_the_states_there_are(ask: Ask, folder: Folder) -> None:
    asked = ask("how many unpaid firings are there", folder(_STUDIO))
    assert isinstance(asked, Question)
    assert [option.value for option in asked.options] == [
        "firings.status = open",
        "firings.status = paid",
        "firings.status = waived",
        "none",
    ]
    view = folder(_STUDIO)
    answered = ask("how many unpaid firings are there", view, answers={asked.key: "firings.status = open"})
    assert _rows(view, answered) == [(2,)]
    assert isinstance(answered, Draft)
    assert "by 'unpaid' firings.status is open is meant" in answered.reading.lower()


def test_none_of_the_states_leaves_the_question_unanswered(ask: Ask, folder: Folder) -> None:
    answers = {"meaning of unpaid": "none"}
    assert isinstance(ask("how many unpaid firings are there", folder(_STUDIO), answers=answers), Refusal)


def test_of_two_sorts_of_rows_that_may_be_meant_the_person_says_which(ask: Ask, folder: Folder) -> None:
    classes = "class_no,cust_no,held_on,price\n1,1,2024-05-01,10\n2,2,2024-05-03,12\n3,2,2024-05-10,12\n"
    view = folder({**_STUDIO, "classes": classes})
    asked = ask("busiest weekday?", view)
    assert isinstance(asked, Question)
    assert len(asked.options) == 2
    chosen = next(option for option in asked.options if "classes" in option.label)
    answered = ask("busiest weekday?", view, answers={asked.key: chosen.value})
    assert _rows(view, answered) == [("Friday",)]
    assert isinstance(answered, Draft)
    assert answered.spec.request == "busiest weekday?"


@pytest.mark.parametrize("lead", ["", "what a week. "])
def test_how_many_is_one_number_and_none_for_each_day(ask: Ask, folder: Folder, lead: str) -> None:
    rows = "".join(f"{n},{n},2024-06-0{n},requested,1.50\n" for n in range(1, 7))
    items = "line_id,item\n" + "".join(f"{n},{item}\n" for n, item in enumerate("abcdef", start=1))
    view = folder({"returns": f"ret_id,line_id,dt_requested,ret_status,refund_amt\n{rows}", "lines": items})
    assert not isinstance(ask(f"{lead}how many return requests did we get so far this month", view), Draft)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("last month, how many firings did we have?", "2024-05"),
        ("weekends only... how many firings", "ISODOW"),
        ("biggest firing we had in May 2024, by fee", "2024-05"),
        ("how long does it take until a firing is collected in May 2024", "2024-05"),
    ],
)
def test_what_says_which_rows_is_never_taken_for_small_talk(ask: Ask, folder: Folder, question: str, said: str) -> None:
    drafted = ask(question, folder(_STUDIO))
    assert not isinstance(drafted, Draft) or said in str(drafted.spec.steps[-1].params["query"])


def test_what_was_born_has_no_weekday_of_business(ask: Ask, folder: Folder) -> None:
    pets = "chip,cust_no,pet,born\n1,1,Rex,2020-01-01\n2,2,Bella,2021-05-05\n3,2,Rex,2019-03-04\n"
    assert isinstance(ask("busiest weekday?", folder({**_STUDIO, "pets": pets})), Draft)


@pytest.mark.parametrize("notes", ["loud\n2,plain\n3,other", "loud\n2,loud\n3,other"])
def test_a_column_called_like_its_table_is_listed_where_it_is_named(ask: Ask, folder: Folder, notes: str) -> None:
    view = folder({"notes": f"id,note\n1,{notes}\n"})
    rows = [tuple(line.split(",")) for line in f"1,{notes}".splitlines()]
    found = rows_of(view, ask("list id and note of notes", view), whole=True)
    assert [(str(one), note) for one, note in found] == rows


def test_two_of_one_name_are_two(ask: Ask, folder: Folder) -> None:
    view = folder(_STUDIO)
    assert _rows(view, ask("how many customers have had a firing", view)) == [(3,)]


def test_what_lies_on_the_shelf_is_worth_its_pieces_times_their_price(ask: Ask, folder: Folder) -> None:
    view = folder({"stock": _STUDIO["shelf"]})
    assert _rows(view, ask("what is the total value of our stock", view)) == [(55,)]


def test_money_is_said_to_be_taken_without_the_discount_beside_it(ask: Ask, folder: Folder) -> None:
    drafted = ask("total revenue", folder(_STUDIO))
    assert isinstance(drafted, Draft)
    assert any("disc_pct not taken off" in one for one in drafted.assumptions)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hey! how many orders lol", "how many orders"),
        ("thx a lot for the help! so, how many orders", "how many orders"),
        ("phew, what a week... how many orders arent paid pls", "how many orders are not paid"),
        ("my accountant asks: how many orders", "how many orders"),
        ("last month, how many orders", "last month, how many orders"),
        ("this year: how many orders", "this year: how many orders"),
        ("weekends only... how many orders", "weekends only... how many orders"),
        ("thanks to Milano. how many orders", "thanks to Milano. how many orders"),
        ("those who asked, how many orders", "those who asked, how many orders"),
        ("orders without phone numbers", "orders without phone numbers"),
        ("just out of curiosity, total pieces sold", "total pieces sold"),
        ("orders without a customer, how many is that", "how many orders without a customer"),
        ("orders: how many?", "orders: how many?"),
        ("Milano, how many orders", "Milano, how many orders"),
        ("how many wont pay", "how many wont pay"),
    ],
)
def test_chatter_is_left_aside_and_nothing_else(text: str, plain: str) -> None:
    named = {"orders", "order", "milano", "wont", "pieces", "customer"}
    assert without_chatter(text, lambda word: word in named) == plain
