"""The store's shape: models, migrations and ``schema.sql`` say the same, and older and newer files are recognised."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from memory.database import HEAD, SqliteDatabase
from memory.metadata import Base
from memory.migrate import SCHEMA, revisions, schema_sql, upgrade
from memory.workspace import Workspace
from spec.errors import AccessError, UnsupportedError

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def test_schema_sql_is_what_the_migrations_make() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_sql()


def test_the_bare_shell_knows_the_newest_revision() -> None:
    assert revisions()[0] == HEAD


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_migrations_make_what_the_models_say(kind: str, request: pytest.FixtureRequest) -> None:
    url = "sqlite://"
    if kind == "postgres":
        url = request.getfixturevalue("fresh_postgres_url").replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.connect() as connection:
        upgrade(connection)
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


def test_a_store_made_without_sqlalchemy_is_the_one_alembic_makes(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path / "bare.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.connect() as connection:
        upgrade(connection)
    engine.dispose()
    assert contents(tmp_path / "bare.db") == contents(tmp_path / "migrated.db")


def contents(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str]]]:
    connection = sqlite3.connect(path)
    try:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        return made, connection.execute("SELECT version_num FROM alembic_version").fetchall()
    finally:
        connection.close()


def test_an_older_store_is_migrated_when_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    file = tmp_path / "dreflow.db"
    SqliteDatabase(file).close()
    stamp(file, "0000")

    def pretend(path: Path) -> None:
        called.append(str(path))
        stamp(path, HEAD)

    monkeypatch.setattr("memory.migrate.revisions", lambda: (HEAD, "0000"))
    monkeypatch.setattr("memory.migrate.upgrade_file", pretend)
    SqliteDatabase(file).close()
    assert called == [str(file)]


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dreflow.db"
    SqliteDatabase(file).close()
    stamp(file, "9999")
    with pytest.raises(UnsupportedError, match="newer DReflowPro"):
        SqliteDatabase(file)


def stamp(file: Path, revision: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()


def test_a_file_that_is_no_store_is_an_access_error(tmp_path: Path) -> None:
    (tmp_path / "dreflow.db").write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(AccessError, match="cannot be opened"):
        SqliteDatabase(tmp_path / "dreflow.db")


@pytest.mark.postgres
def test_a_wrong_password_is_told_without_the_password(postgres_url: str, tmp_path: Path) -> None:
    head, _, tail = postgres_url.partition("@")
    wrong = head.rpartition(":")[0] + ":sentinel-7231@" + tail
    with pytest.raises(AccessError) as caught:
        _ = Workspace(tmp_path, NOW, wrong).store
    assert "sentinel-7231" not in str(caught.value) + str(caught.value.to_json())


def test_an_address_that_is_not_postgres_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError) as caught:
        _ = Workspace(tmp_path, NOW, "oracle://u:sentinel-7231@h/x").store
    assert "sentinel-7231" not in str(caught.value) + str(caught.value.to_json())


def test_the_light_store_loads_neither_sqlalchemy_nor_alembic(tmp_path: Path) -> None:
    code = """
import sys, datetime
from pathlib import Path
from memory.workspace import Workspace
Workspace(Path(sys.argv[1]), datetime.datetime.now(datetime.UTC)).store.recent(1)
print([name for name in ("sqlalchemy", "alembic", "duckdb", "sqlglot", "yaml") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
