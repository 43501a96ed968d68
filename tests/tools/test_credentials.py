"""Many processes, one consent: renewed once, stored before it is used, and honest about what a kill costs."""

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import consent_server
import pytest
import renewing
from consent_server import CLIENT, REDIRECT, SECRET, ConsentServer, consented, opened, post
from renewing import NAME, WAY, params

from connectors.http import signing
from connectors.http.auth import oauth2_code
from connectors.http.signing import Outgoing, Secrets
from connectors.vault import VAULT_FILE, Vault
from spec.errors import AccessError, BusyError, TransientError
from tools.credentials import Hidden, VaultCredentials

ROOT = Path(__file__).resolve().parents[2]
APP = {"client_id": CLIENT, "client_secret": SECRET}


@pytest.fixture
def office() -> Iterator[ConsentServer]:
    with consent_server.serve() as running:
        yield running


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "home", environ={})


@pytest.fixture
def credentials(vault: Vault, office: ConsentServer) -> VaultCredentials:
    """A connection to which a person has given consent."""
    told, verifier = params(office.base), oauth2_code.unguessable(os.urandom)
    query = consented(oauth2_code.consent_url(told, APP, REDIRECT, "state", verifier))
    code = oauth2_code.answered(told, query, "state").code
    kept = VaultCredentials(vault, NAME)
    kept.keep(oauth2_code.exchanged(told, APP, code, verifier, REDIRECT, post, datetime.now(UTC)))
    return kept


def renewed(office: ConsentServer, credentials: VaultCredentials, used: Secrets | None = None) -> Secrets:
    seen = credentials.get() if used is None else used
    change = signing.renewal(WAY, params(office.base), seen, post, lambda: datetime.now(UTC))
    return credentials.renew(change)


def lets_in(office: ConsentServer, secrets: Secrets) -> bool:
    told = params(office.base)
    request = oauth2_code.signed(told, secrets, Outgoing("GET", f"{office.base}/orders"), datetime.now(UTC))
    return opened(request.url, headers=request.headers)[0] == 200


class Process:
    """Another process with the same connection, that has read its secrets and waits."""

    def __init__(self, vault: Vault, office: ConsentServer, death: str = "never") -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
        self._running = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "renewing.py"), str(vault.home), office.base, death],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert cast("IO[str]", self._running.stdout).readline() == "read\n"

    def go(self) -> None:
        stdin = cast("IO[str]", self._running.stdin)
        stdin.write("go\n")
        stdin.flush()

    def ended(self) -> tuple[int, str]:
        """How it ended, and what it said."""
        said, wrong = self._running.communicate(timeout=60)
        assert not wrong, wrong
        return self._running.returncode, said.strip()


