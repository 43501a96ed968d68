"""The report as part of the spec: what is shown, from which step, and who receives it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Document

NumberFormat = Literal["money", "number", "integer", "percent", "date", "text"]


class Figure(Document):
    """One number in a sentence or on a tile, computed from a step's rows by SQL, never written by hand."""

    from_: str = Field(alias="from", description="Step (or source) whose rows the figure is computed from.")
    value: str = Field(description="SQL expression giving one value over those rows, e.g. sum(amount).")
    where: str | None = Field(default=None, description="SQL condition on the rows that count.")
    format: NumberFormat = "number"
    currency: str | None = Field(default=None, description="ISO 4217 code shown with money.")
    decimals: int | None = None


class Text(Document):
    """A paragraph. ``{name}`` stands for a figure; any number in prose must come from one."""

    kind: Literal["text"] = "text"
    text: str
    figures: dict[str, Figure] = Field(default={})


class Tiles(Document):
    """A row of headline figures, in order: label to figure."""

    kind: Literal["tiles"] = "tiles"
    figures: dict[str, Figure]


class TableColumn(Document):
    """How one column of a table block is shown."""

    name: str
    label: str | None = None
    format: NumberFormat | None = None
    total: bool = Field(default=False, description="Show a total; in a workbook it is a formula.")


class TableBlock(Document):
    """Rows of a step, in the step's order (a step that is shown must have a total order, or is shown by its key)."""

    kind: Literal["table"] = "table"
    title: str = ""
    from_: str = Field(alias="from")
    columns: tuple[TableColumn, ...] = ()
    limit: int = Field(default=200, description="Rows shown on a page; the workbook holds all of them.")
    sheet: str | None = Field(default=None, description="Worksheet name in a workbook.")
    empty: str = Field(default="Nothing to show.", description="Sentence shown when there are no rows.")


class ChartBlock(Document):
    """A chart of a step's rows; ``chart`` names a unit in reports/charts."""

    kind: Literal["chart"] = "chart"
    title: str = ""
    chart: str
    from_: str = Field(alias="from")
    x: str
    y: tuple[str, ...]
    series: str | None = None
    format: NumberFormat = "number"
    currency: str | None = None


Block = Annotated[Text | Tiles | TableBlock | ChartBlock, Field(discriminator="kind")]


class Section(Document):
    """A titled part of a report; in a workbook each table block of it becomes a sheet."""

    title: str
    blocks: tuple[Block, ...]


class Delivery(Document):
    """Who receives which format; each address must stand in ``allow.recipients``."""

    channel: Literal["email", "slack", "link"]
    to: tuple[str, ...]
    format: str = "xlsx"


class Report(Document):
    """A document made from a run: same run, same document."""

    title: str
    subtitle: str = ""
    language: str = "en"
    formats: tuple[str, ...] = ("html", "xlsx")
    file: str = Field(default="report", description="File name without extension; lands under --out.")
    sections: tuple[Section, ...]
    deliver: tuple[Delivery, ...] = ()
