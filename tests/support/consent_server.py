"""A system of this machine that gives access as real ones do: consent, codes, tokens that renew each other, signatures.

What is allowed is decided by oauthlib's server side and PyJWT, which share no code with the product. It is strict: PKCE
with S256 alone, one exact redirect address, codes and refresh tokens good once, and a refresh token that comes a second
time ends the whole consent. It can be told to fail, to answer with a page, to be slow, to lose its answer, to repeat
what it was sent, and that its clock differs from ours.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from oauthlib import oauth1, oauth2  # type: ignore[import-untyped]

REDIRECT = "http://localhost:8123/oauth/callback"
CLIENT, SECRET = "sentinel-client ä+/", "sentinel-client:secret ä+/%"  # spelled so that a wrong escape shows
PUBLIC = "sentinel-public-client"
SCOPES = ("orders.read", "orders.write", "offline")
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Plain = dict[str, Any]


@dataclass
class Consent:
    """What one person allowed once; tokens of one consent live and die together."""

    scopes: list[str]
    client: str
    alive: bool = True


@dataclass
class Code:
    consent: Consent
    redirect: str
    challenge: str | None
    method: str | None
    until: float


@dataclass
class Asked:
    """A request as it came in."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class ConsentServer:
    """What the system remembers, and what a test tells it to do."""

    base: str = ""
    redirect: str = REDIRECT
    life: int | None = 3600
    rotating: bool = True
    grace: bool = False
    """Takes the refresh token before the last one too, as some vendors do for a while."""
    shift: float = 0.0
    """Seconds by which its clock is ahead of this machine's."""
    slow: float = 0.0
    more: Plain = field(default_factory=dict)
    """Further entries of each token answer."""
    faults: deque[str] = field(default_factory=deque)
    """What goes wrong with the next requests for a token: error, html, page, lost, echo, busy, moved."""
    asked: list[Asked] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, tuple[Consent, float]] = field(default_factory=dict)
    refresh: dict[str, Consent] = field(default_factory=dict)
    used: dict[str, Consent] = field(default_factory=dict)
    previous: dict[str, Consent] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """Service accounts: e-mail to public key."""
    keys: tuple[str, str, str, str] = ("", "", "", "")
    """OAuth 1: consumer key, its secret, token, its secret."""
    nonces: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> float:
        return time.time() + self.shift

    def tokens_asked(self, grant: str) -> list[Asked]:
        """Requests for a token by a kind of grant."""
        return [one for one in self.asked if one.form.get("grant_type") == grant]


