"""Grouping and order: per, by, for each; ordered by, from highest to lowest."""

from __future__ import annotations

from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Out, Ref
from agents.builtin.parsing.comparisons import Comparisons
from agents.builtin.parsing.phrases import MODIFIERS, Phrase, is_participle, is_plural, read_phrase
from agents.builtin.schema.choose import (
    adds_up_over,
    counts_things,
    date_columns,
    hinted_column,
    is_additive,
    is_money,
    label_columns,
    main_measure,
    says_when,
)

_COUNTED = frozenset(
    stem(word) for word in "count quantity number unit hour day night minute kilometer portion".split()
)


class Grouping(Comparisons):
    """Per, by, for each; ordered by, from highest to lowest."""

    def _on_group(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        self._one_for_each(tag)
        self.each_one = tag.text.lower() == "per"
        self.in_each = tag.text.lower() in {
            "in each",
            "within each",
            "for each",
            "of each",
            "in every",
            "for every",
            "each",
        }
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
        if self.cursor.kind() == "weekday" and self.cursor.data() == "weekday":
            self.cursor.take()
            self._grain("weekday")
            self._day_of_what()
            return
        self._group_list()

    def _one_for_each(self, tag: Tag) -> None:
        """As in "orders per customer by region": how many for each one, where the regions are what is told apart."""
        groups, outs = self.meaning.groups, self.asked or self.focus
        if not self.each_one or tag.text.lower() == "per" or len(groups) != 1 or groups[0].kind != "entity":
            return
        following = self.cursor.peek()
        if following is not None and following.links and self._dates(following.links[0].ref):
            return  # "..., per shop (by start)" says which day counts
        place = next((p for p, out in enumerate(outs) if out.is_measure), None)
        if place is None:
            if len(outs) == 1 and outs[0].kind == "entity":
                outs[0], place = self.count_of(outs[0].table), 0
            else:
                return
        if outs[place].kind not in {"count", "agg"} or (outs[place].kind == "agg" and outs[place].func != "sum"):
            return
        outs[place] = Out("ratio", parts=[outs[place], Out("count", table=groups[0].table, distinct=True)])
        groups.clear()

    def _by_is_order(self) -> bool:
        """As in "top 5 countries by revenue": what follows "by" is the measure."""
        if any(out.kind == "pending" for out, _ in self.meaning.order):
            return True
        if any(out.table == "?" for out, _ in self.meaning.order):
            following = self.cursor.peek()
            amount = following is not None and self._amount_of(following)
            return amount or self.cursor.kind() in {"howmany", "agg", "sum"}  # "the best selling one by ..."
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

    def _of_many(self, out: Out) -> Out:
        """As in "top 5 guests by booking value": all amounts of each; of ratings it has to be said which."""
        first = self.focus[0] if self.focus else None
        if out.kind != "column" or out.column is None or first is None or first.kind not in {"entity", "column"}:
            return out
        own = first.table or (first.column[0] if first.column else "")
        above = own == out.column[0] or self._is_upward(own, out.column[0])
        if first.kind == "entity" and above:
            return out
        column = self.schema.columns[out.column]
        if first.column is not None and not self._is_reference(first.column):
            one_row = self.schema.columns[first.column].unique and own == out.column[0]
            if one_row or (above and not adds_up_over(self.schema, column)):
                return out  # "top products by price", and not "top channels by fee" nor "top clients by fee"
        plain = is_money(column) and not {"price", "unit", "rate"} & set(column.words)
        if plain or adds_up_over(self.schema, column) or counts_things(self.schema, column):
            self.meaning.assumptions.append(f"{column.name} is added up")
            return Out("agg", column=out.column, func="sum")
        self.meaning.problems.append(f"unclear:{column.name}")
        return out

    def _by_is_agent(self) -> bool:
        """As in "written by users", "made by Anna": a person or thing that did it, not a grouping."""
        following = self.cursor.peek()
        if following is None or not following.links:
            return following is not None and following.kind == "quoted"
        if following.links[0].kind == "value":
            return True
        by = self.cursor.peek(-1)
        return (
            by is not None
            and (is_participle(by.before) or self._doer(following))
            and following.links[0].kind == "table"
        )

    def _doer(self, tag: Tag) -> bool:
        """As in "transactions by users who ...": what is said of them shows that they are meant, not a grouping."""
        if tag.links[0].table in self.schema.roles:
            return False  # "by clerk who opened them" says in which part clerks are grouped by
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
            if cursor.kind() == "conj" and cursor.data() in {"and", ","}:
                ahead = cursor.kind(1)
                follows = ahead in {"link", "unit", "grain", "group"} and self._follows(cursor.peek(), cursor.peek(1))
                if follows and self._groupable(cursor.peek(1)):
                    cursor.take()
                    continue
            return

    def _follows(self, joint: Tag | None, tag: Tag | None) -> bool:
        """Whether nothing but an article stands between: "by city, only for firms" goes on with something else."""
        between = "" if joint is None or tag is None or tag.start == joint.end else tag.before
        return between in {"", "the", "each", "a", "an", "their", "its", "per", "by", "every"}

    def _groupable(self, tag: Tag | None) -> bool:
        if tag is None or not tag.links:
            return tag is not None and tag.kind in {"unit", "grain", "group"}
        top = tag.links[0]
        if top.kind == "column":
            column = self.schema.columns[top.ref]
            return column.kind != "number" or column.is_id or column.core[-1:] == ("year",)
        return top.kind == "table"

    def _group(self, phrase: Phrase) -> None:  # noqa: C901 - one short branch a kind of phrase
        kind = self._sort_of_rows(phrase)
        for tag in phrase.values:
            self._value(tag)
        if kind:
            self._put_group(Out("entity", table=kind))
            self.state.column = None
        elif phrase.unit or phrase.grain:
            self._grain(phrase.unit or phrase.grain)
            self._day_of_what()
        elif phrase.head is not None and phrase.head.kind == "table":
            per = next((o for o in self.focus if o.kind == "per" and len(o.parts) == 1), None)
            made = Out("entity", table=phrase.head.table)
            if per is not None:
                per.parts.append(made)
            elif self.each_one and self._is_per_row(phrase.head.table):
                pass  # "average weight per shipment", where each row is a shipment with its weight
            else:
                self._put_group(made)
            self.state.column = None
        elif phrase.head is not None and phrase.cut:
            self._cut(phrase.cut, phrase.head.ref)
        elif phrase.head is not None and self._dates(phrase.head.ref):
            self.meaning.dated = phrase.head.ref
        elif phrase.head is not None and self._for_each_unit(phrase.head.ref):
            self.state.column = None
        elif phrase.head is not None and self._is_amount(phrase.head.ref):
            self.meaning.problems.append(f"unclear:per {phrase.head.column}")
        elif phrase.head is not None:
            per = next((o for o in self.focus if o.kind == "per" and len(o.parts) == 1), None)
            column = Out("column", column=phrase.head.ref)
            if per is not None:
                per.parts.append(column)
            else:
                self._put_group(column)
            self.state.column = phrase.head.ref
        for tag in phrase.equals:
            self._equal(phrase, tag)

    def _day_of_what(self) -> None:
        """As in "seats by weekday of the performance": the day is that of what happened, and no other."""
        cursor, noun = self.cursor, self.cursor.peek(1)
        if cursor.text() != "of" or noun is None or not noun.links or noun.links[0].kind != "table" or is_plural(noun):
            return
        table = noun.links[0].table
        days = date_columns(self.schema, table)
        if not days or not any(join.table == table for join in self.schema.joins):
            return  # of people and places no day is meant
        if len(days) > 1 and not says_when(self.schema, days[0]):
            self.meaning.problems.append(f"unclear:{noun.text}")
            return
        cursor.take()
        cursor.take()
        self.meaning.groups[-1].column = days[0].ref

    def _sort_of_rows(self, phrase: Phrase) -> str:
        """As in "orders per driver", where driver is stored as what some employees are: one group for each of them."""
        by = self.cursor.peek(-2)
        each = by is not None and by.kind == "group" and by.text.lower() != "by"
        if phrase.head is not None or len(phrase.values) != 1 or not each or phrase.unit:
            return ""
        link = phrase.values[0].links[0] if phrase.values[0].links else None
        if link is None or link.kind != "value" or self.schema.columns[link.ref].unique:
            return ""
        return "" if link.ref in label_columns(self.schema, link.table) else link.table

    def _cut(self, grain: str, ref: Ref) -> None:
        """As in "by booking year": once more said of a year that is grouped by already, it says which."""
        if any(out.kind == "grain" and out.grain == grain and out.column is None for out in self.meaning.groups):
            self.meaning.dated = ref
        else:
            self.meaning.groups.append(Out("grain", column=ref, grain=grain))

    def _dates(self, ref: Ref) -> bool:
        """As in "by month in 2023, by booking date": the day that is meant where a period was said."""
        if ref not in self.schema.columns or self.schema.columns[ref].kind != "date":
            return False
        if any(out.kind == "grain" for out in self.meaning.groups):
            return True
        return any(tag.period is not None for tag in self.cursor.tags)

    def _is_per_row(self, table: str) -> bool:
        last = next((o for o in reversed(self.asked or self.focus) if o.is_measure), None)
        return (
            last is not None
            and last.kind == "agg"
            and last.func in {"avg", "median"}
            and last.tables() == {table}
            and not self.meaning.groups
        )

    def _is_amount(self, ref: Ref) -> bool:
        """Amounts with decimals or totals are measured, not grouped by."""
        column = self.schema.columns[ref]
        if column.kind != "number" or column.is_id or self._is_reference(ref):
            return False
        return column.type.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL")) and is_additive(
            column, " ".join(column.core)
        )

    def _for_each_unit(self, ref: Ref) -> bool:
        """As in "average fee per night", where a column says how many nights: all fees over all nights."""
        column = self.schema.columns[ref]
        outs = self.asked or self.focus
        place = next((p for p, out in enumerate(outs) if out.kind == "agg" and out.column), None)
        if not self.each_one or place is None or column.kind != "number" or column.is_id or self._is_reference(ref):
            return False
        if not {stem(word) for word in column.words} & _COUNTED or outs[place].func not in {"avg", "sum"}:
            return False
        measured = outs[place].column
        if measured is None or measured[0] != ref[0]:
            return False
        self.meaning.assumptions.append(f"all {measured[1]} over all {ref[1]}")
        outs[place] = Out("ratio", parts=[Out("agg", column=c, func="sum") for c in (measured, ref)])
        return True

    def has_one(self, group: Out, table: str) -> bool:
        """Whether each of a group's rows belongs to one row of the table."""
        return group.kind == "entity" and group.table != table and self._is_upward(group.table, table)

    def _put_group(self, out: Out) -> None:
        """Beside a superlative a grouping says within what: "the oldest member in each city"."""
        if any((o.kind, o.column, o.table) == (out.kind, out.column, out.table) for o in self.focus):
            return
        waiting = any(o.kind == "pending" for o, _ in self.meaning.order)
        if self.meaning.limit and (self.in_each or (self.top is not None and not waiting)):
            self.meaning.within.append(out)
        else:
            self.meaning.groups.append(out)

    def _on_order(self, _: list[Out]) -> None:
        self.cursor.take()
        self.state.list_of = "order"
        self._order_list(default_descending=False)

    def _on_direction(self, target: list[Out]) -> None:
        tag = self.cursor.take()
        self._direction(tag, target)

    def _on_firstly(self, target: list[Out]) -> None:
        """As in "best first": by what was measured, else by the quantity that the word speaks of."""
        tag = self.cursor.take()
        self.meaning.asked_order = True
        shown = [o for o in [*self.focus, *self.asked, *target] if o.kind in {"column", "agg", "count"}]
        measure = next((o for o in shown if o.is_measure), None)
        if measure is None and tag.hints and tag.hints != ("#",):
            tables = [self.root.table, *(o.column[0] for o in shown if o.column)]
            for table in dict.fromkeys(t for t in tables if t):
                found = hinted_column(self.schema, table, tag.hints)
                if found is not None:
                    same = next((o for o in shown if o.column == found), None)
                    self.meaning.order.append((same or Out("column", column=found), self._descends(tag, found)))
                    return
        numbers = [o for o in shown if o.column and self.schema.columns[o.column].kind in {"number", "date"}]
        things = next((o for o in self.focus if o.kind == "entity"), None)
        if measure is None and tag.hints == ("#",) and things is not None and self.meaning.groups:
            measure = self.count_of(things.table)  # "faults by cause, commonest first"
            self.focus[self.focus.index(things)] = measure
        settled = measure or (numbers[-1] if numbers else Out("pending" if not shown else "auto"))
        self.meaning.order.append((settled, tag.data == "1"))

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

    def _order_list(self, *, default_descending: bool) -> None:  # noqa: C901 - one short branch a kind of phrase
        cursor = self.cursor
        self.meaning.asked_order = self.meaning.asked_order or not default_descending
        while not cursor.done:
            if cursor.kind() == "prep" and cursor.kind(1) == "direction":
                cursor.take()
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
            for tag in phrase.values if default_descending else ():
                self._value(tag)  # "top 5 guests by completed booking value"
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
                    out = self._of_many(self._measure_of_extreme(phrase, phrase.head))
                if default_descending and out.kind == "entity":
                    measure = main_measure(self.schema, out.table)
                    out = Out("agg", column=measure, func="sum") if measure else Out("count", table=out.table)
                pending = next(
                    (p for p, (o, _) in enumerate(self.meaning.order) if o.kind == "pending" or o.table == "?"), None
                )
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
