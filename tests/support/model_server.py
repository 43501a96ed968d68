"""A local server that speaks the vendors' wire formats: what it answers is scripted, what it is sent is recorded.

It speaks OpenAI's responses and chat completions (as Groq, Mistral, Ollama and compatible servers do), Anthropic's
messages and Google's generateContent. A script is a list of moves, one for each request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TYPES = {"draft": "ProposedDraft", "question": "ProposedQuestion", "refusal": "ProposedRefusal"}


@dataclass(frozen=True)
class Say:
    """Text, as it is."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of one tool. ``arguments`` may be broken JSON text."""

    tool: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True)
class Give:
    """The typed output: as a call where the request offers a tool of that name, else as text in the schema's form."""

    output: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Fail:
    """An HTTP error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "server_error"
    message: str = "scripted"


@dataclass(frozen=True)
class Hang:
    """No answer for so many seconds, then a closed connection."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """The first half of an answer, then a closed connection."""

    text: str


@dataclass(frozen=True)
class Decline:
    """The vendor's own way to say that the model will not answer."""


Move = Say | Call | Give | Fail | Hang | Cut | Decline
READ, WRITTEN = 120, 30
"""Tokens that every answer says it took."""


@dataclass
class Seen:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        """All that was sent, readable: the body without JSON's escapes."""
        return "\n".join(_texts(self.body))

    @property
    def tools(self) -> set[str]:
        """Names of all tools that the request offers."""
        found: set[str] = set()
        for tool in self.body.get("tools") or []:
            inner = tool.get("functionDeclarations") or tool.get("function_declarations")
            for one in inner or [tool.get("function", tool)]:
                found.add(str(one.get("name")))
        return found


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for key, item in value.items() for text in [str(key), *_texts(item)]]
    if isinstance(value, Sequence):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


