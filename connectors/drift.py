"""A source's shape against the one that its spec was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spec.errors import DriftError


def compare(
    declared: Mapping[str, str], present: Sequence[str], where: Mapping[str, str | int], *, policy: str, fill: bool
) -> list[str]:
    """Compare a source's columns with those declared: warnings for what the policy lets pass, else DriftError."""
    known = {name.casefold() for name in declared}
    there = {name.casefold() for name in present}
    added = [name for name in present if name.casefold() not in known]
    missing = [name for name in declared if name.casefold() not in there]
    if (missing and not fill) or (added and policy in {"ask", "freeze"}):
        raise drifted(added=added, missing=[] if fill else missing, where=where)
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
) -> DriftError:
    """Say what is new, gone or of another type; a lone new and a lone missing column may be one that was renamed."""
    said = []
    if missing:
        said.append("missing " + ", ".join(repr(name) for name in missing))
    if added:
        said.append("new " + ", ".join(repr(name) for name in added))
    said.extend(f"{name!r} is now {now} instead of {then}" for name, (then, now) in (retyped or {}).items())
    hint = "Plan again to take the change in, or set the source's drift policy."
    if len(added) == 1 and len(missing) == 1:
        hint = f"Was {missing[0]!r} renamed to {added[0]!r}? Plan again to take the change in."
    return DriftError(
        f"The columns are not those that the spec was made for: {'; '.join(said)}.",
        hint=hint,
        where=where,
        data={
            "added": list(added),
            "missing": list(missing),
            "retyped": {name: list(types) for name, types in (retyped or {}).items()},
        },
    )
