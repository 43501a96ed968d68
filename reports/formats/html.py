"""One HTML file: no script, no request of any kind, for a phone, a desk and a sheet of A4, by day and by night."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path

from reports.chart import Chart, spoken, unit
from reports.data import RunData
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
from reports.narrative import check_name, check_sentence, set_aside
from reports.provenance import ELEMENT, packed
from reports.values import UNWRITABLE, Look, Value

_DATA_ROWS = 200
"""Rows in the table below a chart; the chart itself may have more points."""
_PRINT_FONT = 11.3
_UPRIGHT, _ACROSS = 680, 1009
"""Widths of A4 between its margins and of a printed table's letters, in CSS pixels."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write(document: ReportDocument, data: RunData, path: Path) -> None:  # noqa: ARG001 - a page shows what is in the document
    """Write the page."""
    path.write_text(UNWRITABLE.sub("\ufffd", page(document)), encoding="utf-8", newline="\n")


def page(document: ReportDocument) -> str:
    """The whole page."""
    say = document.language.say
    sections = [_section(section, document) for section in document.sections]
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(document.language.code)}">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(document.title)}</title>",
        f"<style>\n{_stylesheet()}{_paper(document)}</style>",
        "</head>",
        "<body>",
        '<div class="page">',
        f'<a class="skip" href="#content">{escape(say("contents"))}</a>',
        _head(document),
        f'<main id="content">{_banner(document)}{"".join(sections)}{_understood(document)}{_checks(document)}</main>',
        _origins(document),
        _foot(document),
        "</div>",
        "".join(_popover(origin, document) for origin in _figures(document)),
        _embedded(document),
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(part for part in parts if part)


@cache
def _stylesheet() -> str:
    return Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def _paper(document: ReportDocument) -> str:
    """The footing on each printed page, with its number; browsers without margin boxes print the last line alone."""
    say = document.language.say
    pages = json.dumps(say("page", page="\0", pages="\1"), ensure_ascii=False)
    counted = pages.replace("\\u0000", '" counter(page) "').replace("\\u0001", '" counter(pages) "')
    # In a CSS string only the backslash, the quote and line ends mean anything; '<' could end the style element.
    text = "".join(f"\\{ord(c):x} " if c in '\\"<>\n\r\f' else c for c in document.footing)
    face = (
        'font: 7.5pt "Liberation Sans", "Helvetica Neue", Arial, sans-serif; color: #4a4f55; '
        "border-top: .5pt solid #b5b1a8; padding-top: 3mm; vertical-align: top;"
    )
    return (
        "@page { size: A4; margin: 16mm 15mm 20mm; "
        f'@bottom-left {{ content: "{text}"; {face} width: 80%; white-space: nowrap; }} '
        f"@bottom-right {{ content: {counted}; {face} text-align: right; }} }}\n"
        "@page across { size: A4 landscape; }\n"
    )


# Frame


def _head(document: ReportDocument) -> str:
    say = document.language.say
    subtitle = f'<p class="sub" dir="auto">{escape(document.subtitle)}</p>' if document.subtitle else ""
    links = "".join(
        f'<li><a href="#{section.id}" dir="auto">{escape(section.title)}</a></li>' for section in document.sections
    )
    menu = f'<nav aria-label="{escape(say("contents"))}"><ul>{links}</ul></nav>' if len(document.sections) > 1 else ""
    as_of = escape(say("data_as_of", time=document.at(document.meta.as_of)))
    return (
        f'<header class="head"><h1 dir="auto">{escape(document.title)}</h1>{subtitle}'
        f'<p class="asof">{as_of}</p>{menu}</header>'
    )


def _banner(document: ReportDocument) -> str:
    """Failed checks in words above everything else, and rows that were set aside."""
    say, made = document.language.say, ""
    failed = document.meta.failed
    if failed:
        kind = "bad" if any(check.severity == "block" for check in failed) else "warn"
        items = "".join(f'<li dir="auto">{escape(check_sentence(check, document))}</li>' for check in failed)
        told = escape(say("banner", time=document.at(document.meta.as_of)))
        made += f'<div class="notice {kind}" role="alert"><strong>{told}</strong><ul>{items}</ul></div>'
    if document.meta.quarantined:
        items = "".join(f'<li dir="auto">{escape(text)}</li>' for text in set_aside(document))
        made += f'<div class="notice warn" role="note"><ul>{items}</ul></div>'
    return made


