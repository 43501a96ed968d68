"""Documents as replies of a conversation: the plan card, the diff card, and what a run left."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agents import replies
from agents.changes import in_owners_words
from spec.base import JsonValue
from spec.pipeline import Pipeline
from spec.run import RunResult
from tools.documents import OutColumn, PlanDocument
from tools.wording import grouped, spoken_rhythm

if TYPE_CHECKING:
    from tools.specs import Difference
    from tools.values import Rows

MOST_CHANGES = 30
_MEDIA = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
}


_DOES = {
    "aggregate": "add up and count",
    "cast": "read as another type",
    "dedupe": "remove duplicates",
    "derive": "compute columns",
    "fill": "fill gaps",
    "filter": "keep some rows",
    "join": "bring tables together",
    "rename": "rename columns",
    "select": "choose columns",
    "sort": "sort",
    "sql": "compute",
    "text": "tidy texts",
    "union": "put below each other",
}
"""What the commonest steps do, for somebody who does not know them by name; the others' names say it."""


def plan_card(spec: Pipeline, document: PlanDocument, *, version: int) -> replies.PlanCard:
    """The card of a proven plan."""
    schedule = spec.schedule
    return replies.PlanCard(
        name=spec.name,
        title=spec.title or spec.name.replace("_", " "),
        version=version,
        spec_digest=document.spec_digest or "",
        reading=document.reading,
        steps=tuple(_shown_steps(spec, document.rows)),
        proofs=document.proofs,
        proven=document.proven,
        effects=document.effects,
        assumptions=document.assumptions,
        notes=document.notes,
        schedule=f"{spoken_rhythm(schedule.rhythm)} ({schedule.timezone} time)" if schedule else "",
        recipients=spec.allow.recipients,
        cost=_cost(document.tokens),
    )


def _cost(tokens: int) -> str:
    planning = "Planned without a model" if tokens == 0 else f"Planned with {tokens:,} tokens of a model"
    return f"{planning}; runs use no model and cost nothing beyond this machine."


def _shown_steps(spec: Pipeline, rows: Mapping[str, int]) -> list[replies.ShownStep]:
    sources = [
        replies.ShownStep(id=name, what=f"reads {_place(spec, name)}", rows=rows.get(name), source=True)
        for name in spec.sources
    ]
    steps = [
        replies.ShownStep(
            id=step.id,
            what=step.note or _DOES.get(step.use, step.use.replace("_", " ")),
            after=tuple(str(name).partition(".")[0] for name in step.from_),
            rows=rows.get(step.id),
        )
        for step in spec.steps
    ]
    return [*sources, *steps]


def _place(spec: Pipeline, name: str) -> str:
    source = spec.sources[name]
    if source.connection:
        return f"{source.stream or name} from {source.connection}"
    return Path(source.location).name if source.location else name


def diff_card(name: str, before: str, after: str, difference: Difference) -> replies.DiffCard:
    """What changed, in the words of the diff and in the numbers of both plans' outputs."""
    texts = in_owners_words(difference.changes)
    left = len(texts) - MOST_CHANGES
    shown = (*texts[:MOST_CHANGES], *([f"and {left} further changes"] if left > 0 else []))
    impact: list[replies.Impact] = []
    for one in difference.impact or ():
        impact.append(
            replies.Impact(output=one.target, figure="rows", before=_text(one.rows[0]), after=_text(one.rows[1]))
        )
        impact += [
            replies.Impact(output=one.target, figure=f"sum of {column}", before=_text(old), after=_text(new))
            for column, (old, new) in one.sums.items()
            if old != new
        ]
    return replies.DiffCard(
        name=name,
        before=before,
        after=after,
        changes=shown,
        impact=tuple(impact),
        effects_change=any(change.effect for change in difference.changes),
    )


def _text(value: object) -> str:
    if value is None:
        return "–"
    return grouped(cast("JsonValue", value))


def table(
    title: str, rows: Rows, *, row_count: int | None = None, answer: str | None = None, sql: str | None = None
) -> replies.Table:
    """Rows as a reply: the first of them, and how many there are."""
    return replies.Table(
        title=title,
        columns=tuple(OutColumn(name=name, type=kind) for name, kind in zip(rows.names, rows.types, strict=True)),
        rows=rows.rows[: replies.FIRST_ROWS],
        row_count=len(rows.rows) if row_count is None else row_count,
        answer=answer,
        sql=sql,
    )


def listing(title: str, names: Sequence[str], rows: Sequence[Sequence[JsonValue]]) -> replies.Table:
    """A small list of ours, such as runs or pipelines."""
    return replies.Table(
        title=title,
        columns=tuple(OutColumn(name=name, type="VARCHAR") for name in names),
        rows=tuple(tuple(row) for row in rows),
        row_count=len(rows),
    )


def file_reply(path: Path, *, file_id: str) -> replies.File:
    """A file to download."""
    guessed = _MEDIA.get(path.suffix.casefold()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return replies.File(name=path.name, id=file_id, path=str(path), media_type=guessed, bytes=path.stat().st_size)


def run_sentence(result: RunResult) -> str:
    """How a run ended, in words."""
    passed = sum(check.passed for check in result.checks)
    if result.status == "succeeded":
        checks = "" if not passed else " Its check holds." if passed == 1 else f" All {passed} checks hold."
        set_aside = sum(one.rows for one in result.quarantined)
        aside = f" {set_aside:,} rows are set aside with their reason." if set_aside else ""
        return f"Done.{checks}{aside} No model was used."
    if result.status == "blocked":
        failed = [check for check in result.checks if not check.passed and check.severity == "block"]
        told = "; ".join(
            f"{check.check.replace('_', ' ')} on {check.on}: {check.found or check.detail}" for check in failed[:5]
        )
        return f"Held back, nothing was published, because this does not hold: {told}."
    if result.status == "cancelled":
        return "Stopped; nothing was published."
    return cast("str", result.message) or "The run failed; what was published before is untouched."
