"""Rows that are looked at one after the other, in an order, because what comes of one depends on those before it.

SQL cannot say this. The rows are numbered in their order, what is computed from each goes out, and what comes back is
put beside the row of that number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from pipelines import proofs
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import as_type, number, over
from spec.errors import LimitError

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER, GROUP = "_n", "_g"
MOST_ROWS = 2_000_000
"""What is looked at row by row takes seconds, not minutes."""
_LOW = (1 << 64) - 1


def numbered(
    relation: Relation, per: Sequence[str], order: Sequence[str], values: Mapping[str, exp.Expr], scope: StepScope
) -> exp.Select:
    """Every row with its number over all groups, the number of its group, and the values that are computed from it.

    ``order`` has to be total within ``per``, which is proven here.
    """
    first = [ordered(column(name), False) for name in per]
    keys = [*first, *order_keys(relation, per, order, scope)]
    group = over(exp.Anonymous(this="dense_rank"), (), first) if per else number(1)
    return select_from(
        relation.name,
        [
            aliased(over(exp.RowNumber(), (), keys), NUMBER),
            aliased(as_type(group, "BIGINT"), GROUP),
            *(aliased(value, name) for name, value in values.items()),
            *(column(name) for name in relation.names),
        ],
    )


def order_keys(relation: Relation, per: Sequence[str], order: Sequence[str], scope: StepScope) -> list[exp.Ordered]:
    """By what the rows of a group are ordered, which has to be total within ``per`` and is proven here."""
    covered = [*per, *scope.order_columns(order, relation)]
    scope.require_total(per, order, relation, "Which row comes before", "order")
    return [
        *scope.order(order, relation, "order"),
        *(ordered(column(name), False) for name in tie_break(covered, relation)),
    ]


def handed_out(rows: str, values: Sequence[str]) -> exp.Select:
    """Number, group and values of the numbered rows."""
    return select_from(rows, [column(name) for name in (NUMBER, GROUP, *values)])


def beside(relation: Relation, rows: str, found: str, added: Mapping[str, str]) -> exp.Select:
    """The rows with what came back: column of ``found`` to the name it gets."""
    shown = [aliased(column(name, "r"), name) for name in relation.names]
    shown += [aliased(column(name, "f"), new) for name, new in added.items()]
    return exp.Select(
        expressions=shown,
        from_=exp.From(this=table_of(rows, "r")),
        joins=[
            exp.Join(
                this=table_of(found, "f"),
                side="LEFT",
                on=proofs.equals(column(NUMBER, "r"), column(NUMBER, "f")),
            )
        ],
    )


def scale_of(type_: str) -> int:
    """Decimals of an exact number's type; 2 of a floating-point one."""
    if type_.startswith("DECIMAL("):
        return int(type_.removeprefix("DECIMAL(").removesuffix(")").split(",")[1])
    return 2 if type_ in ("DOUBLE", "FLOAT") else 0


def number_of(text: str, relation: Relation, field: str, scope: StepScope) -> tuple[exp.Expr, str]:
    """An expression that is a number for each row, and its type."""
    value = scope.expression(text, relation, field, windows=False)
    (found,) = scope.binder.types(select_from(relation.name, [aliased(value.copy(), "v")]), scope.where(field))
    if family(found) != "number":
        raise scope.fail(f"{text!r} is {found}, not a number.", field=field, hint="Cast it in a 'cast' step first.")
    return value, found


def taken_in(reader: pa.RecordBatchReader, step: str, order: str = NUMBER) -> pa.Table:
    """All that was handed out, by number. Raises LimitError where that is too much to look at row by row."""
    given = reader.read_all()
    if given.num_rows > MOST_ROWS:
        raise LimitError(
            f"There are more than {MOST_ROWS:,} rows to look at one after the other.",
            hint="Sum them up in an 'aggregate' step first, or keep fewer in a 'filter' step.",
            where={"step": step},
            data={"step": step, "limit": MOST_ROWS},
        )
    return given.sort_by(order)


def units_of(values: pa.ChunkedArray) -> list[int | None]:
    """Decimals of one scale as whole numbers of their last digit, 1.50 as 150: a loop over these is much faster.

    Arrow keeps a decimal of up to 38 digits in 16 bytes, the lower 8 first.
    """
    found: list[int | None] = []
    for chunk in values.chunks:
        kept = memoryview(chunk.buffers()[1])[16 * chunk.offset : 16 * (chunk.offset + len(chunk))].cast("q")
        low, high = kept[::2].tolist(), kept[1::2].tolist()
        units = [(upper << 64) | (lower & _LOW) for lower, upper in zip(low, high, strict=True)]
        if chunk.null_count:
            found += [one if there else None for one, there in zip(units, chunk.is_valid().to_pylist(), strict=True)]
        else:
            found += units
    return found


def decimals_of(units: Sequence[int | None], scale: int) -> pa.Array:
    """What ``units_of`` took apart, as ``DECIMAL(38,scale)``."""
    import pyarrow as pa

    there = pa.array([one is not None for one in units], pa.bool_()).buffers()[1]
    kept = b"".join([(one or 0).to_bytes(16, "little", signed=True) for one in units])
    return pa.Array.from_buffers(pa.decimal128(38, scale), len(units), [there, pa.py_buffer(kept)])
