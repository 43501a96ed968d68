"""The reference pages say what the units do now."""

from pathlib import Path

import pytest

from pipelines.reference import pages

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_its_unit_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name], "write them: python -m pipelines.reference docs"


def test_no_page_is_left_of_a_unit_that_is_gone() -> None:
    written = {
        path.relative_to(DOCS).as_posix() for folder in ("steps", "checks") for path in (DOCS / folder).glob("*.md")
    }
    assert written == set(PAGES)
