"""What may leave this machine, decided here and nowhere else.

A model on this machine sees what its workspace's settings allow. For a model elsewhere, personal and secret columns are
replaced in the data itself before a query runs, so nothing computed from them can tell what they held: text by
placeholders that stay the same for the same value, everything else by nothing. What is said to the model passes through
``outgoing``, what it proposes through ``restored``, which puts the values back where a placeholder stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from agents.sensitive import Marks, find_marks, is_text, table_of
from agents.spelling import anywhere, unescaped
from spec.base import JsonValue
from spec.catalog import Catalog, Table
from spec.pipeline import Definition, Source
from tools.models import ModelSettings
from tools.values import Rows

if TYPE_CHECKING:
    from sqlglot import exp

SHORTEST_VALUE = 4
"""Letters from which a value of a personal column is looked for in what is to leave."""
_PLACEHOLDER = re.compile(
    r"\b(email|phone|iban|card|name|address|birth|identity|network|personal|value)_[0-9a-f]{10}\b"
)
_NUMBERED = frozenset({"phone", "iban", "card", "identity", "network", "secret"})
_WHOLE = re.compile(r"U?(?:BIG|HUGE)?INT(?:EGER)?\b|DECIMAL\(\d+,\s*0\)", re.IGNORECASE)
_EMAIL = re.compile(r"(?<!\\)(?:\\u[0-9a-fA-F]{4}|[\w.%+'-])+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
_PHONE = re.compile(r"(?<![\w+])\+\d[\d ()./-]{6,18}\d\b")


class Data(Protocol):
    """The data as tools query it; ``tools.data.OpenData`` is one."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...
    @property
    def definitions(self) -> Mapping[str, Definition]: ...

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]: ...
    def scalars(self, query: exp.Query) -> Sequence[object]: ...
    def answer(self, query: exp.Query, *, limit: int) -> Rows: ...
    def named_as(self, sources: Mapping[str, Source]) -> tuple[str, ...]: ...
    def remarks(self, table: str) -> tuple[str, ...]: ...


