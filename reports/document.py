"""A report with every value computed: pure data that each format writes in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports.chart import Chart
from reports.data import RunMeta
from reports.language import Language
from reports.values import Look, Value

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a figure comes from: enough to compute it again. ``rows`` are the rows that counted."""

    figure: str
    label: str
    value: str
    """The value in full, before it is rounded or formatted for a reader."""
    shown: str
    """The value as the document shows it."""
    step: str
    expression: str
    where: str | None
    rows: int
    sql: str
    spec_digest: str
    run_id: str
    origins: tuple[str, ...] = ()
    """Source columns that the expression's columns were computed from, as ``source.column``."""


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One computed number (or date, or word) with its address in the document."""

    id: str
    label: str
    value: Value
    look: Look
    text: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose: pieces that were written, and figures that were computed."""

    pieces: tuple[str | FigureValue, ...]


@dataclass(frozen=True, slots=True)
class TileRow:
    """Headline figures in order."""

    figures: tuple[FigureValue, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A shown column. ``total`` is computed exactly by the database over all rows."""

    name: str
    label: str
    type: str
    look: Look
    total: FigureValue | None = None
    long_numbers: bool = False
    """Some value has more digits than a spreadsheet cell keeps."""


@dataclass(frozen=True, slots=True)
class Table:
    """``shown`` holds the first rows; ``query`` gives all of them, in the same order."""

    id: str
    title: str
    columns: tuple[Column, ...]
    shown: tuple[tuple[Value, ...], ...]
    rows: int
    query: exp.Query
    empty: str
    sheet: str | None


@dataclass(frozen=True, slots=True)
class ChartFrame:
    """A chart with its place in the document."""

    id: str
    title: str
    chart: Chart
    step: str


Block = Paragraph | TileRow | Table | ChartFrame


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the document."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ReportDocument:
    """Everything a format needs; ``origins`` is each figure's provenance by its id, in document order."""

    title: str
    subtitle: str
    language: Language
    zone: ZoneInfo
    meta: RunMeta
    sections: tuple[Section, ...]
    origins: Mapping[str, Provenance]

    def at(self, instant: datetime) -> str:
        """An instant in the business's time zone, the zone named unless it is UTC."""
        local = instant.astimezone(self.zone)
        zone = "UTC" if self.zone.key in {"UTC", "Etc/UTC"} else self.zone.key
        return f"{self.language.instant(local.replace(second=0, microsecond=0))} ({zone})"

    @property
    def footing(self) -> str:
        """The line every page carries."""
        return self.language.say("footing", spec=short_digest(self.meta.spec_digest), time=self.at(self.meta.as_of))

    def show(self, value: Value, look: Look) -> str:
        """A value as this document's reader sees it."""
        return self.language.show(value, look, self.zone)


def short_digest(digest: str) -> str:
    """The first twelve digits, for display only."""
    return digest.removeprefix("sha256:")[:12]
