"""Which column is meant where the words leave it open: an event's date, a sale's amount, a thing's name."""

from __future__ import annotations

import re

from agents.builtin.language.abbreviations import shortens
from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import singular, split_name, stem
from agents.builtin.meaning import Ref
from agents.builtin.schema.graph import Col, Schema

_AUDIT = frozenset(
    {"created", "updated", "modified", "inserted", "loaded", "crtd", "changed", "deleted", "synced", "timestamp"}
)
MONEY = (
    "total",
    "amount",
    "revenue",
    "sales",
    "price",
    "value",
    "cost",
    "payment",
    "paid",
    "spend",
    "turnover",
    "sum",
    "fee",
    "pay",
    "net",
    "gross",
    "charge",
    "fare",
)
_IN_CENTS = frozenset("ct cts cent cents pence".split())
_CURRENCIES = frozenset("eur euro euros usd dollar dollars gbp pounds chf dkk nok sek pln czk".split())
_ALWAYS_MONEY = frozenset("price cost fee fare charge revenue turnover".split())
_SUMS = frozenset("amount net gross total sum value".split())
_FLOWS = frozenset(
    stem(w)
    for w in "payment invoice bill receipt expense donation refund payout deposit purchase sale transaction".split()
)
ADDITIVE = frozenset(
    stem(w)
    for w in (
        "revenue sales spend spending income amount profit quantity turnover earning payment takings "
        "units total cost expense volume hours"
    ).split()
)
# A day of birth dates nobody's coming, and is used where it is spoken of.
BIRTHS = frozenset({"birth", "born", "birthday", "birthdate", "dob"})
# When rows come about, and when something is only meant to happen.
_BEGIN_WORDS = (
    "booked ordered issued started start placed opened sent shipped requested reported joined registered signup "
    "signed hired purchased sold paid received submitted filed since logged played visited begin began in arrived"
).split()
BEGINNINGS = frozenset(stem(w) for w in _BEGIN_WORDS)
_PLANNED = frozenset(
    stem(w) for w in "due expected estimated planned promised eta deadline expiry expires renewal".split()
)
# What happens to a row after it came about: a day of it is meant only where it is said.
LATER = frozenset(
    stem(w)
    for w in (
        "end finish close complete return deliver paid pay settle resolve collect cancel expire done do cash "
        "reimburse refund back"
    ).split()
)
_LABELS = ("name", "title", "label", "full name", "symbol", "subject")


# Texts that are each row's own and by which nobody calls it.
_NO_LABEL = frozenset(
    "id key code number no nr email mail phone telephone mobile fax address street url web website iban vat sku ean "
    "isbn note comment remark password hash token zip postcode uuid guid reference plate serial".split()
)


def label_columns(schema: Schema, table: str) -> list[Ref]:
    """The columns by which people know a row: its name or title, first and last name, else its key.

    A name that many rows share, as the model of a bicycle, is shown behind the key by which others refer to the row.
    """
    found = called(schema, table)
    keys = [(table, name) for name in schema.keys.get(table, ())]
    if len(found) != 1 or not keys or found[0] in keys:
        return found
    stats = schema.columns[found[0]].stats
    referred = any(schema.real(join.parent) == schema.real(table) for join in schema.joins)
    shared = referred and stats.rows >= _MANY_ROWS and 0 < stats.distinct < stats.rows / 2
    return [*keys, *found] if shared else found


_MANY_ROWS = 20


