"""The frozen base of every document, and the JSON type."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict, JsonValue

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, ValidationInfo
    from pydantic.json_schema import JsonSchemaValue
    from pydantic.main import IncEx
    from pydantic_core import CoreSchema

__all__ = ["Document", "JsonValue", "Later"]


class Document(BaseModel):
    """A closed, immutable record: an unknown field is an error, a known one never changes."""

    # Deferred: a command pays for building the validators of the documents it reads, not of all there are.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Later:
    """Annotates a field whose documents few specs hold: their module is imported when a value is read or shown.

    To the reader, the writer and the JSON Schema the field is as if it were declared with the document itself.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def document(self) -> type[Document]:
        """The document's class."""
        return cast("type[Document]", getattr(import_module(self._module), self._name))

    def _read(self, value: object, info: ValidationInfo) -> Document:
        return self.document().model_validate(value, context=info.context)

    def _write(self, value: Document, info: SerializationInfo) -> dict[str, object]:
        return value.model_dump(
            mode=info.mode,
            include=cast("IncEx | None", info.include),
            exclude=cast("IncEx | None", info.exclude),
            by_alias=info.by_alias,
            exclude_unset=info.exclude_unset,
            exclude_defaults=info.exclude_defaults,
            exclude_none=info.exclude_none,
            round_trip=info.round_trip,
            context=info.context,
        )

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True)
        return core_schema.with_info_plain_validator_function(self._read, serialization=written)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        document = self.document()
        document.model_rebuild()
        return handler(document.__pydantic_core_schema__)
