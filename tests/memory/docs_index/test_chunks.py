"""Pages are cut along their headings; what belongs together stays together."""

from __future__ import annotations

from memory.docs_index.chunks import LARGEST, chunks_of
from memory.docs_index.pages import Page

TABLE = "\n".join(["| a | b |", "| --- | --- |", *(f"| key{n} | {'value ' * 20} |" for n in range(40))])
CODE = "\n".join(["```sh", "# not a heading", *(f"line {n} {'x' * 60}" for n in range(60)), "```"])


def test_a_passage_knows_the_way_to_its_heading() -> None:
    page = Page("docs/a.md", "# Top\n\nOne.\n\n## Middle\n\nTwo.\n\n### Deep\n\nThree.\n\n## Next\n\nFour.\n")
    found = [(chunk.headings, chunk.text) for chunk in chunks_of([page])]
    assert found == [
        (("Top",), "One."),
        (("Top", "Middle"), "Two."),
        (("Top", "Middle", "Deep"), "Three."),
        (("Top", "Next"), "Four."),
    ]


def test_tables_and_code_are_never_cut_however_long() -> None:
    texts = [chunk.text for chunk in chunks_of([Page("a.md", f"# A\n\nBefore.\n\n{TABLE}\n\n{CODE}\n\nAfter.\n")])]
    assert len(TABLE) > LARGEST < len(CODE)
    assert sum(TABLE in text for text in texts) == 1
    assert sum(CODE in text for text in texts) == 1


def test_a_number_sign_in_code_is_no_heading() -> None:
    headings = {chunk.headings for chunk in chunks_of([Page("a.md", f"# A\n\n{CODE}\n\n## B\n\nText.\n")])}
    assert headings == {("A",), ("A", "B")}


def test_long_text_is_cut_between_sentences_and_loses_none() -> None:
    sentences = [f"Sentence number {n} says something of its own." for n in range(80)]
    chunks = chunks_of([Page("a.md", f"# A\n\n{' '.join(sentences)}\n")])
    assert len(chunks) > 1
    assert all(len(chunk.text) <= LARGEST and chunk.text.endswith(".") for chunk in chunks)
    assert " ".join(chunk.text for chunk in chunks) == " ".join(sentences)


def test_front_matter_is_no_part_of_the_page() -> None:
    [chunk] = chunks_of([Page("a.md", "---\nsource: somewhere\n---\n# A\n\nText.\n")])
    assert (chunk.headings, chunk.text) == (("A",), "Text.")


def test_equal_passages_are_told_apart_and_keep_their_ids() -> None:
    page = Page("a.md", "# A\n\nSame.\n\n# A\n\nSame.\n")
    ids = [chunk.id for chunk in chunks_of([page])]
    assert len(set(ids)) == 2
    assert ids == [chunk.id for chunk in chunks_of([page])]


def test_nothing_comes_of_an_empty_page() -> None:
    assert chunks_of([Page("a.md", ""), Page("b.md", "# Only a heading\n")]) == []
