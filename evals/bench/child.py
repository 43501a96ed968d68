"""One measured piece of work in a process of its own: ``python -m evals.bench.child NAME JSON``.

Prints one JSON line: wall and CPU seconds of the whole process (imports included, as a user pays them), its peak memory
in MiB, and what the work itself tells.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()
Facts = dict[str, Any]


def csv_plain(csv: str, database: str) -> Facts:
    """The limit: DuckDB's own CREATE TABLE from a CSV with declared types."""
    import duckdb

    from evals.bench.data import COLUMNS

    _removed(database)
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    with duckdb.connect(database) as connection:
        connection.execute(f"CREATE TABLE orders AS FROM read_csv('{csv}', header = true, columns = {{{columns}}})")
    return {}


def csv_run(csv: str, database: str, workspace: str, digests: bool) -> Facts:
    """The same as a run: read, proven, compared, published with its state."""
    from evals.bench.data import COLUMNS

    _removed(database)
    source = {"location": csv, "columns": COLUMNS}
    return _run(source, database, workspace, digests=digests)


def postgres_plain(url: str, table: str, database: str) -> Facts:
    """The limit: DuckDB's extension, ATTACH and CREATE TABLE AS."""
    import duckdb

    from connectors import extensions

    _removed(database)
    with duckdb.connect(database) as connection:
        extensions.load(connection, "postgres_scanner")
        connection.execute("ATTACH '" + url.replace("'", "''") + "' AS pg (TYPE postgres, READ_ONLY)")
        connection.execute(f'CREATE TABLE orders AS FROM pg.public."{table}"')
    return {}


def postgres_run(url: str, table: str, database: str, workspace: str) -> Facts:
    """The same as a run."""
    from evals.bench.data import COLUMNS

    _removed(database)
    source = {"connector": "postgres", "connection": "bench", "stream": f"public.{table}", "columns": COLUMNS}
    return _run(source, database, workspace, url=url, digests=False)


def api_plain(pages: str, database: str) -> Facts:
    """The limit: pages kept, read and unnested by hand."""
    from evals.bench.pages import by_hand

    _removed(database)
    by_hand(Path(pages), database)
    return _counted(database)


def api_run(pages: str, database: str, latency: float = 0.0, numbered: bool = False) -> Facts:
    """The same through a connector that is data."""
    from evals.bench.pages import by_connector

    _removed(database)
    by_connector(Path(pages), database, latency, numbered=numbered)
    return _counted(database)


def step_plain(case: str, database: str, result: str) -> Facts:
    """The limit: SQL by hand for the work of a step."""
    from evals.bench.stepwork import by_hand

    return by_hand(case, database, result)


def step_ours(case: str, database: str, result: str) -> Facts:
    """The same through the step."""
    from evals.bench.stepwork import by_step

    return by_step(case, database, result)


def _counted(database: str) -> Facts:
    import duckdb

    with duckdb.connect(database, read_only=True) as connection:
        sums = "SELECT count(*), sum(total)::VARCHAR FROM orders UNION ALL SELECT count(*), sum(price)::VARCHAR"
        return {"there": connection.execute(f"{sums} FROM orders_line_items").fetchall()}


def merge_plain(database: str, rows: int, changed: int) -> Facts:
    """The limit: MERGE of a staged table by hand, from the statement to the commit."""
    import duckdb

    with duckdb.connect(database) as connection:
        _filled(connection, rows, changed)
        begun = time.perf_counter()
        connection.execute("BEGIN")
        connection.execute(
            "MERGE INTO orders AS t USING staged AS s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET name = s.name, amount = s.amount, day = s.day "
            "WHEN NOT MATCHED THEN INSERT (id, name, amount, day) VALUES (s.id, s.name, s.amount, s.day)"
        )
        connection.execute("COMMIT")
        return {"merge_s": time.perf_counter() - begun}


def merge_ours(database: str, rows: int, changed: int) -> Facts:
    """The same through the DuckDB destination: with its check of types, and the state in the same commit.

    The session is opened and asked as a run does it before it stages, and the table was made in the same connection, as
    on the other side: one that reads the table from the disk first would measure the disk.
    """
    import duckdb

    from connectors.contract import Place
    from connectors.destination import TableLoad
    from connectors.duckdb.destination import open_session

    columns = (("id", "BIGINT"), ("name", "VARCHAR"), ("amount", "DECIMAL(18,2)"), ("day", "DATE"))
    load = TableLoad("bench", "orders", "r1", "", "orders", "merge", ("id",), columns, "{}", "now", None)
    with duckdb.connect() as engine:
        session = open_session(Place("duckdb", Path(database).parent, location=Path(database).name), engine)
        table = session.inside(load)
        engine.execute(f"USE {table.catalog}")
        _filled(engine, rows, changed)
        session.hold(load.pipeline)
        session.states(load.pipeline, load.schema)
        session.holds_table(load.schema, load.name)
        engine.execute(f"CREATE TABLE {table.sql(dialect='duckdb')} AS FROM staged")
        engine.execute("USE memory")
        session.stage(load, table)
        begun = time.perf_counter()
        session.commit([load])
        spent = time.perf_counter() - begun
        session.close()
    return {"merge_s": spent}


def compile_ours(repeats: int) -> Facts:
    """Compile a spec of 30 steps on 50 columns; the fastest of ``repeats``."""
    from evals.bench.wide import compile_wide

    return {"fastest_s": compile_wide(repeats)}


