"""Questions to one table alone, as an export of orders is: who, what and how much are columns of it.

"Who is our best customer", "how many mugs did we sell", "best month" are put in the words of that table, where it has
one column of people, one of money, one of pieces. With two of a kind, each is tried, and which one is meant is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.everyday.holdings import holdings
from agents.builtin.everyday.moneyways import moneyways
from agents.builtin.everyday.payslips import payslips
from agents.builtin.everyday.shelves import shelves
from agents.builtin.language.lexicon import PEOPLE
from agents.builtin.language.words import plural, singular, stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import rows_noun
from agents.builtin.schema.choose import adds_up_over, date_columns
from agents.builtin.schema.graph import Col, Schema

_MOST = r"(?P<most>most|least)"
_BEST = r"(?P<best>best|top|biggest|largest|greatest|worst|smallest|weakest|strongest)"
_LOW = frozenset({"least", "worst", "smallest", "weakest"})
_REST = r"(?P<rest>(?: (?:in|of|for|from|during|since|this|last|ever|so far|overall)\b[^?]*)?)[ ?.!]*$"
_OURS = r"(?:(?:the|our|my) )?"
_WHO_MOST = re.compile(
    rf"^who (?:has |have |had )?(?P<deed>paid|spent|spends|pays|bought|buys|ordered|orders|booked|books|brought in)"
    rf"(?: us)?(?: the)? {_MOST}(?: money)?{_REST}",
    re.IGNORECASE,
)
_IS_BEST = re.compile(
    rf"^(?:(?:who|which|what)(?:'s| is| was| are| were)? )?{_OURS}{_BEST}(?:[- ]selling)? (?P<what>[\w-]+?){_REST}",
    re.IGNORECASE,
)
_SELLS = re.compile(
    rf"^(?:which|what) (?P<what>[\w-]+)(?: (?:do|did) we)? (?:sells|sold|sell|is selling|are selling|go|goes)(?: the)? "
    rf"(?P<best>best|most|worst|least){_REST}",
    re.IGNORECASE,
)
_BEST_TIME = re.compile(
    rf"^(?:(?:which|what)(?:'s| is| was)? )?{_OURS}{_BEST} (?P<unit>day|week|month|quarter|year){_REST}", re.IGNORECASE
)
_BOUGHT = re.compile(
    r"^who (?:has |have |had |all )?(?:ever |also )?(?:bought|ordered|purchased|booked|took|got|hired|rented) "
    r"(?P<what>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_HOW_MANY_SOLD = re.compile(
    r"^how many (?P<what>[^?]+?) (?:did we sell|have we sold|were sold|was sold|got sold|sold|did we ship|were shipped|"
    rf"went out|did we order|were ordered){_REST}",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(
    rf"^how much (?:money )?(?:did we|have we|do we) (?:sell|sold|earn|earned|bill|billed|invoice|invoiced|turn over)"
    rf"(?: for)?{_REST}",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"^(?:who|which (?P<what>[\w-]+)|(?P<plain>[\w-]+) (?:who|that)) (?:has |have )?(?:only |just )?(?:ordered|bought|"
    r"booked|came|come|visited|been|stayed|paid|returned|rented|hired)(?: (?:here|(?:with|from|to|at) us))? "
    r"(?:only |just |exactly )?(?P<often>(?:more than )?(?:once|twice)|at least twice|(?:more than )?\d+ times)"
    rf"{_REST}",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"^how much (?:money )?(?:do|did|have) we (?:usually )?(?:spend|spent|pay|paid)(?: out)? "
    r"(?P<how>on|at|with|for|to|in|by) (?P<what>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_SPENDING = re.compile(r"\b(?:total )?(?:spendings?|spend|expenditures?|outgoings)\b", re.IGNORECASE)
_RHYTHM = re.compile(
    r"^(?:the |our )?(?P<average>(?:average|typical|usual) )?(?P<rhythm>monthly|weekly|daily|quarterly|yearly) "
    rf"(?:spendings?|spend|expenditures?|outgoings){_REST}",
    re.IGNORECASE,
)
_TOTAL_BY = re.compile(
    r"^(?:the )?(?:totals?|sums?)(?: amount)?(?: of (?:it|them|all))? (?P<by>(?:by|per) [^?]+?)[ ?.!]*$", re.IGNORECASE
)
_OWES = re.compile(
    rf"^(?:who (?:still )?(?:owes|owe)(?: us)?(?: (?:any )?(?:money|what|how much))*{_REST}|"
    r"how much (?:money )?(?:does|do|did) (?P<who>[^?]+?) (?:still )?owe(?: us)?[ ?.!]*$)",
    re.IGNORECASE,
)
_BESIDE = frozenset(
    "pay paid received refunded refund vat tax fee discount deposit tip shipping postage balance due".split()
)
"""Money that is a part of another, or what became of it: not what rows come to where a column beside it says so."""
_PIECES = frozenset("qty quantity pieces units pcs items".split())


@dataclass(frozen=True)
class _Sheet:
    """The columns of the one table, as they are said: people, what is sold, money, pieces."""

    table: str
    rows: str
    people: tuple[str, ...]
    money: tuple[str, ...]
    pieces: tuple[str, ...]
    dated: bool


def flatly(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table; nothing where there are more, or none of the forms is met."""
    sheet = _sheet(schema)
    if sheet is None:
        return []
    plain = _rows_called(text.strip(), sheet, schema, linker)
    for form in (
        _most_money,
        _best_thing,
        _best_time,
        _who_bought,
        _pieces_sold,
        _sales,
        _so_often,
        _spent,
        _totals,
        _owed,
    ):
        found = form(plain, sheet, schema, linker)
        if found:
            return found
    return [plain] if plain != text.strip() else []


