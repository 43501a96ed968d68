"""A document's blocks as HTML: prose, tiles, tables, charts. All text is escaped here or nowhere."""

from __future__ import annotations

from html import escape

from reports.chart import Chart, description, spoken, unit
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
from reports.drawing import NARROW, WIDE, element, style, text_width
from reports.values import Value

_DATA_ROWS = 200
"""Rows in the table below a chart; the chart itself may have more points."""
_PRINT_FONT = 11.3
_UPRIGHT, _ACROSS = 680, 1009
"""Widths of A4 between its margins and of a printed table's letters, in CSS pixels."""


def section_markup(section: Section, document: ReportDocument) -> str:
    """A titled part of the page; one with a table too wide for an upright sheet is printed across."""
    blocks = "".join(_block(block, document) for block in section.blocks)
    turned = any(isinstance(block, Table) and _is_across(block, document) for block in section.blocks)
    sheet = ' class="across"' if turned else ""
    return (
        f'<section{sheet} aria-labelledby="{section.id}"><h2 id="{section.id}" dir="auto">{escape(section.title)}</h2>'
        f"{blocks}</section>"
    )


def _block(block: Block, document: ReportDocument) -> str:
    match block:
        case Paragraph():
            pieces = [
                escape(piece) if isinstance(piece, str) else figure_markup(piece, document) for piece in block.pieces
            ]
            return f'<p dir="auto">{"".join(pieces)}</p>'
        case TileRow():
            tiles = "".join(
                f'<div class="tile"><dt dir="auto">{escape(tile.label)}</dt>'
                f"<dd{_size(tile.text)}>{figure_markup(tile, document)}</dd></div>"
                for tile in block.figures
            )
            return f'<dl class="tiles">{tiles}</dl>'
        case Table():
            return _table(block, document)
        case ChartFrame():
            return _chart(block, document)


def _size(text: str) -> str:
    """Long numbers are set smaller, so that none is broken in two."""
    return "" if len(text) <= 11 else ' class="long"' if len(text) <= 16 else ' class="longer"'


def figure_markup(figure: FigureValue, document: ReportDocument) -> str:
    """A figure that can be pressed to see where it comes from."""
    return (
        f'<button type="button" class="fig" id="{figure.id}" popovertarget="from--{figure.id}" '
        f'title="{escape(origin_sentence(figure.provenance, document))}"><bdi>{escape(figure.text)}</bdi></button>'
    )


def origin_sentence(origin: Provenance, document: ReportDocument) -> str:
    """``sum(net) over 14 rows of payouts where fee > 0``."""
    say = document.language.say
    step = document.meta.labels.get(origin.step, origin.step)
    many = document.language.number(origin.rows, 0)
    over = say("over_row", step=step) if origin.rows == 1 else say("over_rows", rows=many, step=step)
    where = f" {say('where', condition=origin.where)}" if origin.where else ""
    return f"{origin.expression} {over}{where}"


# Tables


def _table(table: Table, document: ReportDocument) -> str:
    say = document.language.say
    heading = f'<h3 id="{table.id}" dir="auto">{escape(table.title)}</h3>' if table.title else ""
    named = f' aria-labelledby="{table.id}"' if table.title else f' aria-label="{escape(table.columns[0].label)} …"'
    anchor = "" if table.title else f' id="{table.id}"'
    if not table.rows:
        nothing = f'<p class="empty" dir="auto">{escape(table.empty)}</p>'
        return f'<div{anchor}><div class="above">{heading}</div>{nothing}</div>'
    many = document.language.number(table.rows, 0)
    count = say("one_row") if table.rows == 1 else say("rows", rows=many)
    above = f'<div class="above">{heading}<span>{escape(count)}</span></div>'
    shown = len(table.shown)
    cut = say("shown_rows", shown=document.language.number(shown, 0), rows=many) if shown < table.rows else ""
    note = f'<p class="note">{escape(cut)}</p>' if cut else ""
    kinds = [_kind(table, at) for at in range(len(table.columns))]
    body = "".join(_row(row, table.columns, kinds, document) for row in table.shown)
    header = "".join(_heading(column, kind) for column, kind in zip(table.columns, kinds, strict=True))
    return (
        f"<div{anchor}{_fitted(table, document)}>{above}"
        f'<div class="scroll" role="region" tabindex="0"{named}><table{named}>'
        f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody>{_totals(table, document)}</table></div>{note}</div>"
    )


def _printed_width(table: Table, document: ReportDocument) -> float:
    """About how wide a table is in print, in CSS pixels; a long text takes a few lines."""
    widths = []
    for at, column in enumerate(table.columns):
        texts = [document.show(row[at], column.look) for row in table.shown[:200]]
        texts.append(column.total.text if column.total else "")
        widest = max(text_width(text, _PRINT_FONT) for text in [*texts, *column.label.split()])
        widths.append(min(widest, widest if column.look.right else 170) + 14)
    return sum(widths)


def _is_across(table: Table, document: ReportDocument) -> bool:
    """Whether a table is printed on a sheet turned across, its section with it."""
    return bool(table.rows) and _printed_width(table, document) > _UPRIGHT * 1.25


def _fitted(table: Table, document: ReportDocument) -> str:
    """A table wider than its sheet is set smaller, so that no column is cut off."""
    room = _ACROSS if _is_across(table, document) else _UPRIGHT
    fit = room / _printed_width(table, document)
    return "" if fit >= 1 else f' class="fitted" style="--fit: {max(fit, 0.45):.2f}"'


