"""The shop's side: its orders, the parts they were paid in, what was given back, and stored value it sold."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, shape_of, source
from agents.builtin.pipelines.reconcile.roles import Ledger, Parts, Sales, StoredValue
from agents.builtin.pipelines.reconcile.words import (
    FAILED_WORDS,
    STORED_VALUE_WORDS,
    TEST_WORDS,
    UNPAID_WORDS,
    movement_of,
    says,
    words_of,
)

LINK_SHARE = 0.9
AMOUNT_SHARE = 0.8
LOOSE_SHARE = 0.5


def find_sales(evidence: Evidence, ledger: Ledger, taken: set[str]) -> Sales | None:
    """The table whose rows the ledger's sales name, with amounts that agree for most of them."""
    profile = evidence.profile(ledger.table)
    sale_rows = any_of(ref(ledger.kind), ledger.values("sale")) if ledger.kind else exp.true()
    best: tuple[float, float, Sales] | None = None
    for other in evidence.profiles:
        if other.name in taken or not other.money:
            continue
        for key in other.unique:
            for reference in profile.keys:
                if reference.name == ledger.payout_ref:
                    continue
                share, pattern = _link(evidence, profile, reference.name, other, key.name, sale_rows)
                if share < LINK_SHARE:
                    continue
                for money in other.money:
                    agree = _totals_agree(
                        evidence, ledger, reference.name, pattern, other.name, key.name, money.name, sale_rows
                    )
                    # A plain reference is worth more than one read out of a sentence, at equal evidence.
                    score = (agree, share + (0.01 if pattern is None else 0.0))
                    if agree >= AMOUNT_SHARE and (best is None or score > best[:2]):
                        sales = _sales(evidence, other, key.name, money.name, reference.name, pattern, share)
                        best = (*score, sales)
    return best[2] if best else None


def _link(
    evidence: Evidence, child: Profile, reference: str, parent: Profile, key: str, where: exp.Expr
) -> tuple[float, str | None]:
    """Share of references found among the keys: as they are, or taken out of a text by the keys' common form."""
    column = child.table.column(reference)
    # More different references than the parent has rows cannot lie among its keys, so that question is not asked.
    may_be_keys = child.distinct[reference] * LINK_SHARE <= parent.rows
    share = evidence.inclusion(child.name, ref(reference), parent.name, key, where) if may_be_keys else 0.0
    if share >= LOOSE_SHARE or column is None or column.type != "VARCHAR":
        return share, None
    pattern = shape_of(evidence.sample(parent.name, key))
    if pattern is None:
        return share, None
    texts = evidence.sample(child.name, reference)
    if sum(bool(re.search(pattern, value)) for value in texts) < LOOSE_SHARE * len(texts):
        return share, None
    taken_out = extract(ref(reference), pattern)
    return evidence.inclusion(child.name, taken_out, parent.name, key, where), pattern


def extract(column: exp.Expr, pattern: str) -> exp.Expr:
    """The first match of a pattern in a text, NULL where there is none."""
    found = exp.Anonymous(this="regexp_extract", expressions=[column, exp.Literal.string(pattern)])
    return exp.Nullif(this=found, expression=exp.Literal.string(""))


def reference_of(reference: str, pattern: str | None) -> exp.Expr:
    """The ledger's order reference as an expression over the ledger's columns."""
    return ref(reference) if pattern is None else extract(ref(reference), pattern)


def _totals_agree(
    evidence: Evidence,
    ledger: Ledger,
    reference: str,
    pattern: str | None,
    table: str,
    key: str,
    money: str,
    sale_rows: exp.Expr,
) -> float:
    sums = (
        exp.select(
            exp.cast(reference_of(reference, pattern), "VARCHAR").as_("k"), exp.Sum(this=ref(ledger.amount)).as_("s")
        )
        .from_(source(ledger.table))
        .where(sale_rows.copy())
        .group_by(exp.Literal.number(1))
    )
    query = (
        exp.select(exp.Count(this=exp.Star()), count_if(exp.EQ(this=ref("s", "g"), expression=ref(money, "o"))))
        .from_(source(table, "o"))
        .join(sums.subquery("g"), on=exp.EQ(this=exp.cast(ref(key, "o"), "VARCHAR"), expression=ref("k", "g")))
    )
    whole, part = evidence.numbers(query)
    return evidence.share(part, whole)


