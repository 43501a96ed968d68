"""A question is searched for in the docs' words, too."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("chromadb", reason="the extra 'docs' is not installed")

from hypothesis import given
from hypothesis import strategies as st

from memory.docs_index import otherwise
from memory.docs_index.index import DocsIndex
from memory.docs_index.otherwise import OtherWords
from memory.docs_index.pages import Page

LIST = """# Other words

| here | what others say |
|---|---|
| approve, approval | okay, sign off |
| forget | delete, remove for good |
| columns | field |
"""


def test_the_longest_phrase_is_put_into_the_docs_words_and_the_rest_stays() -> None:
    read = OtherWords(LIST).read("Who must sign off, and can I remove for good a Field?")
    assert read.text == "who must approve, and can i forget a columns?"
    assert read.likes["sign"] == read.likes["off"] == frozenset({"approve", "approval"})
    assert read.likes["field"] == frozenset({"columns"})


def test_other_forms_of_a_word_are_known_by_their_stem() -> None:
    assert OtherWords(LIST).read("deleting fields").text == "forget columns"


@given(st.text(max_size=60))
def test_a_question_without_any_of_the_words_stays_as_it_is(text: str) -> None:
    assert OtherWords("").read(text).text == text.casefold()
    assert OtherWords("").read(text).likes == {}


def test_the_list_leads_to_a_page_and_is_no_page_that_is_found(tmp_path: Path) -> None:
    pages = [
        Page("docs/okay.md", "# Approve a plan\n\nA person gives an approval before anything is written.\n"),
        Page("docs/oven.md", "# Bake bread\n\nThe oven is heated for an hour before the loaves go in.\n"),
        Page(otherwise.FILE, LIST),
    ]
    with DocsIndex(tmp_path, pages) as index:
        found = index.search("who gives the okay", 5)
    assert found[0].chunk.file == "docs/okay.md"
    assert otherwise.FILE not in {hit.chunk.file for hit in found}


def test_a_systems_page_stands_behind_the_page_for_all_until_it_is_named(tmp_path: Path) -> None:
    said = "A key is given once, goes to the vault and is shown nowhere after that."
    pages = [
        Page("connectors/till/README.md", f"# Till\n\n## Connecting\n\n{said}\n"),
        Page("docs/keys.md", f"# Keys\n\n## Connecting\n\n{said}\n"),
    ]
    with DocsIndex(tmp_path, pages) as index:
        assert index.search("where does the key go when connecting", 1)[0].chunk.file == "docs/keys.md"
        assert (
            index.search("where does the key go when connecting till", 1)[0].chunk.file == "connectors/till/README.md"
        )


def test_each_section_is_found_once(tmp_path: Path) -> None:
    long = "\n\n".join(
        f"The roof has tiles of kind {number}, " + "which keep the rain out. " * 30 for number in range(4)
    )
    with DocsIndex(
        tmp_path, [Page("docs/roof.md", f"# Roofs\n\n{long}\n\n## Gutters\n\nGutters take the rain.\n")]
    ) as index:
        assert len(index.chunks) > 2
        assert [hit.chunk.headings for hit in index.search("tiles and rain", 5)] == [("Roofs",), ("Roofs", "Gutters")]
