"""All cases on all streams of a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, cast

import duckdb

from connectors.http.asking import paginator
from connectors.http.conformance.bench import Bench, BrokenError, Case, NotApplicableError
from connectors.http.conformance.desk import Desk, SendCase, desks
from connectors.http.definition import Definition, Stream, Unit
from connectors.http.vendor.description import Description
from connectors.http.vendor.profile import Profile
from spec.errors import DreflowError
from spec.records import record
from spec.registry import Shelf

CASES = Shelf("connectors.http.conformance.cases", "case")
SENDS = Shelf("connectors.http.conformance.sends", "case of sending")
SMALL = 10
Result = Literal["kept", "broken", "not applicable", "not tried"]


@record(frozen=True)
class Verdict:
    """How a case ended for a stream, or for one of its actions (``customers: metadata``); ``detail`` says what is
    broken, or why it was not tried.
    """

    stream: str
    case: str
    result: Result
    detail: str = ""


def case(name: str) -> Case:
    """The case of that name."""
    return cast("Case", CASES.load(name))


def send_case(name: str) -> SendCase:
    """The case of sending of that name."""
    return cast("SendCase", SENDS.load(name))


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
    return _tried(under, under.stream, name, lambda: case(name).run(under))


def sent(desk: Desk, name: str) -> Verdict:
    """One case of sending on one action."""

    def run() -> None:
        with desk.folder():
            send_case(name).run(desk)

    return _tried(desk.under, f"{desk.under.stream}: {desk.action}", name, run)


def _tried(under: Bench, what: str, name: str, run: Callable[[], None]) -> Verdict:
    under.violations.clear()
    try:
        run()
    except NotApplicableError as reason:
        return Verdict(what, name, "not applicable", str(reason))
    except BrokenError as broken:
        return Verdict(what, name, "broken", str(broken))
    except DreflowError as error:
        return Verdict(what, name, "broken", f"{type(error).__name__}: {error}")
    except (duckdb.Error, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        # A connector that somebody else wrote may go wrong where nobody thought of it; the other cases still count.
        text = str(error).strip().splitlines()
        return Verdict(
            what, name, "broken", f"it fails inside ({type(error).__name__}): {text[0][:200] if text else ''}"
        )
    if under.violations:
        return Verdict(what, name, "broken", f"not as the vendor says: {under.violations[0]}")
    return Verdict(what, name, "kept")


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
    """Each case on each stream, or on those named, and each case of sending on each of its actions.

    A stream or action that the profile does not know is not tried.
    """
    for stream in streams or definition.streams:
        if stream not in profile.streams:
            yield Verdict(stream, "", "not tried", "the vendor's profile does not know it")
            continue
        under = bench(name, definition, stream, description, profile, settings or {})
        for one in _wanted(cases, CASES):
            yield tried(under, one)
        for action, desk in desks(under):
            if desk is None:
                yield Verdict(action, "", "not tried", "the vendor's profile says nothing of what takes it (keeps)")
                continue
            for one in _wanted(cases, SENDS):
                yield sent(desk, one)


def _wanted(cases: Sequence[str], shelf: Shelf) -> Sequence[str]:
    return [one for one in cases if one in shelf.names()] if cases else shelf.names()
