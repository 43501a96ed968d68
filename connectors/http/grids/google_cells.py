"""Cells as Google Sheets tells them: values with their kind, and the kind of number format that makes one a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

from connectors.files.archive import Merged
from connectors.http.asking import at
from connectors.http.cells import EPOCH, CellValue, Kind, Row
from connectors.sends import spell
from spec.base import JsonValue
from spec.errors import DataError

# As the sheet itself shows them.
_ERRORS = {
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "#LOADING",
}
_COUNTED: Mapping[str, Kind] = {"DATE": "date", "DATE_TIME": "moment", "TIME": "time"}


def rows(page: JsonValue) -> Iterator[Row]:
    """The rows of ``sheets[].data[]``; a part without ``startRow`` begins at the first."""
    for sheet in _list(at(page, "/sheets")):
        for part in _list(at(sheet, "/data")):
            top, left = _whole(at(part, "/startRow")), _whole(at(part, "/startColumn"))
            for number, row in enumerate(_list(at(part, "/rowData")), start=top + 1):
                cells = {
                    column: cell
                    for column, plain in enumerate(_list(at(row, "/values")), start=left + 1)
                    if (cell := _cell(plain)) is not None
                }
                if cells:
                    yield number, cells


def merged(entry: JsonValue) -> Sequence[Merged]:
    """The ranges in ``merges``; theirs count from zero and leave their end out."""
    found = []
    for one in _list(at(entry, "/merges")):
        top, bottom, left, right = (
            _whole(at(one, f"/{name}"))
            for name in ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
        )
        if bottom and right:
            found.append(Merged(top + 1, left + 1, bottom, right))
    return found


def _cell(plain: JsonValue) -> CellValue | None:
    value = at(plain, "/effectiveValue")
    if not isinstance(value, dict):
        return None
    if "numberValue" in value:
        text = str(value["numberValue"])
        kind = _COUNTED.get(str(at(plain, "/effectiveFormat/numberFormat/type")), "number")
        # Of a time that is no time of day the number of days stays: 26:30 hours are no clock's.
        return CellValue("number" if kind == "time" and not 0 <= float(text) < 1 else kind, text)
    if "boolValue" in value:
        return CellValue("truth", "1" if value["boolValue"] else "0")
    if "errorValue" in value:
        return CellValue("error", _ERRORS.get(str(at(value, "/errorValue/type")), "#ERROR!"))
    text = str(value.get("stringValue", ""))
    return CellValue("text", text) if text else None


def _list(found: JsonValue) -> list[JsonValue]:
    return found if isinstance(found, list) else []


def _whole(found: JsonValue) -> int:
    return int(cast("int", found)) if found is not None else 0


# --- writing --------------------------------------------------------------------------------------------------------

_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"
_DIGITS = 15
"""Digits of a number that a sheet keeps."""


def appended(entry: JsonValue, sent: Sequence[Sequence[object]]) -> JsonValue:
    """As ``Writer``: one AppendCells request."""
    request = {"sheetId": _whole(at(entry, "/properties/sheetId")), "rows": _written(sent), "fields": _FIELDS}
    return {"requests": [{"appendCells": cast("JsonValue", request)}]}


def replaced(
    entry: JsonValue, area: tuple[int, int, int, int], size: tuple[int, int], sent: Sequence[Sequence[object]]
) -> JsonValue:
    """As ``Writer``: UpdateCells for the whole area, after rows and columns that are missing."""
    number = _whole(at(entry, "/properties/sheetId"))
    top, left, bottom, right = area
    requests: list[JsonValue] = [
        {"appendDimension": {"sheetId": number, "dimension": dimension, "length": wanted - there}}
        for dimension, wanted, there in (("ROWS", bottom, size[0]), ("COLUMNS", right, size[1]))
        if wanted > there
    ]
    place: JsonValue = {
        "sheetId": number, "startRowIndex": top, "endRowIndex": bottom,
        "startColumnIndex": left, "endColumnIndex": right,
    }  # fmt: skip
    requests.append({"updateCells": {"range": place, "rows": _written(sent), "fields": _FIELDS}})
    return {"requests": requests}


def _written(sent: Sequence[Sequence[object]]) -> JsonValue:
    return [{"values": [_entered(value) for value in row]} for row in sent]


def _entered(value: object) -> JsonValue:
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, int | float | Decimal):
        return {"userEnteredValue": {"numberValue": _number(value)}}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo is not None else value
        return _counted((moment - EPOCH).total_seconds() / 86_400, "DATE_TIME")
    if isinstance(value, date):
        return _counted((value - EPOCH.date()).days, "DATE")
    return {"userEnteredValue": {"stringValue": str(spell(value))}}


def _counted(serial: float, form: str) -> JsonValue:
    return {"userEnteredValue": {"numberValue": serial}, "userEnteredFormat": {"numberFormat": {"type": form}}}


def _number(value: float | Decimal) -> JsonValue:
    exact = Decimal(str(value))
    digits = exact.normalize().as_tuple().digits
    if not exact.is_finite() or len(digits) > _DIGITS:
        raise DataError(
            f"The number {value} has more digits than a sheet keeps.",
            hint=f"A sheet keeps {_DIGITS}: cast it to text in a step, or round it.",
        )
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**_DIGITS else float(exact)