def _understood(document: ReportDocument) -> str:
    meta, say = document.meta, document.language.say
    if not meta.reading and not meta.assumptions:
        return ""
    reading = f'<p dir="auto">{escape(meta.reading)}</p>' if meta.reading else ""
    items = "".join(f'<li dir="auto">{escape(text)}</li>' for text in meta.assumptions)
    listed = f'<h3>{escape(say("assumptions"))}</h3><ul class="assume">{items}</ul>' if items else ""
    title = f'<h2 id="understood">{escape(say("understood"))}</h2>'
    return f'<section aria-labelledby="understood">{title}{reading}{listed}</section>'


def _checks(document: ReportDocument) -> str:
    if not document.meta.checks:
        return ""
    say = document.language.say
    items = []
    for check in document.meta.checks:
        mark, kind, word = ("✓", "ok", "passed") if check.passed else ("✕", "no", "failed")
        if not check.passed and check.severity == "warn":
            mark, kind, word = "!", "maybe", "warning"
        text = check_name(check, document) if check.passed else check_sentence(check, document)
        found = f' <span class="note" dir="auto">{escape(check.found)}</span>' if check.passed and check.found else ""
        items.append(
            f'<li><span class="{kind}" role="img" aria-label="{escape(say(word))}">{mark}</span>'
            f'<span><span dir="auto">{escape(text)}</span>{found}</span></li>'
        )
    listed = f'<ul class="checks">{"".join(items)}</ul>'
    if not document.meta.failed:
        count = document.language.number(len(document.meta.checks), 0)
        listed = f"<details><summary>{escape(say('all_passed', count=count))}</summary>{listed}</details>"
    return f'<section aria-labelledby="checks"><h2 id="checks">{escape(say("checks"))}</h2>{listed}</section>'


def _foot(document: ReportDocument) -> str:
    run = escape(document.language.say("run", run=document.meta.run_id))
    return (
        f'<footer class="foot"><span title="{escape(document.meta.spec_digest)}">{escape(document.footing)}</span>'
        f" · {run}</footer>"
    )


# Blocks


