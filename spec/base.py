"""The frozen base of every document, and the JSON type."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Document", "JsonValue"]


class Document(BaseModel):
    """A closed, immutable record: an unknown field is an error, a known one never changes."""

    # Deferred: a command pays for building the validators of the documents it reads, not of all there are.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)
