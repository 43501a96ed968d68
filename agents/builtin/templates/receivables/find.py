"""The roles of what customers owe, looked for in every table and proven on its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast
from weakref import WeakKeyDictionary

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import text
from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.forms import currencies
from agents.builtin.pipelines.reconcile.prepare import Prepared, Reading
from agents.builtin.pipelines.reconcile.words import MONEY_WORDS, NO_MONEY_WORDS, says, words_of
from agents.builtin.templates.receivables import words
from agents.builtin.templates.receivables.plan import name_key
from agents.builtin.templates.receivables.roles import Books, Control, Documents, Payments
from agents.builtin.templates.receivables.words import Kind, State, kind_of, state_of
from agents.contract import DataView
from spec.catalog import Column

PROVEN = 0.98
NAMED = 0.8
MOST_LABELS = 40
MOST_ACCOUNTS = 2000
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FOUND: WeakKeyDictionary[DataView, dict[frozenset[str], tuple[Books, Prepared]]] = WeakKeyDictionary()


def books_in(data: DataView, taken: frozenset[str] = frozenset()) -> tuple[Books, Prepared]:
    """The roles in these tables; looked for once a view, as a conversation asks again with each answer.

    ``taken`` are names of the plan's own steps: tables that are called so are read under another name.
    """
    known = _FOUND.setdefault(data, {})
    aliases = [Reading(table.name, f"{table.name}_as_given", {}, alias=True)
               for table in data.catalog.tables if table.name.casefold() in taken]  # fmt: skip
    key = frozenset(reading.table for reading in aliases)
    if key not in known:
        evidence = Evidence(Prepared(data, aliases))
        known[key] = _books(evidence), evidence.view
    return known[key]


def _books(evidence: Evidence) -> Books:
    documents: list[Documents] = []
    theirs: set[str] = set()
    for profile in evidence.profiles:
        found = _documents(evidence, profile)
        if found is None:
            continue
        if says(profile.name, words.OTHER_PARTY_WORDS) or says(found.party, words.OTHER_PARTY_WORDS):
            theirs.add(profile.name)
        else:
            documents.append(found)
    taken = {one.table for one in documents} | theirs
    rest = [profile for profile in evidence.profiles if profile.name not in taken]
    payments = [paid for profile in rest if (paid := _payments(evidence, profile, documents))]
    used = {paid.table for paid in payments}
    controls = [
        control for profile in rest if profile.name not in used for control in _controls(evidence, profile, documents)
    ]
    return Books(
        tuple(documents),
        tuple(payments),
        tuple(controls),
        tuple(sorted(map(evidence.view.origin, theirs))),
        _twice(evidence, documents),
    )


def _documents(evidence: Evidence, profile: Profile) -> Documents | None:
    """The table as a list of invoices; None where nothing says that it is one."""
    money = _money(profile)
    party = _party(evidence, profile)
    if not money or party is None or not profile.rows:
        return None
    issued, due = _dates(evidence, profile)
    kind, meant = _labels(evidence, profile, kind_of)
    kinds = cast("dict[str, Kind | None]", meant)
    if "invoice" not in kinds.values():
        kind, kinds = None, {}
    state, meant = _labels(evidence, profile, state_of, without=kind)
    states = cast("dict[str, State | None]", meant)
    open_, total, said = _amounts(evidence, profile, money)
    if total is None:
        return None
    paid = None if open_ else _paid(evidence, profile, money, total)
    named = says(profile.name, words.INVOICE_WORDS) or any(
        says(column.name, words.INVOICE_WORDS) for column in profile.table.columns
    )
    if not (kind or (due and (open_ or paid or states)) or (named and (open_ or paid or due or states))):
        return None
    number = _number(profile)
    reference = _reference(evidence, profile, number, _is_credit(kind, kinds, total)) if number else None
    currency, known = _currency(evidence, profile)
    proofs = [said] if said else []
    if due and issued:
        proofs.append(f"in {evidence.view.origin(profile.name)}, {due} is never before {issued}")
    return Documents(
        profile.name,
        party,
        total,
        open_,
        paid,
        number,
        issued,
        due,
        currency or None,
        tuple(sorted({value.strip().upper() for value in known})),
        kind,
        kinds,
        state,
        states,
        reference,
        number is not None
        and _repeats_its_head(evidence, profile, number, (party, total, open_, issued, due, kind, state)),
        tuple(proofs),
    )


def _money(profile: Profile) -> list[str]:
    """Columns of amounts: with cents, or whole numbers whose name speaks of money."""
    whole = [
        column.name
        for column in profile.table.columns
        if column.type in WHOLE
        and says(column.name, MONEY_WORDS | words.OPEN_WORDS)
        and not says(column.name, NO_MONEY_WORDS)
    ]
    return [column.name for column in profile.money] + [name for name in whole if profile.filled.get(name)]


def _currency(evidence: Evidence, profile: Profile) -> tuple[str, list[str]]:
    """The column of each row's currency and its values: by its name, or because it holds nothing but known codes."""
    column, values = currencies(evidence, profile.name)
    if column:
        return column, values
    for label in profile.texts:
        if profile.distinct[label.name] <= MOST_LABELS:
            found = list(evidence.labels(profile.name, label.name))
            if all(value.strip().upper() in words.CURRENCIES for value in found):
                return label.name, sorted(found)
    return "", []


