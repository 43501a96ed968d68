"""The documents keep their word: console blocks run and print what they show, links lead somewhere, targets exist.

A block opened with ```console holds commands after `$ ` and the output that follows each. All console blocks of one
document run in order in one empty folder. `...` in an expected output stands for any text, alone on a line for any
lines; `console exit=3` says which exit code the block's last command has. Output is standard output and standard error
as a terminal would show them.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "connectors").rglob("README.md")])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
LANGUAGES = {"console", "csv", "json", "python", "sh", "sql", "text", "yaml"}
LIMIT_S = 240


@dataclass(frozen=True)
class Command:
    """One command of a document, and what it is said to print and return."""

    line: int
    text: str
    output: str
    exit_code: int


def name_of(document: Path) -> str:
    """A document's path as a reader knows it."""
    return document.relative_to(ROOT).as_posix()


def commands_of(document: Path) -> list[Command]:
    """Every command in the document's console blocks, in order."""
    text = document.read_text(encoding="utf-8")
    found: list[Command] = []
    for block in FENCE.finditer(text):
        language, *settings = block["info"].split()
        if language != "console":
            continue
        exits = dict(setting.split("=", 1) for setting in settings)
        line = text[: block.start()].count("\n") + 2
        parts = re.split(r"^\$ ", block["body"], flags=re.MULTILINE)[1:]
        for number, part in enumerate(parts, start=1):
            command, _, output = part.partition("\n")
            last = number == len(parts)
            found.append(Command(line, command, output, int(exits.get("exit", 0)) if last else 0))
    return found


def missing_part(expected: str, printed: str) -> str | None:
    """Give the first expected lines that were not printed where they should be; None when all were.

    A line of only `...` stands for any number of lines, and `...` within a line for any text.
    """
    text = expected.rstrip("\n") + "\n" if expected.strip("\n") else ""
    parts = [part.splitlines() for part in re.split(r"^\.\.\.$\n?", text, flags=re.MULTILINE)]
    lines = printed.rstrip("\n").splitlines()
    position = 0
    for number, part in enumerate(parts):
        patterns = [re.compile(".*".join(map(re.escape, line.split("...")))) for line in part]
        starts = range(position, len(lines) - len(part) + 1)
        if number == 0:
            starts = starts[:1]
        if number == len(parts) - 1:
            starts = range(max(position, len(lines) - len(part)), len(lines) - len(part) + 1)
        if number == 0 == len(parts) - 1:
            starts = range(len(lines) == len(part))
        fits = (start for start in starts if all(p.fullmatch(lines[start + i]) for i, p in enumerate(patterns)))
        found = next(fits, None)
        if found is None:
            return "\n".join(part) or "(nothing more)"
        position = found + len(part)
    return None


WITH_COMMANDS = [document for document in DOCUMENTS if commands_of(document)]


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=name_of)
def test_a_documents_commands_print_what_it_shows(document: Path, tmp_path: Path) -> None:
    here = tmp_path / "folder"
    here.mkdir()
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }
    for command in commands_of(document):
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=here,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        where = f"{name_of(document)}, block at line {command.line}: {command.text}"
        assert done.returncode == command.exit_code, f"{where}\n{done.stdout}"
        missing = missing_part(command.output, done.stdout)
        if missing is not None:
            pytest.fail(
                f"{where}\nThis was not printed, or not there:\n{missing}\n\nPrinted:\n{done.stdout}", pytrace=False
            )


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a ... c\n", "a b c\n", True),
        ("a ... c\n", "a b\nc\n", False),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("...\nz\n", "z\n", True),
        ("a\n...\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("b\n", "a\nb\n", False),
        ("", "", True),
        ("", "a\n", False),
        ("a\n...\nb\n...\nc\n", "a\nb\nx\nb\nc\n", True),
        ("a\n...\nc\nb\n...\n", "a\nb\nc\n", False),
        ("1.5\n", "1x5\n", False),
    ],
)
def test_dots_stand_for_what_differs_and_nothing_else_does(expected: str, printed: str, same: bool) -> None:
    assert (missing_part(expected, printed) is None) is same


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_code_block_says_what_it_is(document: Path) -> None:
    languages = {block["info"].partition(" ")[0] for block in FENCE.finditer(document.read_text(encoding="utf-8"))}
    assert languages <= LANGUAGES


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_target_in_a_document_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)\b", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in inside if not (document.parent / target).exists()] == []
