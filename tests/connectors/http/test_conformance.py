"""Every stream of every system keeps to every case, against its vendor's own description; breakage is seen."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from known_vendors import described_in

from connectors import sends
from connectors.contract import DECLARED
from connectors.http import engine, money, placeholders, repeats, sending, staged, writing
from connectors.http.conformance import suite, table
from connectors.http.conformance.desk import desks
from connectors.http.conformance.suite import CASES, SENDS, Verdict
from connectors.http.definition import Check, Definition, Stream, read_definition
from connectors.http.paginators import keyset
from connectors.http.vendor.description import Description, together
from connectors.http.vendor.profile import Profile, read_profile

ROOT = Path(__file__).resolve().parents[3]
Known = tuple[Definition, Description, Profile]


@cache
def definition_of(name: str) -> Definition:
    return read_definition(DECLARED.path(name))


STREAMS = [(name, stream) for name in DECLARED.names() for stream in definition_of(name).streams]


@pytest.fixture(scope="session")
def known(vendor_specs_folder: Path) -> Callable[[str], Known]:
    cached = Path(os.environ["DREFLOW_TEST_SESSION"].rpartition(":")[0]) / "descriptions"
    read: dict[str, Known] = {}

    def find(name: str) -> Known:
        if name not in read:
            profile = DECLARED.path(name).with_name("vendor.yaml")
            if not profile.is_file():
                pytest.skip(f"nobody has written down what {name}'s vendor says: it is not called tested")
            said = read_profile(profile)
            files = described_in(said, vendor_specs_folder)
            description = together(files, said, cache=cached)
            read[name] = definition_of(name), description, said
        return read[name]

    return find


def verdicts(known: Known, name: str, stream: str, *cases: str) -> list[Verdict]:
    definition, description, profile = known
    if stream not in profile.streams:
        pytest.fail(f"the vendor's profile of {name} does not know the stream {stream}")
    under = suite.bench(name, definition, stream, description, profile, {})
    found = []
    for case in cases or CASES.names():
        under.violations.clear()
        found.append(suite.tried(under, case))
    return found


@pytest.mark.parametrize(("name", "stream"), STREAMS, ids=[f"{name}-{stream}" for name, stream in STREAMS])
def test_every_stream_keeps_to_every_case(name: str, stream: str, known: Callable[[str], Known]) -> None:
    found = verdicts(known(name), name, stream)
    broken = [f"{one.case}: {one.detail}" for one in found if one.result == "broken"]
    assert not broken, "\n".join(broken)
    kept = {one.case for one in found if one.result == "kept"}
    assert {"whole", "unavailable", "too_many_requests", "secrets"} <= kept
    told = table.read((ROOT / "docs" / "conformance.md").read_text(encoding="utf-8"))[definition_of(name).title]
    assert told.get(stream) == table.marks(found)[stream], "docs/conformance.md is old: python scripts/conformance.py"


def never_again(status: int) -> str:
    return "" if 200 <= status < 300 else "fail"


ACTIONS = [
    (name, stream, action)
    for name in DECLARED.names()
    for stream, actions in definition_of(name).writes.items()
    for action in actions
]


def sent(known: Known, name: str, stream: str, action: str, *cases: str) -> list[Verdict]:
    definition, description, profile = known
    under = suite.bench(name, definition, stream, description, profile, {})
    desk = dict(desks(under))[f"{stream}: {action}"]
    if desk is None:
        pytest.fail(f"the vendor's profile of {name} does not say what takes {stream}: {action}")
    return [suite.sent(desk, case) for case in cases or SENDS.names()]


@pytest.mark.parametrize(("name", "stream", "action"), ACTIONS, ids=[".".join(one) for one in ACTIONS])
def test_every_action_keeps_to_every_case_of_sending(
    name: str, stream: str, action: str, known: Callable[[str], Known]
) -> None:
    found = sent(known(name), name, stream, action)
    broken = [f"{one.case}: {one.detail}" for one in found if one.result == "broken"]
    assert not broken, "\n".join(broken)
    assert {one.result for one in found} == {"kept"}
    told = table.read((ROOT / "docs" / "conformance.md").read_text(encoding="utf-8"))[definition_of(name).title]
    marks = table.marks(found)[f"{stream}: {action}"]
    assert told.get(f"{stream}: {action}") == marks, "docs/conformance.md is old: python scripts/conformance.py"


def another_key(_self: Any, _order: Any) -> str:
    return f"key-{next(KEYS)}"


KEYS = itertools.count()
BROKEN_SENDS: dict[str, tuple[object, str, Any, str]] = {
    "a key of its own for each attempt": (
        sends.Item,
        "idempotency_key",
        another_key,
        "cut_off",
    ),
    "an outbox that forgets": (
        sends.Outbox,
        "_recall",
        lambda _self, _file: None,
        "sent_before",
    ),
    "a lost answer that is not looked for": (
        writing.Sending,
        "_looked",
        lambda _self, _look, _items: {},
        "answer_lost asana tasks create",
    ),
    "a busy system that is given up at once": (sending, "_usual", never_again, "too_many"),
}
"""What is broken, and the case of sending that sees it; of Stripe's customers where nothing else is named."""


