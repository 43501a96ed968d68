"""Superlatives: the most, the highest, the top five, the latest."""

from __future__ import annotations

from agents.builtin.language.lexicon import SUPERLATIVES
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.money import money_in_reach
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Nested, Out, Ref, Scope
from agents.builtin.parsing.measures import Measures
from agents.builtin.parsing.phrases import Phrase, is_plural
from agents.builtin.schema.choose import adds_up_over, counts_things, hinted_column, is_additive, is_money, main_measure

SPENDING = frozenset(stem(word) for word in "pay spend earn owe donate invest".split())


class Superlatives(Measures):
    """The most, the highest, the top five, the latest."""

    def _superlative_focus(self, phrase: Phrase, target: list[Out], out: Out | None) -> None:
        """As in "the largest city", "top 5 customers", "the most orders", "most common type"."""
        sup = phrase.sup
        assert sup is not None
        if phrase.howmany and out is not None:
            held = out.column is not None and self.schema.columns[out.column].kind == "number" and not out.distinct
            target.append(
                Out("agg", column=out.column, func="max" if sup.data == "1" else "min") if out.column else out
            )
            if not held:
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
            money = main_measure(self.schema, table)
            if sup.hints[0] == "area" and money is not None and not is_money(self.schema.columns[found]):
                self.meaning.problems.append(f"unclear:{sup.text}")  # by its size or by its amount
            descending = self._descends(sup, found)
            self.meaning.order.append(
                (Out("column", column=found, label="soft" if sup.hints[0] in {"area", "date"} else ""), descending)
            )
        else:
            self.meaning.order.append((Out("pending", label=" ".join(sup.hints)), descending))

    def _superlative(self, phrase: Phrase) -> None:  # noqa: C901 - one short branch a kind of phrase
        """A superlative that stands behind: "with the highest price", "has the most orders", "in the largest state"."""
        sup = phrase.sup
        assert sup is not None
        head = phrase.head
        descending = sup.data == "1"
        for tag in phrase.values:
            self._value(tag)
        if phrase.term:
            made = self._measure(phrase)
            if made is None:
                self.meaning.problems.append(f"unknown:{phrase.term}")
            else:
                self._set_order(made, descending, phrase)
            return
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
        if phrase.unit == "hour" and head is None:
            self._set_order(self._hours(), descending, phrase)
            return
        if phrase.agg and head is not None and head.kind == "table" and not sup.hints:
            amount = self._table_amount(phrase, head)
            if amount is not None and amount.kind == "agg":
                self._set_order(amount, descending, phrase)  # "the guest with the highest total payments"
                return
        if self._spends(phrase):
            self._set_order(self._money_of(head), descending, phrase)
            return
        if phrase.howmany or (
            head is not None
            and head.kind == "table"
            and not sup.hints
            and sup.number is None
            and (sup.text.lower() in {"most", "fewest", "least"} or is_plural(phrase.head_tag))
        ):
            count = self._count(phrase) if phrase.howmany else self._many_of(phrase, head.table) if head else None
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
        if head is None and sup.hints == ("#",) and not phrase.values and self._most_common(descending, phrase):
            return
        if head is None and sup.hints and self.focus and not phrase.values:
            first = self.focus[0]
            table = first.table or (first.column[0] if first.column else "")
            found = hinted_column(self.schema, table, sup.hints) if table and sup.hints != ("#",) else None
            if found is not None:
                self._set_order(Out("column", column=found), self._descends(sup, found), phrase)
                return
        if head is None and sup.hints and sup.hints != ("#",) and phrase.values and phrase.values[-1].links:
            # "how tall is the tallest goalkeeper": of those rows the one
            table = phrase.values[-1].links[0].table
            found = hinted_column(self.schema, table, sup.hints)
            if found is not None:
                self._set_order(Out("column", column=found), self._descends(sup, found), phrase)
                return
        if head is not None:
            count = Out("count", column=head.ref, table=head.table, distinct=True)
            self._set_order(count, descending, phrase)
            return
        if not phrase.values and (sup.text.lower() in {"most", "least", "fewest"} or sup.hints == ("#",)):
            # "Which class was booked the most?"
            scope = self.state.scope
            table = scope.table if scope is not self.root and scope.table else "?"
            self._set_order(Out("count", table=table), descending, phrase)
            return
        if phrase.values and phrase.values[-1].links:
            link = phrase.values[-1].links[0]
            self._set_order(Out("count", table=link.table), descending, phrase)
            return
        self.meaning.problems.append(f"unused:{sup.text}")

    def _many_of(self, phrase: Phrase, table: str) -> Out:
        return self._inside(phrase, table) or self.count_of(table)

    def _spends(self, phrase: Phrase) -> bool:
        """As in "who paid the most for tickets": so much money, and not so many tickets."""
        sup, head = phrase.sup, phrase.head
        said = [word for word in self.state.since if not word.startswith("column:")][-1:]
        said += [tag.text for tag in (self.cursor.tags[: self.cursor.at])[-4:] if tag.kind in {"unknown", "link"}]
        spends = any(stem(word.lower()) in SPENDING for word in said)
        many = sup is not None and sup.text.lower() in {"most", "least", "fewest"} and not phrase.howmany
        return (spends or bool(self.money_said)) and many and (head is None or head.kind == "table")

    def _money_of(self, head: Link | None) -> Out:
        """The one amount of money near what is asked for; where there are several it has to be said which."""
        tables = [head.table] if head is not None else []
        tables += [t for o in self.focus for t in sorted(o.tables()) if t]
        own = tables[-1] if tables else self.root.table
        said = main_measure(self.schema, tables[0]) if len(tables) > 1 else None
        found = said or (self._money_near(own) if own else money_in_reach([], self.schema))
        if found is None:
            self.meaning.problems.append("unclear:how much money")
            return Out("count", table=own)
        self.money_said.clear()
        self.meaning.assumptions.append(f"{found[1]} is the money that is meant")
        return Out("agg", column=found, func="sum")

    def _money_near(self, own: str) -> Ref | None:
        """The amount of money of the one sort of rows with any that belong to a table's rows."""
        near = [
            table
            for table in self.schema.tables
            if table not in self.schema.roles and own and self._is_upward(table, own) and table != own
        ]
        found = [ref for table in near if (ref := main_measure(self.schema, table))]
        found = found or [c.ref for table in near for c in self.schema.of(table) if adds_up_over(self.schema, c)]
        if len(found) > 1 and {"paid", "pay", "pays"} & self.words:
            # "Who paid the most": of several amounts that which is called a payment.
            found = [ref for ref in found if any(word.startswith("pay") for word in self.schema.tables[ref[0]])]
        return found[0] if len(found) == 1 else None

    def _amount_of(self, tag: Tag) -> bool:
        """Whether a span names a column of numbers that are no keys."""
        link = tag.links[0] if tag.kind == "link" else None
        column = self.schema.columns.get(link.ref) if link is not None else None
        return (
            link is not None
            and link.kind == "column"
            and column is not None
            and column.kind == "number"
            and not column.is_id
        )

    def _most_common(self, descending: bool, phrase: Phrase) -> bool:
        """As in "which breed of dog is the most common": a column of the rows spoken of, by how many have it."""
        first = self.focus[0] if len(self.focus) == 1 else None
        if first is None or first.kind != "column" or first.column is None or self.meaning.order:
            return False
        if self.schema.columns[first.column].unique:
            return False
        self._set_order(Out("count", table=first.column[0]), descending, phrase)
        return True

    def _descends(self, sup: Tag, found: Ref) -> bool:
        """The oldest has the earliest day of birth."""
        born = sup.hints == ("age",) and "age" not in self.schema.columns[found].core
        return (sup.data == "1") != born

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
        """As in "... for the top 3 types by number of customers": only the first groups."""
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
        many = phrase.sup is not None and phrase.sup.text.lower() in {"most", "fewest", "least"}
        plural = is_plural(phrase.head_tag) or counts_things(self.schema, column)
        many = many and column.kind == "number" and (plural or is_money(column))
        fees = is_plural(phrase.head_tag) and is_money(column) and adds_up_over(self.schema, column)
        if (is_additive(column, spoken) or many or fees) and self._grouped_focus(head.table):
            return Out("agg", column=head.ref, func="sum")
        return Out("column", column=head.ref)

    def _grouped_focus(self, table: str) -> bool:
        """Whether what is asked for stands over several rows of that table."""
        for out in self.focus:
            if out.kind == "grain":
                return True  # "which month had the highest revenue"
            if out.kind == "entity":
                return out.table != table
            if out.kind == "column" and out.column is not None:
                return out.column[0] != table or not self.schema.columns[out.column].unique
        return False

    def _set_order(self, out: Out, descending: bool, phrase: Phrase) -> None:
        scope = self.state.scope
        waiting = any(o.kind == "pending" for o, _ in self.meaning.order)
        # "which item is ordered most often" counts the orders of an item; no order is the most.
        waiting = waiting or (out.is_measure and out.tables() == {scope.table})
        if not waiting and scope is not self.root and scope.limit is None and self._scope_is_named(scope):
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
            number = phrase.sup.number or self.so_many
            self.meaning.limit = int(number) if number else 1
            self.meaning.ties = not number

    def _scope_is_named(self, scope: Scope) -> bool:
        return bool(scope.table) and any(True for _ in self._nested_holding(scope))

    def _nested_top(self, phrase: Phrase) -> None:
        """As in "in the largest state": the rows belong to the first of an order of another table."""
        sup, head = phrase.sup, phrase.head
        assert sup is not None
        assert head is not None
        table = head.table
        scope = Scope(table, parent=self.state.scope)
        scope.limit = int(sup.number) if sup.number else 1
        found = hinted_column(self.schema, table, sup.hints) if sup.hints and sup.hints != ("#",) else None
        if found:
            scope.order.append((Out("column", column=found), self._descends(sup, found)))
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

    def _superlative_name(self, phrase: Phrase) -> None:
        """As in "has the highest elevation" where a column is called so: the row in which it is highest."""
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
