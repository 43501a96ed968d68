"""The reference pages of steps and checks, written from the units themselves: ``python -m pipelines.reference docs``.

A test holds the pages in ``docs/`` against what this module writes, and another runs every example.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import cast

from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from pipelines.functions import AGGREGATES, EXAMPLES, SCALARS, TABLES, WINDOWS
from pipelines.schema import check_schema, step_schema
from spec.base import JsonValue

Table = Mapping[str, JsonValue]
_STEP = frozenset({"id", "use", "from", "engine", "note"})
_CHECK = frozenset({"check", "on", "severity", "note"})


def pages() -> dict[str, str]:
    """Path under ``docs/`` to the text of each page."""
    found = {f"steps/{name}.md": step_page(name) for name in TRANSFORMS.names()}
    found |= {f"checks/{name}.md": check_page(name) for name in CHECKS.names()}
    found["steps/README.md"] = _index("Steps", _STEPS, {name: transform(name).__doc__ for name in TRANSFORMS.names()})
    found["steps/functions.md"] = _functions_page()
    found["checks/README.md"] = _index("Checks", _CHECKS, {name: check_unit(name).__doc__ for name in CHECKS.names()})
    return found


_STEPS = """\
A step turns one or more tables into others. It is written flat: `id` names it, `use` says which of the steps below it
is, `from` what it reads (a source, an inline table, a step, or `step.output`), and its parameters stand beside them.

Expressions are SQL in DuckDB's dialect. They compute from columns and from parameters (`$name`, and `$now` and `$today`
of the run) by [the functions listed](functions.md); they read no file, no clock and no setting. What depends on the
order of rows needs a total order (or `orders: proven` in the spec: every run proves it). An instant is
read as a date or a time of day by the clock of the spec's `timezone`.
"""
_CHECKS = """\
A check is a promise about the data, proven on every run: `check` says which of the checks below it is, `on` what it
looks at, and `severity` whether a failure warns or holds publishing back (`block`, the default).

Besides those in the spec the compiler adds its own: a declared `primary_key` identifies rows, a join doubles no row,
rows that an inner join leaves out or of which a filter cannot tell are counted, pivoted values are those listed,
values that do not parse are counted, and every row of a match is in a pair or in a rest.
"""


_FUNCTIONS = """\
An expression may call the functions below, and use SQL's operators: `+ - * / // %`, `||` to join texts, comparisons,
`and or not`, `in`, `between`, `like`, `is null`, `case when ... then ... else ... end`, `cast(x as type)`,
`try_cast(x as type)`, `interval 3 day`, `date '2026-07-01'`. They mean what they mean in DuckDB, but that a date which
is cut by `date_trunc('month', day)` or moved by whole days, months or years (`day + interval 1 month`) stays a date.
`strptime` gives a date with a time of day: `cast(strptime(text, '%d.%m.%Y') as date)`. `/` divides numbers to a
floating-point one, `//` to a whole one; where halves count, as in money, round an exact number, as in
`round(cast(a / b as decimal(18, 6)), 2)`. A name with spaces or signs stands in double quotes, text in single ones;
where an expression is one column and nothing else, its name may stand as it is.

Nothing else is offered, so that a plan gives the same result at every run: `$now` and `$today` take the place of
functions that read the clock, a 'sample' step that of random numbers.
"""


def _functions_page() -> str:
    groups = {
        "Of a row": SCALARS,
        "Aggregates, in 'aggregate', 'pivot' and 'window'": AGGREGATES,
        "Windows, in 'window'": WINDOWS,
        "Rows, in 'sql'": TABLES,
    }
    parts = ["# Functions of expressions", _FUNCTIONS.strip(), "## Asked for most"]
    parts.append(
        _markdown(["wanted", "expression", "gives"], [[want, f"`{how}`", gives] for want, how, gives in EXAMPLES])
    )
    for title, names in groups.items():
        parts += [f"## {title}", fill(", ".join(f"`{name}`" for name in sorted(names)), 118)]
    return "\n\n".join(parts) + "\n"


def step_page(name: str) -> str:
    """One step's page."""
    unit = transform(name)
    example = unit.example
    step = {"id": "result", **cast("dict[str, JsonValue]", example["step"])}
    parts = [f"# {name}", _text(unit.__doc__), *_also(unit), "## Parameters", _parameters(step_schema(name), _STEP)]
    if unit.outputs:
        rows = [[f"`<id>.{output}`", text] for output, text in unit.outputs.items()]
        parts += ["## Further outputs", _markdown(["output", "rows"], rows)]
    parts.append("## Example")
    for table, content in cast("dict[str, Table]", example["tables"]).items():
        parts += [_key_line(table, content), _rows(list(cast("Table", content["columns"])), content["rows"])]
    parts.append(_yaml([step]))
    for output, shown in cast("dict[str, JsonValue]", example["rows"]).items():
        label = f"`result.{output}`:" if output else "`result`:"
        parts += [label, _rows(_columns_of(name, output), shown)]
    return "\n\n".join(parts) + "\n"