class Privacy:
    """The rules for one model over one view of the data. Placeholders depend on ``salt``, known here alone."""

    def __init__(
        self, data: Data, settings: ModelSettings, *, local: bool, salt: str, marks: Marks | None = None
    ) -> None:
        self._data = data
        self._salt = salt
        self.local = local
        self.shows_rows = settings.rows == "always" or (local and settings.rows == "local")
        self.marks = find_marks(data) if marks is None else marks
        self.refused = bool(self.marks) and settings.personal == "local" and not local
        """The workspace keeps data with personal columns from this model altogether."""
        self._values: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._spellings: dict[str, re.Pattern[str]] = {}
        self._heard: set[str] = set()

    @property
    def view(self) -> Data:
        """The data as the model may have it queried."""
        return self._data if self.local else Masked(self._data, self._hidden)

    def is_hidden(self, table: str, column: str) -> bool:
        """Whether the model is kept from the column's values and statistics."""
        return not self.local and (table.casefold(), column.casefold()) in self.marks

    def placeholder(self, kind: str, value: str) -> str:
        """What stands for a value; ``restored`` knows it from now on."""
        made = f"{kind}_{_digest(self._salt, value)}"
        self._values[made] = value
        return made

    def spelled(self, value: str) -> str:
        """A value of the data as a model may be told it: itself where rows are shown, else what stands for it."""
        return value if self.shows_rows else self.placeholder("value", value)

    def hear(self, texts: Iterable[str]) -> None:
        """Find values of personal columns in all that is to be told, so that ``outgoing`` knows them."""
        new = [text for text in dict.fromkeys(texts) if text not in self._heard]
        if self.local or not new:
            return
        self._heard.update(new)
        plain = "\n".join(spelled for text in new for spelled in dict.fromkeys([text, unescaped(text)]))
        for table, column, kind in self._spoken():
            for value in _said_in(self._data, table, column, plain):
                self._said[value] = self.placeholder("value" if kind == "secret" else kind, value)

    def outgoing(self, text: str) -> str:
        """Text as it may leave: no value of a personal column that was heard, no address, phone, account or card."""
        if self.local:
            return text
        for value in sorted(self._said, key=len, reverse=True):
            text = self._spelling(value).sub(self._said[value], text)
        for kind, pattern, is_one in _PATTERNS:
            text = pattern.sub(lambda m, kind=kind, is_one=is_one: self._replaced(kind, m[0], is_one), text)  # type: ignore[misc]
        return text

    def _spelling(self, value: str) -> re.Pattern[str]:
        if value not in self._spellings:
            self._spellings[value] = anywhere(value)
        return self._spellings[value]

    def _replaced(self, kind: str, value: str, is_one: Callable[[str], bool]) -> str:
        return self.placeholder(kind, unescaped(value)) if is_one(value) else value

    def restored(self, plain: JsonValue, *, sql: bool = False) -> JsonValue:
        """What a model proposed, with the values that its placeholders stand for; in ``sql`` quotes are doubled."""
        if isinstance(plain, str):
            whole = _PLACEHOLDER.fullmatch(plain)
            if whole:
                return self._put(plain) or plain

            def put_back(found: re.Match[str]) -> str:
                value = self._put(found[0])
                return found[0] if value is None else value.replace("'", "''") if sql else value

            return _PLACEHOLDER.sub(put_back, plain)
        if isinstance(plain, list):
            return [self.restored(item, sql=sql) for item in plain]
        if isinstance(plain, dict):
            return {str(self.restored(key, sql=sql)): self.restored(item, sql=sql) for key, item in plain.items()}
        return plain

    def _put(self, placeholder: str) -> str | None:
        """The value, which ``outgoing`` hides again wherever an error or a later turn repeats it."""
        value = self._value(placeholder)
        if value is not None and len(value) >= SHORTEST_VALUE:
            self._said.setdefault(value, placeholder)
        return value

    def _value(self, placeholder: str) -> str | None:
        """What it stands for: as given out, else the value of a personal column that a masked row showed."""
        if placeholder in self._values or self.local:
            return self._values.get(placeholder)
        wanted = placeholder.partition("_")[0]
        for table, column, kind in self._spoken():
            if kind != wanted:
                continue
            value = _as_text(column)
            query = (
                _select(value)
                .from_(table_of(table))
                .where(_equals(_masked(value.copy(), kind, self._salt), placeholder))
            )
            found = self._data.rows(query, limit=1)
            if found:
                self._values[placeholder] = str(found[0][0])
                return self._values[placeholder]
        return None

    def _spoken(self) -> list[tuple[str, str, str]]:
        """Table, column and kind of values that can be told from other words: texts, and numbers that name somebody."""
        return [
            (table.name, column.name, mark.kind)
            for table in self._data.catalog.tables
            for column in table.columns
            if (mark := self.marks.get((table.name.casefold(), column.name.casefold()))) is not None
            and (is_text(column.type) or (mark.kind in _NUMBERED and _WHOLE.match(column.type)))
        ]

    def _hidden(self, table: Table) -> exp.Select:
        """The table with its personal and secret columns replaced."""
        from sqlglot import exp

        shown: list[exp.Expr] = []
        for column in table.columns:
            value: exp.Expr = exp_column(column.name)
            mark = self.marks.get((table.name.casefold(), column.name.casefold()))
            if mark is not None:
                text = is_text(column.type) and mark.kind != "secret"
                value = (
                    _masked(value, mark.kind, self._salt)
                    if text
                    else exp.cast(exp.null(), column.type, dialect="duckdb")
                )
            shown.append(exp.alias_(value, column.name, quoted=True))
        return exp.select(*shown).from_(table_of(table.name))


