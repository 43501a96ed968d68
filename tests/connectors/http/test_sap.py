"""SAP's business partners arrive whole, whichever way the system pages them, and only changed ones the next time."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from vendor_trials import Trial, values, vendor_of

from connectors.contract import DECLARED
from connectors.http.definition import read_definition
from connectors.http.vendor.answering import Vendor
from spec.errors import AccessError

STREAMS = list(read_definition(DECLARED.path("sap")).streams)


def trial(vendor: Vendor, folder: Path, **settings: str) -> Trial:
    return Trial("sap", vendor, folder, {"host": "my1-api.s4hana.test", **settings}, {"user": "U", "password": "p"})


@pytest.mark.parametrize("stream", STREAMS)
def test_every_record_of_each_set_arrives_once(
    stream: str, vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    count = 520 if stream in {"business_partners", "customers"} else 40
    vendor = vendor_of("sap", vendor_specs_folder, count=count)
    mine = trial(vendor, tmp_path)
    found = mine.discover(stream)
    assert [one.name for one in found] == [stream]
    reading = mine.read(found, staging)[0]
    key = vendor.profile.streams[stream].key[1:]
    assert (reading.rows, reading.quarantined) == (count, ())
    assert values(staging, stream, key) == sorted(str(one[key]) for one in vendor.records(stream))
    assert mine.violations() == []
    assert found[0].source.primary_key
    assert len(found[0].source.columns) <= 36


def test_days_are_instants_and_amounts_decimal(vendor_specs_folder: Path, tmp_path: Path) -> None:
    mine = trial(vendor_of("sap", vendor_specs_folder), tmp_path)
    partners = mine.discover("business_partners")[0].source
    assert partners.columns["LastChangeDate"] == "TIMESTAMP WITH TIME ZONE"
    assert (partners.cursor, partners.lookback) == ("LastChangeDate", "1 day")
    company = mine.discover("supplier_companies")[0].source
    assert company.columns["BillOfExchLmtAmtInCoCodeCrcy"] == "DECIMAL(18,2)"


def test_the_next_read_asks_for_what_was_changed_or_made_since(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("sap", vendor_specs_folder, count=40)
    mine = trial(vendor, tmp_path)
    found = mine.discover("business_partners")
    cursor = mine.read(found, staging)[0].cursor
    touched = vendor.tables["business_partners"].keys[3]
    vendor.touch("business_partners", touched)
    added = vendor.add("business_partners")
    again = mine.read(found, staging, since=str(cursor), pages="second")[0]
    got = set(values(staging, "business_partners", "BusinessPartner"))
    assert {str(touched), str(added)} <= got
    assert again.rows < 5
    asked = dict(vendor.calls[-1].query)["$filter"]
    assert asked.startswith("LastChangeDate ge datetime'2026-01-01T")
    assert " or CreationDate ge datetime'" in asked
    assert mine.violations() == []


def test_a_client_is_sent_where_one_is_said_and_left_out_otherwise(vendor_specs_folder: Path, tmp_path: Path) -> None:
    vendor = vendor_of("sap", vendor_specs_folder)
    trial(vendor, tmp_path / "a").discover("roles")
    assert "sap-client" not in dict(vendor.calls[-1].query)
    trial(vendor, tmp_path / "b", client="100").discover("roles")
    assert dict(vendor.calls[-1].query)["sap-client"] == "100"


def test_a_wrong_password_is_told_with_what_to_click(vendor_specs_folder: Path, tmp_path: Path) -> None:
    vendor = vendor_of("sap", vendor_specs_folder, accepts={"other"})
    with pytest.raises(AccessError) as refused:
        trial(vendor, tmp_path).discover("roles")
    assert "Maintain Communication Users" in refused.value.hint
