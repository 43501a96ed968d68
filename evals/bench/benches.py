"""Each bench: plain work and ours in turns, in one run on one machine, and the ratio that is held to a bound."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench.data import fill_postgres, write_csv

if TYPE_CHECKING:
    from evals.bench.stepwork import StepCase

ROOT = Path(__file__).resolve().parents[2]
Facts = Mapping[str, Any]
LATENCY = 0.05
"""Seconds that a system takes for a page."""


@dataclass(frozen=True)
class Bound:
    """One figure and what it may be at most. ``how`` says what was divided by what."""

    name: str
    value: float
    at_most: float
    unit: str
    how: str
    details: Mapping[str, float] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether the figure is within its bound."""
        return self.value <= self.at_most


def csv_to_table(folder: Path, rows: int, repeats: int) -> list[Bound]:
    """A CSV straight into a typed DuckDB table, against DuckDB alone with declared types."""
    csv, database = folder / f"orders_{rows}.csv", str(folder / "orders.duckdb")
    write_csv(csv, rows)
    place = {"csv": str(csv), "database": database}
    workspace = {"workspace": str(folder / "workspace")}
    plain, ours, digested = _in_turns(
        repeats,
        lambda: child("csv_plain", **place),
        lambda: child("csv_run", **place, **workspace, digests=False),
        lambda: child("csv_run", **place, **workspace, digests=True),
    )
    base, mine, whole = (_median(facts, "cpu_s") for facts in (plain, ours, digested))
    details = {"plain_cpu_s": base, "run_cpu_s": mine, "with_digest_cpu_s": whole}
    how = f"CPU of a run of {rows:,} rows / CPU of DuckDB's CREATE TABLE from read_csv with declared types"
    peak = max(float(facts["peak_mib"]) for facts in (*ours, *digested))
    return [
        Bound("csv to table", mine / base, 1.15, "x", how, details),
        Bound(
            "csv to table: digest", (whole - mine) / base, 1.0, "x", "CPU the digest adds / CPU of the same", details
        ),
        Bound("csv to table: memory", peak, 1024, "MiB", f"peak memory of a run of {rows:,} rows"),
    ]


def postgres_to_table(folder: Path, rows: int, repeats: int, url: str) -> list[Bound]:
    """A PostgreSQL table into DuckDB, against ATTACH and CREATE TABLE AS."""
    table = f"dreflow_bench_{rows}"
    fill_postgres(url, table, rows)
    try:
        place = {"url": url, "table": table, "database": str(folder / "copied.duckdb")}
        plain, ours = _in_turns(
            repeats,
            lambda: child("postgres_plain", **place),
            lambda: child("postgres_run", **place, workspace=str(folder / "workspace")),
        )
    finally:
        import psycopg

        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f'DROP TABLE IF EXISTS "{table}"'.encode())
    base, mine = _median(plain, "wall_s"), _median(ours, "wall_s")
    how = f"wall of a run of {rows:,} rows / wall of DuckDB's ATTACH copy"
    return [Bound("postgres to table", mine / base, 1.15, "x", how, {"plain_wall_s": base, "run_wall_s": mine})]


def api_to_tables(folder: Path, records: int, repeats: int) -> list[Bound]:
    """Nested records of an API into a parent and a child table, against the same by hand; the system costs nothing."""
    from evals.bench.pages import write_pages

    pages = folder / f"pages_{records}"
    write_pages(pages, records)
    place = {"pages": str(pages), "database": str(folder / "api.duckdb")}
    plain, ours = _in_turns(repeats, lambda: child("api_plain", **place), lambda: child("api_run", **place))
    if plain[0]["there"] != ours[0]["there"]:
        raise RuntimeError(f"the tables differ: {plain[0]['there']} by hand, {ours[0]['there']} by the connector")
    base, mine = _median(plain, "cpu_s"), _median(ours, "cpu_s")
    peak = max(float(facts["peak_mib"]) for facts in ours)
    how = f"CPU of {records:,} records with lines through a connector.yaml / pages, read_json and unnest by hand"
    return [
        Bound("api to tables", mine / base, 1.3, "x", how, {"plain_cpu_s": base, "connector_cpu_s": mine}),
        Bound("api to tables: memory", peak, 400, "MiB", f"peak memory of the same at {records:,} records"),
    ]