class Rules(oauth2.RequestValidator):  # type: ignore[misc]
    """What oauthlib asks us; each answer is the strict one."""

    def __init__(self, office: ConsentServer) -> None:
        self.office = office

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(request.client_id != PUBLIC)

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        header = request.headers.get("Authorization", "")
        in_body = (request.client_id, request.client_secret)
        if header.startswith("Basic "):
            if any(in_body):
                return False  # RFC 6749, 2.3: one way alone
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            pair = (unquote_plus(name), unquote_plus(secret))
        else:
            pair = in_body
        if pair != (CLIENT, SECRET):
            return False
        request.client_id = CLIENT
        request.client = Client(CLIENT)
        return True

    def authenticate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = Client(client_id)
        return client_id == PUBLIC

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = Client(client_id)
        return client_id in {CLIENT, PUBLIC}

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kw: Any) -> bool:
        return redirect_uri == self.office.redirect

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> None:
        return None

    def validate_response_type(self, client_id: str, response_type: str, *args: Any, **kwargs: Any) -> bool:
        return response_type == "code"

    def validate_scopes(self, client_id: str, scopes: list[str], *args: Any, **kwargs: Any) -> bool:
        return set(scopes) <= set(SCOPES)

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return ["orders.read"]

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return True

    def save_authorization_code(self, client_id: str, code: Plain, request: Any, *args: Any, **kwargs: Any) -> None:
        consent = Consent(list(request.scopes), client_id)
        self.office.codes[code["code"]] = Code(
            consent, request.redirect_uri, request.code_challenge, request.code_challenge_method, self.office.now() + 60
        )

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        found = self.office.codes.get(code)
        if found is None or found.consent.client != client_id or self.office.now() > found.until:
            return False
        request.scopes, request.user, request.consent = found.consent.scopes, "anna", found.consent
        return True

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        return self.office.codes[code].challenge

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        return "S256" if self.office.codes[code].method == "S256" else None

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, *args: Any, **kwargs: Any) -> bool:
        return self.office.codes[code].redirect == redirect_uri

    def invalidate_authorization_code(self, client_id: str, code: str, *args: Any, **kwargs: Any) -> None:
        del self.office.codes[code]

    def validate_grant_type(self, client_id: str, grant_type: str, *args: Any, **kwargs: Any) -> bool:
        return grant_type in {"authorization_code", "refresh_token", "client_credentials"}

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        office = self.office
        found = office.refresh.get(refresh_token)
        if found is None and office.grace:
            found = office.previous.get(refresh_token)
        if found is None and refresh_token in office.used:
            office.used[refresh_token].alive = False  # sent a second time: stolen, for all that is known
        if found is None or not found.alive or found.client != client.client_id:
            return False
        request.consent, request.user = found, "anna"
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        scopes: list[str] = request.consent.scopes
        return scopes

    def rotate_refresh_token(self, request: Any) -> bool:
        return self.office.rotating

    def save_bearer_token(self, token: Plain, request: Any, *args: Any, **kwargs: Any) -> None:
        office = self.office
        consent = getattr(request, "consent", None) or Consent(list(request.scopes), request.client.client_id)
        old = request.refresh_token
        if old and token.get("refresh_token") != old:
            if old in office.refresh:
                office.previous[old] = office.refresh[old]
            office.used[old] = consent
            office.refresh.pop(old, None)
        if token.get("refresh_token"):
            office.refresh[token["refresh_token"]] = consent
        office.access[token["access_token"]] = (consent, office.now() + (office.life or 10**9))
        if office.life is None:
            token.pop("expires_in", None)
        token.update(office.more)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        consent, until = self.office.access.get(token, (None, 0.0))
        return consent is not None and consent.alive and self.office.now() < until

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        found = self.office.refresh.get(token) or self.office.access.get(token, (None,))[0]
        if found is not None:
            found.alive = False


@dataclass
class Client:
    client_id: str


class Signatures(oauth1.RequestValidator):  # type: ignore[misc]
    """What oauthlib asks us of requests that are signed the old way."""

    enforce_ssl = False
    dummy_client = "dummy"
    dummy_access_token = "dummy"
    client_key_length = nonce_length = access_token_length = (3, 60)
    timestamp_lifetime = 300
    allowed_signature_methods = ("HMAC-SHA256", "HMAC-SHA1")

    def __init__(self, office: ConsentServer) -> None:
        super().__init__()
        self.office = office

    def check_client_key(self, client_key: str) -> bool:
        return True

    def check_access_token(self, request_token: str) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == self.office.keys[0]

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        return token == self.office.keys[2]

    def validate_realms(self, client_key: str, token: str, request: Any, uri: Any = None, realms: Any = None) -> bool:
        return True

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, request: Any, **kwargs: Any
    ) -> bool:
        fresh = (timestamp, nonce) not in self.office.nonces
        self.office.nonces.add((timestamp, nonce))
        return fresh

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return self.office.keys[1]

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return self.office.keys[3]


