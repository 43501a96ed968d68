"""Linking: which tables, columns and stored values a phrase may mean, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agents.builtin.language.abbreviations import begins, code_of, is_short, named_by, stands_for
from agents.builtin.language.lexicon import (
    AGGREGATES,
    COMPARATIVES,
    FILLER,
    GRAIN_NOUNS,
    GRAINS,
    PEOPLE,
    SUPERLATIVES,
    synonyms,
)
from agents.builtin.language.phrasebook import PHRASES
from agents.builtin.language.words import fold, singular, split_name, stem
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Col
from agents.builtin.schema.index import Index
from agents.builtin.schema.references import nouns_of_keys
from agents.builtin.schema.values import Hit, normal
from agents.builtin.schema.years import holds_years

# Words of a name that a speaker leaves out: "country" means country_name, "gpa" total_gpa.
_KEY_WORDS = frozenset("id ids key keys code codes number numbers no nr nam".split())
_LIGHT = frozenset(
    stem(w)
    for w in (
        "name id is has was in of the info information total number date amount value code title "
        "text at on str string current data detail method score ts num count flag 1"
    ).split()
)
# In what a number is held, at the end of its name: a fare in cents is the fare.
_UNITS = frozenset(
    stem(w)
    for w in (
        "ct cts cent cents pence eur usd gbp chf dkk nok sek kg g km m cm mm lb lbs min mins minimum minutes hour "
        "hours pct percent kwh mwh litres liters ltr"
    ).split()
)
# "A member of staff" is one of them.
_COLLECTIVES = frozenset(stem(word) for word in "staff crew personnel cast".split())
_MOST_CODES = 40
_MOST_SORTS = 12
_WRITTEN = frozenset({"number", "no", "code"})
# Words of which questions are built are never short forms' long ones.
GRAMMAR = frozenset(SUPERLATIVES) | frozenset(COMPARATIVES) | frozenset(AGGREGATES) | frozenset(GRAINS)
GRAMMAR |= frozenset(GRAIN_NOUNS) | frozenset(f"{noun}s" for noun in GRAIN_NOUNS)
GRAMMAR |= frozenset(word for words in PHRASES for word in words)
PARTICLES = frozenset("in out back up off over".split())
_MOVES = frozenset(stem(word) for word in "come go bring take get give hand send pick let move check drop".split())
_DAY_WORDS = frozenset(stem(word) for word in "date day time on at am timestamp".split())
_SUMS = frozenset(stem(word) for word in "amount total value money price cost".split())
_BEGUN = frozenset("opened created registered started".split())
_BOOL_LEAD = frozenset({"is", "has", "was", "be", "have"})
_BOOL_END = frozenset({stem("flag"), stem("indicator")})
_ANTONYMS = {
    stem(a): stem(b)
    for pair in (
        "open closed|active inactive|paid unpaid|enabled disabled|available unavailable|public private|"
        "valid invalid|verified unverified|cancelled uncancelled|completed incomplete|resolved unresolved|"
        "shipped unshipped"
    ).split("|")
    for a, b in [tuple(pair.split()), tuple(reversed(pair.split()))]
}


@dataclass(frozen=True)
class Link:
    """One meaning of a phrase. ``how`` says what the evidence was; ``score`` is 0 to 1."""

    kind: str
    table: str
    column: str = ""
    value: str | bool | int | None = None
    score: float = 1.0
    how: str = "exact"
    via: tuple[str, str] | None = None

    @property
    def ref(self) -> tuple[str, str]:
        return self.table, self.column


class Linker:
    """Looks phrases up in one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.schema = index.schema
        self.owners = {table: tuple(stem(w) for w in words) for table, words in self.schema.tables.items()}
        self.cores = {ref: tuple(stem(w) for w in column.core) for ref, column in self.schema.columns.items()}
        self.words = {ref: tuple(stem(w) for w in column.words) for ref, column in self.schema.columns.items()}
        self.known: dict[str, list[tuple[str, str]]] = {}
        for ref, core in self.cores.items():
            for word in {*core, *self.words[ref]}:
                self.known.setdefault(word, []).append(ref)
        self.joined: dict[str, list[tuple[str, str]]] = {}
        for ref, column in self.schema.columns.items():
            self.joined.setdefault("".join(column.words), []).append(ref)
            self.joined.setdefault("".join(split_name(column.name)), []).append(ref)
        self.memory: dict[tuple[str, ...], list[Link]] = {}
        self.parents = {
            (join.table, join.columns[0]): join.parent
            for join in self.schema.joins
            if len(join.columns) == 1
            and self.schema.columns[join.table, join.columns[0]].kind == "number"
            and {ref[1] for ref in label_columns(self.schema, join.parent)} - set(join.keys)
        }
        named = {word for words in self.schema.tables.values() for word in words}
        named |= {word for column in self.schema.columns.values() for word in column.words}
        self.short = sorted(word for word in named - _UNITS if word.isalpha() and is_short(word))
        self.spoken = {w for owner in self.owners.values() for w in owner} | set(self.known)
        self.begun = {
            table: {
                stem(c.core[0])
                for c in self.schema.of(table)
                if c.kind == "date" and len(c.core) == 2 and c.core[1] in _BEGUN and c.core[0] not in _DAY_WORDS
            }
            for table in self.schema.tables
            if table not in self.schema.roles
        }
        self.by_number = nouns_of_keys(self.schema)
        self.meant: dict[str, str] = {}
        # "START" is no short form of what a key happens to be.
        real = self.schema.real
        keys = {(j.table, name) for j in self.schema.joins for name in j.columns}
        keys |= {(real(j.parent), name) for j in self.schema.joins for name in j.keys}
        self.codes = {
            ref: sorted(held)
            for ref, held in index.values.by_column.items()
            if 1 < len(held) <= _MOST_CODES
            and (real(ref[0]), ref[1]) not in keys
            and all(v.isupper() and v.isalpha() and 3 <= len(v) <= 5 for v in held)
        }

    def as_named(self, word: str) -> str:
        """The stem of a word as names have it: where no name has the word itself, the short form that stands for it."""
        if word not in self.meant:
            one = stem(word)
            known = one in self.spoken or is_filler(word) or word in GRAMMAR
            self.meant[word] = one if known else stem(named_by(word, self.short) or self._table_of(word) or word)
        return self.meant[word]

    def _table_of(self, word: str) -> str | None:
        """As gu of guests: two letters that are all a table of names is called, where one table alone is called so."""
        if stem(word) not in PEOPLE:
            return None
        found = [
            owner[0]
            for table, owner in self.owners.items()
            if len(owner) == 1 and begins(owner[0], word) and label_columns(self.schema, table)
        ]
        return found[0] if len(found) == 1 else None

    def table_of(self, word: str) -> str:
        """The table that a word names first of all; empty where it names none."""
        links = self.phrase((word,))
        return links[0].table if links and links[0].kind == "table" else ""

    def phrase(self, words: tuple[str, ...]) -> list[Link]:
        """Tables and columns that the (folded) words may name, best first."""
        if words not in self.memory:
            stems = tuple(self.as_named(word) for word in words)
            found = [*self._tables(stems), *self._columns(words, stems)]
            if any("-" in word for word in words):
                # "check-ins" as two words of a name.
                parts = tuple(part for word in words for part in word.split("-") if part)
                parts = (*parts[:-1], parts[-1].removesuffix("s") if len(parts[-1]) == 3 else parts[-1])
                found += self.phrase(parts)
            if any(link.kind == "table" for link in found):
                # Accounts of which a day says when they were opened are rows, and not that day.
                found = [replace(one, score=one.score * 0.6) if self._begins_a_day(one) else one for one in found]
            if any(link.kind == "table" and link.score >= 0.95 for link in found):
                # The word is what a table is called: that a column begins with it is the weaker evidence.
                found = [
                    replace(link, score=link.score * 0.55) if link.kind == "column" and link.how != "exact" else link
                    for link in found
                ]
            rows = {link.table for link in found if link.kind == "table" and link.score == 1.0}
            found = [link for link in found if not (link.table in rows and self._calls_rows(link))]
            best: dict[tuple[str, str, str], Link] = {}
            for link in [self._referred(link, words, stems) for link in found]:
                key = (link.kind, link.table, link.column)
                if key not in best or link.score > best[key].score:
                    best[key] = link
            self.memory[words] = sorted(
                best.values(), key=lambda link: (-link.score, link.kind, link.table, link.column)
            )
        return self.memory[words]

    def _calls_rows(self, link: Link) -> bool:
        """Whether a column called like its table only says how rows of a key of their own are called.

        Two pets of one name are two pets; cities that come once a year are known by their names.
        """
        if link.kind != "column" or link.score < 1.0 or self.schema.columns[link.ref].unique:
            return False
        keys = self.schema.keys.get(link.table, ())
        return link.column not in keys and any(join.parent == link.table for join in self.schema.joins)

    def _referred(self, link: Link, words: tuple[str, ...], stems: tuple[str, ...]) -> Link:
        """What a number refers to, in the part it says, where its key is not asked for: "sender" of sender_id."""
        parent = self.parents.get(link.ref) if link.kind == "column" else None
        if parent is None or words[-1] == "by" or words[-1].endswith("ed") or _KEY_WORDS & {*stems, *words}:
            return link
        owner = {stem(word) for word in self.schema.tables[self.schema.real(parent)]}
        part = {word for word in self.cores[link.ref] if word not in owner | _KEY_WORDS and len(word) > 1}
        if len(part) == 1 and len(stems) == 1 and link.how == "synonym" and stems[0] in synonyms(*part):
            return Link("table", parent, score=link.score, how="synonym", via=link.ref)  # "manager" of boss_id
        if not part or not part <= set(stems) or not set(stems) - part <= owner | set(self.words[link.ref]):
            return link
        if set(stems) - part:
            return Link("table", parent, via=link.ref)  # "home trainer": the part and the noun are one name
        return Link("table", parent, score=max(link.score, 0.97), how="lemma", via=link.ref)

    def _begins_a_day(self, link: Link) -> bool:
        return link.kind == "column" and link.how == "part" and self.schema.columns[link.ref].kind == "date"

    def _tables(self, stems: tuple[str, ...]) -> list[Link]:  # noqa: C901 - one short branch a kind of phrase
        links = []
        glued = "".join(stems)
        for table, owner in self.owners.items():
            score, how = 0.0, "exact"
            if not self._says_role(table, stems) or self._told_by_verb(table, stems):
                continue
            role = self.schema.roles.get(table)
            if role is not None and len(role.words) == 1 and _stands_for_role(stem(role.words[0]), stems):
                score, how = 0.96, "lemma"
            elif stems == owner or glued == "".join(owner):
                score = 1.0
            elif len(stems) == 1:
                only = tuple(w for w in owner if w not in _LIGHT) or owner
                if stems == only:
                    score, how = 0.95, "lemma"
                elif stems[0] == owner[-1]:
                    score, how = 0.86, "part"
                elif stems[0] == owner[0]:
                    score, how = 0.6, "part"
                elif stems[0] == self.by_number.get(table):
                    score, how = 0.95, "lemma"
                elif stems[0] in self.begun.get(table, ()):
                    score, how = 0.9, "part"  # customers of whom a day says when the account was opened are accounts
                elif len(only) == 1 and only[0] in synonyms(stems[0]):
                    score, how = 0.72, "synonym"
                elif owner[-1] in synonyms(stems[0]) and len(owner) > 1:
                    score, how = 0.5, "synonym"
            elif set(stems) == set(owner):
                score, how = 0.97, "exact"
            elif len(stems) < len(owner) and set(stems) <= set(owner):
                score, how = 0.85, "part"
            elif len(stems) == len(owner) and all(
                s == o or o in synonyms(s) for s, o in zip(stems, owner, strict=True)
            ):
                score, how = 0.75, "synonym"
            elif len(owner) == 1 and stems[1:] == (stem("member"),) and stems[0] == owner[0] in _COLLECTIVES:
                score, how = 0.98, "lemma"
            elif len(owner) == 1 and len(stems) == 2 and stems[-1] == owner[0] and stems[0] in _LIGHT:
                score, how = 0.8, "lemma"
            if score:
                links.append(Link("table", table, score=score, how=how))
        return links

    def _columns(self, words: tuple[str, ...], stems: tuple[str, ...]) -> list[Link]:
        same = self.joined.get("".join(fold(w) for w in words), ())
        links = [Link("column", table, column) for table, column in same if self._says_role(table, stems)]
        if stems == ("nam",):
            for table in self.schema.tables:
                labels = label_columns(self.schema, table) if table not in self.schema.roles else []
                if (
                    labels
                    and self.schema.columns[labels[0]].kind == "text"
                    and "name" in self.schema.columns[labels[0]].words
                ):
                    links.append(Link("column", labels[0][0], labels[0][1]))
        for ref in self._maybe(stems):
            if not self._says_role(ref[0], stems):
                continue
            score, how = self._column_score(ref, stems, words)
            if score >= 0.45:
                links.append(Link("column", ref[0], ref[1], score=score, how=how))
        return links

    def _says_role(self, table: str, stems: tuple[str, ...]) -> bool:
        """A table held for a role is named only with the role's words."""
        role = self.schema.roles.get(table)
        if role is None or {stem(word) for word in role.words} <= set(stems):
            return True
        return len(role.words) == 1 and bool(_stands_for_role(stem(role.words[0]), stems))

    def _told_by_verb(self, table: str, stems: tuple[str, ...]) -> bool:
        """Whether the words are but the verb of a role, as "opened" of opened_by, which names nobody."""
        role = self.schema.roles.get(table)
        if role is None or not set(stems) <= {stem(word) for word in role.words}:
            return False
        return any(
            j.parent == table and self.schema.columns[j.table, j.columns[0]].words[-1] == "by"
            for j in self.schema.joins
        )

    def _maybe(self, stems: tuple[str, ...]) -> set[tuple[str, str]]:
        near: set[tuple[str, str]] = set()
        for word in stems:
            for one in (word, *synonyms(word)):
                near.update(self.known.get(one, ()))
        return near

    def _column_score(self, ref: tuple[str, str], stems: tuple[str, ...], words: tuple[str, ...]) -> tuple[float, str]:  # noqa: C901 - one short branch a kind of phrase
        core, owner, full = self.cores[ref], self.owners[ref[0]], self.words[ref]
        if stems in (core, full):
            return 1.0, "exact"
        if len(stems) == 1 and full == (stems[0], "nam") and owner != stems and not self.schema.columns[ref].unique:
            return 0.92, "lemma"  # a part is what part_nm of parts_used names, and no line of them
        rest = tuple(word for word in stems if word not in owner or word in core)
        extra = len(rest) < len(stems)
        if (
            extra
            and len(words) == 2
            and singular(words[0]) != words[0]
            and _tells_deed(self.schema.columns[ref], words[1])
        ):
            return 0.0, ""  # "vans built before 2000" asks for vans
        if rest and rest == core and stems[-1] in rest:
            return (0.99 if tuple(w for w in stems if w not in rest) == owner else 0.93), "exact"
        if "id" in rest and not self.schema.columns[ref].is_id:
            return 0.0, ""
        if extra and any(singular(w) != w and stem(w) not in rest for w in words[:1]):
            # "students admitted" is a noun and a verb, not the name of one column.
            return 0.0, ""
        exact, like = set[str](), set[str]()
        for word in rest:
            if word in core:
                exact.add(word)
                continue
            twin = next((c for c in core if c in synonyms(word) and c not in exact | like and c not in rest), None)
            if twin is not None and word in _SUMS and self.schema.columns[ref].kind == "date":
                twin = None  # an amount that is paid is no day of paying
            if twin is not None:
                like.add(twin)
            elif word not in full and word not in _LIGHT:
                return 0.0, ""
        if not exact and not like:
            return 0.0, ""
        if extra and stems[-1] not in rest:
            # "open shops": the noun at the end is the head, and it is the table.
            return 0.0, ""
        if len(stems) > 1 and words[-1].endswith("ed") and stems[-1] != core[-1]:
            return 0.0, ""
        if self.schema.columns[ref].is_id and "id" not in stems and core != ("id",):
            exact, like = set[str](), exact | like
        measured = self.schema.columns[ref].kind == "number" and len(core) > 1 and core[-1] in _UNITS
        named = core[:-1] if measured and core[-1] not in rest else core
        heavy = [w for w in named if w not in _LIGHT and w not in _BOOL_LEAD] or list(core)
        covered = sum(1 if w in exact else 0.8 if w in like else 0 for w in heavy) / len(heavy)
        if not any(w in exact or w in like for w in heavy):
            return (0.55, "part") if exact else (0.0, "")
        if like and not exact:
            return (0.68 if covered >= 0.8 else 0.46) + (0.08 if extra else 0), "synonym"
        column_kind = self.schema.columns[ref].kind
        missing = sum(
            1 for word in rest if word not in full and word != "nam" and not any(c in synonyms(word) for c in core)
        )
        if column_kind == "text" and stems[-1] in _WRITTEN and rest[-1:] == stems[-1:] and rest[-1] not in full:
            missing -= 1  # a phone number is the phone
        score = 0.6 + 0.37 * covered - (0.0 if set(core) == exact else 0.03) - 0.15 * missing
        if "per" in core and not {*core[: core.index("per")]} & (exact | like):
            score = min(score, 0.5)  # a cost per night is no night
        elif len(named) > 1 and named[-1] not in exact | like and named[-1] not in _LIGHT and column_kind == "number":
            score = min(score, 0.5)  # "unit" is not the unit cost
        if core[-1] in exact and not like and not missing and "per" not in core:
            score = max(score, 0.88)  # the head noun: a home city is a city
        return min(score + (0.05 if extra else 0), 0.99), "lemma" if covered == 1 else "part"

    def moved(self, verb: str, particle: str) -> list[Link]:
        """Days that a verb with its particle speaks of: "sent out" of out_at, "picked up" of picked_up_at."""
        if particle not in PARTICLES:
            return []
        found = []
        for ref, column in self.schema.columns.items():
            words = {stem(word) for word in column.words} - _DAY_WORDS - set(self.owners[ref[0]])
            if column.kind != "date" or particle not in column.words or words - {particle, stem(verb)}:
                continue
            if stem(verb) in words or stem(verb) in _MOVES:
                found.append(Link("column", *ref, score=0.93, how="lemma"))
        return found

    def values(self, phrase: str, *, quoted: bool, capital: bool) -> list[Link]:
        """Stored values that the phrase names."""
        hits = self.index.values.find(phrase, parts=quoted or capital, typos=quoted or capital)
        if not hits and not quoted and " " not in phrase and len(phrase) >= 4:
            hits = [
                Hit(ref[0], ref[1], code, "code", 0.85)
                for ref, codes in self.codes.items()
                for code in codes
                if code_of(code, fold(phrase))
            ]
        if not hits and not quoted and not capital and " " not in phrase:
            hits = self._sorts(fold(phrase))
        if (quoted or capital) and not any(hit.how == "exact" for hit in hits):
            for ref in sorted(self.index.values.partial):
                stored = self.index.ask(ref, phrase)
                if stored is not None:
                    hits = [*hits, Hit(ref[0], ref[1], stored, "exact", 1.0)]
        return [Link("value", hit.table, hit.column, hit.value, hit.score, hit.how) for hit in hits]

    def _sorts(self, word: str) -> list[Hit]:
        """The one sort of rows whose name begins with a word: "sea" of "Sea freight", where few sorts are told apart.

        A word that names a table or a column, or of which questions are built, is no short name of a sort.
        """
        one = stem(word)
        if len(word) < 3 or one in self.spoken or word in GRAMMAR or is_filler(word) or synonyms(one) & self.spoken:
            return []
        found = [
            Hit(*ref, value, "part", 0.78)
            for ref, held in self.index.values.by_column.items()
            if 1 < len(held) <= _MOST_SORTS and ref[0] not in self.schema.roles
            for value in sorted(held)
            if (parts := normal(value).split())[1:] and parts[0] == one and len(parts) <= 3
        ]
        return found if len(found) == 1 else []

    def flags(self, word: str) -> list[Link]:
        """Yes/no columns that an adjective names: "active" for is_active, "closed" for is_open being false.

        "Unpaid" and "open" also speak of a day that is missing, where a table has the day of paying or closing.
        """
        one = stem(word)
        links = [
            Link("value", *ref, value="", score=0.95, how="missing")
            for ref, column in self.schema.columns.items()
            if column.kind == "date" and not word.endswith("ing") and _undone(one, self.cores[ref], column)
        ]
        for ref, column in self.schema.columns.items():
            if not is_flag(column):
                continue
            heavy = [w for w in self.cores[ref] if w not in _BOOL_LEAD | _BOOL_END]
            if heavy == [one] or (len(heavy) == 1 and stands_for(heavy[0], word)):
                links.append(Link("value", *ref, value=truth(column, True), score=0.9, how="flag"))
            elif heavy == [_ANTONYMS.get(one, "")] or (
                len(heavy) == 1 and one in _ANTONYMS and stands_for(heavy[0], _ANTONYMS[one])
            ):
                links.append(Link("value", *ref, value=truth(column, False), score=0.85, how="flag"))
        return links


