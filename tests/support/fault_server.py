"""Kills runs: a process that has imported everything and opened nothing, and forks for each attempt.

One JSON case a line on stdin, one JSON verdict a line on stdout. A case runs a pipeline once undisturbed, changes the
source, runs it again with a kill, and then as often as it takes, as a person or the scheduler would. The verdict holds
the
digest of what is published, which must be that of the same two runs without a kill.

A kill is ``["event", k]``: right after the k-th durable event; ``["call", k]``: before the k-th effect (fsync, rename,
unlink, statement of a database driver, statement of DuckDB); or ``["delay", seconds]``. DuckDB starts threads with its
first
connection, and a fork of a process with threads is not a process to trust, so this one never opens any.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import duckdb
import psycopg
import pymysql
import sqlglot.optimizer  # noqa: F401 - imported before the forks, so that each of them need not
from running import Plain, Shop
from sqlglot import exp

from connectors.destination import DESTINATIONS, identifier, staging_prefix
from connectors.files import connector as files_connector  # noqa: F401 - as above
from pipelines import digest, folder, journal, publish
from pipelines.job import Field
from spec.run import RunEvent

Case = Mapping[str, Any]
KEYS = {"duckdb": '"', "postgres": '"', "sqlite": '"', "mysql": "`"}
COLUMNS = {
    "id": "BIGINT",
    "region": "VARCHAR",
    "amount": "DECIMAL(18,2)",
    "changed": "TIMESTAMP",
    "note": "VARCHAR",
}
FIRST, SECOND = 400, 640
ODD = 100
"""Number of the row that cannot be read at first: days before the lookback of the second run."""


def serve() -> None:
    """Answer cases until stdin ends."""
    for name in ("duckdb", "postgres", "sqlite", "mysql"):
        DESTINATIONS.load(name)
    for line in sys.stdin:
        case = json.loads(line)
        try:
            verdict = judge(case)
        except Exception:  # noqa: BLE001 - shown by the test
            verdict = {"problem": traceback.format_exc()}
        sys.stdout.write(json.dumps(verdict) + "\n")
        sys.stdout.flush()


def judge(case: Case) -> dict[str, Any]:
    """Play one case in a folder of its own."""
    place = Path(tempfile.mkdtemp(prefix="dreflow-fault-"))
    try:
        attempts: list[str] = []
        first = attempt(place, case, kill=None, rows=FIRST)
        if first != "succeeded":
            return {"problem": f"the first run ended {first}"}
        kill = case["kill"]
        while len(attempts) < 6:
            ended = attempt(place, case, kill=kill, rows=SECOND)
            attempts.append(ended)
            # One that was killed after it had been recorded as done is not repeated by anybody.
            if ended == "succeeded" or (ended == "killed" and in_child(lambda: recorded(place)).get("done")):
                break
            # A second kill at another point, and then calm.
            kill = case["again"] if len(attempts) == 1 else None
        return {"attempts": attempts} | in_child(lambda: published(place, case))
    finally:
        in_child(lambda: cleaned(place, case))
        shutil.rmtree(place, ignore_errors=True)


def recorded(place: Path) -> dict[str, Any]:
    """In a child: whether the second run is recorded as done."""
    runs = Shop(place).store.recent(2)
    return {"done": len(runs) == 2 and all(run.status == "succeeded" for run in runs)}


def attempt(place: Path, case: Case, *, kill: list[Any] | None, rows: int) -> str:
    """One process that runs the pipeline; how it ended, or ``killed``."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.setsid()
        answer = "crashed"
        try:
            answer = run_once(place, case, kill, rows)
        except BaseException:  # noqa: BLE001 - shown by the test
            answer = traceback.format_exc()
        os.write(write, answer.encode()[-60000:])
        os._exit(0)
    os.close(write)
    if kill is not None and kill[0] == "delay":
        time.sleep(kill[1])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return said or "killed"


def run_once(place: Path, case: Case, kill: list[Any] | None, rows: int) -> str:
    """In the child: write the source as it is now, and run."""
    shop = Shop(place, urls=case["urls"])
    write_source(place, rows, odd="incremental" in case["mode"] and rows == FIRST)
    if is_in_place(case):
        fill_source(place, case)
    if kill is not None and kill[0] == "call":
        kill_before_call(kill[1])
    seen = 0

    def after(_: RunEvent) -> None:
        nonlocal seen
        seen += 1
        if kill is not None and kill[0] == "event" and seen == kill[1]:
            os.kill(os.getpid(), signal.SIGKILL)

    shop.after = after
    result = shop.run(pipeline(case))
    return result.status if result.status == "succeeded" else f"{result.status}: {result.message} {result.error}"


