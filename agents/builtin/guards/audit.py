"""The audit: nothing a question says may have been lost on the way to its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from agents.builtin.language.lexicon import RELATING, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Beyond, Compare, Condition, During, Meaning, Nested, Out, Ref
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import BEGINNINGS, date_columns, unread_days
from agents.builtin.schema.graph import Join, Schema
from agents.builtin.walk import conditions_of

_LIGHT = frozenset("name names id ids number numbers date dates value amount total type time times".split())
_COMPUTED = frozenset({"agg", "howmany", "howmuch", "sum", "share", "ratio", "diff"})


def audit(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Problems, one for each sort of thing that the words say more often than the meaning holds."""
    problems = []
    conditions = list(conditions_of(meaning))
    held = [c for c in conditions if isinstance(c, Compare) and c.op not in {"day", "null", "notnull"}]
    values = sum(len(c.values) for c in held)
    used = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    used |= {ref for c in conditions if isinstance(c, Nested) for ref in (c.via, c.against) if ref}
    used |= {c.other for c in conditions if isinstance(c, Compare) and c.other}
    used |= {o.column for o in _outs(meaning, conditions) if o.column}
    meaning.score -= sum(weight for ref, weight in meaning.mentions if ref not in used)
    spoken = {ref for ref, _ in meaning.mentions}
    problems += _idle(tags, meaning, schema, used | spoken)
    problems += _undone_deeds(tags, meaning, schema, conditions)
    said = sum(1 for tag in tags if tag.links and tag.links[0].kind == "value" and tag.links[0].how != "missing")
    if said > values + _repeats(tags):
        problems.append("lost:a value")
    periods = {(tag.period.start, tag.period.end) for tag in tags if tag.period is not None}
    during = {(c.period.start, c.period.end) for c in conditions if isinstance(c, During)}
    during |= {(meaning.shown.period.start, meaning.shown.period.end)} if meaning.shown is not None else set()
    if len(periods) > len(during):
        problems.append("lost:a period")
    measures = [o for o in _outs(meaning, conditions) if o.is_measure or o.func or o.kind in {"ratio", "difference"}]
    if (
        (
            any(tag.kind in _COMPUTED for tag in tags)
            and not measures
            and not any(isinstance(c, Beyond) for c in conditions)
        )
        and not any(o.kind == "column" and o.label != "" for o in meaning.outs)
        and not _read_off(tags, meaning)
    ):
        problems.append("lost:a computation")
    ordered = bool(meaning.order and meaning.limit) or any(isinstance(c, Nested) and c.scope.limit for c in conditions)
    if any(tag.kind == "sup" for tag in tags) and not ordered and not measures and not meaning.order:
        problems.append("lost:a superlative")
    tops = sum(1 for tag in tags if tag.kind == "sup" and not tag.text.lower().startswith(("top", "bottom")))
    kept = bool(meaning.limit) + sum(1 for c in conditions if isinstance(c, Nested) and c.scope.limit)
    kept += sum(1 for o in measures if o.func in {"max", "min"})
    if tops > kept and not meaning.asked_order and ordered:
        problems.append("lost:a superlative")
    known = {float(v) for c in held for v in c.values if isinstance(v, int | float)}
    known |= {float(str(v)) for c in held for v in c.values if isinstance(v, str) and v.isdigit()}
    known |= {number for _, _, number in meaning.having}
    known |= {c.value for c in conditions if isinstance(c, Nested) and c.kind == "measure"}
    limits = [meaning.limit, *(c.scope.limit for c in conditions if isinstance(c, Nested))]
    known |= {float(limit) for limit in limits if limit}
    if any(tag.kind == "num" and tag.number is not None and tag.number not in known for tag in tags):
        problems.append("lost:a number")
    compared = sum(1 for tag in tags if tag.kind in {"cmp", "post"})
    numbers = sum(1 for c in held if c.op not in {"start", "end", "in"}) + len(meaning.having)
    numbers += sum(1 for c in conditions if isinstance(c, Beyond) or (isinstance(c, Nested) and c.kind == "measure"))
    if compared > numbers:
        problems.append("lost:a comparison")
    whole = [one for one in meaning.scope.conditions if isinstance(one, Compare)]
    if any(_excludes(one, other) for out in _outs(meaning, conditions) for one in out.conditions for other in whole):
        problems.append("lost:a value")
    return problems


def _excludes(one: Condition, other: Compare) -> bool:
    """Whether no row can be both: males of whom those are counted that are female."""
    if not isinstance(one, Compare) or one.column != other.column or one is other:
        return False
    if {one.op, other.op} != {"="} or one.negated or other.negated or one.other or other.other:
        return False
    told, said = ({str(value).casefold() for value in c.values} for c in (one, other))
    return not told & said


