"""What is sent to a system arrives once, whatever happens on the way, and each record has its outcome."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from vendor_trials import Trial, vendor_of

from connectors import sends
from connectors.contract import DECLARED
from connectors.http import forms, writing
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.faults import Failing, Fault, Limited, Lost, Scene, Unauthorized
from connectors.http.vendor.wire import Call, Reply
from connectors.sends import Order, Outbox, Sent, sender
from spec.errors import AccessError, DataError, LimitError, SpecError, TransientError, UnsupportedError

SENTINEL = "sentinel-key-1"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
STATUSES = {"unauthorized": 401, "limited": 429, "unavailable": 503}
LINK = "https://docs.google.com/spreadsheets/d/1AbC-dEf_9/edit"


class KilledError(BaseException):
    """As a kill: no handler of ours catches it."""


class Killing(Fault):
    """The process is gone before the system answers; what was asked is done."""

    def sent(self, reply: Reply) -> Reply:
        raise KilledError


@dataclass
class World:
    """A system that takes records, and what it has afterwards."""

    trial: Trial
    order: Order
    rows: list[dict[str, Any]]
    stream: str
    """How the vendor's side calls what takes the records."""
    arrived: Callable[[], Counter[str]]
    """How often each key's record was carried out."""
    spoil: Callable[[], None]
    """Make the system refuse the second row, and no other."""
    outbox: Outbox = field(default_factory=Outbox)
    first: int = 1
    """Which call of what takes the records is the first that sends one."""

    def fault(self, fault: Fault) -> None:
        """Something goes wrong at the system."""
        self.trial.vendor.faults.append(replace(fault, stream=self.stream))

    def send(self, rows: Sequence[Mapping[str, Any]] | None = None, outbox: Outbox | None = None) -> list[Sent]:
        """Send the rows; what came of each."""
        order = self.trial.unit.offers(self.order, self.trial.place())
        wanted = self.rows if rows is None else rows
        return list(self.trial.unit.send(order, self.trial.place(), wanted, outbox or self.outbox))

    @property
    def keys(self) -> Counter[str]:
        """Each row's key once."""
        return Counter("/".join(str(row[name]) for name in self.key) for row in self.rows)

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that identify a record."""
        return self.trial.unit.offers(self.order, self.trial.place()).key


def stripe(specs: Path, tmp_path: Path) -> World:
    vendor = vendor_of("stripe", specs, count={"customers": 5}, accepts={SENTINEL})
    ids = [one["id"] for one in vendor.records("customers")][:4]
    rows = [{"id": one, "tier": "gold", "since": date(2026, 1, number + 1)} for number, one in enumerate(ids)]
    trial = Trial("stripe", vendor, tmp_path, {"auth": "bearer"}, {"token": SENTINEL})
    taken: Any = vendor.kept["changed_customers"]

    def spoil() -> None:
        vendor.delete("customers", ids[1])

    order = Order("plan", "customers", "metadata", fields=("id", "tier", "since"))
    return World(trial, order, rows, "changed_customers", lambda: Counter(str(key) for key, _ in taken.done), spoil)


def asana(specs: Path, tmp_path: Path) -> World:
    vendor = vendor_of("asana", specs, count={"projects": 1, "workspaces": 1, "tasks": 0}, accepts={SENTINEL})
    project = str(vendor.records("projects")[0]["gid"])
    rows: list[dict[str, Any]] = [
        {"name": f"Call {who}", "notes": "owes us", "due_on": date(2026, 12, 1)} for who in ("Ann", "Ben", "Cy", "Dee")
    ]
    trial = Trial("asana", vendor, tmp_path, {"auth": "bearer"}, {"token": SENTINEL})
    taken: Any = vendor.kept["created_tasks"]

    def spoil() -> None:
        rows[1]["due_on"] = "tomorrow"

    order = Order("plan", "tasks", "create", fields=("name", "notes", "due_on"), options={"project": project})
    return World(trial, order, rows, "created_tasks", lambda: Counter(one["name"] for _, one in taken.done), spoil)


class HubSpot(Vendor):
    """A model of HubSpot's batch upsert after its documented example; faults as a vendor has them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.violations = []
        self.calls: list[Call] = []
        self.done: list[str] = []
        self.contacts: dict[str, dict[str, str]] = {}
        self.refused: set[str] = set()
        self.whole = False

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        number = len(self.calls)
        due = [one for one in self.faults if one.due(number)]
        scene = Scene(lambda reason, why: self.said(STATUSES[reason], {"message": why}), NOW)
        for one in due:
            if (early := one.answer(scene)) is not None:
                return early
        reply = self.upserted(json.loads(call.body))
        for one in due:
            reply = one.sent(reply)
        return reply

    def upserted(self, body: dict[str, Any]) -> Reply:
        assert set(body) == {"inputs"}
        assert 0 < len(body["inputs"]) <= 100
        bad = [one for one in body["inputs"] if one["id"] in self.refused]
        if bad and self.whole:
            return self.said(400, {"status": "error", "message": "Property values were not valid"})
        results = []
        for one in body["inputs"]:
            assert set(one) <= {"id", "idProperty", "properties", "objectWriteTraceId"}
            assert all(isinstance(item, str) for item in one["properties"].values())
            if one["id"] in self.refused:
                continue
            key = one["id"].lower()
            self.done.append(key)
            self.contacts[key] = {**self.contacts.get(key, {}), **one["properties"], one["idProperty"]: key}
            results.append({"id": f"9{len(self.contacts)}", "properties": self.contacts[key], "new": True})
        errors = [
            {"status": "error", "message": "Email address is invalid", "context": {"ids": [one["id"]]}} for one in bad
        ]
        return self.said(207 if errors else 200, {"status": "COMPLETE", "results": results, "errors": errors})

    def said(self, status: int, body: dict[str, Any]) -> Reply:
        return Reply(status, {"content-type": "application/json"}, json.dumps(body).encode())


