"""Consent of a person in the browser (OAuth 2 authorization code with PKCE), then tokens that renew each other.

The consent: ``consent_url`` is opened in a browser, the system sends the person back to ``redirect`` with a query,
``answered`` reads that and ``exchanged`` makes the connection's secrets of it. Afterwards ``renewed`` keeps them fresh.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import Field as Described

from connectors.http import tokens
from connectors.http.asking import at, text_at
from connectors.http.definition import Identifier, Pointer
from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document, JsonValue
from spec.errors import AccessError, TransientError
from spec.records import record

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_GONE = ("invalid_grant", "interaction_required", "consent_required", "login_required")


class Told(Document):
    """A setting of the connection that the system tells by itself, once consent was given."""

    url: str = Described(description="The address that lists what may be read with this consent; https.")
    at: Pointer = Described(default="", description="Place of the list in its answer; empty for the whole.")
    value: Pointer = Described(description="Place of the setting's value in an entry.")
    title: Pointer = Described(default="", description="Place of what a person calls the entry.")


class Params(tokens.TokenParams):
    """The system's two endpoints and what is asked of the person."""

    authorize_url: str = Described(description="The page where a person gives consent; https.")
    revoke_url: str = Described(default="", description="Where consent is given back (RFC 7009).")
    scopes: tuple[str, ...] = Described(default=(), description="Rights to read.")
    write_scopes: tuple[str, ...] = Described(default=(), description="Rights to write: asked for separately.")
    scope_separator: str = " "
    scopes_told: bool = Described(
        default=False,
        description="The answer spells the given rights as they were asked for, so a missing one is told.",
    )
    authorize_params: dict[str, str] = Described(default={}, description="E.g. access_type: offline, prompt: consent.")
    redirect_keep: dict[Identifier, str] = Described(
        default={}, description="What is kept of the query with which the person comes back, e.g. realm: realmId."
    )
    tells: dict[Identifier, Told] = Described(
        default={}, description="Settings that need not be asked for, e.g. which organisation was connected."
    )
    issuer: str = Described(default="", description="What 'iss' in that query has to be (RFC 9207), where it is sent.")
    pkce: Literal["S256", "none"] = "S256"
    refresh_redirect: bool = Described(default=False, description="A renewal has to name the redirect address too.")
    refresh_scopes: bool = Described(default=False, description="A renewal has to name the scopes too.")
    grace: bool = Described(
        default=False, description="The system takes the refresh token before the last one for a while: second try."
    )
    consent_errors: tuple[str, ...] = Described(
        default=(), description="Error codes beyond invalid_grant that mean that the consent is gone."
    )


@record(frozen=True)
class Answered:
    """With what a person came back: the code, good for one exchange, and ``redirect_keep``."""

    code: str = field(repr=False)
    kept: Mapping[str, str] = field(default_factory=dict)


def fields(params: Params) -> Sequence[Field]:
    """The app that the person registered with the system; the tokens come from the consent."""
    asked = [Field("client_id", "Client id", params.help)]
    if params.client_auth != "none":
        asked.append(Field("client_secret", "Client secret", params.help))
    return asked


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with the access token in its header."""
    del now
    if not secrets.get("access_token"):
        raise _no_consent(params)
    return tokens.carried(params, secrets, request)


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """After 80 % of the token's life; without anything to renew it with, at its end."""
    del params
    return tokens.is_stale(secrets, now, border="renew_at" if secrets.get("refresh_token") else "expires_at")


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """The secrets with new tokens. The refresh token that was used is worth nothing from here on: store at once."""
    token = secrets.get("refresh_token", "")
    if not token:
        raise _no_consent(params)
    before = secrets.get("refresh_token_before", "")
    try:
        answer = _refreshed(params, secrets, token, post)
    except AccessError as error:
        if not (params.grace and before and error.data.get("needs") == "consent"):
            raise
        token = before
        answer = _refreshed(params, secrets, token, post)
    made = {**tokens.without_times(secrets), **tokens.noted(params, answer, now)}
    fresh = answer.get("refresh_token")
    made["refresh_token"] = fresh if isinstance(fresh, str) and fresh else token
    if params.grace and made["refresh_token"] != token:
        made["refresh_token_before"] = token
    return made


