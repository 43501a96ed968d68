"""``python -m evals.bench``: measure, print the table, and with ``--record`` add it to docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from evals.bench import benches, stepwork
from evals.bench.benches import Bound

RECORD = benches.ROOT / "docs" / "benchmarks.md"
NAMES = ("csv", "postgres", "api", "merge", "steps", "start", "compile", "plan", "docs", "chat")
CHAT_SECONDS = 60.0
WITH_VERSIONS = ("duckdb", "sqlglot", "pydantic", "psycopg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when a bound is not held."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description="Ratios against plain tools.")
    parser.add_argument(
        "names", nargs="*", help="which benches, and 'steps:window' for the step alone; all when none is named"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size: 0.01 is 100,000 CSV rows")
    parser.add_argument("--repeats", type=int, default=3, help="how often each side is measured, in turns")
    parser.add_argument(
        "--postgres", default=os.environ.get("DREFLOW_BENCH_POSTGRES"), help="URL of a scratch database"
    )
    parser.add_argument("--dlt", default=os.environ.get("DREFLOW_BENCH_DLT"), help="a Python that has dlt[duckdb]")
    parser.add_argument("--folder", type=Path, help="where inputs are made and kept; a temporary one when not given")
    parser.add_argument(
        "--chat-seconds", type=float, default=CHAT_SECONDS, help="how long many chat at once; 300 in a full measure"
    )
    parser.add_argument("--record", action="store_true", help="add the figures to docs/benchmarks.md")
    options = parser.parse_args(arguments)
    known = [*NAMES, *(f"steps:{name}" for name in stepwork.names())]
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"There is no bench {unknown[0]!r}. There are: {', '.join(known)}.")
    with tempfile.TemporaryDirectory(prefix="dreflow-bench-") as scratch:
        found = measured(
            options.names or NAMES,
            folder=options.folder or Path(scratch),
            scale=options.scale,
            repeats=options.repeats,
            postgres=options.postgres,
            peer=options.dlt,
            chat_seconds=options.chat_seconds,
        )
    text = table(found, options.scale)
    sys.stdout.write(text)
    if options.record:
        record(text)
    return 0 if all(bound.held for bound in found) else 1


def measured(
    names: Sequence[str],
    *,
    folder: Path,
    scale: float,
    repeats: int,
    postgres: str | None,
    peer: str | None = None,
    chat_seconds: float = CHAT_SECONDS,
) -> list[Bound]:
    """The figures of the benches named, at ``scale`` of their full size; ``steps:window`` is the bench of one step."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {name.partition(":")[0] for name in names}
    only = () if "steps" in names else [name.removeprefix("steps:") for name in names if name.startswith("steps:")]

    def rows(full: int, least: int = 1) -> int:
        return max(least, int(full * scale))

    works: dict[str, Callable[[], list[Bound]]] = {
        "csv": lambda: benches.csv_to_table(folder, rows(10_000_000), repeats),
        "postgres": lambda: _from_postgres(folder, rows(5_000_000), repeats, postgres),
        "api": lambda: _from_an_api(folder, rows, repeats, peer),
        "merge": lambda: benches.merge(folder, rows(1_000_000), rows(60_000), max(repeats, 5)),
        "steps": lambda: benches.steps(folder, rows(10_000_000, 1000), repeats, only),
        "start": lambda: benches.start_up(folder, max(repeats, 7)),
        "compile": lambda: benches.compiling(10),
        "plan": lambda: benches.planning(folder, rows(100_000), 5),
        "docs": lambda: benches.docs_index(folder, rows(500, 10)),
        "chat": lambda: benches.chatting(folder, rows(1_000_000), chat_seconds),
    }
    return [bound for name in NAMES if name in named for bound in works[name]()]


def _from_postgres(folder: Path, rows: int, repeats: int, url: str | None) -> list[Bound]:
    if not url:
        sys.stderr.write("postgres is left out: name a scratch database with --postgres.\n")
        return []
    return benches.postgres_to_table(folder, rows, repeats, url)


def _from_an_api(folder: Path, rows: Callable[[int, int], int], repeats: int, peer: str | None) -> list[Bound]:
    found = benches.api_to_tables(folder, rows(200_000, 200), repeats)
    found.append(benches.api_with_latency(folder, rows(200_000, 200), at_once=True))
    found.append(benches.api_with_latency(folder, rows(50_000, 200), at_once=False))
    if peer:
        return found + benches.api_beside_dlt(folder, rows(20_000, 200), repeats, peer)
    sys.stderr.write("dlt is left out: name a Python that has dlt[duckdb] with --dlt.\n")
    return found


def table(found: Sequence[Bound], scale: float) -> str:
    """The figures as a section of docs/benchmarks.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in WITH_VERSIONS)
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines = [
        f"## {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{machine}; {versions}; size x {scale:g}; load average {os.getloadavg()[0]:.1f}.",
        "",
        "| bench | figure | at most | held | what it is |",
        "|---|---|---|---|---|",
    ]
    for bound in found:
        details = ", ".join(f"{name} {value:.3g}" for name, value in bound.details.items())
        told = f"{bound.how} ({details})" if details else bound.how
        held = "yes" if bound.held else "**no**"
        lines.append(
            f"| {bound.name} | {bound.value:.2f} {bound.unit} | {bound.at_most:g} {bound.unit} | {held} | {told} |"
        )
    return "\n".join(lines) + "\n"


def record(text: str) -> None:
    """Add a section at the end of docs/benchmarks.md."""
    before = RECORD.read_text(encoding="utf-8") if RECORD.exists() else HEADING
    RECORD.write_text(f"{before.rstrip()}\n\n{text}", encoding="utf-8")


HEADING = """# Benchmarks

Ratios against plain tools, both sides taken in turns in one run on one machine, with `make bench` or
`python -m evals.bench --record`. A ratio says more than seconds: it stays true on another machine.
Imports are part of every figure, as a user pays them. Figures that are not within their bound are printed in bold.
"""

if __name__ == "__main__":
    sys.exit(main())