def _idle(tags: list[Tag], meaning: Meaning, schema: Schema, used: set[Ref]) -> list[str]:
    """Words that were taken for columns or tables which then play no part in what is computed."""
    conditions = list(conditions_of(meaning))
    outs = _outs(meaning, conditions)
    every = [*outs, *(part for out in outs for part in _parts(out))]
    used |= {out.column for out in every if out.column}
    tables = {ref[0] for ref in used} | {out.table for out in every} | {meaning.scope.table}
    tables |= {c.scope.table for c in conditions if isinstance(c, Nested)}
    tables |= {c.scope.table for c in conditions if isinstance(c, Beyond)}
    tables |= {join.parent for join in schema.joins if (join.table, join.columns[0]) in used}
    words = {(ref[0], stem(word)) for ref in used if ref in schema.columns for word in schema.columns[ref].words}
    problems = []
    for tag in tags:
        if tag.kind != "link" or not tag.links or tag.links[0].kind == "value" or tag.links[0].score < 0.7:
            continue
        word = tag.text.lower()
        said = [stem(part) for part in word.split()]
        if any((tag.links[0].table, part) in words for part in said[:-1]) or _seams(tags, tag):
            continue  # "population density": a noun that says which sort of the next
        if stem(word) in RELATING or word.endswith(("ed", "ing")) or is_participle(word) or word in _LIGHT:
            continue
        near = [link for link in tag.links if link.score >= tag.links[0].score - 0.25]
        if not any(link.table in tables if link.kind == "table" else link.ref in used for link in near):
            problems.append(f"idle:{tag.text}")
    return problems


def _undone_deeds(tags: list[Tag], meaning: Meaning, schema: Schema, conditions: list[Condition]) -> list[str]:
    """As in "how many orders were completed", where no column says so: what was done to rows and then left out.

    What brings a row about ("invoices issued") and what its table is called after ("deliveries delivered") say nothing
    of which rows are meant.
    """
    said = [tag for tag in tags if tag.kind != "skip"]
    problems = [f"idle:{tag.text}" for before, tag, after in _triples(said) if _is_adjective(before, tag, after)]
    if any(isinstance(c, Nested | Beyond) for c in conditions) or any(o.func for o, _ in meaning.order):
        return problems
    dated = any(isinstance(c, During) for c in conditions)
    tables = {meaning.scope.table} | {t for o in meaning.outs for t in o.tables()}
    owners = {stem(word) for table in tables if table in schema.tables for word in schema.tables[table]}
    owners |= {other for word in owners for other in synonyms(word)}
    for before, tag, after in _triples(said):
        word = tag.text.lower()
        ends = after is None or after.kind in {"end", "conj", "order"}
        if tag.kind != "unknown" or not ends or stem(word) not in RELATING or before is None:
            continue
        passive = before.text.lower() in {"are", "were", "is", "was", "been", "be"}
        passive = passive or (before.kind == "link" and not dated)
        if is_participle(word) and passive and stem(word) not in owners | BEGINNINGS:
            problems.append(f"idle:{tag.text}")
    return problems


def _triples(tags: list[Tag]) -> list[tuple[Tag | None, Tag, Tag | None]]:
    """Each span between its neighbours."""
    padded: list[Tag | None] = [None, *tags, None]
    return [(padded[place], tag, padded[place + 2]) for place, tag in enumerate(tags)]


_BEFORE_NOUNS = frozenset("howmany agg sum sup num distinct cmp prep group show".split())


def _is_adjective(before: Tag | None, tag: Tag, after: Tag | None) -> bool:
    """As in "number of open repairs": a verb's form that says which of the rows of the noun behind it are meant."""
    noun = after is not None and after.start == tag.end and after.links[:1] != [] and after.links[0].kind == "table"
    place = before is None or before.kind in _BEFORE_NOUNS
    return tag.kind == "unknown" and stem(tag.text.lower()) in RELATING and noun and place


def _seams(tags: list[Tag], tag: Tag) -> set[int]:
    """Where other spans with links touch this one."""
    others = [one for one in tags if one is not tag and one.links and one.links[0].kind != "value"]
    return {one.start for one in others if one.start == tag.end} | {one.end for one in others if one.end == tag.start}


def _parts(out: Out) -> Iterator[Out]:
    for part in out.parts:
        yield part
        yield from _parts(part)


def roles(meaning: Meaning, joined: Iterable[Join], schema: Schema) -> list[str]:
    """Problems where two columns point at one table, as sender and receiver do, and nothing says which is meant."""
    conditions = list(conditions_of(meaning))
    used: set[Ref | None] = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    used |= {c.via for c in conditions if isinstance(c, Nested)} | {o.column for o in _outs(meaning, conditions)}
    problems = []
    for join in sorted(joined, key=lambda j: (j.table, j.columns)):
        rivals = [
            j for j in schema.joins if (j.table, j.parent) == (join.table, join.parent) and j.columns != join.columns
        ]
        columns = [(j.table, j.columns[0]) for j in [join, *rivals]]
        if rivals and not any(ref in used for ref in columns):
            problems.append(f"role:{' or '.join(sorted(ref[1] for ref in columns))}")
    return problems


