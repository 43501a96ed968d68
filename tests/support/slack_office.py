"""Our side of a test's Slack: the application as it is served, in a thread of this process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from slack_server import APP_TOKEN, SECRET, TOKEN, FakeSlack

from agents.service import Service
from integrations.http.app import make_app
from integrations.http.who import Who
from integrations.slack.app import PATH, SlackApp, add
from integrations.slack.keys import Keys
from memory.workspace import Workspace
from spec.run import RunEvent, RunResult
from tools import runs
from tools.context import Context


@dataclass
class Office:
    """A workspace that answers in a Slack."""

    slack: FakeSlack
    service: Service
    app: SlackApp
    loop: asyncio.AbstractEventLoop

    @property
    def workspace(self) -> Workspace:
        return self.service.workspace

    def idle(self, seconds: float = 60.0) -> None:
        """Wait until all that was heard is answered and said."""
        asyncio.run_coroutine_threadsafe(self.app.desk.idle(), self.loop).result(seconds)


def start(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
    return runs.run(context, spec, now=now, out=out, told=told)


def keys(slack: FakeSlack) -> Keys:
    return Keys(TOKEN, SECRET, APP_TOKEN, f"{slack.base}/api/")


@contextmanager
def office(
    slack: FakeSlack,
    folder: Path,
    *,
    now: datetime,
    data: Sequence[str] = (),
    grants: dict[str, str] | None = None,
    timeout: int = 20,
) -> Iterator[Office]:
    """Serve a workspace; ``grants`` are principals with their rights."""
    workspace = Workspace(folder / ".dreflow", now)
    for name, rights in (grants or {}).items():
        workspace.store.save_principal(name, frozenset(rights.split()), by="owner", now=now)
    service = Service(workspace, start=start, clock=lambda: now, data=tuple(data))
    app = make_app(service, Who(service, local="owner"))
    slack_app = SlackApp(service, keys(slack), timeout=timeout)
    add(app, slack_app)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    loops: list[asyncio.AbstractEventLoop] = []

    def serve() -> None:
        async def main() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve()

        asyncio.run(main())

    thread = threading.Thread(target=serve, name="office", daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 120
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        slack.target = f"http://127.0.0.1:{port}{PATH}"
        asyncio.run_coroutine_threadsafe(slack_app.ready(), loops[0]).result(120)
        yield Office(slack, service, slack_app, loops[0])
    finally:
        server.should_exit = True
        thread.join(30)
        workspace.store.close()
