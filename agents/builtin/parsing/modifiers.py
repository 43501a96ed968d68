"""Modifiers: everything that stands behind what is asked for."""

from __future__ import annotations

from agents.builtin.language.lexicon import FILLER, RELATING
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link, is_flag, truth
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Condition, Either, Nested, Out, Scalar, Scope
from agents.builtin.parsing.given import Given
from agents.builtin.parsing.phrases import MODIFIERS, Phrase, is_participle, is_plural, read_phrase
from agents.builtin.parsing.superlatives import SPENDING
from agents.builtin.schema.choose import date_columns, due_days, is_planned, label_columns, says_when

_FORESEEN = frozenset(stem(word) for word in "planned scheduled due set meant arranged slated expected".split())
_TIMELY = {"late": ">", "punctual": "<=", "punctually": "<=", "early": "<"}
_FLIP = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}


_BEGINS = frozenset(stem(word) for word in "start started begin began begun".split())
# Verbs that are states behind "is": "what is open" is no opening.
_STATES = frozenset({"open", "complete", "present", "separate"})
_ARE = frozenset({"is", "are", "was", "were", "still", "yet", "currently"})


class Modifiers(Given):
    """Everything that stands behind what is asked for."""

    def _step(self, target: list[Out]) -> None:
        cursor = self.cursor
        tag = cursor.peek()
        assert tag is not None
        handler = getattr(self, f"_on_{tag.kind}", None)
        if handler is not None:
            handler(target)
        elif tag.kind in MODIFIERS:
            self._phrase(target)

    def _leftover(self, tag: Tag) -> None:
        if tag.kind == "unknown":
            word = stem(tag.text.lower())
            if self._text_inside(tag) or self._timely(tag.text.lower()) or self._began(word):
                return
            if word in SPENDING and word not in RELATING:
                self.money_said.append(tag.text)
            elif word in _FORESEEN and self.cursor.kind() == "period":
                pass  # "events planned for 2023" are those of 2023
            elif word in RELATING and not (tag.text.lower() in _STATES and tag.before in _ARE):
                self.state.since.append(tag.text.lower())
                self.meaning.score -= 0.02
            elif word not in FILLER or tag.data == "claims":
                self.meaning.problems.append(f"unknown:{tag.text}")
        elif tag.kind in {"quoted", "num", "time"}:
            if tag.kind == "quoted" and self._text_inside(tag):
                return
            self.meaning.problems.append(f"unused:{tag.text}")

    def _began(self, word: str) -> bool:
        """As in "rentals that started before noon", where rows have one day on which they came about."""
        table = next((scope.table for scope in self._chain() if scope.table), "")
        days = date_columns(self.schema, table) if table else []
        if word not in _BEGINS or not days or not says_when(self.schema, days[0]):
            return False
        self.state.column = days[0].ref
        return True

    def _timely(self, word: str) -> bool:
        """As in "delivered late": the day on which it was done, against the day for which it was planned."""
        op = _TIMELY.get(word)
        table = next((scope.table for scope in self._chain() if scope.table), "")
        days = [column for column in self.schema.of(table) if column.kind == "date"] if table else []
        planned = [column.ref for column in days if is_planned(column)]
        if op is None or len(planned) != 1:
            return False
        due = due_days(self.schema, table)
        done = [c.ref for c in days if c.ref not in planned and not says_when(self.schema, c)]
        done = [due[1].ref] if due is not None else done
        before = self.cursor.peek(-2)
        ways = [link.ref for link in before.links[:1] if link.table == table] if before is not None else []
        if any(ref in {c.ref for c in days if says_when(self.schema, c)} and ref not in done for ref in ways):
            return False  # "went out late" of what is due back
        said = self.state.column
        if said is not None and said[0] == table and self.schema.columns[said].kind == "date" and said not in planned:
            # "Went out in May and came back late" is late to come back, where that alone can be late.
            done = done if len(done) == 1 and says_when(self.schema, self.schema.columns[said]) else [said]
        if len(done) != 1:
            return False
        self._hold(Compare(done[0], op, other=planned[0], negated=self._negation()), table)
        self.meaning.assumptions.append(f"{word} compares {done[0][1]} with {planned[0][1]}")
        return True

    def _on_alike(self, _: list[Out]) -> None:
        """As in "by the same clerk": two references of one row that lead to the same."""
        first, second = (link.ref for link in self.cursor.take().links[:2])
        self._hold(Compare(first, "=", other=second, negated=self._negation()), first[0])

    def _on_rel(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.data == "whose":
            self.state.whose = True
        self.state.list_of = "where"

    def _on_prep(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if tag.text.lower() == "between" and self._between():
            return
        if tag.text.lower() == "between" and self.cursor.kind() == "num":
            self.meaning.problems.append("unclear:between")
        if tag.data in {"", "name", "between", "than", "limit"}:
            self.state.list_of = "where"

    def _on_versus(self, _: list[Out]) -> None:
        self.cursor.take()
        self.versus = True
        self.state.list_of = "where"

    def _on_neg(self, _: list[Out]) -> None:
        tag = self.cursor.take()
        if self.cursor.kind() == "cmp":
            following = self.cursor.peek()
            if following is not None and following.data in _FLIP:
                following.data = _FLIP[following.data]
            return
        self.state.negated = True
        self.state.never = tag.text.lower() == "never"
        before = [self.cursor.peek(-2), self.cursor.peek(-3)]
        if self.state.never and any(one is not None and one.kind == "conj" for one in before):
            self.state.scope = self.root  # "..., but have never done so": whom the sentence is about
        self.excepted = tag.data == "except"
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
        column = self._date_for()
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
        """As in "how many have an exam and how many do not": both, side by side."""
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

    def _phrase(self, target: list[Out]) -> None:  # noqa: C901 - one short branch a kind of phrase
        phrase = read_phrase(self.cursor)
        if phrase.empty:
            return
        if phrase.at_least and phrase.number is not None:
            self._compare_counted(phrase.at_least, phrase.number, phrase)
            return
        out = self._measure(phrase)
        if phrase.sup is not None:
            self._superlative(phrase)
            return
        if (
            self.state.list_of == "focus"
            and (phrase.head is not None or phrase.howmany or phrase.agg)
            and not phrase.is_value
        ) and not (phrase.head is not None and phrase.head.kind == "table" and target and not phrase.howmany):
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
        if phrase.unit and phrase.head is None and not (phrase.unit == "week" and self._groups_by_day()):
            self.meaning.problems.append(f"unused:{phrase.unit}")
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
            self._filled(phrase)
        else:
            self._column_phrase(phrase)

    def _groups_by_day(self) -> bool:
        """As in "each day of the week", where a column says which day of the week it was."""
        last = self.meaning.groups[-1] if self.meaning.groups else None
        column = last.column if last is not None else None
        return column is not None and self.schema.columns[column].core in {("day",), ("weekday",)}

    def _table_phrase(self, phrase: Phrase) -> None:
        head = phrase.head
        assert head is not None
        negated = self._negation()
        if negated and self.excepted and phrase.values and self._is_measured(head.table):
            # "excluding cancelled orders", where orders are what is added up
            for tag in phrase.values:
                self.state.negated = True
                self._value(tag)
            return
        for table in phrase.tables:
            self._mention(table)
        if self._through(head.table):
            for tag in phrase.values:
                self._value(tag)
            self.state.column = None
            return
        if not negated and self._shown_beside(phrase):
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

    def _shown_beside(self, phrase: Phrase) -> bool:
        """As in "list patients with their doctor": who it is for each, and all of them, also those without one."""
        head, tag = phrase.head, phrase.head_tag
        if head is None or tag is None or tag.before not in {"their", "its", "the"} or phrase.values or phrase.equals:
            return False
        before = self.cursor.peek(-2)
        ends = self.cursor.done or self.cursor.kind() in {"end", "order"}
        if not ends or before is None or before.text.lower() != "with" or self.state.scope is not self.root:
            return False
        root = self.root.table
        plain = bool(self.focus) and all(o.kind == "entity" and o.table == root for o in self.focus)
        if not plain or head.table == root or not self._is_upward(root, head.table):
            return False
        self.focus.append(Out("entity", table=head.table))
        self.meaning.everyone = self.meaning.everyone or root
        return True

    def _hold(self, condition: Condition, table: str) -> None:
        """As in "top customers by amount, excluding cancelled orders": the orders are left out, not their customers."""
        excepted = isinstance(condition, Compare) and condition.negated and self.excepted
        if excepted and self.state.scope is self.root and self._is_measured(table):
            self.root.conditions.append(condition)
            self.state.last.append(condition)
            return
        super()._hold(condition, table)

    def _is_measured(self, table: str) -> bool:
        outs = [*self.focus, *self.asked, *(out for out, _ in self.meaning.order)]
        return any((out.is_measure or self._adds_in_the_end(out)) and table in out.tables() for out in outs)

    def _adds_in_the_end(self, out: Out) -> bool:
        """As in "top customers by fare", where each one's fares are added up in the end."""
        return out.kind == "column" and out.column is not None and self.schema.columns[out.column].kind == "number"

    def _column_phrase(self, phrase: Phrase) -> None:  # noqa: C901 - one short branch a kind of phrase
        head = phrase.head
        assert head is not None
        for table in phrase.tables:
            self._mention(table)
        for tag in phrase.values:
            if not tag.links and self.schema.columns[head.ref].kind == "text":
                # "a .com email address"
                self._hold(Compare(head.ref, "end" if tag.text.startswith(".") else "in", (tag.text,)), head.table)
            else:
                self._value(tag)
        said = phrase.head_tag.text.lower() if phrase.head_tag is not None else ""
        if self.schema.columns[head.ref].is_id and is_participle(said.split()[0]):
            self.meaning.relations.append((head.ref, said))
            for tag in phrase.equals:
                self._equal(phrase, tag)
            return  # "supplied by": how things belong together, which the keys know
        if self._negated_relation(head):
            for tag in phrase.equals:
                self._equal(phrase, tag)
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
        if self._has_some(phrase, following):
            return
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
        verb = column.kind == "date" and is_participle(said) and self.cursor.kind() == "link"
        if verb and self.cursor.tags[self.cursor.at].links[0].kind == "table":
            self.state.date = head.ref  # "have not booked a shipment"
            return
        if self._negation():
            if self._belongs_to_none(head):
                return
            absent = Compare(head.ref, "null")
            nothing = Either([absent, Compare(head.ref, "=", (0,))]) if column.kind == "number" else absent
            self._hold(nothing, head.table)
            return
        if self._was_done(phrase, said) or self._was_given(phrase) or self._column_beside(phrase):
            return
        if self._only_claimed(phrase, said, following):
            self.meaning.problems.append(f"idle:{said}")
        self.state.since.append(f"column:{head.table}.{head.column}")
        self._superlative_name(phrase)
        # "booked" and "name" tell how things belong together; any other column left over was meant to count.
        relating = head.how == "synonym" and stem(said) in RELATING
        light = relating or column.kind == "date" or said in {"name", "names"}
        light = light or said.endswith(("ed", "ing")) or is_participle(said)
        # "Medical clients" are rows, though a column of their names is called client, too.
        rows = phrase.head_tag is not None and any(
            link.kind == "table" and link.table == head.table and link.score >= head.score
            for link in phrase.head_tag.links
        )
        self.meaning.mentions.append((head.ref, 0.1 if light or rows else 0.35))
        if not self.root.table:
            self.root.table = head.table

    def _only_claimed(self, phrase: Phrase, said: str, following: str) -> bool:
        """As in "... although they are finished": said of the rows, while no condition came of it."""
        tag = phrase.head_tag
        be = tag is not None and tag.before in {"are", "is", "were", "was", "been", "they're", "it's", "not"}
        return be and is_participle(said) and following in {"end", "conj", ""} and not self.when

    def _belongs_to_none(self, head: Link) -> bool:
        """As in "patients without a doctor": none that they belong to, which no row of the doctors says."""
        scope = self.state.scope
        if not scope.table or scope.table == head.table or not self._is_upward(scope.table, head.table):
            return False
        if head.ref not in label_columns(self.schema, head.table) and head.column not in self.schema.keys[head.table]:
            return False  # "invoices of customers without an e-mail" have a customer
        scope.conditions.append(Nested("none", Scope(head.table, parent=scope)))
        return True

    def _was_done(self, phrase: Phrase, said: str) -> bool:
        """As in "drivers who have left", "boats that were repaired": the day or the amount of it is there."""
        head = phrase.head
        assert head is not None
        column, scope = self.schema.columns[head.ref], self.state.scope
        last = self.cursor.peek()
        if last is not None and last.kind in {"prep", "rel"} and last.data in {"is", "with"}:
            last = self.cursor.peek(1)  # "which left have", as other languages put it
        ends = last is None or last.kind in {"end", "conj", "group", "order"} or last.text.lower() in {"us", "it"}
        if not ends or not (is_participle(said) or said.endswith("ed")) or column.stats.filled >= column.stats.rows:
            return False
        if not scope.table or scope.table != head.table or column.is_id or column.kind not in {"date", "number"}:
            return False
        # What is dated by the column is not also a condition: "orders shipped per month" has the days it has.
        if last is not None and last.kind in {"group", "order"}:
            self.state.date = head.ref if column.kind == "date" else self.state.date
        done = Compare(head.ref, "notnull") if column.kind == "date" else Compare(head.ref, ">", (0,))
        self._hold(done, head.table)
        return True

    def _has_some(self, phrase: Phrase, following: str) -> bool:
        """As in "bookings with children", where a column says how many: more than none."""
        head, tag = phrase.head, phrase.head_tag
        if head is None or tag is None or following in {"cmp", "num", "post", "like", "quoted"}:
            return False
        column = self.schema.columns[head.ref]
        before = self.cursor.peek(-2)
        if column.kind != "number" or column.is_id or not is_plural(tag) or before is None:
            return False
        if before.text.lower() not in {"with", "having", "have", "has", "had"} or is_flag(column):
            return False
        if tag.before not in {"with", "having", "have", "has", "had", "any", "some"} or self._negation():
            return False
        self._hold(Compare(head.ref, ">", (0,)), head.table)
        return True

    def _negated_relation(self, head: Link) -> bool:
        """As in "do not border Norway": no row of the other table says so, which is not a row that says otherwise."""
        scope = self.state.scope
        if not self.state.negated or not scope.table or self._is_upward(scope.table, head.table):
            return False
        column = self.schema.columns[head.ref]
        open_too = column.kind == "date" and column.stats.filled < column.stats.rows
        if open_too and "never" not in self.words and self.cursor.kind() in {"end", "conj", ""}:
            # "shops that have not paid": none of what they owe, or not all of it.
            self.meaning.problems.append(f"unclear:not {head.column}")
        self.state.negated = False
        inner = Scope(head.table, parent=scope)
        scope.conditions.append(Nested("none", inner))
        self.state.scope = inner
        self.state.column = head.ref
        self.state.since.append(f"column:{head.table}.{head.column}")
        return True

    def _repeated_relation(self, head: Link) -> None:
        """As in "border A and border B": each by a row of its own."""
        if f"column:{head.table}.{head.column}" in self.state.since and not self._is_upward(
            self.root.table, head.table
        ):
            self.state.both = True
