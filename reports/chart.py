"""One model of a chart for every format, and the shelf of kinds that draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from reports.drawing import Curve, Drawing, style
from reports.language import Language
from reports.values import Look, Value
from spec.registry import Shelf

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart
    from xlsxwriter.workbook import Workbook

CHARTS = Shelf("reports.charts", "chart")
TOTALS = frozenset({"total", "subtotal", "start", "end"})
"""Words in a waterfall's series column that mark a row standing from zero."""

Need = Literal["compare", "trend", "composition", "share", "bridge", "headline", "grid"]
"""What a chart is to show: amounts side by side, a course over time, parts of each amount, parts of one whole,
the way from one amount to another, a few numbers to be read as such, or amounts by two things at once."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers under one name, one for each category; None where there is nothing."""

    name: str
    values: tuple[Decimal | int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """``labels`` are the categories as shown, ``points`` the values they stand for."""

    kind: str
    title: str
    x_label: str
    labels: tuple[str, ...]
    points: tuple[Value, ...]
    series: tuple[Series, ...]
    look: Look
    standing: tuple[bool, ...] = ()
    """Waterfall only: which bars stand from zero."""
    cut: bool = False
    """Whether rows or series are left out; ``notes`` say which."""
    notes: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether the categories are days or instants without gaps in meaning."""
        return bool(self.points) and all(isinstance(point, (date, datetime)) for point in self.points)

    @property
    def numbers(self) -> list[float]:
        """All numbers of all series, for scales; drawing only, never shown."""
        return [float(value) for series in self.series for value in series.values if value is not None]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.numbers


@dataclass(frozen=True)
class ChartCells:
    """A chart's figures as they stand in a workbook, and what a unit needs to make the workbook's own chart of them.

    ``written`` are the columns on the sheet: the chart's series, or what the unit's ``workbook_series`` made of them.
    """

    chart: Chart
    written: Sequence[Series]
    workbook: Workbook
    sheet: str
    first_row: int
    last_row: int
    number_format: str
    date_format: str
    palette: Mapping[str, str]
    language: Language

    def words(self, value: Decimal | float | None) -> str:
        """A number of the chart as a reader sees it."""
        return spoken(self.chart, value, self.language)

    def new(self, kind: str, subtype: str | None = None) -> NativeChart:
        """An empty chart of one of XlsxWriter's kinds."""
        made = self.workbook.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})
        if made is None:
            raise ValueError(f"XlsxWriter has no chart {kind!r}")
        ink = {"color": "#565E68", "size": 9}
        categories: dict[str, object] = {"line": {"color": "#C9C5BB"}, "num_font": ink, "label_position": "low"}
        if self.date_format:
            categories |= {"date_axis": True, "num_format": self.date_format}
        amounts: dict[str, object] = {
            "num_format": self.number_format if self.chart.look.format == "percent" else "#,##0",
            "num_font": ink,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#E2DFD8", "width": 0.75}},
        }
        if kind != "line" and min(self.chart.numbers) >= 0:
            amounts["min"] = 0  # a bar or an area that does not start at zero shows another proportion
        if kind == "bar":
            # XlsxWriter names the axes of lying bars by where they are seen; the first category is to be on top.
            made.set_x_axis({**amounts, "label_position": "high"})
            made.set_y_axis({**categories, "reverse": True, "major_gridlines": {"visible": False}})
        else:
            made.set_x_axis(categories)
            made.set_y_axis(amounts)
        made.set_size({"width": 865, "height": 380})
        made.set_legend({"position": "top", "font": ink} if len(self.chart.series) > 1 else {"none": True})
        return made

    def colour(self, at: int) -> str:
        """The colour of the series at this place."""
        return self.palette[style(at)]

    def series(self, at: int, *, line: bool = False, transparency: int = 0) -> dict[str, object]:
        """What XlsxWriter's ``add_series`` takes for the column at this place."""
        colour = self.colour(at)
        made: dict[str, object] = {
            "name": [self.sheet, self.first_row - 1, at + 1],
            "categories": [self.sheet, self.first_row, 0, self.last_row, 0],
            "values": [self.sheet, self.first_row, at + 1, self.last_row, at + 1],
        }
        if line:
            return {**made, "line": {"color": colour, "width": 2}}
        return {**made, "fill": {"color": colour, "transparency": transparency}, "border": {"none": True}}


class ChartUnit(Protocol):
    """A module ``reports/charts/<name>.py``."""

    needs: frozenset[Need]
    """What this kind is good for."""
    most_points: int
    """Categories it stays readable with; what is beyond them is cut, and the cut is said."""
    most_series: int
    legend: Literal["series", "points", "none"]

    def draw(self, chart: Chart, width: float, language: Language) -> Drawing:
        """SVG elements for a box of this width, text escaped, colours by class. Never called for an empty chart."""

    def native(self, cells: ChartCells) -> NativeChart:
        """The workbook's own chart over those cells."""


def unit(name: str) -> ChartUnit:
    """The chart kind of that name; SpecError with the nearest name when there is none."""
    return cast("ChartUnit", CHARTS.load(name))


def choose(need: Need, *, categories: int, series: int = 1) -> str:
    """The kind that serves a declared need with this much data; a bar chart where nothing suits better."""
    fitting = [
        name
        for name in CHARTS.names()
        if need in unit(name).needs and categories <= unit(name).most_points and series <= unit(name).most_series
    ]
    return fitting[0] if fitting else "bar"


def suggest(points: Sequence[Value], *, series: int) -> str:
    """The kind for an answer nobody asked a chart of: a line over dates, bars over anything else."""
    timed = bool(points) and all(isinstance(point, (date, datetime)) for point in points)
    return choose("trend" if timed and len(points) > 2 else "compare", categories=len(points), series=series)


def spoken(chart: Chart, value: Decimal | float | None, language: Language) -> str:
    """A chart's number as a reader sees it; a dash where there is none."""
    return "–" if value is None else language.show(value, chart.look, ZoneInfo("UTC"))


def courses(chart: Chart) -> tuple[list[Curve], list[tuple[float, str]]]:
    """Each series as a curve, and the marks below: days stand at their distance in time, other categories evenly."""
    places = (
        [_moment(point) for point in chart.points] if chart.timed else [float(at) for at in range(len(chart.labels))]
    )
    drawn = []
    for number, series in enumerate(chart.series):
        pairs = zip(places, series.values, strict=True)
        points = tuple(None if value is None else (place, float(value)) for place, value in pairs)
        drawn.append(Curve(series.name, tuple(_in_time(points, chart.timed)), style(number)))
    return drawn, list(zip(places, chart.labels, strict=True))


def _in_time(points: tuple[tuple[float, float] | None, ...], timed: bool) -> Sequence[tuple[float, float] | None]:
    """Points in the order of time where they have one; rows may come in any other."""
    known = [point for point in points if point is not None]
    return sorted(known) if timed and known != sorted(known) else points


def _moment(point: Value) -> float:
    if isinstance(point, datetime):
        return point.timestamp() if point.tzinfo else point.replace(tzinfo=UTC).timestamp()
    return float(cast("date", point).toordinal() * 86_400)


def description(chart: Chart, language: Language) -> str:
    """What a reader who cannot see the chart is told: its first dozen figures; the table below has them all."""
    told = []
    for series in chart.series:
        pairs = zip(chart.labels[:12], series.values[:12], strict=True)
        words = ", ".join(f"{name} {spoken(chart, value, language)}" for name, value in pairs)
        told.append(f"{series.name}: {words}{', …' if len(chart.labels) > 12 else ''}")
    return ". ".join(told)