def called(schema: Schema, table: str) -> list[Ref]:
    """As ``label_columns``, whether or not what rows are called tells them apart."""
    columns = schema.of(table)
    first = next((c for c in columns if c.core == ("first", "name")), None)
    last = next((c for c in columns if c.core == ("last", "name")), None)
    plain = next((c for c in columns if c.core == ("name",) and c.kind == "text"), None)
    if plain is not None and (first is None) != (last is None):
        return [plain.ref, last.ref] if last is not None else [first.ref, plain.ref] if first is not None else []
    for label in _LABELS:
        for column in columns:
            if column.kind == "text" and " ".join(column.core) == label:
                return [column.ref]
    if first and last:
        return [first.ref, last.ref]
    for column in columns:
        if (
            column.kind == "text"
            and column.core[-1:]
            and column.core[-1] in {"name", "title"}
            and not _points_elsewhere(schema, column)
        ):
            return [column.ref]
    owner = {stem(w) for w in schema.tables.get(table, ())}
    for column in columns:
        if column.kind == "text" and {stem(w) for w in column.words} == owner:
            return [column.ref]
    own = next((c for c in columns if not _NO_LABEL & set(c.words) and _tells_apart(schema, c)), None)
    if own is not None:
        return [own.ref]
    keys = [(table, name) for name in schema.keys.get(table, ())]
    placed = next((c for c in columns if _is_address(c)), None)
    if keys:
        # A site without a name goes by where it is; the key tells two flats of one house apart.
        return [*keys, placed.ref] if placed is not None else keys
    return [columns[0].ref] if columns else []


def _is_address(column: Col) -> bool:
    """Whether a text column says where each row is, alike for few of them."""
    stats, words = column.stats, set(column.words)
    if column.kind != "text" or column.unread or not words & {"address", "street"} or words & _ELECTRONIC:
        return False
    return stats.filled == stats.rows and stats.distinct >= stats.rows / 2


_ELECTRONIC = frozenset("email mail web ip mac url".split())


def _tells_apart(schema: Schema, column: Col) -> bool:
    """Whether a text column has a text of its own for nearly every row."""
    stats = column.stats
    return (
        column.kind == "text"
        and not column.unread
        and stats.filled == stats.rows
        and stats.distinct >= 0.9 * stats.rows
        and not _points_elsewhere(schema, column)
    )


def _points_elsewhere(schema: Schema, column: Col) -> bool:
    return any(join.table == column.table and column.name in join.columns for join in schema.joins)


def date_columns(schema: Schema, table: str) -> list[Col]:
    """Columns that can date a row, the likeliest first; bookkeeping stamps only when there is nothing else."""
    dates = [c for c in schema.of(table) if c.kind == "date"]
    business = [c for c in dates if not _is_bookkeeping(schema, c)] or dates
    business = [c for c in business if not BIRTHS & set(c.words)] or business
    business = [c for c in business if not _of_whom(schema, c)] or business
    return sorted(business, key=lambda column: (_date_rank(schema, column), len(column.words)))


_HIRED = frozenset({"hire", "hired", "hiring"})


def _of_whom(schema: Schema, column: Col) -> bool:
    """Whether a date is a fact about whom rows name time and again: in a payroll, since when somebody works there."""
    if not _HIRED & set(column.words) or column.stats.distinct * 2 > column.stats.filled:
        return False
    return any("employee" in one.words and not one.unique for one in schema.of(column.table))


def _is_bookkeeping(schema: Schema, column: Col) -> bool:
    """As created_at; of start_ts the last word says only that it holds the time as well."""
    words = set(column.words)
    return bool(words & _AUDIT) and (
        bool(words & _AUDIT - {"timestamp"}) or words <= {"timestamp", *schema.tables[column.table]}
    )


def unread_days(schema: Schema, table: str) -> list[Col]:
    """Columns that hold days in a form that cannot be read, and that would date a row no less than those that can."""
    dates = date_columns(schema, table)
    least = _date_rank(schema, dates[0]) if dates else _LAST_RANK
    unread = [c for c in schema.of(table) if c.unread and not _is_bookkeeping(schema, c)]
    return [c for c in unread if _date_rank(schema, c) <= least]


def _date_rank(schema: Schema, column: Col) -> int:
    """Lowest for the day of the thing itself, then what began, then others; last what came after or is planned."""
    words = {stem(w) for w in column.words}
    owner = {stem(w) for w in schema.tables[column.table]}
    if words <= {"dat", "date", "tim", "time", "datetim", "day"} | owner or words & owner:
        return 0
    if is_payday(schema, column):
        return 0
    if sets_out(schema, column):
        return 1
    return 1 if _begins(column) else 4 if words & _PLANNED else 3 if words & LATER else 2


_PAID_ON = frozenset({"check", "cheque", "pay", "payment", "paid", "payday"})


