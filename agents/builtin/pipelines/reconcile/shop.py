"""The shop's side: its orders, the parts they were paid in, what was given back, and stored value it sold."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, shape_of, source
from agents.builtin.pipelines.reconcile.roles import Ledger, Parts, Sales, StoredValue
from agents.builtin.pipelines.reconcile.words import (
    FAILED_WORDS,
    NET_WORDS,
    PAID_WORDS,
    PARTLY_WORDS,
    REFUNDED_WORDS,
    STORED_VALUE_WORDS,
    TEST_WORDS,
    UNPAID_WORDS,
    VOID_WORDS,
    movement_of,
    says,
    words_of,
)

LINK_SHARE = 0.9
AMOUNT_SHARE = 0.8
LOOSE_SHARE = 0.5
ONCE_SHARE = 0.02
LEAST_PARENTS = 2
RETURN_WORDS = frozenset("refunds refund returns return gutschriften rimborsi remboursements reembolsos".split())
ORDER_WORDS = frozenset("order orders sale receipt invoice bestellung bestellnummer ordine commande pedido".split())
METHOD_WORDS = frozenset(
    "gateway method means provider tender payment zahlungsart zahlungsweise pagamento paiement pago metodo".split()
)
YES_WORDS = frozenset("yes y true 1 x ja si oui test void voided".split())
# These words are said of orders that were sent as well as of orders that were paid.
PAID_AND_SENT = frozenset("fulfilled shipped delivered versendet spedito closed".split())


def find_sales(evidence: Evidence, ledger: Ledger, taken: set[str]) -> Sales | None:
    """The table whose rows the ledger's sales name, with amounts that agree for most of them."""
    profile = evidence.profile(ledger.table)
    sale_rows = any_of(ref(ledger.kind), ledger.values("sale")) if ledger.kind else exp.true()
    found: dict[str, tuple[float, float, Sales]] = {}
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
                    if agree >= AMOUNT_SHARE and (other.name not in found or score > found[other.name][:2]):
                        sales = _sales(other, key.name, money.name, reference.name, pattern, share)
                        found[other.name] = (*score, sales)
    # What names another list's rows only lies on the way to them: a charge names its order.
    between = {one for one in found for other in found if one != other and _lead_to(evidence, one, found[other][2])}
    ends = [one for name, one in found.items() if name not in between] or list(found.values())
    best = max(ends, key=lambda one: one[:2], default=None)
    return with_states(evidence, ledger, best[2]) if best else None


def _lead_to(evidence: Evidence, table: str, sales: Sales) -> bool:
    """Whether the table's rows name these orders."""
    profile, orders = evidence.profile(table), evidence.profile(sales.table)
    return any(
        _link(evidence, profile, column.name, orders, key, exp.true())[0] >= LINK_SHARE
        for column in profile.keys
        for key in dict.fromkeys((sales.key, sales.id))
        if profile.filled[column.name] >= LINK_SHARE * profile.rows
        and (types := [one.type for one in orders.table.columns if one.name == key])
        and column.type in {types[0], "VARCHAR"}
    )


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


def _sales(profile: Profile, key: str, total: str, reference: str, pattern: str | None, share: float) -> Sales:
    flags = [c.name for c in profile.table.columns if c.type == "BOOLEAN" and says(c.name, TEST_WORDS | VOID_WORDS)]
    identity = next((c.name for c in profile.unique if c.name.lower() == "id"), key)
    others = [column.name for column in profile.money if column.name != total]
    return Sales(
        profile.name,
        key,
        identity,
        total,
        profile.created,
        reference,
        pattern,
        flags[0] if flags else None,
        None,
        (),
        share,
        marks=tuple((flag, ("true",)) for flag in flags[1:]),
        refunded=next((c for c in others if says(c, REFUNDED_WORDS) and not says(c, NET_WORDS)), None),
        stored_part=next((c for c in others if says(c, STORED_VALUE_WORDS) and not says(c, NET_WORDS)), None),
    )


