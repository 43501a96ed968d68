"""What every test gets: no way out of this machine, real servers, and a word about what could not be tested."""

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import pytest
import servers
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SESSION = "DREFLOW_TEST_SESSION"
"""Set by the main process of a test session for the others: folder of notes, a colon, the main process's number."""

REQUIRED = "DREFLOW_REQUIRE_SERVICES"
"""Set to 1 in CI: what a test needs and does not find is a failure there, and a skip with its reason elsewhere."""


PERSONAL = re.compile(r"DREFLOW_(DATABASE_URL|DEBUG|HOME|KEY.*|WORKSPACE)|PG[A-Z]+|MYSQL_.*|[A-Z]+_API_KEY")
"""Variables of the person who runs the tests that would change what is tested, or let a test touch what is theirs."""


class OutsideConnectionRefused(RuntimeError):
    """A test tried to reach another machine. Not an OSError, so that no retry or fallback hides it."""


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Let Python's sockets reach this machine only: loopback addresses and Unix sockets."""
    if event == "socket.connect":
        target = arguments[1]
        host = target[0] if isinstance(target, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", errors="replace")
    if isinstance(host, str) and not local(host):
        raise OutsideConnectionRefused(f"Tests stay on this machine, and this one asked for {host!r}.")


def local(host: str) -> bool:
    """Say whether a host name or address is this machine itself."""
    if host in {"", "localhost"}:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


sys.addaudithook(refuse_outside)


def pytest_configure() -> None:
    """Begin the session in its main process; the test processes that it starts inherit these variables."""
    settings.register_profile("here", deadline=None)
    settings.register_profile("ci", deadline=None, derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "here")
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = tempfile.mkdtemp(prefix="dreflow-tests-")
    os.environ[SESSION] = f"{folder}:{os.getpid()}"
    for name in [name for name in os.environ if PERSONAL.fullmatch(name)]:
        del os.environ[name]
    os.environ["DREFLOW_HOME"] = str(Path(folder) / "home")


def pytest_unconfigure() -> None:
    """Remove what the session kept; each server's keeper sees to the server itself."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ.pop(SESSION).rpartition(":")[0])


def missing(what: str) -> NoReturn:
    """End this test: skipped with the reason, or failed where everything has to be there."""
    reason = f"needs {what}"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def server_of(kind: str) -> servers.Server:
    """The session's server of one kind."""
    folder, _, owner = os.environ[SESSION].rpartition(":")
    start = {"postgres": servers.start_postgres, "mariadb": servers.start_mariadb}[kind]
    try:
        return servers.shared(kind, Path(folder), int(owner), start)
    except servers.Missing as reason:
        missing(str(reason))


@pytest.fixture(scope="session")
def postgres_server() -> servers.Server:
    """The session's own PostgreSQL, which lets nobody in without a password; databases come from postgres_url."""
    return server_of("postgres")


@pytest.fixture(scope="session")
def mariadb_server() -> servers.Server:
    """The session's own MariaDB, which lets nobody in without a password; databases come from mariadb_url."""
    return server_of("mariadb")


@pytest.fixture(scope="module")
def postgres_url(postgres_server: servers.Server) -> Iterator[str]:
    """`postgresql://USER:PASSWORD@127.0.0.1:PORT/DATABASE` of a database that this test module has to itself."""
    with servers.postgres_database(postgres_server) as url:
        yield url


@pytest.fixture
def fresh_postgres_url(postgres_server: servers.Server) -> Iterator[str]:
    """As postgres_url, for one test alone."""
    with servers.postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def mariadb_url(mariadb_server: servers.Server) -> Iterator[str]:
    """`mysql://USER:PASSWORD@127.0.0.1:PORT/DATABASE` of a database that this test module has to itself."""
    with servers.mariadb_database(mariadb_server) as url:
        yield url


@pytest.fixture
def fresh_mariadb_url(mariadb_server: servers.Server) -> Iterator[str]:
    """As mariadb_url, for one test alone."""
    with servers.mariadb_database(mariadb_server) as url:
        yield url


@pytest.fixture(scope="session")
def evals_folder() -> Path:
    """The public question sets: DREFLOW_EVALS, or `../shared/evals` beside the checkout."""
    return outside_data("DREFLOW_EVALS", "evals")


@pytest.fixture(scope="session")
def vendor_specs_folder() -> Path:
    """Vendors' own API descriptions: DREFLOW_SPECS, or `../shared/vendor-specs` beside the checkout."""
    return outside_data("DREFLOW_SPECS", "vendor-specs")


def outside_data(variable: str, name: str) -> Path:
    """A folder of third-party data that is no part of the repository."""
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / name)
    if not folder.is_dir():
        # Never a failure, not even in CI: the data is not ours to ship, and a clone may stand anywhere.
        pytest.skip(f"needs third-party data: set {variable} to its folder")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, at the very end, what this machine lacked and how many tests that cost."""
    lacking: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if "needs " in reason:
            lacking[reason.removeprefix("Skipped: ").removeprefix("needs ")] += 1
    if lacking:
        terminalreporter.section("not tested on this machine")
        for what, count in sorted(lacking.items()):
            terminalreporter.write_line(f"{count} tests need {what}")
