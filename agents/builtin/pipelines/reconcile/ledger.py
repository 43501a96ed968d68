"""The processor's ledger and the payouts it adds up to, found together because each proves the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import permutations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.forms import free_name
from agents.builtin.pipelines.reconcile.prepare import AMOUNT, Reading
from agents.builtin.pipelines.reconcile.roles import Ledger, Payouts
from agents.builtin.pipelines.reconcile.ties import payouts_told_apart
from agents.builtin.pipelines.reconcile.words import FEE_WORDS, GROSS_WORDS, NET_WORDS, Movement, movement_of, says

IDENTITY_SHARE = 0.98
LINK_SHARE = 0.9
LABELLED_SHARE = 0.8
MAX_MONEY_COLUMNS = 8
LEAST_PAYOUTS = 2


@dataclass(frozen=True)
class Shape:
    """A way in which a table may be a ledger: fee and net as columns, or as expressions where it lacks them."""

    amount: str
    fee: str
    net: str
    columns: Mapping[str, exp.Expr] = field(default_factory=dict)
    proven: bool = True
    said: str = ""

    def value(self, column: str) -> exp.Expr:
        """A column of the ledger over the table as it is."""
        return self.columns[column].copy() if column in self.columns else ref(column)


def find_ledger(evidence: Evidence) -> tuple[Ledger, Payouts] | None:
    """The ledger and its payouts, or None when no table's nets add up to another table's amounts.

    A ledger that lists its payouts among its own movements, and no table of them, has those rows for its payouts.
    """
    best: tuple[tuple[bool, float], Profile, Shape, Ledger, Payouts] | None = None
    own: tuple[Profile, Shape] | None = None
    for profile in evidence.profiles:
        for shape in _shapes(evidence, profile):
            found, read = _payouts_of(evidence, profile, shape), profile
            if found is None and shape.proven:
                found, read = _through_another(evidence, profile, shape)
            if found and (best is None or (shape.proven, found[0]) > best[0]):
                best = ((shape.proven, found[0]), read, shape, *found[1:])
            if shape.proven and own is None and _lists_payouts(evidence, profile):
                own = (profile, shape)
    if best:
        _, profile, shape, ledger, payouts = best
        return replace(ledger, table=_read(evidence, profile, shape)), payouts
    return _with_own_payouts(evidence, *own) if own else None


def _through_another(
    evidence: Evidence, profile: Profile, shape: Shape
) -> tuple[tuple[float, Ledger, Payouts] | None, Profile]:
    """The payouts of movements that another table ties to them; the ledger is then read with that table's word."""
    tie = payouts_told_apart(evidence, profile, shape.value(shape.net))
    if tie is None:
        return None, profile
    said = f"{evidence.view.origin(tie.table)} says which payout each of {evidence.view.origin(profile.name)} is in"
    reading = Reading(profile.name, free_name(evidence, profile.name, "tied"), {}, looked_up=(tie,), said=said)
    evidence.read(reading)
    now = evidence.profile(reading.id)
    return _payouts_of(evidence, now, shape), now


def _read(evidence: Evidence, profile: Profile, shape: Shape) -> str:
    """The table to read the ledger from: as it is, or in its usual form."""
    if not shape.columns:
        return profile.name
    columns = {column: (exp.cast(value, AMOUNT), AMOUNT) for column, value in shape.columns.items()}
    reading = Reading(profile.name, free_name(evidence, profile.name), columns, said=shape.said)
    evidence.read(reading)
    return reading.id


def _lists_payouts(evidence: Evidence, profile: Profile) -> bool:
    kind, kinds = _kind_of(evidence, profile)
    own = [value for value, movement in kinds.items() if movement == "payout"]
    rows = sum(evidence.labels(profile.name, kind).get(value, 0) for value in own) if own else 0
    return rows >= LEAST_PAYOUTS and profile.created is not None and bool(profile.unique)


def _with_own_payouts(evidence: Evidence, profile: Profile, shape: Shape) -> tuple[Ledger, Payouts]:
    kind, kinds = _kind_of(evidence, profile)
    own = sorted(value for value, movement in kinds.items() if movement == "payout")
    linked = _own_links(evidence, profile, shape, kind, own)
    key, reference = linked or (_own_key(profile), "")
    table = _read(evidence, profile, shape)
    day = profile.created or ""
    date = next(column.type for column in profile.table.columns if column.name == day)
    said = f"what is {' or '.join(own)} in {profile.name} are its payouts"
    reading = Reading(
        table,
        free_name(evidence, profile.name, "payouts"),
        {
            "payout": (exp.cast(name(key), "VARCHAR"), "VARCHAR"),
            "paid_on": (name(day), date),
            "amount": (exp.cast(exp.Neg(this=name(shape.net)), AMOUNT), AMOUNT),
        },
        where=(any_of(name(kind), own),),
        only=True,
        key=("payout",),
        said=said if linked else f"{said}; no movement names the payout it is in",
    )
    evidence.read(reading, beside=True)
    own_key = _own_key(profile)
    ledger = Ledger(
        table, own_key, shape.amount, shape.fee, shape.net, kind, kinds, day, reference, _available(profile)
    )
    return ledger, Payouts(reading.id, "payout", "amount", None, "paid_on", 1.0)


