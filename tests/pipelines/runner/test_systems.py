"""Runs that read a system: what was published before stays whatever the system does, and what it deleted goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from running import Plain, Shop

from connectors.contract import DECLARED, Place
from connectors.http.signing import Secrets
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description, read_description
from connectors.http.vendor.faults import Empty, Forbidden
from connectors.http.vendor.profile import Profile, read_profile
from connectors.http.vendor.server import serving
from spec.pipeline import Load, Send, Source

CUSTOMERS = 230
SECRET = "rk_live_sentinel-51ee"  # not a secret


class Held:
    """A key that is not renewed."""

    def get(self) -> Secrets:
        return {"token": SECRET}

    def renew(self, _change: Any) -> Secrets:
        return self.get()


@dataclass
class Till(Shop):
    """A shop whose sources are of Stripe."""

    url: str = ""

    def place(self, unit: Source | Load | Send) -> Place:
        """Stripe at the vendor's address, tables in the folder."""
        if unit.connector != "stripe":
            return super().place(unit)
        settings = {"base_url": f"{self.url}/v1"}
        return Place("stripe", self.folder, connection="till", settings=settings, credentials=Held())


@pytest.fixture(scope="session")
def stripe(vendor_specs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Description, Profile]:
    profile = read_profile(DECLARED.path("stripe").with_name("vendor.yaml"))
    cached = tmp_path_factory.mktemp("descriptions")
    file = vendor_specs_folder / profile.description
    return read_description(file, paths=profile.paths, overlay=profile.changes, cache=cached), profile


@contextmanager
def till(stripe: tuple[Description, Profile], folder: Path, count: int = CUSTOMERS) -> Iterator[tuple[Till, Vendor]]:
    description, profile = stripe
    counts = dict.fromkeys(profile.streams, 3) | {"customers": count}
    vendor = Vendor(description, profile, count=counts, accepts={SECRET}, texts=("EUR", "USD"))
    with serving(vendor) as url:
        yield Till(folder, url=url), vendor


def customers(write: str, gone: Plain | None = None, **load: Any) -> Plain:
    source: Plain = {
        "connector": "stripe", "connection": "till", "stream": "customers", "primary_key": ["id"], "drift": "evolve",
        "columns": {"id": "VARCHAR", "created": "TIMESTAMP WITH TIME ZONE"},
        "options": {"timestamp_format": {"created": "epoch"}},
    }  # fmt: skip
    if gone is not None:
        source["gone"] = gone
    written: Plain = {
        "from": "customers", "connector": "duckdb", "location": "books.duckdb", "table": "customers", "write": write,
        "primary_key": ["id"], **load,
    }  # fmt: skip
    return {
        "name": "customers_in",
        "sources": {"customers": source},
        "loads": [written],
        "allow": {"tables": ["books.duckdb/customers"]},
    }


def there(shop: Shop) -> list[str]:
    with duckdb.connect(str(shop.folder / "books.duckdb"), read_only=True) as books:
        return [str(row[0]) for row in books.execute("SELECT id FROM customers ORDER BY 1").fetchall()]


def known(vendor: Vendor) -> list[str]:
    return sorted(str(one["id"]) for one in vendor.records("customers"))


@pytest.mark.parametrize("write", ["replace", "merge"])
def test_a_system_that_fails_in_the_middle_of_a_list_leaves_the_table_as_it_was(
    stripe: tuple[Description, Profile], write: str, tmp_path: Path
) -> None:
    gone: Plain | None = {"sweep": "every run"} if write == "merge" else None
    with till(stripe, tmp_path) as (shop, vendor):
        assert shop.run(customers(write, gone)).status == "succeeded"
        before = there(shop)
        assert before == known(vendor)
        for nth in (1, 2, 3):
            vendor.faults = [Forbidden(nth=len(vendor.calls) + nth, times=None)]
            result = shop.run(customers(write, gone))
            assert result.status == "failed"
            assert there(shop) == before
        vendor.faults = []
        vendor.add("customers")
        assert shop.run(customers(write, gone)).status == "succeeded"
        assert there(shop) == known(vendor)


@pytest.mark.parametrize("write", ["replace", "merge"])
def test_a_system_that_suddenly_has_nothing_does_not_empty_the_table(
    stripe: tuple[Description, Profile], write: str, tmp_path: Path
) -> None:
    gone: Plain | None = {"sweep": "every run", "at_most": 100} if write == "merge" else None
    with till(stripe, tmp_path) as (shop, vendor):
        shop.run(customers(write, gone))
        vendor.faults = [Empty(times=None)]
        result = shop.run(customers(write, gone))
        assert result.status == "failed"
        assert result.message is not None
        assert "no row at all" in result.message or "no key at all" in result.message
        assert "230" in result.message
        assert len(there(shop)) == CUSTOMERS


def test_a_plan_may_say_that_an_empty_source_empties_its_table(
    stripe: tuple[Description, Profile], tmp_path: Path
) -> None:
    with till(stripe, tmp_path) as (shop, vendor):
        shop.run(customers("replace"))
        vendor.faults = [Empty(times=None)]
        assert shop.run(customers("replace", when_empty="replace")).status == "succeeded"
        assert there(shop) == []


def test_what_a_system_deleted_is_taken_from_the_table_without_another_request(
    stripe: tuple[Description, Profile], tmp_path: Path
) -> None:
    plain = customers("merge", {"sweep": "every run"})
    with till(stripe, tmp_path) as (shop, vendor):
        shop.run(plain)
        for key in known(vendor)[:4]:
            vendor.delete("customers", key)
        vendor.calls.clear()
        result = shop.run(plain)
        assert result.outputs[0].gone == 4
        assert there(shop) == known(vendor)
        assert len(vendor.calls) == 3, "a whole read knows all keys"
        assert not vendor.violations
