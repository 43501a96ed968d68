"""Understanding: one request to its best reading, and to the other readings that were nearly as good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agents.builtin.computed import computed, formula_named
from agents.builtin.context import Context, read_context, reworded, substitute, unused
from agents.builtin.everyday.beside import Beside, beside_of, with_beside
from agents.builtin.everyday.callings import amount_named
from agents.builtin.everyday.dimensions import take_dimensions
from agents.builtin.everyday.lines import add_up_lines
from agents.builtin.everyday.overdue import plain_overdue, take_overdue
from agents.builtin.everyday.plainly import wordings
from agents.builtin.everyday.reservations import Reservations, limited, reserved, unreserved
from agents.builtin.everyday.returned import returned
from agents.builtin.everyday.timely import timely
from agents.builtin.guards.account import account
from agents.builtin.guards.appositions import settle
from agents.builtin.guards.audit import audit, other_days, paths, references, roles
from agents.builtin.guards.kept import keep_neither, keep_number, lost_words
from agents.builtin.guards.leftout import none_at_all, repair_sets
from agents.builtin.guards.negated import keep_negation
from agents.builtin.guards.overread import passed_over
from agents.builtin.guards.restrictions import lost_restrictions, take_current, take_foreseen, take_timely
from agents.builtin.guards.spared import including_those, keep_all_beside, spared_words, spares_groups, unspared
from agents.builtin.language.chatter import without_chatter
from agents.builtin.language.lexicon import is_english
from agents.builtin.language.normalise import normalise
from agents.builtin.language.phrasebook import PHRASES
from agents.builtin.language.spelling import corrected
from agents.builtin.language.tongues import translated
from agents.builtin.language.turns import last_deed
from agents.builtin.language.wording import arithmetic, counts_nothing_too, nothing_out, nothing_too, only
from agents.builtin.language.words import fold, is_number_word, stem
from agents.builtin.linking.directs import take_directs
from agents.builtin.linking.divided import divided
from agents.builtin.linking.glued import glued
from agents.builtin.linking.links import GRAMMAR, Link, Linker
from agents.builtin.linking.loose import answered_link
from agents.builtin.linking.meant import key_of_word, take_meant
from agents.builtin.linking.money import narrow_money, spending, take_money
from agents.builtin.linking.perunit import take_per_unit
from agents.builtin.linking.resolve import resolve, runners_up
from agents.builtin.linking.spokenroles import Unsaid, along, assign
from agents.builtin.linking.tags import Tag, tag
from agents.builtin.linking.zero import take_zero
from agents.builtin.meaning import DOUBT, During, Meaning, Out
from agents.builtin.parsing.alike import Alike, alike_of
from agents.builtin.parsing.cents import in_cents
from agents.builtin.parsing.compared import compared
from agents.builtin.parsing.finish import finish
from agents.builtin.parsing.followup import complete, is_fragment
from agents.builtin.parsing.formulas import in_brackets
from agents.builtin.parsing.hours import hours_of_days, lasting
from agents.builtin.parsing.listed import take_listed_days, take_own_days
from agents.builtin.parsing.marks import take_marks
from agents.builtin.parsing.objects import take_objects
from agents.builtin.parsing.often import take_often
from agents.builtin.parsing.oneof import one_of_two
from agents.builtin.parsing.parse import Reader
from agents.builtin.parsing.ties import keep_ties, ties_too
from agents.builtin.parsing.windows import Course, course_of
from agents.builtin.saying.assumed import counted_too, taken_for_granted
from agents.builtin.saying.shapes import Shape, shape, shaped
from agents.builtin.saying.whole import show_named, wholly
from agents.builtin.schema.codetables import said_codes
from agents.builtin.schema.index import Index
from agents.builtin.schema.rates import rates
from agents.builtin.sql.build import Builder
from agents.builtin.sql.frame import CannotBuildError
from agents.contract import DataView, Request, Turn

if TYPE_CHECKING:
    from sqlglot import exp

# Readings further behind than this in fit are not worth a question.
NEAR = 0.06
_MOST_READINGS = 3
# What is left over in the account is put to the person, however sure the rest is.
_DOUBTED = 0.6
# Spans that cut time, of which it may be open whose day counts.
TIME_KINDS = frozenset({"unit", "grain", "weekday"})
_NAMED = 0.7


@dataclass
class Candidate:
    """A reading with its query and how sure it is (0 to 1). ``query`` is None when ``problem`` says why."""

    meaning: Meaning
    query: exp.Query | None
    confidence: float
    tags: list[Tag]
    problem: str = ""


@dataclass
class Prepared:
    """A request made ready: plain text, definitions taken in, cut into spans with all their links."""

    text: str
    tags: list[Tag]
    context: Context
    terms: Mapping[str, Out]
    index: Index
    timezone: str
    unsaid: Unsaid | None = None
    course: Course | None = None
    idle: str | None = None
    fresh: bool = False
    slips: list[str] = field(default_factory=list)
    body: str = ""
    given: Out | None = None
    meant: tuple[str, ...] = ()
    """What a person said that words mean which fit nothing here, in words."""
    ties: bool = False
    today: date | None = None
    form: Shape = Shape()  # noqa: RUF009 - frozen
    spared: tuple[str, ...] = ()
    """What those do not have that are to be shown too, in stems."""
    beside: tuple[Beside, ...] = ()
    alike: Alike | None = None
    one_only: bool = False
    """Of two things that are named one is to hold, and not both."""
    reservations: Reservations = field(default_factory=Reservations)


_SPELLED = frozenset(word for word in GRAMMAR if word.isalpha())


def _in_one_tongue(request: Request, asked: str, index: Index, data: DataView) -> tuple[Turn, ...]:
    """The turns before in English, as ``asked`` is, where it goes on with them."""
    turns = request.history if is_fragment(asked) else ()
    return tuple(
        one.model_copy(update={"request": _in_english(one.request, index, _defined(data))[0]}) for one in turns
    )


def prepare(request: Request, data: DataView, index: Index) -> Prepared:
    """Normalise, take definitions in, tag. Answers given earlier settle the spans they are about."""
    today: date = request.now.astimezone(ZoneInfo(request.timezone)).date()
    linker = linker_of(index)
    said, alike = alike_of(request.text, index.schema)
    asked, slips = _in_english(said, index, _defined(data))
    asked, reservations = reserved(asked, linker)
    asked = returned(rates(glued(asked, index.values), index), index.schema)
    asked, ties = ties_too(asked) if not linker.phrase(("ties",)) else (asked, False)
    asked, one_only = one_of_two(asked, index)
    asked, whole_rows = wholly(asked, linker)
    asked, form = shaped(lasting(asked, linker.table_of, index.schema))
    text, also = shaped(
        normalise(complete(plain_overdue(asked), _in_one_tongue(request, asked, index, data), linker, today))
    )
    form = form.with_all_of(also)
    text, percent = compared(text, request.text)
    text = divided(spending(text, lambda word: bool(linker.phrase((word,)))), linker)
    text = last_deed(text, lambda word: any(link.score >= _NAMED for link in linker.phrase((word,))))
    context = read_context("\n".join([request.context, *_asides(text)]), data.definitions)
    text = _without_asides(text)
    whole = including_those(nothing_out(text))
    text, nothing = nothing_too(whole)
    spared = spared_words(whole, text)
    context.with_nothing = context.with_nothing or nothing or counts_nothing_too(text)
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z])", text)
    kept = [part for part in parts if only(part.rstrip(" .?!")) is None]
    context.also += [f"for {only(part.rstrip(' .?!'))}" for part in parts if part not in kept and len(kept) > 0]
    text = " ".join(kept) if kept else text
    ending = text.rstrip(" ?.!")
    idle = unused(context, text) or reworded(data.definitions, request.text, text)
    text, body = in_brackets(text)
    given = computed(arithmetic(body), linker, index, today) if body else None
    text, fresh = _without_new(text)
    text = normalise(substitute(", ".join([ending, *context.also]) if context.also else text, context))
    text, beside = beside_of(text, linker)
    text, course = course_of(text)
    text = limited(amount_named(normalise(text), linker), glued(reservations.behind, index.values))
    found = {word: formula_named(word, context, linker, index, today) for word in set(re.findall(r"formula_\d+", text))}
    terms = {word: out for word, out in found.items() if out is not None}
    tags = settle(tag(text, linker, today, frozenset(terms)), index.schema)
    take_zero(tags)
    meant = take_meant(tags, request.answers, index)
    for one in tags:
        chosen = request.answers.get(key_of(one))
        if chosen is not None:
            named = answered_link(chosen, index)
            one.links = [link for link in one.links if name_of(link) == chosen] or ([named] if named else one.links)
        if one.period is not None and request.answers.get(key_of(one)) == "other" and one.period.other is not None:
            one.period = one.period.other
    take_overdue(tags, index.schema, today)
    take_directs(tags, index.schema)
    take_objects(tags, index.schema)
    take_current(tags, index.schema)
    take_foreseen(tags)
    take_listed_days(tags, index.schema)
    take_own_days(tags, index.schema)
    narrow_money(tags, index.schema)
    take_money(tags, index.schema)
    take_dimensions(tags, index.schema)
    take_often(tags, index.schema)
    take_per_unit(tags, index.schema)
    take_timely(tags, index.schema)
    unsaid = assign(tags, index.schema, request.answers)
    return Prepared(
        text,
        tags,
        context,
        terms,
        index,
        request.timezone,
        unsaid,
        course,
        idle,
        fresh,
        slips,
        body,
        given,
        meant,
        ties,
        today,
        replace(form, percent=percent, whole=whole_rows),
        spared,
        beside,
        alike,
        one_only,
        reservations,
    )


def _defined(data: DataView) -> frozenset[str]:
    """Words that have a meaning here; they stay as they are."""
    return frozenset(word for name in data.definitions for word in fold(name).split())


def _in_english(text: str, index: Index, defined: frozenset[str]) -> tuple[str, list[str]]:
    """The question in English with its slips of the pen mended, and what was mended."""
    linker = linker_of(index)
    asked = translated(
        without_chatter(text, lambda word: word in defined or bool(linker.phrase((word,))) or _is_stored(word, index)),
        lambda word: _is_stored(word, index) or fold(word) in defined,
        lambda word: _is_english(word, linker),
        lambda word: stem(word) in linker.spoken or word in linker.joined,
    )
    return corrected(asked, lambda word: _is_known(word, linker, index), _SPELLED)


def said_plainly(request: Request, data: DataView, index: Index) -> list[Request]:
    """The request in the words of questions; several where what it says may be about several sorts of rows."""
    asked, _ = _in_english(request.text, index, _defined(data))
    linker = linker_of(index)
    today = request.now.astimezone(ZoneInfo(request.timezone)).date()
    asked, reservations = reserved(asked, linker)
    found = [one for plain in timely(asked, index, linker, today) for one in wordings(plain, index, linker)]
    found = [limited(one, reservations.clauses) for one in found]
    return [request] if found == [asked.strip()] else [request.model_copy(update={"text": one}) for one in found]


_NEW = re.compile(r"\bnew(?:ly)?(?: \w+ed)? (?=[a-z])")
_TIMED = re.compile(
    r"\b(?:days?|weeks?|months?|quarters?|years?|daily|weekly|monthly|quarterly|yearly|today|yesterday|since|(?:19|20)\d\d|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)


def _without_new(text: str) -> tuple[str, bool]:
    """As in "new customers per month": with a period or a course over time it says only that their own day counts."""
    if re.search(_NEW.pattern, text[:1].lower() + text[1:]) is None or _TIMED.search(text) is None:
        return text, False
    return _NEW.sub("", re.sub(r"^new(?:ly)? (?=[a-z])", "number of ", text, flags=re.IGNORECASE)), True


def _dated_by_own(meaning: Meaning) -> bool:
    """Whether all days that are used are of the very rows that are asked for."""
    asked = {t for o in meaning.outs if o.kind in {"entity", "count", "column"} for t in o.tables() if t}
    held = [*meaning.scope.conditions, *(c for out in meaning.outs for c in out.conditions)]
    days = {c.column[0] for c in held if isinstance(c, During)}
    days |= {o.column[0] for o in [*meaning.groups, *meaning.outs] if o.kind == "grain" and o.column}
    return bool(days) and days <= asked


def _is_stored(word: str, index: Index) -> bool:
    return len(word) > 2 and bool(index.values.find(word))


def _is_known(word: str, linker: Linker, index: Index) -> bool:
    return _is_english(word, linker) or _is_stored(word, index) or bool(linker.phrase((word,)))


def _is_english(word: str, linker: Linker) -> bool:
    return is_english(word) or is_number_word(word) or (word,) in PHRASES or stem(word) in linker.spoken


def read(prepared: Prepared, forced: Mapping[int, Link] | None = None, *, other_period: bool = False) -> Candidate:
    """One reading; ``forced`` fixes the link of spans by their place."""
    tags = [replace(one, links=list(one.links)) for one in prepared.tags]
    for place, link in (forced or {}).items():
        tags[place].links = [link]
    if other_period:
        for one in tags:
            if one.period is not None and one.period.other is not None:
                one.period = one.period.other
    resolve(tags, prepared.index)
    index = along(tags, prepared.index)
    meaning = _meant(prepared, tags, index)
    try:
        query = _accounted(prepared, tags, meaning, index)
        if prepared.beside:
            query = _widened(prepared, meaning, index) or query
    except CannotBuildError as error:
        return Candidate(meaning, None, 0.0, tags, str(error))
    meaning.assumptions = list(dict.fromkeys(meaning.assumptions))
    return Candidate(meaning, query, confidence(meaning, tags), tags)


def _meant(prepared: Prepared, tags: list[Tag], index: Index) -> Meaning:
    """What the spans mean together, with what was said of the answer's shape, and with what seems lost of them."""
    reader = Reader(tags, index, prepared.terms)
    reader.read()
    if prepared.body:
        _take_formula(reader, prepared)
    days = [one.links[0].ref for one in tags if one.kind in TIME_KINDS and one.links and one.links[0].how == "answered"]
    reader.meaning.dated = days[0] if days else reader.meaning.dated
    meaning = finish(reader)
    repair_sets(tags, meaning, index.schema)
    add_up_lines(tags, meaning, index.schema)
    shape(meaning, prepared.form)
    meaning.assumptions += [*prepared.slips, *said_codes(meaning, index.schema)]
    meaning.assumptions += dict.fromkeys(one.period.note for one in tags if one.period and one.period.note)
    empty_too = prepared.context.with_nothing and not spares_groups(prepared.spared, meaning, index.schema)
    if empty_too and any(o.is_measure for o in meaning.outs):
        meaning.everyone = next((t for o in meaning.groups for t in sorted(o.tables())), meaning.everyone)
    take_marks(meaning, index.schema, prepared.course, prepared.alike, one_only=prepared.one_only)
    keep_number(tags, meaning)
    if prepared.ties:
        keep_ties(meaning)
    keep_neither(tags, meaning)
    keep_all_beside(tags, meaning, index.schema)
    keep_negation(tags, meaning, index.schema)
    none_at_all(meaning.scope)
    meaning.problems += [*hours_of_days(meaning, index.schema), *audit(tags, meaning, index.schema)]
    meaning.problems += lost_words(tags, prepared.text, meaning, prepared.index.schema)
    meaning.problems += lost_restrictions(tags, meaning, prepared.index.schema)
    if prepared.fresh and not _dated_by_own(meaning):
        meaning.problems.append("unclear:new")
    if prepared.idle is not None:
        meaning.problems.append(f"idle:{prepared.idle}")
    meaning.assumptions += in_cents(meaning, index.schema, prepared.text)
    if (prepared.beside and not prepared.form.whole) or meaning.groups or any(o.is_measure for o, _ in meaning.order):
        show_named(meaning)
    return meaning


