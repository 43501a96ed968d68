"""``dreflow runs list|show|cancel|resume|answer``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.run import RunEvent, StoredRun
    from tools.context import Context

SUMMARY = "list runs, look at one, stop it, finish one that was interrupted, or answer what one asks"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|cancel|resume|answer")
    listed = actions.add_parser("list", help="the newest runs")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="how many (default: 20)")
    for name, help_ in (
        ("show", "one run: results, checks and events"),
        ("cancel", "stop a run; it publishes nothing"),
        ("resume", "finish a run whose process is gone"),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("run_id", metavar="RUN_ID")
    answer = actions.add_parser("answer", help="answer the question that a run stopped with: a changed plan")
    answer.add_argument("run_id", metavar="RUN_ID")
    answer.add_argument("answer", metavar="ANSWER", help="one of the answers that the run offers")
    answer.add_argument("-o", dest="spec_file", metavar="SPEC", help="write the changed plan there, as YAML")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do the chosen thing."""
    from integrations.cli import workspace

    context = workspace.context(args)
    if args.action == "list":
        return _list(context, args)
    if args.action == "show":
        return _show(context, args)
    if args.action == "cancel":
        return _cancel(context, args)
    if args.action == "answer":
        return _answer(context, args)
    from integrations.cli.commands.run import finished
    from tools.runs import resume

    return finished(context, resume(context, args.run_id, told=workspace.progress(args)), args)


def _list(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from integrations.cli.render import short, table
    from tools.runs import is_interrupted, recent

    runs = recent(context, limit=args.limit)
    if args.json:
        workspace.print_json({"runs": [_summary(context, run) for run in runs]})
        return 0
    if not runs:
        print("No runs yet. Start one with 'dreflow run SPEC'.")
        return 0
    rows = [
        [
            run.run_id,
            run.pipeline,
            "interrupted" if is_interrupted(context, run) else run.status,
            run.started.strftime("%Y-%m-%d %H:%M:%S"),
            f"{(run.finished - run.started).total_seconds():.1f} s" if run.finished else "",
            f"{aside:,}" if (aside := _set_aside(run)) else "",
            short(run.spec_digest),
        ]
        for run in runs
    ]
    titles = ["run", "pipeline", "status", "started (UTC)", "took", "set aside", "spec"]
    print(table(titles, rows, right=[False] * 4 + [True, True, False]))
    return 0


def _set_aside(run: StoredRun) -> int:
    """How many rows of its sources and steps it could not read."""
    return sum(one.rows for one in run.result.quarantined) if run.result is not None else 0


def _show(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import render, workspace
    from tools.runs import events, known, report_files

    run = known(context, args.run_id)
    history = events(context, args.run_id)
    if args.json:
        document = _summary(context, run)
        document["result"] = run.result.model_dump(mode="json") if run.result else None
        document["events_list"] = [event.model_dump(mode="json") for event in history]
        workspace.print_json(document)
        return 0
    if run.result is not None:
        print(render.run(run.result, run.out, reports=report_files(run)))
    else:
        print(f"Run {run.run_id} of {run.pipeline}: {run.status}, since {run.started:%Y-%m-%d %H:%M:%S} UTC.")
    print("\n" + _events(history))
    return 0


def _events(events: Sequence[RunEvent]) -> str:
    from integrations.cli.render import cell, table

    rows = [
        [
            event.at.strftime("%H:%M:%S.%f")[:-3],
            event.phase,
            event.name,
            cell(event.rows, "BIGINT") if event.rows is not None else "",
        ]
        for event in events
    ]
    return table(["at (UTC)", "phase", "what", "rows"], rows, right=[False, False, False, True])


def _cancel(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools.runs import cancel

    cancel(context, args.run_id, now=workspace.now(None))
    if args.json:
        workspace.print_json({"run_id": args.run_id, "cancel_requested": True})
    else:
        print(f"Asked {args.run_id} to stop; it publishes nothing. See 'dreflow runs show {args.run_id}'.")
    return 0


def _answer(context: Context, args: argparse.Namespace) -> int:
    from pathlib import Path

    from integrations.cli import render, workspace
    from spec.codec import digest, to_plain
    from tools.renames import answer, written

    found = answer(context, args.run_id, args.answer, now=workspace.now(None))
    file = Path(args.spec_file) if args.spec_file else None
    spec = None if found is None else found.spec
    if found is not None and file is not None:
        spec = written(context, args.run_id, found.spec, file)
    if args.json:
        workspace.print_json(
            {
                "run_id": args.run_id,
                "changes": list(found.changes) if found else [],
                "spec": to_plain(spec) if spec else None,
                "spec_digest": digest(spec) if spec else None,
                "spec_file": str(file) if spec and file else None,
                "proofs": [one.model_dump(mode="json") for one in found.proof.checks] if found else [],
            }
        )
        return 0
    if found is None or spec is None:
        print("The plan stays as it is. That data cannot be read by it; nothing was changed.")
        return 0
    print("What changes\n" + render.bullets(list(found.changes)) + "\n")
    print("Proven on the data of that run\n" + render.proofs(found.proof.checks, whole=False) + "\n")
    if found.proof.notes:
        print("Good to know\n" + render.bullets(list(dict.fromkeys(found.proof.notes))) + "\n")
    if file is None:
        print(f"Keep it:  dreflow runs answer {args.run_id} {args.answer} -o plan.yaml")
    else:
        needs = any(effect.needs_approval for effect in found.proof.effects)
        approve = f"dreflow approve {file} --by YOUR-NAME\nThen:  " if needs else ""
        print(f"The changed plan is {file} ({digest(spec)}).\nNext:  {approve}dreflow run {file}")
    return 0


def _summary(context: Context, run: StoredRun) -> dict[str, object]:
    from tools.runs import is_interrupted

    return {
        "run_id": run.run_id,
        "pipeline": run.pipeline,
        "status": run.status,
        "interrupted": is_interrupted(context, run),
        "spec_digest": run.spec_digest,
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat() if run.finished else None,
        "set_aside": _set_aside(run),
        "out": run.out,
    }