def check_page(name: str) -> str:
    """One check's page."""
    unit = check_unit(name)
    example = unit.example
    check = {"on": "table", **cast("dict[str, JsonValue]", example["check"])}
    parts = [f"# {name}", _text(unit.__doc__), *_also(unit), "## Parameters", _parameters(check_schema(name), _CHECK)]
    parts.append("## Example")
    for table, content in cast("dict[str, Table]", example.get("tables", {})).items():
        parts += [_key_line(table, content), _rows(list(cast("Table", content["columns"])), content["rows"])]
    parts.append(_yaml([{"check": check.pop("check"), **check}]))
    columns = list(cast("Table", example["columns"]))
    if "bad" in example:
        parts += ["`table` with rows that pass:", _rows(columns, example["good"])]
        parts += ["`table` with rows that fail:", _rows(columns, example["bad"])]
    return "\n\n".join(parts) + "\n"


def _also(unit: object) -> Sequence[str]:
    """What people call what a unit does, where it declares that: they find the page by their own words."""
    keywords = str(getattr(unit, "keywords", ""))
    return [fill(f"Others say: {keywords}.", 118)] if keywords else []


def _columns_of(name: str, output: str) -> Sequence[str]:
    """The example's output columns, from compiling it."""
    from datetime import UTC, datetime

    from pipelines.compiler import compile_spec
    from spec.codec import from_plain

    example = transform(name).example
    tables = cast("dict[str, Table]", example["tables"])
    reader = f"result.{output}" if output else "result"
    plain: dict[str, JsonValue] = {
        "name": "example",
        "sources": {
            key: {item: value for item, value in table.items() if item != "rows"} for key, table in tables.items()
        },
        "steps": [{"id": "result", **cast("dict[str, JsonValue]", example["step"])}],
        "outputs": [{"file": "result.csv", "from": reader}],
    }
    job = compile_spec(from_plain(plain), base=Path(), now=datetime(2026, 7, 15, tzinfo=UTC))
    return job.relations[reader].names


def _parameters(schema: Mapping[str, JsonValue], common: frozenset[str]) -> str:
    required = cast("list[str]", schema["required"])
    definitions = cast("dict[str, Table]", schema.get("$defs", {}))
    rows: list[list[str]] = []
    for name, field in cast("dict[str, Table]", schema["properties"]).items():
        if name not in common:
            rows.append(_parameter(name, field, required=name in required))
            rows += _nested(name, field, definitions)
    return _markdown(["parameter", "default", "meaning"], rows)


def _parameter(name: str, field: Table, *, required: bool) -> list[str]:
    default = field.get("default")
    shown = "required" if required else "" if default in (None, [], {}, "") else f"`{_scalar(default)}`"
    choices = field.get("enum")
    meaning = str(field.get("description", ""))
    if isinstance(choices, list):
        meaning = f"{' or '.join(f'`{item}`' for item in choices)}. {meaning}"
    return [f"`{name}`", shown, meaning]


def _nested(name: str, field: Table, definitions: Mapping[str, Table]) -> list[list[str]]:
    found: list[list[str]] = []
    for option in cast("list[Table]", field.get("anyOf") or [field]):
        reference = option.get("$ref")
        definition = definitions.get(str(reference).removeprefix("#/$defs/")) if reference else None
        if definition is None or "properties" not in definition:
            continue
        required = cast("list[str]", definition.get("required", []))
        for key, part in cast("dict[str, Table]", definition["properties"]).items():
            found.append(_parameter(f"{name}.{key}", part, required=key in required))
    return found


def _key_line(name: str, table: Table) -> str:
    key = table.get("primary_key")
    names = ", ".join(map(str, key)) if isinstance(key, list) else key
    return f"`{name}`{f', whose rows {names} identifies' if names else ''}:"


def _rows(columns: Sequence[str], rows: JsonValue) -> str:
    cells = [[_scalar(value) for value in row] for row in cast("list[list[JsonValue]]", rows)]
    return _markdown(list(columns), cells) if cells else f"{_markdown(list(columns), [])}\n\n(no rows)"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _scalar(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_scalar(item)}" for key, item in value.items()) + "}"
    return str(value)


def _yaml(entries: JsonValue) -> str:
    import yaml

    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    # "on" is a word here, as the spec's reader takes it.
    return f"```yaml\n{text}```".replace("'on':", "on:")


def _text(text: str | None) -> str:
    return (text or "").strip().replace("``", "`")


def _index(title: str, introduction: str, units: Mapping[str, str | None]) -> str:
    rows = [
        [f"[{name}]({name}.md)", _text(text).partition("\n\n")[0].replace("\n", " ")] for name, text in units.items()
    ]
    return f"# {title}\n\n{introduction}\n{_markdown([title.lower()[:-1], 'what it does'], rows)}\n"


def main(folder: str) -> None:
    """Write every page under the folder."""
    for name, text in pages().items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
