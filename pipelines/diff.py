"""What changed between two specs, in words an owner of a business understands.

The sentences are written from the two documents alone, never by a model. What it means for the data is for a run of
both to show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from spec.base import Document, JsonValue
from spec.codec import to_plain
from spec.pipeline import Pipeline

Kind = Literal["added", "removed", "changed"]


class Change(Document):
    """One change: where it is, what it was and is (as plain data), and a sentence.

    ``effect`` is set where the change alters what leaves the run or who receives it.
    """

    kind: Kind
    part: str
    name: str = ""
    field: str = ""
    before: JsonValue = None
    after: JsonValue = None
    text: str
    effect: bool = False


_PARTS = {
    "sources": "source",
    "tables": "table",
    "definitions": "definition",
    "parameters": "parameter",
    "steps": "step",
    "checks": "check",
    "outputs": "output file",
    "loads": "destination table",
    "sends": "sending",
}
_EFFECTS = frozenset({"engine", "loads", "sends", "schedule", "allow", "deliver", "formats", "file"})
_SILENT = frozenset({"layout", "version"})


def compare_specs(before: Pipeline, after: Pipeline) -> list[Change]:
    """All changes, in the order of a spec's parts; empty when the two mean the same."""
    a, b = to_plain(before), to_plain(after)
    changes: list[Change] = []
    for part in dict.fromkeys([*a, *b]):
        if part in _SILENT:
            continue
        if part in _PARTS:
            changes += _entries(part, _named(part, a.get(part)), _named(part, b.get(part)))
        elif part == "report":
            changes += _report(a.get(part), b.get(part))
        elif part == "allow":
            changes += _allow(a.get(part), b.get(part))
        elif a.get(part) != b.get(part):
            changes.append(_value(part, a.get(part), b.get(part)))
    changes += _moved(before, after)
    return changes


def in_words(changes: Sequence[Change]) -> str:
    """The changes as a list, one a line."""
    return "\n".join(f"- {change.text}" for change in changes) or "Nothing changed."


def _named(part: str, entries: JsonValue) -> dict[str, Mapping[str, JsonValue]]:
    """Entries by a name that stays: a step's id, an output's file, a load's table, a check by what it looks at."""
    found: dict[str, Mapping[str, JsonValue]] = {}
    if isinstance(entries, dict):
        return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        name = {
            "steps": lambda e: str(e.get("id")),
            "outputs": lambda e: str(e.get("file")),
            "loads": lambda e: str(e.get("table")),
            "sends": lambda e: f"{e.get('connection') or e.get('connector')}/{e.get('stream')}/{e.get('action')}",
        }.get(part, _check_name)(entry)
        while name in found:
            name += " (again)"
        found[name] = entry
    return found


def _check_name(entry: Mapping[str, JsonValue]) -> str:
    about = entry.get("column") or entry.get("columns") or entry.get("measure") or entry.get("value") or ""
    shown = ", ".join(map(str, about)) if isinstance(about, list) else str(about) if not isinstance(about, dict) else ""
    return f"{entry.get('check')} on {entry.get('on')}{f' ({shown})' if shown else ''}"


def _entries(
    part: str, before: Mapping[str, Mapping[str, JsonValue]], after: Mapping[str, Mapping[str, JsonValue]]
) -> Iterator[Change]:
    noun = _PARTS[part]
    effect = part in _EFFECTS
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if new is None:
            yield Change(
                kind="removed", part=part, name=name, before=_plain(old), effect=effect,
                text=f"The {noun} {name!r} is gone ({_about(part, old or {})}).",
            )  # fmt: skip
        elif old is None:
            yield Change(
                kind="added", part=part, name=name, after=_plain(new), effect=effect,
                text=f"A {noun} {name!r} is new: {_about(part, new)}.",
            )  # fmt: skip
        else:
            yield from _fields(part, noun, name, old, new, effect=effect)


def _fields(
    part: str, noun: str, name: str, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue], *, effect: bool
) -> Iterator[Change]:
    for field in dict.fromkeys([*old, *new]):
        a, b = old.get(field), new.get(field)
        if a == b or field == "note":
            continue
        yield Change(
            kind="changed" if field in old and field in new else "added" if field in new else "removed",
            part=part,
            name=name,
            field=field,
            before=a,
            after=b,
            effect=effect,
            text=f"The {noun} {name!r}: {_change_of(field, a, b)}.",
        )


def _change_of(field: str, a: JsonValue, b: JsonValue) -> str:
    """A field's change; of lists and mappings only what differs."""
    if isinstance(a, dict) and isinstance(b, dict):
        parts = [f"{key} {_show(value)} is new" for key, value in b.items() if key not in a]
        parts += [f"{key} is gone" for key in a if key not in b]
        parts += [f"{key} was {_show(a[key])}, is now {_show(b[key])}" for key in b if key in a and a[key] != b[key]]
        return f"{field}: {'; '.join(parts)}"
    if isinstance(a, list) and isinstance(b, list):
        parts = [f"{_show(value)} is new" for value in b if value not in a]
        parts += [f"{_show(value)} is gone" for value in a if value not in b]
        return f"{field}: {'; '.join(parts) or f'the order is now {_show(b)}'}"
    if a is None:
        return f"{field} is now {_show(b)}"
    if b is None:
        return f"{field} is no longer {_show(a)}"
    return f"{field} was {_show(a)}, is now {_show(b)}"


