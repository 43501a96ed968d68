"""Measures: what is counted, added up or averaged, and what is shown as it is."""

from __future__ import annotations

from copy import deepcopy

from agents.builtin.language.lexicon import FLOWS, PEOPLE
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.meaning import DEFINED, Compare, Nested, Out
from agents.builtin.parsing.dated import Dated
from agents.builtin.parsing.hours import time_spent
from agents.builtin.parsing.phrases import Phrase
from agents.builtin.schema.choose import (
    counted_inside,
    counts_things,
    date_columns,
    is_money,
    label_columns,
    main_measure,
    tally_column,
)
from agents.builtin.schema.references import holds_people

_MONEY_SAID = frozenset({"amount", "value"})


_OF = frozenset("of for in during since until from between before after".split())


class Measures(Dated):
    """What is counted, added up or averaged, and what is shown as it is."""

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
        labels = label_columns(self.schema, phrase.head.table)
        if (
            len(labels) > 1
            and phrase.head.ref in labels
            and phrase.head_tag is not None
            and phrase.head_tag.text.lower() in {"name", "names"}
        ):
            return Out("entity", table=phrase.head.table)
        return Out("column", column=phrase.head.ref, distinct=phrase.distinct)

    def _measure(self, phrase: Phrase) -> Out | None:  # noqa: C901 - one short branch a kind of phrase
        """The phrase as something computed: a count, a sum, an average, an extreme; None when it is not."""
        head = phrase.head
        if phrase.rate:
            return self._rate(phrase)
        if phrase.term:
            made = self.terms.get(phrase.term)
            if made is not None and made.kind == "formula" and not made.is_measure:
                self.meaning.assumptions.append("the formula is added up over the rows")
                return Out("agg", func=phrase.agg or "sum", parts=[made])
            if made is not None and made.label == DEFINED and phrase.agg not in {"", "sum", made.func}:
                # What is defined as a figure over many rows has no average of its own.
                self.meaning.problems.append(f"unused:{phrase.agg}")
            return made
        if phrase.howmuch and head is None and not phrase.agg:
            return None
        if phrase.howmany:
            return self._count(phrase)
        if phrase.unit == "hour" and head is None and (phrase.agg == "sum" or phrase.sup is not None):
            return self._hours()
        if phrase.agg and head is not None:
            if head.kind == "table":
                return self._table_amount(phrase, head)
            return self._aggregate(phrase.agg, head)
        if phrase.agg and phrase.values and not head:
            link = phrase.values[-1].links[0] if phrase.values[-1].links else None
            if link is not None and phrase.agg == "sum" and _MONEY_SAID & self.words:
                self.meaning.problems.append("unclear:amount")
            if link is not None and phrase.agg == "sum":
                return Out("count", table=link.table)
        if head is not None and head.kind == "column" and phrase.sup is None and self._means_sum(phrase, head):
            return Out("agg", column=head.ref, func="sum")
        if phrase.sup is not None and head is not None and head.kind == "column" and not phrase.howmany:
            column = self.schema.columns[head.ref]
            if column.kind == "number" and phrase.sup.hints == ("date",) and date_columns(self.schema, head.table):
                return None  # the latest balance is that of the last day, and not the highest
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
        """As in "revenue in March", "the total of all orders": a flow of money is added up without being told to."""
        column = self.schema.columns[head.ref]
        if column.kind != "number" or column.is_id or phrase.head_tag is None:
            return False
        spoken = phrase.head_tag.text.lower()
        if any(stem(word) in FLOWS for word in spoken.split()):
            return True
        follows = self.cursor.peek()
        timed = follows is not None and (follows.period is not None or self.cursor.text() in _OF)
        return spoken in {"total", "totals"} and not self.focus and timed and not self.listing

    def _rate(self, phrase: Phrase) -> Out:
        """A "success rate" is the percentage of rows that are a success."""
        link = phrase.values[-1].links[0]
        phrase.values = phrase.values[:-1]
        assert link.value is not None
        condition = Compare(link.ref, "=", (link.value,))
        return Out("share", parts=[Out("count", table=link.table)], conditions=[condition], scale=100.0)

    def _count(self, phrase: Phrase) -> Out | None:
        head = phrase.head
        if head is None:
            if phrase.values and phrase.values[-1].links:
                return self._count_of_named(phrase.values[-1].links[0])
            if phrase.unit == "hour" and not phrase.distinct:
                return self._hours()
            return Out("count", table="") if not phrase.unit else Out("count", grain=phrase.unit, distinct=True)
        if head.kind == "table":
            inside = self._inside(phrase, head.table)
            if inside is not None:
                inside.func = phrase.agg if phrase.agg in {"avg", "median"} else "sum"
                return inside
            if phrase.agg in {"avg", "median"}:
                return Out("per", func=phrase.agg, parts=[Out("count", table=head.table)])
            return self.count_of(head.table, distinct=phrase.distinct)
        column = self.schema.columns[head.ref]
        owner = {stem(word) for word in self.schema.tables[head.table]}
        said = {stem(word) for word in phrase.head_tag.text.lower().split()} if phrase.head_tag is not None else set()
        if (
            column.kind == "date"
            and not phrase.distinct
            and (phrase.tables or owner & said or not {"dat", "date", "day"} & said)
        ):
            # "how many owners registered in May": owners are counted, by the day on which they did.
            self.state.date = column.ref
            return self.count_of(phrase.tables[-1] if phrase.tables else head.table)
        if column.kind == "number" and not column.is_id and not self._is_reference(column.ref):
            if is_money(column) and phrase.howmany and phrase.head_tag is not None:
                self.meaning.problems.append(f"unclear:how many {phrase.head_tag.text}")  # invoices are no sum of money
            if phrase.distinct:
                return Out("count", column=head.ref, table=head.table, distinct=True)
            return Out("agg", column=head.ref, func=phrase.agg or "sum", label="number")
        return Out("count", column=head.ref, table=head.table, distinct=True)

    def _hours(self) -> Out:
        """As in "how many hours", "the most hours": time that is added up."""
        spent = time_spent(self.schema, "hour")
        if spent is None:
            self.meaning.problems.append("unclear:hours")
        return spent or Out("count", grain="hour", distinct=True)

    def _count_of_named(self, link: Link) -> Out:
        """As in "how many towels were washed": of what is one row the quantities count, where one table has them."""
        if not self.schema.columns[link.ref].unique or link.ref not in label_columns(self.schema, link.table):
            return Out("count", table=link.table)
        spoken = {stem(word) for word in self.words}
        own = [
            column.ref
            for column in self.schema.of(link.table)
            if column.kind == "number" and not column.is_id and {stem(word) for word in column.core} & spoken
        ]
        if len(own) == 1:
            return Out("agg", column=own[0], func="sum")  # "how many kayaks do we have in stock"
        held = [
            column.ref
            for join in self.schema.joins
            if join.parent == link.table
            for column in self.schema.of(join.table)
            if column.kind == "number"
            and (
                column.core[-1:] in {("quantity",), ("count",), ("unit",), ("number",)}
                or counts_things(self.schema, column)
            )
        ]
        if len(set(held)) == 1:
            self.meaning.assumptions.append(f"{held[0][1]} is added up")
            return Out("agg", column=held[0], func="sum")
        self.meaning.problems.append(f"unclear:how many {link.value}")
        return Out("count", table=link.table)

    def _inside(self, phrase: Phrase, table: str) -> Out | None:
        """As in "tickets" of ticket sales: how many of them one row is about stands in its quantity."""
        tag = phrase.head_tag
        found = counted_inside(self.schema, table, tag.text) if tag is not None and not phrase.distinct else None
        if found is None:
            return None
        self.meaning.assumptions.append(f"{found[1]} says how many of them one row is about")
        return Out("agg", column=found, func="sum")

    def count_of(self, table: str, *, distinct: bool = False) -> Out:
        """How many of a table's things there are: its rows, or the sum of the column that counts them."""
        tally = None if distinct else tally_column(self.schema, table)
        if tally is None:
            return Out("count", table=table, distinct=distinct)
        self.meaning.assumptions.append(f"{table} are counted by their column {tally[1]}")
        return Out("agg", column=tally, func="sum", label="number")

    def _aggregate(self, func: str, head: Link) -> Out:
        column = self.schema.columns[head.ref]
        if (column.kind == "number" and not column.is_id) or func in {"min", "max"}:
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
        inside = self._inside(phrase, head.table)
        if inside is not None:
            inside.func = phrase.agg
            return inside
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

    def _person_near(self, table: str) -> str | None:
        """The people that rows of a table belong to, where one table alone may be meant by "who"."""
        if table in self.schema.roles and self.schema.roles[table].own:
            table = self.schema.roles[table].child
        near = [
            t
            for t in self.schema.tables
            if t == table
            or (t not in self.schema.roles and any(j.table == table and j.parent == t for j in self.schema.joins))
        ]
        people = [t for t in near if {stem(w) for w in self.schema.tables[t]} & PEOPLE]
        people = people or [t for t in near if holds_people(self.schema, t)]
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

    def _repeat_count(self) -> Out:
        for out in [*(o for o, _ in self.meaning.order), *(o for o, _, _ in self.meaning.having)]:
            if out.is_measure:
                return out
        for held in self.root.conditions:
            if isinstance(held, Nested) and held.kind == "measure" and held.out is not None and held.out.is_measure:
                # "clients with more than 5 orders, and how many": of the orders that were compared.
                made = deepcopy(held.out)
                made.table = made.table or ("" if made.column else held.scope.table)
                made.conditions += deepcopy(held.scope.conditions)
                return made
        return Out("count", table=self.root.table)
