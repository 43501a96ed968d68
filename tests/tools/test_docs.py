"""Answers from the docs: cited word for word, or that the docs do not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

pytest.importorskip("chromadb", reason="the extra 'docs' is not installed")

from evals.suites import docs as suite
from memory.docs_index import otherwise
from memory.docs_index.embedding import SentenceEmbedding
from memory.docs_index.keywords import words_of
from memory.docs_index.pages import pages
from memory.workspace import Workspace
from spec.errors import AccessError, UsageError
from tools.context import Context
from tools.docs import LONGEST_QUESTION, answer_docs, close_docs, docs_index, search_docs


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    yield Context(Workspace(tmp_path_factory.mktemp("workspace"), datetime.now(UTC)), "ada")
    close_docs()


def test_an_answer_is_cited_by_file_and_heading_and_stands_there_word_for_word(context: Context) -> None:
    answer = answer_docs(context, "how do I connect to postgres")
    assert answer.status == "answered"
    best = answer.passages[0]
    page = next(page for page in pages() if page.file == best.file)
    assert all(line in page.text for line in best.text.splitlines() if line != "…")
    assert "ostgre" in best.text


def test_what_the_docs_do_not_say_is_not_answered(context: Context) -> None:
    answer = answer_docs(context, "how do I knit a sweater for my dog")
    assert (answer.status, answer.passages) == ("unknown", ())


def test_passages_come_best_first(context: Context) -> None:
    found = search_docs(context, "rotate the key of the vault", 5)
    assert len(found) == 5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].file == "docs/how-to/passwords.md"


def test_questions_are_bounded_and_need_the_right_to_ask(context: Context) -> None:
    for wrong in ("", "   ", "x" * (LONGEST_QUESTION + 1)):
        with pytest.raises(UsageError):
            answer_docs(context, wrong)
    with pytest.raises(AccessError):
        search_docs(Context(context.workspace, "eve", frozenset()), "anything")


@pytest.mark.parametrize("name", ["questions.jsonl", "tuning.jsonl", "heldout.jsonl"])
def test_every_case_names_a_passage_that_is_there(name: str, context: Context) -> None:
    there = {suite.place_of(chunk) for chunk in docs_index().chunks}
    missing = [(one.id, place) for one in suite.read(name) for place in one.answers if place not in there]
    assert missing == []


RECALL, HELD_RECALL, HELD_KEPT = 0.78, 0.67, 0.65
"""Least shares: of the questions found, of those that nobody works towards found, and of those kept back."""


def test_what_others_call_things_leads_to_words_that_the_docs_use() -> None:
    page = next(page for page in pages() if page.file == otherwise.FILE)
    used = {word for other in pages() if other.file != otherwise.FILE for word in words_of(other.text)}
    missing = {word for phrase in otherwise.OtherWords(page.text).here for word in words_of(phrase)} - used
    assert missing == set()


def test_both_ways_together_find_clearly_more_than_words_alone(context: Context) -> None:
    (words, _, both), results = suite.measured(docs_index())
    assert len(results) == 60
    assert both.recall >= words.recall + 0.2
    assert both.reciprocal >= words.reciprocal + 0.1
    # Every page that is added stands beside the right one, too.
    assert both.recall >= RECALL
    assert (both.kept_back or 0.0) >= 0.9
    assert (both.answered or 0.0) >= 0.58


def test_questions_that_nobody_works_towards_are_found_and_kept_back_as_well(context: Context) -> None:
    figures = suite.held_out(docs_index())
    assert figures.recall >= HELD_RECALL
    assert (figures.kept_back or 0.0) >= HELD_KEPT


def test_a_search_among_the_vectors_misses_no_neighbour(context: Context) -> None:
    # Of thousands of vectors an approximate search misses some, and others in each index that is built.
    index = docs_index()
    vectors, known = index._vectors, index._vectors.known()
    table = np.stack([known[word] / np.linalg.norm(known[word]) for word in index._keywords.vocabulary])
    for word in ("invoice", "borrow", "umbrella", "deliver", "quiet"):
        found = vectors.words_like(word, 150, -1.0)
        asked = SentenceEmbedding().get_query_embedding(word)
        nearest = np.sort(table @ (np.asarray(asked) / np.linalg.norm(asked)))[::-1][:150]
        assert sorted(found.values(), reverse=True) == pytest.approx(nearest.tolist(), abs=1e-4)
