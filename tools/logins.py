"""Passwords for the chat page and the API: set by whoever may, checked slowly, and locked when they are guessed."""

from __future__ import annotations

from datetime import datetime, timedelta

from memory.logins import LoginStore, StoredLogin
from memory.workspace import Workspace
from spec.errors import UsageError
from tools.context import Context

SHORTEST = 10
FREE_TRIES = 5
LONGEST_LOCK = timedelta(minutes=15)


def set_password(context: Context, principal: str, password: str, *, now: datetime) -> None:
    """Give a principal a password: one's own, or with the right 'admin' anybody's."""
    if principal != context.principal:
        context.need("admin")
    if principal not in context.workspace.store.principals():
        raise UsageError(
            f"{principal} has no rights here yet.", hint="Give them some first: dreflow people grant NAME ask."
        )
    if len(password) < SHORTEST:
        raise UsageError(
            f"That password is too short: {SHORTEST} characters or more.", hint="A few words make a good one."
        )
    from argon2 import PasswordHasher

    LoginStore(context.workspace.store).save(principal, PasswordHasher().hash(password), now=now)
    context.workspace.store.record(context.principal, "set password", principal, {}, now)


def verified(workspace: Workspace, principal: str, password: str, *, now: datetime) -> bool:
    """Whether this is the principal's password. After some wrong ones in a row, each further try has to wait.

    A name that is not known, or that has to wait, takes as long as any other, so that neither can be found out.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

    hasher, logins = PasswordHasher(), LoginStore(workspace.store)
    login = _counted(logins, principal, now)
    if login is None:
        hasher.hash(password)
        return False
    try:
        hasher.verify(login.password, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    logins.forgive(principal)
    return True


def _counted(logins: LoginStore, principal: str, now: datetime) -> StoredLogin | None:
    """The login to try, or None where there is none or it has to wait.

    The try counts as a failure before it is made, so that many at once are not more tries than one after the other.
    """
    while True:
        login = logins.get(principal)
        if login is None or (login.locked_until is not None and now < login.locked_until):
            return None
        failures = login.failures + 1
        wait = (
            min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 10)), LONGEST_LOCK)
            if failures >= FREE_TRIES
            else None
        )
        until = now + wait if wait is not None else None
        if logins.tried(principal, before=login.failures, failures=failures, locked_until=until):
            return login
