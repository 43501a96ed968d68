"""What a source offers: tables, columns, keys, statistics."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Literal

from spec.base import Document

Sensitivity = Literal["public", "personal", "secret"]


class Column(Document):
    """A column: its name and its type in DuckDB's spelling, e.g. ``DECIMAL(18,2)`` or ``TIMESTAMP WITH TIME ZONE``."""

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    sensitivity: Sensitivity = "public"


class ForeignKey(Document):
    """``columns`` of this table point at ``references`` of ``table``; proven on data unless ``declared``."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    declared: bool = True


class Table(Document):
    """A table or stream as a connector discovered it. ``rows`` is a count or an estimate at discovery, if known."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    description: str = ""
    rows: int | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name, compared as SQL does: without regard to case."""
        folded = name.casefold()
        return next((column for column in self.columns if column.name.casefold() == folded), None)


class Catalog(Document):
    """All tables a request or a spec can see."""

    tables: tuple[Table, ...]

    def table(self, name: str) -> Table | None:
        """The table of that name, without regard to case."""
        folded = name.casefold()
        return next((table for table in self.tables if table.name.casefold() == folded), None)
