"""Secrets are encrypted, their key is private, and a sentinel is found nowhere."""

import stat
from pathlib import Path

import pytest

from connectors import vault as vaults
from connectors.vault import KEY_FILE, KEY_VARIABLE, VAULT_FILE, Vault, new_key
from spec.errors import AccessError, UsageError

SENTINEL = "hunter2-sentinel"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "home", environ={})


def test_a_secret_comes_back_and_is_nowhere_in_plain(vault: Vault, tmp_path: Path) -> None:
    vault.put("connection/shop", SENTINEL)
    assert vault.get("connection/shop") == SENTINEL
    assert vault.names() == ("connection/shop",)
    written = b"".join(file.read_bytes() for file in (tmp_path / "home").iterdir())
    assert SENTINEL.encode() not in written
    assert SENTINEL not in repr(vault)


def test_files_are_private(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SENTINEL)
    for name in (KEY_FILE, VAULT_FILE):
        assert stat.S_IMODE((tmp_path / "home" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_key_file_that_others_can_read_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SENTINEL)
    key = tmp_path / "home" / KEY_FILE
    key.chmod(0o640)
    with pytest.raises(AccessError, match="chmod 600"):
        vault.get("a")


def test_a_key_file_that_is_a_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SENTINEL)
    key = tmp_path / "home" / KEY_FILE
    key.rename(tmp_path / "elsewhere")
    key.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AccessError, match="link"):
        vault.get("a")


def test_the_key_may_come_from_the_environment(tmp_path: Path) -> None:
    key = new_key()
    Vault(tmp_path, environ={KEY_VARIABLE: key}).put("a", SENTINEL)
    assert not (tmp_path / KEY_FILE).exists()
    assert Vault(tmp_path, environ={KEY_VARIABLE: key}).get("a") == SENTINEL
    with pytest.raises(AccessError, match="key is gone"):
        Vault(tmp_path, environ={}).get("a")
    with pytest.raises(AccessError, match="does not open"):
        Vault(tmp_path, environ={KEY_VARIABLE: new_key()}).get("a")


def test_a_key_that_is_none_is_told_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(AccessError) as caught:
        Vault(tmp_path, environ={KEY_VARIABLE: SENTINEL}).put("a", "b")
    assert SENTINEL not in str(caught.value)


def test_rotation_changes_the_key_and_keeps_the_secrets(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SENTINEL)
    vault.put("b", "other")
    key_before = (tmp_path / "home" / KEY_FILE).read_text()
    stored_before = (tmp_path / "home" / VAULT_FILE).read_text()
    assert vault.rotate() == 2
    assert (tmp_path / "home" / KEY_FILE).read_text() != key_before
    assert vault.get("a") == SENTINEL
    assert vault.get("b") == "other"
    (tmp_path / "home" / VAULT_FILE).write_text(stored_before)
    with pytest.raises(AccessError):
        vault.get("a")


def test_a_kill_between_the_writes_of_a_rotation_loses_no_secret(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put("a", SENTINEL)
    whole = vaults._write_private
    for survived in range(3):
        done = 0

        def killed(path: Path, content: str, survived: int = survived) -> None:
            nonlocal done
            if done == survived:
                raise KeyboardInterrupt
            done += 1
            whole(path, content)

        monkeypatch.setattr(vaults, "_write_private", killed)
        with pytest.raises(KeyboardInterrupt):
            vault.rotate()
        monkeypatch.setattr(vaults, "_write_private", whole)
        assert vault.get("a") == SENTINEL


def test_rotation_of_a_key_in_the_environment_needs_the_new_one_there(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    Vault(tmp_path, environ={KEY_VARIABLE: old}).put("a", SENTINEL)
    with pytest.raises(UsageError, match="NEW,OLD"):
        Vault(tmp_path, environ={KEY_VARIABLE: old}).rotate()
    assert Vault(tmp_path, environ={KEY_VARIABLE: f"{new},{old}"}).rotate() == 1
    assert Vault(tmp_path, environ={KEY_VARIABLE: new}).get("a") == SENTINEL


def test_a_deleted_secret_is_gone(vault: Vault) -> None:
    vault.put("a", SENTINEL)
    assert vault.delete("a")
    assert vault.get("a") is None
    assert not vault.delete("a")


def test_a_damaged_vault_is_told(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SENTINEL)
    (tmp_path / "home" / VAULT_FILE).write_text("{")
    with pytest.raises(AccessError, match="damaged"):
        vault.get("a")


class FakeKeyring:
    """Stands for the operating system's."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.held.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.held[service_name, username] = password


def test_the_operating_system_s_keyring_keeps_the_key_where_there_is_one(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = FakeKeyring()
    monkeypatch.setattr(vaults, "_keyring", lambda: ring)
    vault.put("a", SENTINEL)
    assert not (tmp_path / "home" / KEY_FILE).exists()
    assert vault.get("a") == SENTINEL
    assert vault.rotate() == 1
    assert vault.get("a") == SENTINEL
    ring.held.clear()
    with pytest.raises(AccessError, match="key is gone"):
        vault.get("a")
