"""``dreflow eval``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = "measure the answers on a set of questions, and tell what got worse"


class Harness(Protocol):
    """What is used of the evals, which stand above the shell and are loaded by name."""

    def run_eval(self, name: str, *, results: Path) -> int:
        """Measure a suite, a set or a folder of sets; 0 when nothing got worse."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("name", metavar="NAME|PATH", help="a suite, a set, or the folder of one")


def run(args: argparse.Namespace) -> int:
    """Measure it; 1 when something got worse."""
    import importlib

    from integrations.cli import workspace
    from spec.errors import UnsupportedError

    context = workspace.context(args)
    context.need("ask")
    try:
        harness = cast("Harness", importlib.import_module("evals.harness"))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "evals":
            raise
        raise UnsupportedError(
            f"Measuring needs the library {error.name}.", hint="Install it: pip install 'dreflowpro[evals]'."
        ) from None
    return harness.run_eval(args.name, results=context.workspace.folder / "evals")
