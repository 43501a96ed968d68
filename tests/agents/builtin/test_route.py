"""What kind of turn a message is: sentences as people say them, beside a question and beside a plan."""

from __future__ import annotations

import time

import pytest

from agents.builtin.intents.route import Route, route, settles


def routed(text: str) -> tuple[Route, Route, Route]:
    """After a question, with a plan that waits, and after one that was approved."""
    return (
        route(text, options=None, waits=False, last="answer"),
        route(text, options=None, waits=True, last="pipeline"),
        route(text, options=None, waits=False, last="pipeline"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "run it every day at 6?",
        "what if we leave out wholesale?",
        "would it be better to save it as json?",
        "did it save to totals.csv?",
        "is totals.csv the report?",
        "what is in the report?",
        "should we save it as a workbook?",
        "does the pipeline leave out wholesale?",
        "was it sent to anna@shop.example?",
        "and by region?",
        "how many orders are only web?",
    ],
)
def test_a_question_never_plans_approves_or_runs(text: str) -> None:
    assert set(routed(text)) <= {"answer", "whether", "standing"}


@pytest.mark.parametrize("text", ["approve?", "is it approved?", "should I approve it?", "what happens if I approve?",
    "when does it run?", "does it run by itself?", "who gets it?"])  # fmt: skip
def test_how_a_plan_stands_is_told_and_decides_nothing(text: str) -> None:
    assert set(routed(text)) == {"standing"}


@pytest.mark.parametrize("text", ["who gets the discount?", "what is new revenue?", "who gets it most often?"])
def test_questions_about_data_are_not_taken_for_questions_about_the_plan(text: str) -> None:
    assert set(routed(text)) == {"answer"}


@pytest.mark.parametrize("text", ["go for it", "approve", "I approve", "approva", "genehmigt"])
def test_a_plain_approval_is_one_and_says_so_where_nothing_waits(text: str) -> None:
    assert set(routed(text)) == {"approve"}


@pytest.mark.parametrize("text", ["yes please", "sì", "ja", "yes"])
def test_a_yes_approves_only_a_plan_that_waits(text: str) -> None:
    assert [one == "approve" for one in routed(text)] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    ["I don't approve", "do not approve", "don't run it", "please dont run it", "no thanks", "no", "annulla", "nein"],
)
def test_a_no_is_a_no(text: str) -> None:
    after_question, waiting, approved = routed(text)
    assert waiting == "reject"
    assert {after_question, approved} <= {"wait", "pause"}


@pytest.mark.parametrize("text", ["wait", "stop", "not yet", "hold on please"])
def test_who_hesitates_changes_nothing(text: str) -> None:
    assert set(routed(text)) == {"wait"}


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("thank you, that's all", "thanks"),
        ("danke", "thanks"),
        ("pause it", "pause"),
        ("stop running it", "pause"),
        ("what changed?", "changed"),
        ("run it now please", "run"),
        ("put it back like before", "restore"),
        ("how do I connect postgres?", "docs"),
        ("show my pipelines", "pipelines"),
        ("can you make it weekly?", "plan"),
        ("please run it every day at 6?", "plan"),
    ],
)
def test_plain_words_mean_the_same_whatever_came_before(text: str, due: Route) -> None:
    assert set(routed(text)) == {due}


@pytest.mark.parametrize(
    "text", ["what are the sales by region? save them as sales.csv", "top 5 orders, save it as top.csv"]
)
def test_a_question_that_wishes_a_file_is_a_wish(text: str) -> None:
    assert set(routed(text)) == {"plan"}


@pytest.mark.parametrize(
    "text",
    [
        "yes " * 4_900 + "x",
        "yes " * 40 + "x",
        "no" + " " * 19_000 + "x",
        "ok," * 6_000,
        "please " * 2_800,
        "a" * 20_000,
    ],
)
def test_long_messages_are_told_apart_as_soon_as_short_ones(text: str) -> None:
    began = time.monotonic()
    route(text, options=[("yes", "Yes")], waits=True, last="pipeline", data=None)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("text", ["²", "①", "1" * 5000, "٣"])
