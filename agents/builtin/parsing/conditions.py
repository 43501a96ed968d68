"""Conditions: where a filter belongs, and how "or", "both" and "not" join it to the others."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Condition, During, Either, Meaning, Nested, Out, Ref, Scope, plain_number
from agents.builtin.parsing.phrases import Cursor, Phrase
from agents.builtin.schema.choose import called, label_columns
from agents.builtin.schema.index import Index


@dataclass
class State:
    """What the reader remembers between phrases."""

    scope: Scope
    list_of: str = "focus"
    negated: bool = False
    never: bool = False
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
        self.nouns: dict[str, str] = {}
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
        self.own: list[Condition] = []
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
        if not self._whole_name(tag):
            self._holds_value(tag.links[0])

    def _whole_name(self, tag: Tag) -> bool:
        """As in "both Ann Lee and Tom Ray", "never Tom Ray": a first and a last name that are one row's."""
        first, following = tag.links[0], self.cursor.peek()
        if first.kind != "value" or following is None or following.start != tag.end:
            return False
        last = next((link for link in following.links if link.kind == "value" and link.table == first.table), None)
        scope = self._scope_for(first.table)
        aside = bool(scope.table) and not self._is_upward(scope.table, first.table)
        if last is None or not aside or not (self.state.negated or self.state.both):
            return False
        if [first.ref, last.ref] != called(self.schema, first.table) or "typo" in {first.how, last.how}:
            return False
        self.cursor.at += 1
        whose = self.root if self.state.never and self.root.table else scope
        named: list[Condition] = [Compare(one.ref, "=", (one.value,)) for one in (first, last) if one.value is not None]
        kind: Literal["none", "exists"] = "none" if self._negation() else "exists"
        whose.conditions.append(Nested(kind, Scope(first.table, named, parent=whose)))
        return True

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
            # "Ordered A but never B": no order of theirs at all, and not just none of those with A.
            whose = (
                self.root
                if self.state.never and self.root.table and not self._is_upward(self.root.table, table)
                else scope
            )
            inner = Scope(table, [condition], parent=whose)
            whose.conditions.append(Nested("none", inner))
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
            if self.state.both:
                self._in_each(scope, last, condition)
                return
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

    def _in_each(self, scope: Scope, first: During, second: During) -> None:
        """As in "came both in April and in May": by rows of their own, for no day lies in both."""
        if scope.parent is not None:
            inner = Scope(scope.table, [second], parent=scope.parent)
            scope.parent.conditions.append(Nested("exists", inner, alike=True))
        elif scope.table and not self._is_upward(scope.table, first.column[0]):
            scope.conditions.remove(first)
            for one in (first, second):
                scope.conditions.append(Nested("exists", Scope(one.column[0], [one], parent=scope)))
        else:
            self.meaning.problems.append("unclear:both")

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

    def _holds_numbers(self, ref: Ref) -> bool:
        """Whether a column holds numbers that tell no rows apart."""
        column = self.schema.columns[ref]
        return column.kind == "number" and not column.is_id and not self._is_reference(ref)

    def _is_reference(self, ref: Ref) -> bool:
        return any(join.table == ref[0] and ref[1] in join.columns for join in self.schema.joins)

    def _composite(self, target: list[Out]) -> None:
        raise NotImplementedError
