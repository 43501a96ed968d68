"""All cases on all streams of a connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

from connectors.http.asking import paginator
from connectors.http.conformance.bench import Bench, BrokenError, Case, NotApplicableError
from connectors.http.definition import Definition, Stream, Unit
from connectors.http.vendor.description import Description
from connectors.http.vendor.profile import Profile
from spec.errors import DreflowError
from spec.records import record
from spec.registry import Shelf

CASES = Shelf("connectors.http.conformance.cases", "case")
SMALL = 10
Result = Literal["kept", "broken", "not applicable", "not tried"]


@record(frozen=True)
class Verdict:
    """How a case ended for a stream; ``detail`` says what is broken, or why it was not tried."""

    stream: str
    case: str
    result: Result
    detail: str = ""


def case(name: str) -> Case:
    """The case of that name."""
    return cast("Case", CASES.load(name))


def bench(
    name: str,
    definition: Definition,
    stream: str,
    description: Description,
    profile: Profile,
    settings: Mapping[str, str],
) -> Bench:
    """A stream under test; ``settings`` beside those that the definition gives an example or a default of."""
    known = {
        key: settings.get(key) or setting.default or setting.example or "example"
        for key, setting in definition.settings.items()
    }
    return Bench(name, _in_small_pages(definition), stream, description, profile, known, definition)


def _in_small_pages(definition: Definition) -> Definition:
    """The same with short pages: paging is the same with ten records as with a thousand, and a vendor makes fewer."""
    small = {name: _small(stream) for name, stream in definition.streams.items()}
    update: dict[str, object] = {"streams": small}
    if definition.paginate is not None:
        update["paginate"] = _short(definition.paginate)
    return definition.model_copy(update=update)


def _small(stream: Stream) -> Stream:
    update: dict[str, object] = {}
    if stream.paginate is not None:
        update["paginate"] = _short(stream.paginate)
    if isinstance(stream.incremental.get("paginate"), dict):
        unit = Unit.model_validate(stream.incremental["paginate"])
        update["incremental"] = {**stream.incremental, "paginate": _short(unit).model_dump()}
    return stream.model_copy(update=update)


def _short(unit: Unit) -> Unit:
    found = paginator(unit)[1]
    size = getattr(found, "size", 0)
    return Unit.model_validate({"use": unit.use, **unit.params, "size": SMALL}) if size > SMALL else unit


def tried(under: Bench, name: str) -> Verdict:
    """One case on one stream."""
    unit = case(name)
    try:
        unit.run(under)
    except NotApplicableError as reason:
        return Verdict(under.stream, name, "not applicable", str(reason))
    except BrokenError as broken:
        return Verdict(under.stream, name, "broken", str(broken))
    except DreflowError as error:
        return Verdict(under.stream, name, "broken", f"{type(error).__name__}: {error}")
    if under.violations:
        return Verdict(under.stream, name, "broken", f"not as the vendor says: {under.violations[0]}")
    return Verdict(under.stream, name, "kept")


def run(
    name: str,
    definition: Definition,
    description: Description,
    profile: Profile,
    *,
    settings: Mapping[str, str] | None = None,
    cases: Sequence[str] = (),
    streams: Sequence[str] = (),
) -> Iterator[Verdict]:
    """Each case on each stream, or on those named; a stream that the profile does not know is not tried."""
    for stream in streams or definition.streams:
        if stream not in profile.streams:
            yield Verdict(stream, "", "not tried", "the vendor's profile does not know it")
            continue
        under = bench(name, definition, stream, description, profile, settings or {})
        for one in cases or CASES.names():
            under.violations.clear()
            yield tried(under, one)
