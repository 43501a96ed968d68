"""Spark's list: which rules of PostgreSQL's hold for it as they are, and a place for its own.

Being on this list is earned by running: the differential suite runs every example of every rule on Spark and on DuckDB.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from pipelines.inplace import aggregates, alternatives, dates, numbers, operators, regexes, texts
from pipelines.inplace.scalars import RULES, Rule, says

LISTS: Final = (aggregates, alternatives, dates, numbers, operators, regexes, texts)
"""Imported for their rules, of which some are taken over."""

_ALIKE: Final = """
    Literal Boolean Null Paren EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ And Or Not Is In Between Exists Subquery
    Neg Mod Case If Coalesce Nullif Greatest Least
    Length Replace Substring Left Right SplitPart Pad MD5 Upper Lower
    Abs Sign DateFromParts
    Count CountIf Min Max LogicalAnd LogicalOr StddevSamp StddevPop Stddev Variance VariancePop Filter
""".split()
"""What Spark means by the same words, in the settings that it is started with."""

SPARK: Final[dict[str, Rule]] = {key: RULES[key] for key in _ALIKE}
"""Spark's rules; its own are added by the modules that have them."""

says_spark = partial(says, rules=SPARK)