class Handler(BaseHTTPRequestHandler):
    """One request; ``office`` is put there by ``serve``."""

    office: ConsentServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _handle(self, body: str) -> None:
        office, path = self.office, urlsplit(self.path).path
        is_form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
        form = dict(parse_qsl(body, keep_blank_values=True)) if is_form else {}
        headers = dict(self.headers.items())
        with office.lock:
            office.asked.append(Asked(path, form, headers))
            fault = office.faults.popleft() if path == "/token" and office.faults else ""
        if path == "/token" and office.slow:
            time.sleep(office.slow)
        if fault and fault != "lost":
            self._fail(fault, body, headers)
            return
        with office.lock:
            sent, answer, status = self._answer(path, body, form, headers)
        if fault == "lost":
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, answer, sent)

    def _answer(
        self, path: str, body: str, form: Mapping[str, str], headers: dict[str, str]
    ) -> tuple[Mapping[str, str], str, int]:
        office = self.office
        # oauthlib insists on https in the address; what is not encrypted here never leaves this machine.
        address = f"https://{self.headers['Host']}{self.path}"
        server = oauth2.Server(Rules(office), token_expires_in=office.life)
        if path == "/authorize":
            query = parse_qs(urlsplit(self.path).query)
            scopes = " ".join(query.get("scope", [""])).split()
            try:
                found: tuple[Mapping[str, str], str, int] = server.create_authorization_response(
                    address, "GET", None, headers, scopes or ["orders.read"]
                )
            except oauth2.FatalClientError as error:
                return {}, error.json, 400
            return found
        if path == "/token" and form.get("grant_type") == _JWT_BEARER:
            return self._stated(form)
        if path == "/token":
            made: tuple[Mapping[str, str], str, int] = server.create_token_response(address, "POST", body, headers)
            return made
        if path == "/revoke":
            gone: tuple[Mapping[str, str], str, int] = server.create_revocation_response(address, "POST", body, headers)
            return gone
        if path == "/signed":
            valid, _ = oauth1.ResourceEndpoint(Signatures(office)).validate_protected_resource_request(
                f"http://{self.headers['Host']}{self.path}", self.command, body, headers, None
            )
            return {}, json.dumps({"ok": valid}), 200 if valid else 401
        valid, _ = server.verify_request(address, "GET", None, headers, None)
        return {}, json.dumps({"ok": valid}), 200 if valid else 401

    def _stated(self, form: Mapping[str, str]) -> tuple[Mapping[str, str], str, int]:
        """A service account's signed statement, checked by PyJWT with our clock."""
        office = self.office
        try:
            issuer = jwt.decode(form["assertion"], options={"verify_signature": False})["iss"]
            claims = jwt.decode(
                form["assertion"],
                office.accounts[issuer],
                algorithms=["RS256"],
                audience=f"{office.base}/token",
                options={"require": ["iss", "aud", "exp", "iat"], "verify_exp": False, "verify_iat": False},
            )
            lives = claims["exp"] - claims["iat"]
            if not (claims["iat"] <= office.now() < claims["exp"] and lives <= 3600):
                raise jwt.InvalidTokenError
        except (jwt.InvalidTokenError, KeyError):
            return {}, json.dumps({"error": "invalid_grant", "error_description": "Invalid JWT."}), 400
        token = secrets.token_urlsafe(24)
        office.access[token] = (Consent(claims.get("scope", "").split(), issuer), office.now() + 3600)
        return {}, json.dumps({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}), 200

    def _fail(self, fault: str, body: str, headers: Mapping[str, str]) -> None:
        page = "<html><body>We are moving house. " + body + "</body></html>"
        told = "We got " + body + " and " + " ".join(dict(parse_qsl(body)).values()) + headers.get("Authorization", "")
        status, answer, kind = {
            "error": (500, json.dumps({"error": "server_error", "error_description": told}), "application/json"),
            "html": (503, page, "text/html"),
            "page": (200, page, "text/html"),
            "forbidden": (403, page, "text/html"),
            "busy": (429, json.dumps({"message": told}), "application/json"),
            "empty": (200, "{}", "application/json"),
            "echo": (400, json.dumps({"error": "invalid_grant", "error_description": told}), "application/json"),
            "code": (400, json.dumps({"error": dict(parse_qsl(body)).get("refresh_token", "")}), "application/json"),
            "moved": (302, "", "text/html"),
        }[fault]
        self._send(status, answer, {"Content-Type": kind, "Location": f"{self.office.base}/elsewhere"})

    def _send(self, status: int, answer: str, headers: Mapping[str, str]) -> None:
        content = (answer or "").encode()
        self.send_response(status)
        for name, item in headers.items():
            self.send_header(name, item)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serve(**told: Any) -> Iterator[ConsentServer]:
    """A system that runs while the block does."""
    office = ConsentServer(**told)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"office": office}))
    server.daemon_threads = True
    office.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def opened(
    url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and content; no redirect is followed."""
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=20) as answer:
            return answer.status, {name.lower(): item for name, item in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): item for name, item in error.headers.items()}, error.read()


def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
    """As the product's sender posts a form: JSON or None, TransientError where nothing came back."""
    from spec.errors import TransientError

    try:
        status, _, content = opened(url, data=urlencode(form).encode(), headers=headers)
    except OSError as error:
        raise TransientError(f"cannot be reached ({type(error).__name__})") from None
    try:
        return status, json.loads(content)
    except ValueError:
        return status, None


def consented(url: str) -> dict[str, str]:
    """A person says yes: the query with which the page sends them back."""
    status, headers, content = opened(url)
    assert status == 302, content
    assert headers["location"].startswith(REDIRECT + "?")
    return dict(parse_qsl(urlsplit(headers["location"]).query))
