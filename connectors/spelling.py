"""How values are spelled in a source that holds text, as options of the source; and options in general."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from spec.base import Document, JsonValue
from spec.errors import SpecError, nearest

TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")


def _as_tuple(found: object) -> object:
    return (found,) if isinstance(found, str) else found


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Mark = Literal[".", ","]
Group = Annotated[str, Field(max_length=1)]
Options = TypeVar("Options", bound=Document)


class Spelling(Document):
    """How numbers, dates, yes and no, and nothing are written."""

    decimal: Mark | dict[str, Mark] = Field(default=".", description="Decimal separator, for all columns or by column.")
    thousands: Group | dict[str, Group] = Field(
        default="", description="Separator of groups of three digits, for all columns or by column."
    )
    currency: Strings = Field(default=(), description="Signs to leave out of amounts, e.g. €.")
    negative: Literal["", "parentheses", "trailing"] = Field(default="", description="(12.00) or 12.00- for minus.")
    date_format: str | dict[str, str] = Field(default="", description="As %d/%m/%Y, for all columns or by column.")
    timestamp_format: str | dict[str, str] = Field(
        default="",
        description="As %d/%m/%Y %H:%M, for all or by column; also epoch, epoch_ms, dotnet, utc.",
    )
    null_values: Strings = Field(default=(), description="Texts that mean 'nothing'; an empty value always does.")
    true_values: Strings = Field(default=TRUE_WORDS, description="Words for yes, in any case.")
    false_values: Strings = Field(default=FALSE_WORDS, description="Words for no, in any case.")
    serial_dates: Literal[0, 1900, 1904] = Field(default=0, description="Day-number system of a workbook's dates.")

    def decimal_of(self, column: str) -> str:
        """The decimal separator in a column."""
        return self.decimal if isinstance(self.decimal, str) else self.decimal.get(column, ".")

    def thousands_of(self, column: str) -> str:
        """The separator of groups of three digits in a column."""
        return self.thousands if isinstance(self.thousands, str) else self.thousands.get(column, "")


def parse_options(model: type[Options], plain: Mapping[str, JsonValue] | None) -> Options:
    """Validate a source's ``options``; SpecError names the option and the likeliest one meant."""
    try:
        return model.model_validate(dict(plain or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        near = nearest(name, list(model.model_fields)) if first["type"] == "extra_forbidden" else None
        known = ", ".join(model.model_fields)
        hint = f"Did you mean {near!r}?" if near else f"The options are: {known}."
        raise SpecError(
            f"The read option {name!r} is not valid: {first['msg']}.",
            hint=hint,
            where={"field": f"options.{name}"},
            data={"option": name, "nearest": near},
        ) from None


def plain_options(options: Document) -> dict[str, JsonValue]:
    """The options as a spec holds them, without defaults."""
    found: dict[str, JsonValue] = options.model_dump(mode="json", exclude_defaults=True)
    return found
