"""The processor's ledger and the payouts it adds up to, found together because each proves the other."""

from __future__ import annotations

from itertools import permutations

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.roles import Ledger, Payouts
from agents.builtin.pipelines.reconcile.words import FEE_WORDS, NET_WORDS, Movement, movement_of, says

IDENTITY_SHARE = 0.98
LINK_SHARE = 0.9
LABELLED_SHARE = 0.8
MAX_MONEY_COLUMNS = 8


def find_ledger(evidence: Evidence) -> tuple[Ledger, Payouts] | None:
    """The ledger and its payouts, or None when no table's nets add up to another table's amounts."""
    best: tuple[float, Ledger, Payouts] | None = None
    for profile in evidence.profiles:
        for amount, fee, net in _identities(evidence, profile):
            found = _payouts_of(evidence, profile, amount, fee, net)
            if found and (best is None or found[0] > best[0]):
                best = found
    return best[1:] if best else None


def _identities(evidence: Evidence, profile: Profile) -> list[tuple[str, str, str]]:
    """Triples (amount, fee, net) of money columns with amount - fee = net in nearly every row, fees not all zero."""
    names = [column.name for column in profile.money][:MAX_MONEY_COLUMNS]
    triples = list(permutations(names, 3))
    if not triples or not profile.rows:
        return []
    measures: list[exp.Expr] = []
    for amount, fee, net in triples:
        holds = exp.EQ(this=exp.Sub(this=ref(amount), expression=ref(fee)), expression=ref(net))
        measures += [count_if(holds), count_if(exp.NEQ(this=ref(fee), expression=exp.Literal.number(0)))]
    counts = evidence.numbers(exp.select(*measures).from_(source(profile.name)))
    found = []
    for index, triple in enumerate(triples):
        holds_in, with_fee = counts[2 * index] or 0, counts[2 * index + 1] or 0
        if holds_in >= IDENTITY_SHARE * profile.rows and with_fee >= profile.rows / 10:
            hint = says(triple[1], FEE_WORDS) + says(triple[2], NET_WORDS)
            found.append((hint, triple))
    # amount - fee = net also holds with fee and net exchanged; the words decide between the two.
    best = max((hint for hint, _ in found), default=0)
    return [triple for hint, triple in found if hint == best]


def _payouts_of(
    evidence: Evidence, profile: Profile, amount: str, fee: str, net: str
) -> tuple[float, Ledger, Payouts] | None:
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
                        evidence, profile.name, reference.name, net, counted, other.name, key.name, money.name
                    )
                    if share >= LINK_SHARE and (best is None or share > best[0]):
                        created, arrival = _payout_dates(other)
                        ledger = Ledger(
                            profile.name,
                            _own_key(profile),
                            amount,
                            fee,
                            net,
                            kind,
                            kinds,
                            profile.created,
                            reference.name,
                            _available(profile),
                        )
                        best = (share, ledger, Payouts(other.name, key.name, money.name, created, arrival, share))
    return best


def _sums_agree(
    evidence: Evidence, table: str, reference: str, net: str, counted: exp.Expr, parent: str, key: str, money: str
) -> float:
    sums = (
        exp.select(ref(reference).as_("k"), exp.Sum(this=ref(net)).as_("s"))
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
