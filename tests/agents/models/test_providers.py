"""Every provider's real client library, driven through what a vendor's server does on good days and bad ones."""

from __future__ import annotations

import json

import pytest
from model_desk import BY_REGION, FIGURES, KEY, Desk, ask
from model_server import Call, Cut, Decline, Fail, Give, Hang, Say, Seen

from agents.contract import Draft, Question, Refusal
from agents.models import named
from tools.questions import answer

MADE_UP = {
    "reading": "Profit by region.",
    "tables": ["orders"],
    "steps": [{"id": "profit", "use": "sql", "from": ["orders"], "query": "SELECT sum(profit) AS profit FROM orders"}],
}


def figures(desk: Desk, reply: Draft | Question | Refusal) -> list[list[object]]:
    """Rows of a draft, computed on the data."""
    assert isinstance(reply, Draft), reply
    now = ask().now
    return [
        list(row) for row in answer(desk.context, reply.spec, reply.answer, desk.data, now=now, limit=100).rows.rows
    ]


def builtin_answers(desk: Desk, model: str, why: str, *, timeout: float = 30.0) -> Draft | Question | Refusal:
    """The reply of the built-in planner after the model failed; it says why. Only a test of patience is short of it."""
    planner = desk.planner(model, timeout=timeout)
    reply = planner.draft(ask("How many orders are there?"), desk.data)
    assert planner.by == "builtin"
    assert figures(desk, reply) == [[4]]
    assert isinstance(reply, Draft)
    notes = " ".join(reply.assumptions)
    assert model in notes
    assert why in notes
    assert KEY not in notes
    return reply


