"""Names made short are understood by their letters, and words are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agents.builtin.language.abbreviations import code_of, named_by, shortens
from agents.contract import Draft

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask


@pytest.mark.parametrize(
    ("short", "word"),
    [
        ("shp", "shipment"),
        ("frt", "freight"),
        ("carr", "carrier"),
        ("wt", "weight"),
        ("lim", "limit"),
        ("rsn", "reason"),
    ],
)
def test_a_short_name_stands_for_the_word_whose_letters_it_has(short: str, word: str) -> None:
    assert shortens(short, word)


@pytest.mark.parametrize(
    ("short", "word"), [("car", "carrier"), ("id", "individual"), ("at", "abroad"), ("rate", "rated")]
)
def test_a_word_is_not_taken_for_the_beginning_of_another(short: str, word: str) -> None:
    assert not shortens(short, word)


def test_of_two_short_names_that_fit_equally_none_is_taken() -> None:
    assert named_by("planet", ["plt", "pnt"]) is None
    assert named_by("planet", ["plt"]) == "plt"


def test_a_stored_code_stands_for_its_word() -> None:
    assert code_of("DELV", "delivered")
    assert not code_of("OPEN", "delivered")


def test_a_question_in_whole_words_is_answered_from_short_names(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "mch": "mch_id,mch_nm,max_ld_kg\n1,Press A,900\n2,Press B,1200\n3,Saw,300\n",
            "rpr": "rpr_id,mch_id,dur_min,stat\n1,1,30,CLSD\n2,1,50,OPEN\n3,2,20,CLSD\n4,2,45,CLSD\n",
        }
    )
    drafted = ask("number of repairs per machine", view)
    assert isinstance(drafted, Draft)
    assert '"rpr"' in str(drafted.spec.steps[-1].params["query"])
    assert drafted.chart is not None
    assert drafted.chart.kind == "bar"


def test_what_is_counted_is_never_taken_for_a_word_that_says_little(
    ask: Ask, folder: Callable[..., FolderView]
) -> None:
    view = folder({"engine": "engine_id,engine_name\n1,A\n2,B\n"})
    assert not isinstance(ask("number of breakdowns per engine", view), Draft)
