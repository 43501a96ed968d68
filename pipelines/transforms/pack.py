"""Put rows into boxes of a certain size, one after the other: pallets, lorries, batches, pages, shifts.

Rows are taken in their order, within ``per``, and each goes into a box whose rows then hold no more than ``capacity``:
with ``rule: first`` into the first box that has room for it, with ``best`` into the one that it fills most, with
``next`` into the box of the row before, so that the order is kept. Where none has room, a new box is opened. A row that
is larger than a box gets none; ``<step>.too_large`` holds it. For the fewest boxes take the largest rows first:
``order: [size desc, id]``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression, ImpliedCheck
from pipelines.expressions import column, select_from
from pipelines.inorder import (
    GROUP,
    NUMBER,
    beside,
    decimals_of,
    handed_out,
    number_of,
    numbered,
    scale_of,
    taken_in,
    units_of,
)
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import as_type, is_null, number
from spec.base import Document, JsonValue
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

SIZE, ROOM, BOX, FILLED = "_size", "_room", "_box", "_filled"
Rule = Literal["first", "next", "best"]


class Params(Document):
    """How large rows and boxes are, and which box a row goes into."""

    order: Strings = Field(min_length=1, description="Order in which rows are put into boxes; total within per.")
    size: Expression = Field(default="1", description="How much room a row takes, e.g. weight; 1 counts rows.")
    capacity: Expression = Field(description="How much a box holds: a number, or a column that is the same within per.")
    per: Strings = Field(default=(), description="Columns whose equal rows have boxes of their own.")
    rule: Rule = Field(
        default="first",
        description="first: the first box with room; next: the box of the row before, or a new one; best: the box in "
        "which least room is left.",
    )
    name: str = Field(default="box", description="New column: the number of the box, from 1 within per.")
    filled: str | None = Field(default=None, description="New column: how full the box is with this row.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"too_large": "Rows that are larger than a box, or have no size."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"parcels": {"columns": {"id": "INTEGER", "weight": "INTEGER"}, "primary_key": ["id"],
                           "rows": [[1, 60], [2, 50], [3, 30], [4, 40], [5, 70], [6, 120]]}},
    "step": {"use": "pack", "from": "parcels", "order": "id", "size": "weight", "capacity": 100, "filled": "load"},
    "rows": {"": [[1, 60, 1, 60], [2, 50, 2, 50], [3, 30, 1, 90], [4, 40, 2, 90], [5, 70, 3, 70],
                  [6, 120, None, None]],
             "too_large": [[6, 120, None, None]]},
}  # fmt: skip
keywords: Final = (
    "bin packing, pack parcels into boxes, load lorries or trucks, fill containers, pallets, batches of at most, "
    "groups of no more than, knapsack, greedy, first fit, next fit, best fit, split into pages, chunks up to a limit, "
    "capacity, shifts, tables of eight, group rows until the sum reaches, as few boxes as possible, maximum weight"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Sizes go out exactly and come back with the number of a box."""
    (relation,) = inputs
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    new = [params.name, *([params.filled] if params.filled else [])]
    scope.distinct([*relation.names, *new, NUMBER, GROUP, SIZE, ROOM], "name")
    size, size_type = number_of(params.size, relation, "size", scope)
    room, room_type = number_of(params.capacity, relation, "capacity", scope)
    decimals = max(scale_of(size_type), scale_of(room_type))
    exact = f"DECIMAL(38,{decimals})"
    values = {SIZE: as_type(size, exact), ROOM: as_type(room, exact)}
    rows, found = f"{scope.name}._rows", f"{scope.name}._found"
    is_exact = not {size_type, room_type} & {"DOUBLE", "FLOAT"}
    main = beside(relation, rows, found, dict(zip((BOX, FILLED), new, strict=False)))
    built: dict[str, exp.Query] = {
        "_rows": numbered(relation, per, params.order, values, scope),
        "_given": handed_out(rows, list(values)),
        MAIN: main,
    }
    if scope.wants("too_large"):
        none = main.copy()
        none.set("where", exp.Where(this=is_null(column(BOX, "f"))))
        built["too_large"] = none
    returned = (
        Column(NUMBER, "BIGINT"),
        Column(BOX, "BIGINT", exact=is_exact),
        Column(FILLED, exact if decimals else "BIGINT", exact=is_exact),
    )
    return Built(
        built,
        keys={MAIN: relation.keys, "too_large": relation.keys},
        order={MAIN: relation.order},
        checks=(_all_packed(params, found, scope), _sane(rows, scope)),
        apply=_Pack(scope.name, params.rule, decimals),
        fields={"_found": returned},
        feeds=("_rows", "_given"),
    )