def is_payday(schema: Schema, column: Col) -> bool:
    """Whether that is the day on which what a payslip says is paid; of the days of a payslip it is the one that counts.

    The days between which the work was done are those of a period.
    """
    if not _PAID_ON & set(column.words) or "period" in column.words:
        return False
    return any(one.kind == "number" and "gross" in one.words for one in schema.of(column.table))


_LAST_RANK = 4


def is_planned(column: Col) -> bool:
    """Whether a date says when something is meant to happen."""
    return column.kind == "date" and bool({stem(w) for w in column.words} & _PLANNED)


_SENT = frozenset(stem(word) for word in "ship shipped dispatch dispatched send sent despatched".split())
_DUE = frozenset(stem(word) for word in "due deadline".split())


_FINISHED = frozenset(stem(word) for word in "finished completed done delivered".split())
_ACTUAL = frozenset(stem(word) for word in "actual act real really actually".split())


def _is_what_came_of(planned: Col, other: Col) -> bool:
    """As "delivery actual" beside "delivery planned": the same day, once as it was to be and once as it was."""
    said = {stem(word) for word in other.words}
    return bool(said & _ACTUAL) and said - _ACTUAL == {stem(w) for w in planned.words} - _PLANNED


def due_days(schema: Schema, table: str) -> tuple[Col, Col] | None:
    """The day for which a table's rows were planned and that on which they were done, where there is one of each.

    What is due to leave is done with when it is sent, where no day says that it was finished, and another says when it
    came in.
    """
    days = [column for column in schema.of(table) if column.kind == "date"] if table else []
    planned = [column for column in days if is_planned(column)]
    twins = [(p, c) for p in planned for c in days if c is not p and _is_what_came_of(p, c)]
    if len(twins) == 1:
        return twins[0]
    done = [c for c in days if c not in planned and LATER & {stem(word) for word in c.words}]
    finished = [c for c in done if _FINISHED & {stem(word) for word in c.words}]
    done = finished if len(finished) == 1 else done
    if not done and len(planned) == 1 and _DUE & {stem(word) for word in planned[0].words}:
        sent = [c for c in days if c not in planned and _SENT & {stem(word) for word in c.words}]
        done = sent if len(days) > len(planned) + len(sent) else []
    return (planned[0], done[0]) if len(planned) == len(done) == 1 else None


_LEAVES_OFF = LATER | frozenset(
    stem(word) for word in "left leave retired discontinued terminated withdrawn scrapped resigned exit due".split()
)


def ends_rows(column: Col) -> bool:
    """Whether a date says when a thing ceased or came to its end, which is not the day of the thing."""
    return bool({stem(word) for word in column.words} & _LEAVES_OFF)


# Beginnings by their end only: a bicycle is out until it is back.
_SETS_OFF = frozenset(stem(w) for w in "out from pickup picked opened open".split())


def says_when(schema: Schema, column: Col) -> bool:
    """Whether a date is plainly when the row came about: it is called like its table, or like a beginning."""
    words = {stem(w) for w in column.words}
    return (
        is_event_date(schema, column)
        or _begins(column)
        or (
            bool({stem(w) for w in column.words} & _SETS_OFF)
            and any(other.span is not None and other.span[0] == column.name for other in schema.of(column.table))
        )
        or sets_out(schema, column)
        or is_payday(schema, column)
        or bool(words & {stem(w) for w in schema.tables[column.table]})
    )


_LEAVES = frozenset(stem(w) for w in "departure depart departed departing dep etd".split())
_ARRIVES = frozenset(stem(w) for w in "arrival arrive arrived arriving arr eta".split())


def sets_out(schema: Schema, column: Col) -> bool:
    """Whether rows begin with this day of two: a trip with its departure, a stay with its arrival, as the days say."""
    words = {stem(w) for w in column.words}
    if not words & (_LEAVES | _ARRIVES):
        return False
    other = _ARRIVES if words & _LEAVES else _LEAVES
    twin = next((c for c in schema.of(column.table) if c.kind == "date" and other & {stem(w) for w in c.words}), None)
    if twin is None or column.stats.low is None or twin.stats.low is None:
        return False
    return str(column.stats.low) < str(twin.stats.low)


