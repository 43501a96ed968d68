"""What comes of a draft: the rows of an answer, or a plan with its proofs, each as the document programs read."""

from __future__ import annotations

from pathlib import Path

from agents.contract import Draft
from agents.exchange import Exchange
from spec.codec import digest, to_plain, to_yaml
from tools import preferences
from tools.context import Context
from tools.data import OpenData
from tools.documents import AskDocument, Drawing, OutColumn, PlanDocument


def answered(context: Context, turn: Exchange, data: OpenData, draft: Draft, max_rows: int) -> AskDocument:
    """At most ``max_rows`` rows of the draft's answer."""
    from tools.questions import answer

    result = answer(context, draft.spec, draft.answer, data, now=turn.request.now, limit=max_rows)
    chart = draft.chart
    return AskDocument(
        status="answered",
        reading=draft.reading,
        columns=tuple(
            OutColumn(name=name, type=kind) for name, kind in zip(result.rows.names, result.rows.types, strict=True)
        ),
        rows=result.rows.rows,
        row_count=len(result.rows.rows),
        truncated=result.rows.truncated,
        sql=result.sql,
        spec=to_plain(draft.spec),
        assumptions=(*draft.assumptions, *result.remarks),
        chart=Drawing(kind=preferences.chart_of(context, chart.kind), x=chart.x, y=chart.y) if chart else None,
    )


def planned(
    context: Context, turn: Exchange, data: OpenData, draft: Draft, *, base: Path, spec_file: Path | None = None
) -> PlanDocument:
    """The draft proven on its data; its files are named from ``base``, or from the folder of ``spec_file``.

    With ``spec_file`` the spec is written there. Raises SpecError where it does not compile.
    """
    from tools.plans import prove, relocated

    base = spec_file.resolve().parent if spec_file else base
    spec = relocated(preferences.applied(context, draft.spec), data, base)
    proof = prove(context, spec, base=base, now=turn.request.now, thread=turn.thread.id)
    if spec_file is not None:
        spec_file.parent.mkdir(parents=True, exist_ok=True)
        spec_file.write_text(to_yaml(spec), encoding="utf-8")
    return PlanDocument(
        status="planned",
        reading=draft.reading,
        spec=to_plain(spec),
        spec_digest=digest(spec),
        spec_file=str(spec_file) if spec_file else None,
        effects=proof.effects,
        proofs=proof.checks,
        proven=all(check.passed or check.severity == "warn" for check in proof.checks),
        rows=dict(proof.rows),
        assumptions=draft.assumptions,
        notes=proof.notes,
    )
