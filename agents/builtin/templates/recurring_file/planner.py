"""From "my supplier sends this Excel each month" to a draft: which sheets are one table, its contract, its proofs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.builtin.pipelines.beside import rhythms, sends
from agents.builtin.pipelines.clauses import Clauses, take_apart
from agents.builtin.pipelines.deciding import AskError, settled
from agents.builtin.pipelines.loads import load_into
from agents.builtin.templates.recurring_file.contract import Sheet, agreed, alike_groups, is_text
from agents.builtin.templates.recurring_file.intent import without_its_coming
from agents.builtin.templates.recurring_file.steps import ROWS, write_report, write_steps
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.pipeline import Allow, Load, Output, Pipeline
from tools.wording import joined

NAME = "clean_table"


def draft_one_table(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan of one clean table; a question where the sheets are not all of one form."""
    said = without_its_coming(request.text)
    clauses = take_apart(said, request.timezone)
    try:
        _nothing_else(said, clauses, request)
        united, missing = _united(request, data)
        loads = _loads(clauses)
    except AskError as stopped:
        return stopped.reply
    sheets = agreed(united, data)
    label = _free("sheet", [name for one in sheets for name in one.source.columns])
    steps = write_steps(sheets, label, data.sources, fill=missing)
    reading = _reading(sheets, clauses)
    assumptions = _assumptions(sheets, clauses, [name for name in data.sources if name not in {s.name for s in sheets}])
    timing = clauses.timing
    files = clauses.files or ([] if loads else [f"{NAME}.csv"])
    spec = Pipeline(
        name=NAME,
        title="One clean table",
        request=request.text,
        reading=reading,
        assumptions=assumptions,
        timezone=request.timezone,
        sources={one.name: one.source for one in sheets},
        steps=tuple(steps.steps),
        checks=tuple(steps.checks),
        outputs=tuple(Output(file=file, from_=ROWS, formulas="text" if is_text(file) else "keep") for file in files),
        loads=tuple(loads),
        report=write_report(sheets, label, NAME),
        schedule=timing.schedule if timing else None,
        allow=Allow(tables=tuple(f"{load.location or load.connection}/{load.table}" for load in loads)),
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)


def _nothing_else(said: str, clauses: Clauses, request: Request) -> None:
    """Ask about what else the words want and the plan would leave out."""
    found = [*sends(said), *rhythms(said), *(f"make sure {words}" for words in clauses.promises)]
    if not found:
        return
    quoted = " and ".join(f"'{words}'" for words in found)
    question = Question(
        key="beside",
        text=f"I can make one clean table of the file, but this I would leave aside: {quoted}. Shall I go on "
        "without it?",
        options=(Option(label="Yes, go on without it", value="yes"), Option(label="No, leave it", value="no")),
    )
    if settled(question, request) == "no":
        raise AskError(Refusal(message="Left as it was.", hint="Ask without that."))


def _loads(clauses: Clauses) -> list[Load]:
    found = []
    for wanted in clauses.loads:
        load = load_into(wanted, ROWS)
        if isinstance(load, Refusal):
            raise AskError(load)
        found.append(load)
    return found


@dataclass(frozen=True)
class _Group:
    sheets: tuple[Sheet, ...]

    @property
    def names(self) -> str:
        return joined([one.title for one in self.sheets])


def _united(request: Request, data: DataView) -> tuple[list[Sheet], bool]:
    """The sheets that become one table, and whether columns that some lack are filled; asked where forms differ."""
    groups = [_Group(group) for group in alike_groups(data)]
    best = groups[0]
    if len(groups) == 1:
        return list(best.sheets), False
    rest = [one for group in groups[1:] for one in group.sheets]
    differ = "; ".join(f"{one.title} has {joined(_few(one.source.columns, 6))}" for one in rest[:4])
    question = Question(
        key="sheets",
        text=f"Not all sheets are of the same form. {best.names} {'have' if len(best.sheets) > 1 else 'has'} "
        f"{joined(_few(best.sheets[0].source.columns, 8))}; {differ}. Which become the one table?",
        options=(
            Option(label=f"Only {best.names}", value="alike"),
            Option(label="All of them; what a sheet has no column for stays empty", value="all"),
        ),
    )
    if settled(question, request) == "alike":
        return list(best.sheets), False
    return [one for group in groups for one in group.sheets], True


