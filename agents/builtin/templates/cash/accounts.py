"""Which statements are of one account: proven by what they hold on the same days and at which balance they meet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations
from typing import Literal

from agents.builtin.pipelines.deciding import AskError, settled
from agents.builtin.pipelines.reconcile.words import words_of
from agents.builtin.templates.cash.balances import best_opening, together
from agents.builtin.templates.cash.roles import Account, Entry, Statement
from agents.builtin.templates.cash.words import MONTHS, PLAIN_BANK_WORDS
from agents.contract import Option, Question, Refusal, Request

Same = Literal["same", "apart", "unknown"]
ENOUGH_ALIKE = 5
"""Movements that two files in different forms must share before they may be of one account."""


@dataclass
class Grouped:
    """The statements by account, and what had to be settled for it."""

    accounts: list[Account] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    """Tables that are left aside, as the same movements stand in another one."""
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of words in which all exports of an account agree."""
    said: list[str] = field(default_factory=list)


def group(
    statements: Sequence[Statement],
    entries: Mapping[str, Sequence[Entry]],
    origins: Mapping[str, str],
    request: Request,
) -> Grouped:
    """The accounts; raises AskError where only the owner knows which statements belong together."""
    found = Grouped()
    filled = [one for one in statements if entries[one.table]]
    _other_forms(filled, entries, origins, request, found)
    filled = [one for one in filled if one.table not in found.left]
    parts = [[one] for one in filled if one.account is None]
    parts = _joined(parts, entries, origins, request)
    labels = _labels([[origins[one.table] for one in part] for part in parts])
    for label, part in zip(labels, parts, strict=True):
        _agree(part, entries, found)
        found.accounts.append(_account(label, entries_in(label, part, entries, found.texts), part, named=False))
    named: dict[str, list[Statement]] = {}
    for one in filled:
        for account in dict.fromkeys(entry.account for entry in entries[one.table]) if one.account else ():
            named.setdefault(account, []).append(one)
    for label, part in sorted(named.items()):
        _agree(part, entries, found)
        found.accounts.append(_account(label, entries_in(label, part, entries, found.texts), part, named=True))
    return found


def entries_in(
    label: str,
    statements: Sequence[Statement],
    entries: Mapping[str, Sequence[Entry]],
    texts: Mapping[str, tuple[str, ...]],
) -> list[list[Entry]]:
    """The movements of one account by statement, with the words that count."""
    found = []
    for one in statements:
        own = [entry for entry in entries[one.table] if one.account is None or entry.account == label]
        kept = [place for place, column in enumerate(one.texts) if column in texts.get(one.table, one.texts)]
        found.append([replace(entry, texts=tuple(entry.texts[place] for place in kept)) for entry in own])
    return found


def _account(label: str, parts: Sequence[Sequence[Entry]], statements: Sequence[Statement], *, named: bool) -> Account:
    whole = together(parts)
    opening = best_opening(whole)
    if opening is not None and opening.broken is not None:
        raise AskError(
            Refusal(
                message=f"The balances of {label} do not follow from its movements: on {opening.broken} they are "
                f"{abs(opening.apart)} {'more' if opening.apart > 0 else 'less'} than the movements give.",
                hint="Most likely an export between two others is missing. Add it and ask again.",
            )
        )
    moves = [entry for entry in whole if entry.balance is None]
    amount = opening.amount if opening else None
    return Account(
        label=label,
        tables=tuple(one.table for one in statements),
        named=named,
        first=min(entry.day for entry in moves),
        last=max(entry.day for entry in moves),
        opening=amount,
        movements=len(moves),
        balance=None if amount is None else amount + sum(entry.amount for entry in moves),
    )


def _joined(
    parts: list[list[Statement]],
    entries: Mapping[str, Sequence[Entry]],
    origins: Mapping[str, str],
    request: Request,
) -> list[list[Statement]]:
    """Statements of one form by account; what neither days nor balances tell is asked."""
    doubtful = []
    links: dict[str, str] = {part[0].table: part[0].table for part in parts}

    def root(table: str) -> str:
        while links[table] != table:
            table = links[table]
        return table

    by_first = sorted((part[0] for part in parts), key=lambda one: (min(e.day for e in entries[one.table]), one.table))
    apart: set[frozenset[str]] = set()
    for one, other in combinations(by_first, 2):
        if one.shape != other.shape:
            continue
        verdict = _same(entries[one.table], entries[other.table])
        if verdict == "same":
            links[root(other.table)] = root(one.table)
        elif verdict == "apart":
            apart.add(frozenset((one.table, other.table)))
        else:
            doubtful.append((one, other))
    for one, other in doubtful:
        roots = {root(one.table), root(other.table)}
        known = any({root(table) for table in pair} == roots for pair in apart)
        if len(roots) == 1 or known:
            continue
        question = Question(
            key=f"same {origins[one.table]} {origins[other.table]}",
            text=f"Are {origins[one.table]} and {origins[other.table]} statements of the same account? They have the "
            "same form, and neither their days nor their balances tell.",
            options=(
                Option(label="Yes, of the same account", value="yes"),
                Option(label="No, of two accounts", value="no"),
            ),
        )
        if settled(question, request) == "yes":
            links[root(other.table)] = root(one.table)
        else:
            apart.add(frozenset((one.table, other.table)))
    groups: dict[str, list[Statement]] = {}
    for one in by_first:
        groups.setdefault(root(one.table), []).append(one)
    return list(groups.values())


