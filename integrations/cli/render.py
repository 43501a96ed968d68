"""Documents as text for a terminal: aligned tables, plan cards, plain sentences."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spec.base import JsonValue

if TYPE_CHECKING:
    from spec.run import CheckResult, RunResult
    from tools.documents import AskDocument, Choice, PlanDocument

SHOWN_ROWS = 50
WIDEST_CELL = 60
_NUMERIC = re.compile(r"^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|U?INTEGER|FLOAT|DOUBLE|DECIMAL)")
_CODES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "yellow": "33"}


def styled(text: str, *styles: str) -> str:
    """Bold, dim or coloured on a terminal that can show it; as it is in a file, a pipe, or with NO_COLOR."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def is_number(kind: str) -> bool:
    """True for the DuckDB types that are aligned to the right."""
    return _NUMERIC.match(kind) is not None


def safe(text: str) -> str:
    """Text from data without what would steer the terminal: control characters show as a dot, line ends as a space."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    # Cc are control characters (the escape among them), Cf invisible ones that can turn the reading direction round.
    return "·" if unicodedata.category(character) in {"Cc", "Cf"} else character


def width(text: str) -> int:
    """Columns a text takes on a terminal; East Asian wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def cell(value: JsonValue, kind: str = "") -> str:
    """One value as shown: numbers with thousands separators, nothing for null."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_number(kind):
        return _grouped(value)
    text = safe(value if isinstance(value, str) else str(value))
    return text if width(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"


def _grouped(value: JsonValue) -> str:
    text = f"{value:.10g}" if isinstance(value, float) and abs(value) < 1e15 else str(value)
    match = re.fullmatch(r"(-?)(\d+)(\.\d+)?", text)
    return f"{match[1]}{int(match[2]):,}{match[3] or ''}" if match else text


def table(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool] | None = None, indent: str = "  "
) -> str:
    """Aligned columns under a ruled header, without all-empty ones; ``right`` marks those aligned to the right."""
    right = right or [False] * len(names)
    told = [i for i, name in enumerate(names) if name or any(row[i] for row in rows)]
    names, right = [names[i] for i in told], [right[i] for i in told]
    rows = [[row[i] for i in told] for row in rows]
    widths = [max([width(name), *(width(row[i]) for row in rows)]) for i, name in enumerate(names)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (size - width(text)) + text if on_right else text + " " * (size - width(text))
            for text, size, on_right in zip(cells, widths, right, strict=True)
        ]
        return (indent + "  ".join(padded)).rstrip()

    head = styled(line([safe(name) for name in names]), "bold")
    return "\n".join([head, indent + "  ".join("─" * size for size in widths), *(line(row) for row in rows)])


def records(document: AskDocument, *, shown: int = SHOWN_ROWS) -> str:
    """The rows of an answer; one value stands by itself, many rows are cut off with a word about it."""
    kinds = [column.type for column in document.columns]
    if len(kinds) == 1 and len(document.rows) == 1:
        label = document.columns[0].name
        return f"  {styled(cell(document.rows[0][0], kinds[0]), 'bold')}  {styled(f'({safe(label)})', 'dim')}"
    if not document.rows:
        return "  No rows."
    rows = [[cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in document.rows[:shown]]
    text = table([column.name for column in document.columns], rows, right=[is_number(kind) for kind in kinds])
    left = document.row_count - len(rows)
    if left > 0 or document.truncated:
        more = f"{left:,} more rows" if not document.truncated else f"at least {left + 1:,} more rows"
        text += f"\n  … {more}; --json gives them all{' (up to --max-rows)' if document.truncated else ''}."
    return text


def wrapped(text: str, *, indent: str = "  ") -> str:
    """Text broken to the terminal's width, at most 100 columns."""
    import textwrap

    columns = min(shutil.get_terminal_size((96, 24)).columns, 100)
    lines = [textwrap.wrap(part, columns, initial_indent=indent, subsequent_indent=indent) for part in text.split("\n")]
    return "\n".join(line for part in lines for line in (part or [""]))