def _own_links(evidence: Evidence, profile: Profile, shape: Shape, kind: str, own: list[str]) -> tuple[str, str] | None:
    """(column of a payout row that names it, column of the other rows that names theirs), if their nets add up."""
    paid = any_of(ref(kind), own)
    for reference in profile.keys:
        for key in profile.keys:
            if key.type != reference.type:
                continue
            sums = (
                exp.select(ref(reference.name).as_("k"), exp.Sum(this=shape.value(shape.net)).as_("s"))
                .from_(source(profile.name))
                .where(exp.not_(paid.copy()), ref(reference.name).is_(exp.null()).not_())
                .group_by(ref(reference.name))
            )
            payouts = exp.select(ref(key.name).as_("k"), exp.Neg(this=shape.value(shape.net)).as_("p"))
            payouts = payouts.from_(source(profile.name)).where(paid.copy())
            query = (
                exp.select(
                    exp.Count(this=exp.Star()),
                    exp.Count(this=exp.Distinct(expressions=[ref("k", "p")])),
                    count_if(exp.EQ(this=ref("s", "g"), expression=ref("p", "p"))),
                )
                .from_(payouts.subquery("p"))
                .join(sums.subquery("g"), on=exp.EQ(this=ref("k", "p"), expression=ref("k", "g")), join_type="left")
            )
            whole, different, part = evidence.numbers(query)
            if whole == different and evidence.share(part, whole) >= LINK_SHARE:
                return key.name, reference.name
    return None


def _shapes(evidence: Evidence, profile: Profile) -> list[Shape]:
    """Ways to read a table as a ledger: those that hold in its rows, else those that its names suggest."""
    return _identities(evidence, profile) or _suggested(evidence, profile)


def _identities(evidence: Evidence, profile: Profile) -> list[Shape]:
    """Money columns with amount - fee = net in nearly every row, or amount + fee = net where fees are negative."""
    names = [column.name for column in profile.money][:MAX_MONEY_COLUMNS]
    triples = list(permutations(names, 3))
    if not triples or not profile.rows:
        return []
    zero = exp.Literal.number(0)
    measures: list[exp.Expr] = []
    for amount, fee, net in triples:
        less = exp.EQ(this=exp.Sub(this=ref(amount), expression=ref(fee)), expression=ref(net))
        plus = exp.EQ(this=exp.Add(this=ref(amount), expression=ref(fee)), expression=ref(net))
        with_fee = count_if(exp.NEQ(this=ref(fee), expression=zero.copy()))
        measures += [count_if(less), count_if(plus), with_fee, exp.Sum(this=ref(fee)), exp.Sum(this=ref(net))]
    counts = evidence.numbers(exp.select(*measures).from_(source(profile.name)))
    found: list[tuple[tuple[int, bool], Shape]] = []
    for index, (amount, fee, net) in enumerate(triples):
        less_in, plus_in, fees_in, fees, nets = (Decimal(count or 0) for count in counts[5 * index : 5 * index + 5])
        if fees_in * 10 < profile.rows:
            continue
        # Words decide between fee and net, which may be exchanged; without words fees are the smaller part.
        hint = (says(fee, FEE_WORDS) + says(net, NET_WORDS) + says(amount, GROSS_WORDS), abs(fees) < abs(nets))
        if less_in >= Decimal(str(IDENTITY_SHARE)) * profile.rows and fees > 0:
            found.append((hint, Shape(amount, fee, net)))
        elif plus_in >= Decimal(str(IDENTITY_SHARE)) * profile.rows and fees < 0:
            said = f"{fee} of {profile.name} is negative where something was kept, and is read the other way round"
            found.append((hint, Shape(amount, fee, net, {fee: exp.Neg(this=name(fee))}, said=said)))
    best = max((hint for hint, _ in found), default=(0, False))
    return [shape for hint, shape in found if hint == best]


