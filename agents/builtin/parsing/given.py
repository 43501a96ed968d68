"""Columns said of what is listed: that something is written in one, or that one is shown beside."""

from __future__ import annotations

from agents.builtin.meaning import Compare, Out
from agents.builtin.parsing.focus import Focus
from agents.builtin.parsing.phrases import Phrase, is_plural


class Given(Focus):
    """What rows have in a column, as a fact or as something to be shown."""

    def _was_given(self, phrase: Phrase) -> bool:
        """As in "sales that used a discount code", "guests who joined the newsletter": something is written there."""
        head, tag, scope = phrase.head, phrase.head_tag, self.state.scope
        if head is None or tag is None or not scope.table or scope.table != head.table:
            return False
        column, before = self.schema.columns[head.ref], self.cursor.peek(-2)
        verb = before is not None and any(link.ref == head.ref for link in before.links)
        if tag.before not in {"a", "an", "any", "some"} and not (verb and tag.before == "the"):
            return False
        if before is not None and before.kind == "prep" and before.text.lower() != "with":
            return False  # "belong to a guild": to which of them, which no column may tell
        ends = self.cursor.kind() in {"end", "conj", "group", "order", ""}
        if not ends or column.stats.filled >= column.stats.rows or column.unread or is_plural(tag):
            return False
        self._hold(Compare(head.ref, "notnull"), head.table)
        return True

    def _column_beside(self, phrase: Phrase) -> bool:
        """As in "list drivers with their badge": a column of what is listed is shown beside it."""
        head, tag, before = phrase.head, phrase.head_tag, self.cursor.peek(-2)
        if head is None or tag is None or before is None or phrase.values or phrase.equals:
            return False
        said, column = before.text.lower(), self.schema.columns[head.ref]
        figure = column.kind == "number" and not column.is_id and column.stats.filled == column.stats.rows
        listed = self.listing and figure and said == "with" and tag.start == before.end
        goes_on = said in {"and", ","} and any(out.label == "beside" for out in self.focus)
        with_ = (
            listed or goes_on or (tag.before in {"their", "its"} and said in {"with", "and their", "and its", "and"})
        )
        plain = bool(self.focus) and all(out.kind in {"entity", "column"} for out in self.focus)
        near = {table for out in self.focus for table in out.tables()} | {self.root.table}
        if not with_ or not plain or head.table not in near or self.meaning.groups or self.meaning.limit:
            return False
        self.focus.append(Out("column", column=head.ref, label="beside"))
        return True