def bullets(items: Sequence[str], *, mark: str = "·") -> str:
    """A list, each item wrapped under its own mark."""
    shown = []
    for item in items:
        text = wrapped(safe(item), indent="    ")
        shown.append(f"  {mark} {text[4:]}")
    return "\n".join(shown)


def ask(document: AskDocument) -> str:
    """An answer or an open question."""
    parts = []
    if document.reading:
        parts.append(wrapped(safe(document.reading), indent=""))
    if document.status == "answered":
        parts.append(records(document))
    if document.assumptions:
        parts.append("Assumed:\n" + bullets(document.assumptions))
    if document.status == "question":
        parts.append(question(document.question or "", document.options, document.thread or "", command="ask"))
    if document.message:
        parts.append(wrapped(safe(document.message), indent=""))
    return "\n\n".join(parts)


def question(text: str, options: Sequence[Choice], thread: str, *, command: str) -> str:
    """A question with its options and how to answer it."""
    lines = [styled(wrapped(safe(text), indent=""), "bold")]
    size = max((width(option.value) for option in options), default=0)
    lines += [f"  {option.value:<{size}}  {safe(option.label)}" for option in options]
    example = options[0].value if options else "your answer"
    quoted = example if re.fullmatch(r"[\w./:-]+", example) else f'"{example}"'
    lines.append(f"\nAnswer with:  dreflow {command} --thread {thread} --answer {quoted}")
    return "\n".join(lines)


def plan(document: PlanDocument, *, spec_file: str | None) -> str:
    """The plan card: what it reads, does, proves, writes and assumes, and what to type next."""
    if document.status == "question":
        asked = question(document.question or "", document.options, document.thread or "", command="plan")
        return f"{wrapped(safe(document.reading), indent='')}\n\n{asked}" if document.reading else asked
    if document.status != "planned" or document.spec is None:
        return wrapped(safe(document.message or ""), indent="")
    title = str(document.spec.get("title") or document.spec.get("name"))
    parts = [styled(safe(title), "bold")]
    if document.reading:
        parts.append(wrapped(safe(document.reading), indent=""))
    parts.append("Reads\n" + _sources(document))
    steps = _steps(document)
    if steps:
        parts.append("Does\n" + steps)
    if document.proofs:
        parts.append("Proven on your data\n" + proofs(document.proofs))
    parts.append(
        "Leaves\n" + (bullets([effect_line(e.kind, e.target, e.detail) for e in document.effects]) or "  nothing")
    )
    schedule = document.spec.get("schedule")
    if isinstance(schedule, dict):
        parts.append(f"Runs by itself\n  · at {schedule.get('cron')} ({schedule.get('timezone', 'UTC')})")
    if document.assumptions:
        parts.append("Assumed\n" + bullets(document.assumptions))
    if document.notes:
        parts.append("Good to know\n" + bullets(document.notes))
    parts.append(_next(document, spec_file))
    return "\n\n".join(parts)


def effect_line(kind: str, target: str, detail: str) -> str:
    """An effect in words."""
    verb = {"write": "writes", "send": "sends to", "schedule": "runs by itself:"}.get(kind, kind)
    return f"{verb} {target}{f' ({detail})' if detail else ''}"


def proofs(results: Sequence[CheckResult]) -> str:
    """Checks with the numbers that were expected and found."""
    rows = []
    for result in results:
        mark = styled("✓", "green") if result.passed else styled("✗" if result.severity == "block" else "!", "red")
        numbers = result.detail or (f"{result.found} (expected {result.expected})" if result.expected else result.found)
        rows.append((mark, result.check.replace("_", " "), result.on, safe(numbers)))
    names = max(width(row[1]) for row in rows)
    places = max(width(row[2]) for row in rows)
    return "\n".join(
        f"  {mark} {name:<{names}}  {place:<{places}}  {text}".rstrip() for mark, name, place, text in rows
    )


