"""Ratios, shares and differences: two measures, each with conditions of its own."""

from __future__ import annotations

from copy import deepcopy

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import DOUBT, Compare, Condition, During, Nested, Out, Scope
from agents.builtin.parsing.modifiers import Modifiers
from agents.builtin.parsing.phrases import MODIFIERS, Phrase, read_phrase


class Composites(Modifiers):
    """Ratios, shares and differences."""

    def _composite(self, target: list[Out]) -> None:
        """Read "ratio of A to B", "percentage of A that ...", "difference between A and B" from the cursor on."""
        tag = self.cursor.take()
        if tag.kind == "share":
            self._share(target, float(tag.data))
            return
        if tag.kind == "diff":
            saved = self.cursor.at
            phrase = read_phrase(self.cursor)
            out = self._measure(phrase)
            if len(phrase.more) == 1 and out is not None and out.column is not None:
                first = Out("agg", column=out.column, func=phrase.more[0])
                target.append(Out("difference", parts=[first, out]))
                self.root.table = self.root.table or out.column[0]
                self.state.list_of = "where"
                return
            self.cursor.at = saved
        stop = "to" if tag.kind == "ratio" and "between" not in tag.text else "and"
        left = self._part(stop)
        if left is not None and tag.kind == "ratio" and self.cursor.kind() == "group":
            # "the number of A in each B to the total number of A": a share of the whole.
            self.cursor.take()
            self._group_list()
        if left is None or self.cursor.done or self.cursor.text() not in {stop, "to", "over", "and their"}:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self.cursor.take()
        right = self._part("")
        if right is None:
            self.meaning.problems.append(f"unused:{tag.text}")
            return
        self._common(left, right)
        self._behind_both(left, right)
        apart = bool(left.conditions or right.conditions)  # figures of two sets of rows are totals of each
        if left.is_measure != right.is_measure or ((kind_of_ratio(tag) or apart) and not self._one_row()):
            for part in (left, right):
                if part.kind == "column" and part.column and self.schema.columns[part.column].kind == "number":
                    part.kind, part.func = "agg", "sum"
        kind = "ratio" if tag.kind == "ratio" else "difference"
        self._over_itself(tag, left, right)
        made = Out(kind, parts=[left, right], scale=100.0 if tag.data == "100" else 1.0)
        if (
            kind == "ratio"
            and self.meaning.groups
            and not right.conditions
            and (left.kind, left.table, left.column) == (right.kind, right.table, right.column)
        ):
            made = Out("share", parts=[left], scale=1.0)
        if not self.root.table:
            tables = sorted(left.tables() | right.tables())
            self.root.table = tables[0] if tables else ""
        target.append(made)
        self.state.list_of = "where"

    def _over_itself(self, tag: Tag, left: Out, right: Out) -> None:
        """A thing over itself tells nothing: what tells the two apart was lost; nor does money less a count."""
        if tag.kind == "diff" and {left.kind, right.kind} == {"agg", "count"}:
            self.meaning.problems.append(f"unclear:{tag.text}")
        alike = (left.kind, left.table, left.column, left.func) == (right.kind, right.table, right.column, right.func)
        if alike and left.conditions == right.conditions and not self.meaning.groups:
            self.meaning.problems.append(f"unclear:{tag.text}")

    def _part(self, stop: str) -> Out | None:
        """One measure with its conditions, up to the stop word, a grouping, an order or the end."""
        cursor = self.cursor
        phrase = read_phrase(cursor)
        if phrase.empty:
            return None
        out = self._measure(phrase)
        if out is None:
            plain = self._thing(phrase)
            if plain is None:
                return None
            out = self._many_of(phrase, plain.table) if plain.kind == "entity" else plain
        table = out.table or (out.column[0] if out.column else "")
        scope = Scope(table, parent=None)
        saved = self.state.scope, self.state.last, self.root, self.focus
        self.state.scope, self.state.last, self.root, self.focus = scope, [], scope, [out]
        self._filled(phrase)
        for tag in phrase.values:
            self._value(tag)
        for tag in phrase.equals:
            self._equal(phrase, tag)
        self.own = list(scope.conditions)
        self.state.list_of = "where"
        while self._goes_on(last=not stop) and cursor.kind() != "ratio":
            if cursor.kind() == "group":
                cursor.take()
                agent = cursor.data(-1) == "by" and self._by_is_agent()
                if agent:
                    continue
                cursor.at -= 1
                break
            if stop and cursor.text() == stop and cursor.kind(1) in MODIFIERS:
                break
            before = cursor.at
            self._step([])
            if cursor.at == before:
                self._leftover(cursor.take())
        out.conditions = scope.conditions
        self.state.scope, self.state.last, self.root, self.focus = saved
        return out

    def _thing(self, phrase: Phrase) -> Out | None:
        """What a phrase names: as it is, else the rows of which its values are, as in "percentage of males"."""
        plain = self._plain(phrase)
        if plain is None and phrase.values and phrase.values[-1].links:
            return Out("entity", table=phrase.values[-1].links[0].table)
        return plain

    def _goes_on(self, *, last: bool) -> bool:
        """Whether more is said of a figure; behind the last one "excluding cancelled ones" is said of all of it."""
        if last and (self.cursor.kind(), self.cursor.data()) in {("neg", "except"), ("prep", "limit")}:
            return False
        return not self.cursor.done and self.cursor.kind() not in {"end", "order", "direction"}

    def _one_row(self) -> bool:
        """Whether what was said leaves one row, whose numbers are read and not added up."""
        return any(
            isinstance(c, Compare) and c.op == "=" and self.schema.columns[c.column].unique
            for c in self.root.conditions
        )

    def _common(self, left: Out, right: Out) -> None:
        """What is said once, at the end, holds for both measures: "... in the city of Rome"."""
        keys = {_about(condition) for condition in left.conditions}
        if not keys:
            return
        shared: list[Condition] = [c for c in right.conditions if _about(c) not in keys]
        if len(shared) < len(right.conditions):
            right.conditions = [c for c in right.conditions if c not in shared]
            self.root.conditions += shared

    def _behind_both(self, left: Out, right: Out) -> None:
        """As in "difference between fees and costs of jobs in May": what stands behind two amounts is said of both.

        Where what it is said of is not at hand for both, it is in doubt.
        """
        said = [one for one in right.conditions if one not in self.own]
        figures = [(out.kind, out.table, out.column, out.func) for out in (left, right)]
        if left.conditions or not said or figures[0] == figures[1]:
            return
        tables = {table for out in (left, right) for table in out.tables()}
        held = {one.column[0] for one in said if isinstance(one, Compare | During)}
        plain = all(isinstance(one, Compare | During) for one in said)
        if (
            plain
            and len(tables) == 1
            and all(self.schema.owns(min(tables), table) or table in tables for table in held)
        ):
            right.conditions = [one for one in right.conditions if one in self.own]
            self.root.conditions += said
            self.root.table = self.root.table or min(tables)
        elif of_left := _of_its_rows(said, left):
            left.conditions += of_left
        elif left.kind in {"agg", "column"} and right.kind in {"agg", "column"}:
            self.meaning.problems.append(f"{DOUBT}what is said behind the second amount may be meant of both")

    def _share(self, target: list[Out], scale: float) -> None:
        """As in "percentage of orders that were paid"; without a condition, each group's part of the whole."""
        cursor = self.cursor
        if cursor.text() == "of":
            cursor.take()
        phrase = read_phrase(cursor)
        out = self._measure(phrase)
        if out is None:
            plain = self._thing(phrase)
            if plain is None:
                self.meaning.problems.append("unused:share")
                return
            if plain.kind == "column" and plain.column and self.schema.columns[plain.column].kind == "number":
                out = Out("agg", column=plain.column, func="sum")
            else:
                out = Out("count", table=plain.table or (plain.column[0] if plain.column else ""))
        made = Out("share", parts=[out], scale=scale)
        table = out.table or (out.column[0] if out.column else "")
        self.root.table = self.root.table or table
        target.append(made)
        scope = Scope(table, parent=None)
        saved = self.state.scope, self.root
        self.state.scope, self.root = scope, scope
        self._filled(phrase)
        for tag in [*phrase.values, *phrase.equals]:
            self._value(tag)
        named = list(scope.conditions)
        self.state.list_of = "where"
        start = cursor.at
        while self._goes_on(last=True):
            if cursor.kind() == "group":
                cursor.take()
                if cursor.data(-1) == "by" and self._by_is_agent():
                    continue  # "paid by card" says which
                cursor.at -= 1
                break
            before = cursor.at
            self._step([])
            if cursor.at == before:
                self._leftover(cursor.take())
        asked = [condition for condition in scope.conditions if condition not in named]
        whole: list[Condition] = [
            condition
            for condition in asked
            if isinstance(condition, During) or (self.versus and _are_several(condition))
        ]
        if len(whole) < len(asked):
            # "what percentage of orders in May were late": May says of which, late what is counted.
            asked = [condition for condition in asked if condition not in whole]
            named += whole
        elif whole and named and not any(self._does(one) for one in cursor.tags[start : cursor.at]):
            # "share of web orders in May": May says of which.
            asked, named = named, whole
        # "what percentage of premium members are active": premium says of which, active what is counted.
        made.conditions = asked or named
        self.state.scope, self.root = saved
        self.root.conditions += named if asked else []
        self.state.scope = self.root

    def _does(self, tag: Tag) -> bool:
        """Whether a span says what was done, so that a period behind it is when."""
        if tag.kind == "link" and tag.links and tag.links[0].kind == "column":
            return self.schema.columns[tag.links[0].ref].kind == "date"
        return tag.kind in {"unknown", "rel"} or (tag.kind == "prep" and tag.data == "is")


def kind_of_ratio(tag: Tag) -> bool:
    """Whether a composite is one measure over another."""
    return tag.kind == "ratio"


def _of_its_rows(said: list[Condition], out: Out) -> list[Condition]:
    """What is said of a figure's own rows by way of those that belong to them: payments of hires that were returned."""
    own = min(out.tables(), default="")
    found: list[Condition] = []
    for one in said:
        if not isinstance(one, Nested) or one.kind != "exists" or one.scope.table != own or one.via is not None:
            return []
        found += deepcopy(one.scope.conditions)
    return found


def _are_several(condition: Condition) -> bool:
    """As in "..., web vs phone": two that are set against each other, each a whole of its own."""
    return isinstance(condition, Compare) and condition.op == "=" and len(condition.values) > 1


def _about(condition: Condition) -> object:
    if isinstance(condition, Compare):
        return condition.column
    return type(condition).__name__
