"""A supplier's price list in Excel, laid out for the eye: titles, merged headers, text prices, a total, bad rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tools.demo.catalogue import PRODUCTS
from tools.demo.draws import draw
from tools.demo.money import euros, italian
from tools.demo.truth import SupplierTruth

if TYPE_CHECKING:
    from pathlib import Path

SHEET = "Listino"
_CATEGORIES = {
    "CER": "Ceramica", "TES": "Tessile", "LEG": "Legno", "CUC": "Cucina", "ALI": "Alimentari", "CAN": "Candele",
    "CAR": "Carta",
}  # fmt: skip
_FIRST_ROW = 7  # as Excel counts: four rows of titles, two of headers


@dataclass(frozen=True, slots=True)
class _Line:
    code: str | None
    title: str
    unit: int | str
    hundred: str
    pack: int
    kilos: float
    ready: date | str

    @property
    def is_good(self) -> bool:
        return self.code is not None and isinstance(self.unit, int) and isinstance(self.ready, date)


def _lines(valid_from: date, seed: int) -> list[_Line]:
    found = []
    for number, product in enumerate(PRODUCTS):
        ready = valid_from + timedelta(days=draw(seed, number, "ready", 45))
        pack = (1, 6, 12, 24)[draw(seed, number, "pack", 4)]
        cents = product.cost_cents
        found.append(
            _Line(product.sku, product.title, cents, italian(cents * 95), pack, product.grams * pack / 1000, ready)
        )
    # What every real list has: a line without its code, a price still to come, a date in words.
    found[7] = _Line(None, found[7].title, found[7].unit, found[7].hundred, 6, 2.1, valid_from)
    found[16] = _Line(found[16].code, found[16].title, "n.d.", "n.d.", 12, 4.2, valid_from)
    found[23] = _Line(found[23].code, found[23].title, found[23].unit, found[23].hundred, 6, 5.4, "da definire")
    return found


def write_price_list(path: Path, valid_from: date, seed: int) -> SupplierTruth:
    """Write the workbook, the same bytes for the same seed, and return what is in it."""
    import xlsxwriter

    lines = _lines(valid_from, seed)
    with xlsxwriter.Workbook(str(path)) as book:
        # Without a fixed time the file would carry the moment of writing.
        book.set_properties({"created": datetime(2026, 9, 1, 8, 0, tzinfo=UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(SHEET)
        title = book.add_format({"bold": True, "font_size": 14})
        head = book.add_format({"bold": True, "align": "center", "border": 1})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        price = book.add_format({"num_format": "#,##0.00"})
        sheet.write("A1", "Casalinghi Centro Italia S.p.A.", title)
        sheet.write("A2", f"Listino prezzi rivenditori, valido dal {valid_from:%d/%m/%Y}")
        sheet.write("A3", "Prezzi in EUR, IVA esclusa")
        sheet.merge_range("A5:C5", "Articolo", head)
        sheet.merge_range("D5:E5", "Prezzo EUR", head)
        sheet.merge_range("F5:G5", "Confezione", head)
        sheet.merge_range("H5:H6", "Disponibile dal", head)
        sheet.write_row(
            "A6", ["Codice", "Descrizione", "Categoria", "Unitario", "Per 100 pezzi", "Pezzi", "Peso kg"], head
        )
        for row, line in enumerate(lines, start=_FIRST_ROW - 1):
            if line.code is not None:
                sheet.write_string(row, 0, line.code)
                sheet.write_string(row, 2, _CATEGORIES[line.code[:3]])
            sheet.write_string(row, 1, line.title)
            if isinstance(line.unit, int):
                sheet.write_number(row, 3, float(euros(line.unit)), price)
            else:
                sheet.write_string(row, 3, line.unit)
            sheet.write_string(row, 4, line.hundred)
            sheet.write_number(row, 5, line.pack)
            sheet.write_number(row, 6, line.kilos)
            if isinstance(line.ready, date):
                sheet.write_datetime(row, 7, datetime(line.ready.year, line.ready.month, line.ready.day), day)  # noqa: DTZ001
            else:
                sheet.write_string(row, 7, line.ready)
        foot = _FIRST_ROW - 1 + len(lines)
        units = [line.unit for line in lines if isinstance(line.unit, int)]
        sheet.write_string(foot, 0, "Totale", head)
        sheet.write_number(foot, 3, float(euros(sum(units))), price)
    good = [line for line in lines if line.is_good]
    return SupplierTruth(
        good_rows=len(good),
        bad_rows=tuple(row for row, line in enumerate(lines, start=_FIRST_ROW) if not line.is_good),
        unit_price_sum=euros(sum(line.unit for line in good if isinstance(line.unit, int))),
        hundred_price_sum=euros(sum(line.unit * 95 for line in good if isinstance(line.unit, int))),
    )
