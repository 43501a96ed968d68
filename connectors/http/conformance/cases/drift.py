"""Fields are new, gone or something else."""

from typing import cast

from connectors.http.conformance.bench import Bench, BrokenError
from connectors.http.conformance.bench import NotApplicableError as NotApplicable
from connectors.http.vendor.faults import Fault, FieldAdded, FieldRemoved, FieldRetyped
from spec.errors import DriftError

SUMMARY = "a field that is new, gone or of another kind stops the read"


def run(bench: Bench) -> None:
    """Each before anything is published."""
    if bench.said.query:
        raise NotApplicable("a GraphQL query names the fields that come, and its schema their kinds")
    source = bench.source()
    optional = cast("list[str]", source.options.get("optional", []))
    key, _ = bench.key()
    aside = {key, *optional, *(bench.said.parent.keep if bench.said.parent is not None else ())}
    places = {name: f"/{path[0]}" for name, path in bench.paths(source).items() if len(path) == 1}
    certain = [name for name in places if name not in aside]
    amounts = {place for one in bench.said.money for place in one.amounts}
    money = [name for name in certain if places[name] in amounts]
    numbers = [name for name in certain if source.columns[name].startswith(("BIGINT", "DECIMAL", "TIMESTAMP"))]
    # A stream that names the fields it reads is never sent, or never looks at, any other.
    if not bench.said.fields:
        _refused(bench, FieldAdded(), "a new field")
    if not certain:
        raise NotApplicable("no field besides the key is in every record")
    _refused(bench, FieldRemoved(place=places[certain[0]]), f"a field that is gone ({certain[0]})")
    if money:
        _refused(bench, FieldRetyped(place=places[money[0]]), f"an amount that is no number ({money[0]})")
    if numbers:
        _refused(bench, FieldRetyped(place=places[numbers[0]]), f"a field that is something else ({numbers[0]})")


def _refused(bench: Bench, fault: Fault, what: str) -> None:
    vendor = bench.vendor(max(bench.several, 25), faults=[fault])
    try:
        bench.read(vendor)
    except DriftError:
        return
    raise BrokenError(f"{what} was passed over")
