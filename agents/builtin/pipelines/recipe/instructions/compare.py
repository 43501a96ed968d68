"""Two tables held against each other: "compare a and b by x = y and list what is only in one or has another amount"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.clauses import FILE
from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.instructions.join import keys_at, shared_keys
from agents.builtin.pipelines.recipe.words import COMMA, canonical, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(r"(?:compare|reconcile|match|check|hold|cross-?check|diff)\s+", re.IGNORECASE)
_WITH = re.compile(r"\s+(?:and|with|against|to|versus|vs\.?)\s+", re.IGNORECASE)
_ASKED = re.compile(
    r"(?:save|list|show|find|write|put|export|give\s+me|report)\s+(?:me\s+)?(?:(?:all|every|the|"
    r"those)\s+)*(?:everything|\w+)\s+(?:that|which|where|who)?\s*",
    re.IGNORECASE,
)
_ONLY = (
    r"(?:(?:is|are|stands?|appears?)\s+)?(?:only\s+(?:in|on)\s+one(?:\s+(?:of\s+(?:them|the\s+"
    r"two)|side|table|file|list))?|missing\s+(?:in|on|from)\s+(?:either|one)(?:\s+(?:of\s+them|"
    r"side))?)"
)

_OTHER = (
    r"(?:(?:have|has|with|having)\s+(?:another|a\s+different|different|other|an?\s+unequal)\s+"
    r"(?P<what>\w+)|(?:whose\s+)?(?P<what2>\w+)\s+(?:differs?|is\s+different|are\s+different|do(?:es)?n'?t\s+"
    r"(?:match|agree)))"
)

_DIFFERS = re.compile(
    rf"(?:(?:{_ONLY})\s*,?\s*(?:or|and)\s+(?:that\s+|which\s+|who\s+)?(?:{_OTHER})|(?:do(?:es)?\s*"
    rf"(?:n['’]?t|\s+not)\s+(?:match|agree|fit)|differs?|is\s+different|are\s+different|don'?t\s+"
    rf"match))",
    re.IGNORECASE,
)
_INTO = re.compile(rf"\s*(?:as|in|into|to)\s+(?:a\s+file\s+)?(?:called\s+)?{FILE}", re.IGNORECASE)
_COLUMNS = re.compile(r"\s*[,:]?\s*(?:with\s+)?(?:the\s+)?(?:columns?\s*:?\s*)?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_]\w*")
_REASONS = re.compile(
    r"\s*,?\s*(?:where|with|and)?\s*(?:the\s+)?(?P<column>\w+)\s+(?:is|being|says)\s+(?:one\s+"
    r"of|either)\s*:?\s*(?P<list>[^.;:\n]+)",
    re.IGNORECASE,
)
_DIFFER_WORDS = re.compile(r"differ|other|another|mismatch|wrong|unequal|not equal", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """What to list, with its columns, its reasons and its file."""

    columns: list[str]
    reasons: list[str]
    file: str


def read(text: str, at: int, work: Work) -> Told | None:
    """Everything that is only on one side, or has another amount there."""
    verb = _VERB.match(text, at)
    left = table_at(text, verb.end(), work.data.catalog) if verb else None
    glue = _WITH.match(text, left[0]) if left else None
    right = table_at(text, glue.end(), work.data.catalog) if glue else None
    if left is None or right is None or left[1].name == right[1].name:
        return None
    first, second = work.rows_of(left[1]), work.rows_of(right[1])
    keys = keys_at(text, right[0], first, second)
    pairs = keys[1] if keys else shared_keys(first, second, work)
    if len(pairs) != 1:
        return None
    gap = re.compile(r"[\s.,;:]*(?:and\s+|then\s+)?", re.IGNORECASE).match(text, keys[0] if keys else right[0])
    asked = _ASKED.match(text, gap.end()) if gap else None
    differs = _DIFFERS.match(text, asked.end()) if asked else None
    if differs is None:
        return None
    found = _asked(text, differs.end())
    amounts = _amounts(first, second, differs["what"] or differs["what2"] or "", found[1].columns if found else [])
    if found is None or amounts is None:
        return None
    plan = _plan(found[1], first, second, pairs[0], amounts)
    return Told(found[0], lambda: _compare(work, first, second, pairs[0], amounts, plan, found[1])) if plan else None


def _asked(text: str, at: int) -> tuple[int, Asked] | None:
    """The file before or after the columns, the reasons last."""
    file = _INTO.match(text, at)
    end = file.end() if file else at
    lead = _COLUMNS.match(text, end)
    place = lead.end() if lead else end
    names: list[str] = []
    while (word := _NAME.match(text, place)) is not None and not re.match(r"\s*\.\w", text[word.end() :]):
        if word[0].casefold() in ("as", "in", "into", "where", "save", "to"):
            break
        names.append(word[0])
        end = word.end()
        comma = COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    file = file or _INTO.match(text, end)
    if file is not None and file.end() > end:
        end = file.end()
    reasons: list[str] = []
    listed = _REASONS.match(text, end)
    if listed and listed["column"] in names:
        reasons = [
            part.strip(" '\"")
            for part in re.split(r"\s*,\s*(?:or\s+|and\s+)?|\s+or\s+", listed["list"])
            if part.strip()
        ]
        end = listed.end()
    if file is None:
        return None
    return end, Asked(names, reasons, file["quoted"] or file["plain"])


def _amounts(left: Rows, right: Rows, said: str, columns: list[str]) -> tuple[str, str] | None:
    """The column of each side that is compared: the ones that are named, else the only amounts, else of one name."""
    mine = [c for c, type_ in left.columns.items() if type_.startswith(("DECIMAL", "DOUBLE"))]
    its = [c for c, type_ in right.columns.items() if type_.startswith(("DECIMAL", "DOUBLE"))]
    words = {word for column in (*columns, said) for word in canonical(column)}

    def one(candidates: list[str]) -> list[str]:
        named = [c for c in candidates if set(canonical(c)) & words]
        return named if len(named) == 1 else candidates

    mine, its = one(mine), one(its)
    same = [(a, b) for a in mine for b in its if canonical(a) == canonical(b)]
    if len(mine) == 1 and len(its) == 1:
        return mine[0], its[0]
    return same[0] if len(same) == 1 else None


def _plan(
    asked: Asked, left: Rows, right: Rows, pair: tuple[str, str], amounts: tuple[str, str]
) -> dict[str, str] | None:
    """For each column asked for: key, left or right amount, difference, or reason; None when one stays unclear."""
    if not asked.columns:
        return {pair[0]: "key", f"{left.tables[0]}_{amounts[0]}": "left", f"{right.tables[0]}_{amounts[1]}": "right"}
    plan: dict[str, str] = {}
    own = (set(canonical(left.tables[0])), set(canonical(right.tables[0])))
    sides = (own[0] - own[1], own[1] - own[0])
    others = {*left.columns, *right.columns} - {*pair, *amounts}
    for index, column in enumerate(asked.columns):
        words = set(canonical(column))
        if words & {"reason", "why", "status", "finding", "problem", "issue"}:
            plan[column] = "reason"
        elif words & {"difference", "diff", "delta", "gap"}:
            plan[column] = "difference"
        elif words & sides[0] or words & sides[1]:
            plan[column] = "left" if words & sides[0] else "right"
        elif words & set(canonical(pair[0])) or words & set(canonical(pair[1])):
            plan[column] = "key"
        elif any(canonical(column) == canonical(known) for known in others):
            # It is a column of the data, and so no other name for what is compared.
            return None
        elif index == 0 and "key" not in plan.values():
            plan[column] = "key"
    unclear = [column for column in asked.columns if column not in plan]
    missing = [side for side in ("left", "right") if side not in plan.values()]
    if len(unclear) != len(missing) and unclear:
        return None
    plan |= dict(zip(unclear, missing, strict=False))
    sorted_plan = {column: plan[column] for column in asked.columns}
    if "reason" in plan.values() and len(asked.reasons) not in (0, 3):
        return None
    return sorted_plan


def _compare(
    work: Work,
    left: Rows,
    right: Rows,
    pair: tuple[str, str],
    amounts: tuple[str, str],
    plan: dict[str, str],
    asked: Asked,
) -> Problem:
    sides = []
    for rows, key, amount, side in ((left, pair[0], amounts[0], "left"), (right, pair[1], amounts[1], "right")):
        columns = {"compared_key": written(name(key)), f"{side}_amount": written(name(amount)), f"in_{side}": "TRUE"}
        types = {"compared_key": rows.columns[key], f"{side}_amount": rows.columns[amount], f"in_{side}": "BOOLEAN"}
        sides.append(work.step(f"{rows.tables[0]}_compared", "select", rows, types, columns=columns))
    columns = {**sides[0].columns, **sides[1].columns}
    both = work.step(
        "compared", "join", (sides[0], sides[1]), columns, how="full", on=["compared_key"], expect="one_to_one"
    )
    a, b = name("left_amount"), name("right_amount")
    no_left, no_right = (name(f"in_{side}").is_(exp.null()) for side in ("left", "right"))
    differs = exp.NullSafeNEQ(this=a, expression=b)
    work.step("differing", "filter", both, columns, where=exp.or_(no_left.copy(), no_right.copy(), differs))
    current = work.current
    assert current is not None
    reasons = _reasons(asked.reasons, left, right)
    reason = exp.Case(default=exp.Literal.string(reasons[2]))
    reason = reason.when(no_right, exp.Literal.string(reasons[0])).when(no_left, exp.Literal.string(reasons[1]))
    values: dict[str, exp.Expr] = {
        "key": name("compared_key"), "left": a, "right": b, "reason": reason,
        "difference": exp.Sub(this=exp.Coalesce(this=b, expressions=[exp.Literal.number(0)]),
                              expression=exp.Coalesce(this=a, expressions=[exp.Literal.number(0)])),
    }  # fmt: skip
    shown = {column: written(values[role]) for column, role in plan.items()}
    types = dict.fromkeys(plan, "VARCHAR")
    said = (
        f"compare {left.tables[0]} with {right.tables[0]} by {pair[0]} = {pair[1]}: what is only in "
        f"one, or whose {amounts[0]} is not {amounts[1]}"
    )

    work.step("differences", "select", current, types, columns=dict(shown), said=said)
    assert work.current is not None
    work.outputs.append((asked.file, work.current))
    work.said.append(f"save as {asked.file}")
    return None


def _reasons(given: list[str], left: Rows, right: Rows) -> tuple[str, str, str]:
    """Words for: only left, only right, both but not alike."""
    if not given:
        return f"missing in {right.tables[0]}", f"missing in {left.tables[0]}", "amount differs"
    differing = next((one for one in given if _DIFFER_WORDS.search(one)), given[-1])
    rest = [one for one in given if one != differing]

    def fits(phrase: str, rows: Rows) -> int:
        return len(set(canonical(phrase)) & set(canonical(rows.tables[0])))

    only_first = re.search(r"\bonly\b", rest[0], re.IGNORECASE) is not None
    # "missing in paypal" is only in the other one; "only in paypal" is in paypal.
    score = fits(rest[0], right) - fits(rest[0], left) - fits(rest[1], right) + fits(rest[1], left)
    missing_right = rest[0] if (score > 0) != only_first else rest[1]
    missing_left = next(one for one in rest if one != missing_right)
    return missing_right, missing_left, differing
