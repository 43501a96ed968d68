"""How clean the conversation's data is: the score, what lowered it, the surest wrong cells, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agents import cards, replies
from agents.builtin.pipelines.columns import name_words
from tools.context import Context

if TYPE_CHECKING:
    from memory.store import SavedThread
    from spec.base import JsonValue
    from tools.quality import TableQuality

SHOWN = 10
MOST_TABLES = 5


def told(context: Context, text: str, saved: SavedThread) -> Iterator[replies.Reply]:
    """The tables that the words name, or all; each with its score and its wrong cells."""
    from agents.inventory import no_data
    from tools.quality import quality

    if not saved.data:
        yield from no_data()
        return
    found = quality(context, saved.data)
    words = set(name_words(text))
    named = [one for one in found if set(name_words(one.name)) & words]
    chosen = named or found
    for one in chosen[:MOST_TABLES]:
        yield replies.Text(text=_in_words(one))
        if one.cells:
            yield _cells(one)
    if len(chosen) > MOST_TABLES:
        names = ", ".join(one.name for one in chosen[MOST_TABLES:])
        yield replies.Text(text=f"There are more tables: {names}. Ask about one of them by its name.", tone="note")


def _in_words(one: TableQuality) -> str:
    lines = [f"{one.name}: {one.score.points:g} of 100, {one.profile.rows:,} rows."]
    lines += [f"-{part.points:g} for {part.what}: {part.why}." for part in one.score.deductions]
    if one.profile.keys:
        lines.append(f"{', '.join(one.profile.keys[0])} identifies a row.")
    personal = [f"{column.name} ({column.personal})" for column in one.profile.columns if column.personal]
    if personal:
        lines.append(f"Personal data: {', '.join(personal)}.")
    if one.rules:
        lines.append(f"{len(one.rules)} rules fit it, among them: {'; '.join(rule.reason for rule in one.rules[:3])}.")
    repairs = sum(cell.proposed is not None for cell in one.cells)
    if repairs:
        lines.append(
            f"For {repairs:,} cells there is a repair; dreflow clean writes them into a plan. Nothing was changed."
        )
    return "\n".join(lines)


def _cells(one: TableQuality) -> replies.Reply:
    """The surest of each column and kind first."""
    seen: dict[tuple[str, str], int] = {}
    ranked: list[tuple[int, Sequence[JsonValue]]] = []
    for cell in sorted(one.cells, key=lambda cell: (-cell.confidence, cell.row, cell.column)):
        kind = cell.column, cell.kinds[0]
        seen[kind] = seen.get(kind, 0) + 1
        proposed = "?" if cell.proposed is None else cell.proposed or "(empty)"
        row = [", ".join(cell.key), cell.column, cell.value, proposed, f"{cell.confidence:.0%}", cell.reason]
        ranked.append((seen[kind], row))
    rows = [row for _, row in sorted(ranked, key=lambda item: item[0])[:SHOWN]]
    title = f"Probably wrong: {len(one.cells):,} cells of {one.name}"
    return cards.listing(title, (", ".join(one.key), "column", "value", "proposed", "sure", "why"), rows)
