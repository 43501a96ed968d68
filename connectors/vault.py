"""Secrets at rest: one encrypted file, its key outside of it.

The key comes from the environment (DREFLOW_VAULT_KEY), else from the operating system's keyring where the library
``keyring`` is installed and holds one, else from a key file of mode 0600. It may be several keys, newest first,
separated by commas: the first encrypts, all decrypt, and ``rotate`` encrypts everything anew with a fresh one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from spec.errors import AccessError, UsageError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY_VARIABLE = "DREFLOW_VAULT_KEY"
KEY_FILE = "vault.key"
VAULT_FILE = "vault.json"
_KEYRING_SERVICE = "dreflow"


class Keyring(Protocol):
    """What is used of the ``keyring`` library."""

    def get_password(self, service_name: str, username: str) -> str | None: ...
    def set_password(self, service_name: str, username: str, password: str) -> None: ...


class Vault:
    """The secrets of one account, by name. Values are never in its ``repr``, its errors or a log."""

    def __init__(self, home: Path, *, environ: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._environ = os.environ if environ is None else environ

    def __repr__(self) -> str:
        return f"Vault({str(self._home)!r})"

    @property
    def home(self) -> Path:
        """The folder it lies in, readable by its owner alone."""
        return self._home

    def names(self) -> tuple[str, ...]:
        """Names of all secrets, sorted."""
        return tuple(sorted(self._stored()))

    def get(self, name: str) -> str | None:
        """One secret, None when there is none of that name. AccessError when the key does not open it."""
        token = self._stored().get(name)
        return None if token is None else self._opened(self._cipher(), name, token)

    def put(self, name: str, secret: str) -> None:
        """Keep a secret under a name, in place of one that was there."""
        with self._locked():
            cipher = self._cipher(make=True)
            stored = self._stored()
            stored[name] = cipher.encrypt(secret.encode()).decode()
            self._store(stored)

    def delete(self, name: str) -> bool:
        """Forget a secret; False when there was none."""
        with self._locked():
            stored = self._stored()
            found = stored.pop(name, None) is not None
            if found:
                self._store(stored)
            return found

    def rotate(self) -> int:
        """Encrypt everything with a fresh key and forget the old ones; returns how many secrets there are.

        The key is written before the secrets and keeps the old ones until they are, so a kill at any point loses none.
        Raises UsageError when the key comes from the environment and has no newer one in front: only its owner can
        change it there.
        """
        with self._locked():
            keys = self._keys()
            if self._environ.get(KEY_VARIABLE):
                if len(keys) < 2:
                    raise UsageError(
                        f"The key comes from {KEY_VARIABLE}, so a new one has to be put there.",
                        hint=f"Set {KEY_VARIABLE} to NEW,OLD, rotate again, then drop OLD.",
                    )
                self._encrypt_anew(keys)
                return len(self._stored())
            fresh = new_key()
            self._keep_key([fresh, *keys])
            self._encrypt_anew([fresh, *keys])
            self._keep_key([fresh])
            return len(self._stored())

    def _encrypt_anew(self, keys: list[str]) -> None:
        cipher = _multi(keys)
        opened = {name: self._opened(cipher, name, token) for name, token in self._stored().items()}
        self._store({name: cipher.encrypt(secret.encode()).decode() for name, secret in opened.items()})

    def _opened(self, cipher: MultiFernet, name: str, token: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return cipher.decrypt(token.encode()).decode()
        except InvalidToken:
            raise AccessError(
                f"The vault's key does not open the secret {name!r}.",
                hint=f"Bring back the key it was kept with ({KEY_VARIABLE} or {KEY_FILE}), or save the secret again.",
                where={"file": str(self._home / VAULT_FILE)},
            ) from None

    def _cipher(self, *, make: bool = False) -> MultiFernet:
        keys = self._keys()
        if not keys and make:
            keys = [new_key()]
            self._keep_key(keys)
        if not keys:
            raise AccessError(
                "The vault's key is gone.",
                hint=f"Bring back {KEY_FILE}, or set {KEY_VARIABLE}; without the key the secrets must be saved again.",
                where={"file": str(self._home / KEY_FILE)},
            )
        return _multi(keys)

    def _keys(self) -> list[str]:
        stated = self._environ.get(KEY_VARIABLE)
        if stated:
            return _split(stated)
        ring = _keyring()
        held = ring.get_password(_KEYRING_SERVICE, str(self._home)) if ring else None
        if held:
            return _split(held)
        path = self._home / KEY_FILE
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return []
        except OSError as error:
            reason = "is a link" if error.errno == errno.ELOOP else "cannot be opened"
            hint = f"Keep the key itself there, readable by nobody else, or set {KEY_VARIABLE}."
            raise AccessError(f"The vault's key file {reason}.", hint=hint, where={"file": str(path)}) from None
        with os.fdopen(handle, encoding="ascii") as file:
            _private(os.fstat(file.fileno()), path)
            return _split(file.read())

    def _keep_key(self, keys: list[str]) -> None:
        ring = _keyring()
        if ring is not None and not (self._home / KEY_FILE).exists():
            ring.set_password(_KEYRING_SERVICE, str(self._home), ",".join(keys))
            return
        _write_private(self._home / KEY_FILE, ",".join(keys) + "\n")

    def _stored(self) -> dict[str, str]:
        path = self._home / VAULT_FILE
        try:
            found: object = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise AccessError(
                "The vault's file is damaged.", hint="Bring it back from a backup.", where={"file": str(path)}
            ) from None
        secrets = found.get("secrets") if isinstance(found, dict) else None
        return cast("dict[str, str]", dict(secrets)) if isinstance(secrets, dict) else {}

    def _store(self, stored: Mapping[str, str]) -> None:
        plain = {"version": 1, "secrets": dict(sorted(stored.items()))}
        _write_private(self._home / VAULT_FILE, json.dumps(plain, indent=1) + "\n")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, across processes."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._home / "vault.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def new_key() -> str:
    """A fresh key, as it goes into DREFLOW_VAULT_KEY or the key file."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _multi(keys: list[str]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    try:
        return MultiFernet([Fernet(key.encode()) for key in keys])
    except ValueError:
        raise AccessError(
            "The vault's key is not a key.",
            hint="It is 44 characters of base64, made by 'dreflow vault rotate'.",
        ) from None


def _keyring() -> Keyring | None:
    """The operating system's keyring, where the optional library and a real backend are there."""
    try:
        ring = importlib.import_module("keyring")
        failing = importlib.import_module("keyring.backends.fail")
    except ImportError:
        return None
    return None if isinstance(ring.get_keyring(), failing.Keyring) else cast("Keyring", ring)


def _private(found: os.stat_result, path: Path) -> None:
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise AccessError(
            "The vault's key file can be read by others.",
            hint=f"Run: chmod 600 {path}",
            where={"file": str(path)},
            data={"mode": oct(stat.S_IMODE(found.st_mode))},
        )
    if found.st_uid != os.geteuid():
        raise AccessError("The vault's key file belongs to somebody else.", where={"file": str(path)})


def _write_private(path: Path, content: str) -> None:
    """Write beside, flush to disk, rename: a kill leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes the file with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