def _party(evidence: Evidence, profile: Profile) -> str | None:
    """The column of who owes: a text that comes back, is no address or label, and speaks of a customer if any does."""
    found: list[tuple[tuple[bool, bool, int], str]] = []
    for column in profile.texts:
        values = evidence.sample(profile.name, column.name)
        lettered = [value for value in values if any(letter.isalpha() for letter in value)]
        if len(lettered) < 0.9 * len(values) or sum("@" in value for value in values) * 2 > len(values):
            continue
        if says(column.name, words.NO_PARTY_WORDS) and not says(
            column.name, words.PARTY_WORDS | words.OTHER_PARTY_WORDS
        ):
            continue
        if any(kind_of(value) for value in values[:3]) and profile.distinct[column.name] <= 6:
            continue
        codes = sum(any(letter.isdigit() for letter in value) and " " not in value for value in values)
        if codes * 2 > len(values):
            continue
        hint = says(column.name, words.PARTY_WORDS | words.OTHER_PARTY_WORDS)
        comes_back = profile.distinct[column.name] < profile.filled[column.name]
        if hint or comes_back:
            found.append(
                (
                    (hint and not says(column.name, words.NO_PARTY_WORDS), comes_back, profile.distinct[column.name]),
                    column.name,
                )
            )
    return max(found)[1] if found else None


def _dates(evidence: Evidence, profile: Profile) -> tuple[str | None, str | None]:
    """(issued, due): two days of which one is never before the other; one day alone is what its name says."""
    dates = [column.name for column in profile.dates if profile.filled[column.name]]
    if len(dates) == 1:
        return (None, dates[0]) if says(dates[0], words.DUE_WORDS) else (dates[0], None)
    best: tuple[tuple[int, int], str, str] | None = None
    for issued in dates:
        for due in dates:
            if issued == due:
                continue
            both = exp.and_(*(exp.not_(ref(day).is_(exp.null())) for day in (issued, due)))
            later = exp.GTE(this=exp.cast(ref(due), "DATE"), expression=exp.cast(ref(issued), "DATE"))
            after = exp.GT(this=exp.cast(ref(due), "DATE"), expression=exp.cast(ref(issued), "DATE"))
            counts = (count_if(both), count_if(exp.and_(both, later)), count_if(exp.and_(both, after)))
            whole, kept, truly = evidence.numbers(exp.select(*counts).from_(source(profile.name)))
            if evidence.share(kept, whole) < PROVEN or not truly:
                continue
            hint = (says(due, words.DUE_WORDS) * 2 + says(issued, words.ISSUED_WORDS), profile.filled[issued])
            if best is None or hint > best[0]:
                best = (hint, issued, due)
    if best is None:
        return (profile.created, None) if dates else (None, None)
    _, issued, due = best
    # Without a word for it, the later day may be that of the payment or of the delivery.
    return (issued, due) if says(due, words.DUE_WORDS) else (issued, None)


