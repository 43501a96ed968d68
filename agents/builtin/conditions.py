"""Conditions: where a filter belongs, and how "or", "both" and "not" join it to the others."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from agents.builtin.choose import LATER, date_columns, is_event_date, label_columns, says_when, unread_days
from agents.builtin.index import Index
from agents.builtin.lexicon import PEOPLE, synonyms
from agents.builtin.links import Link
from agents.builtin.meaning import Compare, Condition, During, Either, Meaning, Nested, Out, Ref, Scope, plain_number
from agents.builtin.phrases import Cursor, Phrase
from agents.builtin.references import holds_people
from agents.builtin.tags import Tag
from agents.builtin.words import stem
from agents.builtin.years import dates_rows

# Verbs that speak of a later day than that on which something began.
_OVER = LATER | {stem("ship"), stem("dispatch")}


@dataclass
class State:
    """What the reader remembers between phrases."""

    scope: Scope
    list_of: str = "focus"
    negated: bool = False
    column: Ref | None = None
    date: Ref | None = None
    either: bool = False
    both: bool = False
    compare: Tag | None = None
    last: list[Condition] = field(default_factory=list)
    whose: bool = False
    since: list[str] = field(default_factory=list)


class Conditions:
    """Where a filter belongs, and how "or", "both" and "not" join it to the others."""

    def __init__(self, tags: list[Tag], index: Index, terms: Mapping[str, Out] | None = None) -> None:
        self.terms = terms or {}
        self.index = index
        self.schema = index.schema
        self.words = frozenset(word for tag in tags for word in tag.text.lower().split())
        self.said = " ".join(tag.text.lower() for tag in tags)
        self.also = [tag.start for tag in tags if tag.text.lower() in {"also", "well", "additionally"}]
        self.cursor = Cursor([tag for tag in tags if tag.kind != "skip"], index.schema)
        self.root = Scope()
        self.state = State(self.root)
        self.meaning = Meaning(self.root)
        self.focus: list[Out] = []
        self.asked: list[Out] = []
        self.top: Phrase | None = None
        self.entity = ""
        self.where = False
        self.who = False
        self.when = self.which = False
        self.one_figure = False
        self.of_all = False
        self.so_many = 0
        self.money_said: list[str] = []
        self.each_one = False
        self.in_each = False
        self.excepted = False
        self.versus = False
        self.listing = any(tag.text.lower() in {"list", "show", "display", "give"} for tag in tags)

    def _negation(self) -> bool:
        negated, self.state.negated = self.state.negated, False
        return negated

    def _filled(self, phrase: Phrase) -> None:
        """As in "closed tickets": the day on which they were closed is there."""
        for link in phrase.filled:
            self._hold(Compare(link.ref, "notnull"), link.table)

    def _value(self, tag: Tag) -> None:
        if not tag.links and self._text_inside(tag):
            return
        if not tag.links:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self._holds_value(tag.links[0])

    def _holds_value(self, link: Link) -> None:
        assert link.value is not None
        if link.how == "typo":
            self.meaning.assumptions.append(f"'{link.value}' is meant")
        if link.how == "missing":
            self._hold(Compare(link.ref, "null", negated=self._negation()), link.table)
            return
        condition = Compare(link.ref, "=", (link.value,), negated=self._negation())
        self._hold(condition, link.table)
        self.state.column = link.ref

    def _equal(self, phrase: Phrase, tag: Tag) -> None:
        head = phrase.head
        assert head is not None
        if tag.kind == "num" and tag.number is not None:
            ref = head.ref if head.kind == "column" else self._key_of(head.table)
            if ref is not None:
                self._hold(Compare(ref, "=", (plain_number(tag.number),), negated=self._negation()), ref[0])
                while (
                    self.cursor.kind() == "conj"
                    and self.cursor.kind(1) == "num"
                    and self.cursor.data() in {"or", "and", ","}
                ):
                    self.cursor.take()
                    number = self.cursor.take().number
                    last = self.state.last[-1]
                    if isinstance(last, Compare) and number is not None:
                        last.values = (*last.values, plain_number(number))
                return
        if tag.links:
            link = next(
                (
                    one
                    for one in tag.links
                    if one.kind == "value"
                    and (one.ref == head.ref or (head.kind == "table" and one.table == head.table))
                ),
                None,
            )
            link = link or next((one for one in tag.links if one.kind == "value"), None)
            if link is not None:
                self._holds_value(link)
                return
        if head.kind == "column" and self.schema.columns[head.ref].kind == "text":
            self._hold(Compare(head.ref, "=", (tag.text,), negated=self._negation()), head.table)
            self.meaning.problems.append(f"novalue:{tag.text}")
            return
        self.meaning.problems.append(f"unused:{tag.text}")

    def _key_of(self, table: str) -> Ref | None:
        key = self.schema.keys.get(table) or ()
        return (table, key[0]) if len(key) == 1 else None

    def _number_equals(self, number: float) -> None:
        column = self.state.column
        assert column is not None
        if self.schema.columns[column].kind == "number" or self.schema.columns[column].is_id:
            self._hold(Compare(column, "=", (plain_number(number),), negated=self._negation()), column[0])
        else:
            self.meaning.problems.append(f"unused:{number:g}")

    def _text_inside(self, tag: Tag) -> bool:
        """As in "have oil in their name": the text is part of a column."""
        following = self.cursor.peek(1)
        if (
            self.cursor.text() != "in"
            or following is None
            or not following.links
            or following.links[0].kind != "column"
        ):
            return False
        link = following.links[0]
        if self.schema.columns[link.ref].kind != "text":
            return False
        if following.before not in {"their", "its", "his", "her"} and link.ref not in label_columns(
            self.schema, link.table
        ):
            return False
        self.cursor.at += 2
        self._hold(Compare(link.ref, "in", (tag.text,), negated=self._negation()), link.table)
        return True

    def _hold(self, condition: Condition, table: str) -> None:
        """Put a condition where its table is spoken of; join it to the last one after "or"."""
        scope = self._scope_for(table)
        if (
            isinstance(condition, Compare)
            and condition.negated
            and scope.table
            and not self._is_upward(scope.table, table)
        ):
            condition.negated = False
            inner = Scope(table, [condition], parent=scope)
            scope.conditions.append(Nested("none", inner))
            return
        either, self.state.either = self.state.either, False
        last = self.state.last[-1] if self.state.last else None
        mergeable = (
            isinstance(last, Compare)
            and isinstance(condition, Compare)
            and last.column == condition.column
            and last.op == condition.op == "="
            and last.negated == condition.negated
        )
        if (
            mergeable
            and (self.state.both or self._each_of_two(table))
            and scope is not self.root
            and last in scope.conditions
        ):
            self._twin(scope, condition)
            return
        if mergeable and self.state.both and last in scope.conditions and not self._is_upward(scope.table, table):
            scope.conditions[scope.conditions.index(last)] = Nested("exists", Scope(table, [last], parent=scope))
            scope.conditions.append(Nested("exists", Scope(table, [condition], parent=scope)))
            return
        if mergeable and self._each_of_two(table):
            scope.conditions.append(Nested("exists", Scope(table, [condition], parent=scope)))
            return
        if mergeable and self._apart_by_way():
            self.meaning.problems.append(f"unclear:{self.cursor.text(-2)}")
        if mergeable and last in scope.conditions and isinstance(last, Compare) and isinstance(condition, Compare):
            last.values = (*last.values, *(v for v in condition.values if v not in last.values))
            return
        if (
            isinstance(last, During)
            and isinstance(condition, During)
            and last.column == condition.column
            and last.negated == condition.negated
            and last in scope.conditions
        ):
            # "in April and May" is either month: no day lies in both.
            scope.conditions[scope.conditions.index(last)] = Either([last, condition])
            return
        if either and last is not None:
            for holder in self._chain():
                if last in holder.conditions:
                    place = holder.conditions.index(last)
                    group = last if isinstance(last, Either) else Either([last])
                    group.options.append(condition)
                    holder.conditions[place] = group
                    self.state.last.append(group)
                    return
        scope.conditions.append(condition)
        self.state.last.append(condition)

    def _apart_by_way(self) -> bool:
        """As in "from A to B": two ends of one way, which no column that is A or B tells."""
        before = self.cursor.peek(-2)
        return before is not None and before.kind == "prep" and before.text.lower() in {"to", "into", "from"}

    def _each_of_two(self, table: str) -> bool:
        """As in "owners with a dog and a cat": two rows of their own, by the article before each."""
        tags = self.cursor.tags
        place = self.cursor.at - 1
        joined = 0 < place < len(tags) and tags[place - 1].text.lower() == "and" and tags[place].before in {"a", "an"}
        return joined and bool(self.root.table) and not self._is_upward(self.root.table, table)

    def _twin(self, scope: Scope, condition: Condition) -> None:
        """As in "both A and B": the whole side branch once more, with the other value."""
        top = scope
        while top.parent is not None and top.parent is not self.root:
            top = top.parent
        for holder in list(self.root.conditions):
            if isinstance(holder, Nested) and holder.scope is top:
                parent, top.parent = top.parent, None
                twin = deepcopy(holder)
                top.parent = twin.scope.parent = parent
                inner = twin.scope
                while not any(isinstance(c, Compare) for c in inner.conditions):
                    inner = next(c.scope for c in inner.conditions if isinstance(c, Nested))
                inner.conditions = [
                    c
                    for c in inner.conditions
                    if not (isinstance(c, Compare) and isinstance(condition, Compare) and c.column == condition.column)
                ] + [condition]
                self.root.conditions.append(twin)
                return

    def _chain(self) -> list[Scope]:
        chain: list[Scope] = []
        scope: Scope | None = self.state.scope
        while scope is not None:
            chain.append(scope)
            scope = scope.parent
        return chain

    def _scope_for(self, table: str) -> Scope:
        chain = self._chain()
        inner = chain[0]
        held = bool(inner.table) and inner.table != table and any(n.kind == "in" for n in self._nested_holding(inner))
        # What is said behind "states that ..." is about those states, although an outer set has such a column too.
        if held and any({join.table, join.parent} == {inner.table, table} for join in self.schema.joins):
            return inner
        for scope in chain:
            if scope.table == table or not scope.table:
                return scope
        for scope in chain:
            found = self.schema.path(scope.table, table)
            if found is not None and self._upward(scope.table, found[1]):
                return scope
        return min(chain, key=lambda s: (self.schema.path(s.table, table) or (9.0, ()))[0])

    def _upward(self, table: str, steps: tuple[object, ...]) -> bool:
        at = table
        for step in steps:
            if getattr(step, "table", None) != at:
                return False
            at = getattr(step, "parent", "")
        return True

    def _is_upward(self, start: str, table: str) -> bool:
        if start == table:
            return True
        found = self.schema.path(start, table)
        return found is not None and self._upward(start, found[1])

    def _nested_holding(self, scope: Scope) -> list[Nested]:
        found = []
        parent = scope.parent
        while parent is not None:
            found += [
                c
                for c in parent.conditions
                if isinstance(c, Nested) and c.scope is scope and c.kind in {"exists", "in"}
            ]
            parent = parent.parent
        return found

    def _mention(self, table: str) -> None:
        """A table spoken of in passing: its rows must be there; what follows is about them."""
        if not self.root.table:
            self.root.table = table
            return
        scope: Scope | None = self.state.scope
        while scope is not None:
            if scope.table == table:
                self.state.scope = scope
                return
            scope = scope.parent
        made = Scope(table, parent=self.state.scope)
        self.state.scope.conditions.append(Nested("exists", made))
        self.state.scope = made

    def _through(self, table: str) -> bool:
        """As in "border states that ...", "run through states with ...": the column just named points at that table."""
        column = self.state.column
        if column is None or not self.state.since or self.state.since[-1] != f"column:{column[0]}.{column[1]}":
            return False
        join = next(
            (j for j in self.schema.joins if j.table == column[0] and j.columns == (column[1],) and j.parent == table),
            None,
        )
        if join is None:
            return False
        self._mention(column[0])
        inner = Scope(table, parent=self.state.scope)
        self.state.scope.conditions.append(Nested("in", inner, via=column))
        self.state.scope = inner
        return True

    def _during(self, tag: Tag) -> None:
        assert tag.period is not None
        chosen = tag.links[0].ref if tag.links else self.state.date or self._date_said_later()
        column = chosen or self._date_for(bare=tag.period.bare_year or tag.period.year is not None)
        if column is None:
            self.meaning.problems.append(f"nodate:{tag.text}")
            return
        self.state.date = None
        negated = self._negation()
        scope = self._scope_for(column[0])
        self._once_or_each_time(scope, column)
        self._by_another_day(column)
        if negated and scope is not self.root and scope.parent is not None:
            # "ordered in May but not in June": no order at all in June, not an order outside June.
            inner = Scope(scope.table, [During(column, tag.period)], parent=scope.parent)
            scope.parent.conditions.append(Nested("none", inner, alike=True))
            return
        if negated and scope.table and not self._is_upward(scope.table, column[0]):
            inner = Scope(column[0], [During(column, tag.period)], parent=scope)
            scope.conditions.append(Nested("none", inner, alike=True))
            return
        self._hold(During(column, tag.period, negated=negated), column[0])

    def _once_or_each_time(self, scope: Scope, column: Ref) -> None:
        """As in "how many cars came in in May": a thing may have come more than once, which a person would not say."""
        counted = any(out.kind == "count" and out.table == scope.table and not out.distinct for out in self.focus)
        if not counted or scope is not self.root or not scope.table or self._is_upward(scope.table, column[0]):
            return
        if not holds_people(self.schema, scope.table) and column[0] not in self._spoken_tables():
            self.meaning.problems.append("idle:once or each time")

    def _by_another_day(self, column: Ref) -> None:
        """As in "rents that ended in May", where of several days none is called so: which one is then not known."""
        verb = self.cursor.peek(-2)
        if verb is None or verb.kind != "unknown" or len(date_columns(self.schema, column[0])) < 2:
            return
        word = stem(verb.text.lower())
        told = {stem(w) for w in self.schema.columns[column].words} | {stem(w) for w in self.schema.tables[column[0]]}
        if word in _OVER and word not in told and not synonyms(word) & told:
            self.meaning.problems.append("idle:which day")
            self.meaning.days = [c.ref for c in date_columns(self.schema, column[0])]

    def _spoken_tables(self) -> set[str]:
        """Tables that the question names."""
        return {tag.links[0].table for tag in self.cursor.tags if tag.links and tag.links[0].kind == "table"}

    def _date_said_later(self) -> Ref | None:
        """As in "in May by check in date"."""
        for place, tag in enumerate(self.cursor.tags):
            if tag.kind == "group" and place >= self.cursor.at and place + 1 < len(self.cursor.tags):
                for link in self.cursor.tags[place + 1].links[:4]:
                    if link.kind == "column" and self.schema.columns[link.ref].kind == "date":
                        return link.ref
        return None

    def _date_for(self, *, bare: bool = False) -> Ref | None:
        """The column that dates the rows spoken of: of the innermost set that has one."""
        asked = self.state.column
        if asked is not None and dates_rows(self.schema.columns[asked]):
            return asked
        acted = self._date_of_deed()
        if acted is not None:
            return acted
        tables = [s.table for s in self._chain() if s.table]
        tables += [t for o, _ in self.meaning.order for t in sorted(o.tables()) if t and t != "?"]
        tables += [table for out in [*self.focus, *self.asked] for table in sorted(out.tables()) if table]
        # "In which month of 2023 did we take the most money?": the rows are spoken of later.
        tables = tables or [tag.links[0].table for tag in self.cursor.tags[self.cursor.at :] if tag.links][:1]
        # A day of sale or payment dates the rows; when somebody joined or was hired only if there is nothing else.
        tables.sort(
            key=lambda table: (
                not any(is_event_date(self.schema, c) for c in date_columns(self.schema, table)[:1]),
                holds_people(self.schema, table),
            )
        )
        for table in tables:
            dates = date_columns(self.schema, table)
            if not dates and unread_days(self.schema, table):
                return None  # the rows have a day, though none that can be read: that of others is not theirs
            if dates:
                if len(dates) > 1:
                    if (
                        self._date_said_later() is None
                        and not says_when(self.schema, dates[0])
                        and not says_when(self.schema, dates[1])
                    ):
                        # Neither is when it began: which of the days counts is for the person to say.
                        self.meaning.problems.append("idle:which day")
                        self.meaning.days = [c.ref for c in dates]
                    self.meaning.assumptions.append(f"dates are those of {dates[0].name}")
                return dates[0].ref
            year = next((c for c in self.schema.of(table) if c.core == ("year",)), None)
            if year is not None and bare:
                return year.ref
            day = next(
                (c for c in self.schema.of(table) if c.core in {("day",), ("weekday",)} and c.kind == "text"), None
            )
            if day is not None and not bare:
                return day.ref
        return self._date_nearby(tables[:1])

    def _date_nearby(self, tables: list[str]) -> Ref | None:
        """The day of rows that nobody spoke of: that of the one table beside, which of several is for the person."""
        near: list[tuple[float, str, Ref]] = []
        for table in tables:
            for other in self.schema.tables:
                found = self.schema.path(table, other) if other not in self.schema.roles else None
                dates = date_columns(self.schema, other)
                if found is not None and dates and found[0] <= 2.2:
                    near.append((found[0], other, dates[0].ref))
        if len(near) > 1:
            near.sort()
            events = [ref for _, _, ref in near if is_event_date(self.schema, self.schema.columns[ref])]
            owners = [ref for _, other, ref in near if self._is_upward(tables[0], other)]
            if len(events) != 1 and len(owners) != 1:
                self.meaning.problems.append("idle:which day")
                self.meaning.days = [ref for _, _, ref in near]
            elif len(events) == 1:
                return events[0]
        return near[0][2] if near else None

    def _date_of_deed(self) -> Ref | None:
        """As in "members who borrowed in May": when they did it, in the rows that tell of it, not when they joined."""
        scope = self.state.scope
        verbs = [word for word in self.state.since if not word.startswith("column:")]
        own = date_columns(self.schema, scope.table) if scope.table else []
        if (
            not verbs
            or not scope.table
            or scope is not self.root
            or not {stem(w) for w in self.schema.tables[scope.table]} & PEOPLE
        ):
            return None
        said = stem(verbs[-1])
        if any(said in (words := {stem(w) for w in c.words}) or synonyms(said) & words for c in own):
            return None
        children = sorted({j.table for j in self.schema.joins if j.parent == scope.table and j.table != scope.table})
        dated = [t for t in children if date_columns(self.schema, t)]
        meant = [t for t in dated if {said, *synonyms(said)} & {stem(w) for w in self.schema.tables[t]}] or dated
        if len(meant) == 1:
            self.meaning.assumptions.append(f"{verbs[-1]} is told by {meant[0]}")
            return date_columns(self.schema, meant[0])[0].ref
        if own or meant:
            self.meaning.problems.append(f"unclear:{verbs[-1]}")
        return None

    def _is_reference(self, ref: Ref) -> bool:
        return any(join.table == ref[0] and ref[1] in join.columns for join in self.schema.joins)

    def _composite(self, target: list[Out]) -> None:
        raise NotImplementedError
