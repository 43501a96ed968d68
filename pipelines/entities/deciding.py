"""The part of entity matching that SQL cannot say: pairs as Arrow in, each record's group and the open pairs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pipelines.entities.grouping import Groups, Pair, any_number, one_to_one
from pipelines.job import Field
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

LINKS, REVIEW = "_links", "_open"

FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    LINKS: (
        Field("n", "BIGINT"), Field("first", "BIGINT"), Field("other", "BIGINT"), Field("chance", "BIGINT"),
        Field("reason", "VARCHAR"),
    ),
    REVIEW: (Field("a", "BIGINT"), Field("b", "BIGINT"), Field("chance", "BIGINT"), Field("reason", "VARCHAR")),
}  # fmt: skip
"""``_links`` has the records that are in a group with others, each with its likeliest partner there."""


@record(frozen=True)
class Deciding:
    """Decides which pairs are made, of rows (a, b, e, p, reason, against). Thresholds are in thousandths."""

    linking: bool
    automatic: int
    review: int

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The groups and the open pairs; ``seed`` is not used, because nothing is drawn."""
        del seed
        rows = inputs[-1].read_all()
        columns = [rows.column(name).to_pylist() for name in ("a", "b", "e", "p", "reason", "against")]
        pairs = [Pair(*row) for row in zip(*columns, strict=True)]
        decide = one_to_one if self.linking else any_number
        return _tables(decide(pairs, automatic=self.automatic, review=self.review))


def _tables(groups: Groups) -> Mapping[str, pa.Table]:
    import pyarrow as pa

    best: dict[int, tuple[int, Pair]] = {}
    # Links come likeliest first, so the first one of a record is the one to tell.
    for pair in groups.links:
        best.setdefault(pair.a, (pair.b, pair))
        best.setdefault(pair.b, (pair.a, pair))
    numbers = sorted(best)
    whole, text = pa.int64(), pa.string()
    return {
        LINKS: pa.table({
            "n": pa.array(numbers, whole),
            "first": pa.array([groups.first[n] for n in numbers], whole),
            "other": pa.array([best[n][0] for n in numbers], whole),
            "chance": pa.array([best[n][1].chance for n in numbers], whole),
            "reason": pa.array([best[n][1].reason for n in numbers], text),
        }),
        REVIEW: pa.table({
            "a": pa.array([pair.a for pair in groups.review], whole),
            "b": pa.array([pair.b for pair in groups.review], whole),
            "chance": pa.array([pair.chance for pair in groups.review], whole),
            "reason": pa.array([pair.reason for pair in groups.review], text),
        }),
    }  # fmt: skip
