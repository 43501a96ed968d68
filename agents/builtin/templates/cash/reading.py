"""A statement's rows in the form that all share: the account, the day, one amount with a sign, the words."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import among, name
from agents.builtin.templates.cash.roles import Statement
from agents.builtin.templates.cash.words import STATED

AMOUNT = "DECIMAL(18,2)"


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _zero() -> exp.Expr:
    return exp.Literal.number(0)


def account_of(statement: Statement, label: str) -> exp.Expr:
    """The account of each row: what the statement says, else the label."""
    return exp.Trim(this=exp.cast(name(statement.account), "VARCHAR")) if statement.account else _text(label)


def amount_of(statement: Statement) -> exp.Expr:
    """Money in above zero, money out below; empty where the row has none."""
    if statement.amount is None:
        assert statement.into
        assert statement.out
        into, out = name(statement.into), name(statement.out)
        value: exp.Expr = exp.Sub(
            this=exp.Coalesce(this=into, expressions=[_zero()]),
            expression=exp.Abs(this=exp.Coalesce(this=out, expressions=[_zero()])),
        )
        none = exp.and_(into.copy().is_(exp.null()), out.copy().is_(exp.null()))
        value = exp.Case(ifs=[exp.If(this=none, true=exp.null())], default=value)
    elif statement.direction:
        outgoing = among(name(statement.direction), statement.outgoing)
        value = exp.Case(
            ifs=[exp.If(this=outgoing, true=exp.Neg(this=name(statement.amount)))], default=name(statement.amount)
        )
    else:
        value = name(statement.amount)
    if statement.fee:
        fee = exp.Abs(this=exp.Coalesce(this=name(statement.fee), expressions=[_zero()]))
        value = exp.Sub(this=exp.Paren(this=value), expression=fee)
    return exp.cast(value, AMOUNT)


def text_of(columns: tuple[str, ...]) -> exp.Expr:
    """All words of a row with single spaces between them, never empty of type."""
    if not columns:
        return _text("")
    filled = [exp.Coalesce(this=name(column), expressions=[_text("")]) for column in columns]
    whole: exp.Expr = filled[0]
    for one in filled[1:]:
        whole = exp.DPipe(this=exp.DPipe(this=whole, expression=_text(" ")), expression=one)
    spaced = exp.RegexpReplace(this=whole, expression=_text(r"\s+"), replacement=_text(" "), modifiers=_text("g"))
    return exp.Trim(this=spaced)


def left_out_of(statement: Statement, currency: str | None) -> exp.Expr:
    """Why a row is no movement that counts; empty for those that are."""
    told = exp.Case().when(name(statement.day).is_(exp.null()), _text("no day"))
    stated = exp.RegexpLike(
        this=exp.Anonymous(this="strip_accents", expressions=[exp.Lower(this=text_of(statement.texts))]),
        expression=_text(STATED),
    )
    told = told.when(stated, _text("a balance, no movement"))
    told = told.when(amount_of(statement).is_(exp.null()), _text("no amount"))
    if statement.open_states:
        assert statement.state
        told = told.when(among(name(statement.state), statement.open_states), _text("not booked"))
    if currency and statement.currency and set(statement.currencies) - {currency}:
        code = exp.Upper(this=exp.Trim(this=name(statement.currency)))
        told = told.when(exp.NEQ(this=code, expression=_text(currency)), _text("another currency"))
    return told.else_(exp.cast(exp.null(), "VARCHAR"))