def _sales(
    evidence: Evidence, profile: Profile, key: str, total: str, reference: str, pattern: str | None, share: float
) -> Sales:
    flags = [c.name for c in profile.table.columns if c.type == "BOOLEAN" and says(c.name, TEST_WORDS)]
    state: str | None = None
    unpaid: tuple[str, ...] = ()
    for column in profile.labels():
        labels = evidence.labels(profile.name, column.name)
        # A column of payment states says "paid" somewhere; what is not yet or never paid does not count as sold.
        if any("paid" in words_of(value) for value in labels):
            state, unpaid = column.name, tuple(sorted(v for v in labels if says(v, UNPAID_WORDS)))
            break
    identity = next((c.name for c in profile.unique if c.name.lower() == "id"), key)
    return Sales(
        profile.name,
        key,
        identity,
        total,
        profile.created,
        reference,
        pattern,
        flags[0] if flags else None,
        state,
        unpaid,
        share,
    )


def find_payments(evidence: Evidence, ledger: Ledger, sales: Sales, taken: set[str]) -> Parts | None:
    """A child table whose amounts add up to each order's total."""
    for profile in evidence.profiles:
        if profile.name in taken | {sales.table} or not profile.money:
            continue
        order_ref = _order_ref(evidence, profile, sales)
        if order_ref is None:
            continue
        for money in profile.money:
            candidate = _parts(evidence, profile, order_ref, money.name, ledger)
            if _adds_up(evidence, candidate, sales) >= LINK_SHARE and candidate.method:
                return _with_methods(evidence, candidate, ledger, sales)
    return None


def find_returns(evidence: Evidence, ledger: Ledger, sales: Sales, taken: set[str]) -> Parts | None:
    """A child table of the orders whose amounts the ledger's refunds repeat."""
    refunds = ledger.values("refund")
    best: tuple[float, Parts] | None = None
    for profile in evidence.profiles:
        if profile.name in taken | {sales.table} or not profile.money:
            continue
        order_ref = _order_ref(evidence, profile, sales)
        if order_ref is None:
            continue
        for money in profile.money:
            query = exp.select(
                exp.Count(this=exp.Star()),
                count_if(
                    exp.In(
                        this=ref("a"),
                        query=exp.select(exp.Neg(this=ref(ledger.amount)))
                        .from_(source(ledger.table))
                        .where(any_of(ref(ledger.kind), refunds))
                        .subquery(),
                    )
                ),
            ).from_(exp.select(ref(money.name).as_("a")).from_(source(profile.name)).subquery("r"))
            whole, part = evidence.numbers(query)
            share = evidence.share(part, whole)
            if share >= AMOUNT_SHARE and (best is None or share > best[0]):
                best = (share, _parts(evidence, profile, order_ref, money.name, ledger))
    return best[1] if best else None


def find_stored_value(evidence: Evidence, sales: Sales) -> StoredValue | None:
    """A child table of the orders with a price on each line and a flag for lines that sell stored value."""
    for profile in evidence.profiles:
        flag = next(
            (c.name for c in profile.table.columns if c.type == "BOOLEAN" and says(c.name, STORED_VALUE_WORDS)), None
        )
        prices = [c.name for c in profile.money if says(c.name, frozenset({"price", "amount", "total"}))]
        if flag is None or not prices or profile.name == sales.table:
            continue
        order_ref = _order_ref(evidence, profile, sales)
        if order_ref is None:
            continue
        quantity = next((c.name for c in profile.keys if says(c.name, frozenset({"quantity", "qty", "units"}))), None)
        return StoredValue(profile.name, order_ref, flag, prices[0], quantity)
    return None


def _order_ref(evidence: Evidence, profile: Profile, sales: Sales) -> str | None:
    for column in profile.keys:
        parent = evidence.profile(sales.table).table.column(sales.id)
        if parent is None or column.type != parent.type or profile.distinct[column.name] < 2:
            continue
        if evidence.inclusion(profile.name, ref(column.name), sales.table, sales.id, None) >= LINK_SHARE:
            return column.name
    return None