def hubspot(specs: Path, tmp_path: Path) -> World:
    vendor = HubSpot()
    rows: list[dict[str, Any]] = [
        {"email": f"{who}@x.example", "firstname": who, "score": Decimal("1.50")} for who in ("Ann", "ben", "cy", "dee")
    ]
    trial = Trial("hubspot", vendor, tmp_path, {"auth": "bearer"}, {"token": SENTINEL})

    def spoil() -> None:
        vendor.refused.add(rows[1]["email"])

    order = Order("plan", "contacts", "upsert", fields=("email", "firstname", "score"))
    return World(
        trial, order, rows, "",
        lambda: Counter(row["email"] for row in rows if row["email"].lower() in vendor.contacts),
        spoil,
    )  # fmt: skip


def sheet_append(specs: Path, tmp_path: Path) -> World:
    vendor = vendor_of("google_sheets", specs, count=1, accepts={SENTINEL})
    book: Any = vendor.kept["spreadsheet"]
    grid = book.sheet("Leads", [["Leads of 2026"], [], ["id", "name", "note", "met"], [1, "Ann", "old", None]])
    rows: list[dict[str, Any]] = [
        {"id": number, "name": f"n{number}", "met": date(2026, 1, number)} for number in (2, 3, 4, 5)
    ]
    settings = {"spreadsheet": LINK, "auth": "oauth2_code"}
    rights = "https://www.googleapis.com/auth/spreadsheets"
    secrets = {"access_token": SENTINEL, "expires_at": "2099-01-01T00:00:00+00:00", "scopes": rights}
    trial = Trial("google_sheets", vendor, tmp_path, settings, secrets)

    def arrived() -> Counter[str]:
        return Counter(str(row[0]) for row in grid.values()[4:])

    def spoil() -> None:
        pytest.skip("a sheet takes all rows of a change or none")

    order = Order("plan", "Leads", "append", key=("id",), fields=("id", "name", "met"))
    return World(trial, order, rows, "spreadsheet", arrived, spoil)


WORLDS = {"stripe": stripe, "asana": asana, "hubspot": hubspot, "sheet": sheet_append}
WRITES = {"stripe": 1, "asana": 1, "hubspot": 1, "sheet": 3}
"""Which call of what takes the records is the first that sends one: a sheet is looked at before."""


def named(name: str, specs: Path, tmp_path: Path) -> World:
    return replace(WORLDS[name](specs, tmp_path), first=WRITES[name])


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, vendor_specs_folder: Path, tmp_path: Path) -> World:
    return named(request.param, vendor_specs_folder, tmp_path)


def first(world: World) -> int:
    return world.first


