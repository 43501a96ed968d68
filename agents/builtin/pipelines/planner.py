"""Requests that want a pipeline: a template of the shelf, or tables cleaned, computed, promised, saved and repeated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlglot import exp

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.beside import other_currency, rhythms, sends
from agents.builtin.pipelines.clauses import FILE, Clauses, Cleaning, take_apart
from agents.builtin.pipelines.cleaning import cleaning_step, cleaning_words, plain_text, which_cleaning
from agents.builtin.pipelines.columns import find_columns, find_table, listed, name_words
from agents.builtin.pipelines.draftsteps import Draftsman, name
from agents.builtin.pipelines.formats import unwritten
from agents.builtin.pipelines.goes_on import changed_requests, draft_again, going_where_it_went, is_fragment
from agents.builtin.pipelines.loads import load_into
from agents.builtin.pipelines.promises import read_promise
from agents.builtin.pipelines.recipe.planner import read_recipe
from agents.builtin.pipelines.shelf import draft_from_shelf
from agents.builtin.pipelines.totals import totals_of
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.catalog import Column, Table
from spec.pipeline import Allow, Output, Pipeline, Source, Step
from spec.report import Figure, Report, Section, TableBlock, Tiles

Ask = Callable[[Request, DataView], Draft | Question | Refusal]


def draft_pipeline(request: Request, data: DataView, ask: Ask) -> Draft | Question | Refusal:
    """The draft of a request of ``dreflow plan``; ``ask`` drafts the plain question inside it."""
    again = draft_again(request) or _draft_answered(request, data, ask)
    if again is not None:
        return again
    reply = _draft_new(request, data, ask)
    if isinstance(reply, Draft) and not is_fragment(request):
        return reply
    changed = _draft_changed(request, data, ask)
    return changed or (going_where_it_went(request, reply) if isinstance(reply, Draft) else reply)


# What is left of "save that as totals.csv every Monday" once the file and the time are taken out.
_ONLY_REFERS = re.compile(
    r"^\W*(?:(?:and|then|also|now|please|can|could|you|do|run|save|keep|make|write|export|put|give|send|me|us|a|an|as|in|into|to"
    r"|that|this|it|them|those|these|same|again|the|answer|results?|tables?|rows|list|figures?|numbers?|file|report"
    r"|spreadsheet|workbook|excel)\b\W*)*$",
    re.IGNORECASE,
)


def _draft_answered(request: Request, data: DataView, ask: Ask) -> Draft | Question | Refusal | None:
    """The answer before as a plan, where this turn only says where it goes or when; None when it says more."""
    before = request.history[-1] if request.history else None
    if before is None or before.spec is None or before.spec.outputs or before.spec.loads or before.spec.report:
        return None
    clauses = take_apart(request.text, request.timezone)
    goes = clauses.files or clauses.loads or clauses.timing or clauses.report
    if not goes or clauses.cleaning or clauses.promises or clauses.table or not _ONLY_REFERS.match(clauses.rest):
        return None
    clauses.rest = before.request
    asked = _asked_again(before.request, before.spec, request, data, ask) or Draft(
        spec=before.spec,
        reading=before.reading,
        assumptions=before.spec.assumptions,
        answer=before.spec.steps[-1].id if before.spec.steps else None,
    )
    tables = _tables(clauses, asked, request, data)
    if isinstance(tables, Question | Refusal):
        return tables
    work = _Work(clauses, request, data, tables, asked)
    return work.compute() or work.draft()


def _asked_again(question: str, spec: Pipeline, request: Request, data: DataView, ask: Ask) -> Draft | None:
    """The question before as a plan asks it, whose days move with each run; None where it reads other than it was."""
    before = request.model_copy(update={"text": question, "history": request.history[:-1]})
    fixed = ask(before.model_copy(update={"want": "answer"}), data)
    if not isinstance(fixed, Draft) or [step.params for step in fixed.spec.steps] != [
        step.params for step in spec.steps
    ]:
        return None
    moved = ask(before, data)
    return moved if isinstance(moved, Draft) else None


def _draft_changed(request: Request, data: DataView, ask: Ask) -> Draft | Question | None:
    """The plan before with what this turn changes in it: drafted anew from the words of both."""
    for words in changed_requests(request):
        reply = _draft_new(request.model_copy(update={"text": words, "history": ()}), data, ask)
        before = request.history[-1].spec
        if isinstance(reply, Draft) and before is not None:
            # A plan that is changed is the same plan, and not one that comes beside it.
            return reply.model_copy(update={"spec": reply.spec.model_copy(update={"name": before.name})})
        if not isinstance(reply, Refusal):
            return reply
    return None


def _draft_new(request: Request, data: DataView, ask: Ask) -> Draft | Question | Refusal:
    foreign = other_currency(request, data)
    if foreign is not None:
        return foreign
    if take_apart(request.text, request.timezone).cleans_somehow:
        return _draft_clauses(request, data, ask)
    recipe = read_recipe(request, data, ask)
    if recipe is not None and not recipe.plain:
        return recipe.reply
    from_shelf = draft_from_shelf(request, data)
    if from_shelf is not None:
        return from_shelf
    reply = _draft_clauses(request, data, ask)
    if recipe is None:
        return reply
    # What both can read is drafted by the one that knows more ways to ask; but rows that are asked for stay rows.
    counted = isinstance(reply, Draft) and any("GROUP BY" in str(step.params.get("query")) for step in reply.spec.steps)
    return reply if isinstance(reply, Draft) and not (counted and _are_rows(recipe.reply)) else recipe.reply


def _are_rows(reply: Draft | Question | Refusal) -> bool:
    """Whether a draft keeps rows and counts nothing."""
    return isinstance(reply, Draft) and {step.use for step in reply.spec.steps} <= {"filter", "sort", "select"}


def _draft_clauses(request: Request, data: DataView, ask: Ask) -> Draft | Question | Refusal:
    """The request taken apart by its clauses, with a plain question inside it."""
    clauses = take_apart(request.text, request.timezone)
    cannot = _beyond(clauses.rest, request.text) or _parts_apart(clauses.files, request.text)
    if cannot is not None:
        return cannot
    unsaid = which_cleaning(clauses, request) if clauses.cleans_somehow else None
    if unsaid is not None:
        return unsaid
    asked: Draft | None = None
    if clauses.rest:
        answer = ask(request.model_copy(update={"text": clauses.rest}), data)
        if not isinstance(answer, Draft):
            return answer
        asked = answer
    tables = _tables(clauses, asked, request, data)
    if isinstance(tables, Question | Refusal):
        return tables
    work = _Work(clauses, request, data, tables, asked)
    problem = work.clean() or work.compute() or work.promise()
    return problem or work.draft()


# What asks for tables to be put together; none of these words asks for a column.
_TOGETHER = re.compile(
    r"^(?:the\s+)?(?P<verb>join|merge|combine|enrich|append|stack|union|link|bring\s+together)\s+(?!date\b|day\b)\w",
    re.IGNORECASE,
)


def _beyond(rest: str, text: str) -> Refusal | None:
    """The reason where a part of the request is nothing a plan can do; said, rather than left out in silence."""
    told = sends(rest)
    if told:
        return Refusal(
            message=f"From words alone I plan files, reports and tables, and not this: {'; '.join(told)}.",
            hint="Leave that out and I plan the rest.",
        )
    form = unwritten(rest)
    if form is not None:
        return Refusal(
            message=f"From words alone I write no {form}.",
            hint="I write CSV, Excel, JSON and Parquet files; leave that out, or name a file such as result.xlsx.",
        )
    verb = _TOGETHER.match(rest)
    if verb is not None:
        return Refusal(
            message=f"I cannot tell how to {verb['verb'].lower()} what '{rest}' names.",
            hint="Name the tables and the column on which they meet: 'join orders with customers by customer_id'.",
        )
    odd = rhythms(text)
    if odd:
        return Refusal(
            message=f"I cannot plan this rhythm: {'; '.join(odd)}.",
            hint="I can plan hours, days, weekdays, weeks, days of the month, months and quarters.",
        )
    return None


def _parts_apart(files: Sequence[str], text: str) -> Refusal | None:
    """The reason where several files are not plainly for the same rows: each would hold all of them."""
    places = [found for found in re.finditer(FILE, text, re.IGNORECASE) if (found["quoted"] or found["plain"]) in files]
    between = [text[one.end() : other.start()] for one, other in pairwise(places)]
    if all(_ONLY_REFERS.match(words) for words in between):
        return None
    return Refusal(
        message=f"I cannot tell which rows go to which of {listed(files)}.",
        hint="Say it for each file, such as 'the paid orders to paid.csv and the rest to other.csv'.",
    )


def _tables(
    clauses: Clauses, asked: Draft | None, request: Request, data: DataView
) -> list[Table] | Question | Refusal:
    """The tables the pipeline starts from: the ones the question reads, or the one that is named or asked for."""
    if asked is not None:
        return [table for table in data.catalog.tables if table.name in asked.spec.sources]
    words = clauses.table
    if words:
        found = find_table(words, data.catalog)
        if found is None:
            known = listed([table.name for table in data.catalog.tables])
            return Refusal(message=f"There is no table {words!r} in this data.", hint=f"There is: {known}.")
        return [found]
    if len(data.catalog.tables) == 1:
        return [data.catalog.tables[0]]
    named = [t for t in data.catalog.tables if set(name_words(t.name)) & set(name_words(request.text))]
    if len(named) == 1:
        return named
    question = Question(
        key="table",
        text="Which table shall I start from?",
        options=tuple(Option(label=table.name, value=table.name) for table in (named or data.catalog.tables)[:12]),
    )
    return _answered_table(question, request, data)


def _answered_table(question: Question, request: Request, data: DataView) -> list[Table] | Question | Refusal:
    said = request.answers.get(question.key)
    if said is None:
        return question
    found = find_table(resolve_answer(question, said) or said, data.catalog)
    if found is None:
        known = listed([table.name for table in data.catalog.tables])
        return Refusal(message=f"There is no table {said!r} in this data.", hint=f"There is: {known}.")
    return [found]


@dataclass
class _Work:
    """The draft in the making: each part adds its steps, or says why it cannot."""

    clauses: Clauses
    request: Request
    data: DataView
    tables: list[Table]
    asked: Draft | None
    draftsman: Draftsman = field(default_factory=Draftsman)
    current: dict[str, str] = field(default_factory=dict)
    """The relation that stands for each table by now."""
    said: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    result: str = ""
    result_columns: tuple[str, ...] | None = None

    def clean(self) -> Question | Refusal | None:
        """Each cleaning on each table that it fits."""
        self.current = {table.name: table.name for table in self.tables}
        # Spaces go first, so that what is compared later is what will be seen.
        for cleaning in sorted(self.clauses.cleaning, key=lambda item: item.what != "trim"):
            problem = self._clean_one(cleaning)
            if problem:
                return problem
        return None

    def compute(self) -> Question | Refusal | None:
        """The question as a step over the cleaned tables, or the cleaned table itself."""
        if self.asked is None:
            table = self.tables[0]
            self.result = self.current[table.name]
            self.result_columns = tuple(column.name for column in table.columns)
            self.said.append(f"all rows of {table.name}" if not self.clauses.cleaning else f"the cleaned {table.name}")
            return None
        renamed = {old: new for old, new in self.current.items() if old != new}
        for step in self.asked.spec.steps:
            self.draftsman.steps.append(_reading_from(_whole_rows(step, self.tables, self.clauses.rest), renamed))
        self.result = self.asked.answer or self.asked.spec.steps[-1].id
        self.said.append(self.asked.reading.rstrip("."))
        self.assumptions += self.asked.assumptions
        query = self.draftsman.steps[-1].params.get("query")
        for words, params in totals_of(query) if isinstance(query, str) else ():
            self.draftsman.check("reconcile", self.result, severity="warn", note=words, params=params)
        return None

    def promise(self) -> Question | Refusal | None:
        """Each promise as a check on the table that has its column."""
        for words in self.clauses.promises:
            for table in self.tables:
                found = read_promise(words, table)
                if found:
                    check, params = found
                    self.draftsman.check(check, self.current[table.name], params=params)
                    self.said.append(f"stop when it is not so that {words}")
                    break
            else:
                return Refusal(
                    message=f"I do not know how to check that {words!r} on {listed([t.name for t in self.tables])}.",
                    hint="I can check that a column is never empty, unique, positive, between two numbers or one of "
                    "some values, and that there are at least so many rows. Name the column as the data does.",
                )
        return None

    def draft(self) -> Draft | Question | Refusal:
        """The whole spec."""
        loads = []
        for wanted in self.clauses.loads:
            load = load_into(wanted, self.result)
            if isinstance(load, Refusal):
                return load
            loads.append(load)
            self.said.append(f"{wanted.write} the table {wanted.table} of {wanted.place}")
        files = self.clauses.files or ([] if loads else ["result.csv"])
        self.said += [f"save as {file}" for file in files]
        timing = self.clauses.timing
        if timing:
            self.said.append(timing.reading)
            self.assumptions += [timing.assumption] if timing.assumption else []
        reading = "; ".join(part for part in self.said if part) + "."
        reading = reading[0].upper() + reading[1:]
        order = self._order()
        spec = Pipeline(
            name=_identifier(self.clauses.files[0] if self.clauses.files else self.result),
            request=self.request.text,
            reading=reading,
            assumptions=tuple(self.assumptions),
            timezone=self.request.timezone,
            sources=self._sources(),
            steps=tuple(self.draftsman.steps),
            checks=tuple(self.draftsman.checks),
            outputs=tuple(Output(file=file, from_=self.result, order_by=order) for file in files),
            loads=tuple(loads),
            report=self._report() if self.clauses.report else None,
            schedule=timing.schedule if timing else None,
            allow=Allow(tables=tuple(f"{load.location or load.connection}/{load.table}" for load in loads)),
        )
        return Draft(spec=spec, reading=reading, assumptions=tuple(self.assumptions))

    def _clean_one(self, cleaning: Cleaning) -> Question | Refusal | None:
        fitting = [
            (table, columns) for table in self.tables if (columns := _named_columns(cleaning, table)) is not None
        ]
        if not fitting:
            return Refusal(
                message=f"I find no column {cleaning.words!r} in {listed([table.name for table in self.tables])}.",
                hint="There is: " + listed([column.name for table in self.tables for column in table.columns]) + ".",
            )
        for table, columns in fitting:
            loosely = self._loosely(cleaning, columns, table)
            if isinstance(loosely, Question):
                return loosely
            step = f"{table.name}_{len(self.said) + 1}"
            relation = self.current[table.name]
            self.current[table.name] = cleaning_step(
                self.draftsman, step, relation, cleaning, columns, table, loosely=loosely
            )
            self.said.append(cleaning_words(cleaning, columns, table))
            if cleaning.what == "duplicates" and cleaning.words:
                names = listed([column.name for column in columns])
                self.assumptions.append(f"rows of {table.name} without {names} are nobody's duplicates and all stay")
        return None

    def _loosely(self, cleaning: Cleaning, columns: list[Column], table: Table) -> bool | Question:
        """Whether texts that differ in capitals or outer spaces only are the same: asked where the data has such."""
        texts = [column for column in columns if column.type == "VARCHAR"]
        if cleaning.what != "duplicates" or not cleaning.words or not texts:
            return False
        counts: list[exp.Expr] = []
        for column in texts:
            counts += [
                exp.Count(this=exp.Distinct(expressions=[value])) for value in (name(column.name), plain_text(column))
            ]
        found = self.data.scalars(exp.select(*counts).from_(exp.table_(table.name, quoted=True)))
        if all(found[2 * index] == found[2 * index + 1] for index in range(len(texts))):
            return False
        question = Question(
            key="same_text",
            text=(
                f"Some values of {listed([column.name for column in texts])} in {table.name} differ in capitals or "
                "outer spaces only. Do they count as the same?"
            ),
            options=(
                Option(label="Yes, they are the same", value="yes"),
                Option(label="No, keep them apart", value="no"),
            ),
        )
        answer = resolve_answer(question, self.request.answers.get("same_text", ""))
        return question if answer is None else answer == "yes"

    def _sources(self) -> dict[str, Source]:
        if self.asked is not None:
            return dict(self.asked.spec.sources)
        return {table.name: self.data.sources[table.name] for table in self.tables}

    def _order(self) -> tuple[str, ...]:
        return () if self.result_columns is None else self.tables[0].primary_key

    def _report(self) -> Report:
        title = self.clauses.rest[:1].upper() + self.clauses.rest[1:] if self.clauses.rest else self.tables[0].name
        rows = Tiles(figures={"Rows": Figure(from_=self.result, value="count(*)", format="integer")})
        table = TableBlock(title=title, from_=self.result)
        return Report(title=title, sections=(Section(title="Result", blocks=(rows, table)),))


def _named_columns(cleaning: Cleaning, table: Table) -> list[Column] | None:
    if cleaning.what == "trim":
        return [column for column in table.columns if column.type == "VARCHAR"]
    if not cleaning.words or cleaning.words in ("row", "rows", "records"):
        return [column for column in table.columns if "[]" not in column.type and "STRUCT" not in column.type]
    return find_columns(cleaning.words, table)


def _whole_rows(step: Step, tables: Sequence[Table], asked: str) -> Step:
    """Rows of one table that were asked for without naming a column are kept whole, not as their label alone."""
    import sqlglot

    query = step.params.get("query")
    tree = sqlglot.parse_one(query, dialect="duckdb") if isinstance(query, str) else None
    if not isinstance(tree, exp.Select) or len(list(tree.find_all(exp.Select))) != 1:
        return step
    if any(tree.args.get(part) for part in ("group", "distinct", "having", "qualify", "with_")):
        return step
    first = next(tree.find_all(exp.Table))
    table = next((one for one in tables if one.name == first.name), None)
    alone = len(list(tree.find_all(exp.Table))) == 1
    # Of several tables, rows are those of the one that is named first, where all that is shown is of it.
    shown_of = {item.unalias().table for item in tree.expressions if isinstance(item.unalias(), exp.Column)}
    if table is None or not (alone or (shown_of == {first.alias_or_name} and _is_led_by(asked, table))):
        return step
    # The table's own word stands in the names of its keys, too: "sales" asks for no sale_id.
    said = set(name_words(asked)) - set(name_words(table.name))
    columns = [item.unalias() for item in tree.expressions]
    plain = all(isinstance(item, exp.Column) and not set(name_words(item.name)) & said for item in columns)
    if not plain:
        return step
    shown = [exp.column(column.name, table=first.alias_or_name, quoted=True) for column in table.columns]
    params = {**step.params, "query": tree.select(*shown, append=False).sql(dialect="duckdb", pretty=True)}
    return Step.model_validate({"id": step.id, "use": step.use, "from": list(step.from_), **params})


def _is_led_by(asked: str, table: Table) -> bool:
    """Whether the first noun of the request is the table's own word: "invoices of clients in the North"."""
    words = [word for word in name_words(asked) if word not in ("which", "list", "show", "get", "give", "me", "find")]
    return bool(words) and words[0] in name_words(table.name)


def _reading_from(step: Step, renamed: dict[str, str]) -> Step:
    """The step reading cleaned tables instead of raw ones; a query keeps its words through a table alias."""
    if not renamed or not set(step.from_) & set(renamed):
        return step
    plain = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["from"] = [renamed.get(relation, relation) for relation in step.from_]
    query = plain.get("query")
    if isinstance(query, str):
        import sqlglot

        tree = sqlglot.parse_one(query, dialect="duckdb")
        for table in tree.find_all(exp.Table):
            if table.name in renamed:
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
                table.set("this", exp.to_identifier(renamed[table.name], quoted=True))
        plain["query"] = tree.sql(dialect="duckdb")
    return Step.model_validate(plain)


def _identifier(words: str) -> str:
    stem = re.sub(r"\.\w+$", "", words)
    plain = re.sub(r"\W+", "_", stem.casefold()).strip("_")
    return plain if re.match(r"^[a-z_]", plain) else f"p_{plain or 'pipeline'}"