def _begins(column: Col) -> bool:
    """Whether a date's name says that something began with it, also shortened as in bkd_dt."""
    words = {stem(w) for w in column.words}
    if words & LATER:
        return False
    if words & BEGINNINGS:
        return True
    return any(3 <= len(w) <= 4 and shortens(w, begin) for w in column.words for begin in _BEGIN_WORDS)


def is_event_date(schema: Schema, column: Col) -> bool:
    """Whether a date is when the row happened, as order_date is of an order, and not a fact about it, as hire_date."""
    owner = {stem(w) for w in schema.tables[column.table]}
    owner |= {other for word in owner for other in synonyms(word)} - LATER
    return {stem(w) for w in column.words} <= {
        "dat",
        "date",
        "tim",
        "time",
        "datetim",
        "day",
        "timestamp",
        "on",
        "at",
    } | owner


def main_measure(schema: Schema, table: str) -> Ref | None:
    """The one amount of money a table's rows are about; None when there is none or more than one might be."""
    scored, fees = [], []
    for column in schema.of(table):
        if column.kind != "number" or column.is_id or _points_elsewhere(schema, column):
            continue
        words = set(column.words)
        hits = [place for place, word in enumerate(MONEY) if word in words]
        hits = hits or [0] * ("worth" in words and column.product is not None)
        if hits and not words & {"tax", "discount", "unit", "fee", "commission", "cost", "percent"}:
            scored.append((hits[0], column.ref))
        elif hits and "fee" in words and not words & {"tax", "discount", "unit", "percent"}:
            fees.append(column.ref)
    scored.sort()
    if not scored:
        # Beside an amount a fee is a part of it or taken off it; alone it is what the rows come to.
        money = [column for column in schema.of(table) if is_money(column)]
        return fees[0] if len(fees) == len(money) == 1 else None
    if len(scored) > 1 and scored[0][0] == scored[1][0]:
        return None
    return scored[0][1]


def hinted_column(
    schema: Schema, table: str, hints: tuple[str, ...], *, kinds: frozenset[str] = frozenset({"number"})
) -> Ref | None:
    """The table's column that a hint names ("longest" hints at length), in the order of the hints."""
    if hints == ("date",):
        dates = date_columns(schema, table)
        if dates:
            return dates[0].ref
        year = next((c for c in schema.of(table) if c.core == ("year",)), None)
        return year.ref if year else None
    for hint in hints:
        wanted = stem(hint)
        for column in schema.of(table):
            stems = {stem(w) for w in column.core}
            if column.since:
                continue  # who is oldest, the day of birth says better than full years
            if wanted in stems and (column.kind in kinds or column.kind == "date"):
                return column.ref
    for hint in hints:
        for column in schema.of(table):
            stems = {stem(w) for w in column.core}
            if column.kind in kinds and stems & synonyms(stem(hint)):
                return column.ref
    if hints == ("age",):
        # What is old began long ago: a birth for the living, else the year or the day on which it began.
        began = [c for c in schema.of(table) if c.kind == "date" and {"birth", "dob", "born"} & set(c.words)]
        began += [c for c in schema.of(table) if {"founded", "built", "opened", "established"} & set(c.words)]
        return next((c.ref for c in began if c.kind in {"date", "number"}), None)
    return None


def is_additive(column: Col, spoken: str) -> bool:
    """Whether amounts in the column are added up when people speak of them: revenue is, a price or a rating is not."""
    if column.kind != "number" or column.is_id:
        return False
    return any(stem(word) in ADDITIVE for word in spoken.lower().split())


def counts_things(schema: Schema, column: Col) -> bool:
    """Whether whole numbers say how many of something each row of events is about, as bottles_opened: they add up.

    A name in the plural says so, in rows that belong to others; an age or a rating is in the singular.
    """
    whole = re.match(r"U?(?:TINY|SMALL|BIG|HUGE)?INT", column.type) is not None
    if column.kind != "number" or column.is_id or not whole or not _points_somewhere(schema, column.table):
        return False
    said = split_name(column.name)
    return any(singular(word) != word for word in said[-2:]) and not _LEVELS & set(said)


