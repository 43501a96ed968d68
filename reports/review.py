"""What is wrong with a report before any run: found when it is planned, not on the first Monday."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.expressions import table_of
from pipelines.job import Relation
from reports import queries
from reports.builder import FORMATS
from reports.chart import unit
from reports.data import RunData, relation_of
from reports.narrative import check_text
from reports.values import Value, is_number
from spec.base import JsonValue
from spec.report import ChartBlock, Report, TableBlock, Text, Tiles

if TYPE_CHECKING:
    from sqlglot import exp


def check_report(
    report: Report,
    relations: Mapping[str, Relation],
    parameters: Mapping[str, tuple[str, JsonValue]] | None = None,
) -> None:
    """Raise SpecError for the first thing that a run could not show; touches no rows.

    Unknown formats, charts, steps and columns; expressions beyond the allow-list; numbers written by hand; totals and
    charts of what is no number.
    """
    for name in report.formats:
        FORMATS.load(name)
    shapes = _Shapes(relations, parameters or {})
    for section in report.sections:
        for block in section.blocks:
            match block:
                case Text():
                    check_text(block)
                    _figures(block, shapes)
                case Tiles():
                    _figures(block, shapes)
                case TableBlock():
                    _table(block, shapes)
                case ChartBlock():
                    _chart(block, shapes)


def _figures(block: Text | Tiles, data: RunData) -> None:
    for figure in block.figures.values():
        queries.figure_query(figure, data)


def _table(block: TableBlock, data: RunData) -> None:
    relation = data.relation(block.from_)
    names = [column.name for column in block.columns]
    queries.rows_query(data, block.from_, names, block.order_by)
    for column in block.columns:
        field = queries.fields(relation, [column.name])[0]
        if column.total and not is_number(field.type):
            raise queries.not_summable(field, block.from_)


def _chart(block: ChartBlock, data: RunData) -> None:
    unit(block.chart)
    queries.chart_fields(block, data)
    queries.rows_query(data, block.from_, [block.x], block.order_by)


@dataclass(frozen=True)
class _Shapes:
    """Relations before there are rows."""

    relations: Mapping[str, Relation]
    parameters: Mapping[str, tuple[str, JsonValue]]

    def relation(self, name: str) -> Relation:
        return relation_of(self.relations, name)

    def table(self, name: str) -> exp.Table:
        return table_of(self.relation(name).name)

    def rows(self, query: exp.Query, limit: int | None = None) -> Iterator[tuple[Value, ...]]:
        raise NotImplementedError("a report is reviewed without rows")
