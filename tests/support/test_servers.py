"""The servers that the tests lend, tried for what the tests rely on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pymysql
import pytest
import servers


def test_a_wrong_password_is_refused_by_the_lent_postgres(postgres_url: str) -> None:
    user, _, rest = postgres_url.partition("://")[2].partition(":")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://{user}:wrong@{rest.partition('@')[2]}")  # not a secret


def test_a_lent_postgres_database_is_empty_and_may_be_changed(fresh_postgres_url: str) -> None:
    with psycopg.connect(fresh_postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        connection.execute("CREATE TABLE public.orders (id int)")
    assert tables == (0,)


def test_a_wrong_password_is_refused_by_the_lent_mariadb(mariadb_server: servers.Server, mariadb_url: str) -> None:
    user = mariadb_url.partition("://")[2].partition(":")[0]
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        pymysql.connect(host=mariadb_server.host, port=mariadb_server.port, user=user, password="wrong")  # not a secret


def test_a_lent_mariadb_user_cannot_see_other_databases(fresh_mariadb_url: str, mariadb_url: str) -> None:
    login, _, place = fresh_mariadb_url.partition("://")[2].partition("@")
    user, _, password = login.partition(":")
    host, _, port = place.partition("/")[0].partition(":")
    with (
        pymysql.connect(host=host, port=int(port), user=user, password=password) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SHOW DATABASES")
        seen = {str(row[0]) for row in cursor.fetchall()}
    assert place.partition("/")[2] in seen
    assert mariadb_url.rpartition("/")[2] not in seen


def test_a_server_and_its_folder_are_gone_after_its_owner_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        servers.launch([sys.executable, "-c", "import time; time.sleep(60)"], folder, owner.pid, "")
        assert folder.exists()
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()
