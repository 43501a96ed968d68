"""What makes a connector that is data one that takes rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from connectors.contract import Place
from connectors.http.definition import Definition, Unit
from spec.base import Document, JsonValue
from spec.errors import AccessError

if TYPE_CHECKING:
    from connectors.http.sending import Sender
    from connectors.http.signing import Auth
    from connectors.sends import Order, Outbox, Row, Sent, Shown

Values = Mapping[str, str | None]


class Taking(ABC):
    """As ``connectors.sends.Sends``, for a connector with a definition."""

    definition: Definition

    @abstractmethod
    def _sender(self, place: Place, *, writes: bool = False) -> AbstractContextManager[Sender]:
        """What sends the requests of a connection."""

    @abstractmethod
    def proof(self, place: Place) -> tuple[Auth, Document] | None:
        """The way to prove who asks, with the connection's settings filled in."""

    @abstractmethod
    def _values(self, place: Place, cursor: str | None = None) -> Values:
        """The values of placeholders."""

    def offers(self, order: Order, place: Place) -> Order:
        """The order with what the connector knows of the action; SpecError for one that it does not have."""
        from connectors.http.writing import offered

        del place
        return offered(self.definition, order)

    def send(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Sent]:
        """Send each row that was not sent before, and say what came of each."""
        from connectors.http.writing import Sending

        order = self.offers(order, place)
        self._refuse_read_only(place)
        with self._sender(place, writes=True) as sender:
            yield from Sending(self.definition, self._values(place), sender, order, outbox).all(rows)

    def _refuse_read_only(self, place: Place) -> None:
        """A consent for reading alone is told before the system is asked, and not by its own refusal of each record."""
        proof = self.proof(place)
        may_write = getattr(proof[0], "may_write", None) if proof is not None else None
        if proof is None or may_write is None or place.credentials is None:
            return
        if not may_write(proof[1], place.credentials.get()):
            raise AccessError(
                "The consent of this connection is for reading, and nothing was sent.",
                hint="Connect it again and allow writing, too: dreflow connectors add NAME --write.",
                data={"needs": "write", "connection": place.connection},
            )

    def shown(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Shown]:
        """The requests that ``send`` would make now; nothing is sent but questions."""
        from connectors.http.writing import Sending

        order = self.offers(order, place)
        with self._sender(place) as sender:
            yield from Sending(self.definition, self._values(place), sender, order, outbox).shown(rows)


def with_write_scopes(chosen: Unit) -> dict[str, JsonValue]:
    """A way's parameters with the rights to write: a consent has them by the person's word, a service account asks."""
    params = dict(chosen.params)
    if chosen.use == "service_account":
        params["scopes"] = [*_list(params.get("scopes")), *_list(params.get("write_scopes"))]
    return params


def _list(item: JsonValue) -> list[JsonValue]:
    return list(item) if isinstance(item, list | tuple) else []