def _sources(document: PlanDocument) -> str:
    sources = (document.spec or {}).get("sources")
    rows = []
    for name, source in (sources if isinstance(sources, dict) else {}).items():
        if not isinstance(source, dict):
            continue
        columns = source.get("columns")
        place = source.get("connection") or source.get("location") or ""
        stream = source.get("stream")
        counted = document.rows.get(name)
        rows.append(
            [
                name,
                safe(f"{place}{f' · {stream}' if stream else ''}"),
                f"{counted:,} rows" if counted is not None else "",
                f"{len(columns) if isinstance(columns, dict) else 0} columns",
            ]
        )
    return "\n".join(_columns(rows, right=(False, False, True, True)))


def _steps(document: PlanDocument) -> str:
    steps = (document.spec or {}).get("steps")
    rows = []
    for number, step in enumerate(steps if isinstance(steps, list) else [], start=1):
        if isinstance(step, dict):
            counted = document.rows.get(str(step["id"]))
            what = str(step.get("note") or "") or _what(step)
            rows.append(
                [f"{number}.", str(step["id"]), safe(what), f"→ {counted:,} rows" if counted is not None else ""]
            )
    return "\n".join(_columns(rows, right=(True, False, False, False)))


def _what(step: dict[str, JsonValue]) -> str:
    inputs = step.get("from")
    listed = ", ".join(map(str, inputs)) if isinstance(inputs, list) else str(inputs or "")
    return f"{step['use']} {listed}".strip()


def _columns(rows: Sequence[Sequence[str]], *, right: Sequence[bool]) -> list[str]:
    if not rows:
        return []
    clipped = [[text if width(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…" for text in row] for row in rows]
    widths = [max(width(row[i]) for row in clipped) for i in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            " " * (size - width(text)) + text if on_right else text + " " * (size - width(text))
            for text, size, on_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in clipped
    ]


def _next(document: PlanDocument, spec_file: str | None) -> str:
    if spec_file is None:
        return f"Keep it:  dreflow plan --thread {document.thread} -o plan.yaml" if document.thread else ""
    if not document.proven:
        return f"A proof failed, so a run would publish nothing. The plan is in {spec_file}."
    if any(effect.needs_approval for effect in document.effects):
        return f"Next:  dreflow approve {spec_file} --by YOUR-NAME\nThen:  dreflow run {spec_file}"
    return f"Next:  dreflow run {spec_file}"


def run(result: RunResult, out: str) -> str:
    """What a run did: where the files are, what was proven, what was set aside."""
    words = {
        "succeeded": styled("Done.", "green", "bold"),
        "blocked": styled("Held back: a check failed, so nothing was published.", "red", "bold"),
        "failed": styled("Failed.", "red", "bold"),
        "cancelled": styled("Cancelled; nothing was published.", "yellow", "bold"),
        "running": "Running.",
    }
    took = f" {(result.finished - result.started).total_seconds():.1f} s" if result.finished else ""
    parts = [f"{words[result.status]} Run {result.run_id}{took}, spec {short(result.spec_digest)}."]
    if result.message:
        parts.append(wrapped(safe(result.message), indent=""))
    if result.outputs:
        rows = [
            [os.path.join(out, o.file) if o.file else str(o.table or o.name), f"{o.rows:,} rows"]  # noqa: PTH118
            for o in result.outputs
        ]
        parts.append("\n".join(_columns(rows, right=(False, True))))
    failed = [check for check in result.checks if not check.passed]
    passed = len(result.checks) - len(failed)
    if failed:
        parts.append("Did not hold\n" + proofs(failed))
    if passed:
        parts.append(f"{passed} {'check' if passed == 1 else 'checks'} passed.")
    if result.quarantined:
        parts.append(
            "Set aside\n"
            + bullets(
                [
                    f"{q.rows:,} rows of {q.table}: {q.reason}{f' ({q.file})' if q.file else ''}"
                    for q in result.quarantined
                ]
            )
        )
    return "\n\n".join(parts)


def short(digest: str) -> str:
    """A digest for reading; everything that decides uses the whole."""
    return digest.removeprefix("sha256:")[:12]
