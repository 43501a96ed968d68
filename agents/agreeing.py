"""What words mean here, agreed on in a conversation without any model: read over the data at hand, and kept on a yes.

A meaning is offered as the planner will read it later, with the figure that it gives now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from agents import asides, cards, inventory, replies, stages
from agents.builtin.context import read_context
from agents.builtin.decide import decide
from agents.builtin.intents.preferring import preferred_in
from agents.builtin.language.agreed import Says, said_of_words
from agents.builtin.language.wording import arithmetic
from agents.builtin.schema.index import share_index
from agents.contract import YES, Draft, Meant, Option, Question, Refusal, Request, Turn
from agents.desk import Desk
from agents.exchange import Message, begun, keep
from pipelines.expressions import parse_expression
from spec.base import JsonValue
from spec.catalog import Catalog
from spec.errors import DreflowError
from spec.pipeline import Definition, Source
from tools import definitions, threads
from tools.context import Context
from tools.data import OpenData
from tools.documents import Choice
from tools.questions import answer
from tools.wording import grouped, joined

if TYPE_CHECKING:
    from memory.store import SavedThread

KEY = "forget the meaning of "
NO, VERSIONS = "no", "all versions"
MOST_TABLES = 8
"""Tables of which the rows are counted that an adjective picks."""
SHOWN = 3


@dataclass(frozen=True)
class _Read:
    """How the planner reads a meaning: in words, with the SQL, the figure it gives now, and what nobody said."""

    words: str
    query: str
    figure: JsonValue
    assumed: tuple[str, ...] = ()


class _Defined:
    """A view of data in which a word has another meaning."""

    def __init__(self, data: OpenData, meanings: Mapping[str, Definition]) -> None:
        self._data = data
        self.definitions = meanings
        share_index(self, data)

    @property
    def catalog(self) -> Catalog:
        """As the view beneath."""
        return self._data.catalog

    @property
    def sources(self) -> Mapping[str, Source]:
        """As the view beneath."""
        return self._data.sources

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        """As the view beneath."""
        return self._data.rows(query, limit=limit)

    def scalars(self, query: exp.Query) -> Sequence[object]:
        """As the view beneath."""
        return self._data.scalars(query)


def said(
    desk: Desk,
    text: str,
    saved: SavedThread,
    *,
    clock: Callable[[], datetime],
    answered: Callable[[str, SavedThread], Iterator[replies.Reply]],
) -> Iterator[replies.Reply]:
    """The replies to a message about what a word means.

    Where a model may read what we cannot, it is asked; to a question that is open the message is then ``answered``.
    """
    says = said_of_words(text)
    assert says is not None
    context, now = desk.context, clock()
    data = desk.data_of(saved) if saved.data else None
    if says.does == "lists":
        yield _listed(context)
    elif says.does == "asks":
        meaning = _told(context, says.word, saved, data, now)
        if meaning is None:
            yield from asides.reply("docs", desk, text, saved, clock=clock)
        else:
            yield replies.Text(text=meaning)
    elif says.does == "forgets":
        yield from _put(context, saved, _forgetting(context, says.word), now)
    elif data is None:
        yield replies.Text(
            text=f"I can keep what “{says.word}” means once there is data here to show what that comes to.", tone="note"
        )
        yield from inventory.no_data()
    else:
        reply = _offered(context, says, saved, data, now)
        if isinstance(reply, Question) or not desk.routes("extract"):
            yield from _put(context, saved, reply, now)
        elif saved.question is not None and saved.question.get("keeps") is None:
            yield from answered(text, saved)
        else:
            message = Message(text=text, thread=saved.id, now=now)
            turn = begun(context, message, "answer", clock=now, base=Path.cwd())
            proposed = desk.proposed(reply, turn, data, keeps=True)
            yield stages.question(proposed) if isinstance(proposed, Question) else stages.refusal(proposed)
            keep(context, turn, proposed, now)


def beside_a_question(reply: Refusal, text: str) -> Refusal:
    """In place of a refusal to what is no question but a meaning or a preference: the command that keeps it."""
    says, wish = said_of_words(text), preferred_in(text)
    if says is not None and says.does == "means":
        return Refusal(
            message=f"This says what “{says.word}” is to mean. A question keeps nothing.",
            hint=f'Keep it with: dreflow definitions add "{says.word}" "{says.body}"; or say it in the chat page.',
        )
    if wish is not None and wish.value:
        return Refusal(
            message="This says what you prefer. A question keeps nothing.",
            hint=f"Keep it with: dreflow preferences set {wish.name} {wish.value}",
        )
    return Refusal(message=wish.cannot) if wish is not None and wish.cannot else reply


def _put(context: Context, saved: SavedThread, reply: Question | Refusal, now: datetime) -> Iterator[replies.Reply]:
    yield _asked(context, saved, reply, now) if isinstance(reply, Question) else stages.refusal(reply)


def forgotten(context: Context, saved: SavedThread, said: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Go on after the answer whether a word's meaning is to be forgotten."""
    key = str((saved.question or {}).get("key"))
    chosen = settled(context, saved, said, now=now)
    yield replies.Text(text=_forget(context, key, chosen, now), tone="done")


