"""The reading: one plain sentence that says what was computed."""

from __future__ import annotations

from datetime import date, timedelta

from agents.builtin.meaning import (
    CHANGE,
    Beyond,
    Compare,
    Condition,
    During,
    Either,
    Meaning,
    Nested,
    Out,
    Ref,
    Scalar,
    Shared,
)

_FUNCS = {"sum": "sum", "avg": "average", "max": "highest", "min": "lowest", "median": "median"}
_OPS = {
    "=": "is",
    "!=": "is not",
    ">": "over",
    ">=": "at least",
    "<": "under",
    "<=": "at most",
    "start": "starts with",
    "end": "ends with",
    "in": "contains",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def reading_of(meaning: Meaning) -> str:
    """A sentence such as "Sum of orders.total, status is paid, 1 Jul to 30 Sep 2026, by region."."""
    measured = any(out.is_measure for out in meaning.outs)
    shown = [_out(out) if out.is_measure else _key(out) for out in meaning.outs if out.is_measure or not measured]
    parts = [" and ".join(dict.fromkeys(shown)) or _counted(meaning)]
    parts += [condition_text(condition) for condition in meaning.scope.conditions]
    groups = [_key(out) for out in [*meaning.within, *meaning.groups]]
    if groups and any(out.is_measure for out in meaning.outs):
        parts.append("by " + " and ".join(dict.fromkeys(groups)))
    parts += [f"{_out(out)} {_OPS[op]} {number:g}" for out, op, number in meaning.having]
    parts += _order(meaning)
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."


def _counted(meaning: Meaning) -> str:
    return " and ".join(_key(out) for out in meaning.outs) or "rows"


def _order(meaning: Meaning) -> list[str]:
    if not meaning.order or not (meaning.limit or meaning.asked_order):
        return []
    out, descending = meaning.order[0]
    if meaning.limit:
        each = " in each" if meaning.within else ""
        count = "the one" if meaning.limit == 1 else f"the {meaning.limit}"
        ties = ", all that tie" if meaning.ties else ""
        return [f"only {count} with the {'highest' if descending else 'lowest'} {_out(out)}{each}{ties}"]
    return [f"{'highest' if descending else 'lowest'} {_out(out)} first"]


def _key(out: Out) -> str:
    if out.kind == "column" and out.column:
        return _role(out.column) + out.column[1]
    return _out(out)


def _out(out: Out) -> str:  # noqa: C901 - one short branch a kind of output
    if out.kind == "count":
        counted = f"{out.column[1]} of {out.column[0]}" if out.column else out.table or "rows"
        return f"number of {'different ' if out.distinct or out.column else ''}{counted}" + _where(out)
    if out.kind == "agg" and out.column:
        return f"{_FUNCS.get(out.func, out.func)} of {out.column[0]}.{out.column[1]}" + _where(out)
    if out.kind == "agg":
        return f"{_FUNCS.get(out.func, out.func)} of " + _out(out.parts[0]) + _where(out)
    if out.kind == "column" and out.column:
        return f"{out.column[0]}.{out.column[1]}"
    if out.kind == "share":
        kept = " and ".join(condition_text(c) for c in out.conditions)
        unit = "percentage" if out.scale == 100 else "share"
        base = out.parts[0]
        whole = base.table if base.kind == "count" and not base.column else _out(base)
        return f"{unit} of {whole}" + (f" where {kept}" if kept else " in the whole")
    if out.kind == "formula":
        if out.label == CHANGE:
            return f"change in percent: {_out(out.parts[0].parts[0])}, of the latter"
        return f"({_out(out.parts[0])} {out.func} {_out(out.parts[1])})"
    if out.kind == "course":
        told = {"change": "change of it from the row before", "percent": "percent change of it from the row before"}
        return told.get(out.func, "running total of it")
    if out.kind == "difference":
        return f"{_out(out.parts[0])} less {_out(out.parts[1])}"
    if out.kind == "number":
        return f"{out.scale:g}"
    if out.kind == "per":
        return f"{_FUNCS.get(out.func, out.func)} {_out(out.parts[0])}" + (
            f" per {_key(out.parts[1])}" if out.parts[1:] else ""
        )
    if out.parts:
        times = f", times {out.scale:g}" if out.scale != 1.0 else ""
        return f"{out.kind} of " + " to ".join(_out(part) for part in out.parts) + times
    if out.kind == "grain" and out.label:
        return f"{out.grain} of {out.label}"
    return out.grain or out.table or out.kind


def _where(out: Out) -> str:
    return " where " + " and ".join(condition_text(c) for c in out.conditions) if out.conditions else ""


def condition_text(condition: Condition) -> str:
    """A condition in words."""
    if isinstance(condition, Compare):
        return _compared(condition)
    if isinstance(condition, During):
        return ("not " if condition.negated else "") + period_text(condition.period.start, condition.period.end)
    if isinstance(condition, Either):
        return " or ".join(condition_text(option) for option in condition.options)
    if isinstance(condition, Nested):
        return _nested(condition)
    if isinstance(condition, Shared):
        return f"the same {' and '.join(name for _, name in condition.columns)} as another"
    assert isinstance(condition, Beyond)
    return f"{condition.column[1]} {_OPS[condition.op]} the {_out(condition.out)}"


def _compared(condition: Compare) -> str:
    name = _role(condition.column) + condition.column[1]
    if condition.op in {"null", "notnull"}:
        return f"{name} is {'empty' if (condition.op == 'null') != condition.negated else 'filled'}"
    if condition.op == "day":
        return f"on {' or '.join(_DAYS[int(day)] for day in condition.values)}"
    if condition.other is not None:
        return (
            f"{'not: ' if condition.negated else ''}{name} {_OPS.get(condition.op, condition.op)} {condition.other[1]}"
        )
    values = " or ".join(_plain(value) for value in condition.values)
    if condition.negated and condition.op == "=":
        return f"{name} is not {values}"
    return f"{'not: ' if condition.negated else ''}{name} {_OPS.get(condition.op, condition.op)} {values}"


def _role(ref: Ref) -> str:
    """As in "home " for a column of ``teams (home)``."""
    return ref[0].partition(" (")[2].removesuffix(")") + " " if ref[0].endswith(")") else ""


def _plain(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nested(condition: Nested) -> str:
    inner = [condition_text(one) for one in condition.scope.conditions]
    inner += [f"the {'highest' if descending else 'lowest'} {_out(out)}" for out, descending in condition.scope.order]
    told = f" ({', '.join(inner)})" if inner else ""
    if condition.kind == "measure" and condition.out is not None and condition.average:
        return f"{_out(condition.out)} {_OPS[condition.op]} the average of it per {condition.average}{told}"
    if condition.kind == "measure" and condition.out is not None:
        value = condition.against[1] if condition.against is not None else f"{condition.value:g}"
        return f"{_out(condition.out)} {_OPS[condition.op]} {value}{told}"
    word = {"exists": "with", "none": "without", "in": "in"}[condition.kind]
    return f"{word} {condition.scope.table}{told}"


def period_text(start: date | None, end: date | None) -> str:
    """Days as people write them: "1 Jul to 30 Sep 2026"; ``end`` is the day after the last."""
    last = end - timedelta(days=1) if end is not None else None
    if start is None:
        return f"until {last:%-d %b %Y}" if last is not None else ""
    if last is None:
        return f"from {start:%-d %b %Y}"
    if start == last:
        return f"{start:%-d %b %Y}"
    first = f"{start:%-d %b}" if start.year == last.year else f"{start:%-d %b %Y}"
    return f"{first} to {last:%-d %b %Y}"
