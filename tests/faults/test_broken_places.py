"""A full disk, a lost connection, a vanished file, two runs at once: a typed error, and what was published stays."""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pymysql
import pytest
from connector_cases import mysql_login
from running import Plain, Shop, orders_spec

from connectors.contract import Reading
from connectors.destination import TableLoad
from connectors.loading import TableSession
from connectors.mysql.destination import MysqlSession
from connectors.postgres.destination import PostgresSession
from pipelines.run_notes import run_folder
from spec.errors import BusyError
from spec.run import RunEvent, RunResult

ROOT = Path(__file__).resolve().parents[2]
ORDERS = "id,region,amount\n" + "".join(f"{number},N{number % 7},{number}.50\n" for number in range(3000))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("orders.csv", ORDERS)
    return made


def loading(kind: str, write: str = "append") -> Plain:
    where = {"connection": "shop"} if kind in {"postgres", "mysql"} else {"location": f"shop.{kind}"}
    return orders_spec(
        steps=[],
        outputs=[],
        loads=[{"from": "orders", "connector": kind, "table": "orders", "write": write, **where}],
        allow={"tables": [f"{next(iter(where.values()))}/orders"]},
    )


def kind_of(result: RunResult) -> str:
    assert result.error is not None
    return str(result.error["kind"])


def test_a_file_too_large_for_the_disk_fails_with_the_next_step_and_the_old_one_stays(shop: Shop) -> None:
    plain = orders_spec(steps=[], outputs=[{"file": "orders.csv", "from": "orders", "order_by": ["id"]}])
    assert shop.run(plain).status == "succeeded"
    before = (shop.out / "orders.csv").read_bytes()
    shop.write("orders.csv", ORDERS + "".join(f"{number},{'x' * 80},1.00\n" for number in range(3000, 60_000)))
    with file_size_limit(600_000, when="publish", shop=shop):
        result = shop.run(plain)
    assert kind_of(result) == "limit"
    assert "space" in str(result.error)
    assert (shop.out / "orders.csv").read_bytes() == before
    assert shop.run(plain).status == "succeeded"
    assert sorted(path.name for path in shop.out.iterdir()) == ["orders.csv"]


def test_a_disk_that_is_full_while_reading_fails_with_the_next_step(shop: Shop) -> None:
    shop.write("orders.csv", ORDERS + "".join(f"{number},{'x' * 300}{number},1.00\n" for number in range(3000, 60_000)))
    # Room enough for the store's own notes, not for the rows.
    with file_size_limit(3_000_000, when="start", shop=shop):
        result = shop.run(orders_spec())
    assert kind_of(result) == "limit"
    assert not shop.out.exists()
    assert shop.run(orders_spec()).status == "succeeded"


def test_a_destination_without_space_fails_and_keeps_its_table(shop: Shop) -> None:
    for kind in ("sqlite", "duckdb"):
        plain = loading(kind, "replace") | {"name": f"into_{kind}"}
        assert shop.run(plain).status == "succeeded"
    bigger = ORDERS + "".join(f"{number},{'x' * 200}{number},1.00\n" for number in range(3000, 60_000))
    shop.write("orders.csv", bigger)
    for kind in ("sqlite", "duckdb"):
        plain = loading(kind, "replace") | {"name": f"into_{kind}"}
        when = "extract" if kind == "sqlite" else "start"
        with file_size_limit(3_000_000, when=when, shop=shop):
            result = shop.run(plain)
        assert kind_of(result) == "limit", result.message
        assert shop.run(plain).status == "succeeded"
        assert shop.run(plain).outputs[0].rows == 60_000


@contextlib.contextmanager
def file_size_limit(size: int, *, when: str, shop: Shop) -> Iterator[None]:
    """From the first event of a phase on, no file of this process may grow beyond ``size``: a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    stages = {"start": "start", "extract": "extract", "publish": "check"}

    def limit(event: RunEvent) -> None:
        if event.phase == stages[when]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        if event.phase == "error":
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    shop.after = limit
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
        shop.after = lambda _: None


@dataclass(frozen=True)
class Server:
    """A database server whose connections a test can cut."""

    kind: str
    url: str

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements over a connection of its own; the last one's rows."""
        rows: list[tuple[object, ...]] = []
        if self.kind == "postgres":
            with psycopg.connect(self.url, autocommit=True) as connection:
                for statement in statements:
                    done = connection.execute(statement.encode())
                    rows = done.fetchall() if done.description else []
            return rows
        with mysql_login(self.url) as login, login.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    def cut(self) -> None:
        """End every other connection to the database."""
        if self.kind == "postgres":
            self.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            return
        others = "FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        for (number,) in self.run(f"SELECT id {others}"):
            with contextlib.suppress(pymysql.err.OperationalError):
                self.run(f"KILL {number}")

    def count(self) -> int:
        """How many orders are published."""
        return int(str(self.run("SELECT count(*) FROM orders")[0][0]))


