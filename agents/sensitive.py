"""Which columns hold personal data or secrets: as declared, else told by their names and by what their values are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from spec.catalog import Catalog, Column, Table
from spec.pipeline import Source

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal[
    "email", "phone", "iban", "card", "name", "address", "birth", "identity", "network", "secret", "personal"
]
STRICT: frozenset[Kind] = frozenset({"email", "phone", "iban", "card", "birth", "identity", "network", "secret"})
"""Kinds that leave in a result only where the person speaks of them."""
SHARE = 0.05
"""Part of a column's values from which one kind of value makes the column personal."""
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("secret", r"passw(or)?d|passwd|secret|api key|access key|private key|token|pin code|cvv|cvc"),
    ("email", r"e ?mail( address)?|mail address"),
    ("phone", r"(tele)?phone( number)?|tel|telefono|mobile( number)?|cell|fax|whatsapp"),
    ("iban", r"iban|bank account|account number|sort code|bic|swift"),
    ("card", r"card (number|no)|cardnumber|credit card|pan"),
    ("birth", r"birth ?(day|date)?|date of birth|dob"),
    (
        "identity",
        (
            r"ssn|social security|passport|tax (id|code|number)|codice fiscale|national (id|identity|insurance)"
            r"|identity (card|number)|licen[cs]e (no|number)"
        ),
    ),
    ("network", r"ip( address)?|mac address|device id"),
    ("address", r"address( line)?( \d)?|street|house number|(zip|postal) ?code|postcode|zip|latitude|longitude"),
    (
        "name",
        (
            r"(first|last|middle|full|given|family|maiden|sur|customer|client|contact|person|patient|employee|user|guest"
            r"|recipient|holder|owner|doctor|member|student|teacher|nick) ?names?|surname|forename|cardholder|nickname"
        ),
    ),
)
_NAMED = tuple(
    (kind, re.compile(rf"(?:^|.* )(?:{words.replace(' ', ' ?').replace('??', '?')})(?P<rest>(?: .*)?)", re.DOTALL))
    for kind, words in _WORDS
)
_NUMBERS: frozenset[Kind] = frozenset({"identity", "network"})
"""Kinds whose value is itself an id: a passport's id is its number, while an address's id is a key of ours."""
_ABOUT = (" count", " sent", " at", " valid", " verified")
"""A column whose name ends so tells something about the value, and not the value."""
_PEOPLE = re.compile(
    r"(?:^|.* )(customer|client|contact|person|people|patient|employee|user|guest|doctor|member|student|teacher|staff"
    r"|subscriber|lead|candidate|applicant|tenant|owner|player|actor|author|singer)s?"
)
_VALUES: tuple[tuple[Kind, str], ...] = (
    ("email", r"^\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*$"),
    ("iban", r"^\s*[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,4})?\s*$"),
    ("phone", r"^\s*(\+|00)[0-9][0-9 ()./-]{6,18}\s*$"),
    ("card", r"^\s*[3-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}\s*$"),
)
"""In DuckDB's regular expressions. A card's own check digit is judged where text leaves, not here."""
_NESTED = re.compile(r"\[\]|STRUCT|MAP|JSON|UNION", re.IGNORECASE)
_INSIDE: tuple[tuple[Kind, str], ...] = (("email", r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),)
"""A list or a record is personal as a whole where an address stands in it."""


@dataclass(frozen=True)
class Mark:
    """Why a column is kept from models elsewhere. ``how`` is declared, name or values."""

    kind: Kind
    how: Literal["declared", "name", "values"]


Marks = Mapping[tuple[str, str], Mark]
"""Table and column, both in lower case, to its mark."""


