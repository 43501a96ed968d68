"""What a model may look at: the catalog in its prompt, and read-only tools over tools/. Each is bounded and says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agents.calling import fenced
from agents.privacy import Privacy
from agents.proposal import answer_spec
from agents.sensitive import table_of
from spec.base import JsonValue
from spec.catalog import Table
from spec.errors import DreflowError, SpecError
from tools import steps as pages
from tools.context import Context
from tools.values import json_value

if TYPE_CHECKING:
    from pydantic_ai.tools import Tool
    from sqlglot import exp

MOST_TABLES = 60
MOST_COLUMNS = 80
MOST_ROWS = 20
LONGEST_CELL = 200


def catalog(privacy: Privacy) -> str:
    """Tables, columns, types, keys and statistics; nothing is told of a hidden column but that it is one."""
    tables = privacy.view.catalog.tables
    shown = [_table(privacy, table) for table in tables[:MOST_TABLES]]
    more = f"\n{len(tables) - MOST_TABLES} more tables are left out here." if len(tables) > MOST_TABLES else ""
    return fenced("catalog", "\n\n".join(shown) + more)


def _table(privacy: Privacy, table: Table) -> str:
    facts = _statistics(privacy, table)
    keys = f", primary key {', '.join(table.primary_key)}" if table.primary_key else ""
    rows = f", {facts[0]:,} rows" if facts[0] is not None else ""
    lines = [f"table {table.name}{rows}{keys}"]
    for column in table.columns[:MOST_COLUMNS]:
        note = (
            "personal, its values are hidden"
            if privacy.is_hidden(table.name, column.name)
            else facts[1].get(column.name, "")
        )
        described = f" # {column.description}" if column.description else ""
        lines.append(f"  {column.name} {column.type}{f' ({note})' if note else ''}{described}")
    if len(table.columns) > MOST_COLUMNS:
        lines.append(f"  and {len(table.columns) - MOST_COLUMNS} more columns")
    lines += [
        f"  {', '.join(key.columns)} refers to {key.table}.{', '.join(key.references)}" for key in table.foreign_keys
    ]
    return "\n".join(lines)


def _statistics(privacy: Privacy, table: Table) -> tuple[int | None, Mapping[str, str]]:
    """Rows, and for each column that is not hidden: how many values differ, how many are empty, lowest and highest."""
    from sqlglot import exp

    columns = [c for c in table.columns[:MOST_COLUMNS] if not privacy.is_hidden(table.name, c.name)]
    wanted: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for column in columns:
        value = exp.column(column.name, quoted=True)
        wanted += [exp.Count(this=value), exp.Count(this=exp.Distinct(expressions=[value.copy()]))]
        ordered = _has_range(column.type)
        wanted += [exp.Min(this=value.copy()), exp.Max(this=value.copy())] if ordered else [exp.null(), exp.null()]
    named = [exp.alias_(part, f"c{place}") for place, part in enumerate(wanted)]
    found = privacy.view.scalars(exp.select(*named).from_(table_of(table.name)))
    rows = int(str(found[0]))
    facts: dict[str, str] = {}
    for place, column in enumerate(columns):
        filled, distinct, low, high = found[1 + 4 * place : 5 + 4 * place]
        said = [f"{distinct} different"]
        empty = rows - int(str(filled))
        said += [f"{empty} empty"] if empty else []
        said += [f"{json_value(low)} to {json_value(high)}"] if low is not None else []
        facts[column.name] = ", ".join(said)
    return rows, facts


def _has_range(kind: str) -> bool:
    return kind.upper().startswith(
        ("DECIMAL", "DATE", "TIMESTAMP", "BIGINT", "INTEGER", "SMALLINT", "DOUBLE", "HUGEINT")
    )


@dataclass(frozen=True)
class Looking:
    """The tools of one request."""

    context: Context
    privacy: Privacy
    now: datetime
    timezone: str

    def tools(self) -> Sequence[Tool[None]]:
        """Those that this model may have: without leave to see rows, none that shows any."""
        from pydantic_ai.tools import Tool

        told: list[Callable[..., object]] = [self.find_value, self.search_steps, self.show_step, self.search_docs]
        if self.privacy.shows_rows:
            told += [self.preview, self.query]
        # One after the other: they share one connection to the data.
        return [Tool(one, sequential=True, takes_ctx=False) for one in told]

    async def preview(self, table: str) -> str:
        """The first rows of a table.

        Args:
            table: A table of the catalog.

        """
        from sqlglot import exp

        known = self.privacy.view.catalog.table(table)
        if known is None:
            return f"There is no table {table!r}."
        query = exp.select("*").from_(table_of(known.name))
        return self._shown(lambda: self.privacy.view.answer(query, limit=MOST_ROWS))

    async def query(self, tables: list[str], sql: str) -> str:
        """Rows of one read-only SELECT in DuckDB's dialect, at most 20.

        Args:
            tables: Tables of the catalog that it reads.
            sql: The SELECT.

        """
        from tools.questions import answer

        def rows() -> object:
            plain: dict[str, JsonValue] = {"id": "looked", "use": "sql", "from": list(tables), "query": sql}
            spec = answer_spec(self.privacy.view, tables, [plain], timezone=self.timezone)
            return answer(self.context, spec, "looked", self.privacy.view, now=self.now, limit=MOST_ROWS).rows

        return self._shown(rows)

    async def find_value(self, value: str) -> str:
        """Which columns hold a value, and how it is spelled there.

        Args:
            value: A word or phrase of the request.

        """
        found = []
        for table in self.privacy.view.catalog.tables[:MOST_TABLES]:
            for column in table.columns:
                if column.type.upper().startswith("VARCHAR"):
                    spelled = self._spelled(table.name, column.name, value)
                    found += [f"{table.name}.{column.name} holds {spelled!r}"] if spelled is not None else []
        if not found:
            return "No column holds it."
        return fenced("values", "\n".join(found[:MOST_ROWS]))

    def _spelled(self, table: str, column: str, value: str) -> str | None:
        from sqlglot import exp

        lower = exp.Lower(this=exp.Trim(this=exp.column(column, quoted=True)))
        wanted = exp.EQ(this=lower, expression=exp.Literal.string(value.strip().casefold()))
        lowest = exp.select(exp.Min(this=exp.column(column, quoted=True))).from_(table_of(table)).where(wanted)
        found = self.privacy.view.scalars(lowest)
        if not found or found[0] is None:
            return None
        stored = str(found[0])
        return stored if stored == value else self.privacy.spelled(stored)

    async def search_steps(self, words: str) -> str:
        """Steps and checks whose documentation has these words.

        Args:
            words: A few words.

        """
        return "\n".join(f"{page.kind} {page.name}: {page.summary}" for page in pages.found(words)) or "None."

    async def show_step(self, name: str) -> str:
        """One step or check with its parameters and an example.

        Args:
            name: Its name.

        """
        try:
            page = pages.shown(name)
        except SpecError as error:
            return str(error)
        lines = [f"{page.kind} {page.name}: {page.text}"]
        lines += [
            f"  {p.name} ({p.type}{', required' if p.required else ''}): {p.description}" for p in page.parameters
        ]
        example = (page.example or {}).get(page.kind)
        return "\n".join([*lines, f"example: {json.dumps(example, ensure_ascii=False)}"] if example else lines)

    async def search_docs(self, words: str) -> str:
        """Passages of the product's and the connectors' documents.

        Args:
            words: A question or a few words.

        """
        return docs_text(self.context, words)

    def _shown(self, rows: Callable[[], object]) -> str:
        from tools.values import Rows

        try:
            found = rows()
        except DreflowError as error:
            return f"Refused: {error}"
        assert isinstance(found, Rows)
        lines = [json.dumps(found.names, ensure_ascii=False)]
        lines += [json.dumps([_cut(cell) for cell in row], ensure_ascii=False) for row in found.rows]
        return fenced("rows", "\n".join(lines) + ("\nThere are more rows." if found.truncated else ""))


def _cut(cell: JsonValue) -> JsonValue:
    if isinstance(cell, str):
        return cell if len(cell) <= LONGEST_CELL else cell[:LONGEST_CELL] + " (cut)"
    return cell if not isinstance(cell, list | dict) else json.dumps(cell, ensure_ascii=False)[:LONGEST_CELL]


def docs_text(context: Context, words: str) -> str:
    """Passages about the words, each under the file and heading it is cited by."""
    # Reading documents loads a library of its own.
    from tools.docs import LONGEST_QUESTION, search_docs

    found = search_docs(context, words[:LONGEST_QUESTION])
    return fenced("documents", "\n\n".join(f"[{one.file} # {one.heading}]\n{one.text}" for one in found) or "Nothing.")