class ModelServer:
    """Runs on a free port of this machine; ``url`` has no path."""

    def __init__(self) -> None:
        self.script: list[Move] = []
        self.seen: list[Seen] = []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def play(self, *moves: Move) -> None:
        """What to answer from now on; the last move is repeated."""
        self.script = list(moves)
        self.seen = []

    def next(self, seen: Seen) -> Move:
        """Record a request and take the next move."""
        with self._lock:
            self.seen.append(seen)
            if not self.script:
                return Fail(500, message="nothing scripted")
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def close(self) -> None:
        """Stop it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server for the length of a test."""
    server = ModelServer()
    try:
        yield server
    finally:
        server.close()


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            move = server.next(seen)
            wire = _wire(self.path)
            if isinstance(move, Hang):
                time.sleep(move.seconds)
                self.close_connection = True
                return
            if isinstance(move, Fail):
                self._send(move.status, json.dumps(wire.error(move)).encode(), "application/json", move.headers)
                return
            answer = _answer(move, seen)
            payload, kind = json.dumps(wire.whole(answer, seen.body)).encode(), "application/json"
            if isinstance(move, Cut):
                self._cut(payload, kind)
                return
            self._send(200, payload, kind, {})

        def _send(self, status: int, payload: bytes, kind: str, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def _cut(self, payload: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload[: len(payload) // 2])
            self.wfile.flush()
            self.close_connection = True

    return Handler


def _answer(move: Move, seen: Seen) -> Say | Call | Decline:
    if isinstance(move, Give):
        if move.output in seen.tools:
            return Call(move.output, move.data)
        kind, data = _in_form(move, seen)
        return Say(json.dumps({"result": {"kind": kind, "data": data}}))
    if isinstance(move, Cut):
        return Say(move.text)
    assert isinstance(move, Say | Call | Decline)
    return move


def _in_form(move: Give, seen: Seen) -> tuple[str, Mapping[str, Any]]:
    """A draft of one query as a model writes it that is asked for a query."""
    steps = move.data.get("steps") or []
    if "ProposedQuery" not in seen.text or move.output != "draft" or len(steps) != 1 or "query" not in steps[0]:
        return TYPES.get(move.output, move.output), dict(move.data)
    kept = {key: value for key, value in move.data.items() if key in {"reading", "ordered", "assumptions"}}
    return "ProposedQuery", {**kept, "sql": steps[0]["query"]}


def _arguments(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments))


class Chat:
    """OpenAI's chat completions."""

    def error(self, fail: Fail) -> Mapping[str, Any]:
        return {"error": {"message": fail.message, "type": fail.kind, "code": fail.kind, "param": None}}

    def whole(self, answer: Say | Call | Decline, body: Mapping[str, Any]) -> Mapping[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        finish = "stop"
        if isinstance(answer, Say):
            message["content"] = answer.text
        elif isinstance(answer, Call):
            message["tool_calls"] = [self._call(answer)]
            finish = "tool_calls"
        else:
            message["content"] = ""
            finish = "content_filter"
        return {
            "id": "c1", "object": "chat.completion", "created": 1_700_000_000, "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": READ, "completion_tokens": WRITTEN, "total_tokens": READ + WRITTEN},
        }  # fmt: skip

    def _call(self, answer: Call) -> dict[str, Any]:
        return {"id": "call12345", "type": "function", "index": 0,
                "function": {"name": answer.tool, "arguments": _arguments(answer)}}  # fmt: skip


class Responses:
    """OpenAI's responses."""

    def error(self, fail: Fail) -> Mapping[str, Any]:
        return Chat().error(fail)

    def _item(self, answer: Say | Call | Decline) -> dict[str, Any]:
        if isinstance(answer, Call):
            return {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": answer.tool,
                    "arguments": _arguments(answer), "status": "completed"}  # fmt: skip
        part: dict[str, Any] = (
            {"type": "output_text", "text": answer.text, "annotations": []}
            if isinstance(answer, Say)
            else {"type": "refusal", "refusal": "I cannot help with that."}
        )
        return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}

    def whole(self, answer: Say | Call | Decline, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "model": body["model"],
            "status": "completed", "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
            "output": [self._item(answer)], "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto",
            "tools": [], "top_p": 1.0,
            "usage": {"input_tokens": READ, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": WRITTEN,
                      "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": READ + WRITTEN},
        }  # fmt: skip


class Messages:
    """Anthropic's messages."""

    def error(self, fail: Fail) -> Mapping[str, Any]:
        return {"type": "error", "error": {"type": fail.kind, "message": fail.message}}

    def _block(self, answer: Say | Call | Decline) -> dict[str, Any] | None:
        if isinstance(answer, Say):
            return {"type": "text", "text": answer.text, "citations": None}
        if isinstance(answer, Call):
            try:
                given = json.loads(_arguments(answer))
            except ValueError:
                # The vendor parses a call's input itself, so broken JSON arrives as an object that is not the schema's.
                given = {"broken": _arguments(answer)}
            return {"type": "tool_use", "id": "toolu_1", "name": answer.tool, "input": given}
        return None

    def whole(self, answer: Say | Call | Decline, body: Mapping[str, Any]) -> Mapping[str, Any]:
        block = self._block(answer)
        stop = {Say: "end_turn", Call: "tool_use", Decline: "refusal"}[type(answer)]
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
            "content": [block] if block else [], "stop_reason": stop, "stop_sequence": None,
            "usage": {"input_tokens": READ, "output_tokens": WRITTEN},
        }  # fmt: skip


class Generate:
    """Google's generateContent."""

    def error(self, fail: Fail) -> Mapping[str, Any]:
        status = {429: "RESOURCE_EXHAUSTED", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}.get(
            fail.status, "INTERNAL"
        )
        return {"error": {"code": fail.status, "message": fail.message, "status": status}}

    def whole(self, answer: Say | Call | Decline, body: Mapping[str, Any]) -> Mapping[str, Any]:
        usage = {"promptTokenCount": READ, "candidatesTokenCount": WRITTEN, "totalTokenCount": READ + WRITTEN}
        if isinstance(answer, Decline):
            candidate: dict[str, Any] = {
                "finishReason": "SAFETY",
                "index": 0,
                "content": {"role": "model", "parts": []},
            }
        else:
            candidate = {
                "index": 0,
                "finishReason": "STOP",
                "content": {"role": "model", "parts": [self._part(answer)]},
            }
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted", "responseId": "r1"}

    def _part(self, answer: Say | Call) -> dict[str, Any]:
        if isinstance(answer, Say):
            return {"text": answer.text}
        try:
            given = json.loads(_arguments(answer))
        except ValueError:
            given = {"broken": _arguments(answer)}
        return {"functionCall": {"name": answer.tool, "args": given}}


Wire = Chat | Responses | Messages | Generate


def _wire(path: str) -> Wire:
    if "generateContent" in path:
        return Generate()
    if path.endswith("/messages") or "/messages?" in path:
        return Messages()
    return Responses() if path.endswith("/responses") else Chat()
