"""The chat page as a person has it: the real command on a port of its own, and a real browser before it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(os.environ.get("DREFLOW_ARTIFACTS", ROOT / "build" / "screenshots"))
SIZES: Mapping[str, tuple[int, int]] = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
PATIENCE = 120_000
"""Milliseconds to wait for what has to come; a busy machine takes its time, and nothing here measures speed."""

GONE = "() => { const i = document.querySelector('#chat-input'); return !(i.value ?? i.innerText).trim() }"
"""Whether nothing stands in the input."""


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(workspace: Path, *more: str, port: int | None = None, log: Path) -> Iterator[str]:
    """``dreflow chat`` at work; its address. It is killed, not asked, so that what is kept is what was kept."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "integrations.cli", "--workspace", str(workspace), "chat", "--port", str(port)]
    with log.open("a") as output:
        process = subprocess.Popen([*command, *more], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            _await(address, process, log)
            yield address
        finally:
            process.kill()
            process.wait()


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"{address}/api/v1/openapi.json", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the page did not come up: {log.read_text(encoding='utf-8')}")


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page_of(opened: Browser, size: str = "desk", *, dark: bool = False) -> Iterator[Page]:
    """A page that fails the test when it asks for anything outside, or reports an error."""
    width, height = SIZES[size]
    context = opened.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    if dark:
        context.add_init_script("localStorage.setItem('vite-ui-theme', 'dark')")
    page = context.new_page()
    outside: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not _inside(request.url) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert outside == []
    assert errors == []
    context.close()


def _inside(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def say(page: Page, text: str) -> None:
    """Type a message and send it once the page takes one.

    The first message moves the input from the middle of the page to its foot. What is typed in the very moment of the
    move, faster than any person types, goes with the old input; so it is typed again where it is gone.
    """
    from playwright.sync_api import TimeoutError as NotYet

    ready = page.locator("#chat-submit:not([disabled])")
    for _ in range(PATIENCE // 5_000):
        page.locator("#chat-input").click()
        if not page.evaluate(f"!({GONE})()"):
            page.keyboard.insert_text(text)
        try:
            ready.wait_for(timeout=5_000)
        except NotYet:
            continue
        send(page, ready.click)
        return
    raise AssertionError(f"the page took no message; it shows: {page.locator('body').inner_text()}")


def send(page: Page, press: Callable[[], None]) -> None:
    """Send what was typed. A page that is not connected yet keeps the text, and the person tries again."""
    from playwright.sync_api import TimeoutError as NotYet

    for _ in range(PATIENCE // 2_000):
        press()
        try:
            page.wait_for_function(GONE, timeout=2_000)
        except NotYet:
            continue
        return
    raise AssertionError("the page took no message")


def drop(page: Page, files: Sequence[Path]) -> None:
    """Give the page files as its paper clip does, and wait until they have arrived.

    The paper clip can be clicked once the page is connected. Until then the page is still built, and its hidden input
    is replaced, with the files in it.
    """
    page.locator("#upload-button:not([disabled])").wait_for()
    arrived: list[int] = []

    def note(response: Response) -> None:
        if response.request.method == "POST" and "/project/file" in response.url:
            arrived.append(response.status)

    page.on("response", note)
    page.locator("#upload-button-input").set_input_files(files)
    for _ in range(PATIENCE // 100):
        if len(arrived) >= len(files):
            break
        page.wait_for_timeout(100)
    page.remove_listener("response", note)
    assert arrived == [200] * len(files), f"{len(files)} files were dropped; the page answered {arrived}"


def picture(page: Page, name: str) -> Path:
    """A screenshot among the artifacts."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path
