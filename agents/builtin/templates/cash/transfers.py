"""Transfers between the accounts, paired one to one where amounts are equal within days, so that they net to 0."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, text
from agents.builtin.pipelines.reconcile.evidence import count_if
from agents.builtin.templates.cash.links import DAYS, DAYS_ONE_SIDED
from agents.builtin.templates.cash.movements import MOVEMENT
from agents.builtin.templates.cash.plan import Plan
from agents.builtin.templates.cash.words import MONTHS, OWN, TAX
from spec.base import JsonValue

_TRANSFERS = """
SELECT p.account AS account, p.day AS day, p.to_account AS to_account, p.to_day AS to_day, p.size AS amount,
       CAST(p.amount + p.to_amount AS DECIMAL(18,2)) AS net, p.text AS text, p.to_text AS to_text, p.place AS place
FROM pairs p
UNION ALL
SELECT f.account, f.day, CAST(NULL AS VARCHAR), CAST(NULL AS DATE), abs(f.amount), f.amount, f.text,
       CAST(NULL AS VARCHAR), f.place
FROM flows f WHERE f.kind = 'moved elsewhere'
"""
_BOTH_SIDES = """
SELECT account, day, amount, text, place, TRUE AS within FROM pairs
UNION ALL
SELECT to_account, to_day, to_amount, to_text, to_place, TRUE FROM pairs
"""
_KIND = (
    "CASE WHEN within THEN 'between own accounts' WHEN is_tax THEN 'vat' WHEN says_own THEN 'moved elsewhere' "
    "WHEN amount > 0 THEN 'in' ELSE 'out' END"
)


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _matches(value: str, pattern: str) -> exp.Expr:
    return exp.RegexpLike(this=name(value), expression=_text(pattern))


def _replaced(value: exp.Expr, pattern: str, by: str = " ") -> exp.Expr:
    return exp.RegexpReplace(this=value, expression=_text(pattern), replacement=_text(by), modifiers=_text("g"))


def write_transfers(draft: Draftsman, plan: Plan) -> None:
    """``flows``: each movement with its kind and its party; ``transfers``: pairs, and what found no partner."""
    plain = exp.Anonymous(this="strip_accents", expressions=[exp.Lower(this=name("text"))])
    draft.step("worded", "derive", "movements", columns={"plain": text(plain)})
    party = _replaced(_replaced(_replaced(name("plain"), r"\S*\d\S*"), MONTHS), r"[^\pL]+")
    tax = _matches("plain", TAX)
    known = exp.Case(ifs=[exp.If(this=name("is_tax"), true=_text("vat"))], default=exp.Trim(this=party))
    draft.step(
        "told",
        "derive",
        "worded",
        columns={"says_own": text(_matches("plain", OWN)), "is_tax": text(tax), "names_own": text(_names(plan))},
    )
    draft.step("partied", "derive", "told", columns={"party": text(known)})
    if len(plan.accounts) > 1:
        _pairs(draft, one_sided=plan.one_sided)
        within: exp.Expr = exp.Coalesce(this=name("within"), expressions=[exp.false()])
        draft.step("between", "sql", "pairs", query=_BOTH_SIDES.strip())
        draft.step("marked", "join", "partied", "between", how="left", on=list(MOVEMENT), take=["within"])
        draft.step("joined", "derive", "marked", columns={"within": text(within)})
    else:
        draft.step("joined", "derive", "partied", columns={"within": "FALSE"})
    columns: dict[str, JsonValue] = {column: column for column in ("account", "day", "amount", "text", "place", "file")}
    draft.step("flows", "select", "joined", columns={**columns, "kind": _KIND, "party": "party"})
    draft.check(
        "conserve",
        "flows",
        params={"measure": "sum(amount)", "from": "movements"},
        note="All money that moved has a kind, and none twice.",
    )
    if len(plan.accounts) > 1:
        draft.step("transfers", "sql", "pairs", "flows", query=_TRANSFERS.strip())
        draft.step("transfers_alone", "filter", "transfers", where=[name("to_account").is_(exp.null())])
        draft.check(
            "range",
            "pairs",
            params={"column": "net", "min": 0, "max": 0},
            note="What leaves one account of yours arrives on another one to the cent.",
        )
        kinds = text(count_if(exp.EQ(this=name("kind"), expression=_text("between own accounts"))))
        draft.check(
            "reconcile",
            "flows",
            params={"value": kinds, "to": "pairs", "to_value": "2 * count(*)"},
            note="Each transfer has two sides.",
        )


def _names(plan: Plan) -> exp.Expr:
    """Whether a movement's words name another account: by its number, or by words that no other movement has."""
    told = exp.Case()
    any_ = False
    for label in sorted(plan.names):
        tests: list[exp.Expr] = []
        for other, (number, words) in sorted(plan.names.items()):
            telling = sorted(words - plan.names[label][1]) if other != label else []
            if telling:
                tests.append(_matches("plain", rf"\b(?:{'|'.join(telling)})\b"))
            if number and other != label:
                compact = _replaced(exp.Upper(this=name("plain")), "[^A-Z0-9]", "")
                tests.append(exp.Contains(this=compact, expression=_text(number)))
        if tests:
            any_ = True
            told = told.when(exp.EQ(this=name("account"), expression=_text(label)), exp.or_(*tests))
    return told.else_(exp.false()) if any_ else exp.false()