def _offered(context: Context, says: Says, saved: SavedThread, data: OpenData, now: datetime) -> Question | Refusal:
    """The offer to keep what somebody says that a word means, or why it cannot be kept. Raises AccessError."""
    context.need("plan")
    request = Request.model_validate({**saved.request, "now": now, "answers": {}, "history": ()})
    before = _last(saved)
    if says.does == "names":
        if before is None:
            return Refusal(message=f"There is no answer in this conversation yet that could be called “{says.word}”.")
        says = replace(says, body=before.request.strip().rstrip("?. "))
    try:
        word, meaning = _checked(says, data)
    except DreflowError as error:
        return Refusal(message=error.message, hint=error.hint)
    found = _read(word, meaning, request, context, data)
    if isinstance(found, Refusal):
        return found
    if says.does == "names" and before is not None and found[0].query != _sql(before, context, data, request):
        return Refusal(
            message="I cannot say in one sentence what the last answer shows, so "
            f"“{says.word}” would not mean exactly that.",
            hint=f"Say it in full: “{says.word} means ...”. Nothing was kept.",
        )
    return _offer(word, meaning, found, data.definitions.get(word))


def _checked(says: Says, data: OpenData) -> tuple[str, Definition]:
    """The word and its meaning; with an expression where that is arithmetic over the columns of a table."""
    for expression in (arithmetic(says.body), None):
        if expression is not None and not _is_over_columns(expression, data):
            continue
        return definitions.checked(says.word, says.body, expression)
    raise AssertionError


def _is_over_columns(text: str, data: OpenData) -> bool:
    try:
        tree = parse_expression(text, {"definition": ""}, {})
    except DreflowError:
        return False
    names = {column.name.casefold() for column in tree.find_all(exp.Column)}
    computes = tree.find(exp.Binary, exp.AggFunc) is not None and tree.find(exp.Connector, exp.Predicate) is None
    tables = data.catalog.tables
    return computes and any(names <= {one.name.casefold() for one in table.columns} for table in tables)


def _read(word: str, meaning: Definition, request: Request, context: Context, data: OpenData) -> list[_Read] | Refusal:
    """What the meaning comes to: a figure, a number of things, or rows of each table that it can be said of."""
    view = _Defined(data, {**data.definitions, word: meaning})
    refused: Refusal | None = None
    for questions in _trials(word, meaning, data):
        found: list[_Read] = []
        for question in questions:
            reply = decide(request.model_copy(update={"text": question}), view)
            if isinstance(reply, Draft):
                read = _figure(reply, context, data, request)
                found += [read] if read is not None else []
            elif refused is None:
                refused = Refusal(message=_reason(reply, meaning))
        if found:
            return found[:SHOWN]
    why = refused.message if refused is not None else "It gives no figure."
    return Refusal(
        message=f"I read this as what “{word}” is to mean, and cannot tell over this data what that is. {why}",
        hint="Say it with the names of the data's tables, columns and values. Nothing was kept.",
    )


