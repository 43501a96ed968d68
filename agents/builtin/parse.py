"""Reading: the tagged question read from left to right into a Meaning."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from agents.builtin.choose import (
    date_columns,
    hinted_column,
    is_event_date,
    is_additive,
    label_columns,
    main_measure,
    place_columns,
    tally_column,
)
from agents.builtin.index import Index
from agents.builtin.links import Link, is_flag, truth
from agents.builtin.lexicon import FILLER, FLOWS, PEOPLE, RELATING, SUPERLATIVES
from agents.builtin.meaning import Beyond, Compare, Condition, During, Either, Meaning, Nested, Out, Ref, Scalar, Scope
from agents.builtin.phrases import MODIFIERS, Cursor, Phrase, read_phrase
from agents.builtin.tags import Tag
from agents.builtin.words import singular, stem

_FLIP = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}
_STOPS = frozenset({"end"})


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


class Reader:
    """Reads one question. ``read`` may be called once."""

    def __init__(self, tags: list[Tag], index: Index, terms: Mapping[str, Out] | None = None) -> None:
        self.terms = terms or {}
        self.index = index
        self.schema = index.schema
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
        self.when = False

    # -- sentences ---------------------------------------------------------------------------------------------

    def read(self) -> Meaning:
        first = True
        while not self.cursor.done:
            if self.cursor.kind() == "end":
                self.cursor.take()
                continue
            self.state = State(self.state.scope if not first else self.root, list_of="focus")
            if not first:
                self.state.scope = self.root
            self._sentence(first)
            first = False
        return self.meaning

    def _sentence(self, first: bool) -> None:
        target = self.focus if first or not self.focus or self._adds() else self.asked
        self._lead()
        if not first and self._of_these():
            return
        self._focus(target)
        self.state.list_of = "where"
        while not self.cursor.done and self.cursor.kind() != "end":
            before = self.cursor.at
            self._step(target)
            if self.cursor.at == before:
                self._leftover(self.cursor.take())
        if self.state.negated and not self._never_done():
            self.meaning.problems.append("unused:not")

    def _never_done(self) -> bool:
        """ "products that have not been sold": no row of the one table that points at them."""
        scope = self.state.scope
        verbs = [word for word in self.state.since if not word.startswith("column:")]
        children = sorted({join.table for join in self.schema.joins if join.parent == scope.table})
        if not verbs or len(children) != 1 or any(isinstance(c, Nested) for c in scope.conditions):
            return False
        scope.conditions.append(Nested("none", Scope(children[0], parent=scope)))
        self.meaning.assumptions.append(f"{verbs[-1]} means that {children[0]} has it")
        return True

    def _adds(self) -> bool:
        """ "Also return ...": to what was asked before, not instead of it."""
        start = self.cursor.tags[self.cursor.at].start
        ends = [tag.start for tag in self.cursor.tags[self.cursor.at :] if tag.kind == "end"]
        return any(start - 1 <= at < (ends[0] if ends else start + 99) for at in self.also)

    def _of_these(self) -> bool:
        """ "How many of these were on weekends?": one more count, with a condition of its own."""
        cursor = self.cursor
        if cursor.kind() != "howmany" or cursor.kind(1) not in {"prep", "link"}:
            return False
        noun = 2 if cursor.kind(1) == "prep" else 1
        tag = cursor.peek(noun)
        if tag is None or tag.kind != "link" or tag.before not in {"these", "those", "them"} or not self.focus:
            return False
        cursor.at += noun + 1
        base = next((o for o in self.focus if o.is_measure), None)
        scope = Scope(self.root.table)
        saved = self.state.scope, self.state.last, self.root
        self.state.scope, self.state.last, self.root = scope, [], scope
        while not cursor.done and cursor.kind() != "end":
            before = cursor.at
            self._step([])
            if cursor.at == before:
                self._leftover(cursor.take())
        self.state.scope, self.state.last, self.root = saved
        made = Out("count", table=self.root.table) if base is None else deepcopy(base)
        made.conditions = [*made.conditions, *scope.conditions]
        (self.asked or self.focus).append(made)
        return True

    def _lead(self) -> None:
        while self.cursor.kind() == "show":
            self.cursor.take()
        while self.cursor.kind() in {"rel", "prep"} and self.cursor.text() not in {"how many"}:
            tag = self.cursor.peek()
            if tag is None or tag.text.lower() in {"with", "having", "for", "in", "of", "whose"}:
                return
            self.where = self.where or tag.text.lower() == "where"
            self.who = self.who or tag.text.lower() == "who"
            self.when = self.when or tag.text.lower() == "when"
            self.cursor.take()

    def _leftover(self, tag: Tag) -> None:
        if tag.kind == "unknown":
            word = stem(tag.text.lower())
            if self._text_inside(tag):
                return
            if word in RELATING:
                self.state.since.append(tag.text.lower())
                self.meaning.score -= 0.02
            elif word not in FILLER:
                self.meaning.problems.append(f"unknown:{tag.text}")
        elif tag.kind in {"quoted", "num", "time"}:
            if tag.kind == "quoted" and self._text_inside(tag):
                return
            self.meaning.problems.append(f"unused:{tag.text}")

    def _text_inside(self, tag: Tag) -> bool:
        """ "have oil in their name": the text is part of a column."""
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
        self.cursor.at += 2
        self._hold(Compare(link.ref, "in", (tag.text,), negated=self._negation()), link.table)
        return True

    # -- what is asked for -------------------------------------------------------------------------------------

    def _focus(self, target: list[Out]) -> None:
        counted = False
        while not self.cursor.done:
            kind = self.cursor.kind()
            if kind in {"ratio", "share", "diff"}:
                self._composite(target)
                return
            if kind not in MODIFIERS:
                if (
                    kind == "group"
                    and self.cursor.peek() is not None
                    and self.cursor.peek().data == "each"
                    and not target
                ):  # type: ignore[union-attr]
                    self.cursor.take()
                    continue
                return
            phrase = read_phrase(self.cursor)
            if phrase.empty:
                return
            if (
                counted
                and phrase.head is not None
                and phrase.head.kind == "table"
                and not (phrase.agg or phrase.sup or phrase.values)
            ):
                phrase.howmany = True  # "the numbers of orders and customers"
            counted = phrase.howmany
            self._ask(phrase, target)
            if self.cursor.kind() == "conj" and self.cursor.peek().data in {"and", ",", "andhowmany", "both"}:  # type: ignore[union-attr]
                saved = self.cursor.at
                while self.cursor.kind() == "conj":
                    if self.cursor.peek().data == "andhowmany":  # type: ignore[union-attr]
                        break
                    self.cursor.take()
                if self.cursor.kind() == "conj":
                    self.cursor.take()
                    phrase = read_phrase(self.cursor)
                    phrase.howmany = True
                    self._ask(phrase, target)
                    return
                if self.cursor.kind() in MODIFIERS | {"ratio", "share", "diff"}:
                    continue
                self.cursor.at = saved
            return

    def _ask(self, phrase: Phrase, target: list[Out]) -> None:
        """A phrase in the place of what is asked for."""
        for tag in phrase.values:
            self._value(tag)
        for table in phrase.tables:
            self._mention(table)
        out = self._measure(phrase)
        if (
            self.who
            and not target
            and phrase.sup is not None
            and phrase.head is not None
            and phrase.head.kind == "column"
        ):
            person = self._person_near(phrase.head.table)
            if person is not None:
                target.append(Out("entity", table=person))
                self._became(target[0])
                self._superlative(phrase, out)
                return
        if phrase.sup is not None and not (
            out is not None
            and out.is_measure
            and phrase.head is not None
            and phrase.head.kind == "column"
            and not phrase.howmany
        ):
            self._superlative_focus(phrase, target, out)
            return
        if out is None and phrase.is_value:
            self._value_focus(phrase, target)
            return
        if out is None:
            out = self._plain(phrase)
        if out is None:
            return
        if self.when and out.kind == "entity" and not target:
            dates = date_columns(self.schema, out.table)
            if dates:
                self._became(out)
                target.append(Out("column", column=dates[0].ref))
                return
        if self.where and out.kind == "entity" and not target:
            places = [
                ref
                for ref in place_columns(self.schema, out.table)
                if ref not in {t.links[0].ref for t in phrase.values if t.links}
            ]
            target += [Out("column", column=ref) for ref in places]
            if places:
                self._became(out)
                return
        if phrase.grain:
            self._grain(phrase.grain)
        target.append(out)
        self._became(out)
        for tag in phrase.equals:
            self._equal(phrase, tag)

    def _person_near(self, table: str) -> str | None:
        """The people that rows of a table belong to, where one table alone may be meant by "who"."""
        near = [
            t
            for t in self.schema.tables
            if t == table or any(j.table == table and j.parent == t for j in self.schema.joins)
        ]
        people = [t for t in near if {stem(w) for w in self.schema.tables[t]} & PEOPLE]
        return people[0] if len(people) == 1 else None

    def _became(self, out: Out) -> None:
        """The first thing asked for says which rows the question is about."""
        table = out.table or (out.column[0] if out.column else "")
        if table and not self.root.table:
            self.root.table = table
        if out.kind in {"entity", "count"} and not self.entity:
            self.entity = out.table
        if out.column:
            self.state.column = out.column

    def _value_focus(self, phrase: Phrase, target: list[Out]) -> None:
        for tag in phrase.values:
            link = tag.links[0] if tag.links else None
            if link and not target:
                self.root.table = self.root.table or link.table
                if self.where:
                    target += [
                        Out("column", column=ref) for ref in place_columns(self.schema, link.table) if ref != link.ref
                    ]

    def _plain(self, phrase: Phrase) -> Out | None:
        if phrase.hints:
            return Out("hint", label=" ".join(phrase.hints))
        if phrase.unit and phrase.head is None:
            return Out("grain", grain=phrase.unit)
        if phrase.head is None:
            return None
        if phrase.head.kind == "table":
            self.meaning.distinct = self.meaning.distinct or phrase.distinct
            return Out("entity", table=phrase.head.table, distinct=phrase.distinct)
        self.meaning.distinct = self.meaning.distinct or phrase.distinct
        return Out("column", column=phrase.head.ref, distinct=phrase.distinct)

    def _measure(self, phrase: Phrase) -> Out | None:
        """The phrase as something computed: a count, a sum, an average, an extreme; None when it is not."""
        head = phrase.head
        if phrase.term:
            made = self.terms.get(phrase.term)
            if made is not None and made.kind == "formula" and not made.is_measure:
                self.meaning.assumptions.append("the formula is added up over the rows")
                return Out("agg", func=phrase.agg or "sum", parts=[made])
            return made
        if phrase.howmuch and head is None and not phrase.agg:
            return None
        if phrase.howmany:
            return self._count(phrase)
        if phrase.agg and head is not None:
            if head.kind == "table":
                return self._table_amount(phrase, head)
            return self._aggregate(phrase.agg, head)
        if phrase.agg and phrase.values and not head:
            link = phrase.values[-1].links[0] if phrase.values[-1].links else None
            if link is not None and phrase.agg == "sum":
                return Out("count", table=link.table)
        if (
            head is not None
            and head.kind == "column"
            and not phrase.howmany
            and phrase.sup is None
            and self._means_sum(phrase, head)
        ):
            return Out("agg", column=head.ref, func="sum")
        if phrase.sup is not None and head is not None and head.kind == "column" and not phrase.howmany:
            column = self.schema.columns[head.ref]
            if column.kind in {"number", "date", "time"} and not column.is_id:
                return Out("agg", column=head.ref, func="max" if phrase.sup.data == "1" else "min")
        if phrase.howmuch and head is not None:
            if head.kind == "column" and self.schema.columns[head.ref].kind == "number":
                return Out("agg", column=head.ref, func="sum")
            measure = main_measure(self.schema, head.table)
            if measure:
                return Out("agg", column=measure, func="sum")
        return None

    def _means_sum(self, phrase: Phrase, head: Link) -> bool:
        """ "revenue in March", "the total of all orders": a flow of money is added up without being told to."""
        column = self.schema.columns[head.ref]
        if column.kind != "number" or column.is_id or phrase.head_tag is None:
            return False
        spoken = phrase.head_tag.text.lower()
        if any(stem(word) in FLOWS for word in spoken.split()):
            return True
        return spoken in {"total", "totals"} and self.cursor.text() in {"of", "for"} and not self.focus

    def _count(self, phrase: Phrase) -> Out | None:
        head = phrase.head
        if head is None:
            if phrase.values and phrase.values[-1].links:
                return Out("count", table=phrase.values[-1].links[0].table)
            return Out("count", table="") if not phrase.unit else Out("count", grain=phrase.unit, distinct=True)
        if head.kind == "table":
            if phrase.agg in {"avg", "median"}:
                return Out("per", func=phrase.agg, parts=[Out("count", table=head.table)])
            return self.count_of(head.table, distinct=phrase.distinct)
        column = self.schema.columns[head.ref]
        if column.kind == "number" and not column.is_id and not self._is_reference(column.ref):
            if phrase.distinct:
                return Out("count", column=head.ref, table=head.table, distinct=True)
            return Out("agg", column=head.ref, func=phrase.agg or "sum", label="number")
        return Out("count", column=head.ref, table=head.table, distinct=True)

    def count_of(self, table: str, *, distinct: bool = False) -> Out:
        """How many of a table's things there are: its rows, or the sum of the column that counts them."""
        tally = None if distinct else tally_column(self.schema, table)
        if tally is None:
            return Out("count", table=table, distinct=distinct)
        self.meaning.assumptions.append(f"{table} are counted by their column {tally[1]}")
        return Out("agg", column=tally, func="sum", label="number")

    def _is_reference(self, ref: Ref) -> bool:
        return any(join.table == ref[0] and ref[1] in join.columns for join in self.schema.joins)

    def _aggregate(self, func: str, head: Link) -> Out:
        column = self.schema.columns[head.ref]
        if column.kind == "number" and not column.is_id or func in {"min", "max"}:
            return Out("agg", column=head.ref, func=func)
        if column.kind == "bool":
            return Out("agg", column=head.ref, func=func)
        if func == "sum":
            return Out("count", column=head.ref, table=head.table, distinct=True)
        if func == "avg" and column.kind == "date":
            return Out("agg", column=head.ref, func=func)
        self.meaning.problems.append(f"nonnumeric:{head.column}")
        return Out("agg", column=head.ref, func=func)

    def _table_amount(self, phrase: Phrase, head: Link) -> Out | None:
        measure = main_measure(self.schema, head.table)
        if measure is not None:
            name = self.schema.columns[measure].name
            self.meaning.assumptions.append(f"{phrase.agg} of {head.table} is of its {name}")
            return Out("agg", column=measure, func=phrase.agg)
        if phrase.agg == "sum":
            return Out("count", table=head.table)
        if phrase.agg in {"avg", "median"}:
            return Out("per", func=phrase.agg, parts=[Out("count", table=head.table)])
        return None

    def _grain(self, grain: str) -> None:
        self.meaning.groups.append(Out("grain", grain=grain))

    # -- superlatives ------------------------------------------------------------------------------------------

    def _superlative_focus(self, phrase: Phrase, target: list[Out], out: Out | None) -> None:
        """ "the largest city", "top 5 customers", "the most orders", "most common type"."""
        sup = phrase.sup
        assert sup is not None
        if phrase.howmany and out is not None:
            target.append(
                Out("agg", column=out.column, func="max" if sup.data == "1" else "min") if out.column else out
            )
            self.meaning.problems.append("extreme-count")
            self._became(out)
            return
        plain = self._plain(phrase)
        if plain is None:
            if phrase.values and phrase.values[-1].links:
                plain = Out("entity", table=phrase.values[-1].links[0].table)
            else:
                return
        if self.when and sup.hints == ("date",) and plain.kind == "entity":
            found = hinted_column(self.schema, plain.table, sup.hints)
            if found is not None:
                target.append(Out("agg", column=found, func="max" if sup.data == "1" else "min"))
                self._became(plain)
                return
        number = sup.number if sup.number is not None else phrase.number
        self.meaning.limit = int(number) if number else 1
        self.meaning.ties = not number
        self.top = phrase
        target.append(plain)
        self._became(plain)
        self._order_by_hint(sup, plain)

    def _order_by_hint(self, sup: Tag, plain: Out) -> None:
        table = plain.table or (plain.column[0] if plain.column else "")
        descending = sup.data == "1"
        if sup.hints == ("#",):
            self.meaning.order.append(
                (Out("count", table="" if plain.kind == "column" else "?", label="popular"), descending)
            )
            return
        if not sup.hints:
            self.meaning.order.append((Out("pending"), descending))
            return
        found = hinted_column(self.schema, table, sup.hints)
        if found:
            descending = (
                descending
                if not (sup.hints == ("age",) and self.schema.columns[found].kind == "date")
                else not descending
            )
            self.meaning.order.append(
                (Out("column", column=found, label="soft" if sup.hints[0] in {"area", "date"} else ""), descending)
            )
        else:
            self.meaning.order.append((Out("pending", label=" ".join(sup.hints)), descending))

    def _superlative(self, phrase: Phrase, out: Out | None) -> None:
        """A superlative that stands behind: "with the highest price", "has the most orders", "in the largest state"."""
        sup = phrase.sup
        assert sup is not None
        head = phrase.head
        descending = sup.data == "1"
        for tag in phrase.values:
            self._value(tag)
        if (
            head is not None
            and sup.number
            and sup.text.lower().split()[0] in {"top", "bottom"}
            and not phrase.howmany
            and not phrase.agg
            and self.meaning.limit is None
        ):
            self._top_of(phrase, descending)
            return
        if phrase.howmany or (
            head is not None
            and head.kind == "table"
            and not sup.hints
            and sup.number is None
            and (sup.text.lower() in {"most", "fewest", "least"} or _is_plural(phrase.head_tag))
        ):
            count = self._count(phrase) if phrase.howmany else self.count_of(head.table) if head else None
            related = self._related_column(head.table) if head is not None else None
            if related is not None:
                count = Out("count", column=related, table=related[0], distinct=True)
            if count is not None:
                self._set_order(count, descending, phrase)
            return
        if (
            head is not None
            and head.kind == "column"
            and self.schema.columns[head.ref].kind in {"number", "date", "time", "bool"}
            and not self.schema.columns[head.ref].is_id
        ):
            measure = self._measure_of_extreme(phrase, head)
            self._set_order(measure, descending, phrase)
            return
        if phrase.agg and head is not None:
            made = self._table_amount(phrase, head) if head.kind == "table" else None
            if made is not None:
                self._set_order(made, descending, phrase)
                return
        if head is not None and (head.kind == "table" or sup.hints):
            if not sup.hints and sup.text.lower() in {"highest", "lowest"}:
                sup.hints = ("height", "altitude", "elevation")
            self._nested_top(phrase)
            return
        if head is None and sup.hints and self.focus and not phrase.values:
            first = self.focus[0]
            table = first.table or (first.column[0] if first.column else "")
            found = hinted_column(self.schema, table, sup.hints) if table and sup.hints != ("#",) else None
            if found is not None:
                self._set_order(Out("column", column=found), descending, phrase)
                return
        if head is not None:
            count = Out("count", column=head.ref, table=head.table, distinct=True)
            self._set_order(count, descending, phrase)
            return
        if phrase.values and phrase.values[-1].links:
            link = phrase.values[-1].links[0]
            self._set_order(Out("count", table=link.table), descending, phrase)
            return
        self.meaning.problems.append(f"unused:{sup.text}")

    def _related_column(self, table: str) -> Ref | None:
        """The column just named, where it points at the table: "borders the most states" counts what it borders."""
        column = self.state.column
        if column is None or not self.state.since or self.state.since[-1] != f"column:{column[0]}.{column[1]}":
            return None
        return (
            column
            if any(j.table == column[0] and j.columns == (column[1],) and j.parent == table for j in self.schema.joins)
            else None
        )

    def _top_of(self, phrase: Phrase, descending: bool) -> None:
        """ "... for the top 3 types by number of customers": only the first groups."""
        plain = self._plain(phrase)
        assert plain is not None
        assert phrase.sup is not None
        known = [*self.focus, *self.asked, *self.meaning.groups]
        if not any((o.kind, o.column, o.table) == (plain.kind, plain.column, plain.table) for o in known):
            self.meaning.groups.append(plain)
        self.meaning.limit = int(phrase.sup.number or 1)
        self.top = phrase
        self.meaning.order.append((Out("pending"), descending))

    def _measure_of_extreme(self, phrase: Phrase, head: Link) -> Out:
        column = self.schema.columns[head.ref]
        if phrase.agg:
            return Out("agg", column=head.ref, func=phrase.agg)
        spoken = phrase.head_tag.text if phrase.head_tag else ""
        if is_additive(column, spoken) and self._grouped_focus(head.table):
            return Out("agg", column=head.ref, func="sum")
        return Out("column", column=head.ref)

    def _grouped_focus(self, table: str) -> bool:
        """Whether what is asked for stands over several rows of that table."""
        for out in self.focus:
            if out.kind == "entity":
                return out.table != table
            if out.kind == "column" and out.column is not None:
                return out.column[0] != table or not self.schema.columns[out.column].unique
        return False

    def _set_order(self, out: Out, descending: bool, phrase: Phrase) -> None:
        scope = self.state.scope
        if scope is not self.root and scope.limit is None and self._scope_is_named(scope):
            scope.order.append((out, descending))
            scope.limit = int(phrase.sup.number) if phrase.sup is not None and phrase.sup.number else 1
            for nested in self._nested_holding(scope):
                nested.kind = "in"
            return
        pending = next((place for place, (o, _) in enumerate(self.meaning.order) if o.kind == "pending"), None)
        if pending is not None:
            was = self.meaning.order[pending][1]
            self.meaning.order[pending] = (out, was)
        else:
            self.meaning.order.append((out, descending))
        if self.meaning.limit is None and phrase.sup is not None:
            number = phrase.sup.number
            self.meaning.limit = int(number) if number else self._plural_limit()
            self.meaning.ties = not number

    def _plural_limit(self) -> int:
        return 1

    def _scope_is_named(self, scope: Scope) -> bool:
        return bool(scope.table) and any(True for _ in self._nested_holding(scope))

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

    def _nested_top(self, phrase: Phrase) -> None:
        """ "in the largest state": the rows belong to the first of an order of another table."""
        sup, head = phrase.sup, phrase.head
        assert sup is not None and head is not None
        table = head.table
        scope = Scope(table, parent=self.state.scope)
        scope.limit = int(sup.number) if sup.number else 1
        found = hinted_column(self.schema, table, sup.hints) if sup.hints and sup.hints != ("#",) else None
        if found:
            scope.order.append((Out("column", column=found), sup.data == "1"))
        elif sup.hints == ("#",):
            scope.order.append((Out("count", table="?"), True))
        else:
            scope.order.append((Out("pending"), sup.data == "1"))
        if (
            self.state.scope.table == table
            and self.state.scope is self.root
            and all(o.kind in {"column", "entity"} for o in self.focus)
        ):
            self.meaning.order += scope.order
            self.meaning.limit, self.meaning.ties = scope.limit, not sup.number
            return
        self.state.scope.conditions.append(Nested("in", scope))
        self.state.scope = scope

    # -- modifiers ---------------------------------------------------------------------------------------------

    def _step(self, target: list[Out]) -> None:
        cursor = self.cursor
        tag = cursor.peek()
        assert tag is not None
        handler = getattr(self, f"_on_{tag.kind}", None)
        if handler is not None:
            handler(target)
        elif tag.kind in MODIFIERS:
            self._phrase(target)

    def _on_rel(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.data == "whose":
            self.state.whose = True
        self.state.list_of = "where"

    def _on_prep(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.data in {"", "name", "between", "than"}:
            self.state.list_of = "where"

    def _on_neg(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if self.cursor.kind() == "cmp":
            following = self.cursor.peek()
            if following is not None and following.data in _FLIP:
                following.data = _FLIP[following.data]
            return
        self.state.negated = True
        if tag.data == "except":
            self.state.list_of = "where"

    def _on_period(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        assert tag.period is not None
        if "each" in tag.text.lower().split() and tag.period.grain:
            self._grain(tag.period.grain)
        self._during(tag)

    def _on_weekday(self, _: list[Out]) -> None:
        tags = [self.cursor.take()]
        while self.cursor.kind() == "conj" and self.cursor.kind(1) == "weekday":
            self.cursor.take()
            tags.append(self.cursor.take())
        days: list[Scalar] = []
        for tag in tags:
            days += {"weekend": [5, 6], "weekday": [0, 1, 2, 3, 4]}.get(tag.data) or [int(tag.data)]
        column = self._date_for(self.state.scope)
        if column is None:
            self.meaning.problems.append(f"nodate:{tags[0].text}")
            return
        self._hold(Compare(column, "day", tuple(days), negated=self._negation()), column[0])

    def _on_conj(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.data == "or":
            self.state.either = True
        elif tag.data == "both":
            self.state.both = True
        elif tag.data == "andhowmany":
            phrase = read_phrase(self.cursor)
            phrase.howmany = True
            if phrase.head is None and not phrase.values:
                if self._and_not():
                    return
                target.append(self._repeat_count())
                return
            out = self._measure(phrase)
            if out is not None:
                target.append(out)
        elif (
            tag.text.lower().endswith(("their", "its")) and self.cursor.kind() in MODIFIERS and not self.meaning.groups
        ):
            self._ask(read_phrase(self.cursor), target)
        elif tag.data == "and" and self.cursor.kind() in {"howmany", "agg"} and self.state.list_of == "where":
            saved = self.cursor.at
            phrase = read_phrase(self.cursor)
            out = self._measure(phrase)
            if out is not None and self.cursor.kind() != "cmp":
                target.append(out)
            else:
                self.cursor.at = saved

    def _and_not(self) -> bool:
        """ "how many have an exam and how many do not": both, side by side."""
        ahead = 0
        while self.cursor.kind(ahead) in {"rel", "prep"}:
            ahead += 1
        last = self.state.last[-1] if self.state.last else None
        if (
            self.cursor.kind(ahead) != "neg"
            or self.cursor.kind(ahead + 1) not in {"end", ""}
            or not isinstance(last, Compare)
        ):
            return False
        if not is_flag(self.schema.columns[last.column]):
            return False
        for scope in self._chain():
            if last in scope.conditions:
                scope.conditions.remove(last)
                self.meaning.groups.append(Out("column", column=last.column))
                self.cursor.at += ahead + 1
                return True
        return False

    def _repeat_count(self) -> Out:
        for out, _ in self.meaning.order:
            if out.is_measure:
                return out
        return Out("count", table=self.root.table)

    def _on_group(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.data == "forall":
            following = self.cursor.peek()
            if following is not None and following.links and following.links[0].kind == "table":
                self.meaning.everyone = following.links[0].table
            self.state.list_of = "where"
            return
        if tag.data == "by" and self._by_is_order():
            self._order_list(default_descending=True)
            return
        if tag.data == "by" and self._by_is_agent():
            self.state.list_of = "where"
            return
        self.state.list_of = "group"
        self._group_list()

    def _by_is_order(self) -> bool:
        """ "top 5 countries by revenue": what follows "by" is the measure."""
        if any(out.kind == "pending" for out, _ in self.meaning.order):
            return True
        if self.top is not None and self.meaning.limit and not any(o.is_measure for o in self.focus):
            saved = self.cursor.at
            phrase = read_phrase(self.cursor)
            self.cursor.at = saved
            head = phrase.head
            if head is not None and head.kind == "column" and not phrase.howmany and not phrase.agg:
                column = self.schema.columns[head.ref]
                return column.kind == "number" and not column.is_id and column.core[-1:] != ("year",)
            return bool(phrase.howmany or phrase.agg) and self._measure(phrase) is not None
        return False

    def _by_is_agent(self) -> bool:
        """ "written by users", "made by Anna": a person or thing that did it, not a grouping."""
        following = self.cursor.peek()
        if following is None or not following.links:
            return following is not None and following.kind in {"quoted"}
        if following.links[0].kind == "value":
            return True
        by = self.cursor.peek(-1)
        return (
            by is not None
            and (is_participle(by.before) or self._doer(following))
            and following.links[0].kind == "table"
        )

    def _doer(self, tag: Tag) -> bool:
        """ "transactions by users who ...": what is said of them shows that they are meant, not a grouping."""
        return self.cursor.kind(1) == "rel" and tag.links[0].kind == "table"

    def _group_list(self) -> None:
        cursor = self.cursor
        while not cursor.done:
            if cursor.kind() not in MODIFIERS and cursor.kind() != "group":
                return
            if cursor.kind() == "group":
                cursor.take()
                continue
            phrase = read_phrase(cursor)
            if phrase.empty:
                return
            self._group(phrase)
            if cursor.kind() == "conj" and cursor.peek().data in {"and", ","}:  # type: ignore[union-attr]
                ahead = cursor.kind(1)
                if ahead in {"link", "unit", "grain", "group"} and self._groupable(cursor.peek(1)):
                    cursor.take()
                    continue
            return

    def _groupable(self, tag: Tag | None) -> bool:
        if tag is None or not tag.links:
            return tag is not None and tag.kind in {"unit", "grain", "group"}
        top = tag.links[0]
        if top.kind == "column":
            column = self.schema.columns[top.ref]
            return column.kind != "number" or column.is_id or column.core[-1:] == ("year",)
        return top.kind == "table"

    def _group(self, phrase: Phrase) -> None:
        for tag in phrase.values:
            self._value(tag)
        if phrase.unit or phrase.grain:
            self._grain(phrase.unit or phrase.grain)
        elif phrase.head is not None and phrase.head.kind == "table":
            per = next((o for o in self.focus if o.kind == "per" and len(o.parts) == 1), None)
            made = Out("entity", table=phrase.head.table)
            if per is not None:
                per.parts.append(made)
            else:
                self.meaning.groups.append(made)
            self.state.column = None
        elif phrase.head is not None:
            per = next((o for o in self.focus if o.kind == "per" and len(o.parts) == 1), None)
            column = Out("column", column=phrase.head.ref)
            if per is not None:
                per.parts.append(column)
            else:
                self.meaning.groups.append(column)
            self.state.column = phrase.head.ref
        for tag in phrase.equals:
            self._equal(phrase, tag)

    def _on_order(self, _: list[Out]) -> None:
        self.cursor.take()
        self.state.list_of = "order"
        self._order_list(default_descending=False)

    def _on_direction(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        self._direction(tag, target)

    def _direction(self, tag: Tag, target: list[Out]) -> None:
        self.meaning.asked_order = True
        if tag.data in {"alpha", "time"}:
            first = (target or self.focus or [Out("pending")])[0]
            self.meaning.order.append((first, False))
            return
        descending = tag.data == "desc"
        if self.meaning.order and self.meaning.order[-1][0].kind != "pending":
            self.meaning.order[-1] = (self.meaning.order[-1][0], descending)
        else:
            measure = next((o for o in [*target, *self.focus, *self.asked] if o.is_measure), None)
            self.meaning.order.append((measure or Out("auto"), descending))

    def _order_list(self, *, default_descending: bool) -> None:
        cursor = self.cursor
        self.meaning.asked_order = self.meaning.asked_order or not default_descending
        while not cursor.done:
            if cursor.kind() == "direction":
                self._direction(cursor.take(), self.asked or self.focus)
                return
            if cursor.kind() not in MODIFIERS:
                return
            phrase = read_phrase(cursor)
            if phrase.empty:
                return
            sup = phrase.sup
            out = self._measure(phrase)
            if (
                sup is not None
                and out is not None
                and out.kind == "agg"
                and out.func in {"max", "min"}
                and not phrase.agg
            ):
                out = Out("column", column=out.column)
            out = out or self._plain(phrase)
            descending = default_descending or (sup is not None and sup.data == "1")
            if out is not None:
                if default_descending and out.kind == "column" and phrase.head is not None:
                    out = self._measure_of_extreme(phrase, phrase.head)
                if default_descending and out.kind == "entity":
                    measure = main_measure(self.schema, out.table)
                    out = Out("agg", column=measure, func="sum") if measure else Out("count", table=out.table)
                pending = next((p for p, (o, _) in enumerate(self.meaning.order) if o.kind == "pending"), None)
                if pending is not None:
                    self.meaning.order[pending] = (out, self.meaning.order[pending][1])
                else:
                    self.meaning.order.append((out, descending))
            if cursor.kind() == "sup" and cursor.text() in {"first", "last"}:
                cursor.take()
            if cursor.kind() == "conj" and cursor.kind(1) in MODIFIERS and not default_descending:
                cursor.take()
                if cursor.text() == "then":
                    cursor.take()
                continue
            if cursor.kind() == "direction":
                self._direction(cursor.take(), self.asked or self.focus)
                if cursor.kind() == "conj" and cursor.kind(1) in MODIFIERS:
                    cursor.take()
                    continue
            return

    def _on_cmp(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        self._compare(tag, target)

    def _compare(self, tag: Tag, target: list[Out]) -> None:
        cursor = self.cursor
        saved = cursor.at
        phrase = read_phrase(cursor)
        op = tag.data
        if phrase.head is not None and cursor.text() == "than" and phrase.number is None:
            # "more credits than the average"
            if phrase.head.kind == "column":
                self.state.column = phrase.head.ref
                cursor.take()
                phrase = read_phrase(cursor)
        if phrase.number is None and phrase.head is None and phrase.agg == "avg" and self.state.column is not None:
            out = Out("agg", column=self.state.column, func="avg")
            scope = Scope(self.state.column[0], parent=self.state.scope)
            self.state.scope.conditions.append(Beyond(self.state.column, op, out, scope))
            return
        if phrase.number is None and phrase.head is not None and (phrase.agg or phrase.sup):
            self._beyond(op, phrase)
            return
        number = phrase.number
        if number is None:
            cursor.at = saved
            if cursor.kind() == "time" and self.state.column:
                value = cursor.take().text
                self._hold(Compare(self.state.column, op, (value,)), self.state.column[0])
                return
            if cursor.kind() in {"quoted", "link"} and op in {"=", "!="} and self.state.column:
                return
            if cursor.kind() == "period":
                return
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        if cursor.kind() == "post":
            op = cursor.take().data
        if phrase.head is None and phrase.unit:
            self.meaning.problems.append(f"unused:{tag.text} {number:g} {phrase.unit}")
            return
        if phrase.head is None and not phrase.values:
            self._compare_number(op, number, tag)
            return
        self._compare_counted(op, number, phrase)

    def _compare_number(self, op: str, number: float, tag: Tag) -> None:
        column = self.state.column
        if column is not None and self.schema.columns[column].kind != "number":
            column = None
        if tag.hints and (column is None):
            table = self.state.scope.table
            column = hinted_column(self.schema, table, tag.hints) if table else None
        if (
            column is None
            and self.state.scope.table
            and not any(o.is_measure and o.kind != "count" for o in self.focus)
        ):
            column = main_measure(self.schema, self.state.scope.table)
            if column is not None:
                self.meaning.assumptions.append(f"the number is compared with {column[1]}")
                self.meaning.score -= 0.05
        if column is None:
            measure = next((o for o in reversed(self.focus) if o.is_measure), None)
            self.meaning.problems.append(
                f"unused:{tag.text} {number:g}" if measure is None else f"unclear:{tag.text} {number:g}"
            )
            return
        self._hold(Compare(column, op, (_plain_number(number),), negated=self._negation()), column[0])

    def _compare_counted(self, op: str, number: float, phrase: Phrase) -> None:
        """ "more than 5 orders", "at least 100 likes"."""
        head = phrase.head
        if head is not None and head.kind == "column":
            column = self.schema.columns[head.ref]
            if column.kind == "number" and not column.is_id and not self._is_reference(head.ref):
                if phrase.agg:
                    self._measure_condition(Out("agg", column=head.ref, func=phrase.agg), op, number, head.table)
                else:
                    self._hold(Compare(head.ref, op, (_plain_number(number),)), head.table)
                return
            self._measure_condition(
                Out("count", column=head.ref, table=head.table, distinct=True), op, number, head.table
            )
            return
        table = head.table if head is not None else phrase.values[-1].links[0].table if phrase.values[-1].links else ""
        if not table:
            self.meaning.problems.append(f"unused:{number:g}")
            return
        scope = self._measure_condition(Out("count", table=table, distinct=phrase.distinct), op, number, table)
        if scope is not None:
            for tag in phrase.values:
                self._value(tag)

    def _measure_condition(self, out: Out, op: str, number: float, table: str) -> Scope | None:
        owner = self.state.scope
        first = self.focus[0] if self.focus else None
        grouped = self.meaning.groups[-1] if self.meaning.groups else first
        if (
            grouped is not None
            and owner is self.root
            and (self.meaning.groups or (grouped.kind == "column" and (grouped.column or ("",))[0] == table))
        ):
            self.meaning.having.append((out, op, number))
            return None
        if not owner.table or owner.table == table:
            self.meaning.having.append((out, op, number))
            return None
        scope = Scope(table, parent=owner)
        owner.conditions.append(Nested("measure", scope, out, op, number))
        self.state.scope = scope
        return scope

    def _beyond(self, op: str, phrase: Phrase) -> None:
        """ "above the average price"."""
        head = phrase.head
        assert head is not None
        out = self._measure(phrase)
        if out is None or out.column is None:
            self.meaning.problems.append("unused:comparison")
            return
        column = (
            self.state.column
            if self.state.column and self.schema.columns[self.state.column].kind == "number"
            else out.column
        )
        scope = Scope(out.column[0], parent=self.state.scope)
        self.state.scope.conditions.append(Beyond(column, op, out, scope))

    def _on_like(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        following = self.cursor.peek()
        column = self.state.column
        if (
            tag.data == "in"
            and following is not None
            and (
                following.kind in {"sup", "agg", "howmany", "num", "cmp"}
                or (following.links and following.links[0].kind != "value")
            )
        ):
            return
        if following is None or column is None or following.kind == "end":
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        text = self.cursor.take().text
        self._hold(Compare(column, tag.data, (text,), negated=self._negation()), column[0])
        while self.cursor.kind() == "conj" and self.cursor.kind(1) == "quoted":
            either = self.cursor.take().data == "or"
            self.state.either = either
            self._hold(Compare(column, tag.data, (self.cursor.take().text,)), column[0])

    def _on_post(self, _: list[Out]) -> None:
        self.cursor.take()

    def _on_show(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.text.lower() in {"as well as", "along with", "together with", "alongside"}:
            self._focus(target)
        elif self.cursor.kind() in MODIFIERS | {"ratio", "share", "diff"}:
            self._focus(self.asked)
        self.state.list_of = "where"

    def _on_ratio(self, target: list[Out]) -> None:
        self._composite(target)

    def _on_share(self, target: list[Out]) -> None:
        self._composite(target)

    def _on_diff(self, target: list[Out]) -> None:
        self._composite(target)

    def _on_time(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        before = self.cursor.peek(-2)
        op = {"before": "<", "after": ">", "at": "=", "by": "<=", "until": "<=", "from": ">="}.get(
            before.text.lower() if before else ""
        )
        if op and self.state.column and self.schema.columns[self.state.column].kind == "time":
            self._hold(Compare(self.state.column, op, (tag.text,)), self.state.column[0])
            self.meaning.problems = [
                p for p in self.meaning.problems if before is None or p != f"unknown:{before.text}"
            ]
        else:
            self.meaning.problems.append(f"unused:{tag.text}")

    # -- a phrase among the modifiers --------------------------------------------------------------------------

    def _phrase(self, target: list[Out]) -> None:
        phrase = read_phrase(self.cursor)
        if phrase.empty:
            return
        out = self._measure(phrase)
        if phrase.sup is not None:
            self._superlative(phrase, out)
            return
        if (
            self.state.list_of == "focus"
            and (phrase.head is not None or phrase.howmany or phrase.agg)
            and not phrase.is_value
        ):
            if not (phrase.head is not None and phrase.head.kind == "table" and target and not phrase.howmany):
                self._ask(phrase, target)
                return
        if out is not None and out.is_measure and phrase.agg and self.cursor.kind() == "cmp":
            self._measure_compared(out)
            return
        if out is not None and out.is_measure and self.state.list_of != "where":
            target.append(out)
            return
        if phrase.grain:
            self._grain(phrase.grain)
        if phrase.head is None and phrase.number is not None and self.state.column is not None and not phrase.values:
            self._number_equals(phrase.number)
            return
        if (phrase.agg and phrase.agg != "sum") or phrase.howmany:
            self.meaning.problems.append(f"unused:{phrase.agg or 'number'}")
        if phrase.head is None:
            for tag in phrase.values:
                self._value(tag)
            return
        if phrase.head.kind == "table":
            self._table_phrase(phrase)
        else:
            self._column_phrase(phrase, target)

    def _measure_compared(self, out: Out) -> None:
        tag = self.cursor.take()
        number = read_phrase(self.cursor).number
        table = out.table or (out.column[0] if out.column else "")
        if number is None:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self._measure_condition(out, tag.data, number, table)

    def _number_equals(self, number: float) -> None:
        column = self.state.column
        assert column is not None
        if self.schema.columns[column].kind == "number" or self.schema.columns[column].is_id:
            self._hold(Compare(column, "=", (_plain_number(number),), negated=self._negation()), column[0])
        else:
            self.meaning.problems.append(f"unused:{number:g}")

    def _table_phrase(self, phrase: Phrase) -> None:
        head = phrase.head
        assert head is not None
        negated = self._negation()
        for table in phrase.tables:
            self._mention(table)
        if self._through(head.table):
            for tag in phrase.values:
                self._value(tag)
            self.state.column = None
            return
        if negated:
            scope = Scope(head.table, parent=self.state.scope)
            self.state.scope.conditions.append(Nested("none", scope))
            self.state.scope = scope
        else:
            self._mention(head.table)
        for tag in phrase.values:
            self._value(tag)
        for tag in phrase.equals:
            self._equal(phrase, tag)
        self.state.column = None

    def _through(self, table: str) -> bool:
        """ "border states that ...", "run through states with ...": the column just named points at that table."""
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

    def _column_phrase(self, phrase: Phrase, target: list[Out]) -> None:
        head = phrase.head
        assert head is not None
        for table in phrase.tables:
            self._mention(table)
        for tag in phrase.values:
            self._value(tag)
        if self._negated_relation(head):
            return
        self._repeated_relation(head)
        self.state.column = head.ref
        column = self.schema.columns[head.ref]
        if column.kind == "number" and self.meaning.order and self.meaning.order[-1][0].label == "soft":
            # "the largest in population"
            self.meaning.order[-1] = (Out("column", column=head.ref), self.meaning.order[-1][1])
            return
        if column.kind == "date":
            self.state.date = head.ref
        if phrase.equals:
            for tag in phrase.equals:
                self._equal(phrase, tag)
            return
        following = self.cursor.kind()
        if following in {"cmp", "like", "num", "quoted", "period", "neg", "post", "time"}:
            return
        if following == "prep" and self.cursor.kind(1) in {
            "num",
            "quoted",
            "cmp",
            "like",
            "link",
            "period",
            "neg",
            "time",
        }:
            return
        if is_flag(column):
            self._hold(Compare(head.ref, "=", (truth(column, not self._negation()),)), head.table)
            return
        if self._negation():
            self._hold(Compare(head.ref, "null"), head.table)
            return
        self.state.since.append(f"column:{head.table}.{head.column}")
        self._superlative_name(phrase)
        self.meaning.score -= 0.12
        if not self.root.table:
            self.root.table = head.table

    def _negated_relation(self, head: Link) -> bool:
        """ "do not border Texas": no row of the other table says so, which is not a row that says otherwise."""
        scope = self.state.scope
        if not self.state.negated or not scope.table or self._is_upward(scope.table, head.table):
            return False
        self.state.negated = False
        inner = Scope(head.table, parent=scope)
        scope.conditions.append(Nested("none", inner))
        self.state.scope = inner
        self.state.column = head.ref
        self.state.since.append(f"column:{head.table}.{head.column}")
        return True

    def _repeated_relation(self, head: Link) -> None:
        """ "border A and border B": each by a row of its own."""
        if f"column:{head.table}.{head.column}" in self.state.since and not self._is_upward(
            self.root.table, head.table
        ):
            self.state.both = True

    def _is_upward(self, start: str, table: str) -> bool:
        if start == table:
            return True
        found = self.schema.path(start, table)
        return found is not None and self._upward(start, found[1])

    def _superlative_name(self, phrase: Phrase) -> None:
        """ "has the highest elevation" where a column is called so: the row in which it is highest."""
        head, tag = phrase.head, phrase.head_tag
        if head is None or tag is None:
            return
        column = self.schema.columns[head.ref]
        first = tag.text.lower().split()[0]
        if first in SUPERLATIVES and len(column.core) > 1 and column.kind != "number":
            self.meaning.problems.append(f"unused:{tag.text}")
        elif first in SUPERLATIVES and len(column.core) > 1:
            self._set_order(
                Out("column", column=head.ref), SUPERLATIVES[first][0] > 0, Phrase(sup=Tag("sup", 0, 0, first))
            )

    # -- conditions --------------------------------------------------------------------------------------------

    def _negation(self) -> bool:
        negated, self.state.negated = self.state.negated, False
        return negated

    def _value(self, tag: Tag) -> None:
        if not tag.links:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        link = tag.links[0]
        self._holds_value(link)

    def _holds_value(self, link: Link) -> None:
        assert link.value is not None
        if link.how == "typo":
            self.meaning.assumptions.append(f"'{link.value}' is meant")
        condition = Compare(link.ref, "=", (link.value,), negated=self._negation())
        self._hold(condition, link.table)
        self.state.column = link.ref

    def _equal(self, phrase: Phrase, tag: Tag) -> None:
        head = phrase.head
        assert head is not None
        if tag.kind == "num" and tag.number is not None:
            ref = head.ref if head.kind == "column" else self._key_of(head.table)
            if ref is not None:
                self._hold(Compare(ref, "=", (_plain_number(tag.number),), negated=self._negation()), ref[0])
                while (
                    self.cursor.kind() == "conj"
                    and self.cursor.kind(1) == "num"
                    and self.cursor.peek().data in {"or", "and", ","}
                ):  # type: ignore[union-attr]
                    self.cursor.take()
                    number = self.cursor.take().number
                    last = self.state.last[-1]
                    if isinstance(last, Compare) and number is not None:
                        last.values = (*last.values, _plain_number(number))
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
        if mergeable and self.state.both and scope is not self.root and last in scope.conditions:
            self._twin(scope, condition)
            return
        if mergeable and last in scope.conditions and isinstance(last, Compare) and isinstance(condition, Compare):
            last.values = (*last.values, *(v for v in condition.values if v not in last.values))
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

    def _twin(self, scope: Scope, condition: Condition) -> None:
        """ "both A and B": the whole side branch once more, with the other value."""
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
        chain, scope = list[Scope](), self.state.scope
        while scope is not None:
            chain.append(scope)
            scope = scope.parent  # type: ignore[assignment]
        return chain

    def _scope_for(self, table: str) -> Scope:
        chain = self._chain()
        inner = chain[0]
        if inner.table and inner.table != table and any(n.kind == "in" for n in self._nested_holding(inner)):
            # What is said behind "states that ..." is about those states, although an outer set has such a column too.
            if any({join.table, join.parent} == {inner.table, table} for join in self.schema.joins):
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

    def _during(self, tag: Tag) -> None:
        assert tag.period is not None
        column = self.state.date or self._date_for(
            self.state.scope, bare=tag.period.bare_year or tag.period.year is not None
        )
        if column is None:
            self.meaning.problems.append(f"nodate:{tag.text}")
            return
        self._hold(During(column, tag.period, negated=self._negation()), column[0])
        self.state.date = None

    def _date_for(self, scope: Scope, *, bare: bool = False) -> Ref | None:
        """The column that dates the rows spoken of: of the innermost set that has one."""
        asked = self.state.column
        if asked is not None and self.schema.columns[asked].kind == "date":
            return asked
        tables = [s.table for s in self._chain() if s.table]
        tables += [t for o, _ in self.meaning.order for t in sorted(o.tables()) if t and t != "?"]
        tables += [table for out in [*self.focus, *self.asked] for table in sorted(out.tables()) if table]
        # A day of sale or payment dates the rows; when somebody joined or was hired only if there is nothing else.
        tables.sort(
            key=lambda table: not any(is_event_date(self.schema, c) for c in date_columns(self.schema, table)[:1])
        )
        for table in tables:
            dates = date_columns(self.schema, table)
            if dates:
                if len(dates) > 1:
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
        near: list[tuple[float, str, Ref]] = []
        for table in tables[:1]:
            for other in self.schema.tables:
                found = self.schema.path(table, other)
                dates = date_columns(self.schema, other)
                if found is not None and dates and found[0] <= 2.2:
                    near.append((found[0], other, dates[0].ref))
        return min(near)[2] if near else None

    # -- ratios, shares, differences ---------------------------------------------------------------------------

    def _composite(self, target: list[Out]) -> None:
        from agents.builtin.composite import read_composite

        read_composite(self, target)


def _is_plural(tag: Tag | None) -> bool:
    word = tag.text.lower().split()[-1] if tag is not None else ""
    return singular(word) != word


def read_phrase_one(cursor: Cursor) -> Phrase:
    """A grouping that leads its noun: "per month customers" is two phrases."""
    tag = cursor.peek()
    if tag is not None and tag.kind == "unit":
        cursor.take()
        return Phrase(unit=tag.data)
    return read_phrase(cursor)


_PARTICIPLES = frozenset(
    "made sold bought taken given written paid spent taught held won done seen met driven run owned led built sent hit shot put".split()
)


def is_participle(word: str) -> bool:
    """Whether a word before "by" says that what follows did it."""
    return word in _PARTICIPLES or (word.endswith("ed") and len(word) > 4 and word not in {"need", "speed"})


def _plain_number(number: float) -> Scalar:
    return int(number) if number == int(number) else number


def labels_of(index: Index, table: str) -> list[Ref]:
    """Display columns of a table."""
    return label_columns(index.schema, table)
