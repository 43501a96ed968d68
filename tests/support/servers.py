"""Real database servers for the tests: started once a test session, shared by its processes, stopped when it ends.

Each server is the test session's own, listens on a free port of 127.0.0.1, asks for a password (so that a wrong one is
refused as it would be anywhere) and keeps its files in a temporary folder. The first test process that needs one starts
it; a keeper process stops it and removes the folder once the session's main process is gone, however that ended.
"""

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

START_LIMIT_S = 60.0


class Missing(Exception):
    """A program that a test needs is not on this machine; the message says what to install."""


@dataclass(frozen=True)
class Server:
    """Where a server listens and who its administrator is. `scheme` is `postgresql` or `mysql`."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Spell the URL of a database here, as the administrator unless told otherwise."""
        name, secret = user or self.user, self.password if password is None else password
        login = f"{name}:{secret}" if secret else name
        return f"{self.scheme}://{login}@{self.host}:{self.port}/{database}"


def shared(kind: str, session: Path, owner: int, start: Callable[[Path, int], Server]) -> Server:
    """Give the session's server of one kind, started by whichever test process asks first.

    `session` is a folder that all processes of the test session know; `owner` is the process after whose end the keeper
    stops the server.
    """
    note = session / f"{kind}.json"
    with (session / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists():
            return Server(**json.loads(note.read_text(encoding="utf-8")))
        server = start(Path(tempfile.mkdtemp(prefix=f"dreflow-{kind}-")), owner)
        note.write_text(json.dumps(asdict(server)), encoding="utf-8")
        return server


def launch(command: list[str], folder: Path, owner: int, user: str) -> None:
    """Start a server under a keeper, which stops it when `owner` is gone."""
    keeper = [sys.executable, str(Path(__file__).with_name("keeper.py")), str(folder), str(owner), user]
    subprocess.run([*keeper, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def start_postgres(folder: Path, owner: int) -> Server:
    """Make a PostgreSQL cluster with password login (SCRAM) and start it."""
    bin_folder = postgres_programs()
    data, password, port = folder / "data", secrets.token_hex(12), free_port()
    (folder / "password").write_text(password, encoding="utf-8")
    user = give_to(folder, ("postgres", "nobody"))
    initdb = [str(bin_folder / "initdb"), "-D", str(data), "-U", "owner", "--pwfile", str(folder / "password")]
    run([*initdb, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"], user)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        # Nothing here outlives the test session, so it need not survive a power cut.
        "fsync": "off",
        "full_page_writes": "off",
        "timezone": "UTC",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    launch([str(bin_folder / "postgres"), "-D", str(data), *options], folder, owner, user)
    await_port(port, folder)
    server = Server("postgresql", "127.0.0.1", port, "owner", password)
    await_login(server, folder)
    return server


def start_mariadb(folder: Path, owner: int) -> Server:
    """Make a MariaDB data folder whose administrator has a password and start a server on it."""
    install, serve = shutil.which("mariadb-install-db"), find_program("mariadbd", "/usr/sbin/mariadbd")
    if install is None or serve is None:
        raise Missing("MariaDB's server programs (Debian and Ubuntu: sudo apt-get install mariadb-server)")
    data, password, port = folder / "data", secrets.token_hex(12), free_port()
    data.mkdir()
    user = give_to(folder, ("mysql", "nobody"))
    run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        user,
    )
    first = folder / "first.sql"
    first.write_text(
        f"CREATE USER 'owner'@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        "GRANT ALL PRIVILEGES ON *.* TO 'owner'@'127.0.0.1' WITH GRANT OPTION;\nDROP USER 'root'@'localhost';\n",
        encoding="utf-8",
    )
    options = {
        "datadir": data,
        "port": port,
        "bind-address": "127.0.0.1",
        "socket": folder / "mariadb.sock",
        "pid-file": folder / "mariadb.pid",
        "init-file": first,
        "character-set-server": "utf8mb4",
        "default-time-zone": "+00:00",
        "innodb-flush-log-at-trx-commit": 2,
        "innodb-buffer-pool-size": "64M",
        "local-infile": 1,
    }
    command = [serve, "--no-defaults", "--skip-name-resolve", *(f"--{name}={value}" for name, value in options.items())]
    launch(command, folder, owner, user)
    await_port(port, folder)
    server = Server("mysql", "127.0.0.1", port, "owner", password)
    await_login(server, folder)
    return server


def postgres_programs() -> Path:
    """Find the newest installed PostgreSQL's folder of programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    if initdb is None:
        raise Missing("PostgreSQL's server programs (Debian and Ubuntu: sudo apt-get install postgresql)")
    return Path(initdb).resolve().parent


def find_program(name: str, usual: str) -> str | None:
    """Find a program on the path or where Debian puts it, which is not on an ordinary user's path."""
    return shutil.which(name) or (usual if Path(usual).exists() else None)


def give_to(folder: Path, names: tuple[str, ...]) -> str:
    """When we are root, hand `folder` to the first of these users that exists, because servers refuse to run as root.

    Returns that user's name, or an empty text when we are an ordinary user already.
    """
    if os.geteuid() != 0:
        return ""
    for name in names:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, account.pw_uid, account.pw_gid)
            return name
    raise Missing(f"a user to run the server as (root cannot): one of {', '.join(names)}")


def run(command: list[str], user: str) -> None:
    """Run one preparing program to its end."""
    done = subprocess.run(command, user=user or None, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, folder: Path) -> None:
    """Wait until something listens, or show the server's own log."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start within {START_LIMIT_S:.0f} s:\n{log_of(folder)}")


def await_login(server: Server, folder: Path) -> None:
    """Wait until the administrator can log in: PostgreSQL listens a moment before it answers."""
    deadline = time.monotonic() + START_LIMIT_S
    problem = ""
    while time.monotonic() < deadline:
        problem = login_problem(server)
        if not problem:
            return
        time.sleep(0.1)
    raise RuntimeError(f"Nobody could log in to the started server: {problem}\n{log_of(folder)}")


def login_problem(server: Server) -> str:
    """Try one login; an empty text means that it worked."""
    try:
        execute(server, "SELECT 1")
    except OSError as error:
        return str(error)
    return ""


def execute(server: Server, *statements: str) -> None:
    """Run statements as the administrator, each committed by itself; OSError when there is no way in."""
    if server.scheme == "postgresql":
        import psycopg

        address = server.url("postgres")
        try:
            connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise ConnectionError(str(error)) from error
        with connection:
            for statement in statements:
                connection.execute(statement.encode())
        return
    import pymysql

    try:
        session = pymysql.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True
        )
    except pymysql.OperationalError as error:
        raise ConnectionError(str(error)) from error
    with session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextlib.contextmanager
def postgres_database(server: Server) -> Iterator[str]:
    """Make an empty database owned by a user of its own, give its URL, and drop both."""
    name, password = f"shop_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"
    execute(server, role, f"CREATE DATABASE {name} OWNER {name}")
    yield server.url(name, user=name, password=password)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")


@contextlib.contextmanager
def mariadb_database(server: Server) -> Iterator[str]:
    """Make an empty database that a user of its own may change, give its URL, and drop both."""
    name, password = f"shop_{secrets.token_hex(4)}", secrets.token_hex(8)
    user = f"'{name}'@'127.0.0.1'"
    create = f"CREATE USER {user} IDENTIFIED BY '{password}'"
    execute(server, f"CREATE DATABASE {name}", create, f"GRANT ALL PRIVILEGES ON {name}.* TO {user}")
    yield server.url(name, user=name, password=password)
    execute(server, f"DROP DATABASE {name}", f"DROP USER {user}")


def log_of(folder: Path) -> str:
    """The end of what the server wrote."""
    return (folder / "server.log").read_text(encoding="utf-8", errors="replace")[-4000:]
