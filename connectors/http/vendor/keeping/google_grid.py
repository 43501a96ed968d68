"""A spreadsheet of Google: sheets of cells that are read in ranges and changed in batches.

Written from https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/get (ranges, fields),
.../spreadsheets/cells (a default format is not written), .../spreadsheets/sheets (GridData, zero-based),
.../spreadsheets/batchUpdate ("if any request is not valid then the entire request will fail and nothing will be
applied"), .../spreadsheets/request (AppendCells: after the last row with data; UpdateCells: what the data does not
cover of the range is cleared) and .../guides/concepts (A1 notation).
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.asked import Asked
from connectors.http.vendor.dealing import RefusedError
from connectors.http.vendor.kept import Told
from connectors.http.vendor.wire import Call
from spec.base import Document

_GET = ("GET", "/v4/spreadsheets/{spreadsheetId}")
_CHANGE = ("POST", "/v4/spreadsheets/{spreadsheetId}:batchUpdate")
_RANGE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")
_DAYS = {"DATE", "DATE_TIME", "TIME"}
_MOST_CELLS = 10_000_000


class Params(Document):
    """Nothing to say."""


class Grid:
    """One sheet. ``cells`` has CellData by (row, column), from zero."""

    def __init__(self, number: int, title: str, rows: int, columns: int) -> None:
        self.number = number
        self.title = title
        self.rows = rows
        self.columns = columns
        self.hidden = False
        self.merges: list[dict[str, int]] = []
        self.cells: dict[tuple[int, int], dict[str, Any]] = {}

    def put(self, row: int, column: int, value: object, form: str = "") -> None:
        """A value as somebody typed it: text, number, truth, None, or a CellData as a dict."""
        if value is None or value == "":
            self.cells.pop((row, column), None)
            return
        cell = value if isinstance(value, dict) else _typed(value)
        self.cells[row, column] = {**cell, **({"effectiveFormat": {"numberFormat": {"type": form}}} if form else {})}
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)

    def values(self) -> list[list[Any]]:
        """What the sheet holds as plain values, without empty rows and cells at the ends; a day as ``day 45292``."""
        found: list[list[Any]] = []
        for row in range(self.last_row() + 1):
            width = max((column + 1 for at, column in self.cells if at == row), default=0)
            found.append([_plain(self.cells.get((row, column), {})) for column in range(width)])
        return found

    def last_row(self) -> int:
        """The last row that holds something, -1 where there is none."""
        return max((row for row, _ in self.cells), default=-1)

    def told(self, ranges: Sequence[tuple[int, int, int, int]]) -> dict[str, Any]:
        """The sheet as an answer has it."""
        properties: dict[str, Any] = {"sheetId": self.number, "title": self.title, "sheetType": "GRID"}
        properties["gridProperties"] = {"rowCount": self.rows, "columnCount": self.columns}
        if self.hidden:
            properties["hidden"] = True
        found: dict[str, Any] = {"properties": properties, "data": [self._data(one) for one in ranges]}
        if self.merges:
            found["merges"] = [{"sheetId": self.number, **one} for one in self.merges]
        return found

    def _data(self, one: tuple[int, int, int, int]) -> dict[str, Any]:
        top, left, bottom, right = one
        inside = [(row, column) for row, column in self.cells if top <= row < bottom and left <= column < right]
        rows = []
        for row in range(top, max((row for row, _ in inside), default=top - 1) + 1):
            width = max((column for at, column in inside if at == row), default=left - 1)
            cells = [deepcopy(self.cells.get((row, column), {})) for column in range(left, width + 1)]
            rows.append({"values": cells} if cells else {})
        found: dict[str, Any] = {"rowData": rows} if rows else {}
        return {**({"startRow": top} if top else {}), **({"startColumn": left} if left else {}), **found}


class Spreadsheet:
    """The spreadsheet, whatever its id. ``changes`` are the batches that were applied."""

    calls = frozenset({_GET, _CHANGE})

    def __init__(self) -> None:
        self.sheets: list[Grid] = []
        self.changes: list[Any] = []

    def sheet(self, title: str, values: Sequence[Sequence[object]] = (), *, rows: int = 0, columns: int = 0) -> Grid:
        """Add a sheet with these values; it has empty rows and columns beyond them as a new one has."""
        made = Grid(1000 + len(self.sheets), title, rows or 1000, columns or 26)
        for row, items in enumerate(values):
            for column, value in enumerate(items):
                made.put(row, column, value)
        self.sheets.append(made)
        return made

    def answer(self, asked: Asked, call: Call) -> Told:
        """As ``Kept``."""
        if call.method == "GET":
            return Told(self._got(asked))
        before = deepcopy(self.sheets)
        try:
            for one in asked.body.get("requests", []):
                self._change(one)
        except RefusedError:
            self.sheets = before
            raise
        self.changes.append(json.loads(json.dumps(asked.body)))
        replies: list[dict[str, Any]] = [{} for _ in asked.body.get("requests", [])]
        return Told({"spreadsheetId": asked.path["spreadsheetId"], "replies": replies})

    def _got(self, asked: Asked) -> dict[str, Any]:
        ranges = asked.query.get("ranges")
        properties = {"title": "Business", "locale": "en_GB", "timeZone": "Europe/London"}
        if ranges is None:
            sheets = [one.told([(0, 0, one.rows, one.columns)]) for one in self.sheets]
        else:
            wanted = list(map(self._range, ranges))
            sheets = [
                grid.told([area for one, area in wanted if one is grid])
                for grid in self.sheets
                if any(one is grid for one, _ in wanted)
            ]
        return {"spreadsheetId": asked.path["spreadsheetId"], "properties": properties, "sheets": sheets}

    def _range(self, text: str) -> tuple[Grid, tuple[int, int, int, int]]:
        found = _RANGE.fullmatch(text)
        if found is None:
            raise RefusedError("wrong_type", "ranges", "cannot be parsed as a range")
        title = found[1].replace("''", "'") if found[1] else found[2]
        grid = next((one for one in self.sheets if one.title == title), None)
        if grid is None:
            raise RefusedError("out_of_bounds", "ranges", "names no sheet")
        top, left, bottom, right = int(found[4]) - 1, _number(found[3]), int(found[6]), _number(found[5]) + 1
        if bottom > grid.rows or right > grid.columns:
            raise RefusedError("out_of_bounds", "ranges", "exceeds grid limits")
        return grid, (top, left, bottom, right)

    def _change(self, one: Mapping[str, Any]) -> None:
        (kind, said), *others = one.items()
        if others:
            raise RefusedError("wrong_body", "requests", "has several kinds of request in one")
        if kind == "appendDimension":
            grid = self._numbered(said.get("sheetId", 0))
            grid.rows += said["length"] if said.get("dimension") == "ROWS" else 0
            grid.columns += said["length"] if said.get("dimension") == "COLUMNS" else 0
            if grid.rows * grid.columns > _MOST_CELLS:
                raise RefusedError("out_of_bounds", "requests", "would have more than 10 million cells")
        elif kind == "appendCells":
            grid = self._numbered(said.get("sheetId", 0))
            _needs_fields(said)
            top = grid.last_row() + 1
            grid.rows = max(grid.rows, top + len(said.get("rows", [])))
            self._write(grid, top, 0, said["rows"], said["fields"])
        elif kind == "updateCells":
            _needs_fields(said)
            self._update(said)
        else:
            raise RefusedError("wrong_body", "requests", f"asks for {kind}, which nobody here has written down")

    def _update(self, said: Mapping[str, Any]) -> None:
        area = said["range"]
        grid = self._numbered(area.get("sheetId", 0))
        top, left = area.get("startRowIndex", 0), area.get("startColumnIndex", 0)
        bottom, right = area.get("endRowIndex", grid.rows), area.get("endColumnIndex", grid.columns)
        if bottom > grid.rows or right > grid.columns or len(said.get("rows", [])) > bottom - top:
            raise RefusedError("out_of_bounds", "requests", "writes outside of the sheet's grid")
        for place in [at for at in grid.cells if top <= at[0] < bottom and left <= at[1] < right]:
            del grid.cells[place]
        self._write(grid, top, left, said.get("rows", []), said["fields"])

    def _write(self, grid: Grid, top: int, left: int, rows: Sequence[Any], fields: str) -> None:
        for row, entry in enumerate(rows, start=top):
            for column, cell in enumerate(entry.get("values", []), start=left):
                value = cell.get("userEnteredValue")
                if not value:
                    grid.cells.pop((row, column), None)
                    continue
                form = (cell.get("userEnteredFormat") or {}).get("numberFormat", {}).get("type", "")
                if "userEnteredFormat" not in fields:
                    form = ""
                grid.put(row, column, {"userEnteredValue": value, "effectiveValue": value}, form)

    def _numbered(self, number: int) -> Grid:
        for one in self.sheets:
            if one.number == number:
                return one
        raise RefusedError("out_of_bounds", "requests", "names no sheet")


def opened(params: Params, vendor: Vendor) -> Spreadsheet:
    """A spreadsheet without a sheet yet."""
    del params, vendor
    return Spreadsheet()


def _needs_fields(said: Mapping[str, Any]) -> None:
    if not said.get("fields"):
        raise RefusedError("missing_parameter", "fields", "at least one field has to be given")


def _typed(value: object) -> dict[str, Any]:
    kind = (
        "boolValue" if isinstance(value, bool) else "numberValue" if isinstance(value, int | float) else "stringValue"
    )
    if isinstance(value, str) and value.startswith("#") and value in _ERRORS:
        return {"effectiveValue": {"errorValue": {"type": _ERRORS[value], "message": "…"}}}
    return {"userEnteredValue": {kind: value}, "effectiveValue": {kind: value}}


_ERRORS = {"#REF!": "REF", "#N/A": "N_A", "#DIV/0!": "DIVIDE_BY_ZERO", "#VALUE!": "VALUE", "#NAME?": "NAME"}


def _plain(cell: Mapping[str, Any]) -> Any:
    value = next(iter((cell.get("effectiveValue") or {}).values()), None)
    form = (cell.get("effectiveFormat") or {}).get("numberFormat", {}).get("type", "")
    return f"day {value:g}" if form in _DAYS and isinstance(value, int | float) else value


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