def unguessable(source: Callable[[int], bytes]) -> str:
    """A state or verifier of 43 characters; ``source(n)`` gives n bytes that nobody can guess."""
    return base64.urlsafe_b64encode(source(32)).decode().rstrip("=")


def consent_url(
    params: Params, client: Secrets, redirect: str, state: str, verifier: str, *, write: bool = False
) -> str:
    """The page to open. ``client`` has the ``client_id``; ``write`` asks for the rights to write too."""
    parts = urlsplit(tokens.endpoint(params.authorize_url, "authorize_url"))
    asked = {
        **dict(parse_qsl(parts.query, keep_blank_values=True)),
        **params.authorize_params,
        "response_type": "code",
        "client_id": client.get("client_id", ""),
        "redirect_uri": redirect,
        "state": state,
    }
    if scopes := _scopes(params, write):
        asked["scope"] = params.scope_separator.join(scopes)
    if params.pkce == "S256":
        asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    return urlunsplit(parts._replace(query=urlencode(asked, quote_via=quote, safe=""), fragment=""))


def answered(params: Params, query: Mapping[str, str], state: str) -> Answered:
    """What the person came back with. AccessError when it is not the answer to our question, or is no consent."""
    if not state or not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise AccessError(
            "This is not the answer to the consent that was asked for.",
            hint="Nothing was saved. Start connecting again, and use the page that it opens.",
            data={"needs": "consent"},
        )
    if params.issuer and query.get("iss", params.issuer) != params.issuer:
        raise AccessError(
            "The answer comes from another system than the one that was asked.",
            hint="Nothing was saved. Start connecting again.",
            data={"needs": "consent"},
        )
    if "error" in query or not query.get("code"):
        raise _not_given(query.get("error", ""))
    kept = {name: query[key] for name, key in params.redirect_keep.items() if query.get(key)}
    return Answered(query["code"], kept)


