"""A run that met other columns: what was renamed, is gone or of another kind, asked once, and the plan so amended.

The question is kept with the run's error, so that every surface shows the same one. Nothing is changed by itself: the
answer makes another spec, whose digest is another and which is shown, proven and approved as any change of a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors.renames import in_kind
from pipelines.job import Job
from pipelines.staging import Places
from spec.base import JsonValue
from spec.codec import from_plain, to_plain, to_yaml
from spec.errors import UsageError
from spec.pipeline import Pipeline, Source
from spec.run import RunResult, StoredRun
from tools.context import Context
from tools.documents import Choice
from tools.rename_evidence import Stream, pooled, stream_of
from tools.wording import joined

if TYPE_CHECKING:
    from tools.plans import Proof

YES, NO, EMPTY = "yes", "no", "empty"
Refused = Callable[[Pipeline], str]
"""Why a plan cannot be computed, as a person is told; empty where it can."""


@dataclass(frozen=True)
class Change:
    """What is to change in one source.

    Columns by the header they come under now, headers known and not read, columns by their new type, columns that the
    plan does without, those that stay with nothing in them, and those of them that are read again.
    """

    source: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    retyped: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    back: tuple[str, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """As it stands in the run's error."""
        return {
            "source": self.source,
            "renamed": dict(self.renamed),
            "left_out": list(self.left_out),
            "retyped": dict(self.retyped),
            "dropped": list(self.dropped),
            "emptied": list(self.emptied),
            "back": list(self.back),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, JsonValue]) -> Change:
        """What ``to_json`` gave; a run of an earlier version knew renames alone."""

        def names(part: str) -> tuple[str, ...]:
            return tuple(cast("list[str]", plain.get(part, [])))

        def pairs(part: str) -> dict[str, str]:
            return cast("dict[str, str]", plain.get(part, {}))

        return cls(
            str(plain["source"]),
            pairs("renamed"),
            names("left_out"),
            pairs("retyped"),
            names("dropped"),
            names("emptied"),
            names("back"),
        )


@dataclass(frozen=True)
class Asked:
    """The question of a run, and what each answer but ``no`` changes."""

    text: str
    options: tuple[Choice, ...]
    changes: Mapping[str, tuple[Change, ...]]

    def to_json(self) -> dict[str, JsonValue]:
        """As it stands in the run's error."""
        return {
            "text": self.text,
            "options": [{"label": one.label, "value": one.value} for one in self.options],
            "changes": {answer: [one.to_json() for one in changes] for answer, changes in self.changes.items()},
        }


def asked_of(result: RunResult) -> Asked | None:
    """The question that a run ended with, if it did."""
    data = (result.error or {}).get("data")
    plain = data.get("question") if isinstance(data, dict) else None
    if not isinstance(plain, dict):
        return None
    changes = cast("dict[str, list[dict[str, JsonValue]]]", plain["changes"])
    return Asked(
        str(plain["text"]),
        tuple(Choice.model_validate(one) for one in cast("list[JsonValue]", plain["options"])),
        {answer: tuple(Change.from_json(one) for one in parts) for answer, parts in changes.items()},
    )


