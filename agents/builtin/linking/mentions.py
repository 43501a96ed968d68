"""What a text mentions: "projects that mention an NDA in the remarks", "where the notes say something about wind"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.builtin.linking.links import Linker

_SAYS = (
    r"(?:mention(?:s|ed|ing)?|talk(?:s|ed|ing)? about|refer(?:s|red|ring)? to|say(?:s|ing)? something about|"
    r"said something about|speak(?:s)? of)"
)
_WHAT = r"(?:an? |the )?(?P<what>[\w'][\w' -]*?)"
_IN_COLUMN = re.compile(
    rf"\b(?:that |which |who )?{_SAYS} {_WHAT} in (?:the |their |its |our )?(?P<column>[\w-]+)\b", re.IGNORECASE
)
_COLUMN_SAYS = re.compile(
    rf"\b(?:where (?:the |their |its )?|whose |with )(?P<column>[\w-]+) (?:that )?{_SAYS} {_WHAT}"
    r"(?=\s*[,.;?!()]|\s+(?:and|but|or|in|from|since|during|by|per|for)\b|\s*$)",
    re.IGNORECASE,
)


def mentioned(text: str, linker: Linker) -> str:
    """The question with what a text says as a condition on that text, where one of the data is called so."""
    for pattern in (_IN_COLUMN, _COLUMN_SAYS):
        found = pattern.search(text)
        if found is None or not _is_text(found["column"], linker):
            continue
        what = found["what"].strip()
        said = what if " " not in what else f'"{what}"'
        text = f"{text[: found.start()]}with {found['column']} containing {said}{text[found.end() :]}"
    return text


def _is_text(word: str, linker: Linker) -> bool:
    """Whether the first thing called so is a text that rows hold."""
    return any(
        link.kind == "column" and linker.schema.columns[link.ref].kind == "text"
        for link in linker.phrase((word.lower(),))[:1]
    )
