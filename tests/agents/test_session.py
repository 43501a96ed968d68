"""The one door: questions asked and answered, conversations that go on, rights, and failures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.errors import AccessError, SpecError, UsageError
from spec.pipeline import Output, Pipeline, Step
from tools.context import Context, context_of

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
Reply = Draft | Question | Refusal


class Scripted(ModuleType):
    """A provider that says what a test tells it to, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__("agents.providers.scripted")
        self.requests: list[Request] = []
        self.reply: Callable[[Request, DataView], Reply] = lambda request, data: Refusal(message="No.")

    def draft(self, request: Request, data: DataView) -> Reply:
        self.requests.append(request)
        return self.reply(request, data)


@pytest.fixture
def planner(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    module = Scripted()
    monkeypatch.setitem(sys.modules, "agents.providers.builtin", module)
    return module


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


@pytest.fixture
def session(context: Context, tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "orders.csv").write_text("id,region,total\n1,North,10.50\n2,South,1.25\n", encoding="utf-8")
    with Session(context, clock=NOW, base=tmp_path) as opened:
        yield opened


def count_by_region(request: Request, data: DataView) -> Draft:
    steps = (
        Step.model_validate(
            {
                "id": "answer",
                "use": "sql",
                "from": "orders",
                "query": "SELECT region, total FROM orders ORDER BY region",
            }
        ),
    )
    spec = Pipeline(name="question", sources={"orders": data.sources["orders"]}, steps=steps)
    return Draft(
        spec=spec, reading="Regions with their totals.", answer="answer", assumptions=("test orders left out",)
    )


ASKED = Question(
    key="paid",
    text="Paid orders only?",
    options=(Option(label="Yes, paid only", value="paid"), Option(label="All of them", value="all")),
)


def ask_once(request: Request, data: DataView) -> Reply:
    return count_by_region(request, data) if "paid" in request.answers else ASKED


def test_an_answer_has_the_rows_the_sql_and_the_spec(session: Session, planner: Scripted) -> None:
    planner.reply = count_by_region
    document = session.ask(Message("totals?", data=("orders.csv",)))
    assert document.status == "answered"
    assert document.rows == (("North", "10.50"), ("South", "1.25"))
    assert [column.type for column in document.columns] == ["VARCHAR", "DECIMAL(18,2)"]
    assert document.assumptions == ("test orders left out",)
    assert document.sql is not None
    assert document.spec is not None


@pytest.mark.parametrize("said", ["paid", "PAID", "Yes, paid only", "1"])
def test_a_question_is_answered_by_value_label_or_place(session: Session, planner: Scripted, said: str) -> None:
    planner.reply = ask_once
    asked = session.ask(Message("totals?", data=("orders.csv",)))
    assert (asked.status, asked.question) == ("question", "Paid orders only?")
    assert [option.value for option in asked.options] == ["paid", "all"]
    answered = session.ask(Message(thread=asked.thread, answer=said))
    assert answered.status == "answered"
    assert planner.requests[-1].answers == {"paid": "paid"}
    assert planner.requests[-1].text == "totals?"


def test_an_answer_in_other_words_reaches_the_planner_as_it_was_said(session: Session, planner: Scripted) -> None:
    planner.reply = ask_once
    asked = session.ask(Message("totals?", data=("orders.csv",)))
    session.ask(Message(thread=asked.thread, answer="only those that were paid in full"))
    assert planner.requests[-1].answers == {"paid": "only those that were paid in full"}


def test_several_questions_are_settled_one_after_the_other(session: Session, planner: Scripted) -> None:
    def ask_twice(request: Request, data: DataView) -> Reply:
        for key in ("first", "second"):
            if key not in request.answers:
                return Question(key=key, text=f"{key}?")
        return count_by_region(request, data)

    planner.reply = ask_twice
    first = session.ask(Message("totals?", data=("orders.csv",)))
    second = session.ask(Message(thread=first.thread, answer="a"))
    assert (second.question, second.thread) == ("second?", first.thread)
    assert session.ask(Message(thread=first.thread, answer="b")).status == "answered"
    assert planner.requests[-1].answers == {"first": "a", "second": "b"}


def test_an_open_question_survives_the_process(session: Session, planner: Scripted, context: Context) -> None:
    planner.reply = ask_once
    asked = session.ask(Message("totals?", data=("orders.csv",)))
    context.workspace.store.close()
    reopened = Context(Workspace(context.workspace.folder, NOW), "ada")
    with Session(reopened, clock=LATER, base=Path("/")) as other:
        assert other.ask(Message(thread=asked.thread, answer="paid")).status == "answered"
    assert planner.requests[-1].now == NOW, "an answer belongs to the moment of its question"


def test_a_further_request_knows_what_was_said_before(session: Session, planner: Scripted) -> None:
    planner.reply = count_by_region
    first = session.ask(Message("totals?", data=("orders.csv",)))
    session.ask(Message("and by month?", thread=first.thread))
    last = planner.requests[-1]
    assert last.text == "and by month?"
    assert [(turn.request, turn.reading) for turn in last.history] == [("totals?", "Regions with their totals.")]
    assert last.history[0].spec is not None


def test_a_refusal_is_declined_with_its_reason(session: Session, planner: Scripted) -> None:
    planner.reply = lambda request, data: Refusal(message="There is no weather here.", hint="Add a table of it.")
    document = session.ask(Message("will it rain?", data=("orders.csv",)))
    assert (document.status, document.message) == ("declined", "There is no weather here. Add a table of it.")


def test_a_plan_that_does_not_compile_is_an_error_that_names_the_step(session: Session, planner: Scripted) -> None:
    def wrong(request: Request, data: DataView) -> Draft:
        step = Step.model_validate({"id": "answer", "use": "derive", "from": "orders", "columns": {"x": "totl * 2"}})
        return Draft(spec=Pipeline(name="q", sources={"orders": data.sources["orders"]}, steps=(step,)), reading="x")

    planner.reply = wrong
    with pytest.raises(SpecError) as caught:
        session.ask(Message("twice the total?", data=("orders.csv",)))
    assert caught.value.where["step"] == "answer"


@pytest.mark.parametrize(
    "message",
    [
        Message(),
        Message(thread="t99", answer="yes"),
        Message(answer="yes"),
        Message("and more", thread="t1", answer="yes"),
        Message(thread="t1", answer="yes"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(session: Session, planner: Scripted, message: Message) -> None:
    planner.reply = count_by_region
    session.ask(Message("totals?", data=("orders.csv",)))
    with pytest.raises(UsageError):
        session.ask(message)


def test_a_plan_is_proven_and_written_with_paths_from_its_own_folder(
    session: Session, planner: Scripted, tmp_path: Path
) -> None:
    def pipeline(request: Request, data: DataView) -> Draft:
        draft = count_by_region(request, data)
        output = Output.model_validate({"file": "totals.csv", "from": "answer"})
        return draft.model_copy(update={"spec": draft.spec.model_copy(update={"outputs": (output,)}), "answer": None})

    planner.reply = pipeline
    file = tmp_path / "plans" / "totals.yaml"
    document = session.plan(Message("totals, save it as totals.csv", data=("orders.csv",)), spec_file=file)
    assert document.status == "planned"
    assert document.proven
    assert document.rows == {"orders": 2, "answer": 2}
    assert document.spec_digest is not None
    assert [effect.target for effect in document.effects] == ["totals.csv"]
    assert "location: ../orders.csv" in file.read_text(encoding="utf-8")
    assert planner.requests[-1].want == "pipeline"


def test_a_read_option_that_the_data_leaves_open_is_asked_about(
    session: Session, planner: Scripted, tmp_path: Path
) -> None:
    rows = "".join(f"{n},0{n}/0{n + 1}/2026\n" for n in range(1, 9))
    (tmp_path / "visits.csv").write_text(f"id,day\n{rows}", encoding="utf-8")

    def days(request: Request, data: DataView) -> Draft:
        query = "SELECT max(day) AS last_day FROM visits"
        step = Step.model_validate({"id": "answer", "use": "sql", "from": "visits", "query": query})
        spec = Pipeline(name="q", sources={"visits": data.sources["visits"]}, steps=(step,))
        return Draft(spec=spec, reading="The last day.", answer="answer")

    planner.reply = days
    asked = session.ask(Message("when was the last visit?", data=("visits.csv",)))
    assert asked.status == "question"
    assert "day first or the month first" in (asked.question or "")
    month_first = next(option.label for option in asked.options if "month" in option.label)
    assert session.ask(Message(thread=asked.thread, answer=month_first)).rows == (("2026-08-09",),)
    again = session.ask(Message("when was the last visit?", data=("visits.csv",)))
    day_first = next(option.label for option in again.options if "day" in option.label)
    assert session.ask(Message(thread=again.thread, answer=day_first)).rows == (("2026-09-08",),)
    third = session.ask(Message("when was the last visit?", data=("visits.csv",)))
    assert session.ask(Message(thread=third.thread, answer="the day comes first")).rows == (("2026-09-08",),)


def test_words_that_choose_no_way_of_reading_are_not_taken_for_one(
    session: Session, planner: Scripted, tmp_path: Path
) -> None:
    rows = "".join(f"{n},0{n}/0{n + 1}/2026\n" for n in range(1, 9))
    (tmp_path / "visits.csv").write_text(f"id,day\n{rows}", encoding="utf-8")

    def days(request: Request, data: DataView) -> Draft:
        step = Step.model_validate(
            {"id": "answer", "use": "sql", "from": "visits", "query": "SELECT max(day) AS last_day FROM visits"}
        )
        spec = Pipeline(name="q", sources={"visits": data.sources["visits"]}, steps=(step,))
        return Draft(spec=spec, reading="The last day.", answer="answer")

    planner.reply = days
    asked = session.ask(Message("when was the last visit?", data=("visits.csv",)))
    again = session.ask(Message(thread=asked.thread, answer="as usual"))
    assert again.status == "question"
    assert "day first or the month first" in (again.question or "")
    assert session.ask(Message(thread=again.thread, answer="1")).rows == (("2026-09-08",),)


def test_rights_are_looked_up_and_enforced(context: Context, planner: Scripted, tmp_path: Path) -> None:
    planner.reply = count_by_region
    (tmp_path / "orders.csv").write_text("id,region,total\n1,North,10.50\n", encoding="utf-8")
    context.workspace.store.save_principal("ada", frozenset({"ask"}), by="ada", now=NOW)
    message = Message("totals?", data=(str(tmp_path / "orders.csv"),))
    with Session(context_of(context.workspace, "ada"), clock=NOW) as asking:
        assert asking.ask(message).status == "answered"
        with pytest.raises(AccessError, match="may not plan"):
            asking.plan(message)
    with Session(context_of(context.workspace, "eve"), clock=NOW) as stranger, pytest.raises(AccessError):
        stranger.ask(message)


def test_the_question_of_a_plan_is_not_answered_as_if_it_were_one_of_rows(session: Session, planner: Scripted) -> None:
    planner.reply = ask_once
    asked = session.plan(Message("totals every Monday", data=("orders.csv",)))
    with pytest.raises(UsageError, match="dreflow plan --thread"):
        session.ask(Message(thread=asked.thread, answer="paid"))
    assert session.plan(Message(thread=asked.thread, answer="paid")).status == "planned"
