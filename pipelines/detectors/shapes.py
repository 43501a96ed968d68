"""Values whose form is rare in a column of few forms: ``3 5631`` among postal codes, ``12:7`` among times.

The form of a value is its text with digits as 9, letters as a or A and everything else as it stands; runs are counted
where the column's values have the same length. A column is judged where a few forms hold almost all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from pipelines.quality.examined import Examined, Suspect, is_marker

FEW, COVERED, ALL, RARE = 4, 0.9, 0.97, 0.03
SURE = 0.7
CODE = 4
"""Codes of digits have at least so many."""


def shape(text: str) -> str:
    """Digits as 9, lower letters as a, upper ones as A; everything else as it stands."""
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)


def loose(text: str) -> str:
    """The form without the lengths of its runs."""
    return loose_form(shape(text))


def loose_form(form: str) -> str:
    """A form without the lengths of its runs."""
    return re.sub(r"(9|a|A)\1+", r"\1", form)


def find(data: Examined) -> Iterable[Suspect]:
    """Cells of a rare form; nothing is proposed."""
    for column in range(len(data.names)):
        total = data.filled(column)
        if total < 20:
            continue
        # Numbers have any length; a code of digits has one.
        for form, most in ((shape, 1 if data.kinds[column] == "number" else FEW), (loose, FEW)):
            told = _rare(data, column, total, form, most)
            if told:
                usual, texts = told
                for row, text in enumerate(data.cells(column)):
                    if text in texts:
                        yield Suspect(row, column, f"written as {form(text)!r}; almost all are {usual}", SURE)
                break


def _rare(
    data: Examined, column: int, total: int, form: Callable[[str], str], most: int
) -> tuple[str, frozenset[str]] | None:
    forms = Counter[str]()
    real = {text: count for text, count in data.counts[column].items() if text and not is_marker(text)}
    for text, count in real.items():
        forms[form(text)] += count
    ranked = sorted(forms.items(), key=lambda item: (-item[1], item[0]))
    usual, covered = [], 0
    for name, count in ranked[:most]:
        usual.append(name)
        covered += count
        if covered >= (COVERED if most > 1 else ALL) * total:
            break
    else:
        return None
    if most == 1 and len(usual[0]) < CODE:
        return None
    if form is shape and len({loose_form(name) for name in usual}) < len(usual):
        # The usual forms differ in length alone, so length is no part of what is right.
        return None
    # Plain words have a form as well, and a rare one is no mistake: there must be digits or signs in the usual ones.
    if not any(re.search(r"[^aA ]", name) for name in usual):
        return None
    rare = frozenset(text for text in real if form(text) not in usual and forms[form(text)] <= max(2, RARE * total))
    return (" or ".join(repr(name) for name in usual), rare) if rare else None