def write_source(place: Path, rows: int, *, odd: bool) -> None:
    """Write the source with its first ``rows`` rows; beyond the first run's, some are newer versions of earlier
    ones. With ``odd`` one of them cannot be read, which is mended without a newer date afterwards.
    """
    made = random.Random(7)
    lines = ["id,region,amount,changed,note"]
    for number in range(rows):
        key = number if number < FIRST or number % 3 else number - FIRST
        day, second = 1 + number // 40, number % 40
        if number >= FIRST and number % 50 == 0:
            # A late row: it comes with the second run, and its cursor lies before the end of the first.
            day, second = FIRST // 40, 34
        cents = made.randrange(1, 10_000_00)
        note = made.choice(["", '"a, b"', "x", '"say ""hi"""', "ü"])
        at = f"2026-01-{day:02} 00:00:{second // 2:02}"
        amount = "soon" if odd and number == ODD else f"{cents // 100}.{cents % 100:02}"
        lines.append(f"{key},{made.choice('NSEW')},{amount},{at},{note}")
    beside = place / "orders.new"
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    beside.replace(place / "orders.csv")


IN_PLACE = "in-place-"
"""Modes in which the source is in the destination's PostgreSQL, which computes everything itself."""


def is_in_place(case: Case) -> bool:
    """Whether no row of the case leaves the database."""
    return bool(case["mode"].startswith(IN_PLACE))


def source_of(case: Case) -> str:
    """The case's source table in the database."""
    return f"source_{case['table']}"


def fill_source(place: Path, case: Case) -> None:
    """The source's file as a table of the database."""
    table = identifier(source_of(case), KEYS["postgres"])
    columns = "id bigint, region text, amount numeric(18,2), changed timestamp, note text"
    with psycopg.connect(case["urls"]["postgres"]) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}".encode())
        cursor.execute(f"CREATE TABLE {table} ({columns})".encode())
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER, FORCE_NULL (note))".encode()) as copy:
            copy.write((place / "orders.csv").read_bytes())


def pipeline(case: Case) -> Plain:
    """The case's spec."""
    if is_in_place(case):
        without = pipeline({**case, "mode": case["mode"].removeprefix(IN_PLACE)})
        there: Plain = {
            "connector": "postgres",
            "connection": "shop",
            "stream": f"public.{source_of(case)}",
            "columns": dict(COLUMNS),
        }
        return without | {"engine": "auto" if case["also_file"] else "postgres", "sources": {"orders": there}}
    mode = case["mode"]
    source: Plain = {"location": "orders.csv", "columns": dict(COLUMNS)}
    if mode in {"incremental-append", "incremental-merge"}:
        source |= {"read": "incremental", "cursor": "changed", "lookback": "5 seconds"}
    plain: Plain = {"name": case["name"], "sources": {"orders": source}}
    write = {"incremental-append": "append", "incremental-merge": "merge"}.get(mode, mode)
    origin = "orders"
    if mode == "merge":
        plain["steps"] = [
            {
                "id": "latest",
                "use": "dedupe",
                "from": "orders",
                "by": ["id"],
                "keep": ["changed desc", "amount desc", "region", "note"],
            }
        ]
        origin = "latest"
    if case["destination"] == "files":
        totals: Plain = {
            "id": "totals",
            "use": "aggregate",
            "from": "orders",
            "group_by": ["region"],
            "measures": {"total": "sum(amount)", "orders": "count(*)"},
        }
        plain["steps"] = [totals]
        plain["outputs"] = [
            {"file": "totals.csv", "from": "totals", "order_by": ["region"]},
            {"file": "orders.parquet", "from": "orders"},
            {"file": "totals.json", "from": "totals", "order_by": ["region"]},
        ]
        return plain
    load: Plain = {"from": origin, "connector": case["destination"], "table": case["table"], "write": write}
    load["primary_key"] = ["id"] if write == "merge" else []
    if case["destination"] in {"duckdb", "sqlite"}:
        load["location"] = f"shop.{case['destination']}"
    else:
        load["connection"] = "shop"
    plain["loads"] = [load]
    plain["allow"] = {"tables": [f"{load.get('connection') or load['location']}/{case['table']}"]}
    if case["also_file"]:
        plain["outputs"] = [{"file": "orders.csv", "from": "orders", "order_by": ["id", "changed", "amount"]}]
    return plain


