"""``dreflow docs``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.docs import Passage

SUMMARY = "ask the docs a question; the answer names page and heading"
EPILOG = """\
examples:
  dreflow docs "how do I connect to postgres"
  dreflow docs "what does residual mean" --passages 3
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("question", nargs="+", help="what you want to know about DReflowPro")
    parser.add_argument("--passages", type=int, metavar="N", help="list the N best passages instead of an answer")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Answer; 1 when the docs do not say."""
    import dataclasses

    from integrations.cli import workspace
    from tools.docs import answer_docs, search_docs

    context, question = workspace.context(args), " ".join(args.question)
    if args.passages is not None:
        found = search_docs(context, question, args.passages)
        if args.json:
            workspace.print_json({"passages": [dataclasses.asdict(one) for one in found]})
        else:
            print(_listed(found))
        return 0
    answer = answer_docs(context, question)
    if args.json:
        workspace.print_json(dataclasses.asdict(answer))
    elif answer.status == "answered":
        print(_listed(answer.passages))
    else:
        print(f"{answer.message} 'dreflow docs --passages 5 ...' lists what comes nearest.")
    return 0 if answer.status == "answered" else 1


def _listed(passages: Sequence[Passage]) -> str:
    from integrations.cli.render import safe, styled

    # A page may come from a third party: its lines are shown, and steer no terminal.
    return "\n\n".join(
        f"{styled(safe(one.file), 'bold')}: {safe(one.heading)}\n"
        + "\n".join(f"  {safe(line)}".rstrip() for line in one.text.splitlines())
        for one in passages
    )
