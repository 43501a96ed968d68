"""A word is held by what the query has, and what the query groups by or leaves out was said."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.contract import Draft, Question, Refusal

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_YARD = {
    "depots": "id,depot_name,city,slots\n1,North,Rome,40\n2,South,Oslo,60\n3,Quay,Rome,20\n",
    "wagons": (
        "id,code,wagon_kind,depot_id,weekly_fee,marke,genre\n1,W-1,box,1,90,Fiat,steel\n2,W-2,flat,1,120,Opel,\n"
        "3,W-3,box,2,80,Fiat,wood\n4,W-4,tank,,150,Saab,steel\n"
    ),
    "drivers": (
        "id,full_name,boss_id,GuildSince,depot_id\n1,Ana Reyes,,2023-01-05,1\n2,Bo Lund,1,,1\n"
        "3,Cy Marsh,1,2024-02-01,2\n4,Di Okoro,2,,3\n"
    ),
    "hauls": (
        "id,driver_id,wagon_id,hauled_on,status,tons\n1,1,1,2024-01-05,done,5\n2,1,2,2024-02-05,cancelled,6\n"
        "3,2,1,2024-02-06,done,7\n4,3,3,2024-03-06,done,8\n5,3,4,2024-03-08,done,9\n6,2,4,2024-03-09,done,3\n"
        "7,2,4,2024-03-10,done,4\n8,4,4,2024-03-11,done,1\n"
    ),
}
_BOSSES = [("Ana Reyes", None), ("Bo Lund", "Ana Reyes"), ("Cy Marsh", "Ana Reyes"), ("Di Okoro", "Bo Lund")]


@pytest.fixture
def yard(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_YARD)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        # What is counted is no grouping beside the one that was asked for.
        (
            "Wagons by wagon kind: how many and their average weekly fee",
            [("box", 2, 85), ("flat", 1, 120), ("tank", 1, 150)],
        ),
        ("List depots by city: how many of each and their total slots", [("Oslo", 1, 60), ("Rome", 2, 60)]),
        # What is theirs is shown, and nobody is left out for lacking it.
        ("List each driver with their boss's name", _BOSSES),
        ("List each driver with their manager's name", _BOSSES),
        ("List the drivers and their bosses", _BOSSES),
        ("Show each driver together with their supervisor", _BOSSES),
        # All that tie.
        ("Top 2 drivers by number of hauls, ties included", [("Bo Lund", 3), ("Ana Reyes", 2), ("Cy Marsh", 2)]),
        ("Top 2 drivers by number of hauls (including ties)", [("Bo Lund", 3), ("Ana Reyes", 2), ("Cy Marsh", 2)]),
        ("Top 2 drivers by number of hauls with ties", [("Bo Lund", 3), ("Ana Reyes", 2), ("Cy Marsh", 2)]),
        ("Top 1 drivers by number of hauls", [("Bo Lund", 3)]),
        # All together are one figure.
        ("How many slots do we have across all depots?", [(120,)]),
        ("How many slots over all depots?", [(120,)]),
        ("How many slots do we have in all depots together?", [(120,)]),
        ("Total weekly fee of all wagons combined", [(440,)]),
        ("Total slots in each city across all depots", [("Oslo", 60), ("Rome", 60)]),
        # Those that are shown too are added.
        ("List the wagon codes; show those without a genre too", [("W-1",), ("W-2",), ("W-3",), ("W-4",)]),
        ("Number of wagons per genre; show those without a genre too", [("steel", 2), ("wood", 1), (None, 1)]),
        ("Number of wagons per depot; include depots with no wagons too", [("North", 2), ("South", 1), ("Quay", 0)]),
        # What is told apart.
        ("How many different cities are there among our depots?", [(2,)]),
        ("How many drivers joined the guild in 2023?", [(1,)]),
    ],
)
def test_what_the_words_license_is_answered(
    ask: Ask, yard: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    drafted = ask(question, yard)
    assert isinstance(drafted, Draft), drafted
    assert sorted(map(tuple, rows_of(yard, drafted)), key=str) == sorted(rows, key=str)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("List wagons by kind: how many of each and their average weekly fee", "kind"),
        ("How many different makes are there among the wagons on our books?", "makes"),
        ("Number of different makes of wagons", "makes"),
        ("Which makes are there among the wagons?", "makes"),
        ("List the different makes of our wagons", "makes"),
        ("Show every driver and who they report to", "and who"),
        ("List drivers with their hauls in 2024", "hauls"),
        ("List each driver with depot", "depot"),
        ("List wagons, ties included", "ties"),
        ("Top 2 drivers by number of hauls, no ties", "ties"),
        ("Average slots across our depots", "depots"),
        ("Total tons across every depot", "across"),
        ("Number of wagons across all depots", "without depots"),
        ("How many drivers are in the guild?", "guild"),
        ("Which drivers are guilds?", "guilds"),
        ("How many drivers belong to a guild?", "guild"),
        ("Number of wagons per depot; also show those without a depot", "included too"),
        ("Number of hauls per wagon, cancelled ones excluded; show those without hauls too", "without any"),
        ("Which drivers have no boss as well as no hauls?", "lacking"),
        ("List drivers without a boss too", "included too"),
        ("Hauls that took longer than the average haul - how many?", "longer"),
        ("How many wagons are older than the average wagon?", "older"),
    ],
)
def test_what_the_query_does_not_hold_is_put_to_the_person(
    ask: Ask, yard: FolderView, question: str, names: str
) -> None:
    drafted = ask(question, yard)
    assert not isinstance(drafted, Draft), drafted.reading
    told = drafted.text if isinstance(drafted, Question) else drafted.message
    assert names in told.lower()


def test_ties_of_a_ranking_come_in_its_order(ask: Ask, yard: FolderView) -> None:
    drafted = ask("Top 2 drivers by number of hauls, ties included", yard)
    assert isinstance(drafted, Draft)
    assert [row[1] for row in rows_of(yard, drafted)] == [3, 2, 2]


def test_words_in_any_order_are_answered_asked_about_or_refused(ask: Ask, yard: FolderView) -> None:
    draw = random.Random(11)
    extra = "too also their with without no across all ties different who and by each".split()
    said = [
        "Which drivers with no guild have hauls and their depot",
        "How many more hauls were done in the second half of 2024 than in the first half",
        "List each driver with their boss and the tons per wagon kind",
    ]
    for question in said * 15:
        words = [*question.split(), *draw.sample(extra, 2)]
        draw.shuffle(words)
        for text in (" ".join(words), f"{question} and their", " ".join(words[2:])):
            assert isinstance(ask(text, yard), Draft | Question | Refusal)
