"""Asking a token endpoint (RFC 6749), and what is kept of its answer; shared by the ways that live on tokens."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, cast
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import Field as Described

from connectors.http.asking import at
from connectors.http.definition import Identifier, Pointer
from connectors.http.signing import Outgoing, Post, Secrets
from spec.base import Document, JsonValue
from spec.errors import AccessError, SpecError, TransientError
from spec.records import record

SHARE_OF_LIFE = 0.8
"""A token is renewed after this part of its life: clocks differ, and a long read should not meet its end."""

_CLOCK_MAY_DIFFER = timedelta(minutes=5)
_LONGEST_LIFE = 3650 * 86400.0
_COME_AGAIN = frozenset({"temporarily_unavailable", "server_error", "slow_down", "ratelimited", "rate_limited"})
_WRONG_CLIENT = frozenset({"invalid_client", "unauthorized_client", "bad_client_secret", "invalid_client_id"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_CODE = re.compile(r"[A-Za-z]{1,20}([_.\- ]?[A-Za-z0-9]{1,15}){0,5}|[0-9]{1,10}")
_LONG_RUN = re.compile(r"[^\s,;:()<>\"']{20,}")
_TOLD = 200
_NO_SECRETS = frozenset(
    {"expires_at", "given_for", "grant_type", "made_at", "redirect", "redirect_uri", "renew_at", "scope", "scopes"}
)


class Carried(Document):
    """How a token travels, how long it lives, and what else is kept of the answer that brought it."""

    expires: Pointer = Described(default="/expires_in", description="Place of the token's life in seconds.")
    lifetime: int | None = Described(
        default=None, ge=1, description="Its life in seconds where the answer does not tell it."
    )
    keep: dict[Identifier, Pointer] = Described(
        default={}, description="What else is kept of the answer, e.g. instance_url: /instance_url."
    )
    header: str = "Authorization"
    prefix: str = Described(default="Bearer ", description="Before the token; empty for none.")
    token_params: dict[str, str] = Described(default={}, description="Further parameters, e.g. audience.")
    help: str = Described(default="", description="Where a person finds what is asked for, and what to click.")


class TokenParams(Carried):
    """The same with the endpoint, for those who ask with a client id."""

    token_url: str = Described(description="Where tokens are given; https.")
    client_auth: Literal["body", "basic", "none"] = Described(
        default="body", description="Where client id and secret travel; none for a client without a secret."
    )


@record(frozen=True)
class Refusal:
    """What it means when the grant itself is refused; ``needs`` tells a program what has to be given anew."""

    needs: str
    message: str
    hint: str
    codes: tuple[str, ...] = ("invalid_grant",)


def asked(
    params: TokenParams, secrets: Secrets, form: Mapping[str, str], post: Post, refusal: Refusal
) -> dict[str, JsonValue]:
    """The answer to a request with client id and secret; as ``answer_to``."""
    sent, headers = with_client(params, secrets, {**params.token_params, **form})
    return answer_to(params.token_url, sent, headers, post, refusal, secrets)


def answer_to(
    url: str, form: Mapping[str, str], headers: Mapping[str, str], post: Post, refusal: Refusal, secrets: Secrets
) -> dict[str, JsonValue]:
    """The answer to a request for a token; it holds an ``access_token``.

    Raises TransientError where it may go through later and AccessError otherwise. No error holds one of ``secrets`` or
    what was sent, not even where the system repeats it.
    """
    status, answer = post(endpoint(url, "token_url"), form, headers)
    if not isinstance(answer, dict):
        raise _without_words(status)
    found = cast("dict[str, JsonValue]", answer)
    token = found.get("access_token")
    # What is not printable would be a header of its own.
    if 200 <= status < 300 and isinstance(token, str) and token and token.isascii() and token.isprintable():
        return found
    hidden = _hidden(secrets, form, headers)
    code = _code(found, hidden)
    if 200 <= status < 300 and not code:
        raise TransientError("The token endpoint answered without a token.", hint="It is tried again later.")
    raise _refused(status, code, _words(found, hidden), refusal)


def noted(params: Carried, answer: Mapping[str, JsonValue], now: datetime) -> dict[str, str]:
    """What is kept of an answer: the token, when it was made, has to be renewed and ends (ISO, UTC), and ``keep``."""
    kept = {"access_token": str(answer["access_token"]), "made_at": _spelled(now)}
    life = _seconds(at(cast("JsonValue", dict(answer)), params.expires)) or params.lifetime
    if life is not None:
        kept["renew_at"] = _spelled(now + timedelta(seconds=life * SHARE_OF_LIFE))
        kept["expires_at"] = _spelled(now + timedelta(seconds=life))
    for name, place in params.keep.items():
        found = at(cast("JsonValue", dict(answer)), place)
        if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
            kept[name] = str(found)
    return kept


def without_times(secrets: Secrets) -> dict[str, str]:
    """The secrets without what was noted of the last token's life."""
    return {name: item for name, item in secrets.items() if name not in {"made_at", "renew_at", "expires_at"}}


