"""The report as part of the spec: what is shown, from which step, and who receives it."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer

from spec.base import Document, JsonValue

NumberFormat = Literal["money", "number", "integer", "percent", "date", "datetime", "text"]
"""How a value is shown: ``percent`` takes a fraction (0.031 is 3.1 %), ``date`` shows an instant's business day."""

Strings = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class Figure(Document):
    """One number in a sentence or on a tile, computed from a step's rows by SQL, never written by hand."""

    from_: str = Field(alias="from", description="Step (or source) whose rows the figure is computed from.")
    value: str = Field(
        description="SQL expression giving one value over those rows, e.g. sum(amount); a plain column only where the "
        "step has a single row."
    )
    where: str | None = Field(default=None, description="SQL condition on the rows that count.")
    format: NumberFormat = "number"
    currency: str | None = Field(default=None, description="ISO 4217 code of money; without it the report's.")
    decimals: int | None = Field(default=None, ge=0, le=12, description="Digits shown after the decimal point.")


class _Block(Document):
    """A part of a section. ``kind`` is always written: without it a block cannot be read back."""

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        plain: dict[str, JsonValue] = handler(self)
        return {"kind": type(self).model_fields["kind"].default, **plain}


class Text(_Block):
    """A paragraph. ``{name}`` stands for a figure; a number written in digits beside them is refused."""

    kind: Literal["text"] = "text"
    text: str
    figures: dict[str, Figure] = Field(default={})


class Tiles(_Block):
    """A row of headline figures, in order: label to figure."""

    kind: Literal["tiles"] = "tiles"
    figures: dict[str, Figure]


class TableColumn(Document):
    """How one column of a table block is shown."""

    name: str
    label: str | None = None
    format: NumberFormat | None = Field(default=None, description="Without it, by the column's type.")
    currency: str | None = Field(default=None, description="ISO 4217 code of money; without it the report's.")
    decimals: int | None = Field(default=None, ge=0, le=12, description="Digits shown after the decimal point.")
    total: bool = Field(default=False, description="Show a total; in a workbook it is a formula.")


class TableBlock(_Block):
    """Rows of a step, in ``order_by``, else the step's own order, else by its key; ties by columns, left to right."""

    kind: Literal["table"] = "table"
    title: str = ""
    from_: str = Field(alias="from")
    columns: tuple[TableColumn, ...] = Field(default=(), description="Columns shown, in order; all when none is named.")
    order_by: Strings = Field(default=(), description="A column or 'column desc', first one first.")
    limit: int = Field(default=200, ge=1, le=5000, description="Rows shown on a page; the workbook holds all of them.")
    sheet: str | None = Field(default=None, description="Worksheet name in a workbook.")
    empty: str = Field(default="Nothing to show.", description="Sentence shown when there are no rows.")


class ChartBlock(_Block):
    """A chart of a step's rows; ``chart`` names a unit in reports/charts.

    In a waterfall each row of ``y`` adds to the one before; a row whose ``series`` column says ``total`` stands from
    zero, and a total that differs from the sum of the rows before it is pointed out.
    """

    kind: Literal["chart"] = "chart"
    title: str = ""
    chart: str = Field(description="Unit in reports/charts: bar, stacked, line, area, pie, waterfall, heatmap, kpi.")
    from_: str = Field(alias="from")
    x: str = Field(description="Column of the categories, or of the dates of a line.")
    y: Strings = Field(description="Number columns, one series each.")
    series: str | None = Field(default=None, description="Column whose values split a single y into series.")
    order_by: Strings = Field(default=(), description="A column or 'column desc', first one first.")
    format: NumberFormat = "number"
    currency: str | None = Field(default=None, description="ISO 4217 code of money; without it the report's.")
    decimals: int | None = Field(default=None, ge=0, le=12)


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
    language: str = Field(
        default="en", description="Language of the fixed words, numbers and dates: en, de, es, fr, it."
    )
    currency: str | None = Field(default=None, description="ISO 4217 code of money where nothing nearer says one.")
    formats: tuple[str, ...] = ("html", "xlsx")
    file: str = Field(
        default="report",
        pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$",
        max_length=120,
        description="File name without extension; lands under --out.",
    )
    sections: tuple[Section, ...]
    deliver: tuple[Delivery, ...] = ()
