"""Comparisons: more than, at least, before one o'clock, starts with."""

from __future__ import annotations

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import DOUBT, Beyond, Compare, Condition, Nested, Out, Ref, Scope, plain_number
from agents.builtin.parsing.phrases import Phrase, is_plural, read_phrase
from agents.builtin.parsing.superlatives import Superlatives
from agents.builtin.schema.ages import age_column
from agents.builtin.schema.choose import hinted_column, is_additive, label_columns, main_measure

# A rate per day holds no number of days.
_PRICES = frozenset("rate price fee pay wage salary cost amount tariff charge per".split())
_NEAR_BY = 1.2
_DEALS = frozenset(stem(word) for word in "buy bought order book sell sold purchase rent hire".split())
_EARNS = frozenset({"earn", "earns", "earning", "paid", "make"})


class Comparisons(Superlatives):
    """More than, at least, before one o'clock, starts with."""

    def _on_empty(self, _: list[Out]) -> None:
        """As in "the payment date is empty"."""
        tag = self.cursor.take()
        if self.state.column is None:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self._hold(Compare(self.state.column, "null", negated=self._negation()), self.state.column[0])

    def _on_before(self, targets: list[Out]) -> None:
        """As in "delivered after the day it was due": one day of a row compared with another."""
        following = self.cursor.peek(1)
        if following is not None and following.links and self._is_day(following.links[0]):
            self._on_cmp(targets)
            return
        tag = self.cursor.take()
        self.meaning.problems.append(f"unknown:{tag.text}")

    def _is_day(self, link: Link) -> bool:
        return link.kind == "column" and self.schema.columns[link.ref].kind == "date"

    def _column_with_column(self, op: str, phrase: Phrase) -> bool:
        """As in "delivered on or before the due date": two columns of one row."""
        own, head = self.state.column, phrase.head
        if (
            own is None
            or head is None
            or head.kind != "column"
            or phrase.number is not None
            or phrase.agg
            or phrase.sup
        ):
            return False
        if self.schema.columns[own].kind != self.schema.columns[head.ref].kind or own == head.ref:
            return False
        if self.schema.columns[own].kind not in {"date", "number"} or not self._beside(own, head.ref):
            return False
        self._hold(Compare(own, op, other=head.ref, negated=self._negation()), own[0])
        return True

    def _beside(self, own: Ref, other: Ref) -> bool:
        """Whether a column is of the same row, or a number of the one row that it belongs to."""
        return own[0] == other[0] or (self._holds_numbers(other) and self._is_upward(own[0], other[0]))

    def _count_with_column(self, op: str, phrase: Phrase) -> bool:
        """As in "boats with more hires than berths": how many rows belong to each, against a number that it has."""
        head, owner, cursor = phrase.head, self.state.scope, self.cursor
        if head is None or head.kind != "table" or phrase.number is not None or cursor.text() != "than":
            return False
        link = next(iter(cursor.tags[cursor.at + 1].links), None) if cursor.peek(1) is not None else None
        if link is None or link.kind != "column" or link.table != owner.table or owner is not self.root:
            return False
        if not self._holds_numbers(link.ref) or not self._is_upward(head.table, owner.table):
            return False
        cursor.at += 2
        counted = Scope(head.table, parent=owner)
        owner.conditions.append(Nested("measure", counted, self.count_of(head.table), op, against=link.ref))
        return True

    def _bound_of_row(self, op: str, phrase: Phrase) -> bool:
        """As in "a stock below the minimum", where each row has a minimum of its own."""
        own, sup = self.state.column, phrase.sup
        if own is None or sup is None or phrase.head is not None or phrase.number is not None:
            return False
        said = stem(sup.text.lower().split()[-1])
        bounds = [
            column.ref
            for column in self.schema.of(own[0])
            if column.kind == "number" and column.ref != own and said in {stem(word) for word in column.words}
        ]
        if self.schema.columns[own].kind != "number" or len(bounds) != 1:
            return False
        self._hold(Compare(own, op, other=bounds[0], negated=self._negation()), own[0])
        sup.kind = "skip"
        return True

    def _on_cmp(self, _: list[Out]) -> None:
        self._compare(self.cursor.take())

    def _compare(self, tag: Tag) -> None:  # noqa: C901 - one short branch a kind of phrase
        cursor = self.cursor
        if cursor.text() == "than":
            cursor.take()  # "cost more to make than ..."
        saved = cursor.at
        phrase = read_phrase(cursor)
        op = tag.data
        if self._count_with_column(op, phrase):
            return
        counted = phrase.head is not None and phrase.head.kind == "column" and phrase.number is None
        if counted and phrase.head is not None and cursor.text() == "than":
            # "more credits than the average"
            self.state.column = phrase.head.ref
            cursor.take()
            phrase = read_phrase(cursor)
        if phrase.head is None and phrase.agg == "sum" and phrase.number is None and cursor.text() == "than":
            cursor.take()  # "paid more in total than ..."
            phrase = read_phrase(cursor)
        if (
            (tag.hints and self._than_average(tag, phrase))
            or self._bound_of_row(op, phrase)
            or self._column_with_column(op, phrase)
            or self._than_average_owner(op, phrase)
        ):
            return
        measured = self.state.column is not None and self.schema.columns[self.state.column].kind in {"number", "date"}
        if phrase.number is None and phrase.head is None and phrase.agg == "avg" and measured and self.state.column:
            out = Out("agg", column=self.state.column, func="avg")
            scope = Scope(self.state.column[0], self._those(phrase), parent=self.state.scope)
            self.state.scope.conditions.append(Beyond(self.state.column, op, out, scope))
            return
        if self._than_average(tag, phrase):
            return
        table_said = phrase.head is None or phrase.head.kind == "table"
        if table_said and phrase.number is None and phrase.agg and tag.hints and self.state.column is None:
            self.meaning.problems.append(f"unclear:{tag.text}")
            return
        if phrase.number is None and phrase.head is not None and (phrase.agg or phrase.sup):
            self._beyond(op, phrase)
            return
        if self._than_role(op, phrase):
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
        if cursor.kind() == "times" and phrase.head is None:
            cursor.take()
            self._so_often(op, number)
            return
        if phrase.head is None and phrase.unit:
            phrase.head, phrase.head_tag = self._held_unit(phrase.unit, cursor.peek(-1)), cursor.peek(-1)
        if phrase.head is None and phrase.unit:
            self.meaning.problems.append(f"unused:{tag.text} {number:g} {phrase.unit}")
            return
        if phrase.head is None and not phrase.values:
            self._compare_number(op, number, tag)
            return
        self._compare_counted(op, number, phrase)

    def _held_unit(self, unit: str, tag: Tag | None) -> Link | None:
        """As in "worked more than 60 hours": the one column near that holds a number of these."""
        del tag
        near = [
            column.ref
            for column in self.schema.columns.values()
            if column.kind == "number"
            and not column.is_id
            and column.table not in self.schema.roles
            and stem(unit) in {stem(word) for word in column.words}
            and not _PRICES & set(column.words)
            and (found := self.schema.path(self.state.scope.table, column.table)) is not None
            and found[0] <= _NEAR_BY
        ]
        return Link("column", *near[0]) if len(near) == 1 else None

    def _than_average(self, tag: Tag, phrase: Phrase) -> bool:
        """As in "rooms bigger than the average room", "invoices above average": of the column that is hinted at."""
        table = self.state.scope.table
        named = phrase.head is None or (phrase.head.kind == "table" and phrase.head.table == table)
        if phrase.number is not None or phrase.agg not in {"avg", "median"} or not named or not table:
            return False
        if self.state.column is not None and self.schema.columns[self.state.column].kind == "number":
            column = self.state.column if self.state.column[0] == table else None
        else:
            column = hinted_column(self.schema, table, tag.hints) if tag.hints else main_measure(self.schema, table)
        if column is None or self.schema.columns[column].kind != "number":
            return False
        self.meaning.assumptions.append(f"compared by {column[1]}")
        out = Out("agg", column=column, func=phrase.agg)
        average = Scope(table, self._those(phrase), parent=self.state.scope)
        self.state.scope.conditions.append(Beyond(column, tag.data, out, average))
        return True

    def _those(self, phrase: Phrase) -> list[Condition]:
        """As in "than the average lamp", where a sort of rows is called so: the average is over that sort."""
        links = [tag.links[0] for tag in phrase.values if tag.links and tag.links[0].value is not None]
        return [Compare(link.ref, "=", (link.value,)) for link in links if link.value is not None]

    def _than_average_owner(self, op: str, phrase: Phrase) -> bool:
        """As in "members who spent more than the average member": each one's sum against the average of these."""
        table, head = self.state.scope.table, phrase.head
        if phrase.agg != "avg" or phrase.number is not None or not table or self.state.scope is not self.root:
            return False
        if head is None or head.kind != "table" or head.table != table or not self.schema.keys.get(table):
            return False
        measured = self._measured_by() or self.state.column
        if measured is None or measured[0] == table or self.schema.columns[measured].kind != "number":
            measured = self._money_near(table)
        if measured is None or self.schema.columns[measured].is_id or not self._is_upward(measured[0], table):
            return False
        inner = Scope(measured[0], parent=self.root)
        out = Out("agg", column=measured, func="sum")
        self.root.conditions.append(Nested("measure", inner, out, op, average=table))
        self.meaning.assumptions.append(f"{measured[1]} is added up for each of {table}")
        self.meaning.assumptions.append(f"the average is over those of {table} that have any")
        self.state.scope = inner
        self.money_said.clear()
        return True

    def _measured_by(self) -> Ref | None:
        """As in "... than the average member, by amount": the amount that is said behind; the words are used up."""
        tags = self.cursor.tags
        for place in range(self.cursor.at, len(tags) - 1):
            if tags[place].kind == "group" and tags[place].data == "by" and self._amount_of(tags[place + 1]):
                ref = tags[place + 1].links[0].ref
                del tags[place : place + 2]
                return ref
        return None

    def _than_role(self, op: str, phrase: Phrase) -> bool:
        """As in "employees who earn more than their manager": the same column of the row that is pointed at."""
        column, head = self.state.column, phrase.head
        if head is None or phrase.number is not None or phrase.agg or phrase.sup:
            return False
        roles = [
            name
            for name, role in self.schema.roles.items()
            if role.own
            and name in {head.table, *(link.table for link in (phrase.head_tag.links if phrase.head_tag else []))}
        ]
        if len(roles) != 1:
            return False
        role = self.schema.roles[roles[0]]
        if column is None or column[0] != role.table:
            column = hinted_column(self.schema, role.table, ("salary", "amount")) if _EARNS & self.words else None
        if column is None or self.schema.columns[column].kind not in {"number", "date"}:
            return False
        other = (roles[0], column[1])
        self._hold(Compare(column, op, other=other), column[0])
        return True

    def _between(self) -> bool:
        """As in "between 20 and 30": both ends belong to it."""
        cursor = self.cursor
        low, high = cursor.peek(), cursor.peek(2)
        if low is None or high is None or low.kind != "num" or high.kind != "num" or cursor.kind(1) != "conj":
            return False
        cursor.at += 3
        column = (
            self.state.column if self.state.column and self.schema.columns[self.state.column].kind == "number" else None
        )
        if cursor.kind() == "unit":
            unit = cursor.take().data
            if unit == "year":
                table = self.state.scope.table
                column = column or age_column(self.schema, table) or hinted_column(self.schema, table, ("age",))
        if column is None and cursor.kind() == "link":
            phrase = read_phrase(cursor)
            if (
                phrase.head is not None
                and phrase.head.kind == "column"
                and self.schema.columns[phrase.head.ref].kind == "number"
            ):
                column = phrase.head.ref
            elif phrase.head is not None and phrase.head.kind == "table":
                out = self.count_of(phrase.head.table)
                self._measure_condition(out, ">=", low.number or 0, phrase.head.table)
                self.state.scope = self.state.scope.parent or self.state.scope
                self._measure_condition(out, "<=", high.number or 0, phrase.head.table)
                return True
        if column is None:
            column = main_measure(self.schema, self.state.scope.table) if self.state.scope.table else None
        if column is None:
            self.meaning.problems.append(f"unclear:between {low.text} and {high.text}")
            return True
        self._hold(Compare(column, ">=", (plain_number(low.number or 0),)), column[0])
        self._hold(Compare(column, "<=", (plain_number(high.number or 0),)), column[0])
        return True

    def _so_often(self, op: str, number: float) -> None:
        """As in "shipped at least 10 times": so many rows of the table that was just spoken of."""
        mention = self.state.since[-1] if self.state.since else ""
        table = mention.removeprefix("column:").rpartition(".")[0] if mention.startswith("column:") else ""
        if not table and self.state.column is not None:
            table = self.state.column[0]
        if not table or table == self.root.table:
            scope = self.state.scope
            children = sorted({join.table for join in self.schema.joins if join.parent == self.root.table})
            table = scope.table if scope.table != self.root.table else children[0] if len(children) == 1 else ""
        if not table:
            self.meaning.problems.append(f"unclear:{number:g} times")
            return
        self._measure_condition(self.count_of(table), op, number, table)

    def _compare_number(self, op: str, number: float, tag: Tag) -> None:
        column = self.state.column
        if column is not None and self.schema.columns[column].kind != "number":
            column = None
        if column is None and _EARNS & self.words and self.state.scope.table:
            column = hinted_column(self.schema, self.state.scope.table, ("salary", "wage", "pay", "income"))
        if tag.hints and (column is None):
            table = self.state.scope.table
            years = age_column(self.schema, table) if tag.hints == ("age",) else None
            column = years or (hinted_column(self.schema, table, tag.hints) if table else None)
        if (
            column is None
            and self.state.scope.table
            and not any(o.is_measure and o.kind != "count" for o in self.focus)
        ):
            column = main_measure(self.schema, self.state.scope.table)
            if column is not None:
                self.meaning.assumptions.append(f"the number is compared with {column[1]}")
                self.meaning.score -= 0.05
        if column is None and (self.money_said or self._for_money(tag)):
            spent = self._money_near(self.state.scope.table)
            if spent is not None:
                # "patrons who have spent more than 500": all their amounts together
                self.money_said.clear()
                self.meaning.assumptions.append(f"{spent[1]} is the money that is meant")
                self._measure_condition(Out("agg", column=spent, func="sum"), op, number, spent[0])
                return
        if column is None:
            measure = next((o for o in reversed(self.focus) if o.is_measure), None)
            self.meaning.problems.append(
                f"unused:{tag.text} {number:g}" if measure is None else f"unclear:{tag.text} {number:g}"
            )
            return
        self._hold(Compare(column, op, (plain_number(number),), negated=self._negation()), column[0])

    def _for_money(self, tag: Tag) -> bool:
        """As in "shops that bought for more than 500": what is bought for a number is paid."""
        place = next((p for p, one in enumerate(self.cursor.tags) if one is tag), 0)
        before = [one.text.lower() for one in self.cursor.tags[max(0, place - 2) : place]]
        return before[1:] == ["for"] and bool({stem(word) for word in before[0].split()} & _DEALS)

    def _compare_counted(self, op: str, number: float, phrase: Phrase) -> None:
        """As in "more than 5 orders", "at least 100 likes"."""
        head = phrase.head
        if head is not None and head.kind == "column":
            column = self.schema.columns[head.ref]
            if column.kind == "number" and not column.is_id and not self._is_reference(head.ref):
                if phrase.agg or self._adds_up(phrase):
                    self._measure_condition(
                        Out("agg", column=head.ref, func=phrase.agg or "sum"), op, number, head.table
                    )
                else:
                    self._hold(Compare(head.ref, op, (plain_number(number),)), head.table)
                return
            if column.kind == "date" and not phrase.distinct:
                # A day is not so many of anything; "on more than 3 different days" says that they are counted.
                self.meaning.problems.append(f"unclear:{head.column}")
            self._measure_condition(
                Out("count", column=head.ref, table=head.table, distinct=True), op, number, head.table
            )
            return
        table = head.table if head is not None else phrase.values[-1].links[0].table if phrase.values[-1].links else ""
        if not table:
            self.meaning.problems.append(f"unused:{number:g}")
            return
        many = self._inside(phrase, table) or Out("count", table=table, distinct=phrase.distinct)
        scope = self._measure_condition(many, op, number, table)
        if scope is not None:
            for tag in phrase.values:
                self._value(tag)

    def _heads_many(self, out: Out, table: str) -> bool:
        """Whether what is asked for is a column whose values stand over several rows of its table."""
        if out.kind != "column" or out.column is None or out.column[0] != table:
            return False
        column = self.schema.columns[out.column]
        return not column.unique and column.kind == "text" and out.column not in label_columns(self.schema, table)

    def _adds_up(self, phrase: Phrase) -> bool:
        """As in "categories with more than 100 units sold": so many of all its rows together."""
        head, tag = phrase.head, phrase.head_tag
        assert head is not None
        column = self.schema.columns[head.ref]
        if tag is None or not is_plural(tag) or not is_additive(column, f"{tag.text} {' '.join(column.core)}"):
            return False
        owner = self.state.scope.table
        if owner and owner != head.table and not self._is_upward(owner, head.table):
            return True
        return bool(self.focus) and self._grouped_focus(head.table)

    def _measure_condition(self, out: Out, op: str, number: float, table: str) -> Scope | None:
        owner = self.state.scope
        if owner is not self.root and owner.table == table:
            for holder in self._nested_holding(owner):
                # "customers who ordered more than once": not one order, but so many.
                holder.kind, holder.out, holder.op, holder.value = "measure", out, op, number
                return owner
        first = self.focus[0] if self.focus else None
        grouped = self.meaning.groups[-1] if self.meaning.groups else first
        if (
            grouped is not None
            and owner is self.root
            and (self.meaning.groups or (grouped.kind == "column" and (grouped.column or ("",))[0] == table))
        ):
            self.meaning.having.append((out, op, number))
            return None
        if grouped is not None and owner is self.root and self._heads_many(grouped, owner.table):
            # "categories with more than 100 units sold": of all products of the category together
            self.meaning.having.append((out, op, number))
            return None
        if not owner.table or owner.table == table:
            self.meaning.having.append((out, op, number))
            return None
        scope = Scope(table, parent=owner)
        self._of_those(owner, scope)
        owner.conditions.append(Nested("measure", scope, out, op, number))
        self.state.scope = scope
        return scope

    def _of_those(self, owner: Scope, counted: Scope) -> None:
        """As in "customers who cancelled more than 3 orders": what was said right before is said of those counted."""
        last = self.state.last[-1] if self.state.last else None
        near = [tag.kind for tag in self.cursor.tags[max(0, self.cursor.at - 4) : self.cursor.at]]
        if isinstance(last, Compare) and last in owner.conditions and last.column[0] == counted.table:
            if "conj" in near:
                self.meaning.problems.append(f"{DOUBT}{last.column[1]} may be said of those that are counted")
                return
            owner.conditions.remove(last)
            counted.conditions.append(last)

    def _measure_compared(self, out: Out) -> None:
        tag = self.cursor.take()
        number = read_phrase(self.cursor).number
        table = out.table or (out.column[0] if out.column else "")
        if number is None:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self._measure_condition(out, tag.data, number, table)

    def _beyond(self, op: str, phrase: Phrase) -> None:
        """As in "above the average price"."""
        head = phrase.head
        assert head is not None
        out = self._measure(phrase)
        if out is None or out.column is None or out.func not in {"avg", "median", "max", "min"}:
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
        if following is not None and column is None and following.links and following.links[0].how in {"exact", "form"}:
            return  # "boxes that contain glass": the rows that belong to them say so
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
