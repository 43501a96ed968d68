"""``dreflow approve``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tools.context import Context

SUMMARY = "approve exactly this plan, so that its runs may write or send beyond their folder"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("spec", metavar="SPEC", help="the plan's file")
    parser.add_argument("--by", required=True, metavar="NAME", help="who approves it")
    parser.add_argument("--withdraw", action="store_true", help="take the approval back instead")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Compile it, prove it on its data, show what it may do, and record the approval."""
    from pathlib import Path

    from integrations.cli import render, workspace
    from tools.approvals import approve
    from tools.plans import compiled, proven_now

    clock = workspace.now(None)
    context = workspace.context(args)
    if args.withdraw:
        return _withdraw(context, args, clock)
    job = compiled(context, Path(args.spec), now=clock)
    proofs, unproven = proven_now(context, job, now=clock)
    approved = approve(context, job.spec, job.effects, approved_by=args.by, now=clock)
    if args.json:
        workspace.print_json(
            {
                "spec_digest": approved.spec_digest,
                "approved_by": approved.approved_by,
                "approved_at": approved.approved_at.isoformat(),
                "effects": [effect.model_dump(mode="json") for effect in approved.effects],
                "proofs": [proof.model_dump(mode="json") for proof in proofs],
                "message": unproven,
            }
        )
        return 0
    if proofs:
        print("Proven on the data as it is now\n" + render.proofs(proofs, whole=False) + "\n")
    if unproven:
        print(render.wrapped(f"It could not be proven now: {render.safe(unproven)}", indent="") + "\n")
    print(f"{approved.approved_by} approved {args.spec} ({approved.spec_digest}).\n")
    allowed = [render.effect_line(e.kind, e.target, e.detail) for e in approved.effects]
    print("Its runs may now:\n" + render.bullets(allowed) if allowed else "It has no effects.")
    itself = f"\nThen:  dreflow schedule add {args.spec}" if job.spec.schedule is not None else ""
    print(f"\nAny change of the plan needs a new approval. Next:  dreflow run {args.spec}{itself}")
    return 0


def _withdraw(context: Context, args: argparse.Namespace, clock: datetime) -> int:
    from pathlib import Path

    from integrations.cli import workspace
    from spec.codec import digest, load_spec
    from tools.approvals import withdraw

    spec = load_spec(Path(args.spec))
    taken = withdraw(context, spec, withdrawn_by=args.by, now=clock)
    if args.json:
        workspace.print_json({"spec_digest": digest(spec), "withdrawn": taken})
    elif taken:
        print(f"{args.by} took back the approval of {args.spec}. It does not run by itself any more.")
    else:
        print(f"{args.spec} has no approval to take back.")
    return 0
