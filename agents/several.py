"""Several questions in one message: each is answered as if it had come alone, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agents import replies


def each(questions: Sequence[str], ask: Callable[[str], Iterator[replies.Reply]]) -> Iterator[replies.Reply]:
    """The answers in turn, each below its question. Where one asks back, those behind it wait to be asked again."""
    for place, question in enumerate(questions):
        yield replies.Text(text=f"“{question}”", tone="note")
        asks_back = False
        for reply in ask(question):
            asks_back = asks_back or isinstance(reply, replies.Question)
            yield reply
        left = questions[place + 1 :]
        if asks_back and left:
            yield replies.Text(text=f"Then ask me again: {' '.join(f'“{one}”' for one in left)}", tone="note")
            return
