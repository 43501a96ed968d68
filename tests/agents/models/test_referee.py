"""The built-in planner's reading and the model's, compared by what they give on the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from model_desk import Desk, ask, urls
from model_server import Fail, Give

from agents import models
from agents.builtin.planner import BuiltinPlanner
from agents.contract import Draft, Question, Refusal
from agents.desk import BUILTIN, ROUTED
from agents.desk import Desk as PlanningDesk
from agents.referee import figures, same
from tools.data import open_data
from tools.models import change
from tools.questions import answer
from tools.values import Rows

MODEL = "openai:scripted-1"
WORDS = "What is the total of orders by region?"


def sql(query: str, reading: str = "Something.") -> dict[str, object]:
    """A proposal of one step."""
    step = {"id": "answer", "use": "sql", "from": ["orders", "customers"], "query": query}
    return {"reading": reading, "tables": ["orders", "customers"], "steps": [step]}


def rows(desk: Desk, reply: Draft | Question | Refusal) -> list[list[object]]:
    assert isinstance(reply, Draft), reply
    found = answer(desk.context, reply.spec, reply.answer, desk.data, now=ask().now, limit=10)
    return [list(row) for row in found.rows.rows]


def test_readings_with_the_same_figures_give_one_answer_and_say_so(desk: Desk) -> None:
    query = "SELECT sum(total) AS s, region AS r FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY region"
    desk.server.play(Give("draft", sql(query)))
    reply = desk.planner(MODEL, referee=True).draft(ask(WORDS), desk.data)
    assert sorted(map(str, rows(desk, reply))) == ["['North', '108.50']", "['South', '20.25']"]
    assert isinstance(reply, Draft)
    assert "read this alike" in reply.assumptions[-1]


def test_readings_with_different_figures_become_a_question_with_both(desk: Desk) -> None:
    query = "SELECT region, avg(total) AS a FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY region"
    desk.server.play(Give("draft", sql(query, "Average order by region.")))
    planner = desk.planner(MODEL, referee=True)
    question = planner.draft(ask(WORDS), desk.data)
    assert isinstance(question, Question)
    mine, theirs, neither = question.options
    assert "108.5" in mine.label
    assert theirs.label.startswith("Average order by region: ")
    assert "20.25" in theirs.label
    desk.server.play(Fail(500))
    chosen = planner.draft(ask(WORDS, answers={question.key: theirs.value}), desk.data)
    assert isinstance(chosen, Draft)
    assert chosen.reading == "Average order by region."
    assert len(rows(desk, chosen)) == 2
    own = planner.draft(ask(WORDS, answers={question.key: mine.value}), desk.data)
    assert ["North", "108.50"] in rows(desk, own)
    assert isinstance(planner.draft(ask(WORDS, answers={question.key: neither.value}), desk.data), Refusal)
    assert desk.server.seen == [], "a choice is kept: no model is asked again what it meant"


def test_a_reading_that_nothing_could_check_is_to_be_confirmed(desk: Desk) -> None:
    words = "Zorble the frobs, please?"
    assert isinstance(_builtin(desk, words), Refusal)
    desk.server.play(Give("draft", sql("SELECT count(*) AS n FROM orders", "How many orders there are.")))
    planner = desk.planner(MODEL, referee=True)
    question = planner.draft(ask(words), desk.data)
    assert isinstance(question, Question)
    yes, _ = question.options
    assert yes.label == "Yes: How many orders there are: 4"
    assert rows(desk, planner.draft(ask(words, answers={question.key: yes.value}), desk.data)) == [[4]]


def test_a_refusal_of_the_model_does_not_take_a_good_answer_away(desk: Desk) -> None:
    desk.server.play(Give("refusal", {"message": "No."}))
    reply = desk.planner(MODEL, referee=True).draft(ask("How many orders are there?"), desk.data)
    assert rows(desk, reply) == [[4]]


def _builtin(desk: Desk, words: str) -> Draft | Question | Refusal:
    desk.server.play(Fail(401))
    return desk.planner(MODEL).draft(ask(words), desk.data)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ([["a", "1.50"]], [["a", 1.5]], True),
        ([["a", "1.50"], ["b", "2"]], [["b", "2.0"], ["a", "1.5"]], True),
        ([["1", "2"]], [["2", "1"]], True),
        ([["a", "1.50"]], [["a", "1.51"]], False),
        ([["a", "1"]], [["a", "1"], ["a", "1"]], False),
        ([["a", None]], [["a", "0"]], False),
        ([["1234567890.12"]], [["1234567890.13"]], False),
    ],
)
def test_results_are_compared_by_value(one: list[list[object]], other: list[list[object]], alike: bool) -> None:
    def made(lines: list[list[object]]) -> Rows:
        width = len(lines[0])
        return Rows(("c",) * width, ("VARCHAR",) * width, tuple(map(tuple, lines)), truncated=False)  # type: ignore[arg-type]

    assert same(made(one), made(other)) is alike


def test_first_figures_are_written_as_a_person_reads_them() -> None:
    one = Rows(("total",), ("DECIMAL(18,2)",), (("1204.50",),), truncated=False)
    assert figures(one) == "1,204.50"
    assert figures(Rows(("a",), ("INTEGER",), (), truncated=False)) == "no rows"


def test_a_chosen_reading_keeps_its_step_its_order_and_its_chart(desk: Desk) -> None:
    by_region = "SELECT region, avg(total) AS a FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY region"
    steps = [
        {"id": "by_region", "use": "sql", "from": ["orders", "customers"], "query": by_region},
        {"id": "beside", "use": "sql", "from": ["by_region"], "query": "SELECT count(*) AS n FROM by_region"},
    ]
    chart = {"kind": "bar", "x": "region", "y": ["a"]}
    proposed = {**sql(""), "steps": steps, "answer": "by_region", "ordered": True, "chart": chart}
    desk.server.play(Give("draft", proposed))
    planner = desk.planner(MODEL, referee=True)
    question = planner.draft(ask(WORDS), desk.data)
    assert isinstance(question, Question)
    theirs = question.options[1].value
    assert re.fullmatch(r"[\w:/%.-]+", theirs), "it can be typed in a shell as it is"
    chosen = planner.draft(ask(WORDS, answers={question.key: theirs}), desk.data)
    assert isinstance(chosen, Draft)
    assert (chosen.answer, chosen.ordered) == ("by_region", True)
    assert chosen.chart is not None
    assert chosen.chart.model_dump(mode="json") == chart
    assert len(rows(desk, chosen)) == 2


def test_what_the_builtin_planner_has_to_ask_is_asked_before_any_model(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("product,gross_amount,net_amount\nA,1.50,1.20\nB,2.50,2.00\n", encoding="utf-8")
    words = ask("What is the total amount by product?")
    with open_data([str(file)], desk.context) as data:
        own = BuiltinPlanner().draft(words, data)
        assert isinstance(own, Question)
        desk.server.play(Give("refusal", {"message": "No."}))
        assert desk.planner(MODEL, referee=True).draft(words, data) == own
    assert desk.server.seen == []


def test_each_want_goes_to_the_models_of_its_own_route(desk: Desk) -> None:
    routes = {"draft": ["anthropic:plans"], "answer": ["groq:answers"]}
    desk.server.play(Give("draft", sql("SELECT count(*) AS n FROM orders", "How many orders there are.")))
    planner = desk.planner(routes=routes)
    planner.draft(ask("Zorble the frobs"), desk.data)
    assert planner.by == "groq:answers"
    planner.draft(ask("Zorble the frobs", want="pipeline"), desk.data)
    assert planner.by == "anthropic:plans"
    planner = desk.planner("openai:asked", routes=routes)
    desk.server.play(Fail(401), Give("draft", sql("SELECT count(*) AS n FROM orders")))
    planner.draft(ask("Zorble the frobs", want="pipeline"), desk.data)
    assert planner.by == "anthropic:plans", "who was asked for comes first, the route after"


def test_a_want_without_a_route_is_the_builtin_planners_alone(desk: Desk) -> None:
    planner = desk.planner(routes={"draft": ["anthropic:plans"]}, referee=True)
    reply = planner.draft(ask("How many orders are there?"), desk.data)
    assert rows(desk, reply) == [[4]]
    assert isinstance(reply, Draft)
    assert reply.assumptions == _builtin_own(desk).assumptions
    assert desk.server.seen == []


def test_a_workspace_with_routes_plans_as_they_say(desk: Desk) -> None:
    assert models.preferred(desk.context) == BUILTIN
    change(desk.context, {"routes": {"explain": ["openai:talks"]}}, now=ask().now)
    assert models.preferred(desk.context) == BUILTIN, "who explains does not plan"
    change(desk.context, {"routes": {"draft": ["anthropic:plans"]}, "urls": urls(desk.server)}, now=ask().now)
    assert models.preferred(desk.context) == ROUTED
    made = PlanningDesk(desk.context, models.preferred(desk.context)).planner
    desk.server.play(Give("draft", sql("SELECT count(*) AS n FROM orders")))
    made.draft(ask("Zorble the frobs", want="pipeline"), desk.data)
    assert desk.server.seen[0].path == "/v1/messages"


def _builtin_own(desk: Desk) -> Draft:
    reply = BuiltinPlanner().draft(ask("How many orders are there?"), desk.data)
    assert isinstance(reply, Draft)
    return reply


def test_plans_are_alike_only_where_each_of_their_files_is(desk: Desk) -> None:
    words = ask("Number of orders per customer_id, save it as totals.csv", want="pipeline")
    own = BuiltinPlanner().draft(words, desk.data)
    assert isinstance(own, Draft)
    (output,) = own.spec.outputs
    steps = [step.model_dump(mode="json", by_alias=True, exclude_defaults=True) for step in own.spec.steps]
    more = {"id": "more", "use": "sql", "from": ["orders"], "query": "SELECT count(*) AS n FROM orders"}
    files = [{"file": "totals.csv", "rows_of": output.from_}, {"file": "more.csv", "rows_of": "more"}]
    one = {"reading": "Orders.", "tables": ["orders"], "steps": steps, "files": files[:1]}
    desk.server.play(Give("draft", one))
    assert isinstance(desk.planner(MODEL, referee=True).draft(words, desk.data), Draft)
    desk.server.play(Give("draft", {**one, "steps": [*steps, more], "files": files}))
    assert isinstance(desk.planner(MODEL, referee=True).draft(words, desk.data), Question)


def test_a_refusal_of_a_model_is_told_as_its_own_beside_the_built_in_reason(desk: Desk) -> None:
    desk.server.play(Give("refusal", {"message": "The answer has already been revealed to you."}))
    reply = desk.planner("ollama:llama3", referee=True).draft(ask("What is our profit?"), desk.data)
    assert isinstance(reply, Refusal)
    assert reply.message == "ollama:llama3 says: “The answer has already been revealed to you.”"
    assert "profit" in reply.hint
