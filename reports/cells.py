"""Values into a workbook so that it holds what was computed: exact money, real dates, and text that stays text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports.language import currency_sign, minor_units
from reports.values import UNWRITABLE, Look, Value

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from reports.language import Language

EXCEL_ROWS = 1_048_576
EXCEL_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; it stores numbers as 64-bit floating point."""
_CELL_TEXT = 32_767
_SHEET_NAME = 31
_FIRST_DAY = date(1900, 3, 1)
"""Excel believes that 29 February 1900 existed, so earlier days would be shown one off."""
_SURELY_FITS = 1_000
# Begins with a letter or digit and has nothing in it that needs care.
_HARMLESS = re.compile(r"[^\W_][^\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]*\Z")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Props = tuple[tuple[str, object], ...]


@dataclass
class Cells:
    """Writes values into one workbook, making each format once; ``cut`` counts texts that no cell could hold whole."""

    book: Workbook
    zone: ZoneInfo
    language: Language
    cut: int = 0
    _formats: dict[Props, CellFormat] = field(default_factory=dict)

    def style(self, **props: object) -> CellFormat:
        """A cell format with these of XlsxWriter's properties."""
        key = tuple(sorted(props.items(), key=lambda item: item[0]))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_name": "Calibri", "font_size": 11, **props})
        return self._formats[key]

    def put(self, sheet: Worksheet, row: int, column: int, value: Value, look: Look, **props: object) -> None:
        """Write a value as what it is. Long numbers become text, and so does all that starts like a formula."""
        match value:
            case None:
                sheet.write_blank(row, column, None, self.style(**props))
            case bool():
                sheet.write_boolean(row, column, value, self.style(**props))
            case int() | float() | Decimal():
                if fits(value):
                    sheet.write_number(row, column, value, self.style(num_format=self.number_format(look), **props))
                else:
                    self.text(sheet, row, column, plain(value), num_format="@", **{**props, "align": "right"})
            case datetime():
                local = value.astimezone(self.zone).replace(tzinfo=None) if value.tzinfo else value
                self._day(sheet, row, column, local.date() if look.format == "date" else local, props)
            case date():
                self._day(sheet, row, column, value, props)
            case time():
                sheet.write_datetime(row, column, value, self.style(num_format="hh:mm:ss", **props))
            case timedelta():
                self.text(sheet, row, column, str(value), **props)
            case str():
                self.text(sheet, row, column, value, **props)

    def writer(self, look: Look, **props: object) -> Callable[[Worksheet, int, int, Value], None]:
        """``put`` for a column of many rows, its formats looked up once."""
        plain_style, number = self.style(**props), self.style(num_format=self.number_format(look), **props)

        def write(sheet: Worksheet, row: int, column: int, value: Value) -> None:
            if isinstance(value, str) and len(value) < _SURELY_FITS and _HARMLESS.match(value):
                sheet.write_string(row, column, value, plain_style)
            elif isinstance(value, Decimal | int) and not isinstance(value, bool) and fits(value):
                sheet.write_number(row, column, value, number)
            else:
                self.put(sheet, row, column, value, look, **props)

        return write

    def text(self, sheet: Worksheet, row: int, column: int, value: str, **props: object) -> None:
        """Write text as text; what could be taken for a formula carries the mark that keeps it text when edited."""
        written = self.clean(value)
        if not written:
            sheet.write_blank(row, column, None, self.style(**props))
            return
        if written.startswith(_FORMULA):
            props["quote_prefix"] = True
        sheet.write_string(row, column, written, self.style(**props))

    def clean(self, value: str) -> str:
        """The text as a cell can hold it: no characters that XML refuses, at most 32,767 UTF-16 units."""
        text = UNWRITABLE.sub("\ufffd", value)
        if len(text) > _CELL_TEXT // 2 and _units(text) > _CELL_TEXT:
            self.cut += 1
            text = _first_units(text, _CELL_TEXT - 1) + "…"
        return text

    def _day(self, sheet: Worksheet, row: int, column: int, value: date, props: dict[str, object]) -> None:
        day = value.date() if isinstance(value, datetime) else value
        if day < _FIRST_DAY:
            self.text(sheet, row, column, value.isoformat(), **props)
            return
        shown = self.language.excel_date + (" hh:mm" if isinstance(value, datetime) else "")
        sheet.write_datetime(row, column, value, self.style(num_format=shown, align="left", **props))

    def number_format(self, look: Look) -> str:
        """The number format of a look. Excel shows separators as its own user set them."""
        match look.format:
            case "money":
                return self._money(look)
            case "percent":
                return f"0{_places(1 if look.decimals is None else look.decimals)}%"
            case "integer":
                return "#,##0" + _places(look.decimals or 0)
            case "code":
                return "0"
            case "text" | "date" | "datetime":
                return "General"
        return "General" if look.digits is None else "#,##0" + _places(look.digits)

    def _money(self, look: Look) -> str:
        digits = minor_units(look.currency) if look.decimals is None else look.decimals
        number = "#,##0" + _places(digits)
        if look.currency is None:
            return number
        sign = currency_sign(look.currency).replace("]", "")
        if not self.language.sign_first:
            return f"{number} [${sign}]"
        gap = " " if sign[-1:].isalpha() else ""
        return f"[${sign}]{gap}{number};-[${sign}]{gap}{number}"


def fits(value: Decimal | int | float) -> bool:
    """Whether a spreadsheet's number holds every digit of the value; what is not finite is no number there."""
    if isinstance(value, int):
        return len(str(abs(value))) <= EXCEL_DIGITS
    finite = math.isfinite(value)
    if not finite or isinstance(value, float):
        return finite
    digits = value.as_tuple().digits
    return len(digits) <= EXCEL_DIGITS or len("".join(map(str, digits)).strip("0")) <= EXCEL_DIGITS


def plain(value: Decimal | int | float) -> str:
    """A number in full, without an exponent where it has none of its own."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel accepts, unique without regard to case, made of the wanted one; it is added to ``taken``."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]", " ", wanted)
    stem = re.sub(r"\s+", " ", plain).strip().strip("'").strip() or "Sheet"
    if stem.casefold() == "history":  # Excel keeps this name for itself
        stem += " 1"
    name, number = _first_units(stem, _SHEET_NAME).strip(), 1
    while name.casefold() in taken:
        number += 1
        tail = f" {number}"
        name = _first_units(stem, _SHEET_NAME - len(tail)).strip() + tail
    taken.add(name.casefold())
    return name


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _first_units(text: str, most: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")


def _places(digits: int) -> str:
    return "." + "0" * digits if digits else ""
