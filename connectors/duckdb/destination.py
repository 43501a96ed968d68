"""Loading into a DuckDB file: staged inside the file, then renamed into place in one transaction with the state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.contract import Place
from connectors.destination import (
    STATE_COLUMNS,
    STATE_TABLE,
    Promise,
    Raw,
    Removal,
    StateRow,
    TableLoad,
    equal,
    fits,
    qualified,
    refuse_implausible,
    spell,
    staging_prefix,
)
from spec.errors import AccessError, BusyError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

promise: Promise = "transactional"
Q = '"'


def open_session(place: Place, engine: DuckDBPyConnection) -> DuckDBSession:
    """Attach the file, made when it is not there. One process may write to a DuckDB file at a time."""
    import duckdb

    path = place.path
    alias = "dest_" + hashlib.sha256(str(path).encode()).hexdigest()[:10]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        engine.execute("ATTACH " + "'" + str(path).replace("'", "''") + "' AS " + alias)
    except duckdb.IOException as error:
        if "lock" in str(error).casefold():
            raise BusyError(
                "Another program has this DuckDB file open.",
                hint="Close it there (a notebook, a shell, another run) and run again.",
                where={"file": str(path)},
            ) from error
        raise AccessError(
            "This DuckDB file cannot be opened for writing.",
            hint="Check that it is a DuckDB file and that you may write to its folder.",
            where={"file": str(path)},
            data={"engine": str(error).split("\n")[0]},
        ) from error
    return DuckDBSession(engine, alias)


def _raw(table: exp.Table) -> Raw:
    return Raw(table.sql(dialect="duckdb"))


def _is_in(table: exp.Table, columns: Sequence[str]) -> str:
    """The condition that a row of the target ``t`` has a key of that table."""
    return spell(
        "EXISTS (SELECT 1 FROM {keys} AS s WHERE {equal})", Q, keys=_raw(table), equal=equal(Q, "t", "s", columns)
    )


def _part(load: TableLoad, removal: Removal) -> str:
    found = _is_in(removal.rows, load.primary_key)
    part = found if removal.kind == "listed" else f"NOT {found}"
    return part if removal.owners is None else f"({part} AND {_is_in(removal.owners, removal.owned_by)})"


def _is_gone(load: TableLoad, removals: Sequence[Removal]) -> Raw:
    """The condition on rows of the target ``t``; one that is marked already is not gone again."""
    parts = [_part(load, removal) for removal in removals]
    marks = dict.fromkeys(qualified(Q, "t", one.mark) for one in removals if one.mark is not None)
    return Raw(" AND ".join([f"({' OR '.join(parts)})", *(f"({mark} IS NULL OR NOT {mark})" for mark in marks)]))


class DuckDBSession:
    """As ``connectors.destination.Session``."""

    def __init__(self, engine: DuckDBPyConnection, alias: str) -> None:
        self._engine = engine
        self._alias = alias
        self._staged: dict[str, int] = {}
        self._types_staged: dict[str, dict[str, str]] = {}
        self._tables: set[tuple[str, str]] | None = None

    def states(self, pipeline: str, schema: str | None) -> Mapping[str, StateRow]:
        """As ``Session``."""
        if not self._exists(schema, STATE_TABLE):
            return {}
        query = spell(
            "SELECT load, run_id, cursor, spec_digest FROM {state} WHERE pipeline = ?",
            Q,
            state=self._at(schema, STATE_TABLE),
        )
        rows = self._engine.execute(query, [pipeline]).fetchall()
        return {str(row[0]): StateRow(str(row[1]), str(row[2]), str(row[3])) for row in rows}

    def holds_table(self, schema: str | None, table: str) -> bool:
        """As ``Session``."""
        return self._exists(schema, table)

    def rows_there(self, schema: str | None, table: str) -> int:
        """As ``Session``."""
        if not self._exists(schema, table):
            return 0
        return self._number(spell("SELECT count(*) FROM {table}", Q, table=self._at(schema, table)))

    def hold(self, pipeline: str) -> None:
        """Drop what dead runs staged; the file itself is locked by DuckDB."""
        # Everything that the session does later relies on the file being as it is now: nobody else may write to it.
        for schema, table in self._seen_afresh():
            if table.startswith(staging_prefix(pipeline)) and table not in self._staged:
                self._engine.execute(spell("DROP TABLE {table}", Q, table=self._at(schema, table)))

    def inside(self, load: TableLoad) -> exp.Table:
        """As ``Session``: in the file, in the target's schema."""
        from sqlglot import exp

        schema = load.schema or "main"
        self._engine.execute(spell("CREATE SCHEMA IF NOT EXISTS {schema}", Q, schema=qualified(Q, self._alias, schema)))
        if load.staging not in self._staged:
            self._engine.execute(spell("DROP TABLE IF EXISTS {table}", Q, table=self._at(schema, load.staging)))
            self._staged[load.staging] = 0
        return exp.table_(load.staging, db=schema, catalog=self._alias, quoted=True)

    def stage(self, load: TableLoad, rows: exp.Table) -> int:  # noqa: ARG002 - they are there already
        """As ``Session``; the rows were written in place, so they are counted there."""
        self._types_staged[load.staging] = self._types(load.schema, load.staging)
        count = spell("SELECT count(*) FROM {table}", Q, table=self._at(load.schema, load.staging))
        row = self._engine.execute(count).fetchone()
        self._staged[load.staging] = int(row[0]) if row else 0
        return self._staged[load.staging]

    def gone(self, load: TableLoad) -> int:
        """As ``Session``; the keys stay where the engine has them."""
        if not load.removals or not self._exists(load.schema, load.name):
            return 0
        there = self.rows_there(load.schema, load.name)
        for removal in load.removals:
            keys = self._number(spell("SELECT count(*) FROM {keys}", Q, keys=_raw(removal.rows)))
            refuse_implausible(load, removal, keys=keys, gone=self._going(load, [removal]), there=there)
        return self._going(load, load.removals)

    def commit(self, loads: Sequence[TableLoad]) -> None:
        """As ``Session``."""
        self._engine.execute("BEGIN TRANSACTION")
        try:
            for load in loads:
                self._publish(load)
                self._remove(load)
                self._save_state(load)
        except BaseException:
            self._tables = None
            self._engine.execute("ROLLBACK")
            raise
        self._engine.execute("COMMIT")

    def close(self) -> None:
        """As ``Session``."""
        import duckdb

        for staging in self._staged:
            for schema, table in self._engine.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
                [self._alias, staging],
            ).fetchall():
                self._engine.execute(spell("DROP TABLE {table}", Q, table=self._at(str(schema), str(table))))
        try:
            # The file is somebody's: it is left whole, without a log beside it.
            self._engine.execute(spell("CHECKPOINT {alias}", Q, alias=self._alias))
            self._engine.execute(spell("DETACH {alias}", Q, alias=self._alias))
        except duckdb.Error:
            # A connection that was interrupted may still hold it; closing the connection lets go of it.
            return

    def _publish(self, load: TableLoad) -> None:
        target, staging = self._at(load.schema, load.name), self._at(load.schema, load.staging)
        names = [name for name, _ in load.columns]
        there = self._exists(load.schema, load.name)
        if there and load.write != "replace":
            fits(load, self._types_staged[load.staging], self._types(load.schema, load.name))
            if load.write == "merge":
                others = [name for name in names if name not in load.primary_key]
                update = (
                    spell("WHEN MATCHED THEN UPDATE SET {pairs}", Q, pairs=equal(Q, "", "s", others, ", "))
                    if others
                    else ""
                )
                merge = spell(
                    "MERGE INTO {target} AS t USING {staging} AS s ON {keys} ",
                    Q, target=target, staging=staging, keys=equal(Q, "t", "s", load.primary_key),
                )  # fmt: skip
                insert = spell(
                    " WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})",
                    Q, columns=names, values=[qualified(Q, "s", name) for name in names],
                )  # fmt: skip
                self._engine.execute(merge + update + insert)
            else:
                self._engine.execute(
                    spell(
                        "INSERT INTO {target} ({columns}) SELECT {columns} FROM {staging}",
                        Q,
                        target=target,
                        columns=names,
                        staging=staging,
                    )
                )
            self._engine.execute(spell("DROP TABLE {staging}", Q, staging=staging))
            return
        if there:
            self._engine.execute(spell("DROP TABLE {target}", Q, target=target))
        self._engine.execute(spell("ALTER TABLE {staging} RENAME TO {name}", Q, staging=staging, name=load.name))
        self._note(load.schema, load.name)

    def _remove(self, load: TableLoad) -> None:
        target = self._at(load.schema, load.name)
        for removal in load.removals:
            gone = _is_gone(load, [removal])
            if removal.mark is None:
                self._engine.execute(spell("DELETE FROM {target} AS t WHERE {gone}", Q, target=target, gone=gone))
            else:
                mark = "UPDATE {target} AS t SET {mark} = TRUE WHERE {gone}"
                self._engine.execute(spell(mark, Q, target=target, mark=removal.mark, gone=gone))

    def _going(self, load: TableLoad, removals: Sequence[Removal]) -> int:
        count = "SELECT count(*) FROM {target} AS t WHERE {gone}"
        return self._number(spell(count, Q, target=self._at(load.schema, load.name), gone=_is_gone(load, removals)))

    def _number(self, sql: str) -> int:
        row = self._engine.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def _save_state(self, load: TableLoad) -> None:
        """One statement where the load has a row already, which is every run but the first."""
        state = self._at(load.schema, STATE_TABLE)
        values = list(load.state_values(self._staged.get(load.staging, 0)))
        keys, rest = STATE_COLUMNS[:2], STATE_COLUMNS[2:]
        if self._exists(load.schema, STATE_TABLE):
            pairs = Raw(", ".join(f"{qualified(Q, name)} = ?" for name in rest))
            found = Raw(" AND ".join(f"{qualified(Q, name)} = ?" for name in keys))
            update = spell("UPDATE {state} SET {pairs} WHERE {found}", Q, state=state, pairs=pairs, found=found)
            row = self._engine.execute(update, values[len(keys) :] + values[: len(keys)]).fetchone()
            if row and row[0]:
                return
        else:
            typed = Raw(", ".join(f"{qualified(Q, name)} VARCHAR" for name in STATE_COLUMNS))
            self._engine.execute(spell("CREATE TABLE {state} ({typed})", Q, state=state, typed=typed))
            self._note(load.schema, STATE_TABLE)
        marks = Raw(", ".join("?" for _ in STATE_COLUMNS))
        insert = spell(
            "INSERT INTO {state} ({columns}) VALUES ({marks})", Q, state=state, columns=STATE_COLUMNS, marks=marks
        )
        self._engine.execute(insert, values)

    def _types(self, schema: str | None, table: str) -> dict[str, str]:
        rows = self._engine.execute(spell("DESCRIBE {table}", Q, table=self._at(schema, table))).fetchall()
        return {str(row[0]): str(row[1]) for row in rows}

    def _exists(self, schema: str | None, table: str) -> bool:
        tables = self._tables
        if tables is None:
            self._seen_afresh()
            tables = self._tables or set()
        return ((schema or "main").lower(), table.lower()) in tables

    def _seen_afresh(self) -> list[tuple[str, str]]:
        """Schema and name of each table, asked of the catalog; a scan of it costs as much as many a small load."""
        found = self._engine.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?", [self._alias]
        ).fetchall()
        names = [(str(schema), str(table)) for schema, table in found]
        self._tables = {(schema.lower(), table.lower()) for schema, table in names}
        return names

    def _note(self, schema: str | None, table: str) -> None:
        """A table of that name is there from now on."""
        if self._tables is not None:
            self._tables.add(((schema or "main").lower(), table.lower()))

    def _at(self, schema: str | None, table: str) -> str:
        return qualified(Q, self._alias, schema or "main", table)
