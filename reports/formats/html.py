"""One HTML file: no script, no request of any kind, for a phone, a desk and a sheet of A4, by day and by night."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path

from reports.data import RunData
from reports.document import Provenance, ReportDocument
from reports.html_blocks import origin_sentence, section_markup
from reports.narrative import check_name, check_sentence, set_aside
from reports.provenance import ELEMENT, packed
from reports.values import UNWRITABLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write(document: ReportDocument, data: RunData, path: Path) -> None:  # noqa: ARG001 - a page shows what is in the document
    """Write the page."""
    path.write_text(UNWRITABLE.sub("\ufffd", page(document)), encoding="utf-8", newline="\n")


def page(document: ReportDocument) -> str:
    """The whole page."""
    say = document.language.say
    sections = [section_markup(section, document) for section in document.sections]
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