def with_states(evidence: Evidence, ledger: Ledger, sales: Sales) -> Sales:
    """The sales with the states and marks by which orders do not count: words say so, and nobody charged for them."""
    profile = evidence.profile(sales.table)
    marks = list(sales.marks)
    state: str | None = None
    unpaid: tuple[str, ...] = ()
    refunded: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    for column in profile.labels():
        labels = evidence.labels(profile.name, column.name)
        if says(column.name, TEST_WORDS | VOID_WORDS):
            yes = [value for value in labels if set(words_of(value)) & YES_WORDS]
            marks += [(column.name, tuple(sorted(yes)))] if yes else []
        elif state is None and any(says(value, PAID_WORDS) for value in labels):
            charged = _charged_share(evidence, ledger, sales, column.name)
            said = [value for value in labels if says(value, UNPAID_WORDS) and charged.get(value, 0.0) < LOOSE_SHARE]
            back = [value for value in labels if says(value, REFUNDED_WORDS)]
            if any(says(value, PAID_WORDS - PAID_AND_SENT) for value in labels) or said:
                state, unpaid = column.name, tuple(sorted(said))
                partly = tuple(sorted(value for value in back if says(value, PARTLY_WORDS)))
                refunded = tuple(sorted(set(back) - set(partly)))
    return replace(
        sales,
        state=state,
        unpaid_states=unpaid,
        marks=tuple(marks),
        refunded_states=refunded,
        partly_states=partly,
    )


def _charged_share(evidence: Evidence, ledger: Ledger, sales: Sales, column: str) -> dict[str, float]:
    """For each value of a column of the orders, the share of orders for which the processor charged something."""
    charged = (
        exp.select(exp.cast(reference_of(sales.reference, sales.pattern), "VARCHAR").as_("k"))
        .distinct()
        .from_(source(ledger.table))
        .where(any_of(ref(ledger.kind), ledger.values("sale")) if ledger.kind else exp.true())
    )
    query = (
        exp.select(exp.cast(ref(column, "o"), "VARCHAR"), exp.Count(this=exp.Star()), exp.Count(this=ref("k", "c")))
        .from_(source(sales.table, "o"))
        .join(
            charged.subquery("c"),
            on=exp.EQ(this=exp.cast(ref(sales.key, "o"), "VARCHAR"), expression=ref("k", "c")),
            join_type="left",
        )
        .group_by(exp.Literal.number(1))
        .order_by(exp.Literal.number(1))
    )
    return {value: int(str(part)) / int(str(whole)) for value, whole, part in evidence.values(query) if value}


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
    return _paid_in_one(evidence, ledger, sales)


def _paid_in_one(evidence: Evidence, ledger: Ledger, sales: Sales) -> Parts | None:
    """The orders themselves as their only part, where they name a means of payment that the processor never charges."""
    for column in evidence.profile(sales.table).labels():
        if column.name == sales.state or not set(words_of(column.name)) & METHOD_WORDS:
            continue
        whole = Parts(sales.table, sales.id, sales.total, method=column.name)
        charged = _charged_share(evidence, ledger, sales, column.name)
        ours = tuple(sorted(value for value, share in charged.items() if share >= LOOSE_SHARE))
        others = tuple(sorted(value for value, share in charged.items() if share < ONCE_SHARE))
        if others and len(ours) + len(others) == len(charged):
            return replace(whole, processor_methods=ours, other_methods=others)
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
            ).from_(exp.select(exp.Abs(this=ref(money.name)).as_("a")).from_(source(profile.name)).subquery("r"))
            whole, part = evidence.numbers(query)
            share = evidence.share(part, whole)
            # Where few were given back, one that the processor does not know weighs much: then the name decides.
            enough = share >= AMOUNT_SHARE or (share > 0 and says(profile.name, REFUNDED_WORDS | RETURN_WORDS))
            if enough and (best is None or share > best[0]):
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
        if parent is None or column.type != parent.type or not profile.distinct[column.name]:
            continue
        # One row proves little, so that its name has to say what it refers to.
        if profile.distinct[column.name] < LEAST_PARENTS and not set(words_of(column.name)) & {
            *words_of(sales.id),
            *words_of(sales.table),
            *ORDER_WORDS,
        }:
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
        elif method is None and name & (METHOD_WORDS | {"type", "processor"}):
            method = column.name
    reference = (
        next(
            (
                c.name
                for c in profile.texts
                if evidence.inclusion(ledger.table, ref(source_ref(evidence, ledger)), profile.name, c.name, None)
                >= 0.3
            ),
            None,
        )
        if source_ref(evidence, ledger)
        else None
    )
    key = next((c.name for c in profile.unique), None)
    date = profile.dates[0].name if profile.dates else None
    return Parts(profile.name, order_ref, amount, key, reference, method, (), (), kind, sale_kinds, state, failed, date)


def source_ref(evidence: Evidence, ledger: Ledger) -> str:
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