def _reading(sheets: Sequence[Sheet], clauses: Clauses) -> str:
    file = joined(list(dict.fromkeys(Path(one.source.location or one.name).name for one in sheets)))
    what = f"the sheets {joined([one.title for one in sheets])} of {file}" if len(sheets) > 1 else file
    columns = joined(_few(sheets[0].source.columns, 12))
    goes = [f"save it as {name}" for name in clauses.files]
    goes += [f"{load.write} the table {load.table} of {load.place}" for load in clauses.loads]
    more = "".join(f"; {words}" for words in (*goes, *([clauses.timing.reading] if clauses.timing else [])))
    return f"Make one clean table of {what}: {columns}{more}."


def _assumptions(sheets: Sequence[Sheet], clauses: Clauses, left: Sequence[str]) -> tuple[str, ...]:
    said = [_headers(sheets), _types(sheets)]
    totals = [one for one in sheets if one.source.options.get("totals")]
    if totals:
        columns = list(dict.fromkeys(str(name) for one in totals for name in _strings(one.source.options["totals"])))
        said.append(
            f"the total row of {joined([one.title for one in totals])} is no row of the table; every run proves that "
            f"its {joined(columns)} {'are' if len(columns) > 1 else 'is'} what the rows add up to"
        )
    said += [
        "a row with a value that does not fit its column is set aside with its reason and counted",
        "a column that a later file lacks stops the run and is asked about; one that is new is told and not used",
        "a text that a spreadsheet would run as a formula is written as text",
    ]
    said += [f"{joined(list(left))} is not part of the table"] if left else []
    timing = clauses.timing
    if timing is None:
        said.append("it runs when you have a new file: how often it comes is known, and not on which day")
    elif timing.assumption:
        said.append(timing.assumption)
    return tuple(said)


def _headers(sheets: Sequence[Sheet]) -> str:
    places: dict[str, list[str]] = {}
    for one in sheets:
        first = one.source.options.get("header_row", 1)
        many = one.source.options.get("header_rows", 1)
        assert isinstance(first, int)
        assert isinstance(many, int)
        rows = f"row {first}" if many == 1 else f"rows {first} to {first + many - 1}"
        places.setdefault(rows, []).append(one.title)
    told = [f"{rows} of {joined(names)}" for rows, names in places.items()]
    return f"the header is {' and '.join(told)}; what stands above is left out"


def _types(sheets: Sequence[Sheet]) -> str:
    kinds: dict[str, list[str]] = {}
    for name, type_ in sheets[0].source.columns.items():
        kinds.setdefault(_kind(type_), []).append(name)
    return "; ".join(f"{joined(names)} {'are' if len(names) > 1 else 'is'} read as {kind}"
                     for kind, names in kinds.items())  # fmt: skip


def _few(names: Iterable[str], most: int) -> list[str]:
    shown = list(names)
    return shown if len(shown) <= most else [*shown[: most - 1], f"{len(shown) - most + 1} more"]


def _kind(type_: str) -> str:
    decimals = re.fullmatch(r"DECIMAL\(\d+,\s*(\d+)\)", type_.upper())
    if decimals:
        return f"numbers with up to {decimals[1]} decimals"
    words: Mapping[str, str] = {"BIGINT": "whole numbers", "DATE": "days", "VARCHAR": "text", "BOOLEAN": "yes or no"}
    return words.get(type_.upper(), type_)


def _strings(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _free(wanted: str, taken: Sequence[str]) -> str:
    folded = {name.casefold() for name in taken}
    return wanted if wanted not in folded else f"from_{wanted}" if f"from_{wanted}" not in folded else f"{wanted}_name"
