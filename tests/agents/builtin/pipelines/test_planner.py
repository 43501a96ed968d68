"""Requests for pipelines on small tables: what is planned computes what was asked, and what is unclear is asked."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request, Turn
from memory.workspace import Workspace
from spec.codec import to_yaml
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
PEOPLE = (
    "id,name,email,city\n1, Ann ,ann@x.com,Rome\n2,Ann,ANN@x.com,Rome\n3,Bob,,Oslo\n4,Cy,,Rome\n5,Dee,dee@x.com,Oslo\n"
)
SALES = "sale_id,person_id,amount,sold_on\n1,1,10.50,2026-07-01\n2,1,4.50,2026-08-01\n3,5,7.25,2026-08-02\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small tables."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (data / "sales.csv").write_text(SALES, encoding="utf-8")
    return data


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A workspace of one person."""
    return context_of(Workspace(tmp_path / "workspace", NOW), "marta")


def planned(context: Context, data: Path, text: str, **answers: str) -> Draft | Question | Refusal:
    """One turn of planning."""
    with open_data([str(data)], context) as view:
        return draft(Request(text=text, now=NOW, timezone="Europe/Rome", answers=answers, want="pipeline"), view)


def result(context: Context, data: Path, found: Draft | Question | Refusal, file: str) -> list[list[str]]:
    """Run the draft and read one of its files, header first."""
    assert isinstance(found, Draft), found
    spec = data / "spec.yaml"
    spec.write_text(to_yaml(found.spec), encoding="utf-8")
    done = run(context, spec, now=NOW, out=data / "out")
    assert done.status == "succeeded", done.message
    with (data / "out" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_rows_without_the_key_are_nobodys_duplicates(context: Context, folder: Path) -> None:
    text = "Clean people.csv: remove duplicates by email and save it as clean.csv"
    found = planned(context, folder, text, same_text="no")
    assert [row[0] for row in result(context, folder, found, "clean.csv")[1:]] == ["1", "2", "3", "4", "5"]


def test_texts_that_differ_in_capitals_are_asked_about(context: Context, folder: Path) -> None:
    text = "Clean people.csv: remove duplicates by email and save it as clean.csv"
    asked = planned(context, folder, text)
    assert isinstance(asked, Question)
    assert asked.key == "same_text"
    rows = result(context, folder, planned(context, folder, text, same_text="yes"), "clean.csv")
    assert rows[0] == ["id", "name", "email", "city"]
    assert sorted(row[0] for row in rows[1:]) == ["1", "3", "4", "5"]


def test_trimming_comes_before_comparing(context: Context, folder: Path) -> None:
    text = "Clean people.csv: remove duplicates by name, trim the names, and save it as clean.csv"
    found = planned(context, folder, text, same_text="yes")
    rows = result(context, folder, found, "clean.csv")
    assert sorted(row[1] for row in rows[1:]) == ["Ann", "Bob", "Cy", "Dee"]


def test_a_question_becomes_a_file_on_a_schedule_with_its_promise(context: Context, folder: Path) -> None:
    text = "number of people per city, save it as cities.csv every Monday at 9; make sure that id is unique"
    found = planned(context, folder, text)
    assert isinstance(found, Draft), found
    assert found.spec.schedule is not None
    assert (found.spec.schedule.cron, found.spec.schedule.timezone) == ("0 9 * * 1", "Europe/Rome")
    assert [(check.check, check.on, check.params) for check in found.spec.checks] == [
        ("unique", "people", {"columns": ["id"]})
    ]
    unscheduled = found.model_copy(update={"spec": found.spec.model_copy(update={"schedule": None})})
    rows = result(context, folder, unscheduled, "cities.csv")
    assert sorted(tuple(row) for row in rows[1:]) == [("Oslo", "2"), ("Rome", "3")]


def test_what_is_computed_reads_the_cleaned_rows(context: Context, folder: Path) -> None:
    text = "drop rows without email, number of people per city, save as cities.csv"
    rows = result(context, folder, planned(context, folder, text), "cities.csv")
    assert sorted(tuple(row) for row in rows[1:]) == [("Oslo", "1"), ("Rome", "2")]


def test_a_promise_nobody_understands_is_said_and_nothing_is_planned(context: Context, folder: Path) -> None:
    found = planned(context, folder, "number of people per city, save as c.csv; make sure that the moon is full")
    assert isinstance(found, Refusal)
    assert "the moon is full" in found.message


def test_a_column_that_is_not_there_is_named(context: Context, folder: Path) -> None:
    found = planned(context, folder, "Clean people.csv: remove duplicates by phone number and save it as clean.csv")
    assert isinstance(found, Refusal)
    assert "phone number" in found.message


def test_with_several_tables_and_none_named_the_table_is_asked_for(context: Context, folder: Path) -> None:
    asked = planned(context, folder, "remove duplicate rows and save as out.csv")
    assert isinstance(asked, Question)
    assert asked.key == "table"
    assert [option.value for option in asked.options] == ["people", "sales"]
    found = planned(context, folder, "remove duplicate rows and save as out.csv", table="sales")
    assert len(result(context, folder, found, "out.csv")) == 4


def test_a_table_in_a_database_needs_the_row_to_merge_by(context: Context, folder: Path) -> None:
    found = planned(context, folder, "merge people into the table people of warehouse.duckdb")
    assert isinstance(found, Refusal)
    keyed = planned(context, folder, "merge people into the table people of warehouse.duckdb by id")
    assert isinstance(keyed, Draft)
    (load,) = keyed.spec.loads
    assert (load.connector, load.location, load.table, load.write, load.primary_key) == (
        "duckdb", "warehouse.duckdb", "people", "merge", ("id",),
    )  # fmt: skip
    assert keyed.spec.allow.tables == ("warehouse.duckdb/people",)


@pytest.mark.parametrize("answer", ["sales", "2", "the sales one", "the sales table please"])
def test_the_table_is_answered_in_the_owners_words(context: Context, folder: Path, answer: str) -> None:
    found = planned(context, folder, "remove duplicate rows and save as out.csv", table=answer)
    assert isinstance(found, Draft)
    assert set(found.spec.sources) == {"sales"}


@pytest.mark.parametrize("said", ["email it to boss@example.com", "call me", "print it"])
def test_what_a_plan_cannot_do_is_refused_and_quoted(context: Context, folder: Path, said: str) -> None:
    found = planned(context, folder, f"number of people per city, save as c.csv and {said}")
    assert isinstance(found, Refusal)
    assert said in found.message


def test_a_rhythm_that_no_schedule_has_is_refused(context: Context, folder: Path) -> None:
    found = planned(context, folder, "number of people per city, save as c.csv every second Tuesday")
    assert isinstance(found, Refusal)
    assert "every second Tuesday" in found.message


@pytest.mark.parametrize(
    "said", ["every Monday at 9 please", "and do that every Monday at 9", "the same, Mondays at 9"]
)
def test_a_plan_asked_for_again_at_set_times_is_the_same_plan(context: Context, folder: Path, said: str) -> None:
    first = planned(context, folder, "number of people per city, save it as cities.csv")
    assert isinstance(first, Draft)
    turn = Turn(request=first.spec.request, reading=first.reading, spec=first.spec)
    request = Request(text=said, now=NOW, timezone="Europe/Rome", history=(turn,), want="pipeline")
    with open_data([str(folder)], context) as view:
        again = draft(request, view)
    assert isinstance(again, Draft), again
    assert again.spec.schedule is not None
    assert again.spec.schedule.cron == "0 9 * * 1"
    assert (again.spec.steps, again.spec.outputs) == (first.spec.steps, first.spec.outputs)


def test_a_turn_that_asks_for_more_than_a_time_is_planned_anew(context: Context, folder: Path) -> None:
    first = planned(context, folder, "number of people per city, save it as cities.csv")
    assert isinstance(first, Draft)
    turn = Turn(request=first.spec.request, reading=first.reading, spec=first.spec)
    said = "number of sales, save it as sales_count.csv every Monday"
    request = Request(text=said, now=NOW, timezone="Europe/Rome", history=(turn,), want="pipeline")
    with open_data([str(folder)], context) as view:
        again = draft(request, view)
    assert isinstance(again, Draft)
    assert [output.file for output in again.spec.outputs] == ["sales_count.csv"]


def test_rows_asked_for_without_naming_columns_are_saved_whole(context: Context, folder: Path) -> None:
    rows = result(
        context, folder, planned(context, folder, "all sales over 5 in August 2026, save as big.csv"), "big.csv"
    )
    assert rows[0] == ["sale_id", "person_id", "amount", "sold_on"]
    assert [row[0] for row in rows[1:]] == ["3"]


def test_a_column_that_is_asked_for_is_saved_alone(context: Context, folder: Path) -> None:
    rows = result(context, folder, planned(context, folder, "emails of people in Oslo, save as mail.csv"), "mail.csv")
    assert rows[0] == ["email"]


def test_a_form_without_a_name_gives_a_file_of_that_form(context: Context, folder: Path) -> None:
    for words, file in (
        ("make an excel of total amount per person_id", "result.xlsx"),
        ("the people as csv", "result.csv"),
    ):
        found = planned(context, folder, words)
        assert isinstance(found, Draft), words
        assert [output.file for output in found.spec.outputs] == [file]
        assert found.spec.request == words


def test_a_form_that_is_not_written_is_refused_by_its_name(context: Context, folder: Path) -> None:
    found = planned(context, folder, "total amount per person_id in a pdf every Monday")
    assert isinstance(found, Refusal)
    assert "pdf" in found.message


def test_three_tables_are_joined_each_on_what_it_shares(context: Context, folder: Path) -> None:
    (folder / "cities.csv").write_text("city,country\nRome,IT\nOslo,NO\n", encoding="utf-8")
    text = "join sales with people by person_id = id and cities by city and save as all.csv"
    rows = result(context, folder, planned(context, folder, text), "all.csv")
    assert sorted((row[0], row[-1]) for row in rows[1:]) == [("1", "IT"), ("2", "IT"), ("3", "NO")]


def test_tables_that_cannot_be_put_together_are_no_columns(context: Context, folder: Path) -> None:
    for text in ("join sales with the weather and save as x.csv", "merge people and sales somehow, save as x.csv"):
        assert not isinstance(planned(context, folder, text), Draft), text


def test_groups_over_joined_tables_are_proven_to_add_up(context: Context, folder: Path) -> None:
    whole = planned(context, folder, "total amount by city, save as cities.csv")
    assert isinstance(whole, Draft)
    (check,) = whole.spec.checks
    assert (check.check, check.severity) == ("reconcile", "warn")
    rows = result(context, folder, whole, "cities.csv")
    assert rows == [["city", "total_amount"], ["Rome", "15.00"], ["Oslo", "7.25"]]


def test_rows_that_are_lost_on_the_way_to_their_group_are_told(context: Context, folder: Path) -> None:
    with (folder / "sales.csv").open("a", encoding="utf-8") as file:
        file.write("4,,100.00,2026-08-03\n")
    drafted = planned(context, folder, "total amount by city, save as cities.csv")
    assert isinstance(drafted, Draft)
    spec = folder / "spec.yaml"
    spec.write_text(to_yaml(drafted.spec), encoding="utf-8")
    done = run(context, spec, now=NOW, out=folder / "out")
    assert done.status == "succeeded", done.message
    (proof,) = [one for one in done.checks if one.check == "reconcile"]
    assert not proof.passed
    assert "-100.00" in str(proof.model_dump())


def test_groups_of_one_table_have_nothing_to_prove(context: Context, folder: Path) -> None:
    drafted = planned(context, folder, "total amount per month, save as months.csv")
    assert isinstance(drafted, Draft)
    assert drafted.spec.checks == ()