def test_what_only_looks_like_a_number_is_an_answer_in_words(text: str) -> None:
    assert settles(text, [("a", "A"), ("b", "B"), ("c", "C")])


SYSTEMS = ("http_json", "shopify", "stripe", "xero", "books")


@pytest.mark.parametrize(
    "text",
    [
        "connect stripe", "Connect my Xero account", "please connect to Stripe now", "add Shopify", "reconnect books",
        "can you connect my Stripe account?", "connect http json", "link Xero", "connect stripe?",
        "verbinde mein Xero-Konto", "Stripe verbinden", "füge Shopify hinzu", "ich möchte Xero verbinden",
        "collega il mio conto Stripe", "aggiungi Shopify", "vorrei collegare Xero",
        "conecta mi cuenta de Stripe", "añade Shopify", "connecte mon compte Xero", "je voudrais connecter Stripe",
    ],
)  # fmt: skip
def test_who_wants_to_connect_an_account_is_understood_whatever_came_before(text: str) -> None:
    for options in (None, [("a", "A")]):
        found = route(text, options=options, waits=False, last="pipeline", connectable=lambda: SYSTEMS)
        assert found == "connect", (text, options)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("how do I connect stripe?", "docs"),
        ("can you connect to Stripe?", "docs"),
        ("add shopify orders", "plan"),
        ("add stripe fees by month", "plan"),
        ("connect orders and customers", "answer"),
        ("my connections", "connections"),
    ],
)
def test_what_only_speaks_of_a_system_connects_nothing(text: str, due: Route) -> None:
    assert route(text, options=None, waits=False, last="pipeline", connectable=lambda: SYSTEMS) == due


@pytest.mark.parametrize(
    "text",
    ["how clean is my data?", "How dirty is this file", "what's wrong with the data?", "check the data quality of it"],
)
def test_asking_how_clean_the_data_is_goes_to_its_quality(text: str) -> None:
    assert set(routed(text)) == {"quality"}


@pytest.mark.parametrize(
    "text", ["how clean are the rooms?", "what is wrong with order 12?", "show the quality of bolts"]
)
def test_asking_about_what_is_no_table_stays_a_question(text: str) -> None:
    assert "quality" not in routed(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("show my pipelines", "pipelines"),
        ("list the runs", "runs"),
        ("my connections", "connections"),
        ("put it back like before", "restore"),
        ("undo", "restore"),
        ("help", "help"),
        ("thanks", "thanks"),
    ],
)
def test_what_is_no_answer_to_any_question_is_done_while_one_is_open(text: str, found: Route) -> None:
    options = [("yes", "Yes, go on without it"), ("no", "No, leave it")]
    assert route(text, options=options, waits=False, last="pipeline") == found


def test_an_option_is_chosen_even_where_its_words_could_be_a_wish() -> None:
    assert route("my runs", options=[("runs", "my runs")], waits=False, last="answer") == "settle"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what do I have here?", "inventory"),
        ("which tables are there?", "inventory"),
        ("show me everything", "inventory"),
        ("can you send this to my accountant?", "sending"),
        ("email it to anna@shop.example", "sending"),
        ("resume it", "resume"),
        ("bye", "farewell"),
        ("ok great", "noted"),
        ("help me", "help"),
    ],
)
def test_what_is_said_beside_questions_has_an_answer_of_its_own(text: str, expected: Route) -> None:
    assert set(routed(text)) == {expected}


@pytest.mark.parametrize("text", ["what is in stock?", "send it to me every Monday", "which orders are there?"])
def test_what_only_sounds_like_it_is_none_of_that(text: str) -> None:
    assert not set(routed(text)) & {"inventory", "sending"}