@pytest.fixture(params=["postgres", "mysql"])
def server(request: pytest.FixtureRequest) -> Server:
    fixture = {"postgres": "fresh_postgres_url", "mysql": "fresh_mariadb_url"}[request.param]
    return Server(request.param, str(request.getfixturevalue(fixture)))


@pytest.mark.parametrize("phase", ["staged", "copying"])
@pytest.mark.parametrize("write", ["append", "replace"])
def test_a_session_that_is_cut_leaves_the_table_and_the_retry_goes_on(
    tmp_path: Path, server: Server, phase: str, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, urls={server.kind: server.url})
    shop.write("orders.csv", ORDERS)
    plain = loading(server.kind, write)
    assert shop.run(plain).status == "succeeded"

    def at_staged(event: RunEvent) -> None:
        if event.name == "staged":
            server.cut()

    if phase == "staged":
        shop.after = at_staged
    else:
        session = PostgresSession if server.kind == "postgres" else MysqlSession
        refresh = session.refresh

        def then_cut(self: TableSession) -> None:
            refresh(self)  # type: ignore[arg-type]
            server.cut()

        monkeypatch.setattr(session, "refresh", then_cut)
    result = shop.run(plain)
    assert kind_of(result) == "transient", result.message
    assert "again" in str(result.error)
    shop.after = lambda _: None
    monkeypatch.undo()
    assert server.count() == 3000
    assert shop.run(plain).status == "succeeded"
    assert server.count() == (6000 if write == "append" else 3000)
    assert [name for name in tables_of(server) if name not in {"orders", "_dreflow_state"}] == []


