"""The orders, and what tells their customers apart, looked for in every table and proven on its rows."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.prepare import Prepared, Reading
from agents.builtin.pipelines.reconcile.words import (
    PAID_WORDS,
    PARTLY_WORDS,
    REFUNDED_WORDS,
    UNPAID_WORDS,
    movement_of,
    says,
    words_of,
)
from agents.builtin.templates.cohorts.roles import Counts, Orders
from agents.contract import DataView

_ORDER_WORDS = frozenset(
    "order orders sale sales purchase purchases transaction transactions checkout bestellung bestellungen auftrag "
    "auftrage verkauf ordine ordini vendite commande commandes ventes pedido pedidos ventas".split()
)
_PERSON_WORDS = frozenset(
    "customer client buyer user member account kunde kunden kundennummer kundennr cliente acheteur usuario".split()
)
_DAY_WORDS = frozenset("created ordered placed order date day datum bestelldatum data fecha purchased sold".split())
_LATER_WORDS = frozenset(
    "modified updated paid completed shipped delivered due cancelled refunded birth due gmt utc registered".split()
)
_TOTAL_WORDS = frozenset("total amount gross sum betrag gesamt totale importo montant importe net subtotal".split())
_NEVER_PAID = frozenset({"trash", "bin", "deleted", "removed", "papierkorb", "cestino"})
MOST_LABELS = 40
MANY_MAILS = 5
"""A number with this many emails names no person, when no other number has a quarter as many."""
_FOUND: WeakKeyDictionary[DataView, dict[frozenset[str], tuple[Orders | None, Prepared]]] = WeakKeyDictionary()


def orders_in(data: DataView, taken: frozenset[str] = frozenset()) -> tuple[Orders | None, Prepared]:
    """The orders in these tables; looked for once a view. Tables called as in ``taken`` are read under another name."""
    known = _FOUND.setdefault(data, {})
    aliases = [Reading(table.name, f"{table.name}_as_given", {}, alias=True)
               for table in data.catalog.tables if table.name.casefold() in taken]  # fmt: skip
    key = frozenset(reading.table for reading in aliases)
    if key not in known:
        evidence = Evidence(Prepared(data, aliases))
        found = [(score, orders) for profile in evidence.profiles for score, orders in _orders(evidence, profile)]
        best = max(found, key=lambda one: one[0], default=None)
        known[key] = (best[1] if best else None), evidence.view
    return known[key]


def _orders(evidence: Evidence, profile: Profile) -> list[tuple[tuple[bool, bool, bool, int], Orders]]:
    """The table as orders with how much speaks for it; none where it has no day, or nothing of a sale."""
    day = _day(profile)
    if day is None or not profile.rows:
        return []
    email, person = _email(evidence, profile), _person(evidence, profile)
    origin = evidence.view.origin(profile.name)
    named = says(origin, _ORDER_WORDS) or any(says(one.name, _ORDER_WORDS) for one in profile.table.columns)
    comes_back = any(profile.distinct[column] < profile.filled[column] for column in (email, person) if column)
    if not named and not (comes_back and profile.money):
        return []
    guests = _guests(evidence, profile, email, person)
    kind, kinds, refunds = _refund_kinds(evidence, profile)
    state, states = _states(evidence, profile, kind)
    type_ = next(column.type for column in profile.table.columns if column.name == day)
    orders = Orders(
        profile.name,
        _key(profile, email, person),
        day,
        type_,
        email,
        person,
        guests,
        _without(evidence, profile, person, guests) if person else profile.rows,
        _without(evidence, profile, email, ("",)) if email else profile.rows,
        _amount(profile),
        kind,
        kinds,
        refunds,
        state,
        states,
        _proofs(evidence, profile, origin, email, person, guests),
    )
    return [((says(origin, _ORDER_WORDS), bool(email or person), comes_back, profile.rows), orders)]


def _day(profile: Profile) -> str | None:
    """When the order was placed: a day that every order has, by its name among several."""
    days = [column.name for column in profile.dates if profile.filled[column.name]]
    return max(
        days,
        key=lambda day: (
            not says(day, _LATER_WORDS), says(day, _DAY_WORDS), profile.filled[day], -days.index(day)
        ),
        default=None,
    )  # fmt: skip


def _email(evidence: Evidence, profile: Profile) -> str | None:
    """A column whose values are addresses."""
    for column in profile.texts:
        values = evidence.sample(profile.name, column.name)
        if values and sum("@" in value and "." in value.rpartition("@")[2] for value in values) >= 0.9 * len(values):
            return column.name
    return None


def _person(evidence: Evidence, profile: Profile) -> str | None:
    """A column of customers' numbers: its name speaks of a person, and its values are codes and no names."""
    found = []
    for column in profile.keys:
        if not says(column.name, _PERSON_WORDS) or not profile.filled[column.name]:
            continue
        values = evidence.sample(profile.name, column.name)
        codes = [value for value in values if any(letter.isdigit() for letter in value) and not set(value) & set(" @.")]
        if values and len(codes) >= 0.9 * len(values):
            found.append(column.name)
    return max(found, key=lambda name: profile.distinct[name], default=None)


