"""Which unit a step means: its name, how many inputs it reads and which outputs it has, with the likeliest fix."""

from __future__ import annotations

from difflib import SequenceMatcher

from pipelines.contract import Transform, transform
from pipelines.finding import steps_for
from spec.errors import SpecError, nearest
from spec.pipeline import Step

SLIP = 0.7
"""How alike a name and the nearest known one are where it is a slip of the pen."""


def unit_of(step: Step) -> Transform:
    """The unit that a step names; SpecError with the likeliest name, or the step that does what the name says."""
    try:
        return transform(step.use)
    except SpecError as error:
        error.where |= {"step": step.id, "field": "use"}
        near = str(error.data.get("nearest") or "")
        # Far from a name, it is no slip of the pen but another word for what a step does.
        is_slip = SequenceMatcher(None, step.use, near).ratio() > SLIP
        if not is_slip and (others := steps_for(step.use.replace("_", " "))):
            error.hint = (
                f"The step that does this is {others[0]!r}. 'dreflow steps search' finds steps by what they do."
            )
            error.data |= {"nearest": others[0], "found": others[:3]}
        raise


def check_arity(step: Step, unit: Transform, count: int) -> None:
    """Refuse a step that reads too few or too many inputs."""
    least, most = unit.arity
    if count < least or (most is not None and count > most):
        wanted = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
        raise SpecError(
            f"{step.use!r} reads {wanted} input{'s' if wanted != '1' else ''}; {count} are named.",
            hint="Name them in 'from'.",
            where={"step": step.id, "field": "from"},
            data={"step": step.id, "field": "from", "inputs": list(step.from_), "least": least, "most": most},
        )


def unknown_output(step: Step, unit: Transform, output: str) -> SpecError:
    """Say that a step has no such output, and which it has."""
    known = [f"{step.id}.{name}" for name in unit.outputs]
    near = nearest(f"{step.id}.{output}", known)
    return SpecError(
        f"The step {step.id!r} has no output {output!r}.",
        hint=f"Did you mean {near!r}?" if near else f"It has: {', '.join([step.id, *known])}.",
        where={"step": step.id},
        data={"what": "output", "step": step.id, "unknown": output, "known": known, "nearest": near},
    )