def test_a_typed_draft_is_compiled_and_answers(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", BY_REGION))
    planner = desk.planner(model)
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    assert planner.by == model
    assert len(desk.server.seen) == 1


def test_a_model_with_tools_looks_before_it_drafts(desk: Desk, model: str) -> None:
    one = named(desk.context, model, desk.caller().settings)
    desk.server.play(Call("find_value", {"value": "north"}), Give("draft", BY_REGION))
    planner = desk.planner(model)
    reply = planner.draft(ask(), desk.data)
    assert figures(desk, reply) == FIGURES
    first, second = desk.server.seen
    if one.tools:
        assert "find_value" in first.tools
        assert "customers.region holds" in second.text
    else:
        assert first.tools == set(), "a model that cannot be relied on to call tools is offered none"
        assert "customers" in first.text, "the catalog stands in its prompt instead"


def test_a_draft_of_a_model_without_tools_is_bound_by_a_schema(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", BY_REGION))
    planner = desk.planner(model, without_tools=[model])
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    (seen,) = desk.server.seen
    assert seen.tools == set()
    assert "ProposedQuery" in json.dumps(seen.body), "the schema is in the request"


def test_a_question_of_the_model_reaches_the_person(desk: Desk, model: str) -> None:
    asked = {"about": "Spend", "text": "With or without refunds?", "options": ["With", "Without"]}
    desk.server.play(Give("question", asked))
    reply = desk.planner(model).draft(ask(), desk.data)
    assert isinstance(reply, Question)
    assert [option.label for option in reply.options] == ["With", "Without"]


def test_a_refusal_of_the_model_reaches_the_person(desk: Desk, model: str) -> None:
    desk.server.play(Give("refusal", {"message": "No table holds costs."}))
    reply = desk.planner(model).draft(ask("What is our margin?"), desk.data)
    assert isinstance(reply, Refusal)
    assert reply.message == "No table holds costs."


def test_an_invented_column_is_mended_by_the_compilers_error(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", MADE_UP), Give("draft", BY_REGION))
    assert figures(desk, desk.planner(model).draft(ask(), desk.data)) == FIGURES
    second = desk.server.seen[1].text
    assert "profit" in second
    assert "does not compile" in second


def test_days_that_a_plan_was_to_move_with_its_runs_are_not_taken_as_fixed(desk: Desk, model: str) -> None:
    def plan(since: str, until: str) -> dict[str, object]:
        query = f"SELECT sum(total) AS total FROM orders WHERE paid_on >= {since} AND paid_on < {until}"
        step = {"id": "taken", "use": "sql", "from": ["orders"], "query": query}
        return {"reading": "What was paid last month.", "tables": ["orders"], "steps": [step]}

    moving = plan("date_trunc('month', $today) - INTERVAL 1 MONTH", "date_trunc('month', $today)")
    desk.server.play(Give("draft", plan("DATE '2026-10-01'", "DATE '2026-11-01'")), Give("draft", moving))
    reply = desk.planner(model).draft(ask("Save what was paid last month as paid.csv", want="pipeline"), desk.data)
    assert isinstance(reply, Draft), reply
    assert "$today" in str(reply.spec.steps[-1].params["query"])
    assert "last month" in desk.server.seen[1].text


def test_repair_ends_after_three_drafts(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", MADE_UP))
    builtin_answers(desk, model, "not usable")
    assert len(desk.server.seen) == 3


def test_broken_json_is_asked_for_again_and_ends_after_three(desk: Desk, model: str) -> None:
    one = named(desk.context, model, desk.caller().settings)
    broken = '{"reading": "Sum", "tables": ['
    desk.server.play(Call("draft", broken) if one.tools else Say(broken))
    builtin_answers(desk, model, "not usable")
    assert len(desk.server.seen) == 3


def test_nonsense_instead_of_an_answer_ends_with_the_builtin_planner(desk: Desk, model: str) -> None:
    desk.server.play(Say("The weather is fine today."))
    builtin_answers(desk, model, "not usable")


def test_the_vendors_own_refusal_ends_with_the_builtin_planner(desk: Desk, model: str) -> None:
    desk.server.play(Decline())
    builtin_answers(desk, model, "gave no answer")


def test_a_rate_limit_is_waited_out_as_long_as_the_vendor_asks(desk: Desk, model: str) -> None:
    desk.server.play(Fail(429, {"Retry-After": "3"}, "rate_limit_error"), Give("draft", BY_REGION))
    assert figures(desk, desk.planner(model).draft(ask(), desk.data)) == FIGURES
    assert len(desk.naps) == 1
    assert 3 <= desk.naps[0] < 3.6


def test_a_rate_limit_of_an_hour_is_not_waited_for(desk: Desk, model: str) -> None:
    desk.server.play(Fail(429, {"Retry-After": "3600"}, "rate_limit_error"))
    builtin_answers(desk, model, "wait longer")
    assert desk.naps == []
    assert len(desk.server.seen) == 1


def test_a_fault_of_the_server_is_tried_three_times(desk: Desk, model: str) -> None:
    desk.server.play(Fail(500))
    builtin_answers(desk, model, "fault of its own")
    assert len(desk.server.seen) == 3
    assert len(desk.naps) == 2
    assert desk.naps[0] < desk.naps[1]


def test_the_same_seed_waits_the_same(desk: Desk, model: str) -> None:
    for _ in range(2):
        desk.server.play(Fail(500), Give("draft", BY_REGION))
        desk.planner(model).draft(ask(), desk.data)
    assert desk.naps[0] == desk.naps[1]


@pytest.mark.parametrize(("status", "why"), [(401, "the key"), (402, "out of money")])
def test_a_wrong_key_and_an_empty_account_are_said_in_words(desk: Desk, model: str, status: int, why: str) -> None:
    desk.server.play(Fail(status, kind="authentication_error" if status == 401 else "billing_error"))
    builtin_answers(desk, model, why)
    assert len(desk.server.seen) == 1, "neither gets better by trying again"


def test_a_server_that_does_not_answer_in_time_is_left(desk: Desk, model: str) -> None:
    desk.server.play(Hang(1.5))
    builtin_answers(desk, model, "did not answer in time", timeout=0.6)
    assert len(desk.server.seen) == 1


def test_an_answer_that_breaks_off_is_never_half_taken(desk: Desk, model: str) -> None:
    desk.server.play(Cut(json.dumps({"result": {"kind": "ProposedDraft", "data": BY_REGION}})))
    builtin_answers(desk, model, "gave no answer")


def test_there_is_no_way_around_the_gate_by_a_stream(desk: Desk, model: str) -> None:
    caller = desk.caller()
    one = named(desk.context, model, caller.settings)
    gate = caller.gate(one, caller.privacy(one, desk.data), "explain")
    with pytest.raises(NotImplementedError):
        gate.request_stream([], None, None)
    assert desk.server.seen == []


def test_a_key_is_sent_to_its_vendor_and_stands_nowhere_else(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", BY_REGION))
    planner = desk.planner(model)
    planner.draft(ask(), desk.data)
    (seen,) = desk.server.seen
    one = named(desk.context, model, desk.caller().settings)
    assert (KEY in str(seen.headers) or KEY in seen.path) == bool(one.access.key)
    assert KEY not in seen.text
    assert KEY not in repr(one)
    assert KEY not in repr(planner)


def test_the_next_model_of_the_chain_takes_over(desk: Desk, model: str) -> None:
    desk.server.play(Fail(401), Give("draft", BY_REGION))
    planner = desk.planner(model, "compatible:second")
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    assert planner.by == "compatible:second"


SMALL = "compatible:small"
"""A model that calls no tools."""


def _schema_of(seen: Seen) -> object:
    asked = seen.body.get("response_format") or {}
    return asked.get("type"), "schema" in asked


def test_a_small_model_is_asked_for_one_query_in_a_form_that_its_context_has_room_for(desk: Desk) -> None:
    desk.server.play(Give("draft", BY_REGION))
    planner = desk.planner(SMALL)
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    (seen,) = desk.server.seen
    assert len(json.dumps(seen.body)) < 8_000
    assert "ProposedQuery" in seen.text


def test_a_query_that_does_not_compile_goes_back_to_the_model_that_wrote_it(desk: Desk) -> None:
    wrong = {"reading": "Totals.", "sql": "SELECT regoin, sum(total) AS total FROM orders GROUP BY regoin"}
    broken = {"reading": "Totals.", "sql": "SELECT FROM WHERE"}
    desk.server.play(Give("ProposedQuery", broken), Give("ProposedQuery", wrong), Give("draft", BY_REGION))
    planner = desk.planner(SMALL)
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    assert "is not SQL" in desk.server.seen[1].text
    assert "regoin" in desk.server.seen[2].text


def test_a_query_that_reads_a_file_is_no_answer(desk: Desk) -> None:
    desk.server.play(Give("ProposedQuery", {"reading": "All.", "sql": "SELECT * FROM read_csv('/etc/passwd')"}))
    planner = desk.planner(SMALL)
    planner.draft(ask(), desk.data)
    assert planner.by == "builtin"


UNKNOWN_FORM = "1 validation error: {'loc': ('body', 'response_format', 'type'), 'input': 'json_schema'}"
"""As llama-cpp-python's server says it, with status 500."""


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_that_takes_the_schema_in_another_form_is_asked_in_that_form(desk: Desk, status: int) -> None:
    desk.server.play(Fail(status, message=UNKNOWN_FORM), Give("draft", BY_REGION))
    planner = desk.planner(SMALL)
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    assert [_schema_of(one) for one in desk.server.seen] == [("json_schema", False), ("json_object", True)]


def test_a_server_that_takes_no_schema_is_asked_in_words(desk: Desk) -> None:
    desk.server.play(Fail(500, message=UNKNOWN_FORM), Fail(400), Give("draft", BY_REGION))
    planner = desk.planner(SMALL)
    assert figures(desk, planner.draft(ask(), desk.data)) == FIGURES
    forms = [("json_schema", False), ("json_object", True), ("json_object", False)]
    assert [_schema_of(one) for one in desk.server.seen] == forms
