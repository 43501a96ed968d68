"""The bank statement in which payouts arrive, and the word by which their sender is known there."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, count_if, ref, source
from agents.builtin.pipelines.reconcile.roles import Bank, Ledger, Payouts
from agents.builtin.pipelines.reconcile.words import movement_of, own_words, words_of

FOUND_SHARE = 0.5
TOKEN_SHARE = 0.9
DEPOSIT_DAYS = 7


def find_bank(evidence: Evidence, ledger: Ledger, payouts: Payouts, taken: set[str]) -> Bank | None:
    """The statement that shows most payouts to the cent within days; None below half of them."""
    best: tuple[float, Profile, str, str] | None = None
    for profile in evidence.profiles:
        if profile.name in taken or not profile.texts:
            continue
        for date in profile.dates:
            for money in profile.money:
                share = _deposits_found(evidence, payouts, profile.name, date.name, money.name)
                if share >= FOUND_SHARE and (best is None or share > best[0]):
                    best = (share, profile, date.name, money.name)
    if best is None:
        return None
    share, found, on, amount = best
    text = max(found.texts, key=lambda column: found.distinct[column.name]).name
    view = evidence.view
    tables = {view.origin(table) for table in (ledger.table, payouts.table)}
    names = own_words(tables, {table: view.sources[table] for table in tables})
    token = _token(evidence, payouts, found.name, on, amount, text, names)
    return Bank(found.name, found.table.primary_key, on, amount, text, token, share) if token else None


def _near(payouts: Payouts, date: str) -> exp.Expr:
    """The bank's date lies from a day before to a week after the payout's arrival."""
    days = exp.Sub(this=exp.cast(ref(date, "b"), "DATE"), expression=exp.cast(ref(payouts.arrival, "p"), "DATE"))
    return exp.Between(this=days, low=exp.Literal.number(-1), high=exp.Literal.number(DEPOSIT_DAYS))


def _deposits_found(evidence: Evidence, payouts: Payouts, table: str, date: str, money: str) -> float:
    found = (
        exp.select(exp.Literal.number(1))
        .from_(source(table, "b"))
        .where(exp.EQ(this=ref(money, "b"), expression=ref(payouts.amount, "p")))
        .where(_near(payouts, date))
    )
    query = exp.select(exp.Count(this=exp.Star()), count_if(exp.Exists(this=found))).from_(source(payouts.table, "p"))
    whole, part = evidence.numbers(query)
    return evidence.share(part, whole)


def _token(evidence: Evidence, payouts: Payouts, table: str, date: str, money: str, text: str, names: set[str]) -> str:
    """The word that nearly all found deposits share and fewest other incoming amounts have.

    Among equals a word of the processor's own tables, or of the system they are from, wins, since a person knows it.
    """
    found = (
        exp.select(ref(text, "b"))
        .from_(source(table, "b"))
        .join(
            source(payouts.table, "p"),
            on=exp.and_(exp.EQ(this=ref(money, "b"), expression=ref(payouts.amount, "p")), _near(payouts, date)),
        )
        .order_by(exp.Literal.number(1))
    )
    deposits = [set(words_of(value)) for (value,) in evidence.values(found, limit=500) if value]
    everything = (
        exp.select(ref(text))
        .from_(source(table))
        .where(exp.GT(this=ref(money), expression=exp.Literal.number(0)))
        .order_by(exp.Literal.number(1))
    )
    others = [set(words_of(value)) for (value,) in evidence.values(everything, limit=2000) if value]
    words = set().union(*deposits) if deposits else set()
    scored = [
        (
            sum(word in text_words for text_words in deposits) / len(deposits),
            -sum(word in o for o in others),
            word in names,
            movement_of(word) is None,
            word,
        )
        for word in sorted(words)
        if word.isalpha() and len(word) > 2
    ]
    shared = [entry for entry in scored if entry[0] >= TOKEN_SHARE]
    return max(shared)[-1] if shared else ""
