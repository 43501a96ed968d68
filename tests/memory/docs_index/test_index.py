"""The docs' index: only what changed is embedded, what was removed is gone, processes do not disturb each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("chromadb", reason="the extra 'docs' is not installed")

from memory.docs_index.index import KEPT, DocsIndex
from memory.docs_index.keywords import Keywords
from memory.docs_index.pages import Page

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    Page("docs/loan.md", "# Loans\n\nMoney that is borrowed has to be paid back.\n\n## Interest\n\nIt grows daily.\n"),
    Page("docs/bread.md", "# Baking\n\nA loaf needs flour, water, salt and an oven.\n"),
    Page("docs/roof.md", "# Roofs\n\nTiles keep the rain out of a house.\n"),
]


def test_a_passage_is_found_by_its_meaning_and_by_its_words(tmp_path: Path) -> None:
    with DocsIndex(tmp_path, PAGES) as index:
        assert index.search("credit from a bank", 1)[0].chunk.file == "docs/loan.md"
        assert index.search("tiles", 1)[0].chunk.file == "docs/roof.md"
        assert index.search("tiles", 1)[0].words > 0.25
        assert index.search("oven", 10)[0].chunk.file == "docs/bread.md"


def test_only_what_changed_is_embedded_again(tmp_path: Path) -> None:
    with DocsIndex(tmp_path, PAGES) as index:
        assert index.embedded > 0
    with DocsIndex(tmp_path, PAGES) as index:
        assert index.embedded == 0
    added = Page("docs/roof.md", f"{PAGES[2].text}\nGutters lead the water away.\n")
    with DocsIndex(tmp_path, [*PAGES[:2], added]) as index:
        # One sentence and four words that were nowhere before: gutters, lead, away; "water" is in the bread.
        assert index.embedded == 4
        assert index.search("gutters", 1)[0].chunk.file == "docs/roof.md"


def test_what_was_removed_is_not_found_any_more(tmp_path: Path) -> None:
    with DocsIndex(tmp_path, PAGES):
        pass
    with DocsIndex(tmp_path, PAGES[:2]) as index:
        assert {hit.chunk.file for hit in index.search("tiles keep the rain out", 10)} == {
            "docs/loan.md",
            "docs/bread.md",
        }


def test_no_index_is_kept_without_end(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        with DocsIndex(tmp_path, [Page("docs/a.md", f"# A\n\nThis is page number {number} of many.\n")]):
            pass
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == KEPT


def test_an_index_that_somebody_reads_stays(tmp_path: Path) -> None:
    with DocsIndex(tmp_path, PAGES) as read:
        for number in range(KEPT + 1):
            with DocsIndex(tmp_path, [Page("docs/a.md", f"# A\n\nThis is page number {number} of many.\n")]):
                pass
        assert read.search("tiles", 1)[0].chunk.file == "docs/roof.md"


def test_a_damaged_or_half_written_index_is_made_again(tmp_path: Path) -> None:
    with DocsIndex(tmp_path, PAGES):
        pass
    for file in tmp_path.rglob("chroma.sqlite3"):
        file.write_bytes(b"not a database at all" * 100)
    (tmp_path / "0123.new").mkdir()
    with DocsIndex(tmp_path, PAGES[:2]) as index:
        assert index.search("oven", 1)[0].chunk.file == "docs/bread.md"
    with DocsIndex(tmp_path, PAGES) as index:
        assert index.search("tiles", 1)[0].chunk.file == "docs/roof.md"


def test_processes_that_index_at_once_all_find_the_same(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from memory.docs_index.index import DocsIndex
from memory.docs_index.pages import Page
own = Page(f"docs/own{sys.argv[2]}.md", f"# Own\\n\\nThe secret ingredient is number {sys.argv[2]}.\\n")
shared = Page("docs/roof.md", "# Roofs\\n\\nTiles keep the rain out of a house.\\n")
with DocsIndex(Path(sys.argv[1]), [shared, own]) as index:
    print(index.search("tiles", 1)[0].chunk.file, index.search("secret ingredient", 1)[0].chunk.file)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    started = [
        subprocess.Popen([*command, which], cwd=ROOT, stdout=subprocess.PIPE, text=True) for which in ("1", "1", "2")
    ]
    told = [process.communicate()[0].strip() for process in started]
    assert told == [f"docs/roof.md docs/own{which}.md" for which in ("1", "1", "2")]


def test_no_library_reaches_for_the_network(tmp_path: Path) -> None:
    # A tokenizer or its data would be downloaded by a process of a user with an empty cache: so this one has none.
    code = """
import sys
def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise SystemExit(f"asked for {arguments}")
sys.addaudithook(refuse)
from pathlib import Path
from memory.docs_index.index import DocsIndex
from memory.docs_index.pages import Page
with DocsIndex(Path(sys.argv[1]), [Page("a.md", "# A\\n\\nTiles keep the rain out.\\n")]) as index:
    assert index.search("rain", 1)
for name in ("nltk", "openai", "torch", "pandas"):
    assert name not in sys.modules, name
"""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "index")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_words_are_compared_without_their_endings() -> None:
    found = Keywords(["Approving a plan", "The approved plans", "Something else"]).scores("approve plans")
    assert set(found) == {0, 1}


def test_the_beginning_of_a_word_finds_it_where_it_is_nowhere_by_itself() -> None:
    assert set(Keywords(["PostgreSQL servers", "MySQL servers"]).scores("postgres")) == {0}