def exchanged(
    params: Params,
    client: Secrets,
    code: str,
    verifier: str,
    redirect: str,
    post: Post,
    now: datetime,
    *,
    kept: Secrets | None = None,
    write: bool = False,
) -> Secrets:
    """The connection's secrets in exchange for a code: ``client``, tokens, what was kept, and the rights given.

    ``redirect``, ``verifier`` and ``write`` are those of ``consent_url``.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    if params.pkce == "S256":
        form["code_verifier"] = verifier
    refusal = tokens.Refusal(
        "consent",
        "The consent could not be completed.",
        "A consent is good once and for a few minutes. Start connecting again.",
        (*_GONE, *params.consent_errors),
    )
    answer = tokens.asked(params, client, form, post, refusal)
    made = {**client, **(kept or {}), **tokens.noted(params, answer, now), "redirect": redirect}
    refresh = answer.get("refresh_token")
    if isinstance(refresh, str) and refresh:
        made["refresh_token"] = refresh
    elif "expires_at" in made:
        raise AccessError(
            "The system gave no token to renew the access with, so the connection would end soon.",
            hint="Withdraw the app's access on the system's own page for connected apps, then connect again.",
            data={"needs": "consent"},
        )
    made["scopes"] = _given(params, answer, _scopes(params, write))
    return made


def choices(
    params: Params,
    secrets: Secrets,
    setting: str,
    get: Callable[[str, Mapping[str, str]], tuple[int, object]],
    now: datetime,
) -> list[tuple[str, str]]:
    """The values that a setting of ``tells`` may have, each with what a person calls it; ``get(url, headers)`` asks.

    Raises AccessError where the system does not tell.
    """
    told = params.tells[setting]
    request = signed(params, secrets, Outgoing("GET", tokens.endpoint(told.url, "tells")), now)
    status, answer = get(request.url, request.headers)
    listed = at(cast("JsonValue", answer), told.at) if 200 <= status < 300 else None
    if not isinstance(listed, list):
        raise AccessError(
            f"The system does not tell what may be read (status {status}).",
            hint="Check the app's rights, then connect again.",
            data={"status": status},
        )
    found: list[tuple[str, str]] = []
    for one in listed:
        value = text_at(one, told.value)
        if value is not None:
            found.append((value, text_at(one, told.title) or value if told.title else value))
    return found


def may_write(params: Params, secrets: Secrets) -> bool:
    """Whether the consent includes the rights to write."""
    return set(params.write_scopes) <= set(secrets.get("scopes", "").split())


def revoked(params: Params, secrets: Secrets, post: Post) -> bool:
    """Give the consent back; False where the system has no address for that or there is nothing to give back."""
    hint, token = "refresh_token", secrets.get("refresh_token", "")
    if not token:
        hint, token = "access_token", secrets.get("access_token", "")
    if not params.revoke_url or not token:
        return False
    form, headers = tokens.with_client(params, secrets, {"token": token, "token_type_hint": hint})
    status, _ = post(tokens.endpoint(params.revoke_url, "revoke_url"), form, headers)
    if 200 <= status < 300:
        return True
    if status == 429 or status >= 500:
        raise TransientError(f"The consent could not be given back now (status {status}).", hint="Try again later.")
    raise AccessError(
        f"The system did not take the consent back (status {status}).",
        hint="Withdraw the app's access on the system's own page for connected apps.",
    )


def _refreshed(params: Params, secrets: Secrets, token: str, post: Post) -> dict[str, JsonValue]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    if params.refresh_redirect:
        form["redirect_uri"] = secrets.get("redirect", "")
    if params.refresh_scopes and secrets.get("scopes"):
        form["scope"] = params.scope_separator.join(secrets["scopes"].split())
    gone = _no_consent(params)
    codes = (*_GONE, *params.consent_errors)
    return tokens.asked(params, secrets, form, post, tokens.Refusal("consent", gone.message, gone.hint, codes))


def _no_consent(params: Params) -> AccessError:
    help_text = f" {params.help}" if params.help else ""
    return AccessError(
        "The consent for this connection is gone or was never given.",
        hint=f"Connect it again (dreflow connectors add), sign in on the page that opens and allow access.{help_text}",
        data={"needs": "consent"},
    )


def _not_given(code: str) -> AccessError:
    if code == "access_denied":
        return AccessError(
            "Access was not allowed on the system's page.",
            hint="Nothing was saved. Connect again when it should be.",
            data={"needs": "consent", "code": code},
        )
    known = code if re.fullmatch(r"[a-z_]{1,40}", code) else "no reason"
    return AccessError(
        f"The system gave no consent ({known}).",
        hint="Check the app's redirect address and rights on the system's own page for apps, then connect again.",
        data={"needs": "consent", "code": known},
    )


def _given(params: Params, answer: Mapping[str, JsonValue], asked: Sequence[str]) -> str:
    """The rights that were given, separated by spaces; those asked for where the system does not say."""
    told = answer.get("scope")
    if not isinstance(told, str) or not told:
        return " ".join(asked)
    given = told.replace(params.scope_separator, " ").split()
    missing = [scope for scope in asked if scope not in given] if params.scopes_told else []
    if missing:
        raise AccessError(
            f"Not everything was allowed; missing: {', '.join(missing)}.",
            hint="Connect again and leave every box on the system's page ticked.",
            data={"needs": "consent", "missing": missing},
        )
    return " ".join(given)


def _scopes(params: Params, write: bool) -> tuple[str, ...]:
    return (*params.scopes, *params.write_scopes) if write else params.scopes


def _challenge(verifier: str) -> str:
    if _VERIFIER.fullmatch(verifier) is None:
        raise ValueError("a verifier has 43 to 128 characters of A-Z, a-z, 0-9, '-', '.', '_' and '~' (RFC 7636)")
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
