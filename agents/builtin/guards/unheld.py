"""What the question says and the reading does not hold: functions, negations, groupings, words for all, marks of rows.

One half of the account: from the words to the reading. The other half is ``unsaid``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from agents.builtin.language.lexicon import AGGREGATES
from agents.builtin.language.words import singular, stem
from agents.builtin.linking.forwhat import without_what
from agents.builtin.linking.links import is_filler
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Beyond, Compare, Condition, During, Meaning, Nested, Out, Ref, Scope
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Join, Schema
from agents.builtin.schema.references import holds_people
from agents.builtin.walk import conditions_of, outs_of, within


def unheld(tags: list[Tag], meaning: Meaning, schema: Schema, joined: Iterable[Join] = ()) -> list[str]:
    """Sentences, each about words that nothing in the reading stands for. ``joined``: how its tables come together."""
    outs, conditions = outs_of(meaning), list(conditions_of(meaning))
    found = [
        *_functions(tags, outs, conditions),
        *_amounts(tags, outs),
        *_countings(tags, meaning, outs, conditions),
        *_negations(tags, meaning, conditions, schema),
        *_groupings(tags, meaning, outs),
        *_for_all(tags, meaning, outs),
        *_marks(tags, outs, conditions, schema, joined),
        *_both(tags, meaning, conditions, schema),
        *_restricting(tags, conditions),
        *_with_and_without(tags),
        *_little_words(tags),
        *_numbers_as_groups(tags),
        *_per_of_best(tags, meaning, outs),
        *_parted(tags),
        *_asked_too(tags, meaning, schema),
        *without_what(tags),
    ]
    return list(dict.fromkeys(found))


def _functions(tags: list[Tag], outs: list[Out], conditions: list[Condition]) -> Iterator[str]:
    """As in "median total amount": a total is no median."""
    funcs = (
        {out.func for out in outs}
        | {"avg" for out in outs if out.kind == "ratio"}
        | {c.average and "avg" for c in conditions if isinstance(c, Nested)}
    )
    for tag in tags:
        if tag.kind == "agg" and tag.data not in funcs | {"sum", "count"}:
            yield f"'{tag.text}' has no part in what I read"


_MONEY_NOUNS = frozenset("value values amount amounts worth cost costs price prices money".split())


def _amounts(tags: list[Tag], outs: list[Out]) -> Iterator[str]:
    """As in "total stock value", where nothing holds a value: a number of rows is none."""
    measured = any(out.column is not None and out.func for out in outs) or any(o.kind == "formula" for o in outs)
    if measured or not any(tag.kind in {"agg", "sum"} and tag.data == "sum" for tag in tags):
        return
    for before, tag in pairwise(tags):
        word = tag.text.lower()
        if tag.kind == "skip" and word in _MONEY_NOUNS and before.links and before.end == tag.start:
            yield f"nothing is called '{before.text} {tag.text}'"


def _countings(tags: list[Tag], meaning: Meaning, outs: list[Out], conditions: list[Condition]) -> Iterator[str]:
    """As in "number of customers by number of orders": each number that was said is one of the reading."""
    said = [tag for tag in tags if tag.kind == "howmany"]
    numbers = {
        repr(out) for out in outs if out.kind in {"count", "agg", "rank"} or (out.kind == "column" and out.column)
    }
    held = len(numbers)
    held += sum(1 for c in conditions if isinstance(c, Nested) and c.kind == "measure") + bool(meaning.limit)
    held += sum(1 for out in outs if out.kind in {"ratio", "share", "difference"})
    if len(said) > max(held, 1):
        yield f"'{said[-1].text}' is said {len(said)} times, and one number is read"


def _negations(tags: list[Tag], meaning: Meaning, conditions: list[Condition], schema: Schema) -> Iterator[str]:
    """Each word that denies is held by something that is denied."""
    said = [tag for tag, after in zip(tags, [*tags, None][1:], strict=True) if tag.kind == "neg" and not _turns(after)]
    held = sum(_denied(c) for c in conditions) + sum(1 for _, op, v in meaning.having if op in {"=", "<"} and not v)
    held += bool(meaning.everyone) + any(
        out.column is not None and _is_mark(out.column, schema) for out in meaning.groups
    )
    if len(said) > held:
        yield f"'{said[-1].text}' denies nothing in what I read"


def _turns(after: Tag | None) -> bool:
    return after is not None and after.kind == "cmp"  # "not more than": the comparison is turned round


def _is_mark(ref: Ref, schema: Schema) -> bool:
    return schema.columns[ref].signs is not None


def _denied(condition: Condition) -> int:
    """How many words that deny a condition may stand for: each value that is left out may have one."""
    if not _denies(condition):
        return 0
    return max(1, len(condition.values)) if isinstance(condition, Compare) else 1


def _denies(condition: Condition) -> bool:
    if isinstance(condition, Compare):
        unset = condition.op in {"null", "notnull", "!="} or any(
            value in {False, "0", "N", "n"} for value in condition.values
        )
        return condition.negated or unset
    if isinstance(condition, During):
        return condition.negated
    return isinstance(condition, Nested) and (
        condition.kind == "none" or (condition.kind == "measure" and not condition.value)
    )


def _groupings(tags: list[Tag], meaning: Meaning, outs: list[Out]) -> Iterator[str]:
    """As in "the lowest in each city": each grouping that was said is one of the reading, of what was said."""
    cut = [
        *meaning.groups,
        *meaning.within,
        *(part for out in outs if out.kind in {"per", "ratio", "course"} for part in out.parts),
    ]
    apart = bool(cut) or bool(meaning.everyone) or any(out.kind in {"per", "ratio", "share"} for out in outs)
    for place, tag in enumerate(tags):
        if tag.kind != "group" or tag.data not in {"", "each"}:
            continue
        noun = next((one for one in tags[place + 1 : place + 4] if one.kind != "skip"), None)
        if not apart and not _one_each(noun, meaning) and not _per_row(noun, outs):
            yield f"'{tag.text}{' ' + noun.text if noun is not None else ''}' groups nothing in what I read"
        elif _ranks_rows(meaning) and not meaning.within and tag.text.lower() in _WITHIN and place:
            yield f"'{tag.text}{' ' + noun.text if noun is not None else ''}' would not be looked at one by one"


def _ranks_rows(meaning: Meaning) -> bool:
    return bool(meaning.limit and meaning.order) and not any(out.is_measure for out, _ in meaning.order)


_WITHIN = frozenset("in each|within each|of each|for each|in every|for every|each|every".split("|"))


def _one_each(noun: Tag | None, meaning: Meaning) -> bool:
    """Rows are listed one by one anyway: "the price of each product" shows products or what is theirs."""
    if noun is None or not noun.links:
        return False
    tables = {link.table for link in noun.links[:3]}
    return any(table in tables for out in meaning.outs for table in out.tables()) and not any(
        out.is_measure for out in meaning.outs
    )


def _per_row(noun: Tag | None, outs: list[Out]) -> bool:
    """As in "average number of tickets per sale", where each row is a sale and says how many."""
    tables = {link.table for link in noun.links[:1] if link.kind == "table"} if noun is not None else set()
    return any(o.func in {"avg", "median"} and o.column is not None and o.column[0] in tables for o in outs)


_AT = frozenset("at by in from to with on into through".split())


def _for_all(tags: list[Tag], meaning: Meaning, outs: list[Out]) -> Iterator[str]:
    """As in "parts that are stocked at every site": that it holds for all of them is more than any row says."""
    if any(out.kind == "agg" for out in outs) or meaning.everyone:
        return
    asked = {table for out in meaning.outs for table in out.tables()} - {t for g in meaning.groups for t in g.tables()}
    for place, tag in enumerate(tags):
        words = tag.text.lower().split()
        if words[-1] not in {"every", "all"} or place == 0:
            continue
        noun = next((one for one in tags[place + 1 : place + 4] if one.kind != "skip"), None)
        before = next((one for one in reversed(tags[:place]) if one.kind != "skip"), None)
        if noun is None or not noun.links or noun.links[0].kind != "table" or noun.links[0].table in asked:
            continue
        joint = words[0] if len(words) > 1 else before.text.lower() if before is not None else ""
        deed = before is not None and (before.kind == "unknown" or is_participle(before.text.lower()))
        clause = any(one.kind == "rel" or one.text.lower() in {"which", "who"} for one in tags[:place])
        if (joint in _AT or deed) and clause:
            yield f"that it holds for {words[-1]} {noun.text} is not something I can check"


def _marks(
    tags: list[Tag], outs: list[Out], conditions: list[Condition], schema: Schema, joined: Iterable[Join]
) -> Iterator[str]:
    """As in "never attended", where rows say whether it was attended: a mark that is kept has to be used."""
    used = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    used |= {c.other for c in conditions if isinstance(c, Compare) and c.other} | {o.column for o in outs if o.column}
    tables = {ref[0] for ref in used} | {t for out in outs for t in out.tables()}
    tables |= {c.scope.table for c in conditions if isinstance(c, Nested)}
    tables |= {table for join in joined for table in (join.table, join.parent)}
    columns = [link.ref for tag in tags for link in tag.links[:1] if link.kind == "column"]
    used |= {ref for out in outs if out.kind == "entity" for ref in label_columns(schema, out.table)}
    for tag in tags:
        if any(link.kind == "table" and link.table in tables and link.score >= 0.5 for link in tag.links):
            continue  # that there are such rows is what the word says
        for link in tag.links[:3]:
            if link.kind != "column" or link.table not in tables or link.score < 0.95 or link.ref in used:
                continue
            column = schema.columns[link.ref]
            if any(ref[1] == link.column for ref in used):
                continue
            done = is_participle(tag.text.lower()) and link is tag.links[0] and not column.is_id
            some = column.stats.filled < column.stats.rows  # a day that not all rows have says which ones are meant
            done = done and (column.kind in {"number", "text"} or (column.kind == "date" and some))
            if column.signs is not None or (done and link.ref in columns):
                yield f"'{tag.text}' is kept in {column.name} of {column.table}, which plays no part in what I read"
                break


def _both(tags: list[Tag], meaning: Meaning, conditions: list[Condition], schema: Schema) -> Iterator[str]:
    """As in "members who paid by card and by cash", "have had both A and B, in May": what holds for each of the two."""
    asked = {
        out.table or (out.column[0] if out.column else "")
        for out in meaning.outs
        if out.kind in {"entity", "column", "count"}
    }
    joined = _joined(tags)
    for condition in conditions:
        if not isinstance(condition, Compare) or condition.negated or len(condition.values) < 2 or condition.op != "=":
            continue
        below = condition.column[0] not in asked and not _above(condition.column[0], asked, schema)
        if below and {str(value) for value in condition.values} <= joined and not meaning.groups:
            said = " and ".join(str(value) for value in condition.values)
            yield f"'{said}' may mean either of them or both at once"
    nested = [c for c in meaning.scope.conditions if isinstance(c, Nested) and c.kind == "exists"]
    if not any(tag.text.lower() == "both" for tag in tags):
        return
    values = [c for c in meaning.scope.conditions if isinstance(c, Compare)]
    beside = [c.column for c in meaning.scope.conditions if isinstance(c, During | Compare)]
    if len(nested) > 1 and any(not _above(ref[0], {meaning.scope.table}, schema) for ref in beside):
        yield "what is said of both would be asked of neither"
    if len(nested) > 1 and len({_shape(one.scope) for one in nested}) > 1:
        yield "what is said of both would be asked of one of them only"
    elif len(nested) == 1 and values and len(list(within(nested[0].scope.conditions))) > 1:
        table = {c.column for c in within(nested[0].scope.conditions) if isinstance(c, Compare)}
        if table & {c.column for c in values}:
            yield "what is said of both would be asked of one of them only"


def _shape(scope: Scope) -> tuple[str, ...]:
    """A set of rows without the values that are named."""
    parts = []
    for condition in within(scope.conditions):
        kind = type(condition).__name__
        where = (
            condition.column
            if isinstance(condition, Compare | During | Beyond)
            else condition.scope.table
            if isinstance(condition, Nested)
            else ""
        )
        parts.append(f"{kind}:{where}")
    return (scope.table, *sorted(parts))


def _above(table: str, asked: set[str], schema: Schema) -> bool:
    """Whether rows that are asked for have one row of the table each."""
    return any(schema.owns(own, table) for own in asked if own in schema.tables and table in schema.tables)


def _joined(tags: list[Tag]) -> set[str]:
    """Values on both sides of an "and"."""
    found: set[str] = set()
    said = [tag for tag in tags if tag.kind not in {"skip", "prep", "rel"} and tag.text.lower() != "by"]
    for before, joint, after in zip(said, said[1:], said[2:], strict=False):
        if joint.text.lower() in {"and", "and by"} and all(
            one.links and one.links[0].kind == "value" for one in (before, after)
        ):
            found |= {str(before.links[0].value), str(after.links[0].value)}
    return found


def _restricting(tags: list[Tag], conditions: list[Condition]) -> Iterator[str]:
    """Small words that say which rows are meant, where no condition says so."""
    for place, tag in enumerate(tags):
        word = tag.text.lower()
        after = tags[place + 1] if place + 1 < len(tags) else None
        if tag.kind != "skip" or after is None:
            continue
        noun = bool(after.links) and after.start == tag.end
        if word == "other" and noun:
            yield f"'other {after.text}' leaves something out, and I cannot say what"
        elif word == "own" and noun:
            yield f"whose own {after.text} is meant is not held by what I read"
        elif noun and _tells_which(word, tags[place - 1] if place else None):
            yield f"which {after.text} are '{word}' is not held by what I read"
        elif word == "out" and after.text.lower() == "of" and not any(_denies(c) for c in conditions):
            yield "'out of' is not held by what I read"


_SAYS_NOTHING = frozenset(
    (
        "recorded existing following given associated corresponding related respective registered including involved "
        "based"
    ).split()
)


def _tells_which(word: str, before: Tag | None) -> bool:
    """As in "oldest living dog", "number of used rooms": a verb's form right before its noun."""
    place = before is None or before.kind in {"sup", "howmany", "num", "agg", "group", "prep", "rel"}
    return word.endswith(("ed", "ing", "ken", "sed")) and word not in _SAYS_NOTHING and place