def compile_plain(repeats: int) -> Facts:
    """SQLGlot's own parse, qualify, annotate and generate of the same SQL; the fastest of ``repeats``."""
    from evals.bench.wide import sqlglot_wide

    return {"fastest_s": sqlglot_wide(repeats)}


def planning(folder: str, rows: int, repeats: int) -> Facts:
    """The built-in planner on plain questions, warm."""
    from evals.bench.data import write_csv
    from evals.bench.plans import p95, planning_seconds

    write_csv(Path(folder) / "orders.csv", rows)
    spent = planning_seconds(Path(folder), repeats)
    return {"p95_s": p95(spent), "worst_s": max(spent)}


def docs_index(folder: str, pages: int) -> Facts:
    """Pages of the product's own docs, repeated under headings of their own, indexed; then one of them changed."""
    from memory.docs_index.index import DocsIndex
    from memory.docs_index.pages import Page
    from memory.docs_index.pages import pages as own

    known = own()
    # The headings are part of what is embedded, so with a number in each no sentence is embedded once for two pages.
    made = [
        Page(f"docs/page{n}.md", re.sub(r"(?m)^(#+ .*)$", rf"\1 {n}", known[n % len(known)].text)) for n in range(pages)
    ]
    facts: Facts = {"characters": sum(len(page.text) for page in made)}
    begun = time.perf_counter()
    with DocsIndex(Path(folder), made) as index:
        facts |= {"all_s": time.perf_counter() - begun, "embedded": index.embedded, "passages": len(index.chunks)}
    made[0] = Page(made[0].file, f"{made[0].text}\n\nOne sentence that was not there before.\n")
    begun = time.perf_counter()
    with DocsIndex(Path(folder), made) as index:
        facts |= {"changed_s": time.perf_counter() - begun, "embedded_again": index.embedded}
    return facts


WORK: Mapping[str, Callable[..., Facts]] = {
    "csv_plain": csv_plain,
    "csv_run": csv_run,
    "postgres_plain": postgres_plain,
    "postgres_run": postgres_run,
    "api_plain": api_plain,
    "api_run": api_run,
    "step_plain": step_plain,
    "step_ours": step_ours,
    "merge_plain": merge_plain,
    "merge_ours": merge_ours,
    "compile_ours": compile_ours,
    "compile_plain": compile_plain,
    "planning": planning,
    "docs_index": docs_index,
}


def _removed(database: str) -> None:
    for path in (database, f"{database}.wal"):
        Path(path).unlink(missing_ok=True)


def _filled(connection: Any, rows: int, changed: int) -> None:
    """A table of ``rows`` and a staged one: half of it changes rows, the other half is new."""
    connection.execute("DROP TABLE IF EXISTS orders")
    connection.execute("DROP TABLE IF EXISTS staged")
    connection.execute(
        "CREATE TABLE orders AS SELECT i AS id, 'name ' || i AS name, (i * 1.01)::DECIMAL(18,2) AS amount, "
        "DATE '2020-01-01' + (i % 2000)::INTEGER AS day FROM range(?) t(i)",
        [rows],
    )
    connection.execute(
        "CREATE TABLE staged AS "
        "SELECT i AS id, 'new ' || i AS name, 1::DECIMAL(18,2) AS amount, DATE '2026-01-01' AS day "
        "FROM range(?, ?) t(i)",
        [rows - changed // 2, rows + changed // 2],
    )
    connection.execute("CHECKPOINT")


def _run(source: Facts, database: str, workspace: str, *, digests: bool, url: str | None = None) -> Facts:
    """A source straight into a DuckDB table, as ``dreflow run`` does it."""
    from connectors.contract import Place
    from memory.owners import this_owner
    from memory.workspace import Workspace
    from pipelines import runner
    from pipelines.compiler import compile_spec
    from pipelines.engines.duckdb import Limits
    from pipelines.setting import Setting
    from spec.codec import from_plain
    from spec.pipeline import Load, Send, Source

    now = datetime.now(UTC)
    load = {"from": "orders", "connector": "duckdb", "location": database, "table": "orders"}
    plain: Facts = {
        "name": "bench",
        "sources": {"orders": source},
        "loads": [load],
        "allow": {"tables": [f"{database}/orders"]},
    }
    spec = from_plain(plain)
    store = Workspace(Path(workspace), now).store
    store.approve(spec, approved_by="bench", entered_by="bench", now=now)

    def place(unit: Source | Load | Send) -> Place:
        return Place(unit.connector, Path(database).parent, unit.location, unit.connection, url)

    setting = Setting(
        store=store,
        workspace=Path(workspace),
        places=place,
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
        owner=this_owner(),
        limits=Limits(memory="800MB"),
    )
    job = compile_spec(spec, base=Path(database).parent, now=now)
    result = runner.run(
        job,
        setting,
        new_id=lambda: f"r{store.next_id('run')}",
        out=Path(workspace) / "out",
        now=now,
        digests=digests,
    )
    if result.status != "succeeded":
        raise RuntimeError(result.message)
    return {"rows": result.outputs[0].rows}


def _peak_mib(at_most: float) -> float:
    """The most memory this program held. ``at_most`` counts what its parent held before it was started, too."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8")) if status.is_file() else None
    return int(found[1]) / 1024 if found else at_most


def main() -> None:
    """Do the work named on the command line and tell what it took."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    facts = WORK[name](**arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    facts |= {
        "wall_s": time.perf_counter() - STARTED,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mib": _peak_mib(used.ru_maxrss / scale),
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    # Without the interpreter's own tidying up, which is no part of the work.
    os._exit(0)


if __name__ == "__main__":
    main()
