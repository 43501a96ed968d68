"""What a processor tells in tables of their own: the payout that a movement is in, the sale that a dispute is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.forms import free_name
from agents.builtin.pipelines.reconcile.prepare import LookUp, Reading
from agents.builtin.pipelines.reconcile.roles import Ledger, Sales
from agents.builtin.pipelines.reconcile.shop import LINK_SHARE, extract, reference_of, source_ref

LEAST_TIED = 2
WHOLE_SHARE = 0.99


def payouts_told_apart(evidence: Evidence, profile: Profile, net: exp.Expr) -> LookUp | None:
    """Where another table says which payout a movement is in, and the movements' nets add up to those payouts."""
    for own in profile.unique:
        for other in evidence.profiles:
            if other.name == profile.name or other.rows < LEAST_TIED:
                continue
            for key in _keys_in(evidence, other, profile, own.name):
                for group in other.keys:
                    if group.name == key or not LEAST_TIED <= other.distinct[group.name] < other.rows:
                        continue
                    look_up = LookUp(other.name, own.name, key, group.name, _free(profile, group.name), group.type)
                    if _adds_up(evidence, profile, net, look_up):
                        return look_up
    return None


def _adds_up(evidence: Evidence, profile: Profile, net: exp.Expr, tie: LookUp) -> bool:
    """Whether some table with dates has these groups for its keys and their sums for its amounts."""
    for payouts in evidence.profiles:
        if payouts.name in {profile.name, tie.table} or not payouts.dates:
            continue
        for key in payouts.unique:
            if key.type != tie.type:
                continue
            if evidence.inclusion(tie.table, ref(tie.value), payouts.name, key.name, None) < LINK_SHARE:
                continue
            sums = (
                exp.select(ref(tie.value, "t").as_("k"), exp.Sum(this=_of(net, "m")).as_("s"))
                .from_(source(profile.name, "m"))
                .join(source(tie.table, "t"), on=exp.EQ(this=ref(tie.on, "m"), expression=ref(tie.key, "t")))
                .group_by(ref(tie.value, "t"))
            )
            for money in payouts.money:
                query = (
                    exp.select(
                        exp.Count(this=exp.Star()),
                        count_if(exp.EQ(this=ref("s", "g"), expression=ref(money.name, "p"))),
                    )
                    .from_(source(payouts.name, "p"))
                    .join(sums.subquery("g"), on=exp.EQ(this=ref(key.name, "p"), expression=ref("k", "g")))
                )
                whole, part = evidence.numbers(query)
                if evidence.share(part, whole) >= LINK_SHARE:
                    return True
    return False


def with_sales_named(evidence: Evidence, ledger: Ledger, sales: Sales) -> tuple[Ledger, Sales]:
    """The ledger with the order of movements that name none themselves, but an object that names another's sale.

    A dispute names the charge that it is about, and the charge names the order.
    """
    mark = source_ref(evidence, ledger)
    back = ledger.values("refund", "dispute")
    if not mark or not back:
        return ledger, sales
    known = exp.select(exp.cast(ref(sales.key), "VARCHAR")).from_(source(sales.table))
    named = exp.In(this=exp.cast(reference_of(sales.reference, sales.pattern), "VARCHAR"), query=known.subquery())
    unnamed = exp.and_(any_of(ref(ledger.kind), back), exp.not_(exp.Coalesce(this=named, expressions=[exp.false()])))
    for through, last in _ways(evidence, ledger, sales, mark, unnamed):
        # A text may have something in it that looks like an order's number; what is looked up is one.
        said = exp.Coalesce(this=ref(last.column), expressions=[ref(sales.reference)])
        profile = evidence.profile(ledger.table)
        reference = _free(profile, "order_named")
        reading = Reading(
            ledger.table,
            free_name(evidence, ledger.table, "named"),
            {reference: (said, "VARCHAR")},
            looked_up=(through, last),
            said=(
                f"a movement of {evidence.view.origin(ledger.table)} that names no order belongs to the one of its "
                f"{through.value} in {evidence.view.origin(through.table)}"
            ),
        )
        evidence.read(reading)
        return replace(ledger, table=reading.id), replace(sales, reference=reference)
    return ledger, sales


def _ways(
    evidence: Evidence, ledger: Ledger, sales: Sales, mark: str, unnamed: exp.Expr
) -> Iterator[tuple[LookUp, LookUp]]:
    """(from the movement's object to another object, from that one to the order's reference)."""
    profile = evidence.profile(ledger.table)
    for other in evidence.profiles:
        if other.name in {ledger.table, sales.table}:
            continue
        for key in other.unique:
            if (
                key.type != "VARCHAR"
                or evidence.inclusion(ledger.table, ref(mark), other.name, key.name, unnamed) < LINK_SHARE
            ):
                continue
            for value in other.texts:
                if (
                    value.name == key.name
                    or evidence.inclusion(other.name, ref(value.name), ledger.table, mark, None) < LINK_SHARE
                ):
                    continue
                through = LookUp(other.name, mark, key.name, value.name, _free(profile, f"its_{value.name}"), "VARCHAR")
                for last in _named_by(evidence, sales, through, {ledger.table, sales.table, other.name}):
                    yield through, replace(last, column=_free(profile, f"order_of_{through.column}"))


def _named_by(evidence: Evidence, sales: Sales, through: LookUp, taken: set[str]) -> Iterator[LookUp]:
    for last in evidence.profiles:
        if last.name in taken:
            continue
        for key in last.unique:
            if (
                key.type != "VARCHAR"
                or evidence.inclusion(through.table, ref(through.value), last.name, key.name, None) < LINK_SHARE
            ):
                continue
            for text in last.texts:
                told = ref(text.name) if sales.pattern is None else extract(ref(text.name), sales.pattern)
                if evidence.inclusion(last.name, told, sales.table, sales.key, None) >= LINK_SHARE:
                    yield LookUp(last.name, through.column, key.name, text.name, "", "VARCHAR")


def _keys_in(evidence: Evidence, table: Profile, parent: Profile, key: str) -> Iterator[str]:
    """Key columns with a value of its own in each row, all of them keys of the parent."""
    column = parent.table.column(key)
    for one in table.unique:
        if column is None or one.type != column.type or table.rows > parent.rows:
            continue
        if evidence.inclusion(table.name, ref(one.name), parent.name, key, None) >= WHOLE_SHARE:
            yield one.name


def _free(profile: Profile, wanted: str) -> str:
    taken = {column.name.casefold() for column in profile.table.columns}
    while wanted.casefold() in taken:
        wanted = f"its_{wanted}"
    return wanted


def _of(value: exp.Expr, table: str) -> exp.Expr:
    """The same over a table by its alias."""

    def placed(node: exp.Expr) -> exp.Expr:
        return ref(node.name, table) if isinstance(node, exp.Column) else node

    return value.copy().transform(placed)
