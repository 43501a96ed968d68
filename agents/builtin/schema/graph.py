"""The schema as a graph: what columns are called and hold, which are keys, and how tables join."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.builtin.language.lexicon import ABBREVIATIONS, TABLE_MARKS, is_english
from agents.builtin.language.tongues import Language, in_english, language_of_names
from agents.builtin.language.words import fold, singular, split_name, stem
from spec.catalog import Catalog, Table

_NUMBER_TYPES = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "REAL",
    "NUMERIC",
    "INT",
)
Words = tuple[str, ...]
Foreign = Callable[[str], tuple[str, ...] | None]
# Words that only end like an identifier.
_NO_IDS = frozenset("kid bid paid aid void grid acid lid laid maid raid".split())
_GENERIC_KEYS = frozenset({"id", "key", "code", "no", "number", "name", "uid", "uuid"})


@dataclass(frozen=True)
class Stats:
    """Counts over the whole column: rows of the table, values that are not null, distinct values."""

    rows: int
    filled: int
    distinct: int
    low: object = None
    high: object = None


@dataclass(frozen=True)
class Apart:
    """Two days. ``pick`` is first or last where the later day is that of the rows of ``last``'s table that belong here.

    ``join`` says how these rows belong to the row.
    """

    first: tuple[str, str]
    last: tuple[str, str]
    pick: str = ""
    join: Join | None = None

    @property
    def days(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return self.first, self.last


@dataclass(frozen=True)
class Col:
    """A column with its words. ``core`` leaves out words that only repeat the table or a shared prefix.

    ``cast`` is the type its text is read as, where a text column holds nothing but numbers, ``pattern`` how days are
    written in it, ``signs`` what stands for yes and for no, ``keyed`` whether its numbers tell rows apart,
    ``unread`` whether it holds days, though in no form that can be read, ``product`` the two columns of the row that it
    is the product of, ``since`` the day from which it counts full years, ``span`` the two times between which it says
    how long it was, ``apart`` the two days between which it counts days, where the later may be the first or the last
    of those in rows that belong to this one; the data holds no such columns itself.
    """

    table: str
    name: str
    type: str
    words: tuple[str, ...]
    core: tuple[str, ...]
    kind: str
    stats: Stats
    description: str = ""
    cast: str = ""
    pattern: str = ""
    signs: tuple[str | int | bool, str | int | bool] | None = None
    keyed: bool = False
    unread: bool = False
    product: tuple[str, str] | None = None
    since: str = ""
    span: tuple[str, str] | None = None
    apart: Apart | None = None

    @property
    def ref(self) -> tuple[str, str]:
        return self.table, self.name

    @property
    def made_of(self) -> set[str]:
        """The columns that it is computed from; empty for a column of the data."""
        apart = self.apart
        days = [name for table, name in (apart.days if apart is not None else ()) if table == self.table]
        return {*(self.product or ()), *(self.span or ()), *days, *([self.since] if self.since else [])}

    @property
    def is_id(self) -> bool:
        """Its name says identifier: such numbers are never added up."""
        last = self.words[-1] if self.words else ""
        return (
            self.keyed
            or last in {"id", "key", "uuid", "guid"}
            or (len(self.words) == 1 and last.endswith("id") and len(last) <= 4 and last not in _NO_IDS)
        )

    @property
    def has_time(self) -> bool:
        """Whether it holds a time of day beside the day."""
        return self.kind == "date" and self.type.upper().startswith("TIMESTAMP")

    @property
    def unique(self) -> bool:
        return self.stats.rows > 0 and self.stats.filled == self.stats.rows == self.stats.distinct


@dataclass(frozen=True)
class Join:
    """``table.columns`` point at ``parent.keys``, many to one. ``cost`` is lower for better proof."""

    table: str
    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]
    cost: float = 1.0

    def other(self, table: str) -> str:
        return self.parent if table == self.table else self.table


@dataclass(frozen=True)
class Role:
    """What a table held once more stands for: ``table`` as ``child`` points at it; ``own`` where they are the same."""

    table: str
    child: str
    words: tuple[str, ...]
    own: bool = False


@dataclass
class Schema:
    """Tables, columns and joins of one data view, ready for look-up by word."""

    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[tuple[str, str], Col] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    language: Language | None = None
    codes: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """What the codes of a column mean, where a code table says so."""

    def real(self, table: str) -> str:
        """The table that is read: a role is read from the table it is a role of."""
        return self.roles[table].table if table in self.roles else table

    def of(self, table: str) -> list[Col]:
        return [column for (owner, _), column in self.columns.items() if owner == table]

    def edges(self, table: str) -> list[Join]:
        return [join for join in self.joins if table in (join.table, join.parent)]

    def is_bridge(self, table: str) -> bool:
        """A table that does little more than tie two others together."""
        parents = [join for join in self.joins if join.table == table]
        keyed = {name for join in parents for name in join.columns}
        rest = [c for c in self.of(table) if c.name not in keyed and not c.is_id]
        return len(parents) >= 2 and len(rest) == 0

    def path(self, start: str, goal: str) -> tuple[float, tuple[Join, ...]] | None:
        """The cheapest joins from one table to another; None when there are none."""
        if start == goal:
            return 0.0, ()
        queue: list[tuple[float, int, str, tuple[Join, ...]]] = [(0.0, 0, start, ())]
        seen: set[str] = set()
        tick = 0
        while queue:
            cost, _, at, steps = heapq.heappop(queue)
            if at == goal:
                return cost, steps
            if at in seen:
                continue
            seen.add(at)
            for join in self.edges(at):
                after = join.other(at)
                if after not in seen and after != at:
                    tick += 1
                    # Two children meeting at a parent say less than a chain of owners, so the turn costs.
                    turn = 0.35 if steps and steps[-1].parent == at == join.parent else 0.0
                    # A table passed through that is no bridge brings a meaning of its own, which nobody asked for.
                    through = 0.0 if after == goal or self.is_bridge(after) else 0.15
                    heapq.heappush(queue, (cost + join.cost + turn + through, tick, after, (*steps, join)))
        return None

    def owns(self, table: str, other: str) -> bool:
        """Whether each row of the table belongs to one row of the other, through keys alone."""
        if self.real(table) == self.real(other):
            return True
        found = self.path(table, other)
        at = table
        for step in found[1] if found is not None else ():
            if step.table != at:
                return False
            at = step.parent
        return found is not None

    def steiner(self, tables: Iterable[str]) -> tuple[float, tuple[Join, ...]] | None:
        """Joins that connect all the tables: shortest paths, grown from the pair that is nearest."""
        wanted = sorted(set(tables))
        if len(wanted) < 2:
            return 0.0, ()
        best: tuple[float, tuple[Join, ...]] | None = None
        for first in wanted:
            grown = self._grow(first, wanted)
            if grown is not None and (best is None or grown[0] < best[0] - 1e-9):
                best = grown
        return best

    def _grow(self, first: str, wanted: list[str]) -> tuple[float, tuple[Join, ...]] | None:
        inside, joins, total = {first}, list[Join](), 0.0
        left = [table for table in wanted if table != first]
        while left:
            options = []
            for goal in left:
                for start in sorted(inside):
                    found = self.path(start, goal)
                    if found is not None:
                        options.append((found[0], goal, found[1]))
            if not options:
                return None
            cost, goal, steps = min(options, key=lambda option: (option[0], option[1]))
            total += cost
            for join in steps:
                if join not in joins:
                    joins.append(join)
                inside |= {join.table, join.parent}
            left = [table for table in left if table not in inside]
        return total, tuple(joins)


def kind_of(type_: str) -> str:
    """number, text, date, time, bool or other, from a DuckDB type."""
    upper = type_.upper()
    if upper.startswith("BOOL"):
        return "bool"
    if upper.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if upper.startswith("TIME"):
        return "time"
    if upper.startswith(_NUMBER_TYPES):
        return "number"
    return "text" if upper.startswith(("VARCHAR", "TEXT", "CHAR", "STRING", "ENUM")) else "other"


def expand(words: Sequence[str], foreign: Foreign = lambda _word: None, language: Language | None = None) -> Words:
    """Abbreviations written out, words of another language in English; words in the singular."""
    turned = in_english(words, language) if language is not None else None
    if turned is not None:
        return tuple(singular(word) for word in turned)
    out: list[str] = []
    for word in words:
        out.extend(foreign(word) or ABBREVIATIONS.get(word, word).split())
    # Words as short as "is", "has" and "did" are flags and initials here, not verbs to be reduced.
    return tuple(word if len(word) <= 3 or word == "does" else singular(word) for word in out)


def build_schema(catalog: Catalog, stats: Mapping[tuple[str, str], Stats]) -> Schema:
    """Names to words, types to kinds; keys and joins come after (``keys.find_joins``)."""
    schema = Schema()
    names = [n for table in catalog.tables for n in (table.name.rpartition(".")[2], *(c.name for c in table.columns))]
    language = schema.language = language_of_names(names, is_english)
    foreign: Foreign = (lambda _word: None) if language is None else language.name_words
    # A longitude comes with a latitude; where there is none, the three letters are short for something else.
    coordinates = {"lat", "latitude"} & {word for name in names for word in split_name(name)}
    # "org" beside a destination is where something came from.
    ends = {"dst", "dest", "destination"} & {word for name in names for word in split_name(name)}
    apart: Foreign = (lambda word: ("origin",) if word == "org" else foreign(word)) if ends else foreign
    plain: Foreign = apart if coordinates else lambda word: (word,) if word == "lng" else apart(word)
    shared = _shared_prefix([split_name(table.name) for table in catalog.tables])
    for table in catalog.tables:
        words = split_name(table.name.rpartition(".")[2])
        words = words[len(shared) :] if len(words) > len(shared) else words
        words = words[1:] if len(words) > 1 and words[0] in TABLE_MARKS else words
        schema.tables[table.name] = expand(words, plain, language)
    aliases = _aliases(schema, catalog)
    for table in catalog.tables:
        _add_columns(schema, table, stats, aliases, plain)
    return schema


def _aliases(schema: Schema, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """What a table's own columns begin with stands for the table elsewhere: stuId and stuName make "stu" a student."""
    found: dict[str, tuple[str, ...]] = {}
    for table in catalog.tables:
        prefix = _shared_prefix([split_name(column.name) for column in table.columns])
        owner = schema.tables[table.name]
        if prefix and prefix[-1] not in ABBREVIATIONS and prefix[-1] not in owner and owner[0][:1] == prefix[-1][:1]:
            found[prefix[-1]] = owner
        short = _key_prefix(table)
        if short and short not in found and short not in owner and not is_english(short):
            found[short] = owner
    return found


