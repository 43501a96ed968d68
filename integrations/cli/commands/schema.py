"""``dreflow schema``."""

from __future__ import annotations

import argparse

SUMMARY = "print the JSON Schema of a document"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("document", nargs="?", choices=("spec", "ask", "plan", "run"), default="spec")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    import json

    from tools.specs import schema

    print(json.dumps(schema(args.document), indent=2, ensure_ascii=False))
    return 0
