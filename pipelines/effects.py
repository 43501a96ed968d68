"""Effects: all that leaves a run, listed before it starts, and held against what the spec allows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines import gone
from pipelines.job import Relation
from pipelines.values import zone_of
from spec.errors import SpecError
from spec.pipeline import Load, Pipeline, Schedule, Send
from spec.run import Effect

if TYPE_CHECKING:
    from spec.report import Figure


def effects_of(
    spec: Pipeline, relations: Mapping[str, Relation], *, rebound: bool
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """The effects, and notes on those that a run on other data leaves out.

    Files under the output folder need no approval; loads, deliveries and the schedule do. Raises SpecError for anything
    that ``allow`` does not name: an approval covers what is written there, never what a step or a report adds later.
    """
    _check_allowed(spec, relations)
    files = [
        Effect(kind="write", target=output.file, detail=f"file of {output.from_}", needs_approval=False)
        for output in spec.outputs
    ]
    if spec.report is not None:
        files += [
            Effect(kind="write", target=f"{spec.report.file}.{kind}", detail="report", needs_approval=False)
            for kind in spec.report.formats
        ]
    beyond = [
        Effect(
            kind="write",
            target=load_target(load),
            detail=f"{load.write} {load.from_}{gone.effect_of(spec, relations[load.from_.casefold()], load)}",
        )
        for load in spec.loads
    ]
    beyond += [
        Effect(
            kind="send",
            target=send_target(send),
            detail=f"{send.action} {send.from_}: {', '.join(_sent_fields(send, relations))}",
        )
        for send in spec.sends
    ]
    for delivery in spec.report.deliver if spec.report else ():
        beyond += [
            Effect(kind="send", target=f"{delivery.channel}:{to}", detail=f"report as {delivery.format}")
            for to in delivery.to
        ]
    if spec.schedule is not None:
        _check_schedule(spec.schedule)
        rhythm, zone = spec.schedule.rhythm, spec.schedule.timezone
        beyond.append(Effect(kind="schedule", target=spec.name, detail=f"{rhythm} ({zone})"))
    if rebound and beyond:
        left_out = ", ".join(effect.target for effect in beyond)
        return tuple(files), (f"Read from other data, this run writes its output folder only; left out: {left_out}.",)
    return (*files, *beyond), ()


_CRON = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_CRON_PART = r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?"


def _check_schedule(schedule: Schedule) -> None:
    """A time zone that exists, and an interval or five fields of numbers, ranges and steps within their bounds."""
    zone_of(schedule.timezone)
    if schedule.cron is None:
        _check_interval(schedule)
        return
    fields = schedule.cron.split()
    if len(fields) != len(_CRON):
        raise _bad_cron(schedule.cron, f"it has {len(fields)} fields")
    for field, (name, least, most) in zip(fields, _CRON, strict=True):
        for part in field.split(","):
            matched = re.fullmatch(_CRON_PART, part)
            numbers = [int(item) for item in matched.groups()[:2] if item is not None] if matched else [-1]
            if any(not least <= number <= most for number in numbers) or numbers != sorted(numbers):
                raise _bad_cron(schedule.cron, f"{part!r} is no {name}")
            if matched is not None and matched[3] == "0":
                raise _bad_cron(schedule.cron, f"{part!r} never comes round")


_INTERVAL = re.compile(r"[1-9]\d{0,4} ?(?:minute|hour|day|week)s?")


def _check_interval(schedule: Schedule) -> None:
    if _INTERVAL.fullmatch(schedule.every or "") is None:
        raise SpecError(
            f"{schedule.every!r} is not an interval.",
            hint="A whole number of minutes, hours, days or weeks, e.g. '15 minutes'.",
            where={"field": "schedule.every"},
            data={"field": "schedule.every", "value": schedule.every},
        )
    try:
        zoned = schedule.start is not None and datetime.fromisoformat(schedule.start).tzinfo is not None
    except ValueError:
        zoned = True
    if zoned:
        raise SpecError(
            f"{schedule.start!r} is not a local date and time.",
            hint="Write it without a zone, e.g. 2026-11-02T08:00; the schedule's time zone is a field of its own.",
            where={"field": "schedule.start"},
            data={"field": "schedule.start", "value": schedule.start},
        )


def _bad_cron(cron: str, why: str) -> SpecError:
    return SpecError(
        f"{cron!r} is not a schedule: {why}.",
        hint="Five fields: minute hour day month weekday, e.g. '0 8 * * 1' for Mondays at 8:00.",
        where={"field": "schedule.cron"},
        data={"field": "schedule.cron", "value": cron},
    )


def load_target(load: Load) -> str:
    """A destination table as ``allow.tables`` names it: ``connection-or-location/table``."""
    return f"{load.connection or load.location or load.connector}/{load.table}"


def send_target(send: Send) -> str:
    """A system's stream as an approval names it: ``connection-or-connector/stream``."""
    return f"{send.connection or send.connector}/{send.stream}"


