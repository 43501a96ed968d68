"""Bring a store to the newest shape, and write down what that is for SQLite.

``python -m memory.migrate`` rewrites ``schema.sql`` after a new migration.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

HERE = Path(__file__).parent
SCHEMA = HERE / "schema.sql"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate the store behind ``connection`` and commit; nothing happens when it is at ``revision`` already."""
    if connection.dialect.name == "postgresql":
        # Two processes may open a new store at once; the second waits here and finds the work done.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('dreflow migrations'))"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.commit()


def upgrade_file(path: Path) -> None:
    """Migrate a SQLite store."""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            upgrade(connection)
    finally:
        engine.dispose()


def revisions() -> tuple[str, ...]:
    """All revisions, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def schema_sql() -> str:
    """The statements that make a new SQLite store what all migrations would have made it."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        upgrade(connection)
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"))
        statements = [f"{row.sql};" for row in made]
    engine.dispose()
    stamp = text("INSERT INTO alembic_version (version_num) VALUES (:head)").bindparams(head=revisions()[0])
    statements.append(f"{stamp.compile(dialect=engine.dialect, compile_kwargs={'literal_binds': True})};")
    first = "-- Written by 'python -m memory.migrate'; change the models and add a migration instead."
    return "\n".join([first, *statements, ""])


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


if __name__ == "__main__":
    SCHEMA.write_text(schema_sql(), encoding="utf-8")
