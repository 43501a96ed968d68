"""The chat as people have it: the real server over HTTP, one conversation alone, and many at once beside runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evals.bench.plans import QUESTIONS, p95

if TYPE_CHECKING:
    import httpx

ROOT = Path(__file__).resolve().parents[2]
CHATS = 50
EVERY = 10.0
"""Seconds from one message of a conversation to its next."""
RUNS = 10
PATIENCE = 120.0
WISH = "total unit price by country, save it as countries.csv"


@dataclass
class Server:
    """A server at work. ``started`` is how long it took from the command to its first answer."""

    address: str
    process: subprocess.Popen[bytes]
    started: float

    def cpu(self) -> float:
        """Seconds of processor time so far; on a busy machine they say more than a clock does."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.is_file():
            return 0.0
        fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self) -> float:
        """The most memory that it held so far; 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8")) if status.is_file() else None
        return int(found[1]) / 1024 if found else 0.0


@dataclass
class Asked:
    """Messages and what came of them, in seconds."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    runs: int = 0


@contextmanager
def serving(folder: Path, data: Path) -> Iterator[Server]:
    """``dreflow chat`` on a port and in a workspace of its own, ready to answer."""
    import httpx

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "integrations.cli", "--workspace", str(folder), "chat", "--port", str(port)]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    begun = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--data", str(data)], cwd=ROOT, env=dict(os.environ), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    raise RuntimeError(f"The server did not come up:\n{log.read_text(encoding='utf-8')}")
                try:
                    if httpx.get(f"{address}/api/v1/openapi.json", timeout=5).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield Server(address, process, time.perf_counter() - begun)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def alone(server: Server, conversations: int) -> Asked:
    """One conversation after the other, each with a first question; the first of all reads the data."""
    return asyncio.run(_alone(server, conversations))


async def _alone(server: Server, conversations: int) -> Asked:
    asked = Asked()
    async with _client(server) as client:
        for number in range(conversations):
            thread = await _begin(client)
            await _say(client, thread, {"text": QUESTIONS[number % len(QUESTIONS)]}, asked)
    return asked


def together(server: Server, seconds: float, *, chats: int = CHATS, runs: int = RUNS) -> Asked:
    """Many conversations at once, each with a message every ten seconds, and plans that run meanwhile."""
    return asyncio.run(_together(server, seconds, chats, runs))


async def _together(server: Server, seconds: float, chats: int, runs: int) -> Asked:
    asked = Asked()
    async with _client(server) as client:
        end = time.perf_counter() + seconds
        talks = [_talk(client, number, number * EVERY / chats, end, asked) for number in range(chats)]
        plans = [_run(client, number * seconds * 0.8 / max(1, runs), asked) for number in range(runs)]
        await asyncio.gather(*talks, *plans)
    return asked


async def _talk(client: httpx.AsyncClient, number: int, wait: float, end: float, asked: Asked) -> None:
    await asyncio.sleep(wait)
    thread = await _begin(client)
    turn = 0
    while (begun := time.perf_counter()) < end:
        await _say(client, thread, {"text": QUESTIONS[(number + turn) % len(QUESTIONS)]}, asked)
        turn += 1
        await asyncio.sleep(max(0.0, EVERY - (time.perf_counter() - begun)))


async def _run(client: httpx.AsyncClient, wait: float, asked: Asked) -> None:
    """Plan, approve and run; not among the answers that are measured."""
    await asyncio.sleep(wait)
    aside = Asked()
    thread = await _begin(client)
    told = await _say(client, thread, {"text": WISH}, aside)
    digest = next((one["spec_digest"] for one in told if one["kind"] == "plan"), None)
    told = await _say(client, thread, {"decision": "approve", "digest": digest}, aside) if digest else told
    if any(one["kind"] == "file" for one in told):
        asked.runs += 1
    else:
        asked.errors += aside.errors or [f"a run left no file: {told[-1:]}"]


def _client(server: Server) -> httpx.AsyncClient:
    import httpx

    limits = httpx.Limits(max_connections=CHATS * 2)
    return httpx.AsyncClient(base_url=f"{server.address}/api/v1", timeout=PATIENCE, limits=limits)


async def _begin(client: httpx.AsyncClient) -> str:
    answer = await client.post("/threads", json={"text": "bench"})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def _say(client: httpx.AsyncClient, thread: str, said: dict[str, str], asked: Asked) -> list[dict[str, str]]:
    """Say something and read the replies to their end."""
    import httpx

    begun, told, first = time.perf_counter(), [], 0.0
    try:
        async with client.stream("POST", f"/threads/{thread}/messages", json=said) as answer:
            async for line in answer.aiter_lines():
                first = first or time.perf_counter() - begun
                told.append(json.loads(line))
            if answer.status_code != 200:
                asked.errors.append(f"{answer.status_code}: {told}")
                return []
    except httpx.HTTPError as error:
        asked.errors.append(f"{type(error).__name__}: {error}")
        return []
    asked.errors += [str(one["message"]) for one in told if one["kind"] == "failure"]
    asked.first.append(first)
    asked.whole.append(time.perf_counter() - begun)
    return told


def middle(values: list[float]) -> float:
    """The median; infinite where nothing was answered, so that no bound is held by silence."""
    return statistics.median(values) if values else float("inf")


def slow(values: list[float]) -> float:
    """The 95th percentile; infinite where too little was answered to tell."""
    return p95(values) if len(values) > 1 else float("inf")