def with_question(
    context: Context,
    job: Job,
    sources: Mapping[str, Source],
    places: Places,
    result: RunResult,
    *,
    refused: Refused,
) -> RunResult:
    """The result of a run that met drift, with the question that would settle all of it; else the result as it is.

    ``sources`` are those that the run read. A source whose policy is ``freeze`` is never asked about, and no answer is
    offered whose plan ``refused`` says no to.
    """
    error = result.error or {}
    data = error.get("data")
    streams = data.get("streams") if isinstance(data, dict) else None
    if error.get("kind") != "drift" or not isinstance(streams, dict) or not isinstance(data, dict):
        return result
    told = [
        _told(context, job, sources, places, name, cast("Mapping[str, JsonValue]", change))
        for name, change in streams.items()
    ]
    found: list[JsonValue] = []
    for one in told:
        items = (*(e.to_json() for e in one.found), *(e.to_json() for e in one.removed))
        found += [{"source": one.name, **item} for item in (*items, *(e.to_json() for e in one.retyped))]
    more: dict[str, JsonValue] = {"evidence": found}
    hint = str(error.get("hint", ""))
    if all(one.source.drift != "freeze" for one in told):
        asked = _asked(job.spec, told, refused)
        if isinstance(asked, Asked):
            more["question"] = asked.to_json()
            hint = "Answer the question and approve the change of the plan; nothing is changed by itself."
        else:
            hint = f"{asked} {hint}"
    message = (result.message or "").removesuffix(str(error.get("hint", ""))) + hint
    amended_error = {**error, "hint": hint, "data": {**data, **more}}
    return result.model_copy(update={"message": message, "error": amended_error})


def _told(
    context: Context,
    job: Job,
    sources: Mapping[str, Source],
    places: Places,
    name: str,
    change: Mapping[str, JsonValue],
) -> Stream:
    from tools.changed_columns import looked_at

    stream = stream_of(context, job.spec, name, sources[name], places, change)
    return looked_at(context, job, sources, places, stream, change)


def amended(spec: Pipeline, changes: Sequence[Change]) -> Pipeline:
    """The spec with an answer in it; the columns keep their names, so nothing after the sources changes."""
    sources = dict(spec.sources)
    for one in changes:
        sources[one.source] = _changed(sources[one.source], one)
    # Read again, so that the document is whole and its digest that of the file.
    return from_plain(to_plain(spec.model_copy(update={"sources": sources})))


def _changed(source: Source, change: Change) -> Source:
    known = {column: tuple(names) for column, names in source.known_as.items() if column not in change.dropped}
    for column, header in change.renamed.items():
        known[column] = tuple(dict.fromkeys([*known.get(column, ()), header]))
    columns = {
        name: change.retyped.get(name, type_) for name, type_ in source.columns.items() if name not in change.dropped
    }
    kept = [name for name in source.empty if name not in change.back]
    return source.model_copy(
        update={
            "columns": columns,
            "known_as": known,
            "left_out": tuple(dict.fromkeys([*source.left_out, *change.left_out])),
            "empty": tuple(dict.fromkeys([*kept, *change.emptied])),
            "sensitive": {name: kind for name, kind in source.sensitive.items() if name not in change.dropped},
            "foreign_keys": tuple(key for key in source.foreign_keys if not {*key.columns} & {*change.dropped}),
        }
    )


@dataclass(frozen=True)
class Amended:
    """The plan with an answer in it, what that changes in words, and how it proves on the data that the run met."""

    spec: Pipeline
    changes: tuple[str, ...]
    proof: Proof


def answer(context: Context, run_id: str, said: str, *, now: datetime) -> Amended | None:
    """Answer the question of a run; None for a no. Nothing runs, and whoever runs it approves it as any change."""
    from pipelines.diff import compare_specs
    from tools.plans import proof_of
    from tools.runs import job_of, known

    context.need("plan")
    run = known(context, run_id)
    spec = answered(run, said)
    context.workspace.store.record(context.principal, "answer run", run_id, {"answer": said}, now)
    if spec is None:
        return None
    proof = proof_of(context, job_of(context, replace(run, spec=spec)))
    context.workspace.store.save_spec(spec, by=context.principal, now=now)
    return Amended(spec, tuple(change.text for change in compare_specs(run.spec, spec)), proof)


def written(context: Context, run_id: str, spec: Pipeline, file: Path) -> Pipeline:
    """Write the amended plan of a run; in another folder than the run's its files are named in full."""
    from tools.runs import known

    base = Path(known(context, run_id).base)
    if file.resolve().parent != base.resolve():
        sources = {
            name: source.model_copy(update={"location": str((base / source.location).resolve())})
            if source.location is not None
            else source
            for name, source in spec.sources.items()
        }
        spec = from_plain(to_plain(spec.model_copy(update={"sources": sources})))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_yaml(spec), encoding="utf-8")
    return spec