def _kind(table: Table, at: int) -> str:
    """A column's class: numbers at the right, short things on one line, long text with room enough on a phone."""
    look = table.columns[at].look
    if look.right:
        return ' class="n"'
    longest = max((len(str(row[at])) for row in table.shown), default=0)
    if look.format in {"date", "datetime", "code"} or longest <= 24:
        return ' class="d"'
    return ' class="w"' if longest > 28 else ""


def _heading(column: Column, kind: str) -> str:
    money = f"<small>{escape(column.look.currency)}</small>" if column.look.currency else ""
    return f'<th scope="col"{kind} dir="auto">{escape(column.label)}{money}</th>'


def _row(row: tuple[Value, ...], columns: tuple[Column, ...], kinds: list[str], document: ReportDocument) -> str:
    cells = []
    for at, (value, column) in enumerate(zip(row, columns, strict=True)):
        text = document.show(value, column.look)
        shown = escape(text) if value is not None else '<span class="note" aria-hidden="true">–</span>'
        tag = 'th scope="row"' if at == 0 else "td"
        cells.append(f'<{tag}{kinds[at]} dir="auto">{shown}</{tag[:2]}>')
    return f"<tr>{''.join(cells)}</tr>"


def _totals(table: Table, document: ReportDocument) -> str:
    if not any(column.total for column in table.columns):
        return ""
    cells = []
    for at, column in enumerate(table.columns):
        inner = figure_markup(column.total, document) if column.total else ""
        if at == 0 and not column.total:
            cells.append(f'<th scope="row">{escape(document.language.say("total"))}</th>')
        else:
            cells.append(f"<td{_kind(table, at)}>{inner}</td>")
    return f"<tfoot><tr>{''.join(cells)}</tr></tfoot>"


# Charts


def _chart(frame: ChartFrame, document: ReportDocument) -> str:
    chart = frame.chart
    title = f'<figcaption><h3 dir="auto">{escape(frame.title)}</h3></figcaption>' if frame.title else ""
    if chart.empty:
        nothing = escape(document.language.say("chart_none"))
        return f'<figure id="{frame.id}">{title}<p class="empty">{nothing}</p></figure>'
    pictures = "".join(_picture(frame, document, width, kind) for width, kind in ((WIDE, "wide"), (NARROW, "narrow")))
    notes = "".join(f'<p class="note" dir="auto">{escape(note)}</p>' for note in chart.notes)
    over, under = _legend(chart, document)
    return (
        f'<figure id="{frame.id}">{title}<div class="plot">{over}{pictures}{under}</div>{notes}'
        f"{_chart_data(chart, document)}</figure>"
    )


def _picture(frame: ChartFrame, document: ReportDocument, width: int, kind: str) -> str:
    drawing = unit(frame.chart.kind).draw(frame.chart, width, document.language)
    name, told = f"{frame.id}--{kind}", description(frame.chart, document.language)
    inner = (
        element("title", escape(frame.title or frame.chart.x_label), id=f"{name}-t")
        + element("desc", escape(told), id=f"{name}-d")
        + drawing.body
    )
    return element(
        "svg", inner, class_=kind, viewBox=f"0 0 {drawing.width:g} {drawing.height:.0f}", role="img",
        aria_labelledby=f"{name}-t", aria_describedby=f"{name}-d", xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def _legend(chart: Chart, document: ReportDocument) -> tuple[str, str]:
    kind = unit(chart.kind).legend
    if kind == "points":
        items = "".join(
            f'<li><i class="{style(at)}"></i><span dir="auto">{escape(name)}</span>'
            f"<b>{escape(spoken(chart, value, document.language))}</b></li>"
            for at, (name, value) in enumerate(zip(chart.labels, chart.series[0].values, strict=True))
        )
        return "", f'<ul class="legend down-list">{items}</ul>'
    if kind == "none" or len(chart.series) < 2:
        return "", ""
    items = "".join(
        f'<li><i class="{style(at)}"></i><span dir="auto">{escape(series.name)}</span></li>'
        for at, series in enumerate(chart.series)
    )
    return f'<ul class="legend">{items}</ul>', ""


def _chart_data(chart: Chart, document: ReportDocument) -> str:
    say = document.language.say
    names = "".join(f'<th scope="col" class="n" dir="auto">{escape(series.name)}</th>' for series in chart.series)
    rows = []
    for at, name in enumerate(chart.labels[:_DATA_ROWS]):
        cells = "".join(
            f'<td class="n">{escape(spoken(chart, series.values[at], document.language))}</td>'
            for series in chart.series
        )
        rows.append(f'<tr><th scope="row" dir="auto">{escape(name)}</th>{cells}</tr>')
    shown, all_ = (document.language.number(count, 0) for count in (len(rows), len(chart.labels)))
    more = say("shown_rows", shown=shown, rows=all_) if len(rows) < len(chart.labels) else ""
    note = f'<p class="note">{escape(more)}</p>' if more else ""
    return (
        f'<details><summary>{escape(say("chart_data"))}</summary><div class="scroll" role="region" '
        f'tabindex="0" aria-label="{escape(say("chart_data"))}">'
        f'<table><thead><tr><th scope="col" dir="auto">{escape(chart.x_label)}</th>{names}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}</details>"
    )