def _builder(prepared: Prepared, index: Index) -> Builder:
    return Builder(index, prepared.timezone, contains=prepared.context.contains, today=prepared.today)


def _accounted(prepared: Prepared, tags: list[Tag], meaning: Meaning, index: Index) -> exp.Query:
    """The query, and in ``meaning`` what is in doubt between the words and what it computes."""
    builder = _builder(prepared, index)
    query = builder.build(meaning)
    meaning.score -= 0.1 * len(builder.notes)
    meaning.problems += roles(meaning, builder.joined, prepared.index.schema)
    meaning.problems += other_days(tags, meaning, prepared.index.schema)
    meaning.problems += references(tags, query, prepared.index.schema)
    meaning.problems += paths(tags, meaning, builder.joined, prepared.index.schema)
    meaning.assumptions += taken_for_granted(meaning, prepared.index.schema)
    meaning.assumptions += counted_too(meaning, prepared.index)
    meaning.problems += account(tags, meaning, prepared.index.schema, query, builder.joined, fresh=prepared.fresh)
    meaning.problems += [f"{DOUBT}{d}" for d in passed_over(tags, meaning, index.values, index.schema)]
    meaning.problems += [f"{DOUBT}{d}" for d in unreserved(prepared.reservations, meaning, linker_of(prepared.index))]
    meaning.problems += [f"{DOUBT}{d}" for d in unspared(tags, meaning, index.schema, query, prepared.spared)]
    return query