def _labels(
    evidence: Evidence, profile: Profile, meaning: Callable[[str], str | None], without: str | None = None
) -> tuple[str | None, dict[str, str | None]]:
    """The label column most of whose rows have a meaning, and what each of its values means."""
    best: tuple[int, str | None, dict[str, str | None]] = (0, None, {})
    texts = [column for column in profile.texts if 1 <= profile.distinct[column.name] <= MOST_LABELS]
    for column in texts:
        if column.name == without or says(column.name, words.PARTY_WORDS):
            continue
        counted = evidence.labels(profile.name, column.name)
        known = {value: meaning(value) for value in counted}
        rows = sum(counted[value] for value, means in known.items() if means)
        if rows >= 0.6 * profile.filled[column.name] and rows > best[0]:
            best = (rows, column.name, known)
    return best[1], best[2]


def _amounts(evidence: Evidence, profile: Profile, money: Sequence[str]) -> tuple[str | None, str | None, str]:
    """(what is open, the whole amount, the proof): what is open is never more than the whole and of the same sign."""
    parts = [name for name in money if says(name, words.PART_WORDS)]
    spoken = [name for name in money if says(name, words.OPEN_WORDS) and not says(name, words.PAID_WORDS)]
    for open_ in spoken:
        found: list[tuple[tuple[bool, bool, float], str]] = []
        for total in money:
            if total == open_ or total in parts or says(total, words.PAID_WORDS):
                continue
            within = exp.and_(
                exp.LTE(this=exp.Abs(this=ref(open_)), expression=exp.Abs(this=ref(total))),
                exp.GTE(this=exp.Mul(this=ref(open_), expression=ref(total)), expression=exp.Literal.number(0)),
            )
            filled = exp.and_(*(exp.not_(ref(name).is_(exp.null())) for name in (open_, total)))
            sizes = exp.Sum(this=exp.Abs(this=ref(total)))
            query = exp.select(count_if(filled), count_if(exp.and_(filled, within)), sizes).from_(source(profile.name))
            whole, kept, size = evidence.numbers(query)
            if evidence.share(kept, whole) >= PROVEN:
                found.append(((says(total, words.TOTAL_WORDS), total not in spoken, float(size or 0)), total))
        if found:
            total = max(found)[1]
            return open_, total, f"in {evidence.view.origin(profile.name)}, {open_} is never more than {total}"
    if len(spoken) == 1 and len(money) - len(parts) == 1:
        # The only amount of the list is what is open.
        return spoken[0], spoken[0], ""
    whole_amounts = [name for name in money if name not in parts and not says(name, words.PAID_WORDS)] or list(money)
    best = max(whole_amounts, key=lambda name: (says(name, words.TOTAL_WORDS), -money.index(name)), default=None)
    return None, best, ""


def _paid(evidence: Evidence, profile: Profile, money: Sequence[str], total: str) -> str | None:
    """A column of what was paid of each document: never more than the whole."""
    for paid in money:
        if paid == total or not says(paid, words.PAID_WORDS):
            continue
        within = exp.LTE(this=exp.Abs(this=ref(paid)), expression=exp.Abs(this=ref(total)))
        whole, kept = evidence.numbers(
            exp.select(count_if(exp.not_(ref(paid).is_(exp.null()))), count_if(within)).from_(source(profile.name))
        )
        if evidence.share(kept, whole) >= PROVEN:
            return paid
    return None


def _number(profile: Profile) -> str | None:
    """The documents' own number: a key that hardly repeats, by its name among several."""
    keys: list[Column] = [column for column in profile.keys if profile.distinct[column.name] * 4 >= profile.rows]
    spoken = [
        column for column in keys if says(column.name, words.NUMBER_WORDS) and not says(column.name, words.PARTY_WORDS)
    ]
    best = max(spoken, key=lambda column: (profile.filled[column.name], profile.distinct[column.name]), default=None)
    return best.name if best else next((column.name for column in profile.unique), None)