def by_kind(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table, by what sort of list that is; nothing where none of them fits."""
    sheet = _sheet(schema)
    if sheet is None:
        return []
    plain = _rows_called(text, sheet, schema, linker)
    for ways in (moneyways, shelves, payslips, holdings):
        told = ways(plain, sheet.table, schema, linker)
        if told:
            return told
    return []


def _rows_called(text: str, sheet: _Sheet, schema: Schema, linker: Linker) -> str:
    """As in "transactions" where columns are called transaction date and transaction type: rows, and no day of them."""
    firsts = [column.words[0] for column in schema.of(sheet.table) if len(column.words) > 1]

    def told(found: re.Match[str]) -> str:
        word = found[0].lower()
        one = singular(word)
        if one == word or firsts.count(one) < _SEVERAL or linker.table_of(word):
            return found[0]
        return sheet.rows

    return re.sub(r"\b[a-z]+s\b", told, text)


_SEVERAL = 3
"""So many columns begin with what the rows are."""


def _sheet(schema: Schema) -> _Sheet | None:
    real = [table for table in schema.tables if table not in schema.roles]
    if len(real) != 1:
        return None
    columns = schema.of(real[0])
    people = [c for c in columns if c.kind == "text" and not c.unique and PEOPLE & {stem(word) for word in c.words}]
    money = [c for c in columns if adds_up_over(schema, c)]
    money = [c for c in money if not _BESIDE & set(c.words)] or money
    pieces = [c for c in columns if c.kind == "number" and not c.is_id and _PIECES & set(c.words)]
    dated = bool(date_columns(schema, real[0]))
    return _Sheet(real[0], rows_noun(schema, real[0]), _said(people), _said(money), _said(pieces), dated)


def _said(columns: list[Col]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _most_money(text: str, sheet: _Sheet, _schema: Schema, _linker: Linker) -> list[str]:
    found = _WHO_MOST.match(text)
    if found is None or len(sheet.people) != 1:
        return []
    most = "lowest" if found["most"].lower() in _LOW else "highest"
    money = [f"which {sheet.people[0]} has the {most} total {one}{found['rest']}, and how much" for one in sheet.money]
    if found["deed"].lower() in {"paid", "pays", "spent", "spends", "brought in"}:
        return money
    often = "fewest" if most == "lowest" else "most"
    return [*money, f"which {sheet.people[0]} has the {often} {sheet.rows}{found['rest']}, and how many"]


def _best_thing(text: str, sheet: _Sheet, schema: Schema, linker: Linker) -> list[str]:
    for pattern in (_IS_BEST, _SELLS):
        found = pattern.match(text)
        if found is None:
            continue
        column = _column(found["what"], sheet, schema, linker)
        most = "lowest" if found["best"].lower() in _LOW else "highest"
        if column is None and len(sheet.money) > 1 and linker.table_of(found["what"].lower()) == sheet.table:
            return [f"{sheet.rows} with the {most} {one}{found['rest']}" for one in sheet.money]
        if column is None:
            continue
        if singular(found["what"]) != found["what"]:
            return []
        # A customer is best by what is paid; what is sold may be so by pieces, too.
        by = sheet.money if column in sheet.people else (*sheet.money, *sheet.pieces)
        return [f"which {column} has the {most} total {one}{found['rest']}, and how much" for one in by]
    return []


def _best_time(text: str, sheet: _Sheet, _schema: Schema, _linker: Linker) -> list[str]:
    found = _BEST_TIME.match(text)
    if found is None or not sheet.dated:
        return []
    most = "lowest" if found["best"].lower() in _LOW else "highest"
    return [f"which {found['unit']} has the {most} total {one}{found['rest']}, and how much" for one in sheet.money]


def _who_bought(text: str, sheet: _Sheet, _schema: Schema, linker: Linker) -> list[str]:
    found = _BOUGHT.match(text)
    if found is None or len(sheet.people) != 1:
        return []
    what = re.sub(r"^(?:an?|the|any|some) ", "", found["what"], flags=re.IGNORECASE)
    stored = linker.values(re.split(r" (?:in|on|during|since|but|and|or)\b", what)[0], quoted=False, capital=False)
    return [f"{plural(sheet.people[0])} who bought {found['what']}"] if stored else []


def _pieces_sold(text: str, sheet: _Sheet, _schema: Schema, linker: Linker) -> list[str]:
    found = _HOW_MANY_SOLD.match(text)
    if found is None or len(sheet.pieces) != 1:
        return []
    what = re.sub(r"^(?:of )?(?:the|our) ", "", found["what"], flags=re.IGNORECASE)
    words = [what, " ".join(singular(word) for word in what.split())]
    if not any(linker.values(one, quoted=False, capital=False) for one in words):
        return [f"total {sheet.pieces[0]}{found['rest']}"] if stem(what) in {stem(one) for one in _PIECES} else []
    return [f"total {sheet.pieces[0]} of {what}{found['rest']}"]


def _sales(text: str, sheet: _Sheet, _schema: Schema, _linker: Linker) -> list[str]:
    found = _HOW_MUCH.match(text)
    return [f"total {one}{found['rest']}" for one in sheet.money] if found is not None else []


def _so_often(text: str, sheet: _Sheet, schema: Schema, linker: Linker) -> list[str]:
    found = _ONCE.match(text)
    noun = (found["what"] or found["plain"]) if found is not None else None
    column = _column(noun, sheet, schema, linker) if noun else next(iter(sheet.people), None)
    if found is None or column is None or (not noun and len(sheet.people) != 1):
        return []
    often = re.sub(r"\btwice$", "2", re.sub(r"\bonce$", "1", found["often"].lower())).removesuffix(" times")
    often = often if " " in often else f"exactly {often}"
    return [f"{plural(column)} with {often} {sheet.rows}{found['rest']}"]


def _spent(text: str, sheet: _Sheet, _schema: Schema, linker: Linker) -> list[str]:
    found = _SPENT.match(text)
    if found is None or linker.phrase(("spend",)):
        return []
    return [f"total {one} {found['how']} {found['what']}" for one in sheet.money]


def _totals(text: str, sheet: _Sheet, _schema: Schema, linker: Linker) -> list[str]:
    """As in "total by category", "spending per month": of the money that there is."""
    found = _TOTAL_BY.match(text)
    if found is not None and not linker.phrase(("total",)):
        return [f"total {one} {found['by']}" for one in sheet.money]
    said = _SPENDING.search(text)
    if said is None or re.match(r"how much|who|which|what", text, re.IGNORECASE):
        return []
    if any(linker.phrase((word,)) for word in said[0].lower().split()):
        return []
    rhythm = _RHYTHM.match(text)
    if rhythm is not None:
        unit = {"daily": "day"}.get(rhythm["rhythm"].lower(), rhythm["rhythm"].lower().removesuffix("ly"))
        average = "average " if rhythm["average"] else ""
        return [f"{average}total {one} per {unit}{rhythm['rest']}" for one in sheet.money]
    return [_SPENDING.sub(f"total {one}", text) for one in sheet.money]


def _owed(text: str, sheet: _Sheet, _schema: Schema, linker: Linker) -> list[str]:
    """As in "who owes us": what is unpaid, which is asked about where the data calls it otherwise."""
    found = _OWES.match(text)
    if found is None or len(sheet.people) != 1 or linker.phrase(("owe",)):
        return []
    who = f" of {found['who']}" if found["who"] else f" by {sheet.people[0]}"
    return [f"total {one} of unpaid {sheet.rows}{who}{found['rest'] or ''}" for one in sheet.money]


def _column(noun: str, sheet: _Sheet, schema: Schema, linker: Linker) -> str | None:
    """The one text column of the table that is called so."""
    links = [link for link in linker.phrase((noun.lower(),)) if link.kind == "column" and link.table == sheet.table]
    named = {link.column for link in links if schema.columns[link.ref].kind == "text"}
    return named.pop() if len(named) == 1 else None
