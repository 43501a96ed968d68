"""Xero as its own description has it: every stream whole, what changed since, dates and money."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from declared_systems import KilledError, System, behind, definition_of, less, rows, vendor_of

from connectors.http.signing import auth
from connectors.spelling import parse_options

STREAMS = definition_of("xero").streams
COUNT = 210


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_read_whole_and_then_what_changed(
    stream: str, tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("xero", vendor_specs_folder, {stream: COUNT})
    system = System("xero", behind(vendor), tmp_path)
    source = system.found(stream)[0].model_copy(update={"read": "incremental"})
    key = source.primary_key[0]
    whole = system.read(source, staging)
    assert (whole.rows, whole.quarantined, dict(whole.nulled)) == (COUNT, (), {})
    assert {row[0] for row in rows(staging, f'SELECT "{key}" FROM loaded')} == set(map(str, vendor.tables[stream].keys))
    touched = str(vendor.tables[stream].keys[3])
    vendor.touch(stream, touched)
    later = system.read(source, staging, since=less(whole.cursor, timedelta(minutes=5)))
    assert touched in {row[0] for row in rows(staging, f'SELECT "{key}" FROM loaded')}
    assert later.rows < 20
    assert vendor.calls[-1].headers["if-modified-since"].endswith("Z")
    assert vendor.violations == []


def test_pages_behind_the_first_are_asked_for_by_the_number_that_it_tells(
    tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("xero", vendor_specs_folder, {"manual_journals": 600})
    system = System("xero", behind(vendor), tmp_path)
    source = system.found("manual_journals")[0]
    before = len(vendor.calls)
    assert system.read(source, staging).rows == 600
    assert sorted(dict(call.query)["page"] for call in vendor.calls[before:]) == ["1", "2", "3"]


def test_a_killed_read_goes_on(tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection) -> None:
    vendor = vendor_of("xero", vendor_specs_folder, {"payments": 500})
    system = System("xero", behind(vendor), tmp_path)
    source = system.found("payments")[0]
    system.sent, system.kill_at = 0, 2
    with pytest.raises(KilledError):
        system.read(source, staging, at="killed")
    system.kill_at = 0
    assert system.read(source, staging, at="killed").rows == 500


def test_days_are_days_and_amounts_are_exact(
    tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("xero", vendor_specs_folder, {"invoices": 0})
    line = {"Description": "2025-01-01", "UnitAmount": 0.0525, "LineAmount": 2000.10, "AccountCode": "0200"}
    invoice = {
        "InvoiceID": "243216c5-369e-4056-ac67-05388f86dc81",
        "InvoiceNumber": "0045",
        "Contact": {"ContactID": "025867f1-d741-4d6b-b1af-9ac774b59ba7", "Name": "2025"},
        "Date": "/Date(1518652800000+0000)/",
        # Half past ten in the evening before in UTC, noon in a zone that is thirteen and a half hours ahead.
        "DueDate": "/Date(1519770600000+1330)/",
        "Total": 2000.1,
        "CurrencyRate": 1.0000000001,
        "UpdatedDateUTC": "/Date(1518685950940+0000)/",
        "LineItems": [line],
    }
    vendor.tables["invoices"].take_over([invoice])
    system = System("xero", behind(vendor), tmp_path)
    own, lines = system.found("invoices")[:2]
    system.read(own, staging)
    texts = ("Date", "DueDate", "Total", "CurrencyRate", "Contact_Name", "UpdatedDateUTC")
    assert rows(staging, f"SELECT {', '.join(f'{one}::VARCHAR' for one in texts)} FROM loaded") == [
        ("2018-02-15", "2018-02-28", "2000.10", "1.0000000001", "2025", "2018-02-15 09:12:30.94+00")
    ]
    system.read(lines, staging)
    assert rows(staging, "SELECT UnitAmount::VARCHAR, AccountCode, Description FROM loaded") == [
        ("0.0525", "0200", "2025-01-01")
    ]


def test_the_consent_asks_to_read_alone_and_to_stay() -> None:
    way = definition_of("xero").auth[0]
    params = parse_options(auth(way).Params, way.params)
    scopes = params.model_dump()["scopes"]
    assert "offline_access" in scopes
    assert all(scope.endswith(".read") for scope in scopes if scope != "offline_access")