def is_stale(secrets: Secrets, now: datetime, *, border: str = "renew_at") -> bool:
    """Whether there is no token, or it is past ``border``; one that was made in the future is of a clock put back."""
    if not secrets.get("access_token"):
        return True
    made, until = _instant(secrets.get("made_at")), _instant(secrets.get(border))
    if made is not None and now < made - _CLOCK_MAY_DIFFER:
        return True
    return until is not None and now >= until


def carried(params: Carried, secrets: Secrets, request: Outgoing) -> Outgoing:
    """The request with the token in its header."""
    token = secrets.get("access_token", "")
    if not token:
        raise AccessError("The connection has no access token.", hint="Save the connection again.")
    return replace(request, headers={**request.headers, params.header: params.prefix + token})


def with_client(
    params: TokenParams, secrets: Secrets, form: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The form and headers that prove the client (RFC 6749, 2.3.1)."""
    identity = secrets.get("client_id", "")
    if not identity:
        raise AccessError("The connection has no client id.", hint="Save the connection again with it.")
    if params.client_auth == "none":
        return {**form, "client_id": identity}, {}
    secret = secrets.get("client_secret", "")
    if not secret:
        raise AccessError("The connection has no client secret.", hint="Save the connection again with it.")
    if params.client_auth == "body":
        return {**form, "client_id": identity, "client_secret": secret}, {}
    pair = f"{quote_plus(identity)}:{quote_plus(secret)}"
    return dict(form), {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def endpoint(url: str, name: str) -> str:
    """The address, if secrets may be sent there: https, or this machine. SpecError otherwise."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        return url
    raise SpecError(
        f"{name} is no https address.", hint="Nothing was sent. Correct the connector or the connection's settings."
    )


def _without_words(status: int) -> AccessError | TransientError:
    if 300 <= status < 400:
        return AccessError(
            f"The token endpoint sends us elsewhere (status {status}); nothing was sent there.",
            hint="Check the connection's address.",
        )
    if status in {408, 425, 429} or status >= 500 or status < 300:
        return TransientError(
            f"The token endpoint did not answer as one (status {status}, no JSON).", hint="It is tried again later."
        )
    return AccessError(
        f"The token endpoint refused the request without a reason (status {status}).",
        hint="Check the connection's address and settings.",
    )


def _refused(status: int, code: str, words: str, refusal: Refusal) -> AccessError | TransientError:
    told = f" The system says: {' - '.join(filter(None, (code, words)))}." if code or words else ""
    data: dict[str, object] = {"code": code, "status": status}
    if code in refusal.codes:
        return AccessError(refusal.message + told, hint=refusal.hint, data={**data, "needs": refusal.needs})
    if code.lower() in _COME_AGAIN or status in {408, 425, 429} or status >= 500:
        return TransientError(
            f"The token endpoint is out of order (status {status}).{told}", hint="It is tried again later.", data=data
        )
    if code in _WRONG_CLIENT or (status == 401 and not code):
        return AccessError(
            f"The system does not take the client id and secret.{told}",
            hint="Compare them with the system's own page for apps, and save the connection again.",
            data={**data, "needs": "client"},
        )
    return AccessError(
        f"The system gives no token (status {status}).{told}", hint="Check the app's rights and settings.", data=data
    )


def _hidden(secrets: Secrets, form: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
    """What no error may show, in each spelling that a system may repeat it in; the longest first."""
    given = [item for name, item in {**secrets, **form}.items() if name not in _NO_SECRETS]
    sent = [item.rpartition(" ")[2] for item in headers.values()]
    spelled = {
        text for item in (*given, *sent) if len(item) > 3 for text in (item, quote(item, safe=""), quote_plus(item))
    }
    return sorted(spelled, key=len, reverse=True)


def _code(answer: Mapping[str, JsonValue], hidden: Sequence[str]) -> str:
    """The error's short name: of RFC 6749, or where other vendors put theirs."""
    error = answer.get("error")
    inner = [error.get(name) for name in ("code", "type", "status")] if isinstance(error, dict) else [error]
    for found in (*inner, answer.get("status"), answer.get("code")):
        if isinstance(found, str | int) and not isinstance(found, bool):
            spelled = str(found)
            return "other" if _CODE.fullmatch(spelled) is None or any(item in spelled for item in hidden) else spelled
    return ""


def _words(answer: Mapping[str, JsonValue], hidden: Sequence[str]) -> str:
    error = answer.get("error")
    inner = error.get("message") if isinstance(error, dict) else None
    found = next(
        (text for text in (answer.get("error_description"), inner, answer.get("message")) if isinstance(text, str)), ""
    )
    for secret in hidden:
        found = found.replace(secret, "***")
    # What is that long and unbroken is no word; it may be a secret in another spelling.
    line = " ".join(_LONG_RUN.sub("***", found).split())
    return "".join(part for part in line if part.isprintable())[:_TOLD].rstrip(" .")


def _seconds(found: JsonValue) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        seconds = float(found)
    except (ValueError, OverflowError):
        return None
    # Nothing, a negative number and more than ten years (or no number) say that nobody knows; the answer 401 will.
    return seconds if 0 < seconds <= _LONGEST_LIFE else None


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
