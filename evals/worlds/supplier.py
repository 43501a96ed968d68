"""A supplier's workbook, month by month: laid out for the eye, and never twice the same; a ledger beside it.

Planted in every month: title rows, merged headers of two rows, three sheets, prices written with a decimal comma as
text, Excel's own dates, a total row. In the second month a further title row, a header that is called otherwise, a new
column, four rows with a value that is none, and a text that a spreadsheet would run. In the third month the new header
stays and the rest is as it was.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from evals.casefiles import Unlike
from evals.world import World
from tools.demo.draws import draw
from tools.demo.money import euros, italian

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

SEED = 9091
MONTHS = ("2026-09", "2026-10", "2026-11")
ROWS = 24
"""Rows of a sheet; the second month has two more in each."""


@dataclass(frozen=True)
class Line:
    """A row of a sheet. What is a text where a number or a date should be makes it a bad one."""

    code: str
    name: str
    quantity: Decimal | str
    price: int | str
    """In cents."""
    day: date | str
    origin: str

    @property
    def amount(self) -> int:
        """In cents; what cannot be computed is nothing."""
        if isinstance(self.quantity, str) or isinstance(self.price, str):
            return 0
        return int(self.quantity * self.price)

    @property
    def is_good(self) -> bool:
        """Whether each value is of its kind."""
        return not any(isinstance(value, str) for value in (self.quantity, self.price, self.day))


@dataclass(frozen=True)
class Form:
    """How a supplier lays a workbook out. ``fields`` are line's fields in their order, with the words of both rows."""

    stem: str
    sheets: tuple[str, ...]
    titles: tuple[str, ...]
    fields: tuple[tuple[str, str, str], ...]
    """(field, word above, word below); an equal word above neighbours is one merged cell, none below makes it tall."""
    renamed: str
    """What the quantity is called from the second month on."""
    extra: str
    """The header of the new column; it stands behind the last one, or before the quantity where ``inside``."""
    inside: bool
    left: int
    """The table's first column, from 0."""
    total: str
    words: tuple[str, str, str, str]
    """What stands in the bad rows: for a price, a quantity, a day, and once more a quantity."""
    formula: str
    names: tuple[str, ...]
    weighed: bool = False
    """Quantities have a decimal."""
    notes: tuple[str, ...] = ()
    """Lines of a sheet of its own that is no table of the same kind."""


ENGLISH = Form(
    stem="orders",
    sheets=("North", "Centre", "South"),
    titles=("Bianchi Forniture S.p.A.", "Orders delivered in {month}", "Prices in EUR without VAT"),
    fields=(
        ("code", "Article", "Code"),
        ("name", "Article", "Description"),
        ("quantity", "Quantity", ""),
        ("price", "Price EUR", "Unit"),
        ("hundred", "Price EUR", "Per 100"),
        ("amount", "Amount", ""),
        ("day", "Delivered", ""),
    ),
    renamed="Qty Ord.",
    extra="Origin",
    inside=False,
    left=0,
    total="Total",
    words=("on request", "tbc", "to be confirmed", "12 + 2"),
    formula="=cmd|' /C calc'!A0",
    names=("Cup", "Plate", "Bowl", "Jug", "Tray", "Vase", "Lamp", "Frame"),
)
GERMAN = Form(
    stem="Lieferschein",
    sheets=("Lager Nord", "Lager Süd", "Lager West"),
    titles=("Weber Großhandel GmbH", "Lieferungen {month}", "", "Alle Preise netto"),
    fields=(
        ("day", "Lieferung", "Datum"),
        ("code", "Artikel", "Nummer"),
        ("name", "Artikel", "Warengruppe"),
        ("quantity", "Menge", ""),
        ("price", "Preis", "je Einheit"),
        ("amount", "Preis", "Betrag"),
    ),
    renamed="Best.-Mge.",
    extra="Herkunft",
    inside=True,
    left=1,
    total="Summe",
    words=("auf Anfrage", "folgt", "noch offen", "1,5 bis 2"),
    formula="@SUM(1+1)*cmd|' /C calc'!A0",
    names=("Schrauben", "Dübel", "Farbe", "Lack", "Leim", "Holz", "Draht"),
    weighed=True,
    notes=("Hinweise", "Reklamationen binnen acht Tagen", "Es gelten unsere Bedingungen"),
)


