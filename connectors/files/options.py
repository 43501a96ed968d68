"""The read options of the files connector: all that reading needs, so that a run never guesses."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Literal

from pydantic import Field

from connectors.spelling import Spelling, Strings
from spec.pipeline import Source

Format = Literal["csv", "tsv", "json", "ndjson", "xlsx", "parquet"]

NO_ESCAPE = "none"
"""As ``escape``: a quote inside quotes is written as it is, and one before a delimiter or a line's end closes."""
MADE = {
    "row_number_column": "BIGINT",
    "file_name_column": "VARCHAR",
    "folder_name_column": "VARCHAR",
    "sheet_name_column": "VARCHAR",
}
"""The options that make a column of where a row stands, and the column's type."""


def with_made(source: Source) -> Source:
    """The source with the columns that its options make and it does not declare, behind its own."""
    if source.connector != "files" or not source.columns:
        return source
    declared = {name.casefold() for name in source.columns}
    made = {str(source.options[option]): type_ for option, type_ in MADE.items() if source.options.get(option)}
    added = {name: type_ for name, type_ in made.items() if name.casefold() not in declared}
    return source.model_copy(update={"columns": {**source.columns, **added}}) if added else source


class ReadOptions(Spelling):
    """How a file is read."""

    format: Format | None = Field(default=None, description="File format; without it the file's ending says.")
    compression: Literal["none", "gzip", "zstd"] | None = Field(default=None, description="Else by .gz or .zst.")
    encoding: str = Field(default="utf-8", description="Text encoding, e.g. utf-8, utf-16, cp1252, latin-1.")
    delimiter: str | None = Field(default=None, description="Between values; a comma, in TSV a tab.")
    quote: str = Field(default='"', description="Around values that hold the delimiter; empty for none.")
    escape: str | None = Field(
        default=None,
        description="Before a quote inside quotes: the quote itself by default, a backslash, or none: it stands alone.",
    )
    line_end: Literal["", "cr"] = Field(default="", description="cr where lines end with a carriage return alone.")
    header_row: int = Field(default=1, ge=0, description="Row of the header, counted from 1; 0 when there is none.")
    header_rows: int = Field(default=1, ge=1, le=5, description="Rows that make the header together.")
    skip_rows: int = Field(default=0, ge=0, description="Rows to leave out right after the header.")
    skip_footer: int = Field(default=0, ge=0, description="Rows to leave out at the end.")
    skip_totals: bool = Field(default=False, description="Leave out rows at the end that hold a total or a note.")
    totals: tuple[str, ...] = Field(
        default=(), description="Columns whose total in such a row must be what their values add up to."
    )
    names: Strings = Field(
        default=(), description="Names of the columns from left to right, instead of those in the header."
    )
    sheet: str | Strings | None = Field(
        default=None,
        description="Worksheet; the first by default. A pattern (20*) or a list: all that match are one source.",
    )
    range: str | None = Field(
        default=None, description="Cells of the table, header included: A5:H200, A5:H to its end, or columns B:H."
    )
    table: int | Strings | None = Field(
        default=None,
        description="Which of several tables on a sheet or in a CSV file: its number, or texts of its header.",
    )
    row_number_column: str = Field(
        default="", description="Column to make: the row's number in its file or worksheet, 1 for the first of data."
    )
    file_name_column: str = Field(default="", description="Column to make: the name of the row's file.")
    folder_name_column: str = Field(
        default="", description="Column to make: the folder of the row's file, below the source's own."
    )
    sheet_name_column: str = Field(default="", description="Column to make: the row's worksheet.")
    records: str = Field(
        default="",
        description="JSON Pointer of the list of records in a JSON document, e.g. /data; / alone makes the document "
        "itself the one record.",
    )
    explode: str = Field(
        default="", description="JSON Pointer of a list in each record whose entries are the rows: /refunds/*/lines."
    )
    fields: dict[str, str] = Field(
        default={},
        description="Column to the JSON Pointer of its value, e.g. sku: /line_items/*/sku; else its name.",
    )
    pattern: str = Field(default="*", description="Which files of a folder belong to the source, e.g. orders-*.csv.")
    union: Literal["same", "by_name"] = Field(
        default="same", description="Several files: all have the same columns, or missing ones are filled with nothing."
    )

    @property
    def made(self) -> dict[str, str]:
        """The options that make a column, with its name."""
        named = {option: str(getattr(self, option)) for option in MADE}
        return {option: name for option, name in named.items() if name}

    @property
    def is_part(self) -> bool:
        """Whether the table is a part of its file's or worksheet's cells."""
        return self.table is not None or self.range is not None

    @property
    def separator(self) -> str:
        """The delimiter in force."""
        return self.delimiter or ("\t" if self.format == "tsv" else ",")

    @property
    def first_data_row(self) -> int:
        """The row, from 1, at which data starts."""
        return (self.header_row + self.header_rows if self.header_row else 1) + self.skip_rows
