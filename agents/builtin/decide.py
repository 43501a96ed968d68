"""Deciding: answer, ask or refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agents.builtin.everyday.lapses import with_lapses
from agents.builtin.guards.account import doubts_of
from agents.builtin.guards.audit import measured_keys
from agents.builtin.guards.choices import equals
from agents.builtin.guards.emptiness import finds_nothing, none_is_likely
from agents.builtin.guards.ranges import beyond_range
from agents.builtin.language.lexicon import CHANGES, OPINIONS
from agents.builtin.language.normalise import remarks
from agents.builtin.language.words import singular
from agents.builtin.linking.loose import loose_measure
from agents.builtin.linking.meant import key_of_word, unfitting
from agents.builtin.linking.offers import MOST, NONE, label_of, possible
from agents.builtin.linking.parties import is_public
from agents.builtin.linking.spokenroles import Unsaid
from agents.builtin.linking.tags import Tag
from agents.builtin.linking.units import refused_units
from agents.builtin.meaning import Condition, During, Either, Meaning, Nested
from agents.builtin.otherday import by_other_days
from agents.builtin.saying.charts import chart_of
from agents.builtin.saying.moving import Moved, moving, told_moving
from agents.builtin.saying.problems import explain
from agents.builtin.saying.reading import reading_of
from agents.builtin.schema.index import Index, index_of
from agents.builtin.schema.references import holds_people
from agents.builtin.understand import (
    TIME_KINDS,
    Candidate,
    Prepared,
    key_of,
    name_of,
    others,
    prepare,
    read,
    said_plainly,
)
from agents.contract import NAMES_HINT, DataView, Draft, Option, Question, Refusal, Request
from spec.base import JsonValue
from spec.errors import DreflowError
from spec.pipeline import Pipeline, Step

if TYPE_CHECKING:
    from sqlglot import exp

# A less certain reading is put to the person, or refused.
CONFIDENT = 0.7
WORTH_ASKING = 0.5
_ROWS_COMPARED = 2000


def decide(request: Request, data: DataView) -> Draft | Question | Refusal:
    """The whole of planning, stage by stage."""
    refused = _out_of_reach(request)
    if refused is not None:
        return refused
    index = index_of(data)
    plain = _plain(request, data, index)
    return plain if isinstance(plain, Question) else _decided(request, plain, data, index)


def _decided(said: Request, request: Request, data: DataView, index: Index) -> Draft | Question | Refusal:
    """``request`` is what was ``said``, in plain words."""
    index = with_lapses(request.text, index)
    reply = _answered(said, request, data, index)
    asked = _meaning_of_word(request, data, index) if isinstance(reply, Refusal) else None
    return asked or reply


def _meaning_of_word(request: Request, data: DataView, index: Index) -> Question | None:
    """Ask what the one word means that fits nothing, where some meanings would make the question clear."""
    prepared = prepare(request, data, index)
    words = unfitting(prepared.tags, read(prepared).meaning.problems)
    key = key_of_word(words[0]) if len(words) == 1 else ""
    if not key or key in request.answers:
        return None
    clear = []
    for link in possible(words[0], prepared.tags, index):
        answers = {**request.answers, key: name_of(link)}
        candidate = read(prepare(request.model_copy(update={"answers": answers}), data, index))
        if candidate.query is not None and candidate.confidence >= CONFIDENT:
            clear.append(link)
    if not clear:
        return None
    options = [Option(label=label_of(link), value=name_of(link)) for link in clear[:MOST]]
    return Question(
        key=key,
        text=f"Nothing in the data is called '{words[0]}'. What do you mean by it?",
        options=(*options, Option(label="None of these", value=NONE)),
    )


def _answered(said: Request, request: Request, data: DataView, index: Index) -> Draft | Question | Refusal:
    prepared = prepare(request, data, index)
    if prepared.unsaid is not None:
        return _which_role(prepared, prepared.unsaid)
    best = read(prepared)
    if best.query is None:
        why = explain([p for p in best.meaning.problems if p.startswith(("unknown:", "novalue:"))])
        return Refusal(message=why or f"I cannot answer that from this data: {best.problem}.", hint=NAMES_HINT)
    asked = _which_day(best) or (_loose(prepared) if doubts_of(best.meaning) else None)
    if asked is not None:
        return asked
    moved = _moved(said, request, best, data) if request.want == "pipeline" else None
    today = request.now.astimezone(ZoneInfo(request.timezone)).date()
    ahead = any(c.period.start is not None and c.period.start > today for c in _periods(best.meaning.scope.conditions))
    # What comes in later is there when it is run; of what lies ahead of each run the data must know already.
    moves = moved is not None and bool(moved.days) and not ahead
    if best.confidence < CONFIDENT and request.answers.get("reading") != "yes":
        unread = _measures_keys(best.meaning, index) or (None if moves else _outside(best.meaning, index))
        return unread or _among_equals(prepared, best, data) or _unsure(best)
    broken = _broken(data, best)
    if broken:
        return Refusal(message="I read this in a way the data does not allow.", hint=broken)
    outside = None if moves else _outside(best.meaning, index)
    outside = outside or refused_units(request.text, best.meaning, data)
    outside = outside or beyond_range(best.meaning, index.schema) or _measures_keys(best.meaning, index)
    if outside is not None:
        return outside
    if _expects_one(request.text) and not best.meaning.groups and len(_rows(data, best)) > 1:
        best.confidence -= 0.35
        best.meaning.problems.append("unclear:which one of several")
        if best.confidence < CONFIDENT and request.answers.get("reading") != "yes":
            return _unsure(best)
    asked = _loose(prepared) or _ambiguous(prepared, best, data)
    if asked is not None:
        return asked
    if (
        request.answers.get("reading") != "yes"
        and not moves
        and not none_is_likely(best.meaning, best.query)
        and finds_nothing(data, best.query)
    ):
        return _confirm(best, "nothing in the data is so")
    if request.want != "pipeline":
        best.meaning.assumptions += by_other_days(request, prepared, best, data)
    return _draft(said, data, best, prepared, [*remarks(request.text), *prepared.reservations.said], moved)


def _moved(said: Request, request: Request, best: Candidate, data: DataView) -> Moved | None:
    """The query of a plan with the days that move with each run; None where none depends on the day of the request.

    It is read from what was ``said``: plain words may hold a day already, as "since the start of the year" does.
    """
    zone, index = ZoneInfo(said.timezone), index_of(data)
    worded = [one.text for one in said_plainly(said, data, index)]
    place = worded.index(request.text) if request.text in worded else 0

    def on(day: date) -> exp.Query | None:
        then = said.model_copy(update={"now": datetime.combine(day, time(12), zone)})
        wordings = said_plainly(then, data, index)
        plain = wordings[place] if len(wordings) == len(worded) else None
        return read(prepare(plain, data, with_lapses(plain.text, index))).query if plain is not None else None

    assert best.query is not None
    return moving(best.query, said.now.astimezone(zone).date(), on)


_WORDING = "what is counted"


def _plain(request: Request, data: DataView, index: Index) -> Request | Question:
    """The request in the words of questions, or the question about which rows it speaks of."""
    meant = said_plainly(request, data, index)
    if len(meant) == 1:
        return meant[0]
    chosen = next((one for one in meant if one.text == request.answers.get(_WORDING)), None)
    return chosen or _about_which(request, meant, data, index)


def _about_which(request: Request, meant: Sequence[Request], data: DataView, index: Index) -> Request | Question:
    """Ask which rows are spoken of where rows of several tables may be, and more than one way is read."""
    found = [(one, read(prepare(one, data, with_lapses(one.text, index)))) for one in meant]
    read_well = [(one, best) for one, best in found if best.query is not None and best.confidence >= WORTH_ASKING]
    read_well = _nearest(read_well, [best.meaning.scope.table for _, best in found], index)
    if len(read_well) < 2:
        return read_well[0][0] if read_well else meant[0]
    return Question(
        key=_WORDING,
        text=f"What is meant by '{request.text.strip(' ?.!')}'?",
        options=tuple(
            Option(label=reading_of(best.meaning), value=one.text) for one, best in read_well[:_MOST_CHOICES]
        ),
    )


def _nearest(found: list[tuple[Request, Candidate]], asked: list[str], index: Index) -> list[tuple[Request, Candidate]]:
    """Of readings about different people those that are sure, without those who come to what is said by a longer way.

    Trainers come to the city of their members by a long way, and members have a city of their own. Whoever comes from
    outside may be meant even so: pupils take a course by way of their marks, and teachers have it at hand.
    """
    whom = {index.schema.real(table) for table in asked if table}
    if len(whom) < 2 or not all(holds_people(index.schema, table) for table in whom):
        return found
    # What is said of trainers by way of their members is said of the members.
    own = [(one, best) for one, best in found if len(whom & _tables(best)) == 1]
    sure = [(one, best) for one, best in own if best.confidence >= CONFIDENT] or own
    sizes = [len(_tables(best)) for _, best in sure]
    outside = [is_public(index.schema, best.meaning.scope.table) for _, best in sure]
    return [one for one, size, out in zip(sure, sizes, outside, strict=True) if size == min(sizes) or out]


def _tables(candidate: Candidate) -> set[str]:
    from sqlglot import exp

    return {table.name for table in candidate.query.find_all(exp.Table)} if candidate.query is not None else set()


_MOST_CHOICES = 6


def _which_day(best: Candidate) -> Question | None:
    """Ask which of several days counts, where that alone is open."""
    problems = set(best.meaning.problems)
    times = [one for one in best.tags if one.period is not None] or [one for one in best.tags if one.kind in TIME_KINDS]
    if problems != {"idle:which day"} or not times or len(best.meaning.days) < 2:
        return None
    period = times[0]
    return Question(
        key=key_of(period),
        text=f"Which day counts for '{period.text}'?",
        options=tuple(
            Option(label=f"{column} of {table}", value=f"{table}.{column}") for table, column in best.meaning.days[:6]
        ),
        reading=reading_of(best.meaning),
    )


def _which_role(prepared: Prepared, unsaid: Unsaid) -> Question:
    """Ask in which of its roles a thing is meant: as home or as away team."""
    schema = prepared.index.schema
    return Question(
        key=f"role of {unsaid.tag.text.lower()}",
        text=f"In which role is '{unsaid.tag.text}' meant?",
        options=tuple(
            Option(label=f"{' '.join(schema.roles[name].words)} ({schema.roles[name].table})", value=name)
            for name in unsaid.roles
        ),
    )


def _loose(prepared: Prepared) -> Question | None:
    """Ask which money is meant where the word for it names no column and several tables hold some."""
    found = loose_measure(prepared.text, prepared.tags, prepared.index)
    if found is None:
        return None
    span, links = found
    return Question(
        key=key_of(span),
        text=f"Several tables hold amounts of money. Which one is '{span.text}'?",
        options=tuple(Option(label=f"{link.column} of {link.table}", value=name_of(link)) for link in links),
    )


# "Cancelled ones should not be counted" asks for no advice.
_COUNTS = re.compile(
    r"\bshould(?:n't| not)?(?: also| still| not)? (?:be )?(?:count|includ|exclud|ignor|skip|omit|left (?:out|"
    r"in)|stay (?:out|in))"
)


def _out_of_reach(request: Request) -> Refusal | None:
    """Opinions, predictions and changes are no questions to data."""
    words = re.findall(r"[a-z]+", _COUNTS.sub(" ", request.text.lower()))
    if words and words[0] in CHANGES:
        return Refusal(
            message="I never change your own data, and this asks for that.",
            hint="A changed copy can be written: say what is to be kept or left out, and end with "
            "“save it as clean.csv”. You see and approve it before anything is written.",
        )
    beyond = sorted(set(words) & OPINIONS)
    if beyond:
        return Refusal(
            message=f"Data says what was, not opinions, advice or what will be ('{beyond[0]}').",
            hint="Ask for counts, sums, lists or comparisons of what is recorded.",
        )
    return None


def _among_equals(prepared: Prepared, best: Candidate, data: DataView) -> Question | None:
    """Ask which is meant where nothing but a choice among equals is open; a yes to one would hide the others."""
    open_choices = {f"doubt:{said}" for said in equals(best.tags, best.meaning, prepared.index.schema)}
    if best.confidence < WORTH_ASKING or not open_choices or not set(best.meaning.problems) <= open_choices:
        return None
    return None if _broken(data, best) else _ambiguous(prepared, best, data)


def _unsure(best: Candidate) -> Question | Refusal:
    said = ("unknown:", "lost:", "novalue:", "nodate:", "role:", "nothing asked for")
    unknown = [p for p in best.meaning.problems if p.startswith(said)]
    if best.confidence >= WORTH_ASKING and not unknown:
        return _confirm(best, "; ".join(doubts_of(best.meaning)))
    return Refusal(
        message=explain(best.meaning.problems) or "I cannot read this as a question to the data.", hint=NAMES_HINT
    )


def _confirm(best: Candidate, doubts: str) -> Question:
    """Put a reading to the person, with what is not sure about it."""
    sentence = reading_of(best.meaning)
    lead = f"{doubts[:1].upper()}{doubts[1:]}. " if doubts else ""
    return Question(
        key="reading",
        text=f"{lead}Is this what you mean? {sentence}",
        options=(Option(label="Yes", value="yes"), Option(label="No, I will say it differently", value="no")),
        reading=sentence,
    )


def _outside(meaning: Meaning, index: Index) -> Refusal | None:
    """A period in which the data has nothing at all is said, not counted as zero."""
    for condition in _periods(meaning.scope.conditions):
        stats = index.schema.columns[condition.column].stats
        low, high = _day(stats.low), _day(stats.high)
        if low is None or high is None or condition.negated:
            continue
        period = condition.period
        if (period.start is not None and period.start > high) or (period.end is not None and period.end <= low):
            return Refusal(
                message=f"{condition.column[0]}.{condition.column[1]} goes from {low:%-d %b %Y} to {high:%-d %b %Y}; "
                "the period asked for lies outside.",
                hint="Ask for a period within the data.",
            )
    return None


def _measures_keys(meaning: Meaning, index: Index) -> Refusal | None:
    """Numbers that only tell rows apart have no size."""
    found = measured_keys(meaning, index.schema)
    if not found:
        return None
    return Refusal(
        message=f"{found[0][1]} of {found[0][0]} tells rows apart; its numbers are not compared, added up or averaged.",
        hint="Say what is to be counted or measured, as in 'with more than 15 orders'.",
    )


def _periods(conditions: list[Condition]) -> Iterator[During]:
    for condition in conditions:
        if isinstance(condition, During):
            yield condition
        elif isinstance(condition, Nested):
            yield from _periods(condition.scope.conditions)
        elif isinstance(condition, Either):
            return


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _ambiguous(prepared: Prepared, best: Candidate, data: DataView) -> Question | None:
    """Ask where another reading gives other rows; readings with equal results need no question."""
    found: list[tuple[Tag, str, str, Candidate]] = []
    for one, link, candidate in others(prepared, best):
        found.append((one, name_of(one.links[0]), name_of(link), candidate))
    period = next((one for one in best.tags if one.period is not None and one.period.other is not None), None)
    if period is not None:
        found.append((period, "first", "other", read(prepared, other_period=True)))
    rows: list[list[str]] | None = None
    for one, first, second, candidate in found:
        assert best.query is not None
        if candidate.query is None or candidate.query == best.query or _broken(data, candidate):
            continue
        rows = _rows(data, best) if rows is None else rows
        if _rows(data, candidate) == rows:
            continue
        options = (
            Option(label=reading_of(best.meaning), value=first),
            Option(label=reading_of(candidate.meaning), value=second),
        )
        if options[0].label == options[1].label:
            options = (Option(label=first, value=first), Option(label=second, value=second))
        return Question(
            key=key_of(one),
            text=f"What does '{one.text}' mean here?",
            options=options,
            reading=reading_of(best.meaning),
        )
    return None


def _expects_one(text: str) -> bool:
    """As in "What is the price of ..." expects one thing; many rows say that something was misread or left open."""
    found = re.match(
        (
            r"\s*(?:what|who|how (?:long|tall|high|old|big|large|deep))(?:'s|\s+is|\s+was)\s+"
            r"(?:the\s+)?([a-z-]+)(?:\s+([a-z-]+)"
            r")?"
        ),
        text.lower(),
    )
    if found is None or re.search(r"\b(?:each|every|per|by|all|any|for|and)\b|,", text.lower()):
        return False
    words = [word for word in found.groups() if word]
    return all(singular(word) == word for word in words if word != "is")


def _broken(data: DataView, candidate: Candidate) -> str:
    """Why the engine does not take the query, found without running it; empty when it does."""
    import duckdb
    from sqlglot import exp

    assert candidate.query is not None
    try:
        data.rows(exp.select(exp.Star()).from_(candidate.query.copy().subquery("q")).limit(0), limit=1)
    except (duckdb.Error, DreflowError) as error:
        return str(error).splitlines()[0]
    return ""


def _rows(data: DataView, candidate: Candidate) -> list[list[str]]:
    assert candidate.query is not None
    found: Sequence[Sequence[JsonValue]] = data.rows(candidate.query, limit=_ROWS_COMPARED)
    return sorted([str(value) for value in row] for row in found)


def _draft(
    request: Request,
    data: DataView,
    candidate: Candidate,
    prepared: Prepared,
    left: Sequence[str],
    moved: Moved | None = None,
) -> Draft:
    """The answer; ``left`` is what was taken as a remark, ``moved`` the query of a plan whose days move."""
    from sqlglot import exp

    query = moved.query if moved is not None else candidate.query
    assert query is not None
    by_table = {source_table(data, name): name for name in data.sources}
    used = {}
    for table in query.find_all(exp.Table):
        name = by_table.get(table.name)
        if name is not None:
            used[name] = data.sources[name]
            if name != table.name:
                alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
                table.set("this", exp.to_identifier(name, quoted=True))
                table.set("alias", alias)
    told, moves = told_moving(reading_of(candidate.meaning), candidate.tags, moved)
    sentence = " ".join([told, *(f"{one[:1].upper()}{one[1:]}." for one in prepared.meant)])
    aside = [f"'{said}' is taken as a remark, and changes no figure" for said in left]
    step = Step.model_validate(
        {"id": "answer", "use": "sql", "from": list(used), "query": query.sql(dialect="duckdb", pretty=True)}
    )
    spec = Pipeline(
        name="question",
        request=request.text,
        reading=sentence,
        assumptions=tuple(dict.fromkeys([*candidate.meaning.assumptions, *moves, *aside])),
        timezone=request.timezone,
        sources=used,
        steps=(step,),
    )
    meaning = candidate.meaning
    ordered = meaning.asked_order or bool(meaning.limit and not meaning.ties)
    chart = chart_of(meaning, query.named_selects, prepared.index.schema)
    return Draft(
        spec=spec, reading=sentence, assumptions=spec.assumptions, answer="answer", ordered=ordered, chart=chart
    )


def source_table(data: DataView, name: str) -> str:
    """The catalog table a source reads; sources are named after their tables, spelled as identifiers."""
    if data.catalog.table(name) is not None:
        return name
    return next((table.name for table in data.catalog.tables if re.sub(r"\W", "_", table.name) == name), name)


def unfitting_words(request: Request, data: DataView) -> Sequence[str]:
    """The words of a question that fit nothing in the data."""
    prepared = prepare(request, data, index_of(data))
    return unfitting(prepared.tags, read(prepared).meaning.problems)


def confidence_of(request: Request, data: DataView) -> float | None:
    """How sure the best reading is, answered or not; None when there is no reading. For measuring the gate."""
    candidate = read(prepare(request, data, index_of(data)))
    return None if candidate.query is None else candidate.confidence
