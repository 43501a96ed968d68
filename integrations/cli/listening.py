"""Listening on this machine for one person who comes back from a system's page."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from urllib.parse import parse_qsl, urlsplit

from spec.errors import TransientError, UsageError

Answer = Callable[[str, str], None]
ComesBack = Callable[[float], AbstractContextManager[tuple[dict[str, str], Answer]]]
ANSWER_SECONDS, WRITTEN_SECONDS = 120.0, 2.0
"""How long a browser waits for words, and how long they may take to reach it."""


class _Visit:
    """Somebody who came back; their browser waits for words."""

    def __init__(self, query: dict[str, str]) -> None:
        self.query = query
        self.told: Queue[tuple[str, str]] = Queue()
        self.written = threading.Event()

    def answer(self, message: str, hint: str) -> None:
        self.told.put((message, hint))


@contextmanager
def listening(redirect: str) -> Iterator[ComesBack]:
    """Listen at the redirect address, on loopback alone. Waiting gives the query of who comes back, and what answers
    their browser. UsageError where something else listens there.
    """
    parts = urlsplit(redirect)
    visits: Queue[_Visit] = Queue()
    own = type("OwnHandler", (_Handler,), {"visits": visits, "path_wanted": parts.path})
    port = parts.port or 80
    try:
        # Whatever name it is reached by, it is this machine's own.
        server = ThreadingHTTPServer(("127.0.0.1", port), own)
    except OSError as error:
        raise UsageError(
            f"Nothing can listen at port {port}, to which people are sent back: {error.strerror or error}.",
            hint="If the chat page is open there, connect it in that page; else name a free port with --port.",
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()

    @contextmanager
    def comes_back(seconds: float) -> Iterator[tuple[dict[str, str], Answer]]:
        try:
            visit = visits.get(timeout=seconds)
        except Empty:
            raise TransientError(
                f"Nobody came back from that page within {seconds:.0f} seconds.",
                hint="Nothing was saved. Start again; --wait gives more time.",
            ) from None
        try:
            yield visit.query, visit.answer
        finally:
            visit.answer("This did not work.", "The shell says why.")
            visit.written.wait(WRITTEN_SECONDS)

    try:
        yield comes_back
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    visits: Queue[_Visit]
    path_wanted: str

    def log_message(self, *args: object) -> None:
        """The address has a code in it, so it is written nowhere."""

    def do_GET(self) -> None:
        """Take the first who comes with an answer; everybody else finds nothing here."""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path != self.path_wanted or "state" not in query:
            self._say(404, "There is nothing here.", "")
            return
        visit = _Visit(query)
        self.visits.put(visit)
        try:
            message, hint = visit.told.get(timeout=ANSWER_SECONDS)
        except Empty:
            message, hint = "This page was used already.", "Go back to the shell."
        self._say(200, message, hint)
        visit.written.set()

    def _say(self, status: int, message: str, hint: str) -> None:
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            "<title>DReflowPro</title><style>:root{color-scheme:light dark}body{font:17px/1.5 system-ui,sans-serif;"
            "max-width:36rem;margin:15vh auto;padding:0 1rem}</style>"
            f"<h1>{html.escape(message)}</h1><p>{html.escape(hint)}</p></html>"
        )
        content = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)
