"""Passwords: only whoever may sets them, only the right one opens, and guessing is slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from memory.workspace import Workspace
from spec.errors import AccessError, UsageError
from tools import logins, people
from tools.context import Context, context_of

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
GOOD = "correct horse battery"  # not a secret


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Context]:
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    people.grant(Context(workspace, "owner"), "anna", ["ask"], now=NOW)
    yield context_of(workspace, "owner")
    workspace.store.close()


def test_the_right_password_opens_and_no_other(owner: Context) -> None:
    logins.set_password(owner, "anna", GOOD, now=NOW)
    assert logins.verified(owner.workspace, "anna", GOOD, now=NOW)
    assert not logins.verified(owner.workspace, "anna", GOOD + "x", now=NOW)
    assert not logins.verified(owner.workspace, "nobody", GOOD, now=NOW)


def test_a_password_is_in_no_file_of_the_workspace(owner: Context) -> None:
    logins.set_password(owner, "anna", "sentinel-password-1", now=NOW)
    owner.workspace.store.close()
    files = [file for file in owner.workspace.folder.rglob("*") if file.is_file()]
    assert files
    assert not any(b"sentinel-password-1" in file.read_bytes() for file in files)


def test_guessing_makes_even_the_right_password_wait(owner: Context) -> None:
    logins.set_password(owner, "anna", GOOD, now=NOW)
    for _ in range(logins.FREE_TRIES):
        assert not logins.verified(owner.workspace, "anna", "wrong guess", now=NOW)
    assert not logins.verified(owner.workspace, "anna", GOOD, now=NOW)
    assert logins.verified(owner.workspace, "anna", GOOD, now=NOW + logins.LONGEST_LOCK + timedelta(seconds=1))


def test_nobody_sets_the_password_of_another_without_the_right(owner: Context) -> None:
    people.grant(owner, "ben", ["ask"], now=NOW)
    with pytest.raises(AccessError):
        logins.set_password(context_of(owner.workspace, "ben"), "anna", GOOD, now=NOW)
    logins.set_password(context_of(owner.workspace, "ben"), "ben", GOOD, now=NOW)


@pytest.mark.parametrize(("name", "password"), [("anna", "short"), ("stranger", GOOD)])
def test_a_short_password_and_a_stranger_are_refused(owner: Context, name: str, password: str) -> None:
    with pytest.raises(UsageError):
        logins.set_password(owner, name, password, now=NOW)


def test_guesses_made_at_once_are_no_more_than_guesses_one_after_the_other(owner: Context) -> None:
    logins.set_password(owner, "anna", GOOD, now=NOW)
    tried = [0]
    real = PasswordHasher.verify

    def slow(self: PasswordHasher, hashed: str | bytes, password: str | bytes) -> bool:
        tried[0] += 1
        return real(self, hashed, password)

    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(16) as pool:
        patched.setattr(PasswordHasher, "verify", slow)
        guesses = [f"wrong guess {number}" for number in range(32)]
        found = list(pool.map(lambda guess: logins.verified(owner.workspace, "anna", guess, now=NOW), guesses))
    assert not any(found)
    assert tried[0] == logins.FREE_TRIES


def test_whoever_lost_all_rights_has_no_password_left(owner: Context) -> None:
    logins.set_password(owner, "anna", GOOD, now=NOW)
    people.revoke(owner, "anna", [], now=NOW)
    people.grant(owner, "anna", ["ask"], now=NOW)
    assert not logins.verified(owner.workspace, "anna", GOOD, now=NOW)