def _key_prefix(table: Table) -> str:
    """As mb of mb_no, the first column of members: the letters of the table's name that its own key begins with."""
    words = split_name(table.columns[0].name) if table.columns else ()
    if len(words) != 2 or words[1] not in _GENERIC_KEYS | {"nr"} or not 2 <= len(words[0]) <= 4:
        return ""
    letters = iter(fold(table.name))
    name = fold(table.name)
    return words[0] if name[:1] == words[0][:1] and all(letter in letters for letter in words[0]) else ""


def _add_columns(
    schema: Schema,
    table: Table,
    stats: Mapping[tuple[str, str], Stats],
    aliases: Mapping[str, tuple[str, ...]],
    foreign: Foreign,
) -> None:
    owner = schema.tables[table.name]
    parts = [split_name(column.name) for column in table.columns]
    prefix = _shared_prefix(parts)
    for column, words in zip(table.columns, parts, strict=True):
        bare = expand(words[len(prefix) :] if len(words) > len(prefix) else words, foreign, schema.language)
        bare = tuple(part for word in bare for part in aliases.get(word, (word,)))
        bare = (*bare[1:], "id") if len(bare) > 1 and bare[0] == "id" else bare  # id_customer is a customer's id
        if len(bare) == 1 and bare[0].endswith("id") and 2 < len(bare[0]) <= 4:
            # A letter or two before "id" are a table's initials when exactly one table has them.
            named: list[tuple[str, ...]] = [
                w
                for w in schema.tables.values()
                if initials(w) == bare[0][:-2] or fold(w[0])[: len(bare[0]) - 2] == bare[0][:-2]
            ]
            alone: list[tuple[str, ...]] = [w for w in named if w[1:] == ()]
            exact = alone or [w for w in named if w == owner] or named
            bare = (*exact[0], "id") if len(exact) == 1 else bare
        if len(bare) == 1 and bare[0] not in owner and _named_by_initials(bare[0], owner):
            bare = (*owner, "name")
        if bare[-1:] == ("minimum",) and not _has_maximum(parts) and kind_of(column.type) == "number":
            bare = (*bare[:-1], "minutes")  # labour_min, where nothing is called a maximum
        core = tuple(word for word in bare if stem(word) not in {stem(w) for w in owner})
        stat = stats.get((table.name, column.name)) or Stats(table.rows or 0, table.rows or 0, 0)
        schema.columns[table.name, column.name] = Col(
            table.name, column.name, column.type, bare, core or bare, kind_of(column.type), stat, column.description
        )
        schema.rows[table.name] = stat.rows