def tables_of(server: Server) -> list[str]:
    here = "DATABASE()" if server.kind == "mysql" else "current_schema()"
    return [
        str(row[0])
        for row in server.run(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {here}")
    ]


@pytest.mark.parametrize("write", ["append", "replace"])
def test_a_commit_whose_answer_was_lost_is_not_repeated(
    tmp_path: Path, server: Server, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, and the connection dies before the client hears of it: the worst moment there is."""
    direct = Shop(tmp_path, urls={server.kind: server.url})
    direct.write("orders.csv", ORDERS)
    assert direct.run(loading(server.kind, write)).status == "succeeded"
    direct.write("orders.csv", ORDERS + "3000,N0,1.00\n")
    session = PostgresSession if server.kind == "postgres" else MysqlSession
    query, discard = session.query, session.discard
    with proxy(server) as (url, cut):
        shop = Shop(tmp_path, urls={server.kind: url})

        def before_discard(self: TableSession, load: TableLoad) -> None:
            discard(self, load)
            # The next thing to go over the wire is COMMIT: let it through, and nothing back.
            cut()

        def before_commit(self: TableSession, sql: str, values: Sequence[str] = ()) -> list[tuple[object, ...]]:
            if sql == "COMMIT" or sql.startswith("RENAME TABLE"):
                cut()
            return query(self, sql, values)  # type: ignore[arg-type]

        if server.kind == "postgres":
            monkeypatch.setattr(session, "discard", before_discard)
        else:
            monkeypatch.setattr(session, "query", before_commit)
        result = shop.run(loading(server.kind, write))
        assert kind_of(result) == "transient"
    monkeypatch.undo()
    expected = 6001 if write == "append" else 3001
    deadline = time.monotonic() + 10
    while server.count() != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.count() == expected
    second = direct.run(loading(server.kind, write))
    assert (second.status, second.run_id) == ("succeeded", result.run_id)
    assert server.count() == expected


@contextlib.contextmanager
def proxy(to: Server) -> Iterator[tuple[str, Callable[[], None]]]:
    """A relay to a server that can be told to pass on what it is asked and swallow what is answered."""
    parts = urlsplit(to.url)
    listener = socket.create_server(("127.0.0.1", 0))
    swallowing = threading.Event()
    open_sockets: list[socket.socket] = []

    def relay(source: socket.socket, target: socket.socket, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                if answers and swallowing.is_set():
                    # The answer is lost, and with it the connection.
                    for one in open_sockets:
                        one.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432))
                open_sockets.extend([client, server])
                for source, target, answers in ((client, server, False), (server, client, True)):
                    threading.Thread(
                        target=relay, args=(source, target), kwargs={"answers": answers}, daemon=True
                    ).start()

    threading.Thread(target=accept, daemon=True).start()
    login = parts.netloc.rpartition("@")[0]
    port = listener.getsockname()[1]
    plain = "sslmode=disable" if to.kind == "postgres" else ""
    address = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}", query=plain))
    try:
        yield address, swallowing.set
    finally:
        listener.close()
        for one in open_sockets:
            one.close()


def test_a_file_that_vanishes_while_it_is_read_fails_and_the_published_one_stays(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(orders_spec())
    before = (shop.out / "totals.csv").read_bytes()
    from connectors.files import text

    stamp = text.stamp
    seen: list[Path] = []

    def vanish(path: Path) -> object:
        found = stamp(path)
        if not seen:
            seen.append(path)
            path.unlink()
        return found

    monkeypatch.setattr(text, "stamp", vanish)
    result = shop.run(orders_spec())
    assert result.status == "failed"
    assert kind_of(result) in {"data", "access"}
    assert "orders.csv" in str(result.error)
    assert (shop.out / "totals.csv").read_bytes() == before


def test_a_file_that_vanishes_between_two_runs_fails_the_second(shop: Shop) -> None:
    shop.run(loading("duckdb", "replace"))
    (shop.folder / "orders.csv").unlink()
    assert kind_of(shop.run(loading("duckdb", "replace"))) == "data"
    import duckdb

    with duckdb.connect(str(shop.folder / "shop.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchall() == [(3000,)]


def test_of_two_runs_at_once_the_second_is_refused_with_the_name_of_the_first(shop: Shop) -> None:
    code = """
import sys, time
from pathlib import Path
from running import Shop, orders_spec
shop = Shop(Path(sys.argv[1]))
def wait(event):
    if event.phase == "extract":
        print(event.run_id, flush=True)
        sys.stdin.readline()
shop.after = wait
print(shop.run(orders_spec()).status, flush=True)
"""
    paths = f"{ROOT}:{ROOT / 'tests' / 'support'}"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(shop.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"},
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        run_id = first.stdout.readline().strip()
        with pytest.raises(BusyError) as refused:
            shop.run(orders_spec())
        assert run_id in refused.value.message
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.stdout.readline().strip() == "succeeded"
    assert shop.run(orders_spec()).status == "succeeded"


def test_two_pipelines_may_write_to_one_output_folder_at_once(shop: Shop) -> None:
    results: list[RunResult] = []

    def go(number: int) -> None:
        one = Shop(shop.folder)
        plain = orders_spec(outputs=[{"file": f"totals_{number}.csv", "from": "totals"}]) | {"name": f"p{number}"}
        results.append(one.run(plain))

    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.status for result in results] == ["succeeded"] * 4
    assert sorted(path.name for path in shop.out.iterdir()) == [f"totals_{number}.csv" for number in range(4)]


def test_counts_that_do_not_agree_with_the_source_stop_the_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.files import connector

    read = connector.read

    def short(*arguments: object, **named: object) -> Reading:
        reading = read(*arguments, **named)  # type: ignore[arg-type]
        return Reading(rows=reading.rows, expected_rows=reading.rows + 1)

    monkeypatch.setattr(connector, "read", short)
    result = shop.run(orders_spec())
    assert kind_of(result) == "data"
    assert "3001" in str(result.message)
    assert not shop.out.exists()


def test_a_half_written_last_event_does_not_stop_the_retry(shop: Shop) -> None:
    result = shop.run(orders_spec())
    events = run_folder(shop.workspace.folder, result.run_id) / "events.jsonl"
    whole = events.read_bytes()
    events.write_bytes(whole + b'{"run_id": "r1", "se')
    from pipelines.events import read_events

    assert len(read_events(events.parent)) == whole.count(b"\n")
