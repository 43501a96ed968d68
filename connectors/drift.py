"""A source's shape against the one that its spec was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from spec.errors import DriftError

if TYPE_CHECKING:
    from spec.pipeline import Source


def known_names(source: Source, present: Sequence[str]) -> list[str]:
    """The headers that are there, each that stands for a declared column under the column's own name.

    Case does not count. A column's own name is taken first; of the headers agreed for it (``known_as``) the first that
    is there. Everything else keeps its name.
    """
    folded = [name.casefold() for name in present]
    names = list(present)
    for column, others in source.known_as.items():
        if column.casefold() in folded:
            continue
        at = next((folded.index(other.casefold()) for other in others if other.casefold() in folded), None)
        if at is not None:
            names[at] = column
    return names


def compare(
    source: Source,
    present: Sequence[str],
    where: Mapping[str, str | int],
    *,
    fill: bool,
    retyped: Mapping[str, tuple[str, str]] | None = None,
) -> list[str]:
    """Compare what is there, by ``known_names``, with the declared columns.

    ``retyped`` columns have (declared, actual) types of which one cannot hold the other. Warnings for what the policy
    lets pass, else DriftError.
    """
    known = {name.casefold() for name in (*source.columns, *source.left_out)}
    there = {name.casefold() for name in present}
    added = [name for name in present if name.casefold() not in known]
    missing = [name for name in source.columns if name.casefold() not in there]
    if (missing and not fill) or (added and source.drift in {"ask", "freeze"}) or retyped:
        lacking, order = [] if fill else missing, (list(source.columns), present)
        raise drifted(added=added, missing=lacking, where=where, retyped=retyped, order=order)
    warnings = []
    if added:
        warnings.append(f"New columns were left out: {', '.join(added)}.")
    if missing:
        warnings.append(f"Columns that are not there were filled with nothing: {', '.join(missing)}.")
    return warnings


def drifted(
    *,
    where: Mapping[str, str | int],
    added: Sequence[str] = (),
    missing: Sequence[str] = (),
    retyped: Mapping[str, tuple[str, str]] | None = None,
    order: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> DriftError:
    """Say what is new, gone or of another type; a lone new and a lone missing column may be one that was renamed.

    ``order`` has the declared columns and those that are there, each as they stand.
    """
    hint = "Plan again to take the change in, or set the source's drift policy."
    if len(added) == 1 and len(missing) == 1:
        hint = f"Was {missing[0]!r} renamed to {added[0]!r}? Plan again to take the change in."
    change: dict[str, object] = {
        "added": list(added),
        "missing": list(missing),
        "retyped": {name: list(types) for name, types in (retyped or {}).items()},
        "declared": list(order[0]),
        "present": list(order[1]),
    }
    return DriftError(
        f"The columns are not those that the spec was made for: {_said(change)}.", hint=hint, where=where, data=change
    )


def together(found: Mapping[str, DriftError]) -> DriftError:
    """The drift of several sources as one error, so that all of it is told, and asked about, at once.

    ``data["streams"]`` has each source's own change; the rest of ``data`` is that of the first.
    """
    (name, first), *others = found.items()
    streams = {source: {**error.data, "file": error.where.get("file")} for source, error in found.items()}
    if not others:
        first.data = {**first.data, "streams": streams}
        return first
    said = "; ".join(f"{source}: {_said(error.data)}" for source, error in found.items())
    return DriftError(
        f"The columns of {len(found)} sources are not those that the spec was made for. {said}.",
        hint=first.hint,
        where={key: value for key, value in first.where.items() if key == "file"} | {"source": name},
        data={**first.data, "streams": streams},
    )


def _said(change: Mapping[str, object]) -> str:
    said = []
    for word in ("missing", "added"):
        names = cast("list[str]", change[word])
        if names:
            said.append(f"{'new' if word == 'added' else word} {', '.join(repr(name) for name in names)}")
    retyped = cast("dict[str, list[str]]", change["retyped"])
    said.extend(f"{name!r} is now {now} instead of {then}" for name, (then, now) in retyped.items())
    return "; ".join(said)