def published(place: Path, case: Case) -> dict[str, Any]:
    """In a child: what a reader finds, as digests; and what must not be there."""
    found: dict[str, Any] = {"files": {}, "leftovers": []}
    out = place / "out"
    for path in sorted(out.iterdir()) if out.exists() else ():
        if path.name.startswith("."):
            found["leftovers"].append(path.name)
        elif path.suffix == ".parquet":
            found["files"][path.name] = file_digest(path)
        else:
            found["files"][path.name] = path.read_text(encoding="utf-8")
    found["leftovers"] += [path.name for path in (place / "workspace" / "runs").glob("*.publishing.json")]
    if case["destination"] != "files":
        found |= table_found(place, case)
    return found


def file_digest(path: Path) -> str:
    """Digest of a Parquet file's rows."""
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW rows AS SELECT * FROM read_parquet($path)".replace("$path", f"'{path}'"))
        fields = [Field(name, kind) for name, kind in COLUMNS.items()]
        return digest.table_digest(connection, exp.table_("rows"), fields).text


def table_found(place: Path, case: Case) -> dict[str, Any]:
    """Digest of the table read through DuckDB, the state's runs, and staging tables left behind."""
    shop = Shop(place, urls=case["urls"])
    kind, table = case["destination"], case["table"]
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        spec = shop.job(pipeline(case)).spec
        session = DESTINATIONS.load(kind).open_session(shop.place(spec.loads[0]), connection)
        alias = session.alias if hasattr(session, "alias") else session._alias
        inner = {"duckdb": "main", "sqlite": "main", "postgres": "public"}.get(kind) or session._database
        rows = connection.execute(f'DESCRIBE "{alias}"."{inner}"."{table}"').fetchall()
        actual = [str(row[1]) for row in rows]
        fields = [Field(name, kind_) for name, kind_ in COLUMNS.items()]
        where = exp.table_(table, db=inner, catalog=alias, quoted=True)
        found = digest.table_digest(connection, where, fields, actual)
        states = session.states(case["name"], None)
        leftovers = left_behind(session, kind, connection, staging_prefix(case["name"]))
        session.close()
    return {
        "digest": found.text,
        "rows": found.rows,
        "states": len(states),
        "state_cursors": [row.cursor for row in states.values()],
        "leftovers": leftovers,
    }


def left_behind(session: Any, kind: str, connection: duckdb.DuckDBPyConnection, prefix: str) -> list[str]:
    """Staging tables that are still there."""
    if kind == "duckdb":
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ?)", [prefix])
        return [str(row[0]) for row in found.fetchall()]
    return [table for _, table in session.tables(prefix)]


def cleaned(place: Path, case: Case) -> dict[str, Any]:
    """In a child: drop the case's table from a shared server."""
    table, url = case["table"], case["urls"].get(case["destination"], "")
    if case["destination"] == "postgres":
        with psycopg.connect(url, autocommit=True) as connection:
            for name in (table, source_of(case)):
                connection.execute(f"DROP TABLE IF EXISTS {identifier(name, KEYS['postgres'])}".encode())
    if case["destination"] == "mysql":
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        with (
            pymysql.connect(
                host=parts.hostname,
                port=parts.port or 3306,
                user=parts.username,
                password=parts.password or "",
                database=parts.path[1:],
                autocommit=True,
            ) as session,
            session.cursor() as cursor,
        ):
            cursor.execute(f"DROP TABLE IF EXISTS {identifier(table, KEYS['mysql'])}")
    return {}


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run work that opens DuckDB in a fork, and give its answer."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer = work()
        except BaseException:  # noqa: BLE001 - shown by the test
            answer = {"problem": traceback.format_exc()}
        with os.fdopen(write, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answer_text = stream.read()
    os.waitpid(child, 0)
    return cast("dict[str, Any]", json.loads(answer_text or b'{"problem": "no answer"}'))


def kill_before_call(number: int) -> None:
    """Count effects from here on, and die before the given one."""
    count = 0

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **named)

        return wrapper

    for module, name in ((os, "fsync"), (os, "unlink"), (os, "mkdir"), (Path, "replace"), (Path, "unlink")):
        setattr(module, name, counted(getattr(module, name)))
    for kind in ("postgres", "sqlite", "mysql"):
        session = getattr(DESTINATIONS.load(kind), f"{kind.capitalize()}Session")
        session.query = counted(session.query)
    duck = DESTINATIONS.load("duckdb").DuckDBSession
    for name in ("_publish", "_save_state", "commit", "stage", "inside", "hold"):
        setattr(duck, name, counted(getattr(duck, name)))
    for name in ("write_json", "sync_file"):
        for owner in (journal, folder, publish):
            if hasattr(owner, name):
                setattr(owner, name, counted(getattr(owner, name)))


if __name__ == "__main__":
    serve()
