"""Sending one request until it is answered: proof, pace, waiting, renewing, and what an error means."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from connectors.http import asking
from connectors.http.asking import Answer, Ask
from connectors.http.definition import Definition, ErrorRule
from connectors.http.forms import FORM, encoded
from connectors.http.pacing import Pace, waiting_time
from connectors.http.signing import Auth, Credentials, Outgoing, Secrets, renewal
from spec.base import Document, JsonValue
from spec.errors import AccessError, DataError, DreflowError, LimitError, SpecError, TransientError

if TYPE_CHECKING:
    import httpx

PAGE_LIMIT = 128 << 20
_WAIT_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_LONGEST_BACKOFF = 60.0
_TOLD = 300


class EndError(Exception):
    """A rule says that there is no more to read."""


class SkipError(Exception):
    """A rule says that this list is empty."""


class _NoJson:
    """What stands in the place of the document of an answer that is no JSON."""


class Sender:
    """Sends the requests of one connection; used by many threads.

    ``clock`` gives the time, ``sleep`` waits, ``seed`` makes the jitter of waits.
    """

    def __init__(
        self,
        definition: Definition,
        client: httpx.Client,
        pace: Pace,
        *,
        auth: tuple[Auth, Document] | None,
        credentials: Credentials | None,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        seed: int = 0,
    ) -> None:
        self._definition = definition
        self._client = client
        self._pace = pace
        self._auth = auth
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._seed = seed
        self._tries = 0

    def send(self, ask: Ask, records: str, *, single: bool = False, again: bool = True) -> Answer:
        """The answer to a request, with the records that stand at the place ``records``.

        Without ``again`` a request that may have been heard is not sent a second time: TransientError at once, but for
        an answer that says that there were too many requests.

        Raises AccessError, TransientError (it may go through later), LimitError (enough for today), DataError; EndError
        and SkipError where a rule of the connector says so.
        """
        renewed = False
        failure: DreflowError | None = None
        for attempt in range(self._definition.limits.attempts):
            if attempt and failure is not None:
                self._wait(failure, attempt)
            try:
                secrets = self._secrets()
                status, headers, content = self._once(ask, secrets)
            except TransientError as error:
                if not again:
                    raise
                failure = error
                continue
            document = _parsed(content)
            self._pace.spent(None if isinstance(document, _NoJson) else document)
            rule = self._rule(status, content, document)
            do = rule.do if rule is not None else _usual(status)
            said = rule.message if rule is not None else ""
            if do == "end":
                raise EndError
            if do == "skip":
                raise SkipError
            if not do:
                if not isinstance(document, _NoJson):
                    return _answer(headers, content, document, records, single=single)
                failure = _cut_off(headers)
                if not again:
                    raise failure
                continue
            if do == "renew" and not renewed and self._renew(secrets):
                renewed = True
                failure = None
                continue
            problem = self._problem(do, status, headers, document, said, secrets)
            if not isinstance(problem, TransientError) or (not again and status != 429):
                raise problem
            failure = problem
        raise failure or TransientError("The system did not answer.")

    def _once(self, ask: Ask, secrets: Secrets) -> tuple[int, dict[str, str], bytes]:
        import httpx

        outgoing = _outgoing(ask)
        if self._auth is not None:
            unit, params = self._auth
            outgoing = unit.signed(params, secrets, outgoing, self._clock())
        try:
            with (
                self._pace.turn(),
                self._client.stream(
                    outgoing.method, outgoing.url, headers=dict(outgoing.headers), content=outgoing.body or None
                ) as response,
            ):
                content = _read(response)
        except httpx.TimeoutException:
            raise TransientError(
                f"{self._definition.title} did not answer within {self._definition.limits.timeout:g} seconds.",
                hint="It is tried again later.",
            ) from None
        except httpx.UnsupportedProtocol:
            raise SpecError(
                f"{self._definition.title} has no address that begins with https://.",
                hint="Check the connection's address (base_url).",
            ) from None
        # The client's own words may hold the address with its parameters.
        except (httpx.TransportError, httpx.StreamError) as error:
            raise TransientError(
                f"{self._definition.title} cannot be reached ({type(error).__name__}).", hint="It is tried again later."
            ) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._pace.told(headers, self._clock())
        return response.status_code, headers, content

    def _secrets(self) -> Secrets:
        secrets = self._credentials.get() if self._credentials is not None else {}
        if self._auth is None:
            return secrets
        unit, params = self._auth
        if unit.is_stale(params, secrets, self._clock()):
            return self._renew(secrets) or secrets
        return secrets

    def _renew(self, used: Secrets) -> Secrets | None:
        """The credentials renewed, by us or by whoever was first; None when there is nothing to renew."""
        if self._credentials is None or self._auth is None:
            return None
        unit, params = self._auth
        found = self._credentials.renew(renewal(unit, params, used, self._post, self._clock))
        return None if found == used else found

    def _post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
        import httpx

        try:
            answer = self._client.post(url, data=dict(form), headers={"Accept": "application/json", **headers})
        except httpx.TransportError as error:
            raise TransientError(
                f"{self._definition.title} cannot be reached to renew the access ({type(error).__name__})."
            ) from None
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, None

    def _rule(self, status: int, content: bytes, document: JsonValue | _NoJson) -> ErrorRule | None:
        for rule in self._definition.errors:
            if rule.status and status not in rule.status:
                continue
            if rule.at is None:
                # A rule without a place is about answers that are no success.
                if not rule.status and _is_fine(status):
                    continue
                if rule.contains and rule.contains.encode() not in content:
                    continue
                return rule
            found = None if isinstance(document, _NoJson) else asking.at(document, rule.at)
            if found is None or found == []:
                continue
            spelled = found if isinstance(found, str) else json.dumps(found)
            if rule.contains in spelled:
                return rule
        return None

    def _problem(
        self,
        do: str,
        status: int,
        headers: Mapping[str, str],
        document: JsonValue | _NoJson,
        said: str,
        secrets: Secrets,
    ) -> DreflowError:
        title = self._definition.title
        told = "" if isinstance(document, _NoJson) else _told(document, secrets)
        words = f" It says: {told}" if told else ""
        data = {"status": status}
        if do == "retry":
            wait = waiting_time(headers.get(self._definition.limits.retry_after.lower(), ""), self._clock())
            if wait is not None and wait > self._definition.limits.patience:
                return LimitError(
                    f"{title} wants no more requests for {_duration(wait)}.{words}",
                    hint=said or "What was read so far is kept; run again then.",
                    data={**data, "wait_seconds": wait},
                )
            return TransientError(f"{title} is busy (status {status}).{words}", hint=said, data={**data, "wait": wait})
        if do == "stop":
            return LimitError(f"{title} gives no more for today.{words}", hint=said or "Run again tomorrow.", data=data)
        if do == "renew" or status == 401:
            return AccessError(
                f"{title} does not let us in (status {status}).{words}",
                hint=said or "Connect the account again: its access was withdrawn, has ended, or was never right.",
                data={**data, "needs": "consent"},
            )
        if do == "deny" or status == 403:
            return AccessError(
                f"{title} does not let this account see that (status {status}).{words}",
                hint=said or "Give the access that is missing, then try again.",
                data=data,
            )
        if 300 <= status < 400:
            return DataError(
                f"{title} sends us elsewhere (status {status}); nothing was sent there.",
                hint="Check the connection's address.",
                data=data,
            )
        return DataError(f"{title} refused the request (status {status}).{words}", hint=said, data=data)

    def _share(self, attempt: int) -> float:
        """A number from 0 to 1, another for each request and process, so that they do not all come back at once."""
        self._tries += 1
        text = f"{self._seed} {os.getpid()} {self._tries} {attempt}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32

    def _wait(self, failure: DreflowError, attempt: int) -> None:
        asked = failure.data.get("wait")
        if isinstance(asked, int | float):
            self._pace.pause(float(asked))
            return
        backoff = min(_LONGEST_BACKOFF, 2.0 ** (attempt - 1))
        self._sleep(backoff * (0.5 + self._share(attempt) / 2))


def _usual(status: int) -> str:
    """What an answer means that no rule speaks of; empty for a success."""
    if _is_fine(status):
        return ""
    if status == 401:
        return "renew"
    return "retry" if status in _WAIT_AGAIN else "fail"


def _is_fine(status: int) -> bool:
    return 200 <= status < 300


def _outgoing(ask: Ask) -> Outgoing:
    pairs = [
        (name, item) for name, given in ask.params.items() for item in ([given] if isinstance(given, str) else given)
    ]
    url = f"{ask.url}?{urlencode(pairs)}" if pairs else ask.url
    headers = {"Accept": "application/json", "User-Agent": "DReflowPro", **ask.headers}
    if ask.body is None:
        return Outgoing(ask.method, url, headers)
    headers.setdefault("Content-Type", "application/json")
    if headers["Content-Type"] == FORM:
        return Outgoing(ask.method, url, headers, encoded(ask.body))
    return Outgoing(ask.method, url, headers, json.dumps(ask.body, separators=(",", ":")).encode())


def _read(response: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > PAGE_LIMIT:
            raise LimitError(
                f"One page of the answer is larger than {PAGE_LIMIT >> 20} MB.",
                hint="Ask for fewer records a page.",
            )
        parts.append(part)
    return b"".join(parts)


def _parsed(content: bytes) -> JsonValue | _NoJson:
    """The answer's document, None for an answer without a body."""
    if not content.strip():
        return None
    import orjson

    try:
        return cast("JsonValue", orjson.loads(content))
    except orjson.JSONDecodeError:
        # orjson takes no number beyond 64 bits and no lone surrogate; the standard library takes both.
        try:
            return cast("JsonValue", json.loads(content))
        except (ValueError, RecursionError):
            return _NoJson()