class Rows(Protocol):
    """What is needed of the data."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...

    def scalars(self, query: exp.Query) -> Sequence[object]: ...


def find_marks(data: Rows) -> Marks:
    """Every column that is personal or secret. Reads each table that has text columns whose names tell nothing."""
    marks: dict[tuple[str, str], Mark] = {}
    for table in data.catalog.tables:
        source = next((s for name, s in data.sources.items() if name.casefold() == table.name.casefold()), None)
        declared = {name.casefold(): level for name, level in (source.sensitive if source else {}).items()}
        open_ones: list[Column] = []
        for column in table.columns:
            key = (table.name.casefold(), column.name.casefold())
            level = declared.get(column.name.casefold(), column.sensitivity)
            by_name = kind_of_name(table.name, column)
            if level != "public":
                kind: Kind = "secret" if level == "secret" else by_name or "personal"
                marks[key] = Mark(kind, "declared")
            elif column.name.casefold() in declared:
                # Somebody looked at it and called it public.
                continue
            elif by_name is not None:
                marks[key] = Mark(by_name, "name")
            elif is_text(column.type) or _NESTED.search(column.type):
                open_ones.append(column)
        for column, found in _by_values(data, table, open_ones):
            marks[table.name.casefold(), column.name.casefold()] = Mark(found, "values")
    return marks


def kind_of_name(table: str, column: Column) -> Kind | None:
    """The kind of personal data that a column's name speaks of, in the singular or the plural."""
    if column.type.upper() == "BOOLEAN":
        return None
    words = _words(column.name)
    for spelled in dict.fromkeys([words, " ".join(map(_singular, words.split()))]):
        for kind, pattern in _NAMED:
            found = pattern.fullmatch(spelled)
            if found is not None and not _is_about(found["rest"], kind, column.type):
                return kind
    return "name" if words in {"name", "names"} and _PEOPLE.fullmatch(_words(table)) else None


def _is_about(rest: str, kind: Kind, type_: str) -> bool:
    """Whether what follows the word in a column's name makes it a fact about the value, or a key that refers to it."""
    if rest.endswith(_ABOUT):
        return True
    return rest.endswith((" id", " ids")) and kind not in _NUMBERS and not is_text(type_)


def _singular(word: str) -> str:
    """An English plural's singular, regular ones only."""
    if re.search(r"(?:ss|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^s]s$", word) else word


def is_text(kind: str) -> bool:
    """Whether a DuckDB type is plain text, and no list of it."""
    return re.fullmatch(r"VARCHAR(\(\d+\))?|TEXT|STRING", kind.strip(), re.IGNORECASE) is not None


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-z0-9]+", spaced.casefold()))


def _by_values(data: Rows, table: Table, columns: Sequence[Column]) -> list[tuple[Column, Kind]]:
    from sqlglot import exp

    if not columns:
        return []
    tests = [_VALUES if is_text(column.type) else _INSIDE for column in columns]
    wanted: list[exp.Expr] = []
    for column, patterns in zip(columns, tests, strict=True):
        value: exp.Expr = exp.column(column.name, quoted=True)
        value = value if patterns is _VALUES else exp.cast(value, "VARCHAR")
        wanted.append(exp.Count(this=value))
        for _, pattern in patterns:
            test = exp.Anonymous(this="regexp_matches", expressions=[value.copy(), exp.Literal.string(pattern)])
            wanted.append(exp.CountIf(this=test))
    named = [exp.alias_(one, f"c{place}") for place, one in enumerate(wanted)]
    counted = iter(int(str(one or 0)) for one in data.scalars(exp.select(*named).from_(table_of(table.name))))
    found: list[tuple[Column, Kind]] = []
    for column, patterns in zip(columns, tests, strict=True):
        filled = next(counted, 0)
        matching = [(kind, next(counted, 0)) for kind, _ in patterns]
        kinds = [kind for kind, count in matching if filled and count / filled >= SHARE]
        if kinds:
            found.append((column, kinds[0]))
    return found


def table_of(name: str) -> exp.Table:
    """A table under the name the catalog has for it."""
    from sqlglot import exp

    return exp.Table(this=exp.to_identifier(name, quoted=True))
