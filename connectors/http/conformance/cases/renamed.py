"""A field goes by another name."""

from typing import cast

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.faults import FieldRenamed
from spec.errors import DriftError

SUMMARY = "a field under a new name is told with the old one, and read by it once that is agreed"


def run(bench: Bench) -> None:
    """Refused with both names; then with the new one among the source's own."""
    if bench.said.query or bench.said.fields:
        raise NotApplicableError("it asks for its fields by name")
    source = bench.source()
    optional = cast("list[str]", source.options.get("optional", []))
    key, _ = bench.key()
    aside = {key, source.cursor, *optional, *(bench.said.parent.keep if bench.said.parent is not None else ())}
    places = {name: path[0] for name, path in bench.paths(source).items() if len(path) == 1 and name not in aside}
    if not places:
        raise NotApplicableError("no field besides the key is in every record")
    column, field = next(iter(places.items()))
    many = max(bench.several, 25)
    before = bench.read(bench.vendor(many))
    renamed = FieldRenamed(place=f"/{field}", to="/by_another_name")
    try:
        bench.read(bench.vendor(many, faults=[renamed]))
    except DriftError as error:
        told = cast("dict[str, list[str]]", error.data)
        if told["added"] != ["by_another_name"] or column not in told["missing"]:
            raise BrokenError(f"told as new {told['added']} and as gone {told['missing']}") from None
    else:
        raise BrokenError("a field under another name was passed over")
    agreed = source.model_copy(update={"known_as": {column: ("by_another_name",)}})
    for faults in ([renamed], []):
        after = bench.read(bench.vendor(many, faults=faults), source=agreed)
        if sorted(str(row[column]) for row in after.rows) != sorted(str(row[column]) for row in before.rows):
            raise BrokenError(f"{column} has other values once its new name is agreed")
