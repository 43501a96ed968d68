"""``dreflow approve``."""

from __future__ import annotations

import argparse

SUMMARY = "approve exactly this plan, so that its runs may write or send beyond their folder"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("spec", metavar="SPEC", help="the plan's file")
    parser.add_argument("--by", required=True, metavar="NAME", help="who approves it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Compile it, prove it on its data, show what it may do, and record the approval."""
    from pathlib import Path

    from integrations.cli import render, workspace
    from tools.approvals import approve
    from tools.plans import compiled, proven_now

    clock = workspace.now(None)
    context = workspace.context(args)
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
    print(f"\nAny change of the plan needs a new approval. Next:  dreflow run {args.spec}")
    return 0
