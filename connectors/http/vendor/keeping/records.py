"""Records that are created or changed one at a time, in a list that the vendor deals out."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import json
from typing import Any, Literal, cast

from pydantic import Field

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.asked import Asked
from connectors.http.vendor.dealing import RefusedError
from connectors.http.vendor.kept import Told
from connectors.http.vendor.wire import Call, at, put
from spec.base import Document


class Params(Document):
    """What a request does."""

    stream: str = Field(description="The list.")
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str = Field(description="Path template as the description spells it.")
    does: Literal["create", "change"]
    param: str = Field(default="", description="Parameter of the path with the record's key, for 'change'.")
    at: str = Field(default="", description="Place of the fields in the body.")
    told_at: str = Field(default="", description="Place of the record in the answer.")
    parent_at: str = Field(default="", description="Place in the body of the parent's key, for 'create'.")
    status: int = 200
    key_header: str = Field(default="", description="Header by which a request is known again.")
    needs: tuple[str, ...] = Field(default=(), description="Fields without which it is refused.")
    example: dict[str, Any] = Field(
        default={}, description="Fields of a record beside its key, as the vendor takes them."
    )


class Taken:
    """The requests that were carried out: ``done`` has the key and the fields of each."""

    def __init__(self, params: Params, vendor: Vendor) -> None:
        self.calls = frozenset({(params.method, params.path)})
        self.done: list[tuple[str | int, dict[str, Any]]] = []
        self._params = params
        self._vendor = vendor
        self._known: dict[str, tuple[bytes, Told]] = {}

    def answer(self, asked: Asked, call: Call) -> Told:
        """As ``Kept``."""
        name = self._params.key_header
        mark = call.headers.get(name.lower(), "") if name else ""
        if mark in self._known:
            before, told = self._known[mark]
            if before != call.body:
                raise RefusedError("changed_request", name, "was used for a request with other parameters")
            return told
        told = self._carried_out(asked)
        if mark:
            self._known[mark] = (call.body, told)
        return told

    def _carried_out(self, asked: Asked) -> Told:
        params = self._params
        table = self._vendor.tables[params.stream]
        fields = cast("dict[str, Any]", json.loads(json.dumps(at(asked.body, params.at) or {})))
        for name in params.needs:
            if not fields.get(name):
                raise RefusedError("wrong_body", name, "is required")
        if params.does == "create":
            parent = at(asked.body, params.parent_at) if params.parent_at else None
            key = table.add(parent=parent).key
        else:
            key = asked.path[params.param]
            if key not in {str(one) for one in table.keys}:
                return Told(json.loads(self._vendor.refuse("unknown", f"No such record: {key}").body), 404)
        known = {field: item for field, item in fields.items() if not isinstance(item, list)}
        record = table.record(table.write(key, known))
        self.done.append((key, fields))
        return Told(put({}, params.told_at, record), params.status)


def opened(params: Params, vendor: Vendor) -> Taken:
    """Nothing taken yet."""
    return Taken(params, vendor)