def _widened(prepared: Prepared, meaning: Meaning, index: Index) -> exp.Query | None:
    """The query that shows what is to stand beside, which adds no row and no condition; None where it is lost."""
    wider, lost = with_beside(meaning, prepared.beside, index.schema)
    meaning.problems += lost
    if lost:
        return None
    meaning.outs, meaning.groups = wider.outs, wider.groups
    return _builder(prepared, index).build(meaning)


def _take_formula(reader: Reader, prepared: Prepared) -> None:
    """The one thing measured is what the arithmetic in brackets says; a row's products are added up over the rows."""
    made = deepcopy(prepared.given)
    numbers = [
        place
        for place, out in enumerate(reader.focus)
        if out.is_measure
        or out.kind == "ratio"
        or (out.kind == "column" and out.column and prepared.index.schema.columns[out.column].kind == "number")
    ]
    if made is None or len(numbers) != 1:
        reader.meaning.problems.append(f"unclear:{prepared.body}")
        return
    if made.kind == "formula" and made.func == "*" and not made.is_measure:
        made = Out("agg", func="sum", parts=[made])
    elif made.kind == "formula" and not made.is_measure:
        made.parts = [Out("agg", column=p.column, func="sum") if p.kind == "column" else p for p in made.parts]
    reader.focus[numbers[0]] = made
    reader.meaning.problems = [problem for problem in reader.meaning.problems if problem != "unclear:amount"]
    reader.meaning.assumptions.append(f"computed as {prepared.body}")