def _reason(reply: Question | Refusal, meaning: Definition) -> str:
    """Why a reading is not sure; the planner's stand-in for arithmetic is no word of anybody's."""
    said = reply.text if isinstance(reply, Question) else reply.message
    return f"Not every part of “{meaning.text}” is in the data." if "formula_" in said else said


def _trials(word: str, meaning: Definition, data: OpenData) -> Iterator[Sequence[str]]:
    context = read_context("", {word: meaning})
    tables = data.catalog.tables[:MOST_TABLES]
    said = meaning.text.casefold()
    near = [table for table in tables if any(column.name.casefold() in said for column in table.columns)]
    picked = [f"how many {word} {table.name.replace('_', ' ')}" for table in near or tables]
    if word in context.conditions:
        yield picked
        return
    yield [f"what is the {word}"]
    if word not in context.formulas:
        yield [f"how many {word if word.endswith('s') else f'{word}s'}"]
        yield picked


def _figure(draft: Draft, context: Context, data: OpenData, request: Request) -> _Read | None:
    """The one figure that a reading gives; None where it gives something else."""
    result = answer(context, draft.spec, draft.answer, data, now=request.now, limit=2)
    rows = result.rows.rows
    if len(rows) != 1 or len(rows[0]) != 1 or rows[0][0] is None:
        return None
    kind = result.rows.types[0]
    if kind.startswith(("VARCHAR", "DATE", "TIME", "BOOLEAN")):
        return None
    return _Read(draft.reading, result.sql, rows[0][0], draft.assumptions)


def _sql(turn: Turn, context: Context, data: OpenData, request: Request) -> str | None:
    if turn.spec is None or turn.answer is None:
        return None
    return answer(context, turn.spec, turn.answer, data, now=request.now, limit=2).sql


def _last(saved: SavedThread) -> Turn | None:
    last = saved.history[-1] if saved.history else None
    turn = Turn.model_validate(last) if isinstance(last, dict) else None
    return turn if turn is not None and turn.answer is not None else None


def _offer(word: str, meaning: Definition, found: Sequence[_Read], before: Definition | None) -> Question:
    meant = Meant(word=word, text=meaning.text, expression=meaning.expression, goes_on=False)
    exact = sha256(meant.model_dump_json().encode()).hexdigest()[:12]
    read = " ".join(f"“{one.words.rstrip('.')}”, which gives {grouped(one.figure)} now." for one in found)
    assumed = "; ".join(dict.fromkeys(said for one in found for said in one.assumed))
    sentences = [
        f"Shall I keep that “{word}” means {meaning.text}? I read it as {read}",
        f"Assumed: {assumed}." if assumed else "",
        f"It takes the place of version {before.version}: {before.text}." if before is not None else "",
        "It is for everybody in this workspace; nothing is kept before you say yes.",
    ]
    return Question(
        key=f"definition of {word}, {exact}",
        text=" ".join(one for one in sentences if one),
        options=(Option(label="Yes, keep it", value=YES), Option(label="No, keep nothing", value=NO)),
        keeps=meant,
    )


def _asked(context: Context, saved: SavedThread, question: Question, now: datetime) -> replies.Question:
    """Open the question; one about a plan that was open before comes back once this is settled."""
    asked: dict[str, JsonValue] = {**saved.request, "want": "answer"}
    before = saved.question
    if before is not None and before.get("keeps") is None and not is_about(str(before.get("key"))):
        asked["before"] = dict(before)
    threads.kept(context, replace(saved, question={**question.model_dump(mode="json"), "asked": asked}), now)
    choices = tuple(Choice(label=option.label, value=option.value) for option in question.options)
    return replies.Question(key=question.key, text=question.text, options=choices)


def settled(context: Context, saved: SavedThread, said: str, *, now: datetime) -> str:
    """The answer to one of our questions; what was open before it is open again."""
    asked = (saved.question or {}).get("asked")
    before = asked.get("before") if isinstance(asked, dict) else None
    key = str((saved.question or {}).get("key"))
    done = threads.answered(saved, said)
    # What a word means lies with its definition, and a later offer of the same is a question of its own.
    answers = {name: value for name, value in done.answers.items() if name != key}
    after = replace(done, question=before if isinstance(before, dict) else None, answers=answers)
    threads.kept(context, after, now)
    return done.answers[key]