def _is_credit(kind: str | None, kinds: Mapping[str, Kind | None], total: str) -> exp.Expr:
    """Whether a row takes off from what is owed: by its kind, or by an amount below zero."""
    taking = sorted(value for value, means in kinds.items() if means in ("credit", "payment"))
    negative = exp.LT(this=ref(total), expression=exp.Literal.number(0))
    return exp.or_(any_of(ref(kind), taking), negative) if kind and taking else negative


def _reference(evidence: Evidence, profile: Profile, number: str, is_credit: exp.Expr) -> str | None:
    """A column in which credits and payments name other documents of the same list."""
    for column in profile.keys:
        if column.name == number or not profile.filled[column.name]:
            continue
        if column.type in WHOLE and not says(column.name, words.NUMBER_WORDS | frozenset({"reference", "applied"})):
            continue
        other = exp.NEQ(this=exp.cast(ref(column.name), "VARCHAR"), expression=exp.cast(ref(number), "VARCHAR"))
        where = exp.and_(is_credit.copy(), other)
        if evidence.inclusion(profile.name, ref(column.name), profile.name, number, where) >= NAMED:
            return column.name
    return None


def _repeats_its_head(evidence: Evidence, profile: Profile, number: str, head: Sequence[str | None]) -> bool:
    """Whether a document has several rows that differ in nothing but its lines."""
    if profile.distinct[number] >= profile.filled[number]:
        return False
    whole = exp.select(ref(number), *(ref(name) for name in head if name)).distinct().from_(source(profile.name))
    whole = whole.where(exp.not_(ref(number).is_(exp.null())))
    (heads,) = evidence.numbers(exp.select(exp.Count(this=exp.Star())).from_(whole.subquery("h")))
    return int(heads or 0) == profile.distinct[number]


def _payments(evidence: Evidence, profile: Profile, documents: Sequence[Documents]) -> Payments | None:
    """A table whose rows name invoices and bring an amount."""
    for of in documents:
        if of.number is None:
            continue
        for column in profile.keys:
            if evidence.inclusion(profile.name, ref(column.name), of.table, of.number, None) < NAMED:
                continue
            money = [name for name in _money(profile) if not says(name, words.PART_WORDS)]
            if not money or not profile.dates:
                continue
            amount = max(money, key=lambda name: says(name, words.TOTAL_WORDS | words.PAID_WORDS))
            named = next((one.name for one in profile.texts if says(one.name, words.PARTY_WORDS)), None)
            currency, _ = _currency(evidence, profile)
            taken = _taken_off(evidence, profile.name, column.name, amount, of)
            if not taken and not _speaks_of_payments(profile):
                continue
            return Payments(profile.name, of.table, column.name, amount, named, currency or None, taken)
    return None


def _speaks_of_payments(profile: Profile) -> bool:
    named = [profile.name, *(column.name for column in profile.table.columns)]
    return any(kind_of(one) == "payment" or says(one, words.PAID_WORDS) for one in named)


def _taken_off(evidence: Evidence, table: str, reference: str, amount: str, of: Documents) -> bool | None:
    """Whether what is open of the paid invoices is the whole less these payments."""
    if of.open is None and of.paid is None:
        return False
    assert of.number is not None
    less: exp.Expr = (
        ref(of.paid, "d") if of.paid else exp.Sub(this=ref(of.total, "d"), expression=ref(of.open or "", "d"))
    )
    paid = (
        exp.select(exp.cast(ref(reference), "VARCHAR").as_("k"), exp.Sum(this=exp.Abs(this=ref(amount))).as_("s"))
        .from_(source(table))
        .group_by(exp.Literal.number(1))
    )
    same = exp.EQ(this=less.copy(), expression=ref("s", "p"))
    none = exp.EQ(this=less.copy(), expression=exp.Literal.number(0))
    query = (
        exp.select(exp.Count(this=exp.Star()), count_if(same), count_if(none))
        .from_(source(of.table, "d"))
        .join(paid.subquery("p"), on=exp.EQ(this=exp.cast(ref(of.number, "d"), "VARCHAR"), expression=ref("k", "p")))
    )
    whole, taken, untouched = evidence.numbers(query)
    if evidence.share(taken, whole) >= 0.9:
        return True
    return False if evidence.share(untouched, whole) >= 0.9 else None


