"""Reading: the tagged question read from left to right into a Meaning."""

from __future__ import annotations

from copy import deepcopy

from agents.builtin.language.abbreviations import shortens
from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import stem
from agents.builtin.meaning import DOUBT, Compare, Meaning, Nested, Out, Scope
from agents.builtin.parsing.composite import Composites
from agents.builtin.parsing.conditions import State

# What is done with things: that it was never done is that no row speaks of the thing.
_HANDLED = frozenset(
    stem(word) for word in "sell order buy purchase use book rent borrow lend take need hire reserve request".split()
)


class Reader(Composites):
    """Reads one question. ``read`` may be called once."""

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
        if first and not self.focus:
            self._implied_focus()
        if self.state.negated and not self._never_done():
            self.meaning.problems.append("unused:not")

    def _implied_focus(self) -> None:
        """As in "Who teaches Spin 45?": the question word alone says what is asked for."""
        days = [ref for ref, _ in self.meaning.mentions if self.schema.columns[ref].kind == "date"]
        if self.when and len(days) == 1:
            self.focus.append(Out("column", column=days[0]))  # "When did Ann start?"
            return
        last = next((c for c in reversed(self.state.last) if isinstance(c, Compare)), None)
        ranked = self.meaning.order[0][0].column if self.meaning.order else None
        spender = self._person_near(ranked[0]) if self.who and ranked is not None and last is None else None
        if spender is not None and ranked is not None:
            self.focus.append(Out("entity", table=spender))  # "Who spent the most?"
            self.root.table = spender
            return
        if last is None:
            return
        person = self._person_near(last.column[0]) if self.who else None
        if person is not None:
            self.focus.append(Out("entity", table=person))
            if self.root.table == last.column[0] or not self.root.table:
                self.root.table = person

    def _never_done(self) -> bool:
        """As in "products that have not been sold": no row of the one table that points at them."""
        scope = self.state.scope
        verbs = [word for word in self.state.since if not word.startswith("column:")]
        children = sorted({join.table for join in self.schema.joins if join.parent == scope.table})
        if not verbs or len(children) != 1 or any(isinstance(c, Nested) for c in scope.conditions):
            return False
        scope.conditions.append(Nested("none", Scope(children[0], parent=scope)))
        said = {stem(verbs[-1]), *synonyms(stem(verbs[-1]))}
        owner = self.schema.tables[children[0]]
        short = any(shortens(name, word) for name in owner for word in said)
        if not short and not said & (_HANDLED | {stem(word) for word in owner}):
            self.meaning.problems.append(f"{DOUBT}nothing says what was {verbs[-1]}")
        self.meaning.assumptions.append(f"{verbs[-1]} means that {children[0]} has it")
        return True

    def _adds(self) -> bool:
        """As in "Also return ...": to what was asked before, not instead of it."""
        start = self.cursor.tags[self.cursor.at].start
        ends = [tag.start for tag in self.cursor.tags[self.cursor.at :] if tag.kind == "end"]
        return any(start - 1 <= at < (ends[0] if ends else start + 99) for at in self.also)

    def _of_these(self) -> bool:
        """As in "How many of these were on weekends?": one more count, with a condition of its own."""
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
        while self.cursor.kind() in {"rel", "prep"} and self.cursor.text() != "how many":
            tag = self.cursor.peek()
            if tag is None or tag.text.lower() in {"with", "having", "for", "in", "of", "whose"}:
                return
            self.where = self.where or tag.text.lower() == "where"
            self.who = self.who or tag.text.lower() == "who"
            self.when = self.when or tag.text.lower() == "when"
            self.which = self.which or tag.text.lower() == "which"
            self.cursor.take()