def _told(context: Context, word: str, saved: SavedThread, data: OpenData | None, now: datetime) -> str | None:
    """What a word means here and since when; else how it is read without a meaning; None where that is unknown too."""
    found = {one.name: one.meaning for one in definitions.known(context)}
    name = next((one for one in found if one in _forms(word)), None)
    if name is not None:
        versions = [one for one in definitions.history(context, name) if one.meaning is not None]
        earlier = [f"version {one.version}: {one.meaning.text}" for one in versions[:-1] if one.meaning is not None]
        says = f"{definitions.in_words(name, found[name])}."
        return f"{says[0].upper()}{says[1:]}" + (f" Before that, {'; '.join(earlier)}." if earlier else "")
    if data is None:
        return None
    request = Request.model_validate({**saved.request, "now": now, "answers": {}, "history": ()})
    asked = [request.model_copy(update={"text": text}) for text in (f"what is the {word}", word)]
    replied = [decide(one, data) for one in asked]
    read = next((reply for reply in replied if isinstance(reply, Draft)), None)
    if read is None:
        unclear = next((reply for reply in replied if isinstance(reply, Question) and reply.options), None)
        if unclear is None:
            return None
        return (
            f"Nothing was agreed on for “{word}”, and over this data it could mean: "
            f"{'; '.join(option.label for option in unclear.options)}. Say which, as in “{word} means ...”."
        )
    return (
        f"Nothing was agreed on for “{word}”. Over this data I read it as: {read.reading} "
        f"If it means something else here, say “{word} means ...”."
    )


def _listed(context: Context) -> replies.Reply:
    """All words that mean something here."""
    rows: list[list[JsonValue]] = [
        [one.name, one.meaning.text, one.meaning.version, one.meaning.author] for one in definitions.known(context)
    ]
    if not rows:
        return replies.Text(text="Nothing was agreed on yet. Say, for instance, “revenue means amount minus refunds”.")
    return cards.listing("What words mean here", ("word", "means", "version", "by"), rows)


def is_about(key: str) -> bool:
    """Whether a question is whether a word's meaning is to be forgotten."""
    return key.startswith(KEY)


def _forgetting(context: Context, word: str) -> Question | Refusal:
    """The question whether a word is to mean again what it says. Raises AccessError."""
    context.need("plan")
    known = {one.name: one.meaning for one in definitions.known(context)}
    name = next((one for one in known if one in _forms(word)), None)
    if name is None:
        others = f" Agreed on are {joined(sorted(known))}." if known else ""
        return Refusal(message=f"Nothing was agreed on for “{word}”.{others}")
    options = [Option(label="Forget it", value=YES), Option(label="Keep it", value=NO)]
    more = ""
    if "admin" in context.rights:
        options.insert(1, Option(label="Forget it with all its versions, for good", value=VERSIONS))
        more = " With all its versions it is gone for good."
    return Question(
        key=f"{KEY}{name}",
        text=f"{definitions.in_words(name, known[name])}. Shall I forget that? From then on the word means what it "
        f"says again; plans that were approved keep what they were approved with.{more}",
        options=tuple(options),
    )


def _forget(context: Context, key: str, said: str, now: datetime) -> str:
    """Do what was answered; what is to be said of it."""
    from tools import forget as forgetting_for_good

    word = key.removeprefix(KEY)
    if said == YES:
        definitions.forget(context, word, now=now)
        return f"“{word}” means what it says again."
    if said == VERSIONS:
        done = forgetting_for_good.definition(context, word, now=now)
        plans = f" Approved plans keep it: {joined(done.kept_in)}." if done.kept_in else ""
        return f"What “{word}” meant is forgotten with all its versions.{plans}"
    return "It stays as it was."


def _forms(word: str) -> set[str]:
    folded = " ".join(word.casefold().split())
    return {folded, folded.removesuffix("s"), f"{folded}s"}