def others(prepared: Prepared, best: Candidate) -> list[tuple[Tag, Link, Candidate]]:
    """Readings in which one span means something else, where that fits the question nearly as well."""
    found = []
    for place, link in runners_up(best.tags, prepared.index, NEAR)[:_MOST_READINGS]:
        candidate = read(prepared, {place: link})
        if candidate.query is not None and candidate.confidence >= best.confidence - 0.1:
            found.append((best.tags[place], link, candidate))
    return found


def confidence(meaning: Meaning, tags: list[Tag]) -> float:
    """From 1 downwards: for words that mean nothing here, for weak links, for what was left unused."""
    sure = 1.0 + meaning.score
    doubted = any(problem.startswith(DOUBT) for problem in meaning.problems)
    for problem in meaning.problems:
        if problem.startswith(DOUBT):
            continue
        sure -= 0.5 if problem.startswith(("unknown:", "lost:")) else 0.31 if problem.startswith("idle:") else 0.45
    for one in tags:
        if one.kind == "link" and one.links:
            sure -= 0.35 * max(0.0, 0.9 - one.links[0].score)
    return max(0.0, min(_DOUBTED if doubted else 1.0, sure))


def key_of(one: Tag) -> str:
    """The name under which an answer about a span is kept."""
    return key_of_word(one.text)


def name_of(link: Link) -> str:
    """A link as an answer names it."""
    place = f"{link.table}.{link.column}" if link.column else link.table
    return f"{place} = {link.value}" if link.kind == "value" else place


def linker_of(index: Index) -> Linker:
    """The index's linker, which remembers phrases it has looked up."""
    if index.linker is None:
        index.linker = Linker(index)
    made = index.linker
    assert isinstance(made, Linker)
    return made


_ASIDE = re.compile(
    r"[^.?!]*\b(?:refers? to|is defined as|are defined as|means|stands for|are considered)\b[^.?!]*[.?!]?",
    re.IGNORECASE,
)


def _asides(text: str) -> list[str]:
    """Sentences of the question that define a word rather than ask."""
    return [found.strip(" .?!") for found in _ASIDE.findall(text)]


def _without_asides(text: str) -> str:
    return _ASIDE.sub(" ", text).strip() or text
