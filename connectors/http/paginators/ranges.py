"""A sheet in ranges of bounded size: ``?ranges='Orders'!A1:Z1923``, then ``A1924:Z3846``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.files.archive import column_letters
from connectors.http.asking import Answer, Ask
from spec.base import Document


class Params(Document):
    """The sheet and how large it is, as the list of sheets says."""

    param: str = Field(default="ranges", description="Parameter that takes a range.")
    sheet: str = Field(description="The sheet's name, as people see it.")
    rows: int = Field(ge=0, description="Rows of the sheet, empty ones too.")
    columns: int = Field(ge=0, description="Columns of the sheet, empty ones too.")
    cells: int = Field(default=50_000, ge=1, description="Cells that one answer has at most.")


def first(params: Params, ask: Ask) -> Ask:
    """The first range."""
    return ask.put(params.param, _range(params, 1))


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """All ranges are known ahead."""
    del params, ask, answer
    return None


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """The ranges below the first."""
    del answer
    step = _step(params)
    return tuple(ask.put(params.param, _range(params, top)) for top in range(1 + step, params.rows + 1, step))


def _step(params: Params) -> int:
    return max(1, params.cells // max(params.columns, 1))


def _range(params: Params, top: int) -> str:
    last = max(min(top + _step(params) - 1, params.rows), top)
    # A quote inside a quoted name is doubled.
    name = params.sheet.replace("'", "''")
    return f"'{name}'!A{top}:{column_letters(max(params.columns, 1))}{last}"
