"""Two tables side by side on equal keys: "join orders with customers", "add the country from customers by id"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.recipe.words import canonical, column_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.builtin.pipelines.reconcile.evidence import count_if, ref, source
from agents.contract import DataView, Option, Question

_VERB = re.compile(
    r"(?:join|combine|merge|link|enrich|connect|bring\s+together|match(?:\s+up)?|look\s+up)\s+", re.IGNORECASE
)
_WITH = re.compile(r"\s+(?:with|and|to|onto|in)\s+(?:their\s+|its\s+)?", re.IGNORECASE)
_NEXT = re.compile(r"\s*(?:,\s*(?:and\s+)?|\s+and\s+)(?:with\s+|to\s+)?(?:the\s+|their\s+|its\s+)?", re.IGNORECASE)
_ON = re.compile(r"\s*(?:\(\s*)?(?:on|by|via|using|over|through|along|where)\s+(?:the\s+)?(?:same\s+)?", re.IGNORECASE)
_IS = re.compile(r"\s*(?:=|==|equals?|is|matches|to|and|with)\s*", re.IGNORECASE)
KEEP_ALL = re.compile(
    r"\s*,?\s*(?:and\s+|but\s+)?(?:keep(?:ing)?|with)\s+(?:all|every|each)\s+(?:the\s+)?(?P<noun>\w+"
    r")(?:\s+even\s+(?:if|when)\s+[^,;.]+|\s+with(?:out)?\s+(?:a\s+)?match|\s+also\s+those\s+without[^,;.]+"
    r")?",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """Both tables and, where it is said, the columns on which they meet."""
    verb = _VERB.match(text, at)
    left = table_at(text, verb.end(), work.data.catalog) if verb else None
    glue = _WITH.match(text, left[0]) if left else None
    right = table_at(text, glue.end(), work.data.catalog) if glue else None
    if left is None or right is None or left[1].name == right[1].name:
        return None
    first, second = work.rows_of(left[1]), work.raw(right[1])
    keys = keys_at(text, right[0], first, second)
    end = keys[0] if keys else right[0]
    pairs = keys[1] if keys else shared_keys(first, second, work)
    if not pairs:
        return None
    more = _further(text, end, first, second, work)
    end = more[-1].end if more else end
    keep = KEEP_ALL.match(text, end)
    every = bool(
        keep and (canonical(keep["noun"]) == canonical(left[1].name) or keep["noun"].casefold() in ("rows", "lines"))
    )

    def do() -> Problem:
        problem = join(work, first, second, pairs, every=every)
        for one in more if problem is None else ():
            assert work.current is not None
            problem = problem or join(work, work.current, one.rows, one.pairs, every=every)
        return problem

    return Told(keep.end() if keep and every else end, do)


@dataclass(frozen=True)
class _Further:
    """A table after the second one, and the columns on which it meets those before."""

    end: int
    rows: Rows
    pairs: tuple[tuple[str, str], ...]


def _further(text: str, at: int, first: Rows, second: Rows, work: Work) -> list[_Further]:
    """As in "join bookings with members and classes": each next table meets the first or one that was joined."""
    found: list[_Further] = []
    before = [first, second]
    while (glue := _NEXT.match(text, at)) is not None:
        table = table_at(text, glue.end(), work.data.catalog)
        if table is None or any(table[1].name in rows.tables for rows in before):
            break
        rows = work.raw(table[1])
        keys = next((keys for one in before if (keys := keys_at(text, table[0], one, rows)) is not None), None)
        pairs = keys[1] if keys else _first_shared(before, rows, work)
        if not pairs:
            break
        at = keys[0] if keys else table[0]
        found.append(_Further(at, rows, pairs))
        before.append(rows)
    return found


def _first_shared(before: Sequence[Rows], rows: Rows, work: Work) -> tuple[tuple[str, str], ...]:
    """The columns that the table shares with the first of those before that has any."""
    open_ones = list(work.unpaired)
    for one in before:
        pairs = shared_keys(one, rows, work)
        if pairs:
            work.unpaired[:] = open_ones
            return pairs
    return ()


def keys_at(text: str, at: int, left: Rows, right: Rows) -> tuple[int, tuple[tuple[str, str], ...]] | None:
    """(end, pairs) of "by order_id = invoice_ref" or "on email"."""
    on = _ON.match(text, at)
    first = column_at(text, on.end(), left) if on else None
    if on is None or first is None:
        return None
    end, pair = first[0], None
    equal = _IS.match(text, end)
    second = column_at(text, equal.end(), right) if equal and equal[0].strip() else None
    if second is not None:
        end, pair = second[0], (first[1], second[1])
    else:
        same = column_at(text, on.end(), right)
        pair = (first[1], same[1]) if same else None
    close = re.compile(r"\s*\)").match(text, end) if "(" in on[0] else None
    return (close.end() if close else end, (pair,)) if pair else None


def shared_keys(left: Rows, right: Rows, work: Work) -> tuple[tuple[str, str], ...]:
    """The columns that were answered, else the one that both have and of which the right one has each value once."""
    mine_of, its_of = left.tables[0], right.tables[0]
    answered = work.request.answers.get(columns_key(mine_of, its_of))
    given = keys_at(f"on {answered}", 0, left, right) if answered else None
    if given is not None:
        return given[1]
    found: list[tuple[str, str]] = []
    for mine in left.columns:
        for its in right.columns:
            alike = canonical(mine) == canonical(its) and left.columns[mine] == right.columns[its]
            if alike and is_identifying(work.data, its_of, its):
                found.append((mine, its))
    if len(found) == 1:
        return tuple(found)
    work.unpaired.append((mine_of, its_of))
    return ()


def columns_key(left: str, right: str) -> str:
    """The key of the question on which columns two tables meet."""
    return f"columns of {left} and {right}"


def is_identifying(data: DataView, table: str, column: str) -> bool:
    """Whether a column has values, and each of them once."""
    distinct = exp.Count(this=exp.Distinct(expressions=[ref(column)]))
    counts = data.scalars(exp.select(exp.Count(this=ref(column)), distinct).from_(source(table)))
    return bool(counts) and counts[0] == counts[1] and bool(counts[0])


def meets(right: str, pairs: Sequence[tuple[str, str]]) -> exp.Exists:
    """Whether a row of ``l``, the left table, has a match in the right one."""
    on = exp.and_(*(exp.EQ(this=ref(mine, "l"), expression=ref(its, "r")) for mine, its in pairs))
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(source(right, "r")).where(on))


def _told_apart(left: Rows, right: Rows, pairs: tuple[tuple[str, str], ...], how: str) -> dict[str, str]:
    """Tables whose rows a column of the joined rows tells apart."""
    found = dict(left.identified)
    mine_of = {its: mine for mine, its in pairs}
    for table, column in right.identified.items():
        # With unmatched rows, a key of the left may be of nobody on the right.
        if column in mine_of and how == "inner":
            found[table] = mine_of[column]
        elif column not in mine_of and column not in left.columns:
            found[table] = column
    return found


def join(work: Work, left: Rows, right: Rows, pairs: tuple[tuple[str, str], ...], *, every: bool) -> Problem:
    """The join; where rows of the left have no match, whether they stay is asked."""
    how = "left" if every else "inner"
    if not every:
        kept = _without_match(work, left, right, pairs)
        if isinstance(kept, Question):
            return kept
        how = kept
    columns = dict(left.columns)
    for name, type_ in right.columns.items():
        if name not in [its for _, its in pairs]:
            columns[name if name not in columns else f"{name}_2"] = type_
    clash = set(right.columns) & set(left.columns) - {its for mine, its in pairs if mine == its}
    params = {"take": [name for name in right.columns if name not in [its for _, its in pairs]]}
    if clash:
        params = {"take": [name for name in params["take"] if name not in clash]}
        columns = {name: type_ for name, type_ in columns.items() if not (name.endswith("_2") and name[:-2] in clash)}
    on = [list(pair) if pair[0] != pair[1] else pair[0] for pair in pairs]
    said = f"join {left.tables[0]} with {right.tables[0]} by {', '.join(mine for mine, _ in pairs)}"
    work.step("joined", "join", (left, right), columns, how=how, on=on, said=said, more=params)
    once = len(pairs) == 1 and is_identifying(work.data, right.tables[0], pairs[0][1])
    work.now(one_each=left.one_each if once else "", identified=_told_apart(left, right, pairs, how))
    if clash:
        work.assumptions.append(f"{', '.join(sorted(clash))} are taken from {left.tables[0]}, as both tables have them")
    work.base = work.current
    return None


def _without_match(work: Work, left: Rows, right: Rows, pairs: tuple[tuple[str, str], ...]) -> str | Question:
    if left.id != left.tables[0]:
        return "left"
    found = work.data.scalars(
        exp.select(count_if(exp.not_(meets(right.tables[0], pairs)))).from_(source(left.tables[0], "l"))
    )
    if not found or not int(str(found[0])):
        return "inner"
    question = Question(
        key="unmatched",
        text=f"{found[0]} rows of {left.tables[0]} have no match in {right.tables[0]}. Shall they stay, with empty "
        "columns, or be left out?",
        options=(Option(label="They stay", value="keep"), Option(label="Leave them out", value="leave_out")),
    )
    answer = resolve_answer(question, work.request.answers.get(question.key, ""))
    return question if answer is None else "left" if answer == "keep" else "inner"
