"""Rows that a run sends to systems: after every check has passed, record by record, each with its outcome in a file.

What was sent is remembered beside the runs, by plan, so that the next run, or the next attempt after a crash, goes on.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import Place
from connectors.names import table_name
from connectors.sends import Order, Outbox, Row, Sends, Sent, sender
from pipelines.effects import fields_of, send_target
from pipelines.job import Job, Relation
from pipelines.staging import Places
from spec.errors import DreflowError, SpecError
from spec.pipeline import Pipeline, Send
from spec.run import OutputResult

if TYPE_CHECKING:
    from sqlglot import exp

    from pipelines.contract import ImpliedCheck
    from pipelines.scope import StepScope
    from pipelines.transform import Workbench

FOLDER = "sent"
_COLUMNS = ("result", "id", "says")
_NOTHING = Path()


def dry(job: Job) -> Job:
    """The same job, which writes files alone: the requests that it would send are one of them."""
    effects = tuple(effect for effect in job.effects if not effect.needs_approval)
    return replace(job, loads=(), effects=effects, dry=True)


def key_checks(spec: Pipeline, scope: Callable[..., StepScope]) -> list[ImpliedCheck]:
    """Each send against its connector, and the proof that its key identifies a row; SpecError for what does not fit."""
    # A run that was compiled before sends without them.
    from pipelines import proofs
    from pipelines.contract import ImpliedCheck

    found: list[ImpliedCheck] = []
    taken: set[str] = set()
    for send in spec.sends:
        here = scope(send.stream, noun="send")
        relation = here.relation(send.from_)
        here.fields(tuple(send.columns), relation, "columns")
        here.fields(send.key, relation, "key")
        target = f"{send_target(send)}/{send.action}"
        if target in taken:
            raise here.fail(
                "Two parts of the plan send to the same place.", field="stream", hint="Join them in a step."
            )
        taken.add(target)
        order = _order(spec, send, relation, sender(send.connector))
        columns = {field: column for column, field in fields_of(send, relation).items()}
        names = [item.name for item in here.fields(tuple(columns[field] for field in order.key), relation, "key")]
        if names:
            query, evidence = proofs.unique_key(relation, names)
            found.append(ImpliedCheck("send_key", relation.name, "block", query, (relation.name,), evidence=evidence))
    return found


def _order(spec: Pipeline, send: Send, relation: Relation, unit: Sends) -> Order:
    fields = fields_of(send, relation)
    plan = f"{spec.name} {send_target(send)}"
    key = tuple(fields.get(name, name) for name in send.key)
    order = Order(
        plan, send.stream, send.action, key, tuple(fields.values()), dict(send.options), stops=send.refused == "stop"
    )
    try:
        return unit.offers(order, Place(send.connector, _NOTHING, connection=send.connection))
    except SpecError as error:
        error.where |= {"send": send.stream}
        raise


class Sending:
    """The sends of one run. ``workspace`` holds what is remembered; files are written into ``folder``."""

    def __init__(self, bench: Workbench, places: Places, workspace: Path) -> None:
        self._bench = bench
        self._job = bench.job
        self._places = places
        self._workspace = workspace

    def perform(self, folder: Path, told: Callable[[str], None]) -> tuple[list[OutputResult], list[str]]:
        """Send, or show in a dry run; the files with the outcomes, and a sentence for each.

        What stops the sending is raised when the outcomes until then are remembered; the next attempt goes on there.
        """
        files: list[OutputResult] = []
        notes: list[str] = []
        for send in self._job.sends:
            relation = self._bench.relation(send.from_)
            unit = sender(send.connector)
            order = _order(self._job.spec, send, relation, unit)
            outbox = Outbox(self._remembered(send))
            rows = self._rows(send, relation)
            name = table_name(send.connection or send.connector, send.stream, send.action).lower()
            if self._job.dry:
                files.append(self._show(folder / f"{name}.requests.ndjson", send, unit, order, rows, outbox))
                notes.append(f"Nothing was sent to {send_target(send)}: {files[-1].file} holds what would be.")
                continue
            sent: list[Sent] = []
            try:
                for one in unit.send(order, self._places(send), rows, outbox):
                    sent.append(one)
                    # No cancelling here: what was decided is done to its end, and the lease has to last as long.
                    self._bench.guard.beat()
            except DreflowError as error:
                error.where |= {"send": send_target(send)}
                counted = _counted(sent)
                error.hint = (
                    f"{error.hint} Until then: {counted}. Run it again: what was sent is not sent again.".strip()
                )
                raise
            _write(folder / f"{name}.sent.csv", order, sent)
            files.append(OutputResult(name=send.from_, file=f"{name}.sent.csv", rows=len(sent)))
            notes.append(f"{send_target(send)}: {_counted(sent)}.")
            told(f"sent to {send_target(send)}: {_counted(sent)}")
        return files, notes

    def _remembered(self, send: Send) -> Path:
        mark = hashlib.sha256(f"{send_target(send)}/{send.action}".encode()).hexdigest()[:16]
        return self._workspace / FOLDER / f"{self._job.spec.name}-{mark}.jsonl"

    def _show(
        self, file: Path, send: Send, unit: Sends, order: Order, rows: Sequence[Row], outbox: Outbox
    ) -> OutputResult:
        file.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        with file.open("w", encoding="utf-8") as lines:
            for one in unit.shown(order, self._places(send), rows, outbox):
                number += one.records
                shown = {"method": one.method, "url": one.url, "headers": dict(one.headers), "body": one.body}
                lines.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return OutputResult(name=send.from_, file=file.name, rows=number)

    def _rows(self, send: Send, relation: Relation) -> list[Row]:
        """The rows in the relation's order, by the system's names of fields."""
        from sqlglot import exp

        from connectors import sql

        fields = fields_of(send, relation)
        types = {item.name.casefold(): item.type.upper() for item in relation.fields}
        picked = []
        for column in fields:
            node: exp.Expression = exp.column(column, quoted=True)
            if types[column.casefold()] in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
                # DuckDB's client needs pytz to give an instant; as text in UTC it needs nothing.
                node = sql.template("strftime(timezone('UTC', :x), '%Y-%m-%dT%H:%M:%S.%gZ')", x=node)
            picked.append(exp.alias_(node, column, quoted=True))
        query = exp.select(*picked).from_(exp.table_(send.from_, quoted=True))
        if relation.order:
            query = query.order_by(*map(_ordered, relation.order))
        found = self._bench.fetch(query, (send.from_,))
        return [dict(zip(fields.values(), row, strict=True)) for row in found]


def _ordered(text: str) -> exp.Ordered:
    from sqlglot import exp

    name, _, way = text.rpartition(" ") if text.casefold().endswith(" desc") else (text, "", "")
    return exp.Ordered(this=exp.column(name, quoted=True), desc=bool(way), nulls_first=False)


def _counted(sent: Sequence[Sent]) -> str:
    """``3 sent, 1 refused (...)``, with the system's words for the first that was refused."""
    counts: Mapping[str, int] = Counter(one.result for one in sent)
    said = [f"{counts[name]} {name}" for name in ("sent", "unchanged", "refused", "unknown") if counts.get(name)]
    first = next((one.says for one in sent if one.result == "refused" and one.says), "")
    return ", ".join(said or ["no record"]) + (f" ({first.rstrip('.')})" if first else "")


def _write(file: Path, order: Order, sent: Sequence[Sent]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as rows:
        writer = csv.writer(rows, lineterminator="\r\n")
        writer.writerow([*order.key, *_COLUMNS])
        for one in sent:
            writer.writerow([*(one.key.get(name, "") for name in order.key), one.result, one.id, one.says])
