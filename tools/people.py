"""Who may do what in a workspace: rights are given and taken by name, each change on the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from memory.logins import LoginStore
from memory.store import SavedPrincipal
from spec.errors import UsageError, unknown_name
from tools.context import ALL_RIGHTS, Context, Right

Kind = Literal["person", "service"]


@dataclass(frozen=True)
class Granted:
    """A principal's rights after a change; ``founder`` names who got all of them so as not to be locked out."""

    principal: SavedPrincipal
    founder: str | None = None


def known(context: Context) -> Sequence[SavedPrincipal]:
    """Everyone with rights here. While there is nobody, whoever opens the workspace may do all."""
    context.need("ask")
    return context.workspace.store.people()


def grant(context: Context, name: str, rights: Sequence[str], *, kind: Kind | None = None, now: datetime) -> Granted:
    """Give a principal further rights; ``all`` stands for each of them.

    The first grant ends the time in which everyone may do all, so whoever makes it is given all rights by it.
    """
    context.need("admin")
    who, wanted = _named(name), _rights(rights)
    store = context.workspace.store
    with store.database.transaction():
        people = {one.name: one for one in store.people()}
        founder = context.principal if not people else None
        if founder is not None:
            store.save_principal(founder, frozenset(ALL_RIGHTS), by=context.principal, now=now)
            people = {one.name: one for one in store.people()}
        before = people.get(who)
        has = (before.rights if before else frozenset()) | wanted
        store.save_principal(
            who, has, kind=kind or (before.kind if before else "person"), by=context.principal, now=now
        )
        after = next(one for one in store.people() if one.name == who)
    return Granted(after, founder if founder != who else None)


def revoke(context: Context, name: str, rights: Sequence[str], *, now: datetime) -> SavedPrincipal:
    """Take rights away, all of them when none is named. UsageError where nobody could give rights any more."""
    context.need("admin")
    store = context.workspace.store
    with store.database.transaction():
        people = {one.name: one for one in store.people()}
        before = people.get(_named(name))
        if before is None:
            raise unknown_name("principal", name, sorted(people))
        left = before.rights - (_rights(rights) if rights else ALL_RIGHTS)
        others = any("admin" in one.rights for one in people.values() if one.name != before.name)
        if "admin" not in left and not others:
            raise UsageError(
                f"{before.name} is the last who can give rights here.",
                hint="Give the right to someone else first: dreflow people grant NAME admin.",
            )
        store.save_principal(before.name, left, kind=before.kind, by=context.principal, now=now)
        if not left:
            # Whoever may do nothing here has no use for a password, and none to find again if they come back.
            LoginStore(store).remove(before.name)
        return next(one for one in store.people() if one.name == before.name)


def _named(name: str) -> str:
    who = name.strip()
    if not who or not who.isprintable() or len(who) > 120:
        raise UsageError("Whose rights?", hint="Give the name of an account, as 'whoami' prints it.")
    return who


def _rights(names: Sequence[str]) -> frozenset[Right]:
    found: set[Right] = set()
    for name in names:
        if name == "all":
            found |= ALL_RIGHTS
        elif name in ALL_RIGHTS:
            found.add(name)
        else:
            raise unknown_name("right", name, [*sorted(ALL_RIGHTS), "all"])
    if not found:
        raise UsageError("Which rights?", hint=f"Name some of {', '.join(sorted(ALL_RIGHTS))}, or all.")
    return frozenset(found)
