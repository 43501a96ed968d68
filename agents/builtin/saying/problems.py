"""Problems of a reading, as a person is told of them."""

from __future__ import annotations

from collections.abc import Sequence


def explain(problems: Sequence[str]) -> str:
    """Problems of a reading as a sentence; a word is named once."""
    said: list[str] = []
    named: set[str] = set()
    unknown = list(dict.fromkeys(problem.partition(":")[2] for problem in problems if problem.startswith("unknown:")))
    if len(unknown) > 1:
        said.append(f"nothing in the data is called {', '.join(map(repr, unknown[:-1]))} or {unknown[-1]!r}")
        named.update(unknown)
    for kind, _, what in (problem.partition(":") for problem in problems):
        if kind in {"unknown", "idle", "unused", "lost"} and what.strip("'") in named:
            continue
        named.add(what.strip("'"))
        said.append(
            {
                "unknown": f"nothing in the data is called '{what}'",
                "novalue": f"no value in the data is '{what}'",
                "nodate": f"there is no date for '{what}'",
                "role": f"it is not clear whether {what} is meant",
                "unclear": f"it is not clear what '{what}' compares or counts",
                "idle": f"I do not see what '{what}' belongs to",
                "unused": f"I do not see what '{what}' belongs to",
                "lost": f"I do not see what {what} in your question belongs to",
                "doubt": what,
                "nonnumeric": f"'{what}' holds no numbers",
                "nothing asked for": "it is not clear what is asked for",
            }.get(kind, problems[0])
        )
    text = "; ".join(dict.fromkeys(said))
    return f"{text[:1].upper()}{text[1:]}." if text else ""