class Masked:
    """The data with columns replaced; every query goes through ``hidden`` tables, whatever it computes."""

    def __init__(self, data: Data, hidden: Callable[[Table], exp.Select]) -> None:
        self._data = data
        self._hidden = hidden
        self._names: dict[str, str] = {table.name.casefold(): table.name for table in data.catalog.tables}
        self.catalog = data.catalog
        self.sources = data.sources
        self.definitions = data.definitions

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        """As ``Data``."""
        return self._data.rows(self._replaced(query), limit=limit)

    def scalars(self, query: exp.Query) -> Sequence[object]:
        """As ``Data``."""
        return self._data.scalars(self._replaced(query))

    def answer(self, query: exp.Query, *, limit: int) -> Rows:
        """As ``Data``."""
        return self._data.answer(self._replaced(query), limit=limit)

    def named_as(self, sources: Mapping[str, Source]) -> tuple[str, ...]:
        """As ``Data``."""
        own = self._data.named_as(sources)
        self._names |= {wanted.casefold(): name for wanted, name in zip(sources, own, strict=True)}
        return own

    def remarks(self, table: str) -> tuple[str, ...]:
        """As ``Data``."""
        return self._data.remarks(table)

    def _replaced(self, query: exp.Query) -> exp.Query:
        """Every table by that name, even where a CTE took the name: such a query fails rather than shows a column."""
        from sqlglot import exp

        result = query.copy()
        for table in list(result.find_all(exp.Table)):
            own = self._names.get(table.name.casefold())
            found = self.catalog.table(own) if own is not None and not table.db else None
            if found is None:
                continue
            alias = table.args.get("alias")
            name = alias.this.copy() if alias is not None and alias.this else table.this.copy()
            table.replace(exp.Subquery(this=self._hidden(found), alias=exp.TableAlias(this=name)))
        return result


def _select(value: exp.Expr) -> exp.Select:
    from sqlglot import exp

    return exp.select(value)


def exp_column(name: str) -> exp.Column:
    """A column by exactly this name."""
    from sqlglot import exp

    return exp.column(name, quoted=True)


def _as_text(column: str) -> exp.Cast:
    from sqlglot import exp

    return exp.cast(exp_column(column), "VARCHAR")


def _equals(left: exp.Expr, text: str) -> exp.Expr:
    from sqlglot import exp

    return exp.EQ(this=left, expression=exp.Literal.string(text))


def _digest(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}{value}".encode()).hexdigest()[:10]


def _masked(value: exp.Expr, kind: str, salt: str) -> exp.Expr:
    """``_digest`` in the engine; an empty value stays empty."""
    from sqlglot import exp

    salted = exp.DPipe(this=exp.Literal.string(salt), expression=value)
    digest = exp.Anonymous(this="sha256", expressions=[salted])
    short = exp.Anonymous(this="left", expressions=[digest, exp.Literal.number(10)])
    return exp.DPipe(this=exp.Literal.string(f"{kind}_"), expression=short)


def _said_in(data: Data, table: str, column: str, text: str) -> list[str]:
    """Values of a column that the text repeats, without regard to case."""
    from sqlglot import exp

    value = _as_text(column)
    lower = exp.Lower(this=value.copy())
    contains = exp.Anonymous(this="contains", expressions=[exp.Literal.string(text.casefold()), lower])
    long_enough = exp.GTE(this=exp.Length(this=value.copy()), expression=exp.Literal.number(SHORTEST_VALUE))
    query = exp.select(value).distinct().from_(table_of(table)).where(long_enough, contains)
    # No more values than letters can stand in the text, so none is left out.
    return [str(row[0]) for row in data.rows(query, limit=len(text) + 1)]


def _is_card(digits: str) -> bool:
    """Luhn's check, which one of ten numbers passes by chance."""
    total = 0
    for place, digit in enumerate(int(one) for one in reversed(digits) if one.isdigit()):
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 7064's check: the whole number leaves 1 when divided by 97."""
    bare = text.replace(" ", "")
    return int("".join(str(int(one, 36)) for one in bare[4:] + bare[:4])) % 97 == 1


def _any(_: str) -> bool:
    return True


_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL, _any),
    ("iban", _IBAN, _is_iban),
    ("card", _CARD, _is_card),
    ("phone", _PHONE, _any),
)
