"""A plan that goes on: at other times, as another file, as it was before, without some rows, by one more group."""

from __future__ import annotations

import re

from agents.builtin.language.words import LONGEST_REQUEST
from agents.builtin.pipelines.clauses import FILE
from agents.builtin.pipelines.schedule import find_timing
from agents.contract import Draft, Request, Turn

_FILLERS = re.compile(
    r"\b(?:and|also|then|please|pls|do|doing|run|repeat|keep|make|it|that|this|the|same|again|"
    r"now|instead|but|ok|okay|yes"
    r"|thanks?|you|schedule|plan|for\s+me|can|could|would)\b|[^\w]",
    re.IGNORECASE,
)


_RUNS = re.compile(r"(?:runs\s+)?(?:every|on\s+day)\s[\w ,]+(?:\s+at\s+\d\d:\d\d.*)?$")
_SAVED = re.compile(r"\s*,?\s*(?:and\s+)?(?:save|write|export|store|put)\s+(?:it|them|the\s+result)?\b", re.IGNORECASE)
_BACK = re.compile(
    r"^\W*(?:(?:please|ok|no|and)\W+)*(?:put|make|bring|set|turn|change|have|get)?\s*(?:it|that|this|everything)?\s*"
    r"(?:back(?:\s+(?:to\s+(?:how|what|the\s+way)\s+it\s+was|(?:like|as)\s+(?:it\s+was\s+)?before|to\s+before|again))?"
    r"|(?:like|as|the\s+way)\s+it\s+was(?:\s+before)?|like\s+before|as\s+before|undo(?:\s+(?:that|"
    r"it|this|the\s+last\s+(?:change|one)))?|revert(?:\s+(?:it|that))?"
    r"|go\s+back)(?:\W+(?:please|thanks))?\W*$",
    re.IGNORECASE,
)
_UNSCHEDULED = re.compile(
    r"^\W*(?:never\s+mind|drop|remove|without|no|cancel|forget|leave\s+out|skip|take\s+away)\s+"
    r"(?:the\s+|a\s+|any\s+)?schedule\W*$"
    r"|^\W*(?:do\s*n['’]?t|stop)\s+(?:run(?:ning)?|repeat(?:ing)?)\s+(?:it|this|that)(?:\s+(?:automatically|"
    r"by\s+itself|regularly|any\s*more))?\W*$",
    re.IGNORECASE,
)
_AS_FILE = re.compile(
    rf"^\W*(?:(?:and|please|now|but|ok)\W+)*(?:save|write|export|store|call|name|rename|make)\s+(?:it|"
    rf"this|that|the\s+(?:file|result))\s*"
    rf"(?:as|to|into|in)?\s*(?:a\s+file\s+)?(?:called\s+|named\s+)?{FILE}(?:\s+instead)?(?:\W+please)?\W*$",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"^\W*(?:(?:and|also|but|please|now|ok(?:ay)?|then)\W+)*(?:leave\s+out|without|exclud\w+|except|"
    r"skip|only|just|keep\s+only|also|too|"
    r"by|per|sort(?:ed)?|order(?:ed)?\s+by|add|rename|top|drop|remove|ignore|include\s+only|for\s+"
    r"each|limit|round|make\s+sure|check)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"^\W*(?:(?:and|also|now|please|but)\W+)*(?:by|per|for\s+each|for\s+every|split\s+by|grouped\s+"
    r"by)\s+(?P<group>[\w ]+?)(?:\s+(?:too|as\s+well|also))?\W*$",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\b(?:by|per|for\s+each|for\s+every)\s+\w+", re.IGNORECASE)
_ONLY = re.compile(r"^\W*(?:(?:and|also|but|now|please)\W+)*(?:only|just)\s+", re.IGNORECASE)
_GLUE = re.compile(r"^\W*(?:(?:and|also|but|now|please|ok(?:ay)?|then)\W+)+", re.IGNORECASE)


def draft_again(request: Request) -> Draft | None:
    """The plan before, at other times, as another file, or the one before that; None when more is asked for."""
    before = request.history[-1] if request.history else None
    if before is None or before.spec is None or not (before.spec.outputs or before.spec.loads):
        return None
    if _BACK.match(request.text):
        earlier = [turn for turn in request.history[:-1] if turn.spec and turn.spec.outputs + turn.spec.loads]
        return _as_it_was(earlier[-1]) if earlier else None
    if _UNSCHEDULED.match(request.text) and before.spec.schedule is not None:
        return _changed(before, request, "without a schedule", schedule=None)
    named = _AS_FILE.match(request.text)
    if named and len(before.spec.outputs) == 1:
        output = before.spec.outputs[0].model_copy(update={"file": named["quoted"] or named["plain"]})
        return _changed(before, request, f"save as {output.file} instead", outputs=(output,))
    return draft_schedule(request)


def is_fragment(request: Request) -> bool:
    """Whether this turn speaks of the plan before rather than of a new one."""
    before = request.history[-1] if request.history else None
    return before is not None and before.spec is not None and bool(_FRAGMENT.match(request.text))


def changed_requests(request: Request) -> list[str]:
    """The request before with what this turn says in its place, in the ways in which both may be one request."""
    before = request.history[-1] if request.history else None
    if before is None or before.spec is None or not _FRAGMENT.match(request.text):
        return []
    if len(before.spec.request) > LONGEST_REQUEST:
        return []
    whole, said = before.spec.request.strip(" .;"), request.text.strip(" .;!?")
    group = _GROUP.match(said)
    if group:
        return [
            f"{whole[: found.end()]} and {group['group'].strip()}{whole[found.end() :]}"
            for found in list(_GROUPED.finditer(whole))[:1]
        ]
    plain = _ONLY.sub("keep only ", said) if _ONLY.match(said) else _GLUE.sub("", said)
    filed = _SAVED.search(whole)
    found = [f"{plain}; {whole}"]
    if filed:
        found.append(f"{whole[: filed.start()]}, {plain}{whole[filed.start() :]}")
    return found


def without_times(request: Request) -> Request:
    """The request, in whose history a plan says no more when it runs: "every Monday" says nothing of its rows."""
    turns = [_untimed(turn, request.timezone) for turn in request.history]
    return request.model_copy(update={"history": tuple(turns)})


def _untimed(turn: Turn, zone: str) -> Turn:
    spec, text = turn.spec, turn.request
    if spec is None or not (spec.outputs or spec.loads or spec.report):
        return turn
    timing = find_timing(text, zone)
    for words in timing.words if timing is not None else ():
        text = text.replace(words, " ", 1)
    text = re.sub(r"\s+([,;.])", r"\1", " ".join(text.split())).strip(" ,;")
    return turn.model_copy(update={"request": text or turn.request})


def going_where_it_went(request: Request, reply: Draft) -> Draft:
    """The plan of a turn that only changes the figures of the plan before: its name, its file and its times stay."""
    before = request.history[-1].spec if request.history else None
    if before is None or len(before.outputs) != 1 or len(reply.spec.outputs) != 1 or before.loads or before.report:
        return reply
    new, old = reply.spec.outputs[0], before.outputs[0]
    if new.file in request.text or (reply.spec.schedule is not None and reply.spec.schedule != before.schedule):
        return reply
    reading = reply.reading.replace(f"save as {new.file}", f"save as {old.file}")
    kept = tuple(said for said in before.assumptions if said.startswith("runs at "))
    assumptions = tuple(dict.fromkeys((*reply.assumptions, *kept)))
    update = {
        "assumptions": assumptions,
        "name": before.name,
        "title": before.title,
        "request": f"{before.request}; {request.text}",
        "reading": reading,
        "outputs": (old.model_copy(update={"from_": new.from_}),),
        "schedule": before.schedule,
    }
    spec = reply.spec.model_copy(update=update)
    return reply.model_copy(update={"spec": spec, "reading": reading, "assumptions": assumptions})


def _as_it_was(turn: Turn) -> Draft:
    assert turn.spec is not None
    return Draft(spec=turn.spec, reading=turn.spec.reading, assumptions=turn.spec.assumptions)


def _changed(before: Turn, request: Request, said: str, **changes: object) -> Draft:
    assert before.spec is not None
    kept = tuple(one for one in before.spec.assumptions if "schedule" not in changes or not one.startswith("runs at "))
    reading = f"{before.spec.reading.rstrip('.')}; {said}."
    update = {"request": f"{before.spec.request}; {request.text}", "reading": reading, "assumptions": kept, **changes}
    spec = before.spec.model_copy(update=update)
    return Draft(spec=spec, reading=reading, assumptions=kept)


def draft_schedule(request: Request) -> Draft | None:
    """The last plan of the conversation with the schedule that this turn asks for; None when it asks for more."""
    before = request.history[-1] if request.history else None
    timing = find_timing(request.text, request.timezone)
    if before is None or before.spec is None or timing is None or not (before.spec.outputs or before.spec.loads):
        return None
    rest = request.text
    for words in timing.words:
        rest = rest.replace(words, " ", 1)
    if _FILLERS.sub("", rest):
        return None
    kept = tuple(said for said in before.spec.assumptions if not said.startswith("runs at "))
    schedule, at = timing.schedule, timing.reading
    assumptions = (*kept, timing.assumption) if timing.assumption else kept
    earlier = before.spec.schedule
    if timing.assumption and earlier is not None and earlier.cron and schedule.cron:
        # Another rhythm keeps the hour that was agreed.
        clock = earlier.cron.split()[:2]
        if all(part.isdigit() for part in clock):
            days = schedule.cron.split()[2:]
            schedule = earlier.model_copy(update={"cron": " ".join([*clock, *days])})
            at = f"{timing.reading.rpartition(' at ')[0]} at {int(clock[1]):02}:{int(clock[0]):02}"
            assumptions = kept
    parts = [part for part in before.reading.rstrip(".").split("; ") if not _RUNS.match(part)]
    reading = f"{'; '.join(parts)}; runs {at}."
    spec = before.spec.model_copy(
        update={
            "request": f"{before.spec.request}; {request.text}",
            "reading": reading,
            "assumptions": assumptions,
            "schedule": schedule,
        }
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)
