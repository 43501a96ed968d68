"""A Slack of this machine: its Web API over HTTP, requests signed as Slack signs them, and a socket.

It keeps the messages of its channels, refuses what Slack refuses (too many blocks, too long texts, channels without
us), and can be told to be too busy, to fail, to be slow, or to do what is asked and lose the answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import WSMsgType, web

Plain = dict[str, Any]
T = TypeVar("T")
TOKEN, APP_TOKEN, SECRET = "sentinel-bot", "sentinel-app", "sentinel-signing"
BOT, TEAM = "UBOT00001", "T0001"


@dataclass
class Fault:
    """What goes wrong with the next call of a method: busy (429), broken (500), lost (done, not answered), slow."""

    kind: str
    seconds: float = 0.0


@dataclass
class Call:
    """A call as it came in."""

    method: str
    verb: str
    given: Plain
    token: str


@dataclass
class FakeSlack:
    """State of the Slack; ``channels`` maps the channel's id to its messages, oldest first."""

    base: str = ""
    channels: dict[str, list[Plain]] = field(default_factory=lambda: {"C0GENERAL": [], "C0SECRET": [], "D0ANNA": []})
    ours: set[str] = field(default_factory=lambda: {"C0GENERAL", "C0SECRET", "D0ANNA"})
    ephemerals: list[Plain] = field(default_factory=list)
    uploads: dict[str, Plain] = field(default_factory=dict)
    dropped: dict[str, bytes] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    target: str = ""
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    acks: dict[str, float] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None
    last_ts: float = 0.0
    opened: dict[str, str] = field(default_factory=lambda: {"UANNA": "D0ANNA", "UBEN": "D0BEN"})

    # Told by tests

    def fail(self, method: str, kind: str, *, seconds: float = 0.0, times: int = 1) -> None:
        self.faults.setdefault(method, deque()).extend(Fault(kind, seconds) for _ in range(times))

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def from_us(self, channel: str = "C0GENERAL") -> list[Plain]:
        return [message for message in self.channels[channel] if message.get("user") == BOT]

    def texts(self, channel: str = "C0GENERAL") -> str:
        return "\n".join(words(message) for message in self.from_us(channel))

    def files(self, channel: str = "C0GENERAL") -> dict[str, bytes]:
        found = [one for message in self.from_us(channel) for one in message.get("files", ())]
        return {one["name"]: self.uploads[one["id"]]["data"] for one in found}

    def wait(self, found: Callable[[], T], *, seconds: float = 60.0) -> T:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if value := found():
                return value
            time.sleep(0.02)
        raise AssertionError(f"did not happen within {seconds:.0f} s; said so far:\n{self.told()}")

    def told(self) -> str:
        said = {channel: [words(message) for message in self.from_us(channel)] for channel in self.channels}
        return json.dumps([said, [words(one) for one in self.ephemerals]], indent=1, ensure_ascii=False)[:6000]

    # What people do

    def say(self, text: str, *, user: str = "UANNA", channel: str = "C0GENERAL", **more: Any) -> Plain:
        """Somebody writes; Slack tells us of it, and of a mention a second time."""
        message: Plain = {"type": "message", "user": user, "text": text, "ts": self.ts(), **more}
        self.channels[channel].append(message)
        event = {**message, "channel": channel, "channel_type": "im" if channel.startswith("D") else "channel"}
        self.deliver_event(event)
        if f"<@{BOT}>" in text:
            self.deliver_event({**event, "type": "app_mention"})
        return message

    def command(self, text: str, *, user: str = "UANNA", channel: str = "C0GENERAL", trigger: str = "") -> int:
        body = {
            "command": "/dreflow",
            "text": text,
            "user_id": user,
            "channel_id": channel,
            "team_id": TEAM,
            "trigger_id": trigger or f"1.{self.ts()}",
            "response_url": f"{self.base}/respond",
        }
        return self.deliver(urlencode(body), "application/x-www-form-urlencoded", kind="slash_commands", payload=body)

    def click(
        self, label: str, *, user: str = "UANNA", message: Plain | None = None, channel: str = "C0GENERAL"
    ) -> int:
        """Somebody clicks the newest button of that label."""
        candidates = (
            [message] if message is not None else [*reversed(self.channels[channel]), *reversed(self.ephemerals)]
        )
        for one in candidates:
            for block in one.get("blocks") or ():
                for button in block.get("elements", ()) if block["type"] == "actions" else ():
                    if button["text"]["text"] == label:
                        return self._click(one, button, user, channel)
        raise AssertionError(f"no button {label!r}; said so far:\n{self.told()}")

    def buttons(self, channel: str = "C0GENERAL") -> list[str]:
        """The words of all buttons, the newest message's first."""
        return [
            str(button["text"]["text"])
            for message in [*reversed(self.channels[channel]), *reversed(self.ephemerals)]
            for block in message.get("blocks") or ()
            if block["type"] == "actions"
            for button in block["elements"]
        ]

    def _click(self, message: Plain, button: Plain, user: str, channel: str) -> int:
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel}
        if message.get("thread_ts"):
            container["thread_ts"] = message["thread_ts"]
        payload = {
            "type": "block_actions",
            "team": {"id": TEAM},
            "user": {"id": user},
            "channel": {"id": channel},
            "container": container,
            "trigger_id": f"2.{self.ts()}",
            "response_url": f"{self.base}/respond",
            "actions": [{**{k: button[k] for k in ("action_id", "value", "type", "text")}, "action_ts": self.ts()}],
        }
        body = urlencode({"payload": json.dumps(payload)})
        return self.deliver(body, "application/x-www-form-urlencoded", kind="interactive", payload=payload)

    def deliver_event(self, event: Plain, *, event_id: str = "") -> int:
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "event_id": event_id or f"Ev{self.ts()}",
            "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }
        return self.deliver(json.dumps(body), "application/json", kind="events_api", payload=body)

    def deliver(self, body: str, content_type: str, *, kind: str, payload: Plain, **signed: Any) -> int:
        """Bring a request to us, signed, or over the socket where one is open; the status, and never after 3 s."""
        if self.sockets:
            return self._over_socket(kind, payload)
        return self.post(body, content_type, **signed)

    def post(
        self, body: str, content_type: str = "application/json", *, at: float | None = None, secret: str = SECRET
    ) -> int:
        stamp = str(int(time.time() if at is None else at))
        proof = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        place = urlsplit(self.target)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=3.0)
        try:
            headers = {
                "Content-Type": content_type,
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": f"v0={proof}",
            }
            connection.request("POST", place.path, body=body.encode(), headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _over_socket(self, kind: str, payload: Plain) -> int:
        assert self.loop is not None
        envelope = f"env-{self.ts()}"
        message = {"type": kind, "envelope_id": envelope, "accepts_response_payload": False, "payload": payload}
        asyncio.run_coroutine_threadsafe(self.sockets[-1].send_json(message), self.loop).result(3.0)
        until = time.monotonic() + 3.0
        while envelope not in self.acks:
            if time.monotonic() > until:
                return 504
            time.sleep(0.005)
        return 200

    # Slack's side

    def ts(self) -> str:
        """A time that no other message has."""
        self.last_ts = max(time.time(), self.last_ts + 0.000001)
        return f"{self.last_ts:.6f}"

    def answer(self, method: str, given: Plain) -> Plain:
        if method == "auth.test":
            return {"ok": True, "user_id": BOT, "team_id": TEAM, "bot_id": "B0001"}
        if method == "apps.connections.open":
            return {"ok": True, "url": self.base.replace("http", "ws") + "/link?ticket=1"}
        if method == "conversations.open":
            channel = self.opened[given["users"]]
            self.channels.setdefault(channel, [])
            self.ours.add(channel)
            return {"ok": True, "channel": {"id": channel}}
        if method in {"chat.postMessage", "chat.postEphemeral", "chat.update"}:
            return self._message(method, given)
        if method in {"conversations.replies", "conversations.history"}:
            return self._read(method, given)
        if method == "files.getUploadURLExternal":
            file = f"F{len(self.uploads) + 1:04d}"
            self.uploads[file] = {
                "name": given["filename"],
                "length": int(given["length"]),
                "alt": given.get("alt_txt"),
            }
            return {"ok": True, "file_id": file, "upload_url": f"{self.base}/upload/{file}"}
        if method == "files.completeUploadExternal":
            return self._complete(given)
        return {"ok": False, "error": "unknown_method"}

    def _message(self, method: str, given: Plain) -> Plain:
        problem = self._problem(given)
        if problem:
            self.refused.append(problem)
            return {"ok": False, "error": problem.partition(":")[0]}
        channel = given["channel"]
        if method == "chat.update":
            for message in self.channels[channel]:
                if message["ts"] == given["ts"]:
                    message.update(text=given.get("text", ""), blocks=given.get("blocks"), edited=True)
                    return {"ok": True, "channel": channel, "ts": given["ts"]}
            return {"ok": False, "error": "message_not_found"}
        made = {"type": "message", "user": BOT, "bot_id": "B0001", "ts": self.ts()}
        made |= {k: given[k] for k in ("text", "blocks", "thread_ts", "metadata") if given.get(k) is not None}
        if method == "chat.postEphemeral":
            self.ephemerals.append({**made, "to": given["user"], "channel": channel})
            return {"ok": True, "message_ts": made["ts"]}
        self.channels[channel].append(made)
        return {"ok": True, "channel": channel, "ts": made["ts"], "message": made}

    def _problem(self, given: Plain) -> str:
        channel = given.get("channel", "")
        if channel not in self.channels:
            return "channel_not_found"
        if channel not in self.ours:
            return "not_in_channel"
        thread = given.get("thread_ts")
        if thread and all(message["ts"] != thread for message in self.channels[channel]):
            return "thread_not_found"
        if not given.get("text") and not given.get("blocks"):
            return "no_text"
        return _block_problem(given.get("blocks") or [])

    def _read(self, method: str, given: Plain) -> Plain:
        found = [one for one in self.channels[given["channel"]] if float(one["ts"]) >= float(given.get("oldest") or 0)]
        if method == "conversations.replies":
            found = [one for one in found if given["ts"] in {one["ts"], one.get("thread_ts")}]
        else:
            found = [one for one in reversed(found) if not one.get("thread_ts")]
        if str(given.get("include_all_metadata")).lower() not in {"true", "1"}:
            found = [{k: v for k, v in one.items() if k != "metadata"} for one in found]
        start, size = int(given.get("cursor") or 0), min(int(given.get("limit") or 100), 3)
        more = str(start + size) if start + size < len(found) else ""
        return {"ok": True, "messages": found[start : start + size], "response_metadata": {"next_cursor": more}}

    def _complete(self, given: Plain) -> Plain:
        channel = given["channel_id"]
        if channel not in self.ours:
            return {"ok": False, "error": "not_in_channel"}
        files = []
        for one in json.loads(given["files"]):
            kept = self.uploads[one["id"]]
            if len(kept.get("data", b"")) != kept["length"]:
                return {"ok": False, "error": "file_upload_size_mismatch"}
            files.append({"id": one["id"], "name": kept["name"], "size": kept["length"], "title": one.get("title")})
        message = {"type": "message", "user": BOT, "ts": self.ts(), "text": "", "files": files}
        if given.get("thread_ts"):
            message["thread_ts"] = given["thread_ts"]
        self.channels[channel].append(message)
        return {"ok": True, "files": files}


def _block_problem(blocks: list[Plain]) -> str:
    if len(blocks) > 50:
        return "invalid_blocks: more than 50"
    total = 0
    for block in blocks:
        kind, elements = block["type"], block.get("elements", [])
        texts = [block["text"]] if "text" in block else [one for one in elements if kind == "context"]
        if kind == "actions":
            texts = [one["text"] for one in elements]
            if not 1 <= len(elements) <= 25 or len({one["action_id"] for one in elements}) != len(elements):
                return "invalid_blocks: actions"
            if any(len(one.get("value", "")) > 2000 or len(one["action_id"]) > 255 for one in elements):
                return "invalid_blocks: button"
        if kind == "context" and not 1 <= len(elements) <= 10:
            return "invalid_blocks: context"
        most = {"section": 3000, "header": 150, "actions": 75, "context": 3000}.get(kind)
        if most is None:
            return f"invalid_blocks: {kind}"
        for text in texts:
            length = len(text["text"])
            total += length
            if text["type"] not in {"plain_text", "mrkdwn"} or not 1 <= length <= most:
                return f"invalid_blocks: {kind} of {length}"
            if text["type"] == "mrkdwn" and kind in {"header", "actions"}:
                return "invalid_blocks: plain text only"
    return "msg_blocks_too_long" if total > 13_200 else ""


def words(message: Plain) -> str:
    """All that a message says."""
    texts = []
    for block in message.get("blocks") or ():
        for one in [block.get("text"), *block.get("elements", ())]:
            if isinstance(one, dict):
                inner = one.get("text")
                texts.append(inner["text"] if isinstance(inner, dict) else str(inner or ""))
    texts += [f"[file {one['name']}]" for one in message.get("files", ())]
    return "\n".join(texts) or str(message.get("text", ""))


async def _serve(slack: FakeSlack, started: threading.Event, ended: asyncio.Event) -> None:
    app = web.Application(client_max_size=1 << 28)
    app.router.add_route("*", "/api/{method}", partial(_api, slack))
    app.router.add_post("/upload/{file}", partial(_upload, slack))
    app.router.add_get("/files/{name}", partial(_download, slack))
    app.router.add_get("/link", partial(_link, slack))
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    slack.base = f"http://127.0.0.1:{port}"
    slack.loop = asyncio.get_running_loop()
    started.set()
    await ended.wait()
    await runner.cleanup()


async def _given(request: web.Request) -> Plain:
    given: Plain = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        given |= await request.json()
    elif request.can_read_body:
        given |= dict(parse_qsl((await request.read()).decode()))
    if isinstance(given.get("blocks"), str):
        given["blocks"] = json.loads(given["blocks"])
    return given


async def _api(slack: FakeSlack, request: web.Request) -> web.StreamResponse:
    method, given = request.match_info["method"], await _given(request)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(given.pop("token", ""))
    slack.calls.append(Call(method, request.method, given, token))
    waiting = slack.faults.get(method)
    fault = waiting.popleft() if waiting else None
    if fault is not None and fault.kind == "busy":
        headers = {"Retry-After": f"{fault.seconds:.0f}"}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault is not None and fault.kind == "broken":
        return web.Response(status=500, text="oops", content_type="text/html")
    if fault is not None and fault.kind.startswith("error "):
        return web.json_response({"ok": False, "error": fault.kind.removeprefix("error ")})
    if token != (APP_TOKEN if method == "apps.connections.open" else TOKEN):
        return web.json_response({"ok": False, "error": "invalid_auth"})
    answer = slack.answer(method, given)
    if fault is not None and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault is not None and fault.kind == "broken after":
        return web.Response(status=503, text="oops", content_type="text/html")
    if fault is not None and fault.kind == "lost":
        assert request.transport is not None
        request.transport.abort()
    return web.json_response(answer)


async def _upload(slack: FakeSlack, request: web.Request) -> web.Response:
    slack.uploads[request.match_info["file"]]["data"] = await request.read()
    return web.Response(text="OK")


async def _download(slack: FakeSlack, request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return web.Response(text="<html>log in</html>", content_type="text/html")
    return web.Response(body=slack.dropped[request.match_info["name"]])


async def _link(slack: FakeSlack, request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    slack.sockets.append(socket)
    await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
    async for message in socket:
        if message.type == WSMsgType.TEXT and message.data.startswith("{"):
            slack.acks[json.loads(message.data).get("envelope_id", "")] = time.monotonic()
    slack.sockets.remove(socket)
    return socket


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    """A Slack in a thread of its own."""
    slack, started = FakeSlack(), threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def serve() -> None:
        async def main() -> None:
            ended = asyncio.Event()
            ends.append((asyncio.get_running_loop(), ended))
            await _serve(slack, started, ended)

        asyncio.run(main())

    thread = threading.Thread(target=serve, name="slack", daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield slack
    finally:
        loop, ended = ends[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