def _stands_for_role(role: str, stems: tuple[str, ...]) -> bool:
    """As tl of "team leader" and sales of "salesperson"."""
    if len(stems) == 1:
        return (
            len(role) >= 4
            and stems[0].startswith(role)
            and stems[0].removeprefix(role).removeprefix("s") in {"person", "man", "rep"}
        )
    return len(role) == len(stems) and role not in FILLER and role == "".join(word[0] for word in stems)


_DEEDS = frozenset("bought built made sold sent paid taken begun born left lost".split())


def _tells_deed(column: Col, verb: str) -> bool:
    """Whether a verb says what the column dates."""
    return holds_years(column) or (
        column.kind == "date" and (verb in _DEEDS or (verb.endswith("ed") and len(verb) > 4))
    )


def _undone(one: str, core: tuple[str, ...], column: Col) -> bool:
    """Whether the word says that what the column dates has not been done."""
    done = _ANTONYMS.get(one) or (one.removeprefix("un") if one.startswith("un") else "")
    if column.words[:2] == ("out", "of") and core[-1] == one:
        return (
            column.stats.filled < column.stats.rows
        )  # "still in service", where a day says since when it is out of it
    heavy = [word for word in core if word not in {"at", "on", "am", "il", "le", "el", "dat", "date", "tim", "time"}]
    same = len(heavy) == 1 and (heavy[0] == done or heavy[0] in synonyms(done))
    return bool(done) and same and column.stats.filled < column.stats.rows


def is_flag(column: Col) -> bool:
    """A column of yes and no, whether it is BOOLEAN, holds 0 and 1 or signs such as Y and N."""
    return column.signs is not None


def truth(column: Col, value: bool) -> str | bool | int:
    """Yes or no as the column stores it."""
    assert column.signs is not None
    return column.signs[0 if value else 1]


def is_filler(word: str) -> bool:
    """Whether a word makes no claim about the data."""
    return stem(word) in FILLER or word in FILLER
