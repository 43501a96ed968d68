"""Saved connections: named, kept without their passwords, and resolved to places."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from memory.workspace import Workspace
from spec.errors import AccessError, SpecError, UnsupportedError, UsageError
from spec.pipeline import Pipeline, Source
from tools import approvals, connections, plans, runs
from tools.context import Context
from tools.locations import database_kind, parse, with_password, without_password

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DREFLOW_VAULT_KEY", raising=False)
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        (
            "postgresql://ada:pa%40ss@db:5432/shop?sslmode=require",
            "postgresql://ada@db:5432/shop?sslmode=require",
            "pa%40ss",
        ),
        ("mysql://ada@db/shop", "mysql://ada@db/shop", None),
        ("postgresql://db/shop", "postgresql://db/shop", None),
        ("postgresql://ada:@db/shop", "postgresql://ada@db/shop", ""),
        ("postgresql://ada:p@[::1]:5432/shop", "postgresql://ada@[::1]:5432/shop", "p"),
    ],
)
def test_a_password_leaves_an_address_and_returns_to_it(url: str, bare: str, password: str | None) -> None:
    assert without_password(url) == (bare, password)
    if password:
        assert with_password(bare, password) == url


def test_a_password_typed_as_it_is_works_whatever_it_holds(context: Context, tmp_path: Path) -> None:
    saved = connections.add(context, "shop", "postgresql://ada@db/shop", now=NOW, password="p@ss/w:rd %41")
    assert saved.config == {"url": "postgresql://ada@db/shop"}
    place = connections.places(context, tmp_path)(Source(connector="postgres", connection="shop", stream="orders"))
    assert urlsplit(place.url or "").password == "p%40ss%2Fw%3Ard%20%2541"
    assert "p%40ss" not in repr(place)
    stored = (tmp_path / ".dreflow" / "dreflow.db").read_bytes() + (tmp_path / "home" / "vault.json").read_bytes()
    assert b"ss/w:rd" not in stored
    assert b"p%40ss" not in stored


def test_a_connection_whose_password_is_gone_says_how_to_save_it_again(context: Context, tmp_path: Path) -> None:
    connections.add(context, "shop", "postgresql://ada:secret@db/shop", now=NOW)
    for name in connections.vault().names():
        connections.vault().delete(name)
    with pytest.raises(AccessError, match="connectors add shop"):
        connections.places(context, tmp_path)(Source(connector="postgres", connection="shop"))


def test_two_workspaces_may_use_the_same_name_for_different_passwords(context: Context, tmp_path: Path) -> None:
    other = Context(Workspace(tmp_path / "other", NOW), "ada")
    connections.add(context, "shop", "postgresql://ada:first@db/shop", now=NOW)
    connections.add(other, "shop", "postgresql://ada:second@db/shop", now=NOW)
    source = Source(connector="postgres", connection="shop")
    urls = [connections.places(one, tmp_path)(source).url or "" for one in (context, other)]
    assert [urlsplit(url).password for url in urls] == ["first", "second"]


def test_a_spec_that_names_a_connection_of_another_kind_is_refused(context: Context, tmp_path: Path) -> None:
    connections.add(context, "shop", "mysql://ada@db/shop", now=NOW)
    with pytest.raises(UnsupportedError, match="mysql"):
        connections.places(context, tmp_path)(Source(connector="postgres", connection="shop"))


def test_an_unknown_connection_is_met_with_the_nearest_name(context: Context, tmp_path: Path) -> None:
    connections.add(context, "shop", "mysql://ada@db/shop", now=NOW)
    with pytest.raises(SpecError, match="shop"):
        connections.places(context, tmp_path)(Source(connector="mysql", connection="shoop"))


@pytest.mark.parametrize("name", ["", "my shop", "1st", "a=b", "x" * 64])
def test_a_name_that_could_not_be_typed_is_refused(context: Context, name: str) -> None:
    with pytest.raises(UsageError, match="name of a connection"):
        connections.add(context, name, "mysql://ada@db/shop", now=NOW)


@pytest.mark.parametrize(
    ("system", "setting", "more"),
    [("stripe", "base_url", {}), ("http_json", "url", {"lists": "orders", "records": "/data", "paging": "whole"})],
)
def test_a_key_is_not_sent_to_an_address_where_others_can_read_it(
    system: str, setting: str, more: dict[str, str], context: Context
) -> None:
    def connected(address: str) -> str:
        settings = {setting: address, **more}
        secrets = {"token": "sentinel"}
        return connections.connect(context, "till", system, settings, secrets, now=NOW, way="bearer").name

    with pytest.raises(SpecError, match="others can read it"):
        connected("http://api.example.com/v1")
    assert context.workspace.store.connection("till") is None
    assert connected("http://127.0.0.1:9/v1") == "till"


def test_saving_needs_the_right_to_connect(context: Context) -> None:
    with pytest.raises(AccessError, match="may not add"):
        connections.add(Context(context.workspace, "eve", frozenset({"ask"})), "shop", "mysql://a@b/c", now=NOW)


def test_an_address_that_was_saved_before_keeps_its_name(context: Context, tmp_path: Path) -> None:
    connections.add(context, "shop", "postgresql://ada:secret@db/sales", now=NOW)
    before = len(context.workspace.store.audit_trail())
    for url in ("postgresql://ada:secret@db/sales", "postgresql://ada@db/sales"):
        assert connections.kept(context, f"s={url}", base=tmp_path, now=NOW) == "s=shop"
    assert len(context.workspace.store.audit_trail()) == before


def test_a_database_file_can_be_saved_and_looked_into(context: Context, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, amount DECIMAL(18,2))")
        connection.commit()
    connections.add(context, "ledger", f"sqlite:///{tmp_path / 'ledger.db'}", now=NOW)
    connections.check(context, "ledger")
    assert [one.name for one in connections.discover(context, "ledger", base=tmp_path)] == ["entries"]


def test_what_data_names_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a=b.csv").write_text("x\n1\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text("x\n1\n", encoding="utf-8")
    assert parse("a=b.csv", base=tmp_path).name is None
    assert parse("sales=orders.csv", base=tmp_path).name == "sales"
    assert parse("shop", base=tmp_path, connections=("shop",)).connection == "shop"
    assert parse("x=mysql://a:b=c@h/d", base=tmp_path).url == "mysql://a:b=c@h/d"
    assert parse("sqlite:///books.db", base=tmp_path).location == str(tmp_path / "books.db")
    assert parse("sqlite:////var/books.db", base=tmp_path).location == "/var/books.db"
    with pytest.raises(UsageError, match="ftp"):
        parse("ftp://user:secret-7231@host/x", base=tmp_path)


def test_a_database_is_known_by_its_first_bytes_not_its_ending_alone(tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "books.db")) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    assert database_kind(tmp_path / "books.db") == "duckdb"
    (tmp_path / "notes.txt").write_text("SQLite format 3\x00", encoding="utf-8")
    assert database_kind(tmp_path / "notes.txt") is None


@pytest.mark.postgres
def test_a_mistyped_password_does_not_take_the_place_of_one_that_works(context: Context, postgres_url: str) -> None:
    connections.add(context, "shop", postgres_url, now=NOW)
    password = urlsplit(postgres_url).password or ""
    with pytest.raises(AccessError):
        connections.kept(context, postgres_url.replace(password, "mistyped"), base=Path("/"), now=NOW)
    connections.check(context, "shop")


def loading(hosts: list[str]) -> Pipeline:
    return Pipeline.model_validate(
        {
            "name": "load_orders",
            "sources": {"orders": {"location": "orders.csv", "columns": {"id": "BIGINT"}}},
            "loads": [{"from": "orders", "connector": "postgres", "connection": "shop", "table": "orders"}],
            "allow": {"tables": ["shop/orders"], "hosts": hosts},
        }
    )


def test_an_approval_covers_the_host_that_a_connection_leads_to_and_no_other(context: Context, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id\n1\n", encoding="utf-8")
    connections.add(context, "shop", "postgresql://ada@127.0.0.1:1/shop", now=NOW)
    with pytest.raises(SpecError, match=r"leads to 127\.0\.0\.1"):
        approvals.approve(context, loading([]), (), approved_by="Ada", now=NOW)
    with pytest.raises(SpecError, match="not among the hosts"):
        plans.prove(context, loading([]), base=tmp_path, now=NOW)
    spec = loading(["127.0.0.1"])
    approvals.approve(context, spec, (), approved_by="Ada", now=NOW)
    # After the approval the name comes to lead elsewhere.
    connections.add(context, "shop", "postgresql://ada@elsewhere.example/shop", now=NOW)
    with pytest.raises(SpecError, match=r"leads to elsewhere\.example"):
        runs.run_spec(context, spec, tmp_path, now=NOW, out=tmp_path / "out")
    assert runs.recent(context, limit=9) == []


def test_another_key_under_the_same_name_is_shown_nothing_of_what_the_one_before_was(context: Context) -> None:
    connections.connect(context, "till", "stripe", {}, {"token": "sentinel-one"}, now=NOW)
    place = connections.place(context, connections.located(context, "till", base=Path.cwd()), base=Path.cwd())
    assert place.pages is not None
    place.pages.mkdir(parents=True)
    (place.pages / "kept").touch()
    connections.connect(context, "till", "stripe", {}, {"token": "sentinel-two"}, now=NOW)
    assert not place.pages.exists()
    assert place.credentials is not None
    assert place.credentials.get() == {"token": "sentinel-two"}


def test_the_list_says_which_systems_take_records() -> None:
    takes = {unit.name for unit in connections.units() if "send" in unit.can}
    assert {"stripe", "asana", "hubspot", "google_sheets"} <= takes
    assert not takes & {"postgres", "files", "slack", "sap", "http_json"}