def answered(run: StoredRun, said: str) -> Pipeline | None:
    """The plan with what was answered; None for a no. Raises UsageError where the run asks nothing or not that."""
    asked = asked_of(run.result) if run.result is not None else None
    if asked is None:
        raise UsageError(f"{run.run_id} asks nothing.", hint="'dreflow runs show' tells how it ended.")
    answer = _meant(asked, said)
    return None if answer == NO else amended(run.spec, asked.changes[answer])


def _meant(asked: Asked, said: str) -> str:
    """The value of the option that is meant: by value, by label, by its place in the list."""
    folded = said.strip().casefold().rstrip(".!")
    for number, option in enumerate(asked.options, start=1):
        if folded in {option.value.casefold(), option.label.casefold().rstrip(".!"), str(number)}:
            return option.value
    raise UsageError(
        f"{said!r} is none of the answers.", hint="Answer with one of: " + ", ".join(o.value for o in asked.options)
    )


# What is asked


def _asked(spec: Pipeline, told: Sequence[Stream], refused: Refused) -> Asked | str:
    """One question for all sources: what the best reading of each would change, and other plausible readings.

    Why there is none, as a sentence, where no answer would give a plan that can be computed.
    """
    best = {stream.name: {one.column: one.header for one in stream.chosen} for stream in told}
    dropped = _unneeded(spec, told, best, refused)
    if isinstance(dropped, str):
        return dropped
    changes = {YES: _changes(told, best, dropped)}
    if why := refused(amended(spec, changes[YES])):
        return f"With its new form the plan cannot be computed: {why}"
    renamed = list(dict.fromkeys(pair for pairs in best.values() for pair in pairs.items()))
    others = _others(told, renamed)
    for header, pairs in others.items():
        changes[header] = _changes(told, pairs, dropped)
    if any(dropped.values()):
        emptied = _changes(told, best, {})
        if not refused(amended(spec, emptied)):
            changes[EMPTY] = emptied
    fresh = {name for change in changes[YES] for name in change.left_out}
    gone = [name for name in dict.fromkeys(n for one in told for n in one.added)
            if name not in {header for _, header in renamed} and not any(name in one.back for one in told)]  # fmt: skip
    text = _text(told, renamed, gone, asks_about_new=bool(fresh))
    return Asked(text, _options(changes, renamed, list(others)), changes)


def _unneeded(
    spec: Pipeline, told: Sequence[Stream], best: Mapping[str, Mapping[str, str]], refused: Refused
) -> dict[str, tuple[str, ...]] | str:
    """Of each source the columns that are gone and that the plan can do without; the others stay empty."""
    found: dict[str, tuple[str, ...]] = {}
    for stream in told:
        key = next((one.column for one in stream.removed if one.is_key), None)
        if key is not None:
            where = stream.source.stream or stream.name
            return f"Without {key!r} the rows of {where!r} cannot be told apart, or cannot be told gone."
        lost = next((one.column for one in stream.retyped if not one.now), None)
        if lost is not None:
            return f"The values of {lost!r} cannot be looked at in their new form."
        found[stream.name] = tuple(
            one.column
            for one in stream.removed
            if not refused(amended(spec, _changes(told, best, {stream.name: (one.column,)})))
        )
    return found


def _changes(
    told: Sequence[Stream], pairs: Mapping[str, Mapping[str, str]], dropped: Mapping[str, Sequence[str]]
) -> tuple[Change, ...]:
    return tuple(
        Change(
            one.name,
            pairs[one.name],
            one.left_out(pairs[one.name]),
            retyped={item.column: item.now for item in one.retyped},
            dropped=tuple(dropped.get(one.name, ())),
            emptied=tuple(item.column for item in one.removed if item.column not in dropped.get(one.name, ())),
            back=one.back,
        )
        for one in told
    )


