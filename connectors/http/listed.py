"""A connector whose further streams the system itself lists: the sheets of a spreadsheet, each with a table in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import readings
from connectors.contract import Discovered, Place, Preview, Reading
from connectors.files import workbook
from connectors.files.archive import column_number
from connectors.files.options import ReadOptions
from connectors.http import asking, cells, exact, placeholders, sheet_writing
from connectors.http.asking import Ask
from connectors.http.definition import Listing, Request, Stream, Unit
from connectors.http.engine import Declared
from connectors.http.fetching import build
from connectors.http.staged import Pages, fingerprint
from connectors.looking import first_rows, preview_rows, scratch
from connectors.names import distinct, table_name
from connectors.sends import Order, Outbox, Row, Sent, Shown
from connectors.spelling import parse_options
from spec.base import JsonValue
from spec.catalog import Table
from spec.errors import DataError, DreflowError, unknown_name
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connectors.http.sending import Sender

Values = Mapping[str, str | None]


@record(frozen=True)
class Sheet:
    """An entry of the list: its name, what is kept of it as ``each.name``, and the entry itself."""

    name: str
    kept: Values
    entry: JsonValue


class Listed(Declared):
    """As its definition says, and a stream for each sheet that the system lists."""

    def account(self, place: Place) -> str | None:
        """As ``Declared``; without a check of its own the list of sheets is asked for."""
        with self._sender(place) as sender:
            found = self._account(place, sender)
            self._sheets(place, sender)
        return found

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """A table for each sheet that holds something, then the streams that are always there.

        The option ``stream`` asks for one alone; other options are those of a worksheet (``header_row``).
        """
        given = {name: item for name, item in (options or {}).items() if name != "stream"}
        wanted = (options or {}).get("stream")
        found: list[Discovered] = []
        left: list[str] = []
        if wanted is None or wanted not in self.definition.streams:
            with self._sender(place) as sender:
                sheets, left = self._sheets(place, sender)
            for sheet in sheets if wanted is None else [self._named(sheets, str(wanted))]:
                found += self._tables(sheet, place, given, found, left)
        if wanted is None or wanted in self.definition.streams:
            try:
                found += super().discover(place, options={"stream": wanted} if wanted is not None else None)
            except DreflowError as error:
                if not found:
                    raise
                left.append(error.hint or error.message)
        if not found:
            raise DataError("There is nothing to read.", hint=" ".join(left) or "All sheets are empty.")
        found[0] = replace(found[0], warnings=(*found[0].warnings, *left))
        return found

    def read_together(
        self,
        wanted: Sequence[tuple[Source, exp.Table]],
        place: Place,
        into: DuckDBPyConnection,
        *,
        since: str | None = None,
    ) -> list[Reading]:
        """As ``Declared``; a sheet is read whole and its table found as in a worksheet."""
        name = wanted[0][0].stream or ""
        if name in self.definition.streams:
            return super().read_together(wanted, place, into, since=since)
        with self._sender(place) as sender:
            sheet = self._named(self._sheets(place, sender)[0], name)
        with self._folder(place) as folder, tempfile.TemporaryDirectory(prefix="dreflow-") as beside:
            pages = self._cells(sheet, place, folder)
            file = Path(beside) / "sheet.xlsx"
            made = self._workbook(sheet, pages, file)
            shown = f"{self.name}/{self._title(place)}"
            found = []
            for source, table in wanted:
                options = parse_options(ReadOptions, source.options)
                readings.clean(into, table)
                read = workbook.read(source, options, file, shown, into, table, append=False)
                told = replace(
                    readings.with_quarantine(table, read),
                    fingerprint=fingerprint(pages.files()),
                    as_of=datetime.fromisoformat(pages.begun),
                    warnings=(*read.warnings, *made.told(sheet.name)),
                )
                found.append(readings.with_cursor(source, into, table, told, since, options))
        return found

    def preview(self, source: Source, place: Place, *, limit: int = 20) -> Preview:
        """As ``Declared``."""
        if (source.stream or "") in self.definition.streams:
            return super().preview(source, place, limit=limit)
        return preview_rows(self.read, source, place, limit)

    # Sending

    def offers(self, order: Order, place: Place) -> Order:
        """As ``Declared``; every sheet takes rows where the definition has a request that changes cells."""
        if order.stream in self.definition.writes or self._listing.change is None:
            return super().offers(order, place)
        return sheet_writing.offered(order, self.definition.title)

    def send(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Sent]:
        """As ``Declared``."""
        if order.stream in self.definition.writes:
            yield from super().send(order, place, rows, outbox)
            return
        self._refuse_read_only(place)
        with self._sender(place, writes=True) as sender:
            yield from self._sheet_sending(order, place, outbox, sender).all(rows)

    def shown(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Shown]:
        """As ``Declared``."""
        if order.stream in self.definition.writes:
            yield from super().shown(order, place, rows, outbox)
            return
        with self._sender(place) as sender:
            yield from self._sheet_sending(order, place, outbox, sender).shown(rows)

    def _sheet_sending(self, order: Order, place: Place, outbox: Outbox, sender: Sender) -> sheet_writing.SheetSending:
        sheets = _Open(self, place, sender)
        writer = cast("sheet_writing.Writer", cells.grid(self._listing.grid.use))
        return sheet_writing.SheetSending(sheets, writer, sender, self.offers(order, place), outbox)

    def seen(self, order: Order, place: Place, sender: Sender) -> sheet_writing.Seen:
        """A sheet as it stands now, for rows that are to be put into it."""
        sheet = self._named(self._sheets(place, sender)[0], order.stream)
        rows, columns = (int(sheet.kept.get(f"each.{name}") or 0) for name in ("rows", "columns"))
        empty = sheet_writing.Seen(sheet.entry, rows, columns, 0, 0, 1, (), frozenset())
        with tempfile.TemporaryDirectory(prefix="dreflow-") as folder:
            file = Path(folder) / "sheet.xlsx"
            made = self._workbook(sheet, self._cells(sheet, replace(place, pages=None), Path(folder)), file)
            if not made.rows:
                return empty
            options = ReadOptions(sheet=sheet.name, format="xlsx")
            source = workbook.discover(file, "", options, frozenset())[0].source
            given = parse_options(ReadOptions, source.options)
            with scratch() as connection:
                table = exp.table_("sheet", quoted=True)
                workbook.read(source, given, file, sheet.name, connection, table, append=False)
                there = {name.casefold(): name for name in source.columns}
                wanted = [there.get(name.casefold()) for name in order.key]
                kept = [] if None in wanted else first_rows(connection, table, source, made.rows)
        at = [list(source.columns).index(name) for name in wanted if name is not None]
        keys = frozenset(tuple(sheet_writing.comparable(row[one]) for one in at) for row in kept if at)
        left = given.range.partition(":")[0] if given.range else "A"
        return replace(
            empty, last=made.last, header=given.header_row, left=column_number(left),
            names=tuple(source.columns), keys=keys, has_footer=given.skip_totals,
        )  # fmt: skip

    def change(self, body: JsonValue, place: Place) -> Ask:
        """The request that changes cells."""
        said = cast("Request", self._listing.change)
        ask = build(self._definition_at(place), said, self._values(place))
        return replace(ask, method="POST", body=body)

    # The list

    @property
    def _listing(self) -> Listing:
        return cast("Listing", self.definition.listed)

    def _sheets(self, place: Place, sender: Sender) -> tuple[list[Sheet], list[str]]:
        """The sheets there are, and what is said of those that are left out."""
        said, values = self._listing, self._values(place)
        if said.needs is not None and values[said.needs] is None:
            setting = self.definition.settings[said.needs]
            return [], [f"No sheet is read, since the connection does not say its {said.needs}: {setting.help}"]
        answer = sender.send(build(self._definition_at(place), said, values), said.records)
        found: list[Sheet] = []
        left: list[str] = []
        for entry in answer.records:
            name = str(asking.at(entry, said.name))
            if any(asking.at(entry, at) in marks for at, marks in said.leave_out.items()):
                left.append(name)
                continue
            kept = {f"each.{key}": _text(asking.at(entry, at)) for key, at in said.keep.items()}
            found.append(Sheet(name, {"each": name, **kept}, entry))
        return found, [f"Left out, since they are hidden or no tables: {', '.join(left)}."] if left else []

    def _named(self, sheets: Sequence[Sheet], name: str) -> Sheet:
        for sheet in sheets:
            if sheet.name == name:
                return sheet
        known = [*(sheet.name for sheet in sheets), *self.definition.streams]
        raise unknown_name(f"sheet of this {self.definition.title} connection", name, known)

    # Cells

    def _cells(self, sheet: Sheet, place: Place, folder: Path) -> Pages:
        said = self._listing.sheet
        unit = said.paginate or Unit(use="none")
        filled = placeholders.filled_all(cast("JsonValue", unit.params), sheet.kept)
        stream = Stream.model_validate(
            {
                **said.model_dump(exclude_unset=True),
                "paginate": {"use": unit.use, **cast("dict[str, JsonValue]", filled)},
            }
        )
        # A sheet's name may be any text, and a folder's may not: the pages are kept under a plain one.
        plain = table_name("sheet", sheet.name).lower()
        definition = self.definition.model_copy(update={"streams": {plain: stream}, "listed": None})
        one = _One(
            definition, self.name, file=self.file,
            transport=self._transport, clock=self._clock, sleep=self._sleep, tick=self._tick,
        )  # fmt: skip
        one.kept = sheet.kept
        return one.fetched(plain, place, folder)

    def _workbook(self, sheet: Sheet, pages: Pages, file: Path) -> cells.Written:
        way = cells.grid(self._listing.grid.use)
        rows = (row for line in _in_order(pages) for row in way.rows(cast("dict[str, JsonValue]", line)["page"]))
        return cells.write_workbook(file, sheet.name, rows, way.merged(sheet.entry))

    def _tables(
        self, sheet: Sheet, place: Place, given: Mapping[str, JsonValue], before: Sequence[Discovered], left: list[str]
    ) -> list[Discovered]:
        with self._folder(place) as folder, tempfile.TemporaryDirectory(prefix="dreflow-") as beside:
            pages = self._cells(sheet, place, folder)
            file = Path(beside) / "sheet.xlsx"
            made = self._workbook(sheet, pages, file)
            if not made.rows:
                left.append(f"The sheet {sheet.name!r} is empty.")
                return []
            options = parse_options(ReadOptions, {**given, "sheet": sheet.name, "format": "xlsx"})
            found = workbook.discover(file, "", options, frozenset(given))[0]
        name = distinct(table_name(sheet.name), [one.name for one in before])
        source = found.source.model_copy(
            update={"connector": self.name, "connection": place.connection, "location": None, "stream": sheet.name}
        )
        table: Table = found.table.model_copy(update={"name": name})
        return [Discovered(name, source, table, (*found.warnings, *made.told(sheet.name)), found.choices)]

    def _title(self, place: Place) -> str:
        return place.connection or self.definition.title


@record(frozen=True)
class _Open:
    """The sheets of a connection, for one order."""

    unit: Listed
    place: Place
    sender: Sender

    def seen(self, order: Order) -> sheet_writing.Seen:
        """As ``sheet_writing.Sheets``."""
        return self.unit.seen(order, self.place, self.sender)

    def change(self, body: JsonValue) -> Ask:
        """As ``sheet_writing.Sheets``."""
        return self.unit.change(body, self.place)


class _One(Declared):
    """The reading of one sheet: its values beside those of the connection."""

    kept: Values = MappingProxyType({})

    def fetched(self, name: str, place: Place, folder: Path) -> Pages:
        """All pages of the sheet."""
        return self._fetched(name, place, folder, None)

    def _values(self, place: Place, cursor: str | None = None) -> Values:
        return {**super()._values(place, cursor), **self.kept}


def _in_order(pages: Pages) -> Iterator[JsonValue]:
    """The kept lines in the order of the sheet: parts that are known ahead arrive in any."""
    starts: dict[str, int] = {}
    placed: list[tuple[int, str, int]] = []
    for page in pages.log:
        number = page.walk.rpartition("#")[2]
        placed.append((int(number) if number else 1, page.file, starts.get(page.file, 0)))
        starts[page.file] = page.end
    for _, file, start in sorted(placed):
        with (pages.folder / file).open("rb") as stream:
            stream.seek(start)
            yield exact.parsed(stream.readline())


def _text(value: JsonValue) -> str | None:
    return None if value is None or isinstance(value, dict | list) else str(value)