def test_what_is_kept_comes_back_and_is_nowhere_in_plain(vault: Vault) -> None:
    kept = VaultCredentials(vault, NAME)
    kept.keep({"token": "sentinel-ä", "user": "anna"})
    assert kept.get() == {"token": "sentinel-ä", "user": "anna"}
    files = [file for file in vault.home.rglob("*") if file.is_file()]
    assert len(files) == 4
    assert all(b"sentinel" not in file.read_bytes() for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert stat.S_IMODE((vault.home / "renewals").stat().st_mode) == 0o700
    assert "sentinel" not in f"{kept!r} {kept.get()!r} {kept.get()} {kept.renew(dict)!r}"
    assert "token" in repr(kept.get())


@pytest.mark.parametrize("text", [None, "sentinel plain", "[]", '{"a": 1}', "[" * 100_000])
def test_a_vault_without_the_connections_secrets_says_what_to_do(vault: Vault, text: str | None) -> None:
    if text is not None:
        vault.put(NAME, text)
    with pytest.raises(AccessError, match="connectors add shop") as caught:
        VaultCredentials(vault, NAME).get()
    assert "sentinel" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.data["needs"] == "secrets"


def test_two_processes_at_once_send_one_renewal_and_use_the_same_token(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    office.slow = 0.5
    two = [Process(vault, office), Process(vault, office)]
    for process in two:
        process.go()
    ended = [process.ended() for process in two]
    assert ended[0] == ended[1] == (0, renewing.mark(credentials.get()))
    assert len(office.tokens_asked("refresh_token")) == 1
    assert lets_in(office, credentials.get())


def test_many_threads_at_once_send_one_renewal(office: ConsentServer, credentials: VaultCredentials) -> None:
    office.slow = 0.2
    used = credentials.get()
    found: list[Secrets] = []
    threads = [threading.Thread(target=lambda: found.append(renewed(office, credentials, used))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] != used for one in found)
    assert len(office.tokens_asked("refresh_token")) == 1


def test_the_vault_is_free_while_the_system_is_asked(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    def change(newest: Secrets) -> Secrets:
        vault.put("another", "sentinel")
        VaultCredentials(vault, "connection/w1/other").keep({"token": "sentinel"})
        assert credentials.get() == newest
        return {**newest, "more": "x"}

    assert credentials.renew(change)["more"] == "x"


def test_after_a_kill_behind_the_store_the_next_process_has_the_new_token(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    before = credentials.get()
    process = Process(vault, office, "stored")
    process.go()
    assert process.ended() == (-signal.SIGKILL, "")
    assert credentials.get() != before
    assert lets_in(office, credentials.get())
    another = Process(vault, office)
    another.go()
    assert another.ended()[0] == 0
    assert len(office.tokens_asked("refresh_token")) == 2
    assert lets_in(office, credentials.get())


def test_a_kill_before_anything_is_sent_costs_nothing(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    process = Process(vault, office, "asked")
    process.go()
    assert process.ended()[0] == -signal.SIGKILL
    assert lets_in(office, renewed(office, credentials))


def test_a_kill_between_answer_and_store_needs_a_new_consent_and_says_why(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    process = Process(vault, office, "answered")
    process.go()
    assert process.ended() == (-signal.SIGKILL, "")
    next_one = Process(vault, office)
    next_one.go()
    code, said = next_one.ended()
    assert code == 0
    error = json.loads(said)
    assert error["data"]["needs"] == "consent"
    assert "cut off" in error["hint"]
    with pytest.raises(AccessError, match="cut off"):
        renewed(office, credentials)
    credentials.keep({**APP, "refresh_token": "sentinel-another"})
    with pytest.raises(AccessError) as caught:
        renewed(office, credentials)
    assert "cut off" not in caught.value.hint, "another consent was not cut off"


def test_where_the_vendor_has_a_grace_a_kill_between_answer_and_store_costs_nothing(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials
) -> None:
    office.grace = True
    process = Process(vault, office, "answered")
    process.go()
    assert process.ended()[0] == -signal.SIGKILL
    assert lets_in(office, renewed(office, credentials))


def test_an_answer_that_is_lost_on_the_way_is_told_as_a_possible_reason(
    office: ConsentServer, credentials: VaultCredentials
) -> None:
    before = credentials.get()
    office.faults.append("lost")
    with pytest.raises(TransientError):
        renewed(office, credentials)
    assert credentials.get() == before
    with pytest.raises(AccessError, match="cut off"):
        renewed(office, credentials)


def test_a_system_that_is_out_of_order_changes_nothing(office: ConsentServer, credentials: VaultCredentials) -> None:
    before = credentials.get()
    for fault in ("error", "html", "page"):
        office.faults.append(fault)
        with pytest.raises(TransientError):
            renewed(office, credentials)
    assert credentials.get() == before
    assert lets_in(office, renewed(office, credentials))


def test_a_store_that_fails_is_no_renewal(
    vault: Vault, office: ConsentServer, credentials: VaultCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Vault, "put", full)
    with pytest.raises(OSError, match="No space") as caught:
        renewed(office, credentials)
    assert "sentinel" not in "".join(traceback.format_exception(caught.value))


def test_a_consent_given_meanwhile_is_not_overwritten_by_an_older_renewal(
    office: ConsentServer, credentials: VaultCredentials
) -> None:
    office.slow = 0.4
    running = threading.Thread(target=lambda: renewed(office, credentials))
    running.start()
    until = time.monotonic() + 30
    while not office.tokens_asked("refresh_token") and time.monotonic() < until:
        time.sleep(0.01)
    credentials.keep({**APP, "access_token": "sentinel-newest"})
    running.join()
    assert credentials.get()["access_token"] == "sentinel-newest"


def test_a_renewal_that_never_ends_does_not_hold_the_others_forever(vault: Vault) -> None:
    kept = VaultCredentials(vault, NAME, patience=0.2)
    kept.keep({"token": "sentinel"})

    def change(newest: Secrets) -> Secrets:
        with pytest.raises(BusyError, match="does not end"):
            VaultCredentials(vault, NAME, patience=0.2).renew(lambda other: other)
        return {**newest, "more": "x"}

    assert kept.renew(change)["more"] == "x"
    assert kept.renew(lambda newest: newest)["more"] == "x", "the lock is free again"


def test_what_is_unchanged_is_not_stored(vault: Vault, credentials: VaultCredentials) -> None:
    before = (vault.home / VAULT_FILE).read_bytes()
    assert credentials.renew(lambda newest: newest) == credentials.get()
    assert (vault.home / VAULT_FILE).read_bytes() == before


def test_a_lock_that_is_a_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    kept = VaultCredentials(vault, NAME)
    kept.keep({"token": "sentinel"})
    (lock,) = (vault.home / "renewals").iterdir()
    lock.unlink()
    (tmp_path / "theirs").write_text("precious")
    lock.symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic links"):
        kept.renew(lambda newest: newest)
    assert (tmp_path / "theirs").read_text() == "precious"


def test_no_log_and_no_error_of_the_whole_way_shows_a_secret(
    office: ConsentServer, credentials: VaultCredentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # What the library of the system on the other side logs is none of ours.
    caplog.set_level(logging.CRITICAL, logger="oauthlib")
    secrets = dict(credentials.get())
    hidden = [item for name, item in secrets.items() if name in {"access_token", "refresh_token", "client_secret"}]
    shown = ""
    for fault in ("echo", "code", "error", "html"):
        office.faults.append(fault)
        with pytest.raises((AccessError, TransientError)) as caught:
            renewed(office, credentials)
        shown += "".join(traceback.format_exception(caught.value)) + json.dumps(caught.value.to_json())
    shown += caplog.text
    assert [item for item in hidden if item in shown] == []
    assert repr(Hidden(secrets)) == f"Hidden({', '.join(sorted(secrets))})"
