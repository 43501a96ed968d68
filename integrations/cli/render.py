"""Documents as text for a terminal: aligned tables, plan cards, plain sentences."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from spec.base import JsonValue
from tools.wording import grouped, spoken_rhythm

if TYPE_CHECKING:
    from spec.run import CheckResult, RunResult
    from tools.documents import AskDocument, Choice, PlanDocument

SHOWN_ROWS = 50
WIDEST_CELL = 60
MANY_STEPS, MANY_ALIKE = 20, 3
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_NUMERIC = re.compile(r"^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|U?INTEGER|FLOAT|DOUBLE|DECIMAL)")
_CODES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "yellow": "33"}


def styled(text: str, *styles: str) -> str:
    """Bold, dim or coloured on a terminal that can show it; as it is in a file, a pipe, or with NO_COLOR."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def rows_of(count: int) -> str:
    """A number of rows in words."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


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
    """Columns a text takes on a terminal; East Asian wide characters take two, combining marks and styles none."""
    text = _STYLE.sub("", text)
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
        return grouped(value)
    text = safe(value if isinstance(value, str) else str(value))
    return text if width(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"


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
    lines += _choices(options)
    example = options[0].value if options else "your answer"
    quoted = example if re.fullmatch(r"[\w./:-]+", example) else f'"{example}"'
    lines.append(f"\nAnswer with:  dreflow {command} --thread {thread} --answer {quoted}")
    return "\n".join(lines)


def plan(document: PlanDocument, *, spec_file: str | None, whole: bool = False) -> str:
    """The plan card: what it reads, does, proves, leaves and assumes, what to type next; ``whole`` for every step."""
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
    steps = _steps(document, whole=whole)
    if steps:
        parts.append("Does\n" + steps)
    if document.proofs:
        parts.append("Proven on your data\n" + proofs(document.proofs, whole=whole))
    effects = [effect_line(e.kind, e.target, e.detail) for e in document.effects]
    parts.append("Leaves\n" + (bullets(effects) or "  nothing"))
    if document.assumptions:
        parts.append("Assumed\n" + bullets(document.assumptions))
    if document.notes:
        parts.append("Good to know\n" + bullets(document.notes))
    if spec_file is not None or document.thread:
        parts.append(_next(document, spec_file))
    return "\n\n".join(parts)


def effect_line(kind: str, target: str, detail: str) -> str:
    """An effect in words."""
    if kind == "schedule":
        rhythm, _, zone = detail.partition(" (")
        said = spoken_rhythm(rhythm)
        return f"runs by itself {said} ({zone.rstrip(')')} time)" if zone else f"runs by itself: {detail}"
    verb = {"write": "writes", "send": "sends to"}.get(kind, kind)
    return f"{verb} {target}{f' ({detail})' if detail else ''}"


def proofs(results: Sequence[CheckResult], *, whole: bool = True) -> str:
    """Checks with the numbers expected and found; without ``whole``, many of one kind that hold are one line.

    A check with a note in words stands first, as a sentence with what was found.
    """
    said = [one for one in results if one.note]
    rest = [one for one in results if not one.note]
    lines = [f"  {_mark(one)} {safe(one.note)} ({safe(_numbers(one))})" for one in said]
    return "\n".join([*lines, *_aligned(rest, whole=whole)])


def _aligned(results: Sequence[CheckResult], *, whole: bool) -> list[str]:
    alike: dict[str, list[CheckResult]] = {}
    for result in results:
        alike.setdefault(result.check, []).append(result)
    rows: list[tuple[str, str, str, str]] = []
    for check, same in alike.items():
        holding = [result for result in same if result.passed]
        gathered = not whole and len(holding) >= MANY_ALIKE
        if gathered:
            rows.append(
                (_mark(holding[0]), check.replace("_", " "), f"{len(holding)} times", safe(_promise(holding[0])))
            )
        single = [result for result in same if not (gathered and result.passed)]
        rows += [(_mark(one), check.replace("_", " "), one.on, safe(_numbers(one))) for one in single]
    names = max((width(row[1]) for row in rows), default=0)
    places = max((width(row[2]) for row in rows), default=0)
    return [f"  {mark} {name:<{names}}  {place:<{places}}  {text}".rstrip() for mark, name, place, text in rows]


def _mark(result: CheckResult) -> str:
    if result.passed:
        return styled("✓", "green")
    return styled("✗", "red") if result.severity == "block" else styled("!", "yellow")


def _numbers(result: CheckResult) -> str:
    """What was found against what was expected; the sentence of a check that holds needs no second half."""
    if result.detail:
        return result.detail
    if result.passed or not result.expected:
        return result.found or result.expected
    return f"{result.found} (expected: {result.expected})"


def _promise(result: CheckResult) -> str:
    return f"for instance {result.on}: {result.expected}" if result.expected else f"for instance {result.on}"


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
                rows_of(counted) if counted is not None else "",
                f"{len(columns) if isinstance(columns, dict) else 0} columns",
            ]
        )
    return "\n".join(_columns(rows, right=(False, False, True, True)))


def _steps(document: PlanDocument, *, whole: bool) -> str:
    steps = (document.spec or {}).get("steps")
    listed = [step for step in (steps if isinstance(steps, list) else []) if isinstance(step, dict)]
    telling = _telling(document) if len(listed) > MANY_STEPS and not whole else {str(step["id"]) for step in listed}
    rows = []
    for number, step in enumerate(listed, start=1):
        if str(step["id"]) in telling:
            counted = document.rows.get(str(step["id"]))
            what = str(step.get("note") or "") or _what(step)
            rows.append(
                [f"{number}.", str(step["id"]), safe(what), f"→ {rows_of(counted)}" if counted is not None else ""]
            )
    text = "\n".join(_columns(rows, right=(True, False, False, False)))
    left = len(listed) - len(rows)
    return f"{text}\n      and {left} small steps between them; 'dreflow explain' shows all" if left else text


def _telling(document: PlanDocument) -> set[str]:
    """Of many steps, those worth a line: with a note, matching, promised about, or leaving as a file or table."""
    spec = document.spec or {}
    told = {proof.on for proof in document.proofs if proof.check in {"match_complete", "conserve", "reconcile"}}
    for step in cast("list[dict[str, JsonValue]]", spec.get("steps") or []):
        if step.get("note") or step["use"] == "match":
            told.add(str(step["id"]))
    for section in ("outputs", "loads", "checks"):
        for entry in cast("list[dict[str, JsonValue]]", spec.get(section) or []):
            told.add(str(entry.get("from") or entry.get("on")))
    return told


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


def run(result: RunResult, out: str, *, reports: Sequence[str] = ()) -> str:
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
    if result.notes:
        parts.append("Good to know\n" + bullets(result.notes))
    asked = _asked(result)
    if asked:
        parts.append(asked)
    if result.outputs or reports:
        rows = [
            [os.path.join(out, o.file) if o.file else str(o.table or o.name), rows_of(o.rows)]  # noqa: PTH118
            for o in result.outputs
        ]
        rows += [[os.path.join(out, file), ""] for file in reports]  # noqa: PTH118
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
                    f"{rows_of(q.rows)} of {q.table}: {q.reason}{f' ({q.file})' if q.file else ''}"
                    for q in result.quarantined
                ]
            )
        )
    return "\n\n".join(parts)


def _asked(result: RunResult) -> str:
    """The question that a run stopped with, and how to answer it."""
    if result.status != "failed" or not isinstance((result.error or {}).get("data"), dict):
        return ""
    from tools.renames import asked_of

    asked = asked_of(result)
    if asked is None:
        return ""
    lines = [styled(wrapped(safe(asked.text), indent=""), "bold"), *_choices(asked.options)]
    lines.append(f"\nAnswer with:  dreflow runs answer {result.run_id} {asked.options[0].value} -o plan.yaml")
    return "\n".join(lines)


def _choices(options: Sequence[Choice]) -> list[str]:
    size = max((width(option.value) for option in options), default=0)
    return [f"  {option.value:<{size}}  {safe(option.label)}" for option in options]


def short(digest: str) -> str:
    """A digest for reading; everything that decides uses the whole."""
    return digest.removeprefix("sha256:")[:12]
