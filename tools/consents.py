"""Consents that people gave for connections: whether they are for writing, too, and how they are given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.contract import CONNECTORS, DECLARED
from memory.store import SavedConnection
from spec.errors import AccessError, ApprovalNeededError, SpecError, TransientError
from spec.pipeline import Pipeline
from tools import connections
from tools.context import Context
from tools.credentials import HeldCredentials, VaultCredentials

if TYPE_CHECKING:
    from connectors.http.auth.oauth2_code import Params
    from connectors.http.signing import Secrets

CONSENT = "oauth2_code"
ANYWAY = (
    "Nothing was deleted, so that its consent can still be ended. If the system is gone for good: "
    "dreflow forget connection {name} --yes --anyway"
)


def of(saved: SavedConnection) -> tuple[Params, Secrets] | None:
    """The system's endpoints and what the vault keeps of the consent; None for a connection that has no consent."""
    if saved.config.get("auth") != CONSENT or saved.secret is None:
        return None
    secrets = VaultCredentials(connections.vault(), saved.secret).get()
    proof = connections.system_of(saved.connector).proof(connections.trial(saved, HeldCredentials({})))
    return None if proof is None else (cast("Params", proof[1]), secrets)


def may_write(saved: SavedConnection) -> bool:
    """Whether what is sent through it can be let in, as far as is known here: a key's rights only the system knows."""
    from connectors.http.auth import oauth2_code

    found = of(saved)
    return found is None or oauth2_code.may_write(*found)


def check_rights(context: Context, spec: Pipeline) -> None:
    """AccessError for a plan that sends through a connection whose consent is for reading alone."""
    for send in spec.sends:
        saved = context.workspace.store.connection(send.connection) if send.connection is not None else None
        if saved is not None and not may_write(saved):
            raise read_only(saved.name)


def read_only(name: str) -> AccessError:
    """A connection through which nothing may be sent."""
    return AccessError(
        f"The connection {name!r} may read, and nothing may be sent through it.",
        hint=f"Connect it again and allow writing, too: dreflow connectors add {name} --write, or say “connect {name}” "
        "in the chat page.",
        data={"needs": "write", "connection": name},
    )


def to_give_back(saved: SavedConnection) -> str:
    """What ``given_back`` would do, in words; the system is not asked."""
    if saved.secret is None or not DECLARED.has(saved.connector):
        return _without_consent(saved)
    try:
        title = connections.system_of(saved.connector).definition.title
        found = of(saved)
    except AccessError:
        return ""
    except (ApprovalNeededError, SpecError):
        return _cannot_ask(saved.connector)
    if found is None:
        return _without_consent(saved)
    if not found[0].revoke_url:
        return _no_way(title)
    return f"{title} is told to end its consent."


def _without_consent(saved: SavedConnection) -> str:
    """What stays good where there is no consent to end."""
    if saved.secret is None:
        return ""
    if CONNECTORS.has(saved.connector):
        return "Its user and password are still good at the database, until they are changed there."
    if not DECLARED.has(saved.connector):
        return _cannot_ask(saved.connector)
    title = connections.system_of(saved.connector).definition.title
    return f"The key itself is yours and still good at {title}, until you delete it there."


def _no_way(title: str) -> str:
    return f"{title} has no way to end a consent from here. {_by_hand(title)}"


def _by_hand(title: str) -> str:
    return f"{title} still lets it in. End it there: its page for apps or keys that have access."


def _cannot_ask(title: str) -> str:
    return f"{title} was not asked to end what it gave. If it is still there: {_by_hand(title)}"


def given_back(saved: SavedConnection, *, anyway: bool = False) -> str:
    """Let the system end what it gave us, and say so; or say that only the person can.

    Raises TransientError where the system cannot be asked now, ApprovalNeededError or SpecError where its connector is
    not as it was approved; ``anyway`` says so in place of that, since a system may be gone for good.
    """
    try:
        return _given_back(saved)
    except (ApprovalNeededError, SpecError, TransientError) as error:
        if not anyway:
            error.hint = f"{error.hint} {ANYWAY.format(name=saved.name)}".strip()
            raise
        title = saved.connector
        if isinstance(error, TransientError):
            title = connections.system_of(saved.connector).definition.title
        return _cannot_ask(title)


def _given_back(saved: SavedConnection) -> str:
    from connectors.http.auth import oauth2_code
    from connectors.http.lines import line

    if saved.secret is None or not DECLARED.has(saved.connector):
        return _without_consent(saved)
    title = connections.system_of(saved.connector).definition.title
    try:
        found = of(saved)
    except AccessError:
        return f"The vault does not have its secrets any more. {_by_hand(title)}"
    if found is None:
        return _without_consent(saved)
    with line(title) as asks:
        try:
            done = oauth2_code.revoked(*found, asks.post)
        except AccessError:
            return f"{title} did not take the consent back. {_by_hand(title)}"
    return f"{title} was told to end its consent." if done else _no_way(title)