def results(sent: Sequence[Sent]) -> list[str]:
    return [one.result for one in sent]


def test_every_record_arrives_once_and_says_so(world: World) -> None:
    sent = world.send()
    assert results(sent) == ["sent"] * 4
    assert world.arrived() == world.keys
    assert world.trial.vendor.violations == []


def test_a_lost_answer_does_not_send_a_record_twice(world: World) -> None:
    world.fault(Lost(nth=first(world)))
    assert results(world.send()) == ["sent"] * 4
    assert world.arrived() == world.keys


def test_too_many_requests_are_waited_for_as_long_as_the_system_says(world: World) -> None:
    world.fault(Limited(nth=first(world), wait=7))
    assert results(world.send()) == ["sent"] * 4
    assert world.arrived() == world.keys
    assert max(world.trial.waits) >= 6


def test_a_system_that_is_ill_for_a_moment_gets_each_record_once(world: World) -> None:
    world.fault(Failing(nth=first(world), status=500))
    assert results(world.send()) == ["sent"] * 4
    assert world.arrived() == world.keys


def test_a_system_that_stays_ill_ends_the_sending_and_the_next_run_goes_on(world: World) -> None:
    world.fault(Failing(nth=first(world), times=None, status=503))
    with pytest.raises(TransientError):
        world.send()
    world.trial.vendor.faults = []
    assert set(results(world.send())) == {"sent"}
    assert world.arrived() == world.keys


def test_a_record_that_is_refused_says_why_and_the_others_go_on(world: World) -> None:
    world.spoil()
    sent = world.send()
    assert results(sent) == ["sent", "refused", "sent", "sent"]
    assert sent[1].says
    assert list(world.arrived().values()) == [1, 1, 1]


def test_a_plan_may_say_to_stop_at_the_first_record_that_is_refused(world: World) -> None:
    world.spoil()
    world.order = replace(world.order, stops=True)
    with pytest.raises(DataError) as caught:
        world.send()
    assert "refuses a record" in caught.value.message


def test_a_kill_in_the_middle_does_not_send_a_record_twice(world: World, tmp_path: Path) -> None:
    file = tmp_path / "sent" / "outbox.jsonl"
    before = Outbox(file)
    world.fault(Killing(nth=first(world)))
    with pytest.raises(KilledError):
        world.send(outbox=before)
    world.trial.vendor.faults = []
    after = Outbox(file)
    sent = world.send(outbox=after)
    assert len(sent) == 4
    assert set(results(sent)) == {"sent"}
    assert world.arrived() == world.keys


def test_the_next_run_sends_nothing_again_and_a_changed_record_alone(world: World, tmp_path: Path) -> None:
    file = tmp_path / "outbox.jsonl"
    world.send(outbox=Outbox(file))
    before = len(world.trial.vendor.calls)
    assert results(world.send(outbox=Outbox(file))) == ["unchanged"] * 4
    asked = world.trial.vendor.calls[before:]
    assert [call for call in asked if call.method != "GET"] == []
    assert world.arrived() == world.keys


def test_a_key_that_is_refused_ends_it_and_nothing_was_sent(world: World) -> None:
    world.fault(Unauthorized(nth=1, times=None))
    with pytest.raises(AccessError):
        world.send()
    assert world.arrived() == Counter()


def test_a_dry_run_shows_the_requests_that_would_be_sent_and_sends_none(world: World) -> None:
    order = world.trial.unit.offers(world.order, world.trial.place())
    shown = list(world.trial.unit.shown(order, world.trial.place(), world.rows, Outbox()))
    assert world.arrived() == Counter()
    assert sum(one.records for one in shown) == 4
    before = len(world.trial.vendor.calls)
    world.send()
    sent = [call for call in world.trial.vendor.calls[before:] if call.method != "GET"]
    assert [(one.method, one.url) for one in shown] == [(call.method, call.url) for call in sent]
    for one, call in zip(shown, sent, strict=True):
        is_form = call.headers["content-type"] == forms.FORM
        assert call.body == forms.encoded(one.body) if is_form else json.loads(call.body) == one.body


