"""The ``dreflow`` command: finds the command's file, runs it, and turns errors into a sentence and an exit code.

Each command is a module of ``commands/`` (an underscore in its file name is a dash or nothing typed) with ``SUMMARY``,
``arguments(parser)`` and ``run(args) -> exit code``. Nothing heavy is imported before the command itself needs it.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from spec.errors import DreflowError, SpecError, UsageError
from spec.registry import Shelf

if TYPE_CHECKING:
    import argparse

COMMANDS = Shelf("integrations.cli.commands", "command")
DESCRIPTION = """\
Say what your business needs to know; get a data pipeline that is proven, approved, and runs without AI.
"""
GROUPS = (
    ("Start here", ("demo", "chat", "slack", "ask", "plan", "doctor")),
    ("Plans", ("validate", "explain", "diff", "approve", "schema")),
    ("Runs", ("run", "runs", "replay", "report")),
    ("By itself", ("schedule", "worker")),
    ("Your data", ("connectors", "models", "definitions", "steps")),
    ("Your workspace", ("people", "vault")),
    ("Quality", ("eval",)),
)


class Command(Protocol):
    """A module of ``commands/``."""

    SUMMARY: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what can be typed."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; 0 done, 1 failed or declined, 2 wrong usage, 3 a question is open, 4 approval needed."""
    typed = list(sys.argv[1:] if argv is None else argv)
    # Importing makes many objects and no garbage; looking for some every 700 objects takes a seventh of a short run.
    gc.set_threshold(50_000, 20, 20)
    # All memory goes back at the end; to look for garbage in every module first takes a sixth of a short run.
    atexit.register(gc.freeze)
    # Pydantic would read the notes of every installed distribution for plugins, which could change what it does.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        code = _answered(typed)
        # What still waits to be written is written here, where a reader that is gone can be told.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _answered(typed: Sequence[str]) -> int:
    try:
        return _dispatch(list(typed))
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    except Exception as error:
        # The last line of defence: a person gets a sentence, not a traceback.
        if os.environ.get("DREFLOW_DEBUG") == "1":
            raise
        return _report(as_ours(error), typed)


def as_ours(error: Exception) -> DreflowError:
    """The error itself when it is one of ours, else one that says that we are at fault."""
    if isinstance(error, DreflowError):
        return error
    return DreflowError(
        f"Something went wrong inside DReflowPro ({type(error).__name__}).",
        hint="Run it again with DREFLOW_DEBUG=1 to see where, and please report it.",
    )


def _dispatch(typed: list[str]) -> int:
    workspace: str | None = None
    while typed and typed[0].startswith("-"):
        first = typed.pop(0)
        if first in {"-h", "--help"}:
            print(_overview())
            return 0
        if first == "--version":
            from importlib.metadata import version

            print(f"dreflow {version('dreflowpro')}")
            return 0
        name, equals, value = first.partition("=")
        if name != "--workspace" or not (equals or typed):
            raise UsageError(f"There is no option {first!r} here.", hint="See 'dreflow --help'.")
        workspace = value if equals else typed.pop(0)
    if not typed or typed[0] == "help":
        print(_overview())
        return 0 if typed else 2
    name = typed.pop(0)
    args = _parser(name).parse_args(typed)
    args.workspace = args.workspace or workspace
    return _command(name).run(args)


def _command(name: str) -> Command:
    try:
        return cast("Command", COMMANDS.load(name))
    except SpecError as error:
        near = error.data["nearest"]
        hint = f"Did you mean 'dreflow {near}'?" if near else "See 'dreflow --help'."
        raise UsageError(f"There is no command {name!r}.", hint=hint) from None


def _parser(name: str) -> argparse.ArgumentParser:
    import argparse

    class Parser(argparse.ArgumentParser):
        """Its errors are ours, so that ``--json`` and the exit code hold for them too."""

        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint=f"See '{self.prog} --help'.")

    command = _command(name)
    parser = Parser(
        prog=f"dreflow {name}",
        description=command.SUMMARY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--workspace", metavar="DIR", help="folder of the workspace (default: .dreflow here)")
    command.arguments(parser)
    return parser


def _overview() -> str:
    lines = [DESCRIPTION, "Usage: dreflow [--workspace DIR] COMMAND ...", ""]
    names = set(COMMANDS.names())
    grouped = {name for _, members in GROUPS for name in members}
    for title, members in (*GROUPS, ("More", tuple(sorted(names - grouped)))):
        present = [name for name in members if name in names]
        if present:
            lines.append(f"{title}:")
            lines += [f"  {name:<11} {_command(name).SUMMARY}" for name in present]
            lines.append("")
    lines.append("'dreflow COMMAND --help' tells more about one. DREFLOW_WORKSPACE names the workspace, too.")
    return "\n".join(lines)


def _report(error: DreflowError, typed: Sequence[str]) -> int:
    """Say what happened: on stderr in words, and with ``--json`` as the one document on stdout."""
    if "--json" in typed:
        import json

        command = next((COMMANDS.load(name) for name in typed if name in COMMANDS.names()), None)
        failure: Callable[[DreflowError], object] = getattr(command, "failure", _failure)
        print(json.dumps(failure(error), ensure_ascii=False, default=str), flush=True)
    print(f"dreflow: {error}", file=sys.stderr)
    return error.exit_code


def _failure(error: DreflowError) -> object:
    return {"status": "failed", "message": error.message, "error": error.to_json()}