def _with_and_without(tags: list[Tag]) -> Iterator[str]:
    """As in "with and without an allergy": two groups, of which one would be lost."""
    said = [tag.text.lower() for tag in tags if tag.kind != "skip"]
    for one, joint, other in zip(said, said[1:], said[2:], strict=False):
        if {one, other} <= {"with", "without"} and joint in {"and", "or"} and one != other:
            yield f"'{one} {joint} {other}' are two groups, and I read one"


_PERSON = frozenset({"who", "whom", "whose"})


def _asked_too(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "... and who was it for": a second thing that is asked for has to be shown."""
    said = [tag for tag in tags if tag.kind != "skip"]
    for joint, tag, after in zip(said, said[1:], [*said[2:], None], strict=False):
        word = tag.text.lower()
        if joint.kind != "conj" or tag.kind != "rel" or word not in _PERSON | {"what", "which", "where"}:
            continue
        tables = {table for out in meaning.outs for table in out.tables() if table}
        if (
            word == "which"
            and after is not None
            and after.links
            and not {link.table for link in after.links[:3]} & tables
        ):
            yield f"'{joint.text} {word} {after.text}' is asked for and would not be shown"
        elif (
            word in _PERSON and not any(holds_people(schema, table) for table in tables if table in schema.tables)
        ) or (word in {"what", "where"} and len(meaning.outs) < 2):
            yield f"'{joint.text} {word}' is asked for and would not be shown"


def _numbers_as_groups(tags: list[Tag]) -> Iterator[str]:
    """As in "by city and number of bedrooms": a second heading, or a second figure?"""
    grouped = next((place for place, tag in enumerate(tags) if tag.kind == "group"), len(tags))
    for before, tag, after in zip(tags[grouped:], tags[grouped + 1 :], tags[grouped + 2 :], strict=False):
        if before.kind == "conj" and tag.kind == "howmany" and after.links and after.links[0].kind == "column":
            yield f"'{tag.text} {after.text}' may be a heading or a figure of its own"


def _per_of_best(tags: list[Tag], meaning: Meaning, outs: list[Out]) -> Iterator[str]:
    """As in "which house earns the most per flat": the best by what there is for each one, which is no grouping."""
    best = next((place for place, tag in enumerate(tags) if tag.kind == "sup"), None)
    if best is None or not meaning.limit or meaning.within or any(out.kind in {"per", "ratio"} for out in outs):
        return
    for tag, noun in zip(tags[best:], tags[best + 1 :], strict=False):
        if tag.kind == "group" and tag.text.lower() == "per":
            yield f"'per {noun.text}' would not be looked at one by one"


def _parted(tags: list[Tag]) -> Iterator[str]:
    """As in "at least 10 rated tickets": the number is one of tickets, and not of their rating."""
    for number, deed, noun in zip(tags, tags[1:], tags[2:], strict=False):
        column = deed.links[0].kind == "column" if deed.links else False
        named = noun.links[0].kind == "table" if noun.links else False
        if number.kind == "num" and column and named and is_participle(deed.text.lower()) and noun.start == deed.end:
            yield f"'{deed.text} {noun.text}' would be taken for an amount"


# Words that are passed over and say nothing of which rows are meant. Any other word that is passed over is doubted.
_HARMLESS = frozenset(
    stem(word)
    for word in """
a an the this these those there here it its it's they them their theirs he she his her him we us our my me i you your
am be is are was were been being do does did have has had having will would can could shall should may might must
please kindly just let get got give show list tell find return display provide want need know like see look say
question answer query report retrieve fetch compute calculate determine identify generate of in on at for from to by
with within into onto per as about regarding concerning terms along across among amongst between during via through
than that which who whom whose what what's when where why how how's much's and or but if while also so very then well
any some one ones all each every much many number number's amount kind value values name data database dataset record
records entry entries row rows table tables column columns field fields result results output outputs information info
detail details system made make making placed place placing done happen happened happening occur occurred exist exists
existing appear appears recorded record registered use used using take takes taken took hold holding come comes coming
go goes going live lives living lie lies reside residing belong belonging contain contains containing include includes
included consist call called titled labelled labeled named situated located locate found based associated related
corresponding correspond respective respectively following whether s ' 's yet ever s' ok hi hello thanks thank entire
whole full both no not ranked ranking sort listing breakdown broken down distribution total unique distinct different
various certain particular specific currently current now today still only too available present perform performed
carry carried bring brought brings receive received involve involved consider considering looking plus since
throughout exactly pair pairs combination combinations basis time times case metric metrics integer euro euros eur
dollar dollars usd cent cents pence side share alongside separately individually say simply overall other own either
""".split()
)


_IN_FACT = frozenset({"actually", "really", "in fact"})


def _little_words(tags: list[Tag]) -> Iterator[str]:
    """As in "money actually paid", "retired ones included": a word that is passed over must be one without weight."""
    for tag, after in zip(tags, [*tags, None][1:], strict=True):
        if tag.text.lower() in _IN_FACT and after is not None and after.links and after.links[0].kind == "value":
            continue  # "visits actually completed": that it is so is stored
        words = [stem(word) for word in tag.text.lower().split() if word[:1].isalpha()]
        passed = tag.kind == "skip" and all(is_filler(word) for word in tag.text.lower().split())
        last = after is None or after.kind == "end"
        given_back = last and tag.text.lower() == "returned" and tag.before in {"was", "were", "been"}
        if passed and words and (given_back or not all(word in _HARMLESS for word in words)):
            yield f"'{tag.text}' has no part in what I read"


def swallowed(tags: list[Tag], meaning: Meaning) -> list[str]:
    """As in "average score of yoga trainers" where a column is called average score: of many rows it is no average."""
    plain = {out.column for out in meaning.outs if out.kind == "column"}
    several = any(_is_plural(tag) for tag in tags if tag.links and tag.links[0].kind == "table")
    found = []
    for tag in tags:
        first = tag.text.lower().split()[0]
        if tag.kind != "link" or tag.links[0].ref not in plain or AGGREGATES.get(first) not in {"avg", "median"}:
            continue
        if several and not meaning.groups and not meaning.limit:
            found.append(f"'{tag.text}' is kept for each row, and several rows are meant")
    return found


def _is_plural(tag: Tag) -> bool:
    word = tag.text.lower().split()[-1]
    return singular(word) != word