def _pairs(draft: Draftsman, *, one_sided: bool) -> None:
    """``pairs``: both sides call it a transfer; with an answer of the owner's also where only one side does."""
    marked = exp.or_(name("says_own"), name("names_own"))
    draft.step("candidates", "filter", "partied", where=[marked])
    _sides(draft, "candidates", "sent", "arrived")
    pairs = [_matched(draft, "both_say", "sent", "arrived", DAYS)]
    if one_sided:
        _sides(draft, "candidates.rest", "paid", "got")
        draft.step("sent_left", "select", "both_say.left_rest", columns=_columns(""))
        draft.step("arrived_left", "select", "both_say.right_rest", columns=_columns("to_"))
        pairs.append(_matched(draft, "sender_says", "sent_left", "got", DAYS_ONE_SIDED))
        pairs.append(_matched(draft, "receiver_says", "paid", "arrived_left", DAYS_ONE_SIDED))
    paired = draft.step("paired", "union", *pairs) if len(pairs) > 1 else pairs[0]
    net = "CAST(amount + to_amount AS DECIMAL(18,2))"
    # An amount that comes back to its own account is no transfer between two.
    apart = exp.NEQ(this=name("account"), expression=name("to_account"))
    draft.step("pairs_apart", "filter", paired, where=[apart])
    draft.step("pairs", "derive", "pairs_apart", columns={"net": net})


def _columns(lead: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {f"{lead}{column}": f"{lead}{column}" for column in MOVEMENT}
    return found | {f"{lead}size": f"{lead}size", f"{lead}other": f"{lead}other"}


def _sides(draft: Draftsman, of: str, sent: str, arrived: str) -> None:
    zero = exp.Literal.number(0)
    for id_, lead, where in (
        (sent, "", exp.LT(this=name("amount"), expression=zero)),
        (arrived, "to_", exp.GT(this=name("amount"), expression=zero.copy())),
    ):
        columns: dict[str, JsonValue] = {f"{lead}{column}": column for column in MOVEMENT}
        draft.step(
            id_,
            "select",
            of,
            columns=columns | {f"{lead}size": "abs(amount)", f"{lead}other": "account"},
            where=[where],
        )


def _matched(draft: Draftsman, id_: str, left: str, right: str, days: int) -> str:
    draft.step(
        id_,
        "match",
        left,
        right,
        amount={"left": "size", "right": "to_size", "within": "0"},
        days={"left": "day", "right": "to_day", "within": days},
    )
    kept: dict[str, JsonValue] = {column: column for column in MOVEMENT}
    kept |= {f"to_{column}": f"to_{column}" for column in MOVEMENT}
    return draft.step(f"{id_}_pairs", "select", id_, columns=kept | {"size": "size"})