def _controls(evidence: Evidence, profile: Profile, documents: Sequence[Documents]) -> list[Control]:
    """The books' accounts of what customers owe, one a currency that is known."""
    known = sorted({code for one in documents for code in one.currencies})
    found: list[Control] = []
    for column in profile.texts:
        if profile.distinct[column.name] > MOST_ACCOUNTS:
            continue
        for name in sorted(evidence.labels(profile.name, column.name)):
            if words.is_receivables_account(name):
                found += _control(evidence, profile, column.name, name, known)
        if found:
            break
    codes = [control.currency for control in found]
    # Two accounts of one currency are parts of a total that only the books' owner can put together.
    return found if len(codes) == len(set(codes)) else []


def _control(evidence: Evidence, profile: Profile, account: str, name: str, known: Sequence[str]) -> list[Control]:
    its = any_of(ref(account), [name])
    code, values = _currency(evidence, profile)
    if code:
        query = exp.select(exp.cast(ref(code), "VARCHAR")).distinct().from_(source(profile.name)).where(its)
        values = [str(value) for (value,) in evidence.values(query.order_by(exp.Literal.number(1))) if value]
    spoken = [one for one in known if one.casefold() in words_of(name)]
    found = [value.upper() for value in values] if code else spoken or list(known or [""])
    if len(found) != 1:
        return []
    money = _money(profile)
    balance = next((one for one in money if says(one, words.OPEN_WORDS | frozenset({"closing", "amount"}))), None)
    debit = next((one for one in money if says(one, frozenset("debit debits soll dare debe".split()))), None)
    credit = next((one for one in money if says(one, frozenset("credit credits haben avere haber".split()))), None)
    (rows,) = evidence.numbers(exp.select(exp.Count(this=exp.Star())).from_(source(profile.name)).where(its.copy()))
    if debit and credit:
        both = (
            exp.Coalesce(this=exp.Sum(this=ref(one)), expressions=[exp.Literal.number(0)]) for one in (debit, credit)
        )
        return [Control(profile.name, account, name, text(exp.Sub(this=next(both), expression=next(both))), found[0])]
    if rows != 1 or not (balance or len(money) == 1):
        return []
    return [Control(profile.name, account, name, text(exp.Sum(this=ref(balance or money[0]))), found[0])]


def _twice(evidence: Evidence, documents: Sequence[Documents]) -> tuple[tuple[str, str, int], ...]:
    """Documents of one list that stand in another one too: the same number, customer and amount."""
    found: list[tuple[str, str, int]] = []
    for place, first in enumerate(documents):
        for second in documents[place + 1 :]:
            if first.number is None or second.number is None:
                continue
            newer, older = sorted((first, second), key=lambda one: _newest(evidence, one), reverse=True)
            assert newer.number is not None
            assert older.number is not None
            same = exp.and_(
                exp.EQ(this=_plain(newer.number, "a"), expression=_plain(older.number, "b")),
                exp.EQ(this=exp.Abs(this=ref(newer.total, "a")), expression=exp.Abs(this=ref(older.total, "b"))),
                exp.EQ(this=name_key(ref(newer.party, "a")), expression=name_key(ref(older.party, "b"))),
            )
            query = exp.select(exp.Count(this=exp.Distinct(expressions=[ref(newer.number, "a")])))
            (count,) = evidence.numbers(query.from_(source(newer.table, "a")).join(source(older.table, "b"), on=same))
            if count:
                found.append((newer.table, older.table, int(count)))
    return tuple(found)


def _plain(column: str, table: str) -> exp.Expr:
    return exp.Lower(this=exp.Trim(this=exp.cast(ref(column, table), "VARCHAR")))


def _newest(evidence: Evidence, documents: Documents) -> str:
    if documents.issued is None:
        return ""
    newest = exp.cast(exp.Max(this=ref(documents.issued)), "VARCHAR")
    return str(evidence.values(exp.select(newest).from_(source(documents.table)))[0][0] or "")
