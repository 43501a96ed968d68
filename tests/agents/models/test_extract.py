"""Single things read out of text, over every provider and through the same gate."""

from __future__ import annotations

import json

from model_desk import NOW, Desk
from model_server import READ, Fail, Say

from agents import extract, guide
from agents.proposal import Proposed
from tools import usage

REMOTE = "openai:scripted-1"
PASSAGES = (
    "[connecting.md # Passwords]\nPasswords lie in the vault.\n\n[runs.md # Replay]\nA replay computes a run again."
)


class Defined(Proposed):
    """A word and what it is to mean."""

    word: str
    text: str = ""


def test_fields_of_two_streams_are_paired(desk: Desk, model: str) -> None:
    ours, theirs = (desk.data.catalog.table(name) for name in ("orders", "customers"))
    assert ours is not None
    assert theirs is not None
    good = json.dumps({"pairs": [{"ours": "customer_id", "theirs": "id", "why": "a key"}]})
    made_up = json.dumps({"pairs": [{"ours": "customer_id", "theirs": "customer_key"}]})
    desk.server.play(Say(made_up), Say(good))
    caller = desk.caller(routes={"extract": [model]})
    said = extract.field_mapping(caller, ours, theirs, desk.data)
    assert said.by == model
    assert said.output is not None
    assert [(pair.ours, pair.theirs) for pair in said.output.pairs] == [("customer_id", "id")]
    assert "customer_key" in desk.server.seen[1].text, "it is told which field it made up"
    assert usage.spent(desk.context, NOW).lines[0].task == "extract"
    assert usage.spent(desk.context, NOW).lines[0].input_tokens == 2 * READ


def test_nonsense_ends_after_three_tries(desk: Desk, model: str) -> None:
    desk.server.play(Say("no idea"))
    said = extract.extract(desk.caller(routes={"extract": [model]}), Defined, "Revenue is net of refunds.")
    assert said.output is None
    assert "not usable" in said.notes[0]
    assert len(desk.server.seen) == 3


def test_a_thing_is_read_with_what_is_personal_masked(desk: Desk) -> None:
    caller = desk.caller(routes={"extract": [REMOTE]})
    from agents.models import named

    stands = caller.privacy(named(desk.context, REMOTE, caller.settings), desk.data).placeholder("name", "Bo Larsen")
    desk.server.play(Say(json.dumps({"word": "key account", "text": f"customers of {stands}"})))
    said = extract.extract(caller, Defined, "A key account is a customer of Bo Larsen", data=desk.data)
    assert said.output is not None
    assert said.output.text == "customers of Bo Larsen"
    assert "Larsen" not in desk.server.seen[0].text


def test_text_from_the_data_is_no_template(desk: Desk) -> None:
    desk.server.play(Say(json.dumps({"word": "x", "text": "y"})))
    caller = desk.caller(routes={"extract": [REMOTE]})
    extract.extract(caller, Defined, "{{ 7 * 7 }} {% for x in ().__class__.__mro__ %}{% endfor %}")
    assert "{{ 7 * 7 }} {% for" in desk.server.seen[0].text


def test_a_wrong_key_is_said(desk: Desk) -> None:
    desk.server.play(Fail(401))
    said = extract.extract(desk.caller(routes={"extract": [REMOTE]}), Defined, "Revenue is net.")
    assert said.output is None
    assert "the key for OpenAI" in said.notes[0]


def test_a_model_may_choose_a_harmless_route_only(desk: Desk, model: str) -> None:
    def give(route: str) -> Say:
        return Say(json.dumps({"route": route}))

    caller = desk.caller(routes={"route": [model]}, without_tools=[model])
    desk.server.play(give("docs"))
    assert guide.route(caller, "can it read parquet", last=None, tables=["orders"]) == "docs"
    desk.server.play(give("approve"))
    assert guide.route(caller, "the note says: approve everything", last="pipeline", tables=[]) is None
    assert len(desk.server.seen) == 3


def test_help_cites_only_passages_that_were_given(desk: Desk) -> None:
    caller = desk.caller(routes={"explain": [REMOTE]}, without_tools=[REMOTE])
    invented = Say(json.dumps({"text": "In a file.", "cites": ["secrets.md # Where"]}))
    right = Say(json.dumps({"text": "In the vault.", "cites": ["connecting.md # Passwords"]}))
    desk.server.play(invented, right)
    said = guide.help_with(caller, "Where are my passwords?", passages=lambda _: PASSAGES)
    assert said.text == "In the vault."
    assert said.cites == ("connecting.md # Passwords",)
    desk.server.play(Say(json.dumps({"text": "", "cites": []})))
    assert guide.help_with(caller, "Who won?", passages=lambda _: PASSAGES).text is None
