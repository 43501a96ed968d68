"""The read options of the files connector: all that reading needs, so that a run never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from connectors.conform import FALSE_WORDS, TRUE_WORDS, Rules
from spec.base import Document, JsonValue
from spec.errors import SpecError, nearest

Format = Literal["csv", "tsv", "json", "ndjson", "xlsx", "parquet"]


def _as_tuple(found: object) -> object:
    return (found,) if isinstance(found, str) else found


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class ReadOptions(Document):
    """How a file is read."""

    format: Format | None = Field(default=None, description="File format; without it the file's ending says.")
    compression: Literal["none", "gzip", "zstd"] | None = Field(default=None, description="Else by .gz or .zst.")
    encoding: str = Field(default="utf-8", description="Text encoding, e.g. utf-8, utf-16, cp1252, latin-1.")
    delimiter: str | None = Field(default=None, description="Between values; a comma, in TSV a tab.")
    quote: str = Field(default='"', description="Around values that hold the delimiter; empty for none.")
    escape: str | None = Field(default=None, description="Before a quote inside quotes; the quote itself by default.")
    header_row: int = Field(default=1, ge=0, description="Row of the header, counted from 1; 0 when there is none.")
    header_rows: int = Field(default=1, ge=1, le=5, description="Rows that make the header together.")
    skip_rows: int = Field(default=0, ge=0, description="Rows to leave out right after the header.")
    skip_footer: int = Field(default=0, ge=0, description="Rows to leave out at the end.")
    sheet: str | None = Field(default=None, description="Worksheet; the first by default.")
    range: str | None = Field(
        default=None, description="Cells of the worksheet's table, e.g. A5:H200, header included."
    )
    decimal: Literal[".", ","] = Field(default=".", description="Decimal separator.")
    thousands: str = Field(default="", max_length=1, description="Separator of groups of three digits.")
    currency: Strings = Field(default=(), description="Signs to leave out of amounts, e.g. €.")
    negative: Literal["", "parentheses", "trailing"] = Field(default="", description="(12.00) or 12.00- for minus.")
    date_format: str | dict[str, str] = Field(default="", description="As %d/%m/%Y, for all columns or by column.")
    timestamp_format: str | dict[str, str] = Field(default="", description="As %d/%m/%Y %H:%M, for all or by column.")
    null_values: Strings = Field(default=(), description="Texts that mean 'nothing'; an empty value always does.")
    true_values: Strings = Field(default=TRUE_WORDS, description="Words for yes, in any case.")
    false_values: Strings = Field(default=FALSE_WORDS, description="Words for no, in any case.")
    serial_dates: Literal[0, 1900, 1904] = Field(default=0, description="Day-number system of a workbook's dates.")
    records: str = Field(default="", description="JSON Pointer of the list of records in a JSON document, e.g. /data.")
    explode: str = Field(
        default="", description="JSON Pointer of a list in each record whose entries are the rows: /refunds/*/lines."
    )
    fields: dict[str, str] = Field(
        default={},
        description="Column to the JSON Pointer of its value in the record, e.g. sku: /line_items/*/sku; else its name.",
    )
    pattern: str = Field(default="*", description="Which files of a folder belong to the source, e.g. orders-*.csv.")
    union: Literal["same", "by_name"] = Field(
        default="same", description="Several files: all have the same columns, or missing ones are filled with nothing."
    )

    @property
    def rules(self) -> Rules:
        """How values are spelled."""
        return Rules(
            decimal=self.decimal,
            thousands=self.thousands,
            currency=self.currency,
            negative=self.negative,
            date_format=self.date_format,
            timestamp_format=self.timestamp_format,
            true_values=self.true_values,
            false_values=self.false_values,
            serial_dates=self.serial_dates,
        )

    @property
    def separator(self) -> str:
        """The delimiter in force."""
        return self.delimiter or ("\t" if self.format == "tsv" else ",")

    @property
    def first_data_row(self) -> int:
        """The row, from 1, at which data starts."""
        return (self.header_row + self.header_rows if self.header_row else 1) + self.skip_rows


def parse_options(plain: Mapping[str, JsonValue] | None) -> ReadOptions:
    """Validate a source's ``options``; SpecError names the option and the likeliest one meant."""
    try:
        return ReadOptions.model_validate(dict(plain or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        near = nearest(name, list(ReadOptions.model_fields)) if first["type"] == "extra_forbidden" else None
        known = ", ".join(ReadOptions.model_fields)
        hint = f"Did you mean {near!r}?" if near else f"The options are: {known}."
        raise SpecError(
            f"The read option {name!r} is not valid: {first['msg']}.",
            hint=hint,
            where={"field": f"options.{name}"},
            data={"option": name, "nearest": near},
        ) from None


def plain_options(options: ReadOptions) -> dict[str, JsonValue]:
    """The options as a spec holds them, without defaults."""
    found: dict[str, JsonValue] = options.model_dump(mode="json", exclude_defaults=True)
    return found
