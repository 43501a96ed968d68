"""People log in at the page: with a password that was set here, or at an identity provider (OpenID Connect).

The provider is one of this machine. It gives a code to whoever asks at its page, a token for that code once and with
the client's secret and redirect address alone, and what it knows of the person for that token; what it knows is the
test's to say.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import page as chat
import pytest
from shell import dreflow

CLIENT, SECRET = "dreflow", "the client's secret"
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.usefixtures("chromium")


class Provider(ThreadingHTTPServer):
    """One client, one person."""

    def __init__(self, person: Mapping[str, object]) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.person = person
        self.codes: dict[str, str] = {}
        self.tokens: set[str] = set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Asked(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/authorize" and asked["client_id"] == [CLIENT] and "openid" in asked["scope"][0].split():
            code, redirect = secrets.token_urlsafe(), asked["redirect_uri"][0]
            self.server.codes[code] = redirect
            self.send_response(302)
            self.send_header("Location", f"{redirect}?{urlencode({'code': code, 'state': asked['state'][0]})}")
            self.end_headers()
        elif path == "/userinfo" and self.headers["Authorization"].removeprefix("Bearer ") in self.server.tokens:
            self._say(self.server.person)
        else:
            self.send_error(400)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        redirect = self.server.codes.pop(form["code"][0], None)
        if (form["client_id"], form["client_secret"], form["redirect_uri"]) != ([CLIENT], [SECRET], [redirect]):
            self.send_error(401)
            return
        token = secrets.token_urlsafe()
        self.server.tokens.add(token)
        self._say({"access_token": token, "token_type": "Bearer", "expires_in": 60})

    def _say(self, document: Mapping[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@contextmanager
def provider(monkeypatch: pytest.MonkeyPatch, **person: object) -> Iterator[Provider]:
    """A provider that the page is set to, as docs/chat.md says; it knows one person."""
    server = Provider({"sub": "1", **person})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {
        "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "NAME": "office", "SCOPES": "openid email",
        "AUTH_URL": f"{server.base}/authorize", "TOKEN_URL": f"{server.base}/token",
        "USER_INFO_URL": f"{server.base}/userinfo",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"OAUTH_GENERIC_{name}", value)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace where Anna may ask, by either of her names."""
    for name in ("anna", "anna@example.com"):
        dreflow(tmp_path, "people", "grant", name, "ask")
    dreflow(tmp_path, "people", "password", "anna", "--stdin", stdin=PASSWORD)
    return tmp_path / ".dreflow"


def test_with_the_right_password_one_is_let_in_and_with_a_wrong_one_told_so(place: Path, tmp_path: Path) -> None:
    with chat.serving(place, log=tmp_path / "chat.log") as address, chat.browser() as opened:
        for size in chat.SIZES:
            with chat.page_of(opened, size, dark=size == "tablet") as page:
                page.goto(address)
                page.get_by_role("heading", name="Log in to DReflowPro").wait_for()
                page.get_by_label("Name").fill("anna")
                page.get_by_role("textbox", name="Password").fill("wrong")
                page.keyboard.press("Enter")
                page.get_by_text("That name and password do not belong together.").wait_for()
                assert page.get_by_text("credentials").count() == 0
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                chat.picture(page, f"login_{size}")
                page.get_by_role("textbox", name="Password").fill(PASSWORD)
                page.keyboard.press("Enter")
                page.locator("#chat-input").wait_for()


def test_whom_a_provider_vouches_for_is_let_in_whatever_the_case_of_the_address(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        provider(monkeypatch, email="Anna@Example.com", email_verified=True),
        chat.serving(place, log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.goto(address)
        page.get_by_role("button", name="Continue with Office").click()
        page.locator("#chat-input").wait_for()
        assert page.evaluate("fetch('/user').then((r) => r.json()).then((u) => u.identifier)") == "anna@example.com"


@pytest.mark.parametrize(
    "person",
    [
        {"email": "eve@example.com", "email_verified": True},
        {"email": "anna@example.com", "email_verified": False},
        {"email": "anna", "email_verified": True},
        {},
    ],
)
def test_whom_nobody_let_in_or_nobody_verified_stays_outside(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, person: dict[str, object]
) -> None:
    with (
        provider(monkeypatch, **person),
        chat.serving(place, log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.goto(address)
        page.get_by_role("button", name="Continue with Office").click()
        page.get_by_text("That account may do nothing here yet.").wait_for()
        assert page.locator("#chat-input").count() == 0
