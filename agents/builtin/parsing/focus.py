"""The focus: what a sentence asks for."""

from __future__ import annotations

from agents.builtin.language.lexicon import PEOPLE, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link, is_flag, truth
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Out, Ref
from agents.builtin.parsing.dated import DEALS
from agents.builtin.parsing.grouping import Grouping
from agents.builtin.parsing.phrases import (
    MODIFIERS,
    Phrase,
    is_participle,
    is_plural,
    is_table,
    read_phrase,
    read_phrase_one,
)
from agents.builtin.schema.choose import adds_up_over, date_columns, place_columns
from agents.builtin.schema.references import holds_people

_CLIENTS = frozenset(
    stem(word) for word in "customer client buyer guest member patron patient student tenant donor passenger".split()
)
_MOST_SORTS = 20
_AMOUNTS = frozenset({"amount", "value", "sum"})


class Focus(Grouping):
    """What a sentence asks for."""

    def _focus(self, target: list[Out]) -> None:  # noqa: C901 - one short branch a kind of phrase
        counted = False
        while not self.cursor.done:
            kind = self.cursor.kind()
            if kind in {"ratio", "share", "diff"}:
                self._composite(target)
                return
            if kind not in MODIFIERS:
                if kind == "group" and not target and self.cursor.data() == "each":
                    self.cursor.take()
                    continue
                if kind == "group" and not target and self.cursor.kind(1) == "unit" and self.cursor.text() == "per":
                    self.cursor.take()  # "per month customers"
                    self._group(read_phrase_one(self.cursor))
                    continue
                return
            phrase = read_phrase(self.cursor)
            if phrase.unit and self.cursor.text() in {"between", "from"}:
                if self._days_between(phrase, target):
                    return
                self.meaning.problems.append(f"unclear:{phrase.unit}s {self.cursor.text()}")
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
            if self.cursor.kind() == "conj" and self.cursor.data() in {"and", ",", "andhowmany", "both"}:
                saved = self.cursor.at
                while self.cursor.kind() == "conj":
                    if self.cursor.data() == "andhowmany":
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

    def _ask(self, phrase: Phrase, target: list[Out]) -> None:  # noqa: C901 - one short branch a kind of phrase
        """A phrase in the place of what is asked for."""
        self._count_marked(phrase)
        if not target and self._sort_compared(phrase, target):
            return
        if phrase.number is not None and not phrase.sup and not target and is_plural(phrase.head_tag):
            self.so_many = int(phrase.number)  # "which 5 teas were sold most"
        out = self._measure(phrase)
        self._filled(phrase)
        for tag in phrase.values:
            self._value(tag)
        for table in phrase.tables:
            self._mention(table)
        if phrase.more and out is not None and out.kind == "agg" and out.column is not None:
            target += [Out("agg", column=out.column, func=func) for func in phrase.more]
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
                self._superlative(phrase)
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
        if (
            self.who
            and not target
            and out.kind == "column"
            and out.column
            and self.schema.columns[out.column].kind == "date"
        ):
            person = out.column[0] if self._tells_when(out.column) else self._person_near(out.column[0])
            if person is not None:
                self.state.date = out.column
                out = Out("entity", table=person)  # "Who joined first?"
        if self.who and not target and out.kind == "entity" and phrase.sup is None and self._doer_asked(phrase, target):
            return
        if self.who and not target and out.kind == "column" and out.column:
            person = self._person_behind(out.column)
            out = Out("entity", table=person) if person else out  # "who opened account 7?"
        if not target and phrase.head_tag is not None and not is_plural(phrase.head_tag):
            noun = next((t for t in map(self.cursor.peek, (1, 2, 3)) if t is not None and is_table(t)), None)
            of = self.cursor.text() == "of" and is_plural(noun)
            said = set(phrase.head_tag.text.lower().split())
            column = self.schema.columns.get(out.column) if out.kind == "column" and out.column else None
            flows = column is not None and bool(said & _AMOUNTS) and adds_up_over(self.schema, column)
            self.of_all = of and ("total" in said or flows)  # "total price of bookings ..."
            self.one_figure = self.cursor.kind() in {"prep", "rel", "link", "unknown"} and self.cursor.text() != "of"
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
        if out.kind == "entity" and phrase.head_tag is not None:
            self.nouns.setdefault(out.table, phrase.head_tag.text)
        self._became(out)
        for tag in phrase.equals:
            self._equal(phrase, tag)

    def _sort_compared(self, phrase: Phrase, target: list[Out]) -> bool:
        """As in "which lamps cost more than 3": lamps are asked for, and what they cost is compared."""
        head, sort = phrase.head, phrase.values[0] if phrase.values else None
        plain = not (phrase.agg or phrase.howmany or phrase.howmuch or phrase.sup)
        if not self.which or head is None or head.kind != "column" or sort is None or not sort.links or not plain:
            return False
        compared = self.cursor.kind() == "cmp" and self.schema.columns[head.ref].kind == "number"
        if not compared or not is_plural(sort) or sort.links[0].table != head.table:
            return False
        target.append(Out("entity", table=head.table))
        self._became(target[0])
        for tag in phrase.values:
            self._value(tag)
        self.state.column = head.ref
        return True

    def _doer_asked(self, phrase: Phrase, target: list[Out]) -> bool:
        """As in "who ordered in May": those whose orders they are, and no orders."""
        head, tag = phrase.head, phrase.head_tag
        if head is None or tag is None or holds_people(self.schema, self.schema.real(head.table)):
            return False
        if {stem(word) for word in self.schema.tables[head.table]} & PEOPLE:
            return False
        done = is_participle(tag.text.lower())
        person = self._person_near(head.table) or (self._dealer(head.table, tag.text.lower()) if done else None)
        if person is None or person == head.table:
            above = {join.parent for join in self.schema.joins if join.table == head.table}
            people = any(holds_people(self.schema, self.schema.real(table)) for table in above)
            self.meaning.problems += ["unclear:who"] if done or people else []
            return False
        if self.root.table == head.table and not self.root.conditions:
            self.root.table = ""
        target.append(Out("entity", table=person))
        self._became(target[0])
        self._mention(head.table)
        return True

    def _dealer(self, table: str, verb: str) -> str | None:
        """Of several people that rows belong to, those who deal with a business, where that is what was done."""
        if stem(verb.split(maxsplit=1)[0]) not in DEALS:
            return None
        parents = {join.parent for join in self.schema.joins if join.table == table}
        found = [one for one in sorted(parents) if {stem(word) for word in self.schema.tables[one]} & _CLIENTS]
        return found[0] if len(found) == 1 else None

    def _count_marked(self, phrase: Phrase) -> None:
        """As in "how many union members", where rows are marked as such: those that are."""
        head, tag = phrase.head, phrase.head_tag
        if not phrase.howmany or phrase.distinct or head is None or tag is None or head.kind != "column":
            return
        column = self.schema.columns[head.ref]
        if is_flag(column) and is_plural(tag):
            said = Link("value", *head.ref, value=truth(column, True), how="flag")
            phrase.values.append(Tag("link", tag.start, tag.end, tag.text, links=[said]))
            phrase.head = Link("table", head.table)

    def _superlative(self, phrase: Phrase) -> None:
        if not self._longest_between(phrase):
            super()._superlative(phrase)

    def _longest_between(self, phrase: Phrase) -> bool:
        """As in "ran the longest from opening to closing": the row with the most days from one to the other."""
        sup, cursor = phrase.sup, self.cursor
        spans = sup is not None and bool({"duration", "days"} & set(sup.hints))
        if sup is None or not spans or phrase.head is not None or cursor.text() not in {"from", "between"}:
            return False
        saved = cursor.at
        stop = {"between": "and", "from": "to"}[cursor.take().text.lower()]
        first = read_phrase(cursor)
        found = None
        if cursor.text().split()[:1] == [stop]:
            cursor.take()
            found = self._two_days(first, read_phrase(cursor))
        if found is None:
            cursor.at = saved
            return False
        parts = [Out("column", column=ref) for ref in (found[1], found[0])]
        self._set_order(Out("difference", parts=parts), sup.data == "1", phrase)
        self.meaning.assumptions.append(f"days are counted from {found[0][1]} to {found[1][1]}")
        return True

    def _days_between(self, phrase: Phrase, target: list[Out]) -> bool:
        """As in "average number of days between the order date and the delivery date"."""
        cursor = self.cursor
        saved = cursor.at
        stop = {"between": "and", "from": "to"}[cursor.take().text.lower()]
        first = read_phrase(cursor)
        if cursor.text().split()[:1] != [stop]:
            cursor.at = saved
            return False
        cursor.take()
        second = read_phrase(cursor)
        plain = self._is_date(first) and self._is_date(second)
        found = self._two_days(first, second) if plain or phrase.agg else None
        if found is None or phrase.unit != "day":
            cursor.at = saved
            return False
        days = Out("difference", parts=[Out("column", column=found[1]), Out("column", column=found[0])])
        out = Out("agg", func=phrase.agg, parts=[days]) if phrase.agg else days
        target.append(out)
        self.root.table = self.root.table or found[0][0]
        return True

    def _two_days(self, first: Phrase, second: Phrase) -> tuple[Ref, Ref] | None:
        """The days of one row that two phrases speak of, as "from invoice to payment": each by its noun or its verb."""
        firsts, seconds = self._days_of(first), self._days_of(second)
        pairs = [(a, b) for a in firsts for b in seconds if a[0] == b[0] and a != b]
        return pairs[0] if len(pairs) == 1 else None

    def _days_of(self, phrase: Phrase) -> list[Ref]:
        if phrase.head_tag is None:
            return []
        if self._is_date(phrase) and phrase.head is not None:
            return [phrase.head.ref]
        dated = [link.ref for link in phrase.head_tag.links if link.kind == "column" and self._holds_day(link.ref)]
        said = {stem(word) for word in phrase.head_tag.text.lower().split()}
        days = [c for c in self.schema.columns.values() if c.kind == "date" and c.table not in self.schema.roles]
        named = [column.ref for column in days if said <= {stem(word) for word in column.words}]
        if named and phrase.head_tag.links[0].kind == "table":
            return named  # "from hired to returned" of hires that are called so
        alike = said | {other for word in said for other in synonyms(word)}
        return dated or [c.ref for c in days if alike & {stem(word) for word in c.words} - {"date", "dat"}]

    def _person_behind(self, ref: Ref) -> str:
        """The people that a reference points at."""
        found = [j.parent for j in self.schema.joins if (j.table, j.columns[0]) == ref]
        return found[0] if found and holds_people(self.schema, self.schema.real(found[0])) else ""

    def _holds_day(self, ref: Ref) -> bool:
        return self.schema.columns[ref].kind == "date"

    def _tells_when(self, ref: Ref) -> bool:
        people = {stem(word) for word in self.schema.tables[ref[0]]} & PEOPLE
        return self.schema.columns[ref].kind == "date" and bool(people)

    def _is_date(self, phrase: Phrase) -> bool:
        return (
            phrase.head is not None
            and phrase.head.kind == "column"
            and self.schema.columns[phrase.head.ref].kind == "date"
        )

    def _value_focus(self, phrase: Phrase, target: list[Out]) -> None:
        for tag in phrase.values:
            link = tag.links[0] if tag.links else None
            if link and not target:
                person = self._person_near(link.table) if self.who else None
                if person is not None:
                    self.root.table = (
                        person if not self.root.table or self.root.table == link.table else self.root.table
                    )
                    target.append(Out("entity", table=person))
                    continue
                self.root.table = self.root.table or link.table
                stats = self.schema.columns[link.ref].stats
                sort = (
                    is_plural(tag)
                    and link.how in {"exact", "form"}
                    and stats.distinct <= min(_MOST_SORTS, stats.rows - 1)
                )
                sort = sort and not self.where
                if (self.which or sort) and link.table not in self.schema.roles:
                    # "Which apprentice has the most jobs?", "farms with no fault"
                    target.append(Out("entity", table=link.table))
                    continue
                if self.where:
                    target += [
                        Out("column", column=ref) for ref in place_columns(self.schema, link.table) if ref != link.ref
                    ]
