"""What a template asks before it plans: each question once, answered by an option or by words that fit one."""

from __future__ import annotations

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.beside import narrowed, rhythms, sends
from agents.contract import Option, Question, Refusal, Request


class AskError(Exception):
    """Stops the drafting where something has to be asked or refused first."""

    def __init__(self, reply: Question | Refusal) -> None:
        super().__init__(reply.text if isinstance(reply, Question) else reply.message)
        self.reply = reply


def settled(question: Question, request: Request) -> str:
    """The option that was answered; raises AskError where none was."""
    answer = resolve_answer(question, request.answers.get(question.key, ""))
    if answer is None:
        raise AskError(question)
    return answer


def left_aside(request: Request, able: str) -> tuple[str, ...]:
    """Parts of the request that no plan does, agreed to be left out; ``able`` says what is done all the same."""
    found = [*sends(request.text), *rhythms(request.text), *narrowed(request.text)]
    if not found:
        return ()
    quoted = " and ".join(f"'{words}'" for words in found)
    question = Question(
        key="beside",
        text=f"I can {able}, but this I would leave aside: {quoted}. Shall I go on without it?",
        options=(Option(label="Yes, go on without it", value="yes"), Option(label="No, leave it", value="no")),
    )
    if settled(question, request) == "no":
        raise AskError(
            Refusal(
                message=f"I cannot do it in the way you say: {'; '.join(found)}.",
                hint="Ask without that, or give me data that holds only what should count.",
            )
        )
    return tuple(found)