def _section(section: Section, document: ReportDocument) -> str:
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
            pieces = [escape(piece) if isinstance(piece, str) else _figure(piece, document) for piece in block.pieces]
            return f'<p dir="auto">{"".join(pieces)}</p>'
        case TileRow():
            tiles = "".join(
                f'<div class="tile"><dt dir="auto">{escape(tile.label)}</dt>'
                f"<dd{_size(tile.text)}>{_figure(tile, document)}</dd></div>"
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


def _figure(figure: FigureValue, document: ReportDocument) -> str:
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
    wide = [not column.look.right and _is_wide(table, at) for at, column in enumerate(table.columns)]
    body = "".join(_row(row, table.columns, wide if not at else [], document) for at, row in enumerate(table.shown))
    header = "".join(_heading(column) for column in table.columns)
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


def _is_wide(table: Table, at: int) -> bool:
    return any(len(str(row[at])) > 28 for row in table.shown)


def _heading(column: Column) -> str:
    money = f"<small>{escape(column.look.currency)}</small>" if column.look.currency else ""
    return f'<th scope="col"{_kind(column.look)} dir="auto">{escape(column.label)}{money}</th>'


def _kind(look: Look) -> str:
    if look.right:
        return ' class="n"'
    return ' class="d"' if look.format in {"date", "datetime", "code"} else ""


def _row(row: tuple[Value, ...], columns: tuple[Column, ...], wide: list[bool], document: ReportDocument) -> str:
    """``wide`` marks, in the first row only, the columns whose text needs room on a phone."""
    cells = []
    for at, (value, column) in enumerate(zip(row, columns, strict=True)):
        text = document.show(value, column.look)
        shown = escape(text) if value is not None else '<span class="note" aria-hidden="true">–</span>'
        kind = ' class="w"' if wide and wide[at] else _kind(column.look)
        tag = 'th scope="row"' if at == 0 else "td"
        cells.append(f'<{tag}{kind} dir="auto">{shown}</{tag[:2]}>')
    return f"<tr>{''.join(cells)}</tr>"


def _totals(table: Table, document: ReportDocument) -> str:
    if not any(column.total for column in table.columns):
        return ""
    cells = []
    for at, column in enumerate(table.columns):
        inner = _figure(column.total, document) if column.total else ""
        if at == 0 and not column.total:
            cells.append(f'<th scope="row">{escape(document.language.say("total"))}</th>')
        else:
            cells.append(f"<td{_kind(column.look)}>{inner}</td>")
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
    name, told = f"{frame.id}--{kind}", description(frame.chart, document)
    inner = (
        element("title", escape(frame.title or frame.chart.x_label), id=f"{name}-t")
        + element("desc", escape(told), id=f"{name}-d")
        + drawing.body
    )
    return element(
        "svg", inner, class_=kind, viewBox=f"0 0 {drawing.width:g} {drawing.height:.0f}", role="img",
        aria_labelledby=f"{name}-t", aria_describedby=f"{name}-d", xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def description(chart: Chart, document: ReportDocument) -> str:
    """What a reader who cannot see the chart is told: its first dozen figures; the table below has them all."""
    told = []
    for series in chart.series:
        pairs = zip(chart.labels[:12], series.values[:12], strict=True)
        words = ", ".join(f"{name} {spoken(chart, value, document.language)}" for name, value in pairs)
        told.append(f"{series.name}: {words}{', …' if len(chart.labels) > 12 else ''}")
    return ". ".join(told)


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


# Origins


def _figures(document: ReportDocument) -> list[Provenance]:
    return list(document.origins.values())


def _popover(origin: Provenance, document: ReportDocument) -> str:
    return (
        f'<div popover id="from--{origin.figure}"><h3 dir="auto">{escape(origin.label)}</h3>'
        f'<div class="big"><bdi>{escape(origin.shown)}</bdi></div>{_facts(origin, document)}</div>'
    )


def _facts(origin: Provenance, document: ReportDocument) -> str:
    say, labels = document.language.say, document.meta.labels
    rows = say("one_row") if origin.rows == 1 else say("rows", rows=document.language.number(origin.rows, 0))
    condition = f" {escape(say('where', condition=''))} <code>{escape(origin.where)}</code>" if origin.where else ""
    facts = [
        (say("computed_as"), f"<code>{escape(origin.expression)}</code>{condition}"),
        (say("step"), f"{escape(labels.get(origin.step, origin.step))}, {escape(rows)}"),
    ]
    if origin.origins:
        facts.append((say("source"), escape(", ".join(origin.origins))))
    facts.append((say("spec"), f"<code>{escape(origin.spec_digest)}</code>"))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<dl class="facts">{listed}</dl>'


def _origins(document: ReportDocument) -> str:
    """The list of all figures, closed on a screen; the pop-ups say the same one by one."""
    if not document.origins:
        return ""
    say = document.language.say
    heads = "".join(f'<th scope="col">{escape(say(key))}</th>' for key in ("figure", "value", "computed_as"))
    rows = "".join(
        f'<tr><th scope="row" dir="auto"><a href="#{origin.figure}">{escape(origin.label)}</a></th>'
        f'<td class="d"><bdi>{escape(origin.shown)}</bdi></td>'
        f"<td>{escape(origin_sentence(origin, document))}</td></tr>"
        for origin in _figures(document)
    )
    return (
        f'<section><details><summary>{escape(say("origin"))}</summary><div class="scroll" role="region" '
        f'tabindex="0" aria-label="{escape(say("origin"))}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details></section>"
    )


def _embedded(document: ReportDocument) -> str:
    """The same for programs. '<' is written as JSON can too, so that no value ends the element."""
    lines = "\n".join(line.replace("<", "\\u003c") for line in packed(document))
    return f'<script type="application/json" id="{ELEMENT}">\n{lines}\n</script>' if lines else ""
