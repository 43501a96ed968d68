"""``dreflow run``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from spec.base import JsonValue
    from spec.errors import DreflowError
    from spec.run import RunResult
    from tools.context import Context

SUMMARY = "run a plan: read, compute, check, publish"
EPILOG = """\
examples:
  dreflow run totals.yaml
  dreflow run totals.yaml --data orders=exports/july.csv --out july
  dreflow run totals.yaml --param month=2026-07 --json
  dreflow run books.yaml --sweep                 (looks now which rows the source has no more)
  dreflow run crm.yaml --dry-run                 (shows the requests to systems and sends none)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("spec", metavar="SPEC", help="the plan's file")
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=X",
        help="read that source from X instead; such a run writes its output folder only",
    )
    parser.add_argument("--out", default="out", metavar="DIR", help="folder of the output files (default: out)")
    parser.add_argument(
        "--param", action="append", default=[], metavar="K=V", help="a parameter's value, from what the plan permits"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="write the output files, and the requests that would be sent to systems; nothing else is written or sent",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="read all keys now, where the plan tells by them which rows are gone, and not only when it is due",
    )
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="run only if it is computed there, e.g. in duckdb (the plan says where; this does not change it)",
    )
    parser.add_argument("--now", metavar="T", help="the time it is, as ISO 8601 (default: the clock)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Run it."""
    from pathlib import Path

    import duckdb

    from integrations.cli import workspace
    from tools import runs

    clock = workspace.now(args.now)
    context = workspace.context(args)
    result = runs.run(
        context,
        Path(args.spec),
        now=clock,
        out=Path(args.out),
        data=args.data,
        parameters=_parameters(args.param),
        told=workspace.progress(args),
        # Importing the library opens this one, and this process is the run's own; another takes a tenth of the imports.
        spare=duckdb.default_connection(),
        dry=args.dry_run,
        sweep=args.sweep,
        engine=args.engine,
    )
    return finished(context, result, args, out=args.out)


def finished(context: Context, result: RunResult, args: argparse.Namespace, *, out: str | None = None) -> int:
    """Show how a run ended; its exit code."""
    from integrations.cli import workspace

    if args.json:
        workspace.print_json(result.model_dump(mode="json"))
    else:
        from integrations.cli import render
        from tools.runs import known, report_files

        stored = known(context, result.run_id)
        print(render.run(result, out or stored.out, reports=report_files(stored)))
    return code_of(result)


def code_of(result: RunResult) -> int:
    """0 when it succeeded, 3 when it stopped with a question that is open, else 1."""
    asks = isinstance((result.error or {}).get("data"), dict) and "question" in cast("Any", result.error)["data"]
    return 0 if result.status == "succeeded" else 3 if asks else 1


def _parameters(items: list[str]) -> dict[str, JsonValue]:
    from spec.errors import UsageError

    values: dict[str, JsonValue] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"--param {item!r} is not NAME=VALUE.", hint="For instance --param month=2026-07.")
        values[name] = value
    return values


def failure(error: DreflowError) -> dict[str, object]:
    """The document of a run that did not begin: as any run's, without a number."""
    return {
        "run_id": None,
        "status": "failed",
        "spec_digest": error.data.get("spec_digest"),
        "started": None,
        "finished": None,
        "data_as_of": None,
        "outputs": [],
        "checks": [],
        "quarantined": [],
        "notes": [],
        "tokens": 0,
        "events": "",
        "message": f"{error.message} {error.hint}".strip(),
        "error": error.to_json(),
    }