def paths(tags: list[Tag], meaning: Meaning, joined: Iterable[Join], schema: Schema) -> list[str]:
    """Problems where rows belong together in a way that nobody spoke of, or not in the way that was said."""
    conditions = list(conditions_of(meaning))
    joins = list(joined)
    held = {(join.table, join.columns[0]) for join in joins}
    used = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    every = _outs(meaning, conditions)
    used |= {o.column for o in every if o.column} | {g.column for g in meaning.groups if g.column}
    strong = [(ref, said) for ref, said in meaning.relations if _says_who(ref, schema)]
    problems = [f"unused:{said}" for ref, said in strong if ref not in held | used]
    tables = {ref[0] for ref in used} | {t for o in [*every, *meaning.groups] for t in o.tables()}
    tables |= {meaning.scope.table} | {c.scope.table for c in conditions if isinstance(c, Nested)}
    words = {stem(word) for tag in tags for word in tag.text.lower().split()}
    tables |= {table for table, owner in schema.tables.items() if {stem(word) for word in owner} & words}
    for parent in sorted({join.parent for join in joins} - tables):
        below = sorted({join.table for join in joins if join.parent == parent})
        if len(below) > 1 and not any(join.table == parent for join in joins):
            # Two sorts of rows under one owner, of whom nobody spoke: that is not how one belongs to the other.
            problems.append(f"unclear:how {' and '.join(below)} belong together")
    return problems


def references(tags: list[Tag], query: exp.Query, schema: Schema) -> list[str]:
    """Problems where something was named in a part that another column of the data tells than the one joined by."""
    used = {column.name for column in query.find_all(exp.Column)}
    said = [(tag, tag.links[0].via) for tag in tags if tag.links and tag.links[0].via is not None]
    return [f"role:{via[1]} of {via[0]}" for _, via in said if via[1] not in used and _rivals(via, schema)]


def _rivals(via: Ref, schema: Schema) -> bool:
    """Whether other columns point at the same table."""
    parents = {schema.real(join.parent) for join in schema.joins if (join.table, join.columns[0]) == via}
    return sum(1 for join in schema.joins if schema.real(join.parent) in parents) > 1


def other_days(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """A problem where a day is used of which nobody spoke, while that of the thing itself cannot be read."""
    conditions = list(conditions_of(meaning))
    used = [c.column for c in conditions if isinstance(c, During)]
    used += [meaning.shown.column] if meaning.shown is not None else []
    outs = [*_outs(meaning, conditions), *meaning.groups, *meaning.within]
    outs += [part for out in outs for part in _parts(out)]
    used += [out.column for out in outs if out.column and schema.columns[out.column].kind == "date"]
    words = {stem(word) for tag in tags for word in tag.text.lower().split()}
    for ref in used:
        own = {stem(word) for word in schema.columns[ref].core} - _DAYS
        said = own & words or any(tag.links and tag.links[0].ref == ref for tag in tags)
        if not said and unread_days(schema, ref[0]):
            meaning.days = meaning.days or [column.ref for column in date_columns(schema, ref[0])]
            return [] if "idle:which day" in meaning.problems else ["idle:which day"]
    return []


_DAYS = frozenset(stem(word) for word in "date day time on at".split())


def measured_keys(meaning: Meaning, schema: Schema) -> list[Ref]:
    """Columns whose numbers only tell rows apart, and which are added up, averaged or compared by size."""
    conditions = list(conditions_of(meaning))
    outs = _outs(meaning, conditions)
    outs += [part for out in outs for part in _parts(out)]
    used = [out.column for out in outs if out.kind == "agg" and out.func not in {"max", "min"} and out.column]
    used += [c.column for c in conditions if isinstance(c, Compare) and c.op in _BY_SIZE and c.other is None]
    used += [c.column for c in conditions if isinstance(c, Beyond)]
    numbers = [ref for ref in used if schema.columns[ref].kind == "number" and schema.columns[ref].is_id]
    return list(dict.fromkeys(numbers))


_BY_SIZE = frozenset({"<", "<=", ">", ">="})


def _says_who(ref: Ref, schema: Schema) -> bool:
    """Whether a column says by whom rows were dealt with, or points at rows of its own table."""
    own = any((j.table, j.columns[0]) == ref and schema.real(j.parent) == ref[0] for j in schema.joins)
    return own or schema.columns[ref].words[-1] == "by"


def _read_off(tags: list[Tag], meaning: Meaning) -> bool:
    """A number that stands in a column is read, not counted: "how many people live in Rome"."""
    kinds = {tag.kind for tag in tags if tag.kind in _COMPUTED}
    return kinds <= {"howmany", "howmuch"} and any(o.kind == "column" for o in meaning.outs)


def _repeats(tags: list[Tag]) -> int:
    held = [(tag.links[0].ref, str(tag.links[0].value)) for tag in tags if tag.links and tag.links[0].kind == "value"]
    return len(held) - len(set(held))


def _outs(meaning: Meaning, conditions: list[Condition]) -> list[Out]:
    outs = [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]
    for condition in conditions:
        if isinstance(condition, Nested):
            outs += [condition.out] if condition.out else []
            outs += [o for o, _ in condition.scope.order]
    return outs