# How many there may be or are left at one time is no number that adds up over time.
_LEVELS = frozenset("per rate max min available left remaining free limit capacity stock status".split())


def _points_somewhere(schema: Schema, table: str) -> bool:
    return any(join.table == table for join in schema.joins)


def is_money(column: Col) -> bool:
    """Whether the column holds amounts of money: a decimal, or a number, that is called like one."""
    if column.kind != "number" or column.is_id:
        return False
    words = set(column.words)
    if not words & set(MONEY):
        return False
    whole = re.match(r"(?:U?(?:TINY|SMALL|BIG|HUGE)?INT)", column.type) is not None
    return not whole or _is_whole_money(column, words)


def _is_whole_money(column: Col, words: set[str]) -> bool:
    """Whether whole numbers are money too: prices of 49 and 120 are, a number of payments is not."""
    if words & (_IN_CENTS | _CURRENCIES):
        return True
    if words & {"number", "count", "num", "no", "qty"} or column.stats.high in {0, 1}:
        return False
    flows = {stem(word) for word in re.findall(r"[a-z]+", column.table.lower().replace("_", " "))} & _FLOWS
    return bool(words & _ALWAYS_MONEY) or (bool(words & _SUMS) and bool(flows))


def adds_up_over(schema: Schema, column: Col) -> bool:
    """Whether the money of many rows is one sum: of bookings that each have a price, not of units or price lists."""
    words = set(column.words)
    beside = {word for other in schema.of(column.table) for word in other.words}
    if not is_money(column) or words & {"unit", "rate", "per", "hourly", "daily"}:
        return False
    parents = {join.parent for join in schema.joins if join.table == column.table}
    alone = len(schema.tables) == 1  # a file of orders points at nothing
    happens = len(parents) > 1 or ((alone or bool(parents)) and bool(date_columns(schema, column.table)))
    return happens and not ("price" in words and "total" not in words and beside & {"quantity", "units", "qty"})


def tally_column(schema: Schema, table: str) -> Ref | None:
    """A column called count: each row of the table already stands for that many."""
    owner = "_".join(schema.tables[table])
    for column in schema.of(table):
        if column.kind == "number" and (
            column.core == ("count",) or column.name.casefold() in {"count", f"{owner}_count", f"num_{owner}"}
        ):
            return column.ref
    return None


_SALES = frozenset({stem("sale"), stem("sell")})
_INSIDE = {("quantity",), ("units",), ("unit",), ("pieces",), ("piece",), ("qty",), ("count",), ("number",)}


def counted_inside(schema: Schema, table: str, said: str) -> Ref | None:
    """The quantity that says how many of a thing one row is about: of "ticket sales" the tickets are inside.

    ``said`` is the noun of the question. None where it names the rows, or where not one column is such a quantity.
    """
    owner = [stem(word) for word in schema.tables[table]]
    words = {stem(word) for word in said.lower().split()}
    if len(owner) < 2 or owner[-1] not in _SALES or not words or not words <= set(owner[:-1]):
        return None  # an order of a kiln may be one for its use
    held = [column.ref for column in schema.of(table) if column.kind == "number" and column.core in _INSIDE]
    return held[0] if len(held) == 1 else None


def names_rows(schema: Schema, table: str) -> bool:
    """Whether a table's label tells its rows apart, so that grouping by the row and by its label are the same."""
    labels = called(schema, table)
    if len(labels) > 1:
        return True
    column = schema.columns[labels[0]]
    return column.stats.rows == 0 or column.stats.distinct >= 0.9 * column.stats.rows


_PLACES = frozenset(
    {
        "location",
        "address",
        "city",
        "town",
        "state",
        "province",
        "region",
        "area",
        "country",
        "place",
        "site",
        "room",
        "street",
        "venue",
        "traverse",
    }
)


def place_columns(schema: Schema, table: str) -> list[Ref]:
    """Columns that say where a row is; those that say the same for every row say nothing."""
    return [c.ref for c in schema.of(table) if c.kind == "text" and _PLACES & set(c.core) and c.stats.distinct != 1]