def _has_maximum(parts: list[tuple[str, ...]]) -> bool:
    return any({"max", "maximum"} & set(words) for words in parts)


def _named_by_initials(word: str, owner: tuple[str, ...]) -> bool:
    """As in tname of tutors: the first letter of the table, and name."""
    return word.endswith("name") and word.removesuffix("name") in {initials(owner), owner[0][:1]}


def _shared_prefix(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Leading words that all names have in common, never the whole of one; two names at least must share them."""
    if len(parts) < 2:
        return ()
    size = 0
    while all(len(words) > size + 1 for words in parts) and len({words[size] for words in parts}) == 1:
        size += 1
    return parts[0][:size]


def initials(words: tuple[str, ...]) -> str:
    """The first letters of words."""
    return "".join(word[0] for word in words if word)


def names_key_of(table_words: tuple[str, ...], column: Col) -> bool:
    """Whether a column's name says it identifies rows of a table of that name: id, customer_id, cid."""
    words = tuple(stem(word) for word in column.words)
    owner = tuple(stem(word) for word in table_words)
    last = words[-1] if words else ""
    if last not in _GENERIC_KEYS and not (len(words) == 1 and last.endswith("id")):
        return False
    if words[:-1] in ((), owner, owner[-1:]):
        if words[:-1] == () and last not in _GENERIC_KEYS:
            return last[:-2] in {initials(table_words), fold(table_words[0])[: len(last) - 2]}
        return True
    return False
