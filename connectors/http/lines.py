"""A line to a system around a consent: forms are posted, lists asked for, and no redirect is followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spec.errors import TransientError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 30.0


class Line:
    """Sends; the answer is its status and what it holds as JSON, None where that is none.

    Raises TransientError where nothing came back. What is sent is in no error.
    """

    def __init__(self, client: httpx.Client, title: str) -> None:
        self._client, self._title = client, title

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
        """A form to a token endpoint, as ``connectors.http.signing.Post``."""
        return self._sent("POST", url, headers, form)

    def get(self, url: str, headers: Mapping[str, str]) -> tuple[int, object]:
        """What stands at an address."""
        return self._sent("GET", url, headers, None)

    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[int, object]:
        import httpx

        told = {"Accept": "application/json", **headers}
        try:
            answer = self._client.request(method, url, data=dict(form) if form is not None else None, headers=told)
        # The client's own words may hold the address with its parameters.
        except (httpx.TransportError, httpx.StreamError) as error:
            raise TransientError(
                f"{self._title} cannot be reached ({type(error).__name__}).", hint="Try again in a moment."
            ) from None
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, None


@contextmanager
def line(title: str) -> Iterator[Line]:
    """A line to the system of that name for people."""
    import httpx

    with httpx.Client(timeout=httpx.Timeout(TIMEOUT_S, connect=10.0), follow_redirects=False) as client:
        yield Line(client, title)