def _parts(evidence: Evidence, profile: Profile, order_ref: str, amount: str, ledger: Ledger) -> Parts:
    kind = state = method = None
    sale_kinds: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    for column in profile.labels():
        labels = evidence.labels(profile.name, column.name)
        name = set(words_of(column.name))
        if (
            kind is None
            and any(movement_of(v) in ("sale", "refund") for v in labels)
            and not name & {"gateway", "method"}
        ):
            kind, sale_kinds = column.name, tuple(sorted(v for v in labels if movement_of(v) == "sale"))
        elif state is None and any(
            set(words_of(v)) & {"success", "succeeded", "completed", "paid", "ok"} for v in labels
        ):
            state, failed = column.name, tuple(sorted(v for v in labels if says(v, FAILED_WORDS)))
        elif method is None and name & {"gateway", "method", "type", "processor", "means", "provider", "tender"}:
            method = column.name
    reference = (
        next(
            (
                c.name
                for c in profile.texts
                if evidence.inclusion(ledger.table, ref(_source_ref(evidence, ledger)), profile.name, c.name, None)
                >= 0.3
            ),
            None,
        )
        if _source_ref(evidence, ledger)
        else None
    )
    key = next((c.name for c in profile.unique), None)
    date = profile.dates[0].name if profile.dates else None
    return Parts(profile.name, order_ref, amount, key, reference, method, (), (), kind, sale_kinds, state, failed, date)


def _source_ref(evidence: Evidence, ledger: Ledger) -> str:
    """A ledger column, other than its key, that names the single movement at the processor."""
    profile = evidence.profile(ledger.table)
    return next(
        (
            c.name
            for c in profile.texts
            if c.name not in (ledger.key, ledger.payout_ref)
            and profile.distinct[c.name] >= 0.9 * profile.filled[c.name]
            and " " not in c.name
            and says(c.name, frozenset({"source", "reference", "object", "transaction", "charge"}))
        ),
        "",
    )


def _counted(parts: Parts) -> exp.Expr:
    """Rows of parts that were really paid."""
    conditions: list[exp.Expr] = []
    if parts.kind and parts.sale_kinds:
        conditions.append(any_of(ref(parts.kind), parts.sale_kinds))
    if parts.state and parts.failed_states:
        conditions.append(exp.not_(any_of(ref(parts.state), parts.failed_states)))
    return exp.and_(*conditions) if conditions else exp.true()


def _adds_up(evidence: Evidence, parts: Parts, sales: Sales) -> float:
    sums = (
        exp.select(ref(parts.order_ref).as_("k"), exp.Sum(this=ref(parts.amount)).as_("s"))
        .from_(source(parts.table))
        .where(_counted(parts))
        .group_by(ref(parts.order_ref))
    )
    query = (
        exp.select(exp.Count(this=exp.Star()), count_if(exp.EQ(this=ref("s", "g"), expression=ref(sales.total, "o"))))
        .from_(source(sales.table, "o"))
        .join(sums.subquery("g"), on=exp.EQ(this=ref(sales.id, "o"), expression=ref("k", "g")), join_type="left")
    )
    whole, part = evidence.numbers(query)
    return evidence.share(part, whole)


def _with_methods(evidence: Evidence, parts: Parts, ledger: Ledger, sales: Sales) -> Parts:
    """Split the methods into those whose orders the ledger charged for that amount, and all others."""
    if parts.method is None:
        return parts
    charged = (
        exp.select(
            exp.cast(reference_of(sales.reference, sales.pattern), "VARCHAR").as_("k"), ref(ledger.amount).as_("s")
        )
        .from_(source(ledger.table))
        .where(any_of(ref(ledger.kind), ledger.values("sale")))
    )
    query = (
        exp.select(
            ref(parts.method, "p"),
            exp.Count(this=exp.Star()),
            count_if(ref("k", "c").is_(exp.null()).not_()),
        )
        .from_(source(parts.table, "p"))
        .join(source(sales.table, "o"), on=exp.EQ(this=ref(parts.order_ref, "p"), expression=ref(sales.id, "o")))
        .join(
            charged.subquery("c"),
            on=exp.and_(
                exp.EQ(this=exp.cast(ref(sales.key, "o"), "VARCHAR"), expression=ref("k", "c")),
                exp.EQ(this=ref(parts.amount, "p"), expression=ref("s", "c")),
            ),
            join_type="left",
        )
        .group_by(ref(parts.method, "p"))
        .order_by(exp.Literal.number(1))
    )
    ours: list[str] = []
    others: list[str] = []
    for method, rows, found in evidence.values(query):
        if method is not None:
            (ours if int(str(found)) * 2 >= int(str(rows)) else others).append(method)
    return replace(parts, processor_methods=tuple(ours), other_methods=tuple(others))