def fields_of(send: Send, relation: Relation) -> dict[str, str]:
    """The columns that are sent, each with the system's name of its field."""
    return dict(send.columns) or {name: name for name in relation.names}


def _sent_fields(send: Send, relations: Mapping[str, Relation]) -> tuple[str, ...]:
    return tuple(fields_of(send, relations[send.from_.casefold()]).values())


def _check_send(spec: Pipeline, send: Send, fields: tuple[str, ...]) -> None:
    wanted = f"{send_target(send)}/{send.action}"
    if wanted not in spec.allow.sends:
        raise _not_allowed("sends", wanted, tuple(spec.allow.sends), {"send": send.stream})
    for name in fields:
        if name not in spec.allow.sends[wanted]:
            raise _not_allowed("sends", name, spec.allow.sends[wanted], {"send": send.stream, "field": "columns"})


def _check_allowed(spec: Pipeline, relations: Mapping[str, Relation]) -> None:
    for load in spec.loads:
        if load_target(load) not in spec.allow.tables:
            raise _not_allowed("tables", load_target(load), spec.allow.tables, {"load": load.table})
    for send in spec.sends:
        _check_send(spec, send, _sent_fields(send, relations))
    for delivery in spec.report.deliver if spec.report else ():
        for to in delivery.to:
            if to not in spec.allow.recipients:
                raise _not_allowed("recipients", to, spec.allow.recipients, {"report": "deliver"})
    for name, source in spec.sources.items():
        host = urlsplit(source.location).hostname if source.location and "://" in source.location else None
        if host and host not in spec.allow.hosts:
            raise _not_allowed("hosts", host, spec.allow.hosts, {"source": name, "field": "location"})
    for where, name, columns in _leaving(spec, relations):
        _check_columns(spec, relations[name.casefold()], columns, where)


def _leaving(
    spec: Pipeline, relations: Mapping[str, Relation]
) -> Iterator[tuple[dict[str, str | int], str, tuple[str, ...]]]:
    """Columns that leave in files, loads and report blocks: (place, relation, columns)."""
    from pipelines.planning import report_parts

    for output in spec.outputs:
        yield {"output": output.file}, output.from_, relations[output.from_.casefold()].names
    for load in spec.loads:
        yield {"load": load.table}, load.from_, relations[load.from_.casefold()].names
    for send in spec.sends:
        yield {"send": send.stream}, send.from_, tuple(fields_of(send, relations[send.from_.casefold()]))
    if spec.report is None:
        return
    from spec.report import ChartBlock, Figure, TableBlock

    for _, where, part in report_parts(spec):
        if isinstance(part, TableBlock):
            shown = tuple(item.name for item in part.columns) or relations[part.from_.casefold()].names
            yield where, part.from_, shown
        elif isinstance(part, ChartBlock):
            yield where, part.from_, (part.x, *part.y, *([part.series] if part.series else ()))
        elif isinstance(part, Figure):
            yield where, part.from_, _columns_of(part)


def _columns_of(figure: Figure) -> tuple[str, ...]:
    """Columns whose values a figure tells something about; how many rows there are tells nothing of them."""
    import sqlglot

    texts = [figure.value, *([figure.where] if figure.where else [])]
    trees = [sqlglot.parse_one(text, dialect="duckdb") for text in texts]
    return tuple(dict.fromkeys(column.name for tree in trees for column in tree.find_all(sqlglot.exp.Column)))


def _check_columns(spec: Pipeline, relation: Relation, columns: tuple[str, ...], where: dict[str, str | int]) -> None:
    allowed = None if spec.allow.columns is None else {name.casefold() for name in spec.allow.columns}
    for name in columns:
        field = relation.field(name)
        if field is None:
            continue
        named = {field.name.casefold(), f"{relation.name}.{field.name}".casefold()}
        if allowed is not None and not named & allowed:
            raise _not_allowed("columns", field.name, spec.allow.columns or (), where)
        for origin in field.origins:
            source = spec.sources.get(origin.source)
            sensitive = {key.casefold(): value for key, value in source.sensitive.items()} if source else {}
            if sensitive.get(origin.column.casefold()) == "secret" and not named & (allowed or set()):
                raise SpecError(
                    f"The column {field.name!r} holds the secret {origin.source}.{origin.column} and would leave.",
                    hint="Leave it out with a 'select' step, or name it in allow.columns.",
                    where=where,
                    data={**where, "column": field.name, "origin": f"{origin.source}.{origin.column}"},
                )


def _not_allowed(what: str, name: str, allowed: tuple[str, ...], where: dict[str, str | int]) -> SpecError:
    return SpecError(
        f"{name!r} is not among the {what} this spec allows.",
        hint=f"Add it to allow.{what}, so that an approval covers it.",
        where=where,
        data={**where, "what": what, "unknown": name, "known": list(allowed), "add_to": f"allow.{what}"},
    )
