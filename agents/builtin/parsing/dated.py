"""Which day a period is of: that which was said, that of the deed, else that of the rows spoken of."""

from __future__ import annotations

from collections.abc import Iterable

from agents.builtin.language.lexicon import PEOPLE, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, During, Nested, Out, Ref, Scope
from agents.builtin.parsing.conditions import Conditions
from agents.builtin.schema.choose import LATER, date_columns, is_event_date, says_when, unread_days
from agents.builtin.schema.references import holds_people
from agents.builtin.schema.years import dates_rows

# Verbs that speak of a later day than that on which something began.
_OVER = LATER | {stem("ship"), stem("dispatch")}
# What whoever deals with a business does, whether a person or a firm: rows of their own tell when.
DEALS = frozenset(stem(word) for word in "buy purchase order book pay spend rent hire borrow visit attend".split())


class Dated(Conditions):
    """Periods, put where their rows are."""

    def _during(self, tag: Tag) -> None:
        assert tag.period is not None
        chosen = tag.links[0].ref if tag.links else self.state.date or self._date_said_later()
        column = chosen or self._date_as_answered(bare=tag.period.bare_year or tag.period.year is not None)
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

    def _date_as_answered(self, *, bare: bool) -> Ref | None:
        """As in "in 2023 but not in 2024": which of several days counts was answered for one period, and for both."""
        answered = next((one.links[0].ref for one in self.cursor.tags if one.period is not None and one.links), None)
        before = list(self.meaning.problems)
        column = self._date_for(bare=bare)
        if answered is None or column is None or column[0] != answered[0]:
            return column
        self.meaning.problems = before
        return answered

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
        tables += self._owners_with_days()
        # "In which month of 2023 did we take the most money?": the rows are spoken of later.
        tables = tables or [tag.links[0].table for tag in self.cursor.tags[self.cursor.at :] if tag.links][:1]
        # A day of sale or payment dates the rows; when somebody joined or was hired only if there is nothing else.
        spoken = tuple(tables)
        tables.sort(
            key=lambda table: (
                not any(is_event_date(self.schema, c) for c in date_columns(self.schema, table)[:1]),
                self._is_thing_of(table, spoken),
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
                    self.meaning.undated = tuple(column.ref for column in dates[1:])
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

    def _is_thing_of(self, table: str, tables: Iterable[str]) -> bool:
        """As in "hired a boat in 2023": the day is that of the hire, and none of the boat's own."""
        return any(
            other != table and self.schema.owns(other, table) and date_columns(self.schema, other)
            for other in tables
            if other in self.schema.tables and table in self.schema.tables
        )

    def _owners_with_days(self) -> list[str]:
        """As in "top customers by quantity in May": lines have no day, and the order that they make up has."""
        measured = [out for out in [*self.focus, *self.asked, *(o for o, _ in self.meaning.order)] if out.is_measure]
        lines = {table for out in measured for table in out.tables() if table and not date_columns(self.schema, table)}
        found = {join.parent for join in self.schema.joins if join.table in lines}
        events = [t for t in sorted(found) if any(is_event_date(self.schema, c) for c in date_columns(self.schema, t))]
        return events if len(events) == 1 else []

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
        if not verbs or not scope.table or scope is not self.root:
            return None
        said = stem(verbs[-1])
        deals = said in DEALS and not any(is_event_date(self.schema, column) for column in own)
        if not deals and not {stem(w) for w in self.schema.tables[scope.table]} & PEOPLE:
            return None
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

    def _on_time(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        before = self.cursor.peek(-2)
        op = {"before": "<", "after": ">", "at": "=", "by": "<=", "until": "<=", "from": ">="}.get(
            before.text.lower() if before else ""
        )
        column = self._timed(before)
        if op and column is not None:
            self._hold(Compare(column, op, (tag.text,)), column[0])
            self.meaning.problems = [
                p for p in self.meaning.problems if before is None or p != f"unknown:{before.text}"
            ]
        else:
            self.meaning.problems.append(f"unused:{tag.text}")

    def _timed(self, before: Tag | None) -> Ref | None:
        """The column whose time of day is meant: that which was said, else when the rows spoken of came about."""
        said = self.state.column
        if said is not None and (self.schema.columns[said].kind == "time" or self.schema.columns[said].has_time):
            return said
        if before is None or before.text.lower() not in {"before", "after"}:
            return None
        table = next((scope.table for scope in self._chain() if scope.table), "")
        table = table or next((t for out in self.focus for t in sorted(out.tables()) if t), "")
        days = date_columns(self.schema, table) if table else []
        return days[0].ref if days and days[0].has_time else None