def _others(told: Sequence[Stream], renamed: Sequence[tuple[str, str]]) -> dict[str, dict[str, dict[str, str]]]:
    """Other headers that the one missing column may come under, in every source that lacks it."""
    if len(renamed) != 1:
        return {}
    column, best = renamed[0]
    lacking = [one for one in told if column in one.missing]
    headers = [item.header for item in lacking[0].found if item.is_plausible and item.header != best]
    common = [
        header
        for header in headers
        if all(any(item.header == header and item.is_plausible for item in one.found) for one in lacking)
    ]
    return {
        header: {one.name: ({column: header} if one in lacking else {}) for one in told}
        for header in common
        if header not in {YES, NO}
    }


def _options(
    changes: Mapping[str, Sequence[Change]], renamed: Sequence[tuple[str, str]], others: Sequence[str]
) -> tuple[Choice, ...]:
    options = [Choice(label=f"Yes, {', and '.join(_does(changes[YES]))}", value=YES)]
    column = renamed[0][0] if renamed else ""
    options += [Choice(label=f"No, but {header!r} is {column!r} now", value=header) for header in others]
    if EMPTY in changes:
        options.append(Choice(label=f"Yes, but {', and '.join(_does(changes[EMPTY]))}", value=EMPTY))
    return (*options, Choice(label="No, leave the plan as it is", value=NO))


def _does(changes: Sequence[Change]) -> list[str]:
    """What an answer changes, a phrase for each kind of change."""
    renamed = dict.fromkeys(pair for one in changes for pair in one.renamed.items())
    retyped = dict.fromkeys(pair for one in changes for pair in one.retyped.items())
    does = [f"read {header!r} as {column!r} from now on" for column, header in renamed]
    does += [f"read {column!r} as {in_kind(type_)} from now on" for column, type_ in retyped]
    for words, part in (
        ("leave out", "left_out"),
        ("take out of the plan", "dropped"),
        ("leave empty", "emptied"),
        ("read again", "back"),
    ):
        names = sorted({name for one in changes for name in cast("tuple[str, ...]", getattr(one, part))})
        does += [f"{words} {joined([repr(name) for name in names])}"] if names else []
    return does


def _text(
    told: Sequence[Stream], renamed: Sequence[tuple[str, str]], gone: Sequence[str], *, asks_about_new: bool
) -> str:
    said = []
    for column, header in renamed:
        lacking = [one for one in told if any((e.column, e.header) == (column, header) for e in one.chosen)]
        where = joined([one.source.stream or one.name for one in lacking])
        proof = pooled(lacking, column, header).in_words()
        said.append(f"{where} {'has' if len(lacking) == 1 else 'have'} no column {column!r} any more, but a new one, "
                    f"{header!r}: {proof}.")  # fmt: skip
    for one in told:
        where = one.source.stream or one.name
        said += [item.in_words(where) for item in one.removed] + [item.in_words(where) for item in one.retyped]
        said += [f"{where} has the column {name!r} again." for name in one.back]
    if gone:
        many = len(gone) > 1
        new = f"The column{'s' if many else ''} {joined([repr(name) for name in gone])} {'are' if many else 'is'} new"
        said.append(f"{new}." if asks_about_new else f"{new} and not used, as the plan says.")
    if any(one.removed or one.retyped or one.back for one in told):
        said.append(
            "Shall the plan be changed so?"
            if not renamed
            else "Are the names the new ones, and shall the plan be changed so?"
        )
    elif len(renamed) == 1:
        said.append(f"Is {renamed[0][1]!r} the new name of {renamed[0][0]!r}?")
    elif renamed:
        said.append("Are these the new names?")
    else:
        said.append("Shall it be left out from now on?" if len(gone) == 1 else "Shall they be left out from now on?")
    return " ".join(said)