def write(root: Path) -> World:
    """The workbooks of a supplier who writes English with a comma in the prices."""
    return write_supplier(root, ENGLISH)


def write_supplier(root: Path, form: Form) -> World:
    """Three months, each in a folder of its own; the first is the data, ``truth/truth.json`` has the ledger."""
    later: dict[str, Path] = {}
    for number, month in enumerate(MONTHS):
        folder = root / ("data" if number == 0 else month)
        folder.mkdir(parents=True)
        _write(folder / f"{form.stem}_{month}.xlsx", form, number)
        later[month] = folder
    truth = {month: _ledger(form, number) for number, month in enumerate(MONTHS)}
    (root / "truth").mkdir()
    (root / "truth" / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    return World(root / "data", lambda out, month: _check(out, form, month or MONTHS[0]), later)


# The rows


def lines_of(form: Form, number: int, sheet: int) -> list[Line]:
    """The rows of one sheet of a month."""
    made = [_line(form, number, sheet, at) for at in range(ROWS + (2 if number else 0))]
    if number == 1:
        price, quantity, day, other = form.words
        bad = {0: [("price", price, 5)], 1: [("quantity", quantity, 9)], 2: [("day", day, 3), ("quantity", other, 17)]}
        for field, word, at in bad[sheet]:
            made[at] = _with(made[at], field, word)
        if sheet == 1:
            made[4] = _with(made[4], "name", form.formula)
    return made


def _line(form: Form, number: int, sheet: int, at: int) -> Line:
    index = (number * 8 + sheet) * 100 + at
    quantity = Decimal(1 + draw(SEED, index, "quantity", 240))
    if form.weighed:
        quantity += Decimal(draw(SEED, index, "half", 2)) / 2
    day = date.fromisoformat(f"{MONTHS[number]}-01") + timedelta(days=draw(SEED, index, "day", 27))
    # Some prices of 1,000 and more, so that thousands are parted.
    price = 2 * (75 + draw(SEED, sheet * 100 + at, "price", 90_000))
    name = f"{form.names[draw(SEED, sheet * 100 + at, 'name', len(form.names))]} {100 * (sheet + 1) + at}"
    return Line(f"{'ABC'[sheet]}{at:03}", name, quantity, price, day, ("IT", "FR", "PT")[index % 3])


def _with(line: Line, field: str, value: str) -> Line:
    return Line(**{**{name: getattr(line, name) for name in Line.__dataclass_fields__}, field: value})


# The workbook


def _columns(form: Form, number: int) -> list[tuple[str, str, str]]:
    """Fields with their headers as they are in this month."""
    columns = [
        (field, form.renamed if field == "quantity" and number else above, below) for field, above, below in form.fields
    ]
    if number == 1:
        at = [field for field, _, _ in columns].index("quantity") if form.inside else len(columns)
        columns.insert(at, ("origin", form.extra, ""))
    return columns


def _write(path: Path, form: Form, number: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        # Without a fixed time the file would carry the moment of writing.
        book.set_properties({"created": datetime(2026, 9, 1, 8, 0, tzinfo=UTC).replace(tzinfo=None)})
        for at, name in enumerate(form.sheets):
            _write_sheet(book, book.add_worksheet(name), form, number, lines_of(form, number, at))
        if form.notes:
            sheet = book.add_worksheet(form.notes[0])
            for row, text in enumerate(form.notes[1:], start=2):
                sheet.write_string(row, 1, text)
                sheet.write_string(row, 2, str(row))


def _write_sheet(book: Workbook, sheet: Worksheet, form: Form, number: int, lines: Sequence[Line]) -> None:
    head = book.add_format({"bold": True, "align": "center", "border": 1})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    titles = [title.format(month=MONTHS[number]) for title in form.titles]
    titles += ["Second edition"] if number == 1 else []
    for row, text in enumerate(titles):
        sheet.write_string(row, form.left, text)
    top, columns = len(titles) + 1, _columns(form, number)
    _write_head(sheet, top, form.left, columns, head)
    for row, line in enumerate(lines, start=top + 2):
        for at, (field, _, _) in enumerate(columns, start=form.left):
            _write_cell(sheet, row, at, field, line, day)
    foot = top + 2 + len(lines)
    sheet.write_string(foot, form.left, form.total, head)
    for at, (field, _, _) in enumerate(columns, start=form.left):
        if field == "quantity":
            sheet.write_number(foot, at, float(sum(one.quantity for one in lines if isinstance(one.quantity, Decimal))))
        elif field == "amount":
            sheet.write_number(foot, at, float(euros(sum(one.amount for one in lines))))


def _write_head(sheet: Worksheet, top: int, left: int, columns: Sequence[tuple[str, str, str]], head: object) -> None:
    at = 0
    while at < len(columns):
        _, above, below = columns[at]
        wide = at
        while below and wide + 1 < len(columns) and columns[wide + 1][1] == above and columns[wide + 1][2]:
            wide += 1
        if not below:
            sheet.merge_range(top, left + at, top + 1, left + at, above, head)
        elif wide > at:
            sheet.merge_range(top, left + at, top, left + wide, above, head)
        else:
            sheet.write_string(top, left + at, above, head)
        for one in range(at, wide + 1):
            if columns[one][2]:
                sheet.write_string(top + 1, left + one, columns[one][2], head)
        at = wide + 1


def _write_cell(sheet: Worksheet, row: int, at: int, field: str, line: Line, day: object) -> None:
    if field in {"price", "hundred"}:
        cents = line.price if isinstance(line.price, str) else line.price * (100 if field == "hundred" else 1)
        sheet.write_string(row, at, cents if isinstance(cents, str) else italian(cents))
    elif field == "amount":
        sheet.write_number(row, at, float(euros(line.amount)))
    else:
        value = getattr(line, field)
        if isinstance(value, date):
            sheet.write_datetime(row, at, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
        elif isinstance(value, Decimal):
            sheet.write_number(row, at, float(value))
        else:
            sheet.write_string(row, at, value)


# The ledger


def _ledger(form: Form, number: int) -> dict[str, object]:
    sheets = {}
    for at, name in enumerate(form.sheets):
        lines = lines_of(form, number, at)
        good = [one for one in lines if one.is_good]
        sheets[name] = {
            "rows": len(good),
            "bad": len(lines) - len(good),
            "quantity": str(sum(Decimal(str(one.quantity)) for one in good)),
            "amount": str(euros(sum(one.amount for one in good))),
        }
    return {"sheets": sheets}


def header(form: Form, field: str) -> str:
    """A field's header as one text, as it was in the first month."""
    above, below = next((above, below) for name, above, below in form.fields if name == field)
    return f"{above} {below}".strip()


def _check(out: Path, form: Form, month: str) -> None:
    """Every good row is there once with its values, every bad one is set aside with its reason, nothing runs."""
    number = MONTHS.index(month)
    head, *rows = _csv(next(out.glob("clean_table.csv")))
    due_head = ["sheet", *(header(form, field) for field, _, _ in form.fields)]
    if head != due_head:
        raise Unlike(f"The columns are {head}, not {due_head}.")
    found = sorted(tuple(row) for row in rows)
    due = sorted(
        _written(form, name, line)
        for at, name in enumerate(form.sheets)
        for line in lines_of(form, number, at)
        if line.is_good
    )
    if found != due:
        odd = [row for row in found if row not in due] or [row for row in due if row not in found]
        raise Unlike(f"{len(found)} rows, and {len(due)} are due; unlike: {odd[:3]}")
    _check_totals(form, month, head, rows)
    _check_aside(out, form, number)
    _check_harmless(out, form, number)


def _check_totals(form: Form, month: str, head: list[str], rows: list[list[str]]) -> None:
    ledger = _ledger(form, MONTHS.index(month))["sheets"]
    assert isinstance(ledger, dict)
    for name, due in ledger.items():
        own = [row for row in rows if row[0] == name]
        seen = {"rows": len(own)}
        sums = {
            field: str(sum((Decimal(row[head.index(header(form, field))]) for row in own), Decimal(0)))
            for field in ("quantity", "amount")
        }
        if seen["rows"] != due["rows"] or any(Decimal(sums[field]) != Decimal(due[field]) for field in sums):
            raise Unlike(f"{name} has {seen} and {sums}, not {due}.")
    for at, column in enumerate(head):
        if rows and not any(row[at] for row in rows):
            raise Unlike(f"The column {column!r} is empty from top to bottom.")


def _check_aside(out: Path, form: Form, number: int) -> None:
    aside = [row for file in sorted(out.glob("*.quarantine.csv")) for row in _csv(file)[1:]]
    kinds = {"quantity": "number", "price": "number", "hundred": "number", "day": "date"}
    due = sorted(
        header(form, field)
        for at in range(len(form.sheets))
        for line in lines_of(form, number, at)
        for field in ("price", "quantity", "day")
        if isinstance(getattr(line, field), str)
    )
    if len(aside) != len(due) or len(due) != (4 if number == 1 else 0):
        raise Unlike(f"{len(aside)} rows are set aside, and {len(due)} should be.")
    for column in due:
        kind = next(kinds[field] for field, _, _ in form.fields if header(form, field) == column)
        if not any(column in row[2] and kind in row[2] and int(row[1]) > 0 for row in aside):
            raise Unlike(f"No row is set aside because of {column!r}: {aside}")


def _check_harmless(out: Path, form: Form, number: int) -> None:
    """A text that a spreadsheet would run is text in the CSV, the workbook and the page."""
    rows = _csv(next(out.glob("clean_table.csv")))
    risky = [cell for row in rows for cell in row if cell[:1] in "=+@\t\r" and cell]
    if risky:
        raise Unlike(f"A spreadsheet would run {risky[0]!r} of the CSV.")
    if number != 1:
        return
    if not any(f"'{form.formula}" in row for row in rows):
        raise Unlike("The text that looks like a formula is gone from the CSV.")
    with ZipFile(next(out.glob("*.xlsx"))) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    if any(b"<f>" in sheet and b"cmd" in sheet.split(b"<f>", 1)[1].split(b"</f>", 1)[0] for sheet in sheets):
        raise Unlike("The workbook has the text as a formula.")
    page = next(out.glob("*.html")).read_text(encoding="utf-8")
    if "cmd|" not in page or "<td" in page.split("cmd|", 1)[0].rsplit("<", 1)[-1]:
        raise Unlike("The page does not show the text.")


def _written(form: Form, sheet: str, line: Line) -> tuple[str, ...]:
    values: Mapping[str, str] = {
        "code": line.code,
        "name": f"'{line.name}" if line.name == form.formula else line.name,
        "quantity": f"{line.quantity:.2f}" if form.weighed else str(line.quantity),
        "price": str(euros(int(line.price))) if not isinstance(line.price, str) else "",
        "hundred": str(euros(int(line.price) * 100)) if not isinstance(line.price, str) else "",
        "amount": str(euros(line.amount)),
        "day": line.day.isoformat() if isinstance(line.day, date) else "",
    }
    return (sheet, *(values[field] for field, _, _ in form.fields))


def _csv(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))
