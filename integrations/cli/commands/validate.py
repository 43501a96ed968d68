"""``dreflow validate``."""

from __future__ import annotations

import argparse

SUMMARY = "check that a plan is sound: every name, type and effect"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("spec", metavar="SPEC", help="the plan's file")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Compile it; reads no data."""
    from pathlib import Path

    from integrations.cli import render, workspace
    from tools.plans import compiled

    job = compiled(workspace.context(args), Path(args.spec), now=workspace.now(None))
    if args.json:
        workspace.print_json(
            {
                "status": "valid",
                "spec_digest": job.digest,
                "effects": [effect.model_dump(mode="json") for effect in job.effects],
                "notes": list(job.notes),
            }
        )
        return 0
    counted = [(len(job.sources), "source"), (len(job.spec.steps), "step"), (len(job.checks), "check")]
    listed = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counted)
    print(f"{args.spec} is sound: {listed} (those the plan relies on included).")
    print(f"Digest {job.digest}")
    if job.effects:
        print("\nLeaves\n" + render.bullets([render.effect_line(e.kind, e.target, e.detail) for e in job.effects]))
    if job.notes:
        print("\nGood to know\n" + render.bullets(job.notes))
    return 0
