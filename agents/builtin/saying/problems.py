"""Problems of a reading, as a person is told of them."""

from __future__ import annotations

from collections.abc import Sequence


def explain(problems: Sequence[str]) -> str:
    """Problems of a reading as a sentence."""
    said = []
    for kind, _, what in (problem.partition(":") for problem in problems):
        said.append(
            {
                "unknown": f"nothing in the data is called '{what}'",
                "novalue": f"no value in the data is '{what}'",
                "nodate": f"there is no date for '{what}'",
                "role": f"it is not clear whether {what} is meant",
                "unclear": f"it is not clear what '{what}' compares or counts",
                "idle": f"'{what}' could not be placed",
                "unused": f"'{what}' could not be placed",
                "lost": f"{what} of the question could not be placed",
                "doubt": what,
                "nonnumeric": f"'{what}' holds no numbers",
                "nothing asked for": "it is not clear what is asked for",
            }.get(kind, problems[0])
        )
    text = "; ".join(dict.fromkeys(said))
    return f"{text[:1].upper()}{text[1:]}." if text else ""
