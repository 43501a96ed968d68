"""Connecting an account in a real Chromium: from the conversation to the bakery's own page, and back."""

from __future__ import annotations

import os
from pathlib import Path

import bakehouse
import page as chat
import pytest
from bakehouse import KEY
from consent_server import CLIENT, SECRET

pytestmark = pytest.mark.usefixtures("chromium")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = bakehouse.on_the_shelf(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{chat.ROOT}")
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(("size", "dark"), [("desk", False), ("phone", True)])
@pytest.mark.usefixtures("shelf")
def test_an_account_is_connected_from_the_conversation_and_the_conversation_goes_on_with_it(
    tmp_path: Path, size: str, dark: bool
) -> None:
    port, log = chat.free_port(), tmp_path / "chat.log"
    address = f"http://127.0.0.1:{port}"
    with (
        bakehouse.serving(redirect=f"{address}/connections/consent", asks=True) as bakery,
        chat.serving(tmp_path / "workspace", "--address", address, port=port, log=log),
        chat.browser() as opened,
        chat.page_of(opened, size, dark=dark) as page,
    ):
        page.goto(address)
        page.locator("#chat-input").wait_for()
        chat.say(page, "connect my Bakehouse account")
        link = page.get_by_role("link", name="Connect Bakehouse")
        link.wait_for()
        chat.picture(page, f"connect_card_{size}")
        link.click()
        page.get_by_label("Address of the bakery").fill(bakery.base)
        page.get_by_label("Client id").fill(CLIENT)
        page.get_by_label("Client secret").fill(SECRET)
        assert page.get_by_label("Client secret").get_attribute("type") == "password"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        chat.picture(page, f"connect_form_{size}")
        page.get_by_role("button", name="Go on to").click()
        page.get_by_role("link", name="Deny").click()
        page.get_by_text("Access was not allowed").wait_for()
        chat.picture(page, f"connect_denied_{size}")
        page.get_by_role("link", name="Start again").click()
        page.get_by_label("Address of the bakery").fill(bakery.base)
        page.get_by_label("Client id").fill(CLIENT)
        page.get_by_label("Client secret").fill(SECRET)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Allow").click()
        page.get_by_role("heading", name="Bakehouse is connected as Zoe's Bakery, s1").wait_for()
        page.get_by_role("heading", name="The first rows of orders").wait_for()
        assert page.get_by_role("row").count() == 1 + 2 + 1 + 10
        assert "code=" not in page.url
        assert not page.get_by_text("Looking at what it sees").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        chat.picture(page, f"connect_seen_{size}")
        page.get_by_role("link", name="Back to the conversation").click()
        page.get_by_text("Bakehouse is connected as Zoe's Bakery, s1, under the name bakehouse.").wait_for()
        page.get_by_text("The first rows of orders").wait_for()
        chat.picture(page, f"connect_told_{size}")
        chat.say(page, "how many orders are there?")
        page.get_by_text("25", exact=False).last.wait_for()
        chat.picture(page, f"connect_asked_{size}")
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert left_in(tmp_path, SECRET) == []
    assert left_in(tmp_path, CLIENT) == []


@pytest.mark.usefixtures("shelf")
def test_a_mistyped_key_is_told_and_asked_for_again_without_showing_it(tmp_path: Path) -> None:
    log = tmp_path / "chat.log"
    port = chat.free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        bakehouse.serving() as bakery,
        chat.serving(tmp_path / "workspace", "--address", address, port=port, log=log),
        chat.browser() as opened,
        chat.page_of(opened, "phone") as page,
    ):
        page.goto(f"{address}/connections/new/bakehouse?name=till")
        page.get_by_role("link", name="API key").click()
        page.get_by_label("Address of the bakery").fill(bakery.base)
        page.get_by_label("Shop").fill("s1")
        page.get_by_label("API key").fill("sentinel-mistyped")
        page.get_by_role("button", name="Try it and connect").click()
        page.get_by_role("alert").get_by_text("does not let us in").wait_for()
        assert page.get_by_label("API key").input_value() == ""
        assert page.get_by_label("Address of the bakery").input_value() == bakery.base
        chat.picture(page, "connect_mistyped_phone")
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Try it and connect").click()
        page.get_by_role("heading", name="The first rows of orders").wait_for()
    assert left_in(tmp_path, KEY) == []
    assert left_in(tmp_path, "sentinel-mistyped") == []


@pytest.mark.usefixtures("shelf")
def test_writing_is_allowed_by_a_tick_alone_and_an_account_is_disconnected_by_a_yes(tmp_path: Path) -> None:
    port, log = chat.free_port(), tmp_path / "chat.log"
    address = f"http://127.0.0.1:{port}"
    with (
        bakehouse.serving(redirect=f"{address}/connections/consent", asks=True) as bakery,
        chat.serving(tmp_path / "workspace", "--address", address, port=port, log=log),
        chat.browser() as opened,
        chat.page_of(opened, "phone") as page,
    ):
        tick = page.get_by_label("Ask for the right to write, too")

        def consent(named: str) -> str:
            """Go on to the bakery's page and allow what it says there; that."""
            page.get_by_label("Address of the bakery").fill(bakery.base)
            page.get_by_label("Client id").fill(CLIENT)
            page.get_by_label("Client secret").fill(SECRET)
            page.get_by_role("button", name="Go on to").click()
            page.get_by_role("link", name="Allow").wait_for()
            asked = page.locator("p").inner_text()
            page.get_by_role("link", name="Allow").click()
            page.get_by_role("heading", name=named).wait_for()
            return asked

        connected = "Bakehouse is connected as Zoe's Bakery, s1"
        page.goto(f"{address}/connections/new/bakehouse?name=shop")
        assert not tick.is_checked(), "reading alone is what is asked for"
        assert "orders.write" not in consent(connected)
        page.goto(f"{address}/connections/new/bakehouse?name=shop")
        assert not tick.is_checked(), "what may only read goes on to"
        tick.check()
        chat.picture(page, "connect_write_phone")
        assert "orders.write" in consent(connected)
        page.goto(f"{address}/connections/new/bakehouse?name=shop")
        assert tick.is_checked(), "connecting it again takes nothing away"
        tick.uncheck()
        assert "orders.write" not in consent(connected)
        page.goto(address)
        page.locator("#chat-input").wait_for()
        chat.say(page, "disconnect Bakehouse")
        page.get_by_text(f"Forget the connection shop (Bakehouse, {bakery.base}/v1)?").wait_for()
        chat.picture(page, "disconnect_asked_phone")
        page.get_by_role("button", name="Forget it").click()
        page.get_by_text("The connection shop is forgotten").wait_for()
        chat.picture(page, "disconnected_phone")
        assert not list(bakery.refresh.values())[-1].alive
    assert "Traceback" not in log.read_text(encoding="utf-8")
    assert left_in(tmp_path, SECRET) == []


def left_in(folder: Path, secret: str) -> list[Path]:
    """Files that hold a secret, our own connector aside."""
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