def test_no_secret_is_in_what_is_kept_or_shown(world: World, tmp_path: Path) -> None:
    order = world.trial.unit.offers(world.order, world.trial.place())
    shown = list(world.trial.unit.shown(order, world.trial.place(), world.rows, Outbox()))
    file = tmp_path / "outbox.jsonl"
    sent = world.send(outbox=Outbox(file))
    assert SENTINEL not in repr(shown) + repr(sent) + file.read_text()
    # Nor is a value of a record: the outbox lives as long as the plan.
    assert "Ann" not in file.read_text()


def test_a_record_that_changes_and_changes_back_is_sent_each_time(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = stripe(vendor_specs_folder, tmp_path)
    one = world.rows[0]
    for tier in ("gold", "silver", "gold"):
        assert results(world.send([{**one, "tier": tier}])) == ["sent"]
    customer = next(item for item in world.trial.vendor.records("customers") if item["id"] == one["id"])
    assert customer["metadata"]["tier"] == "gold"
    assert len(world.arrived()) == 1
    assert sum(world.arrived().values()) == 3


def test_the_cases_go_red_when_the_idempotency_key_is_broken(
    vendor_specs_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = iter(range(100))
    monkeypatch.setattr(sends.Item, "idempotency_key", lambda _self, _order: f"key-{next(used)}")
    with pytest.raises(AssertionError):
        test_a_kill_in_the_middle_does_not_send_a_record_twice(named("stripe", vendor_specs_folder, tmp_path), tmp_path)


def test_the_cases_go_red_when_the_outbox_forgets(
    vendor_specs_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sends.Outbox, "_recall", lambda _self, _file: None)
    world = named("stripe", vendor_specs_folder, tmp_path)
    with pytest.raises(AssertionError):
        test_the_next_run_sends_nothing_again_and_a_changed_record_alone(world, tmp_path)


def test_the_cases_go_red_when_a_lost_answer_is_not_looked_for(
    vendor_specs_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing.Sending, "_looked", lambda _self, _look, _items: {})
    with pytest.raises(AssertionError):
        test_a_lost_answer_does_not_send_a_record_twice(named("asana", vendor_specs_folder, tmp_path))


def test_one_record_that_spoils_its_batch_does_not_keep_the_others_back(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    world = hubspot(vendor_specs_folder, tmp_path)
    world.spoil()
    world.trial.vendor.whole = True  # type: ignore[attr-defined]
    sent = world.send()
    assert results(sent) == ["sent", "refused", "sent", "sent"]
    assert "Property values were not valid" in sent[1].says


def test_a_record_that_the_answer_does_not_speak_of_is_unknown(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = hubspot(vendor_specs_folder, tmp_path)
    vendor: Any = world.trial.vendor
    vendor.upserted = lambda body: vendor.said(200, {"results": []})
    assert results(world.send()) == ["unknown"] * 4


def test_a_task_of_that_name_in_the_project_is_not_made_again(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = asana(vendor_specs_folder, tmp_path)
    world.send()
    # As another plan would, which has an outbox of its own.
    assert results(world.send(outbox=Outbox())) == ["unchanged"] * 4
    assert world.arrived() == world.keys


def test_rows_in_a_sheet_go_below_its_table_under_their_columns_with_their_kinds(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    world.send([{"id": 2, "name": "=SUM(A1)", "met": date(2026, 1, 2)}, {"id": 1, "name": "Ann", "met": None}])
    grid = world.trial.vendor.kept["spreadsheet"].sheets[0]  # type: ignore[attr-defined]
    assert grid.values()[2:] == [["id", "name", "note", "met"], [1, "Ann", "old"], [2, "=SUM(A1)", None, "day 46024"]]


def test_an_empty_sheet_gets_its_header_too(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    grid = world.trial.vendor.kept["spreadsheet"].sheet("New")  # type: ignore[attr-defined]
    world.order = replace(world.order, stream="New")
    world.send(world.rows[:1])
    assert grid.values() == [["id", "name", "met"], [2, "n2", "day 46024"]]


def test_a_column_that_the_sheet_does_not_have_is_said_with_the_likeliest(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    world.order = replace(world.order, fields=("id", "names"))
    with pytest.raises(DataError) as caught:
        world.send([{"id": 7, "names": "x"}])
    assert "'name'" in caught.value.hint


def test_the_table_of_a_sheet_is_replaced_as_one_change_and_what_stands_above_stays(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    grid = world.trial.vendor.kept["spreadsheet"].sheets[0]  # type: ignore[attr-defined]
    for row in range(5, 9):
        grid.put(row, 0, row)
    world.order = Order("plan", "Leads", "replace", fields=("city", "total"))
    sent = world.send([{"city": "Rome", "total": Decimal("10.50")}, {"city": "Bari", "total": Decimal(3)}])
    assert results(sent) == ["sent", "sent"]
    assert grid.values() == [["Leads of 2026"], [], ["city", "total"], ["Rome", 10.5], ["Bari", 3]]
    book = world.trial.vendor.kept["spreadsheet"]
    assert len(book.changes) == 1  # type: ignore[attr-defined]
    assert world.trial.vendor.violations == []


def test_a_sheet_grows_for_more_rows_than_it_has(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    grid = world.trial.vendor.kept["spreadsheet"].sheet("Small", [["n"]], rows=3, columns=1)  # type: ignore[attr-defined]
    world.order = Order("plan", "Small", "replace", fields=("n", "m"))
    world.send([{"n": number, "m": 0} for number in range(10)])
    assert (grid.rows, grid.columns, len(grid.values())) == (11, 2, 11)


def test_numbers_that_a_sheet_would_round_are_refused(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    world.order = Order("plan", "Leads", "replace", fields=("n",))
    with pytest.raises(DataError) as caught:
        world.send([{"n": 1234567890123456789}])
    assert "more digits" in caught.value.message
    with pytest.raises(LimitError):
        world.send([{"n": number} for number in range(200_001)])


def test_rows_are_not_added_below_a_total(vendor_specs_folder: Path, tmp_path: Path) -> None:
    world = sheet_append(vendor_specs_folder, tmp_path)
    world.trial.vendor.kept["spreadsheet"].sheet(  # type: ignore[attr-defined]
        "Sums", [["id", "name", "sum"], [1, "a", 5], [2, "b", 6], ["Total", None, 11]]
    )
    world.order = Order("plan", "Sums", "append", key=("id",), fields=("id", "name"))
    with pytest.raises(DataError) as caught:
        world.send([{"id": 9, "name": "z"}])
    assert "total or a note" in caught.value.message


@pytest.mark.parametrize(
    ("system", "order", "said"),
    [
        ("stripe", Order("p", "customer", "metadata", fields=("id",)), "customers"),
        ("stripe", Order("p", "customers", "delete", fields=("id",)), "metadata"),
        ("stripe", Order("p", "customers", "metadata", fields=("tier",)), "id"),
        ("asana", Order("p", "tasks", "create", fields=("name", "due_an")), "due_on"),
        ("asana", Order("p", "tasks", "create", fields=("name",)), "project"),
        ("hubspot", Order("p", "contacts", "upsert", key=("id",), fields=("id", "email")), "email"),
        ("google_sheets", Order("p", "Leads", "append", fields=("id",)), "apart"),
        ("google_sheets", Order("p", "Leads", "upsert", fields=("id",)), "append"),
        ("xero", Order("p", "invoices", "create", fields=("id",)), "nothing"),
    ],
)
def test_an_order_that_the_system_cannot_take_says_what_there_is(
    system: str, order: Order, said: str, tmp_path: Path
) -> None:
    trial = Trial(system, httpx.MockTransport(lambda _: httpx.Response(500)), tmp_path, {}, {})
    with pytest.raises(SpecError) as caught:
        trial.unit.offers(order, trial.place())
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_database_takes_loads_and_no_sends() -> None:
    with pytest.raises(UnsupportedError):
        sender("sqlite")
    for name in DECLARED.names():
        assert callable(sender(name).send)


def test_an_outbox_whose_last_line_was_cut_off_is_read_up_to_it(tmp_path: Path) -> None:
    file = tmp_path / "outbox.jsonl"
    order = Order("p", "s", "a", key=("id",), fields=("id", "x"))
    box = Outbox(file)
    item = box.item(order, {"id": 1, "x": 2})
    box.begin([item])
    box.settle(item, Sent(item.key, "sent", "77"))
    with file.open("ab") as handle:
        handle.write(b'{"mark": "half')
    again = Outbox(file)
    assert again.item(order, {"id": 1, "x": 2}).is_done
    assert not again.item(order, {"id": 1, "x": 3}).is_done
    assert again.item(order, {"id": 1, "x": 3}).number == 1
    assert file.read_bytes().endswith(b"\n")
