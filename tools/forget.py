"""Forgetting: what is deleted is gone from every place that remembers, and the trail keeps only that it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from spec.errors import BusyError, UsageError, unknown_name
from spec.registry import Shelf
from tools import connections, conversations, preferences
from tools.context import Context

PLACES = Shelf("tools.forgetting", "place that remembers")
_OWN = frozenset({"workspace.json", "dreflow.db", "dreflow.db-wal", "dreflow.db-shm"})


@dataclass(frozen=True)
class Forgotten:
    """What was removed, as place to number of things.

    ``scrubbed`` is False when another program kept the store's files from being written anew: the rows are deleted, and
    their bytes go with the next ``traces``. ``kept_in`` names approved plans that hold a forgotten definition: a plan
    is what was approved. ``left`` are files in the workspace's folder that are none of ours. ``told`` is what became of
    it elsewhere, and what a person has to do there. ``paused`` are pipelines that do not run by themselves any more.
    """

    what: Literal["thread", "definition", "preference", "connection", "workspace", "traces"]
    name: str
    removed: dict[str, int] = field(default_factory=dict)
    scrubbed: bool = True
    kept_in: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    told: str = ""
    paused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stops:
    """What cannot go on without a connection.

    ``paused`` run by themselves now, ``others`` are approved and run when somebody asks. ``elsewhere`` is what becomes
    of the key or the consent at the system.
    """

    paused: tuple[str, ...]
    others: tuple[str, ...]
    elsewhere: str


def thread(context: Context, thread_id: str, *, now: datetime) -> Forgotten:
    """Forget a conversation: one's own, or with the right 'admin' any."""
    from memory import erasure

    context.need("ask")
    store = context.workspace.store
    about = conversations.of(context).about(thread_id)
    if about is None:
        raise UsageError(f"There is no conversation {thread_id!r} in this workspace.")
    if about.created_by != context.principal:
        context.need("admin")
    if conversations.of(context).is_held(thread_id):
        raise BusyError(
            "Somebody is being answered in this conversation.", hint="Stop that, or wait for it, and delete it then."
        )
    removed = _asked("thread", context, thread_id)
    removed["store"] = erasure.erase_thread(store, thread_id, by=context.principal, now=now)
    return Forgotten("thread", thread_id, removed, erasure.scrub(store))


def definition(context: Context, name: str, *, now: datetime) -> Forgotten:
    """Forget all versions of what a word means here."""
    from memory import erasure

    context.need("admin")
    store = context.workspace.store
    if not store.definition_versions(name):
        raise unknown_name("definition", name, list(store.definitions()))
    kept = [version.pipeline for version in store.specs(1000) if _uses(context, version.digest, name)]
    removed = _asked("definition", context, name)
    removed["store"] = erasure.erase_definition(store, name, by=context.principal, now=now)
    return Forgotten("definition", name, removed, erasure.scrub(store), kept_in=tuple(dict.fromkeys(kept)))


def preference(context: Context, name: str) -> Forgotten:
    """Forget what this person prefers."""
    from memory import erasure

    gone = preferences.reset(context, name)
    return Forgotten("preference", name, {"store": int(gone)}, erasure.scrub(context.workspace.store))


def stops(context: Context, name: str) -> Stops:
    """What forgetting a connection would stop; nothing is changed or asked of the system."""
    from tools import consents, lapses, pipelines

    context.need("connect")
    saved = connections.known(context, name)
    using = lapses.using(context, name)
    by_itself = {schedule.pipeline for schedule, _ in using}
    approved = (
        (one.name, context.workspace.store.spec(one.spec_digest))
        for one in pipelines.approved(context)
        if one.name not in by_itself
    )
    return Stops(
        tuple(schedule.pipeline for schedule, _ in using if not schedule.paused),
        tuple(pipeline for pipeline, spec in approved if spec is not None and name in lapses.connections_of(spec)),
        consents.to_give_back(saved),
    )


def connection(context: Context, name: str, *, now: datetime, anyway: bool = False) -> Forgotten:
    """Forget a saved connection with its secrets; a consent is given back to the system first, where it takes it.

    What runs by itself through it is paused, and says so where it was made. Raises TransientError, with everything as
    it was, where the system cannot be asked now; with ``anyway`` it goes all the same, and it is told what may be left.
    """
    from memory import erasure
    from tools import consents, lapses

    context.need("connect")
    saved = connections.known(context, name)
    told = consents.given_back(saved, anyway=anyway)
    paused = tuple(lapses.forgotten(context, name, now=now))
    removed = {"secrets": int(saved.secret is not None and connections.vault().delete(saved.secret))}
    removed["pages"] = connections.forget_pages(context, name)
    removed["store"] = erasure.erase_connection(context.workspace.store, name, by=context.principal, now=now)
    scrubbed = erasure.scrub(context.workspace.store)
    return Forgotten("connection", name, removed, scrubbed, told=told, paused=paused)


def workspace(context: Context, *, now: datetime) -> Forgotten:
    """Forget everything of this workspace. Its folder stays, with an empty store whose trail says so."""
    from memory import erasure

    context.need("admin")
    here = context.workspace
    store, folder = here.store, here.folder
    removed = _asked("workspace", context)
    removed["store"] = erasure.erase_workspace(store, name=folder.resolve().parent.name, by=context.principal, now=now)
    (folder / "workspace.json").write_text(json.dumps({"id": store.workspace}) + "\n", encoding="utf-8")
    left = tuple(sorted(path.name for path in folder.iterdir() if path.name not in _OWN))
    return Forgotten("workspace", str(folder), removed, erasure.scrub(store, whole=True), left=left)


def traces(context: Context) -> Forgotten:
    """Write the store's files anew, where an earlier forgetting could not."""
    from memory import erasure

    context.need("ask")
    return Forgotten("traces", "", {}, erasure.scrub(context.workspace.store, whole=True))


def _asked(what: str, context: Context, *arguments: str) -> dict[str, int]:
    """Every place beside the store, before the store itself: a crash in between can be made good by asking again."""
    removed: dict[str, int] = {}
    # Runs come before what a run at work would still need.
    for name in sorted(PLACES.names(), key=lambda name: (name != "runs", name)):
        forget = cast("Callable[..., int] | None", getattr(PLACES.load(name), what, None))
        if forget is not None:
            removed[name] = forget(context, *arguments)
    return removed


def _uses(context: Context, digest: str, name: str) -> bool:
    spec = context.workspace.store.spec(digest)
    return spec is not None and name in spec.definitions