def _same(one: Sequence[Entry], other: Sequence[Entry]) -> Same:
    """Whether two exports of one form are of the same account, ``one`` beginning no later than the other.

    Days that both cover hold the same movements, but for the first and the last of them, which an export made at
    midday holds in part. Where they cover no day in common, one's balance goes on in the other.
    """
    first, last = max(_first(one), _first(other)), min(_last(one), _last(other))
    if first <= last:
        return _alike(_within(one, first, last), _within(other, first, last), first, last)
    before, after = best_opening(one), best_opening(other)
    if before is None or after is None:
        return "unknown"
    closing = before.amount + sum(entry.amount for entry in one)
    return "same" if closing == after.amount else "unknown"


Days = dict[date, Counter[object]]


def _alike(one: Days, other: Days, first: date, last: date) -> Same:
    common = sum((one.get(day, Counter()) & other.get(day, Counter())).total() for day in one)
    if not common:
        return "apart" if one and other else "unknown"
    for day in one.keys() | other.keys():
        mine, theirs = one.get(day, Counter()), other.get(day, Counter())
        within = mine <= theirs or theirs <= mine
        if mine != theirs and not (day in (first, last) and within):
            smaller = min(sum(map(Counter.total, one.values())), sum(map(Counter.total, other.values())))
            return "apart" if common * 2 < smaller else "unknown"
    return "same"


def _within(entries: Sequence[Entry], first: date, last: date) -> Days:
    found: Days = {}
    for entry in entries:
        if first <= entry.day <= last:
            found.setdefault(entry.day, Counter())[entry.amount] += 1
    return found


def _first(entries: Sequence[Entry]) -> date:
    return min(entry.day for entry in entries)


def _last(entries: Sequence[Entry]) -> date:
    return max(entry.day for entry in entries)


def _other_forms(
    statements: Sequence[Statement],
    entries: Mapping[str, Sequence[Entry]],
    origins: Mapping[str, str],
    request: Request,
    found: Grouped,
) -> None:
    """Files in different forms that hold the same movements: counted twice unless one is left aside."""
    for one, other in combinations(statements, 2):
        if one.shape == other.shape or {one.table, other.table} & found.left:
            continue
        mine = Counter((entry.day, entry.amount) for entry in entries[one.table])
        theirs = Counter((entry.day, entry.amount) for entry in entries[other.table])
        common = (mine & theirs).total()
        if common < ENOUGH_ALIKE or common * 2 < min(mine.total(), theirs.total()):
            continue
        kept, gone = (one, other) if mine.total() >= theirs.total() else (other, one)
        question = Question(
            key=f"copy {origins[gone.table]}",
            text=f"{common} movements of {origins[gone.table]} stand in {origins[kept.table]}, too, in another form. "
            f"Shall I leave {origins[gone.table]} aside?",
            options=(
                Option(label=f"Yes, {origins[kept.table]} has them all", value="yes"),
                Option(label="No, they are movements of different accounts", value="no"),
            ),
        )
        if settled(question, request) == "yes":
            found.left.add(gone.table)
            found.said.append(f"{origins[gone.table]} is left aside, as {origins[kept.table]} has its movements")


def _agree(part: Sequence[Statement], entries: Mapping[str, Sequence[Entry]], found: Grouped) -> None:
    """Keep the columns of words in which overlapping exports agree: one that differs would make one movement two."""
    for one, other in combinations(part, 2):
        if one.texts != other.texts:
            continue
        first = max(_first(entries[one.table]), _first(entries[other.table]))
        last = min(_last(entries[one.table]), _last(entries[other.table]))
        for place, column in enumerate(one.texts):
            mine, theirs = (
                Counter(
                    (entry.account, entry.day, entry.amount, entry.texts[place])
                    for entry in entries[table.table]
                    if first < entry.day < last
                )
                for table in (one, other)
            )
            if mine != theirs:
                for table in part:
                    kept = found.texts.get(table.table, table.texts)
                    found.texts[table.table] = tuple(name for name in kept if name != column)
                found.said.append(f"{column} is left aside, as exports of the same movements differ in it")


def _labels(groups: Sequence[Sequence[str]]) -> list[str]:
    """A name for each account: the words that the names of its files share, without dates."""
    found = []
    for names in groups:
        spoken = [_spoken(name) for name in names]
        shared = [word for word in spoken[0] if all(word in other for other in spoken)]
        found.append(" ".join(shared) or names[0])
    return [label if found.count(label) == 1 else " ".join(names) for label, names in zip(found, groups, strict=True)]


def _spoken(name: str) -> list[str]:
    kept = [word for word in re.split(r"[\W_]+", name) if word and not any(letter.isdigit() for letter in word)]
    return [word for word in kept if not re.fullmatch(MONTHS, word.casefold())]


def telling_words(label: str) -> frozenset[str]:
    """Words of an account's name that name it in other accounts' movements."""
    return frozenset(word for word in words_of(label) if len(word) >= 4 and word.isalpha()) - PLAIN_BANK_WORDS