def _cut_off(headers: Mapping[str, str]) -> TransientError:
    return TransientError(
        "An answer is not valid JSON; it may have been cut off.",
        hint="It is tried again.",
        data={"content_type": headers.get("content-type", "")[:60]},
    )


def _answer(headers: Mapping[str, str], content: bytes, document: JsonValue, records: str, *, single: bool) -> Answer:
    found = asking.at(document, records)
    if found is None:
        return Answer(headers, content.strip(), document, ())
    if single:
        return Answer(headers, content, document, (found,), is_list=False)
    if not isinstance(found, list):
        raise DataError(
            f"The answer holds no list at {records or 'its top'}.",
            hint="The vendor's API has changed, or the connector is wrong.",
        )
    return Answer(headers, content, document, tuple(found))


def _told(document: JsonValue, secrets: Secrets) -> str:
    """What the system says of the error, in a line, without any secret that it may repeat."""
    found = _sentence(document)
    for secret in secrets.values():
        if len(secret) > 3:
            found = found.replace(secret, "***")
    line = " ".join(found.split())
    return line[:_TOLD] + ("..." if len(line) > _TOLD else "")


_SENTENCES = (
    "message",
    "error_description",
    "detail",
    "title",
    "Message",
    "Detail",
    "error",
    "errors",
    "reason",
    "value",
)


def _sentence(document: JsonValue, depth: int = 0) -> str:
    """The first text under the names that systems give to a sentence about an error."""
    if isinstance(document, str):
        return document
    if depth > 4:
        return ""
    if isinstance(document, list):
        return next((found for item in document[:3] if (found := _sentence(item, depth + 1))), "")
    if isinstance(document, dict):
        return next((found for name in _SENTENCES if (found := _sentence(document.get(name), depth + 1))), "")
    return ""


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
