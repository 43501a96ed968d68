"""What a ``connector.yaml`` may say of records that it takes: an action of a stream is one request for some records."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from spec.base import Document, JsonValue

Place = Annotated[str, Field(pattern=r"^(/[^/]*)*$", description="JSON Pointer, e.g. /data; empty for the whole.")]


def _as_tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) or value is None else (value,)


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Look(Document):
    """The list in which a record is looked for before it is created, and again after an answer that was lost."""

    path: str = Field(description="Behind the base URL; placeholders as in the action's path.")
    params: dict[str, str] = Field(default={})
    records: Place = ""
    paginate: dict[str, JsonValue] | None = Field(default=None, description="As a stream's.")
    fields: dict[str, Place] = Field(description="Where the fields of the key stand in a record of the list.")
    id: Place = Field(default="", description="Where its id stands.")


class Told(Document):
    """What an answer says of the records that were sent."""

    id: Place = Field(default="", description="Place of a record's id: in the answer, or in an entry of 'records'.")
    records: Place | None = Field(default=None, description="For several records: the list of those that were taken.")
    key: Place = Field(default="", description="Place of the key in such an entry.")
    errors: Place | None = Field(default=None, description="The list of those that were refused.")
    error_keys: Place = Field(default="", description="Place in such an entry of the key or keys that it speaks of.")
    message: Place = "/message"


class Write(Document):
    """An action. In texts ``{key}`` stands for the key's value, ``{option.x}`` for an option, ``{x}`` for a setting.

    A text that is one of these and no more becomes: ``{field.x}`` a field's value, ``{fields}`` an object with all
    fields but the key's, ``{record}`` one with all, ``{records}`` the list of records.
    """

    description: str = ""
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str
    key: Strings = Field(default=(), description="Fields that identify a record; none: the plan says which.")
    fields: Strings = Field(default=(), description="Fields that there are; none: any.")
    options: dict[str, str] = Field(default={}, description="What the plan has to say beside: name and meaning.")
    record: JsonValue = Field(default="{fields}", description="A record as the body has it.")
    body: JsonValue = Field(default="{records}", description="For one record a time, {records} is that record.")
    batch: int = Field(default=1, ge=1, description="Records a request has at most.")
    form: bool = Field(default=False, description="The body is sent as a form, inner names in brackets.")
    spelled: Literal["json", "text"] = Field(default="json", description="Whether values are texts all of them.")
    again: Literal["nature", "key", "look"] = Field(
        description="Why a second sending does no harm. nature: the same record put twice is one. key: the system "
        "knows the request again by 'key_header'. look: it is looked for before."
    )
    key_header: str = Field(default="", description="Header that takes the idempotency key.")
    creates: bool = Field(default=False, description="A record that was sent is not sent with other content.")
    look: Look | None = None
    told: Told = Told()

    @model_validator(mode="after")
    def _again_is_told(self) -> "Write":
        if (self.again == "key") != bool(self.key_header):
            raise ValueError("'key_header' belongs to again: key")
        if (self.again == "look") != (self.look is not None):
            raise ValueError("'look' belongs to again: look")
        if self.again == "key" and self.batch > 1:
            raise ValueError("a request with an idempotency key has one record")
        if self.batch > 1 and self.told.records is None:
            raise ValueError("'told.records' says which of several records were taken")
        return self