def _guests(evidence: Evidence, profile: Profile, email: str | None, person: str | None) -> tuple[str, ...]:
    """Numbers that name nobody: empty, zero, and one under which far more addresses ordered than under any other."""
    if person is None:
        return ()
    values: set[str] = {value for value in ("", "0") if value in evidence.sample(profile.name, person)}
    if email is None:
        return tuple(sorted(values))
    mails = exp.Count(this=exp.Distinct(expressions=[exp.Lower(this=exp.Trim(this=ref(email)))]))
    query = (
        exp.select(exp.cast(ref(person), "VARCHAR"), mails)
        .from_(source(profile.name))
        .where(ref(person).is_(exp.null()).not_())
        .group_by(exp.Literal.number(1))
        .order_by(exp.Ordered(this=exp.Literal.number(2), desc=True), exp.Literal.number(1))
    )
    counted = [(str(value), int(str(count))) for value, count in evidence.values(query, limit=2)]
    if len(counted) == 2 and counted[0][1] >= MANY_MAILS and counted[0][1] >= 4 * counted[1][1]:
        values.add(counted[0][0])
    return tuple(sorted(values))


def _without(evidence: Evidence, profile: Profile, column: str, values: tuple[str, ...]) -> int:
    held = exp.Trim(this=exp.cast(ref(column), "VARCHAR"))
    lacking = exp.or_(ref(column).is_(exp.null()), any_of(held, values))
    (count,) = evidence.numbers(exp.select(count_if(lacking)).from_(source(profile.name)))
    return int(count or 0)


def _key(profile: Profile, email: str | None, person: str | None) -> str | None:
    """The order's own number; it may stand in several rows, one for each line."""
    keys = [column for column in profile.keys if column.name not in (email, person)]
    spoken = [one for one in keys if says(one.name, _ORDER_WORDS) and profile.filled[one.name] == profile.rows]
    spoken = [
        one for one in spoken if set(words_of(one.name)) & {"id", "number", "no", "nr", "key"} or one in profile.unique
    ]
    best = max(spoken, key=lambda one: profile.distinct[one.name], default=None)
    return best.name if best else next((one.name for one in profile.unique if one.name not in (email, person)), None)


def _amount(profile: Profile) -> str | None:
    names = [column.name for column in profile.money]
    return max(names, key=lambda name: (says(name, _TOTAL_WORDS), -names.index(name)), default=None)


def _refund_kinds(evidence: Evidence, profile: Profile) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """A column that tells refunds from orders, all its values, and those of refunds; where there is one."""
    for column in profile.texts:
        if not 2 <= profile.distinct[column.name] <= MOST_LABELS:
            continue
        found = {value: movement_of(value) for value in evidence.labels(profile.name, column.name)}
        if set(found.values()) <= {"sale", "refund"} and len(set(found.values())) == 2:
            if all(state_of(value) == "paid" for value in found):
                continue
            refunds = tuple(sorted(value for value, movement in found.items() if movement == "refund"))
            return column.name, tuple(sorted(found)), refunds
    return None, (), ()


def state_of(value: str) -> Counts | None:
    """What an order's state says: paid, never paid, or given back in full."""
    words = set(words_of(value))
    if words & REFUNDED_WORDS and not words & PARTLY_WORDS:
        return "refunded"
    if words & (UNPAID_WORDS | _NEVER_PAID):
        return "unpaid"
    return "paid" if words & PAID_WORDS else None


def _states(evidence: Evidence, profile: Profile, kind: str | None) -> tuple[str | None, dict[str, Counts | None]]:
    best: tuple[int, str | None, dict[str, Counts | None]] = (0, None, {})
    for column in profile.texts:
        if column.name == kind or not 1 <= profile.distinct[column.name] <= MOST_LABELS:
            continue
        counted = evidence.labels(profile.name, column.name)
        known = {value: state_of(value) for value in counted}
        rows = sum(counted[value] for value, means in known.items() if means)
        if rows >= 0.6 * profile.filled[column.name] and rows > best[0]:
            best = (rows, column.name, known)
    return best[1], best[2]


def _proofs(
    evidence: Evidence, profile: Profile, origin: str, email: str | None, person: str | None, guests: tuple[str, ...]
) -> tuple[str, ...]:
    said = []
    if email:
        folded = exp.Count(this=exp.Distinct(expressions=[exp.Lower(this=exp.Trim(this=ref(email)))]))
        (count,) = evidence.numbers(exp.select(folded).from_(source(profile.name)))
        apart = profile.distinct[email] - int(count or 0)
        spelled = f", {apart} of them in another case only" if apart else ""
        said.append(f"{origin} has {profile.distinct[email]} spellings of {email}{spelled}")
    if person:
        without = _without(evidence, profile, person, guests)
        said.append(
            f"{without} of {profile.rows} orders have no {person}" if without else f"every order has a {person}"
        )
    return tuple(said)
