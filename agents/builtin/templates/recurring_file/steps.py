"""The steps, the proofs and the report of one clean table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, text
from agents.builtin.templates.recurring_file.contract import Sheet
from spec.base import JsonValue
from spec.report import Block, Figure, Report, Section, TableBlock, TableColumn, Tiles
from tools.wording import joined

ROWS = "one_table"
"""The step that is the clean table."""


def write_steps(sheets: Sequence[Sheet], label: str, taken: Collection[str], *, fill: bool) -> Draftsman:
    """Each sheet with its name in a column, one below the other; nothing is lost on the way and no column is empty."""
    steps = Draftsman()
    used = {one.casefold() for one in taken}
    parts = []
    for number, one in enumerate(sheets, start=1):
        id_ = next(
            f"{stem}_{number}" for stem in ("sheet", "sheet_rows", "rows_of_sheet") if f"{stem}_{number}" not in used
        )
        columns: dict[str, JsonValue] = {label: text(exp.Literal.string(one.title))}
        parts.append(steps.step(id_, "derive", one.name, columns=columns, note=f"Rows of {one.title}"))
    order = [label, *dict.fromkeys(column for one in sheets for column in one.source.columns)]
    if len(parts) > 1:
        whole = steps.step("all_rows", "union", *parts, missing="null" if fill else "stop", note="All sheets together")
    else:
        whole = parts[0]
    steps.step(ROWS, "select", whole, columns=list(order), note="The clean table")
    _promise(steps, sheets, parts)
    return steps


def _promise(steps: Draftsman, sheets: Sequence[Sheet], parts: Sequence[str]) -> None:
    plus: dict[str, JsonValue] = {"plus": list(parts[1:])} if len(parts) > 1 else {}
    everywhere = f"{joined([one.title for one in sheets])} together" if len(sheets) > 1 else sheets[0].title
    steps.check(
        "conserve", parts[0], params={"measure": "count(*)", "from": ROWS, **plus},
        note=f"Every row of {everywhere} is in the table once.",
    )  # fmt: skip
    for column in _numbers(sheets):
        steps.check(
            "conserve", parts[0],
            params={"measure": text(exp.Sum(this=name(column))), "from": ROWS, **plus},
            note=f"{column} adds up to the same in the table as in {everywhere}.",
        )  # fmt: skip
    steps.check("row_count", ROWS, params={"min": 1}, note="The table has rows.")
    for one in sheets:
        columns: list[JsonValue] = list(one.source.columns)
        steps.check(
            "filled",
            one.name,
            params={"columns": columns},
            note=f"No column of {one.title} is empty from top to bottom.",
        )


def _numbers(sheets: Sequence[Sheet]) -> list[str]:
    """Columns of numbers that every sheet has."""
    first, *others = sheets
    shared = [column for column in first.source.columns if all(column in one.source.columns for one in others)]
    return [column for column in shared if first.source.columns[column].startswith(("BIGINT", "DECIMAL"))]


def write_report(sheets: Sequence[Sheet], label: str, file: str) -> Report:
    """Rows and sums, by sheet and in all, and the table itself."""
    numbers = _numbers(sheets)
    tiles = {"Rows": Figure(from_=ROWS, value="count(*)", format="integer")}
    for column in numbers[:4]:
        tiles[column] = Figure(from_=ROWS, value=text(exp.Sum(this=name(column))), format="number")
    columns = [label, *dict.fromkeys(column for one in sheets for column in one.source.columns)]
    table: Block = TableBlock(
        title="All rows",
        from_=ROWS,
        order_by=(label, *_order(sheets)),
        columns=tuple(TableColumn(name=column, total=column in numbers) for column in columns),
        sheet="All rows",
        empty="There are no rows.",
    )
    return Report(
        title="One clean table",
        subtitle=joined([one.title for one in sheets]),
        file=file,
        sections=(Section(title="In all", blocks=(Tiles(figures=tiles), table)),),
    )


def _order(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    return tuple(list(sheets[0].source.columns)[:2])