@pytest.mark.parametrize("mutant", BROKEN_SENDS)
def test_the_suite_of_sending_goes_red_when_something_is_broken(
    mutant: str, known: Callable[[str], Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, changed, said = BROKEN_SENDS[mutant]
    case, system, stream, action = said.split(" ") if " " in said else (said, "stripe", "customers", "metadata")
    assert [one.result for one in sent(known(system), system, stream, action, case)] == ["kept"]
    monkeypatch.setattr(owner, name, changed)
    assert [one.result for one in sent(known(system), system, stream, action, case)] == ["broken"]


def first_again(params: Any, ask: Any, answer: Any) -> Any:
    return ask.with_given({params.after: str(answer.records[0]["id"])}) if answer.count >= params.size else None


def one_page(_params: Any, _ask: Any, _answer: Any) -> None:
    return None


def next_second(text: str) -> str:
    return str(int(placeholders._instant(text).timestamp()) + 1)


def in_minutes(text: str) -> str:
    return str(int(placeholders._instant(text).timestamp()) // 60)


def anew(folder: Path, *, now: str) -> staged.Pages:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.*"):
        file.unlink()
    return staged.Pages(folder, begun=now)


def an_hour_later(text: str) -> str:
    return (placeholders._instant(text) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


MUTANTS: dict[str, tuple[object, str, Any, str]] = {
    "a paginator that goes on from the first record": (keyset, "following", first_again, "few_requests"),
    "a paginator that stops after a page": (keyset, "following", one_page, "whole"),
    "a cursor that begins behind its border": (placeholders.FORMS, "epoch", next_second, "incremental"),
    "a cursor that is spelled in another unit of time": (placeholders.FORMS, "epoch", in_minutes, "incremental"),
    "records that came twice are kept": (repeats.Keys, "repeated", lambda _self: set(), "came_twice"),
    "a busy system that is given up at once": (sending, "_usual", never_again, "too_many_requests"),
    "an ill system that is given up at once": (sending, "_usual", never_again, "unavailable"),
    "a read that begins anew after a kill": (staged.Pages, "opened", staticmethod(anew), "killed"),
    "a sweep of the first page": (keyset, "following", one_page, "swept stripe customers"),
    "the usual list for that of what was deleted": (
        Stream,
        "request_of_keys",
        lambda _self, _form: {},
        "listed stripe customers",
    ),
    "every currency has cents": (money, "_factor", lambda _definition, _code: money._worth(2), "money"),
    "a name that was agreed and is not looked at": (engine, "as_named", lambda source, _fields: source, "renamed"),
    "a mark of deletion that comes too late to be asked for": (
        placeholders.FORMS,
        "second_before",
        an_hour_later,
        "flagged xero invoices",
    ),
}
"""What is broken, and the case that sees it; of Stripe's balance transactions where no other stream is named."""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_suite_goes_red_when_something_is_broken(
    mutant: str, known: Callable[[str], Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, changed, said = MUTANTS[mutant]
    case, system, stream = said.split(" ") if " " in said else (said, "stripe", "balance_transactions")
    before = verdicts(known(system), system, stream, case)
    assert [one.result for one in before] == ["kept"]
    if isinstance(owner, dict):
        monkeypatch.setitem(owner, name, changed)
    else:
        monkeypatch.setattr(owner, name, changed)
    after = verdicts(known(system), system, stream, case)
    assert [one.result for one in after] == ["broken"], after


@pytest.mark.parametrize("path", ["/whoami", "/balance_transactions/{id}"])
def test_the_suite_goes_red_when_the_call_that_tries_an_account_is_none_of_the_vendors(
    path: str, known: Callable[[str], Known]
) -> None:
    definition, description, profile = known("stripe")
    wrong = definition.model_copy(update={"check": Check(path=path)})
    (verdict,) = verdicts((wrong, description, profile), "stripe", "balance_transactions", "unauthorized")
    assert verdict.result == "broken"
    assert "which tries an account, is not answered" in verdict.detail