def api_with_latency(folder: Path, records: int, *, at_once: bool) -> Bound:
    """A system that takes 50 ms for a page: a list whose pages are known ahead, or one that is read page by page."""
    from evals.bench.pages import ABREAST, PAGE, write_pages

    pages = folder / f"pages_{records}"
    write_pages(pages, records)
    number = -(-records // PAGE)
    # The first page is looked at before the reading begins, and tells how many others there are.
    least = LATENCY * (2 + -(-(number - 1) // ABREAST) if at_once else 1 + number)
    place = {"pages": str(pages), "database": str(folder / "api.duckdb")}
    wall = float(child("api_run", **place, numbered=at_once, latency=LATENCY)["wall_s"])
    said = f"{ABREAST} pages at once" if at_once else "one page after the other"
    how = f"wall of {number:,} pages of {LATENCY * 1000:.0f} ms each into tables, {said} / waiting for the pages alone"
    return Bound(f"api with latency: {said}", wall / least, 1.3, "x", how, {"wall_s": wall, "waiting_s": least})


def api_beside_dlt(folder: Path, records: int, repeats: int, python: str) -> list[Bound]:
    """The same pages through dlt's ``rest_api`` with its defaults, run by a Python that has it."""
    from evals.bench.pages import write_pages

    pages = folder / f"pages_{records}"
    write_pages(pages, records)
    place = {"pages": str(pages), "database": str(folder / "api.duckdb")}

    def theirs() -> Facts:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            return _told([python, str(ROOT / "evals" / "bench" / "peer_dlt.py"), str(pages), scratch])

    ours, dlt = _in_turns(repeats, lambda: child("api_run", **place), theirs)
    if ours[0]["there"] != dlt[0]["there"]:
        raise RuntimeError(f"the tables differ: {dlt[0]['there']} by dlt, {ours[0]['there']} by the connector")
    mine, base = _median(ours, "cpu_s"), _median(dlt, "cpu_s")
    how = f"CPU of {records:,} records with lines through a connector.yaml / dlt {dlt[0]['version']} rest_api, defaults"
    details = {"dlt_cpu_s": base, "connector_cpu_s": mine, "dlt_mib": float(dlt[0]["peak_mib"])}
    return [Bound("api to tables: beside dlt", mine / base, 0.1, "x", how, details)]


def merge(folder: Path, rows: int, changed: int, repeats: int) -> list[Bound]:
    """A merge into a DuckDB table, statement to commit, against MERGE by hand."""
    place = {"database": str(folder / "merge.duckdb"), "rows": rows, "changed": changed}
    plain, ours = _in_turns(repeats, lambda: child("merge_plain", **place), lambda: child("merge_ours", **place))
    base, mine = _median(plain, "merge_s"), _median(ours, "merge_s")
    how = f"merge of {changed:,} rows into {rows:,}, statement to commit / MERGE by hand"
    return [Bound("merge", mine / base, 1.3, "x", how, {"plain_s": base, "ours_s": mine})]


def start_up(folder: Path, repeats: int) -> list[Bound]:
    """How soon a command is there, against bare Python and against importing what it cannot do without."""
    shop = folder / "start"
    shop.mkdir(parents=True, exist_ok=True)
    (shop / "orders.csv").write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    (shop / "spec.json").write_text(json.dumps(_TRIVIAL), encoding="utf-8")
    command = [sys.executable, "-c", "from integrations.cli.app import main; main()"]
    bare, imports, helped, first, run, ask = _in_turns(
        repeats,
        lambda: _timed([sys.executable, "-c", "pass"], shop),
        lambda: _timed([sys.executable, "-c", "import duckdb, sqlglot, pydantic"], shop),
        lambda: _timed([*command, "--help"], shop),
        lambda: _first(command, shop),
        lambda: _timed([*command, "run", "spec.json", "--json"], shop),
        lambda: _timed([*command, "ask", "total amount by region", "--data", "orders.csv", "--json"], shop),
    )
    seconds = {
        name: min(float(facts["wall_s"]) for facts in found)
        for name, found in (
            ("bare", bare),
            ("imports", imports),
            ("help", helped),
            ("first_run", first),
            ("run", run),
            ("ask", ask),
        )
    }
    # On a machine with other work the wall is mostly waiting; the CPU beside it shows how much.
    seconds |= {
        f"{name}_cpu": min(float(facts["cpu_s"]) for facts in found)
        for name, found in (("imports", imports), ("run", run), ("ask", ask))
    }
    needed = "time to import duckdb, sqlglot and pydantic"
    return [
        Bound("start: --help", seconds["help"] / seconds["bare"], 12, "x", "dreflow --help / bare Python", seconds),
        Bound(
            "start: run",
            seconds["run"] / seconds["imports"],
            1.6,
            "x",
            f"a trivial dreflow run of a plan that ran before / {needed}",
            seconds,
        ),
        Bound(
            "start: ask", seconds["ask"] / seconds["imports"], 4, "x", f"dreflow ask on a small CSV / {needed}", seconds
        ),
    ]


def _first(command: Sequence[str], shop: Path) -> Facts:
    """A run in a workspace that does not know the plan, so that it is compiled."""
    with tempfile.TemporaryDirectory(dir=shop) as workspace:
        return _timed([*command, "run", "spec.json", "--workspace", workspace, "--json"], shop)


def steps(folder: Path, rows: int, repeats: int, only: Collection[str] = ()) -> list[Bound]:
    """Each step of the shelf, or those named, against SQL by hand that makes the same table, where there is any."""
    from evals.bench import steptables, stepwork

    database = steptables.write_tables(folder, rows)
    place = {"database": str(database), "result": str(folder / "made.duckdb")}
    found: list[Bound] = []
    for one in stepwork.cases(only):
        ours = partial(child, "step_ours", case=one.name, **place)
        if one.sql is None:
            found += _step_alone(one, ours, repeats)
        else:
            found += _step_beside_sql(one, ours, partial(child, "step_plain", case=one.name, **place), rows, repeats)
        for bound in found[-2:]:
            sys.stderr.write(f"{bound.name}: {bound.value:.2f} {bound.unit} {dict(bound.details)}\n")
    return found


def _step_beside_sql(
    one: StepCase, by_step: Callable[[], Facts], by_hand: Callable[[], Facts], rows: int, repeats: int
) -> list[Bound]:
    plain, ours = _in_turns(repeats, by_hand, by_step)
    if plain[0]["there"] != ours[0]["there"]:
        raise RuntimeError(f"{one.name}: the tables differ: {plain[0]['there']} by hand, {ours[0]['there']} by us")
    base, mine = (min(float(facts["step_s"]) for facts in side) for side in (plain, ours))
    held, taken = (min(float(facts["peak_mib"]) for facts in side) for side in (plain, ours))
    # On a machine with other work the wall is mostly waiting; the CPU beside it shows how much.
    spent, used = (min(float(facts["step_cpu_s"]) for facts in side) for side in (plain, ours))
    how = f"{rows:,} rows through the step / SQL by hand"
    details = {
        "plain_s": base,
        "step_s": mine,
        "plain_cpu_s": spent,
        "step_cpu_s": used,
        "plain_mib": held,
        "step_mib": taken,
    }
    return [
        Bound(f"step: {one.name}", mine / base, 1.2, "x", how, details),
        Bound(f"step: {one.name}: memory", taken / held, 2, "x", "peak memory of the same", details),
    ]


def _step_alone(one: StepCase, by_step: Callable[[], Facts], repeats: int) -> list[Bound]:
    (ours,) = _in_turns(repeats, by_step)
    mine, taken = (min(float(facts[name]) for facts in ours) for name in ("step_s", "peak_mib"))
    sizes = " and ".join(f"{count:,} {table}" for table, count in ours[0]["given"].items())
    return [
        Bound(f"step: {one.name}", mine, one.seconds, "s", f"{sizes} through the step; no SQL does its work"),
        Bound(f"step: {one.name}: memory", taken, one.mib, "MiB", "peak memory of the same"),
    ]


def compiling(repeats: int) -> list[Bound]:
    """A wide spec, against SQLGlot's own passes over the same SQL."""
    plain, ours = _in_turns(
        3, lambda: child("compile_plain", repeats=repeats), lambda: child("compile_ours", repeats=repeats)
    )
    base, mine = (min(float(facts["fastest_s"]) for facts in found) for found in (plain, ours))
    how = "compile of 30 steps on 50 columns / SQLGlot's parse, qualify, annotate and generate of the same SQL"
    return [Bound("compile", mine / base, 1.5, "x", how, {"plain_s": base, "ours_s": mine})]


def planning(folder: Path, rows: int, repeats: int) -> list[Bound]:
    """Plain questions on a table that the planner has seen."""
    facts = child("planning", folder=str(folder / "planning"), rows=rows, repeats=repeats)
    how = f"built-in planning of plain questions on {rows:,} rows, warm, 95th percentile"
    details = {"worst_s": float(facts["worst_s"])}
    return [Bound("plan", float(facts["p95_s"]), 0.2, "s", how, details)]


def docs_index(folder: Path, pages: int) -> list[Bound]:
    """How long it takes until the docs can be searched, and until they can be again when one page has changed."""
    facts = child("docs_index", folder=str(folder / "docs"), pages=pages)
    details = {name: float(facts[name]) for name in ("embedded", "passages", "cpu_s", "peak_mib")}
    again = {"embedded": float(facts["embedded_again"])}
    return [
        Bound("docs index", float(facts["all_s"]), 60, "s", f"index of {pages} pages, weights loaded first", details),
        Bound("docs index: a change", float(facts["changed_s"]), 20, "s", "the same after one page changed", again),
    ]


def chatting(folder: Path, rows: int, seconds: float) -> list[Bound]:
    """The chat server: how soon it is there, one conversation alone, and many at once beside runs."""
    from evals.bench import chat

    data = folder / "chat" / "orders.csv"
    write_csv(data, rows)
    with chat.serving(folder / "chat" / "workspace", data) as server:
        lone = chat.alone(server, 6)
        before = server.cpu()
        many = chat.together(server, seconds, chats=chat.CHATS, runs=chat.RUNS)
        spent = server.cpu() - before
        peak = server.peak_mib()
    alone = {"reading_the_data_s": lone.whole[0] if lone.whole else float("inf")}
    crowd = {"answers": len(many.whole), "runs": many.runs, "median_s": chat.middle(many.whole), "cpu_s": spent}
    for error in [*lone.errors, *many.errors][:10]:
        sys.stderr.write(f"chat: {error}\n")
    how = f"a question about {rows:,} rows over HTTP, the median of new conversations"
    crowded = f"{chat.CHATS} chats, a turn every {chat.EVERY:.0f} s each, and {chat.RUNS} runs, for {seconds:.0f} s"
    failures = len(lone.errors) + len(many.errors) + chat.RUNS - many.runs
    return [
        Bound("chat: start", server.started, 12, "s", "dreflow chat, from the command to its first answer"),
        Bound("chat: first reply", chat.middle(lone.first[1:]), 0.5, "s", how),
        Bound("chat: answer", chat.middle(lone.whole[1:]), 2, "s", how, alone),
        Bound("chat: many", chat.slow(many.whole), 3, "s", f"95th percentile of answers; {crowded}", crowd),
        Bound("chat: errors", failures, 0, "errors", crowded),
        Bound("chat: memory", peak * 1.048576, 900, "MB", f"peak memory of the server; {crowded}"),
    ]


def child(name: str, **arguments: object) -> Facts:
    """Run one piece of work in a process of its own."""
    return _told([sys.executable, "-m", "evals.bench.child", name, json.dumps(arguments)])


def _told(command: Sequence[str]) -> Facts:
    """The facts that a process prints on its last line."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[1:4])} failed:\n{done.stderr}")
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def _timed(command: Sequence[str], folder: Path) -> Facts:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # The first turn leaves compiled modules behind, as on anybody's machine; without them one sees compiling alone.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    spent, after = time.perf_counter() - begun, os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[-4:])} failed:\n{done.stdout}{done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall_s": spent, "cpu_s": cpu}


def _in_turns(repeats: int, *works: Callable[[], Facts]) -> list[list[Facts]]:
    """Each work ``repeats`` times, taking turns, so that a slow moment of the machine meets all of them."""
    found: list[list[Facts]] = [[] for _ in works]
    for _ in range(repeats):
        for place, work in zip(found, works, strict=True):
            place.append(work())
    return found


def _median(facts: Sequence[Facts], name: str) -> float:
    return statistics.median(float(one[name]) for one in facts)


_TRIVIAL = {
    "version": 1,
    "name": "regions",
    "sources": {
        "orders": {
            "location": "orders.csv",
            "columns": {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"},
        }
    },
    "steps": [
        {"id": "totals", "use": "aggregate", "from": "orders", "group_by": ["region"], "measures": {"t": "sum(amount)"}}
    ],
    "outputs": [{"file": "totals.csv", "from": "totals"}],
}
