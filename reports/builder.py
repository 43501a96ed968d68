"""A run's rows and a report's words become a document in which every value was computed by a query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from pipelines.job import Field
from reports import queries
from reports.chart import TOTALS, Chart, Series, unit
from reports.data import RunData, RunMeta
from reports.document import (
    Block,
    ChartFrame,
    Column,
    FigureValue,
    Paragraph,
    Provenance,
    ReportDocument,
    Section,
    Table,
    TileRow,
)
from reports.language import Language, language
from reports.narrative import pieces
from reports.values import Look, Value, decimal_scale, is_number, look_of
from spec.errors import DataError
from spec.registry import Shelf
from spec.report import ChartBlock, Figure, Report, TableBlock, TableColumn, Text, Tiles

FORMATS = Shelf("reports.formats", "report format")
_MOST_BARS = 40
_MOST_NAMES = 200


class FormatUnit(Protocol):
    """A module ``reports/formats/<name>.py``; the file's ending is the unit's name."""

    def write(self, document: ReportDocument, data: RunData, path: Path) -> None:
        """Write the document; the same document gives the same bytes."""


def make_report(report: Report, data: RunData, meta: RunMeta, formats: Sequence[str], folder: Path) -> list[Path]:
    """Write the report in each format under ``folder`` and give the paths in that order.

    Each file is written beside its place and renamed, so that a reader never sees half of one. Raises SpecError for
    what the report asks and the run cannot give, DataError for a figure that is not one value, LimitError for a table
    that no worksheet holds.
    """
    writers = [(name, cast("FormatUnit", FORMATS.load(name))) for name in formats]
    document = build_document(report, data, meta)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, writer in writers:
        path = folder / f"{report.file}.{name}"
        beside = folder / f".{report.file}.{name}.part"
        try:
            writer.write(document, data, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        written.append(path)
    return written


def build_document(report: Report, data: RunData, meta: RunMeta) -> ReportDocument:
    """Compute every figure, table and chart of the report; raises as ``make_report`` does."""
    return _Builder(report, data, meta).document()


class _Builder:
    """Holds what one document shares while it is built: the addresses given out and the provenance so far."""

    def __init__(self, report: Report, data: RunData, meta: RunMeta) -> None:
        self.report = report
        self.data = data
        self.meta = meta
        self.language: Language = language(report.language)
        self.origins: dict[str, Provenance] = {}
        self.taken: set[str] = {"checks", "content", "provenance", "understood"}
        self.counts: dict[str, int] = {}

    def document(self) -> ReportDocument:
        return ReportDocument(
            title=self.report.title,
            subtitle=self.report.subtitle,
            language=self.language,
            zone=ZoneInfo(self.meta.timezone),
            meta=self.meta,
            sections=tuple(
                Section(
                    self.address(section.title),
                    section.title,
                    tuple(self.block(block, section.title) for block in section.blocks),
                )
                for section in self.report.sections
            ),
            origins=self.origins,
        )

    def address(self, *words: str) -> str:
        """An anchor made of words, unique in the document: ``summary-stripe-fees``."""
        plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode().casefold()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "part"
        name, number = stem, 1
        while name in self.taken:
            number += 1
            name = f"{stem}-{number}"
        self.taken.add(name)
        return name

    def block(self, block: Text | Tiles | TableBlock | ChartBlock, section: str) -> Block:
        match block:
            case Text():
                return Paragraph(pieces(block, lambda name, figure: self.figure(figure, section, name)))
            case Tiles():
                return TileRow(tuple(self.figure(item, section, label) for label, item in block.figures.items()))
            case TableBlock():
                return self.table(block, section)
        return self.chart(block, section)

    # Figures

    def figure(self, figure: Figure, section: str, label: str) -> FigureValue:
        query, adds_up = queries.figure_query(figure, self.data)
        found = list(self.data.rows(query, 2))
        if len(found) != 1:
            many = "several" if found else "no"
            raise DataError(
                f"The figure {label!r} is one value, and {figure.from_!r} has {many} rows for it.",
                hint="Use an aggregate such as sum(amount), or a condition that leaves one row.",
                where={"step": figure.from_, "field": figure.value},
            )
        value, rows = found[0]
        if isinstance(value, str) and figure.format not in {"text", "number"}:
            raise DataError(
                f"The figure {label!r} is to be shown as {figure.format} and is the text {value[:80]!r}.",
                hint="Make it a number in the step, or show it as text.",
                where={"step": figure.from_, "field": figure.value},
            )
        look = Look(figure.format, figure.currency or self.report.currency, figure.decimals)
        return self.placed(
            self.address(section, label),
            label,
            (value, int(cast("int", rows)) if adds_up else 1),
            look,
            (figure.from_, figure.value, figure.where),
            query.sql(dialect="duckdb"),
            queries.origins(query, self.data.relation(figure.from_)),
        )

    def placed(
        self,
        address: str,
        label: str,
        found: tuple[Value, int],
        look: Look,
        asked: tuple[str, str, str | None],
        sql: str,
        origins: tuple[str, ...],
    ) -> FigureValue:
        """Record where a value comes from and give it with its text."""
        value, rows = found
        step, expression, where = asked
        text = self.language.show(value, look, ZoneInfo(self.meta.timezone)) or "–"
        text = self.language.show(value, look, ZoneInfo(self.meta.timezone)) or "–"
        provenance = Provenance(
            figure=address,
            label=label,
            value=exact_text(value),
            shown=text,
            step=step,
            expression=expression,
            where=where,
            rows=rows,
            sql=sql,
            spec_digest=self.meta.spec_digest,
            run_id=self.meta.run_id,
            origins=origins,
        )
        self.origins[address] = provenance
        return FigureValue(address, label, value, look, text, provenance)

    def count(self, name: str) -> int:
        if name not in self.counts:
            row = next(self.data.rows(queries.count_query(self.data, name)))
            self.counts[name] = int(cast("int", row[0]))
        return self.counts[name]

    # Tables

    def table(self, block: TableBlock, section: str) -> Table:
        relation = self.data.relation(block.from_)
        wanted = block.columns or tuple(TableColumn(name=name) for name in relation.names)
        fields = queries.fields(relation, [column.name for column in wanted])
        query = queries.rows_query(self.data, block.from_, [field.name for field in fields], block.order_by)
        address = self.address(block.title or section or "table")
        long = self.long_numbers(block.from_, fields)
        columns = []
        for column, field in zip(wanted, fields, strict=True):
            look = look_of(
                field,
                key=any(field.name in key for key in relation.keys),
                asked=column.format,
                currency=column.currency or self.report.currency,
                decimals=column.decimals,
            )
            label = column.label or field.name.replace("_", " ").strip().capitalize() or field.name
            total = self.total(block, field, look, (address, label)) if column.total else None
            columns.append(Column(field.name, label, field.type, look, total, field.name in long))
        return Table(
            id=address,
            title=block.title,
            columns=tuple(columns),
            shown=tuple(self.data.rows(query, block.limit)),
            rows=self.count(block.from_),
            query=query,
            empty=block.empty,
            sheet=block.sheet,
        )

    def total(self, block: TableBlock, field: Field, look: Look, names: tuple[str, str]) -> FigureValue:
        if not is_number(field.type):
            raise queries.not_summable(field, block.from_)
        address, label = names
        total = Figure.model_validate({"from": block.from_, "value": f"sum({quoted(field.name)})"})
        query, _ = queries.figure_query(total, self.data)
        value, rows = next(self.data.rows(query))
        return self.placed(
            self.address(address, "total", field.name),
            f"{block.title or block.from_}: {label}",
            (0 if value is None else value, int(cast("int", rows))),
            look,
            (block.from_, total.value, None),
            query.sql(dialect="duckdb"),
            queries.origins(query, self.data.relation(block.from_)),
        )

    def long_numbers(self, name: str, fields: Sequence[Field]) -> frozenset[str]:
        """Columns in which some value has more digits than a spreadsheet keeps."""
        suspects = [field for field in fields if queries.may_be_long(field.type)]
        if not suspects:
            return frozenset()
        answer = next(self.data.rows(queries.long_numbers_query(self.data, name, suspects)))
        return frozenset(field.name for field, long in zip(suspects, answer, strict=True) if long)

    # Charts

    def chart(self, block: ChartBlock, section: str) -> ChartFrame:
        kind = unit(block.chart)
        fields = queries.chart_fields(block, self.data)
        query = queries.rows_query(self.data, block.from_, [field.name for field in fields], block.order_by)
        scale = max((decimal_scale(field.type) or 0 for field in fields[1 : 1 + len(block.y)]), default=0)
        look = Look(block.format, block.currency or self.report.currency, block.decimals, scale or None)
        most = max(kind.most_points, _MOST_BARS) * (_MOST_NAMES if block.series else 1)
        rows = list(self.data.rows(query, most))
        x_look = look_of(fields[0], key=True, asked=None, currency=None, decimals=None)
        chart = self.plotted(block, rows, look, x_look)
        return ChartFrame(self.address(block.title or section, "chart"), block.title, chart, block.from_)

    def plotted(self, block: ChartBlock, rows: list[tuple[Value, ...]], look: Look, x_look: Look) -> Chart:
        kind = unit(block.chart)
        bridge = "bridge" in kind.needs
        if block.series and not bridge:
            points, series = _split(rows, block)
        else:
            points = [row[0] for row in rows]
            series = [
                Series(_title(name), tuple(_number(row[1 + at]) for row in rows)) for at, name in enumerate(block.y)
            ]
        total, notes = self.count(block.from_), []
        cuts = [(min(len(points), kind.most_points), total if len(rows) < total else len(points))]
        cuts.append((min(len(series), kind.most_series), len(series)))
        for shown, of in cuts:
            if shown < of:
                words = {"shown": self.language.number(shown, 0), "rows": self.language.number(of, 0)}
                notes.append(self.language.say("chart_cut", **words))
        points = points[: kind.most_points]
        zone = ZoneInfo(self.meta.timezone)
        chart = Chart(
            kind=block.chart,
            title=block.title,
            x_label=_title(block.x),
            labels=self.labels(points, x_look, zone),
            points=tuple(points),
            series=tuple(Series(item.name, item.values[: len(points)]) for item in series[: kind.most_series]),
            look=look,
            standing=tuple(str(row[-1]).casefold() in TOTALS for row in rows) if bridge and block.series else (),
            cut=bool(notes),
            notes=tuple(notes),
        )
        instead: Callable[[Chart], tuple[str, str] | None] | None = getattr(kind, "instead", None)
        other = instead(chart) if instead and not chart.empty else None
        if other:
            name, why = other
            drawn = self.plotted(block.model_copy(update={"chart": name}), rows, look, x_look)
            reason = self.language.say(why, most=self.language.number(kind.most_points, 0))
            return replace(drawn, notes=(reason, *drawn.notes))
        return with_gaps_told(chart, self.language)

    def labels(self, points: Sequence[Value], look: Look, zone: ZoneInfo) -> tuple[str, ...]:
        """Categories in words; a column of first days of months is one of months."""
        days = [point for point in points if isinstance(point, date)]
        if len(days) == len(points) > 1 and all(day.day == 1 and type(day) is date for day in days):
            return tuple(self.language.month(day) for day in days)
        return tuple(self.language.show(point, look, zone) or "–" for point in points)


def with_gaps_told(chart: Chart, speak: Language) -> Chart:
    """A waterfall whose stated total is not the sum of what came before says so; others stay as they are."""
    if not any(chart.standing):
        return chart
    running, notes = Decimal(0), list(chart.notes)
    for at, (stands, value) in enumerate(zip(chart.standing, chart.series[0].values, strict=True)):
        amount = _exact(value)
        if stands and at and amount != running:
            told = {"found": speak.show(amount, chart.look, _UTC), "sum": speak.show(running, chart.look, _UTC)}
            notes.append(speak.say("chart_gap", label=chart.labels[at], **told))
        running = amount if stands else running + amount
    return replace(chart, notes=tuple(notes))


_UTC = ZoneInfo("UTC")


def _split(rows: list[tuple[Value, ...]], block: ChartBlock) -> tuple[list[Value], list[Series]]:
    """Long rows of (point, number, name) as one series a name, in the order in which each first appears."""
    points: dict[Value, int] = {}
    names: dict[str, dict[int, Decimal | int | float | None]] = {}
    for point, value, name in rows:
        at = points.setdefault(point, len(points))
        cells = names.setdefault("–" if name is None else str(name), {})
        if at in cells:
            raise DataError(
                f"The chart {block.title!r} has two rows for {block.x} {point!r} and {block.series} {name!r}.",
                hint="Sum them up in a step of their own, or draw another column.",
                where={"step": block.from_},
            )
        cells[at] = _number(value)
    series = [Series(name, tuple(cells.get(at) for at in range(len(points)))) for name, cells in names.items()]
    return list(points), series


def _number(value: Value) -> Decimal | int | float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    finite = value.is_finite() if isinstance(value, Decimal) else abs(value) != float("inf") and value == value
    return value if finite else None


def _exact(value: Decimal | float | None) -> Decimal:
    return Decimal(0) if value is None else value if isinstance(value, Decimal) else Decimal(repr(value))


def _title(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() or name


def quoted(name: str) -> str:
    """A column's name as it is written in an expression."""
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def exact_text(value: Value) -> str:
    """A value in full: plain decimals, ISO dates, nothing rounded."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat else str(value)