def _suggested(evidence: Evidence, profile: Profile) -> list[Shape]:
    """Ledgers that list two of amount, fee and net, or amounts with fees as rows; proven by their payouts alone."""
    kind, kinds = _kind_of(evidence, profile)
    if not kind or "sale" not in kinds.values():
        return []
    money = [column.name for column in profile.money][:MAX_MONEY_COLUMNS]
    taken = {column.name.casefold() for column in profile.table.columns}
    fee_name, net_name = (next(w for w in (word, f"{word}_kept") if w not in taken) for word in ("fee", "net"))
    fees = [column for column in money if says(column, FEE_WORDS)]
    nets = [column for column in money if says(column, NET_WORDS) and column not in fees]
    found: list[Shape] = []
    for amount in (column for column in money if column not in fees and column not in nets):
        for fee in fees:
            kept: exp.Expr = exp.Coalesce(this=name(fee), expressions=[exp.Literal.number(0)])
            total = evidence.numbers(exp.select(exp.Sum(this=ref(fee))).from_(source(profile.name)))[0] or 0
            kept = exp.Neg(this=kept) if total < 0 else kept
            net = exp.Sub(this=name(amount), expression=kept.copy())
            said = f"net of {profile.name} is {amount} less {fee}"
            found.append(Shape(amount, fee, net_name, {fee: kept, net_name: net}, proven=False, said=said))
        for net_ in nets:
            fee_ = exp.Sub(this=name(amount), expression=name(net_))
            said = f"what lies between {amount} and {net_} of {profile.name} is its fee"
            found.append(Shape(amount, fee_name, net_, {fee_name: fee_}, proven=False, said=said))
        if not fees and not nets and "fee" in kinds.values():
            columns = {fee_name: exp.Literal.number("0"), net_name: name(amount)}
            said = f"fees of {profile.name} are rows of their own"
            found.append(Shape(amount, fee_name, net_name, columns, proven=False, said=said))
    return found


def _payouts_of(evidence: Evidence, profile: Profile, shape: Shape) -> tuple[float, Ledger, Payouts] | None:
    kind, kinds = _kind_of(evidence, profile)
    own_payouts = sorted(value for value, movement in kinds.items() if movement == "payout")
    counted = exp.not_(any_of(ref(kind), own_payouts)) if kind and own_payouts else exp.true()
    best: tuple[float, Ledger, Payouts] | None = None
    for other in evidence.profiles:
        if other.name == profile.name or not other.dates:
            continue
        for reference in profile.keys:
            if profile.distinct[reference.name] > other.rows * 1.2 + 5 or profile.distinct[reference.name] < 2:
                continue
            for key in other.unique:
                if (
                    key.type != reference.type
                    or evidence.inclusion(profile.name, ref(reference.name), other.name, key.name, counted) < LINK_SHARE
                ):
                    continue
                for money in other.money:
                    share = _sums_agree(
                        evidence,
                        profile.name,
                        reference.name,
                        shape.value(shape.net),
                        counted,
                        other.name,
                        key.name,
                        money.name,
                    )
                    if share >= LINK_SHARE and (best is None or share > best[0]):
                        created, arrival = _payout_dates(other)
                        ledger = Ledger(
                            profile.name,
                            _own_key(profile),
                            shape.amount,
                            shape.fee,
                            shape.net,
                            kind,
                            kinds,
                            profile.created,
                            reference.name,
                            _available(profile),
                        )
                        best = (share, ledger, Payouts(other.name, key.name, money.name, created, arrival, share))
    return best


def _sums_agree(
    evidence: Evidence, table: str, reference: str, net: exp.Expr, counted: exp.Expr, parent: str, key: str, money: str
) -> float:
    sums = (
        exp.select(ref(reference).as_("k"), exp.Sum(this=net).as_("s"))
        .from_(source(table))
        .where(counted.copy())
        .where(ref(reference).is_(exp.null()).not_())
        .group_by(ref(reference))
    )
    query = (
        exp.select(exp.Count(this=exp.Star()), count_if(exp.EQ(this=ref("s", "g"), expression=ref(money, "p"))))
        .from_(source(parent, "p"))
        .join(sums.subquery("g"), on=exp.EQ(this=ref(key, "p"), expression=ref("k", "g")))
    )
    whole, part = evidence.numbers(query)
    return evidence.share(part, whole)


def _kind_of(evidence: Evidence, profile: Profile) -> tuple[str, dict[str, Movement]]:
    """The label column whose values tell movements apart best, and what its values mean."""
    best: tuple[tuple[int, int], str, dict[str, Movement]] = ((0, 0), "", {})
    for column in profile.labels():
        labels = evidence.labels(profile.name, column.name)
        kinds = {value: movement for value in labels if (movement := movement_of(value))}
        rows = sum(labels[value] for value in kinds)
        score = (len(set(kinds.values()) - {"adjustment"}), rows)
        if score > best[0] and rows >= LABELLED_SHARE * profile.filled[column.name]:
            best = (score, column.name, {value: kinds.get(value, "adjustment") for value in labels})
    return best[1], best[2]


def _own_key(profile: Profile) -> str:
    return next((c.name for c in profile.unique), "")


def _available(profile: Profile) -> str | None:
    return next((c.name for c in profile.dates if says(c.name, frozenset({"available", "settled", "value"}))), None)


def _payout_dates(profile: Profile) -> tuple[str | None, str]:
    names = [c.name for c in profile.dates]
    arrival = next(
        (n for n in names if says(n, frozenset({"arrival", "arrived", "paid", "deposit", "date"}))), names[0]
    )
    created = next((n for n in names if says(n, frozenset({"created", "initiated", "issued"}))), None)
    return created, arrival