def _all_packed(params: Params, found: str, scope: StepScope) -> ImpliedCheck:
    bad = select_from(found, [column(NUMBER)])
    bad.set("where", exp.Where(this=is_null(column(BOX))))
    query = proofs.no_rows(
        bad.copy(),
        "every row has a box",
        f" rows are larger than a box or have no size, and have no {params.name}",
        f" row is larger than a box or has no size, and has no {params.name}",
    )
    return ImpliedCheck("pack_complete", scope.name, "warn", query, (found,), evidence=bad)


def _sane(rows: str, scope: StepScope) -> ImpliedCheck:
    """One capacity within a group, and no size below zero."""
    bad = select_from(rows, [column(GROUP)])
    bad.set("group", exp.Group(expressions=[column(GROUP)]))
    several = exp.NEQ(this=exp.Min(this=column(ROOM)), expression=exp.Max(this=column(ROOM)))
    below = exp.LT(this=exp.Min(this=column(SIZE)), expression=number(0))
    bad.set("having", exp.Having(this=exp.or_(several, below)))
    query = proofs.no_rows(
        bad.copy(),
        "the boxes of a group hold the same, and no row is smaller than nothing",
        " groups have several capacities or a size below 0",
        " group has several capacities or a size below 0",
    )
    return ImpliedCheck("pack_sizes", scope.name, "block", query, (rows,), evidence=bad)


@record(frozen=True)
class _Pack:
    """Puts row after row into boxes. Inputs: the rows, of which only the next is made; number, group, sizes."""

    step: str
    rule: Rule
    decimals: int

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """Box and how full it is, by number; ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        del seed
        given = taken_in(inputs[1], self.step)
        boxes: list[int | None] = []
        filled: list[int | None] = []
        last, open_boxes = None, _Boxes(self.rule)
        sizes, rooms = units_of(given.column(SIZE)), units_of(given.column(ROOM))
        for group, size, room in zip(given.column(GROUP).to_pylist(), sizes, rooms, strict=True):
            if group != last:
                last, open_boxes = group, _Boxes(self.rule)
            if size is None or room is None or size > room:
                boxes.append(None)
                filled.append(None)
                continue
            box, left = open_boxes.put(size, room)
            boxes.append(box)
            filled.append(room - left)
        made = {
            NUMBER: given.column(NUMBER),
            BOX: pa.array(boxes, pa.int64()),
            FILLED: decimals_of(filled, self.decimals),
        }
        return {"_found": pa.table(made)}


class _Boxes:
    """The boxes of a group and the room that is left in each, all in the same unit."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._left: list[int] = []
        self._sorted: list[tuple[int, int]] = []
        # A tree of the most room in each stretch of boxes finds the first with enough without looking at all.
        self._most: list[int] = []
        self._leaves = 0

    def put(self, size: int, room: int) -> tuple[int, int]:
        """Number of the box, from 1, and the room that is left in it afterwards."""
        at = self._place(size)
        if at is None:
            at = len(self._left)
            self._left.append(room)
        elif self._rule == "best":
            self._sorted.pop(bisect_left(self._sorted, (self._left[at], at)))
        self._left[at] -= size
        if self._rule == "best":
            insort(self._sorted, (self._left[at], at))
        elif self._rule == "first":
            self._note(at)
        return at + 1, self._left[at]

    def _place(self, size: int) -> int | None:
        if self._rule == "next":
            last = len(self._left) - 1
            return last if last >= 0 and self._left[last] >= size else None
        if self._rule == "best":
            # The least room that is enough; of several alike the box that was opened first.
            at = bisect_left(self._sorted, (size, 0))
            return self._sorted[at][1] if at < len(self._sorted) else None
        if not self._leaves or self._most[1] < size:
            return None
        node = 1
        while node < self._leaves:
            node = 2 * node if self._most[2 * node] >= size else 2 * node + 1
        return node - self._leaves

    def _note(self, at: int) -> None:
        if at >= self._leaves:
            self._leaves = max(1, 2 * self._leaves)
            self._most = [-1] * (2 * self._leaves)
            self._most[self._leaves : self._leaves + len(self._left)] = self._left
            for node in range(self._leaves - 1, 0, -1):
                self._most[node] = max(self._most[2 * node], self._most[2 * node + 1])
            return
        node = at + self._leaves
        self._most[node] = self._left[at]
        while node > 1:
            node //= 2
            self._most[node] = max(self._most[2 * node], self._most[2 * node + 1])