def _about(part: str, entry: Mapping[str, JsonValue]) -> str:
    if part == "steps":
        inputs = entry.get("from")
        names = ", ".join(map(str, inputs)) if isinstance(inputs, list) else str(inputs)
        own = {key: value for key, value in entry.items() if key not in ("id", "use", "from", "note", "engine")}
        rest = f" with {_show(own)}" if own else ""
        return f"{entry.get('use')} of {names}{rest}"
    if part in ("outputs", "loads", "sends"):
        return f"the rows of {entry.get('from')}"
    if part == "sources":
        return f"{entry.get('location') or entry.get('connection')}"
    if part == "definitions":
        return str(entry.get("text"))
    if part == "checks":
        return f"severity {entry.get('severity', 'block')}"
    return _show({key: value for key, value in entry.items() if key != "note"})


def _report(a: JsonValue, b: JsonValue) -> Iterator[Change]:
    old, new = a if isinstance(a, dict) else None, b if isinstance(b, dict) else None
    if old is None and new is not None:
        yield Change(kind="added", part="report", after=new, text=f"A report {new.get('title')!r} is new.", effect=True)
    elif new is None and old is not None:
        yield Change(
            kind="removed", part="report", before=old, text=f"The report {old.get('title')!r} is gone.", effect=True
        )
    elif old is not None and new is not None:
        for field in dict.fromkeys([*old, *new]):
            if old.get(field) != new.get(field):
                yield _report_field(field, old.get(field), new.get(field))


def _report_field(field: str, a: JsonValue, b: JsonValue) -> Change:
    if field == "sections":
        old, new = _titles(a), _titles(b)
        same = [title for title in new if title in old and new[title] != old[title]]
        parts = [f"section {title!r} is new" for title in new if title not in old]
        parts += [f"section {title!r} is gone" for title in old if title not in new]
        parts += [f"section {title!r} shows something else" for title in same]
        text = f"The report: {'; '.join(parts) or 'its sections stand in another order'}."
    elif field == "deliver":
        was, now = _recipients(a), _recipients(b)
        parts = [f"{name} now receives it" for name in now if name not in was]
        parts += [f"{name} no longer receives it" for name in was if name not in now]
        text = f"The report: {'; '.join(parts) or 'it is delivered in another form'}."
    else:
        text = f"The report: {_change_of(field, a, b)}."
    return Change(kind="changed", part="report", field=field, before=a, after=b, text=text, effect=field in _EFFECTS)


def _titles(sections: JsonValue) -> dict[str, JsonValue]:
    return {
        str(section.get("title")): section
        for section in (sections if isinstance(sections, list) else ())
        if isinstance(section, dict)
    }


def _recipients(deliveries: JsonValue) -> list[str]:
    found: list[str] = []
    for delivery in deliveries if isinstance(deliveries, list) else ():
        if isinstance(delivery, dict):
            to = delivery.get("to")
            found += [f"{name} ({delivery.get('channel')})" for name in (to if isinstance(to, list) else [])]
    return found


def _allow(a: JsonValue, b: JsonValue) -> Iterator[Change]:
    old, new = a if isinstance(a, dict) else {}, b if isinstance(b, dict) else {}
    for field in dict.fromkeys([*old, *new]):
        was, now = old.get(field), new.get(field)
        if was == now:
            continue
        first = was if isinstance(was, list) else []
        second = now if isinstance(now, list) else []
        parts = [f"{value} is now allowed" for value in second if value not in first]
        parts += [f"{value} is no longer allowed" for value in first if value not in second]
        text = f"What an approval covers, {field}: {'; '.join(parts) or _change_of(field, was, now)}."
        yield Change(kind="changed", part="allow", field=field, before=was, after=now, text=text, effect=True)


def _value(part: str, a: JsonValue, b: JsonValue) -> Change:
    kind: Kind = "added" if a is None else "removed" if b is None else "changed"
    names = {
        "engine": "Where it is computed",
        "schedule": "The schedule",
        "timezone": "The time zone",
        "assumptions": "The assumptions",
    }
    name = names.get(part, f"The {part}")
    if isinstance(a, dict | list) and isinstance(b, dict | list):
        text = f"{name}: {_change_of(part, a, b).removeprefix(f'{part}: ')}."
    elif a is None:
        text = f"{name} is now {_show(b)}."
    elif b is None:
        text = f"{name} is no longer set (it was {_show(a)})."
    else:
        text = f"{name} was {_show(a)}, is now {_show(b)}."
    return Change(kind=kind, part=part, before=a, after=b, text=text, effect=part in _EFFECTS)


def _moved(before: Pipeline, after: Pipeline) -> Iterator[Change]:
    """Steps in another order mean the same; it is told, because the digest differs."""
    a, b = [step.id for step in before.steps], [step.id for step in after.steps]
    if a != b and sorted(a) == sorted(b):
        yield Change(
            kind="changed",
            part="steps",
            before=list(a),
            after=list(b),
            text="The steps are listed in another order; the result is the same.",
        )


def _show(value: JsonValue) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_show(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_show(item) for item in value) or "nothing"
    return json.dumps(value)


def _plain(entry: Mapping[str, JsonValue] | None) -> JsonValue:
    return dict(entry) if entry is not None else None
