"""Connecting an account, step by step, alike in the shell, the chat page, over HTTP and in Slack.

``offer`` says what a system needs. Where that is a key, ``with_key`` tries and saves it. Where a person has to consent,
``begin`` gives the page to open and ``answered`` takes them up again when they come back; what the system tells only
then, such as which of several organisations is meant, is asked with ``Undecided`` and settled with ``decided``. Nothing
is saved before a check call went through. ``found`` says what a saved connection can see.

A secret goes from where it is typed to the system and to the vault, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from connectors.contract import DECLARED
from memory.store import SavedConnection
from memory.workspace import Workspace
from spec.errors import AccessError, SpecError, UsageError
from spec.records import record
from tools import connections, consents, lapses, passes
from tools.connections import system_of
from tools.consents import CONSENT
from tools.context import Context
from tools.credentials import HeldCredentials, Hidden, VaultCredentials
from tools.tickets import Content, Tickets, digest_of, new_secret

if TYPE_CHECKING:
    from connectors.http.auth.oauth2_code import Params as ConsentParams
    from connectors.http.definition import Unit
    from connectors.http.engine import Declared

LIFE = timedelta(minutes=15)
"""How long somebody may take on a system's own page, or over a choice."""


@record(frozen=True)
class Asked:
    """Something a person is asked for. ``known`` is what it is without an answer; of a secret only whether there is."""

    name: str
    title: str
    help: str = ""
    example: str = ""
    known: str | None = None
    choices: tuple[str, ...] = ()


@record(frozen=True)
class Offer:
    """What connecting a system takes.

    With ``consents`` a person says yes on a page of the system's, at the host ``consents_at`` where that is known.
    """

    system: str
    title: str
    description: str
    name: str
    way: str | None
    ways: tuple[tuple[str, str], ...]
    """All ways to prove who asks, each with what is asked for."""
    settings: tuple[Asked, ...]
    secrets: tuple[Asked, ...]
    consents: bool
    consents_at: str
    grade: str
    again: bool
    """A connection of this name is there, and will be this one."""
    may_write: bool = False
    """The rights to write are asked for apart, where somebody wants to send."""
    writes: bool = False
    """The connection that is connected again may write."""


@record(frozen=True)
class Connected:
    """A connection that was tried and saved. ``resumed`` are the pipelines that run by themselves again."""

    name: str
    system: str
    title: str
    account: str | None
    resumed: tuple[str, ...]
    thread: str | None = None


@record(frozen=True)
class Undecided:
    """The system offers several values for a setting; ``ticket`` settles which, once."""

    ticket: str
    setting: str
    title: str
    values: tuple[tuple[str, str], ...]
    thread: str | None = None


@record(frozen=True)
class Open:
    """A consent that somebody began; ``by_pass`` when they proved who they are with a pass, and not with a login."""

    by: str
    system: str
    name: str
    thread: str
    by_pass: bool


def systems() -> Sequence[str]:
    """The names of all systems that can be connected."""
    return DECLARED.names()


def offer(context: Context, system: str, *, name: str | None = None, way: str | None = None) -> Offer:
    """What connecting a system takes, under a name that is free or, to connect it again, that of its connection.

    Raises SpecError with the nearest name where there is no such system or way.
    """
    context.need("connect")
    unit = system_of(system)
    before = _before(context, unit, name) if name is not None else None
    chosen = unit.way_in(
        way or (str(before.config["auth"]) if before is not None and "auth" in before.config else None)
    )
    kept = (
        _kept(before) if before is not None and chosen is not None and before.config.get("auth") == chosen.use else {}
    )
    stated = cast("Mapping[str, str]", before.config["settings"]) if before is not None else {}
    told = _tells(unit, chosen)
    settings = tuple(
        Asked(key, one.title, one.help, one.example, stated.get(key, one.default), tuple(one.choices))
        for key, one in unit.definition.settings.items()
        if key not in told
    )
    if "base_url" in stated:
        # Who went to another address goes there again: what is typed now is meant for that one.
        settings += (Asked("base_url", "Address", "Where all requests go.", known=stated["base_url"]),)
    secrets = tuple(
        Asked(field.name, field.title, field.help, known="" if field.name in kept else None)
        for field in connections.asked_for(system, chosen.use if chosen is not None else None)
    )
    return Offer(
        system=system,
        title=unit.definition.title,
        description=unit.definition.description,
        name=name or _free(context, system),
        way=chosen.use if chosen is not None else None,
        ways=tuple((one.use, _in_words(system, one.use)) for one in unit.definition.auth),
        settings=settings,
        secrets=secrets,
        consents=_is_consent(chosen),
        consents_at=_host(chosen),
        grade=unit.definition.proof.grade,
        again=before is not None,
        may_write=_is_consent(chosen) and bool(chosen is not None and chosen.params.get("write_scopes")),
        writes=before is not None and _writes(before),
    )


def with_key(
    context: Context,
    system: str,
    name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    now: datetime,
    way: str | None = None,
    thread: str | None = None,
) -> Connected:
    """Try what was typed and save it. Raises AccessError, and saves nothing, where the system does not let us in.

    A secret that is left out stays as it was, as long as all else leads where it led.
    """
    context.need("connect")
    unit = system_of(system)
    if _is_consent(unit.way_in(way)):
        raise UsageError(f"{unit.definition.title} is connected on its own page.", hint="Begin there.")
    whole = _filled(context, unit, name, settings, secrets, way)
    connection = connections.settled(context, name, system, settings, way=way, secret=bool(whole))
    return _saved(context, connection, whole, now=now, thread=thread)


def begin(
    context: Context,
    system: str,
    name: str,
    settings: Mapping[str, str],
    client: Mapping[str, str],
    *,
    redirect: str,
    now: datetime,
    way: str | None = None,
    thread: str | None = None,
    browser: str = "",
    by_pass: str = "",
    write: bool | None = None,
) -> str:
    """The page on which a person consents. ``client`` is the app that they registered with the system.

    Rights to read are asked for, and with ``write`` those to write; None asks for what the connection has, if it is
    there.

    What was begun is kept encrypted for a quarter of an hour, for this principal and, where ``browser`` is given, for
    who has that secret of theirs. A pass that proved who they are ends with it.
    """
    from connectors.http.auth import oauth2_code

    context.need("connect")
    unit = system_of(system)
    chosen = unit.way_in(way)
    if not _is_consent(chosen):
        raise UsageError(
            f"{unit.definition.title} is connected with a key.", hint="Give the key in place of a consent."
        )
    whole = _filled(context, unit, name, settings, client, way)
    app = {field.name: whole[field.name] for field in connections.asked_for(system, way)}
    state, verifier = new_secret(), new_secret()
    params = _params(context, unit, name, settings, chosen)
    before = _before(context, unit, name)
    writes = write if write is not None else before is not None and _writes(before)
    url = oauth2_code.consent_url(params, app, redirect, state, verifier, write=writes)
    begun = {
        "system": system,
        "name": name,
        "way": CONSENT,
        "settings": json.dumps(dict(settings)),
        "client": json.dumps(app),
        "redirect": redirect,
        "verifier": verifier,
        "by": context.principal,
        "thread": thread or "",
        "browser": digest_of(browser) if browser else "",
        "by_pass": by_pass,
        "write": "yes" if writes else "",
    }
    _consents(context.workspace).give(state, begun, now=now, life=LIFE)
    return url


def still_open(workspace: Workspace, secret: str, *, now: datetime) -> Open | None:
    """What a state or a choice belongs to; None where it was used, is too old or was never given out."""
    found = _consents(workspace).look(secret, now=now) if secret else None
    if found is None:
        return None
    return Open(found["by"], found["system"], found["name"], found["thread"], bool(found["by_pass"]))


def answered(context: Context, query: Mapping[str, str], *, now: datetime, browser: str = "") -> Connected | Undecided:
    """Take up somebody who comes back from the system's page with that query. Good once.

    Raises AccessError where it is not theirs, is no longer open, or is no consent; nothing is saved then.
    """
    from connectors.http.auth import oauth2_code
    from connectors.http.lines import line

    context.need("connect")
    state = query.get("state", "")
    begun = _taken(context, state, browser, now)
    unit = system_of(begun["system"])
    settings = json.loads(begun["settings"])
    params = _params(context, unit, begun["name"], settings, unit.way_in(begun["way"]))
    answer = oauth2_code.answered(params, query, state)
    with line(unit.definition.title) as asks:
        secrets = oauth2_code.exchanged(
            params,
            json.loads(begun["client"]),
            answer.code,
            begun["verifier"],
            begun["redirect"],
            asks.post,
            now,
            kept=answer.kept,
            write=bool(begun["write"]),
        )
        for setting in params.tells:
            if settings.get(setting):
                continue
            values = oauth2_code.choices(params, secrets, setting, asks.get, now)
            if len(values) > 1:
                return _undecided(context, unit, begun, setting, values, secrets, now)
            if not values:
                raise AccessError(
                    f"{unit.definition.title} shows nothing that this consent is for.",
                    hint="Connect again and choose what may be read on its page.",
                )
            settings[setting] = values[0][0]
    return _concluded(context, begun, settings, secrets, now=now)


def decided(context: Context, ticket: str, value: str, *, now: datetime, browser: str = "") -> Connected:
    """Settle what was ``Undecided``. Raises UsageError for a value that was not offered."""
    context.need("connect")
    found = _consents(context.workspace).look(ticket, now=now)
    if found is not None and value not in json.loads(found.get("values", "{}")):
        raise UsageError("That was not among what was offered.", hint="Choose one of the list.")
    begun = _taken(context, ticket, browser, now)
    settings = {**json.loads(begun["settings"]), begun["setting"]: value}
    return _concluded(context, begun, settings, json.loads(begun["secrets"]), now=now)


def _undecided(
    context: Context,
    unit: Declared,
    begun: Content,
    setting: str,
    values: Sequence[tuple[str, str]],
    secrets: Mapping[str, str],
    now: datetime,
) -> Undecided:
    ticket = new_secret()
    kept = {**begun, "secrets": json.dumps(dict(secrets)), "setting": setting, "values": json.dumps(dict(values))}
    _consents(context.workspace).give(ticket, kept, now=now, life=LIFE)
    title = unit.definition.settings[setting].title
    return Undecided(ticket, setting, title, tuple(values), begun["thread"] or None)


def _concluded(
    context: Context, begun: Content, settings: Mapping[str, str], secrets: Mapping[str, str], *, now: datetime
) -> Connected:
    name, system = begun["name"], begun["system"]
    connection = connections.settled(context, name, system, settings, way=begun["way"], secret=True)
    done = _saved(context, connection, secrets, now=now, thread=begun["thread"] or None)
    if begun["by_pass"]:
        passes.use_up(context.workspace, begun["by_pass"])
    return done


def _saved(
    context: Context, connection: SavedConnection, secrets: Mapping[str, str], *, now: datetime, thread: str | None
) -> Connected:
    """Let the system say whether we may come in; then keep what was tried, and let go on what waited for it."""
    unit = system_of(connection.connector)
    held = HeldCredentials(secrets)
    account = unit.account(connections.trial(connection, held))
    connections.keep(context, connection, held.get(), now=now)
    resumed = lapses.over(context, connection.name, now=now)
    return Connected(connection.name, connection.connector, unit.definition.title, account, tuple(resumed), thread)


def _taken(context: Context, secret: str, browser: str, now: datetime) -> Content:
    """What a state or a choice stands for, used up. What is not theirs stays open for whose it is."""
    open_ones = _consents(context.workspace)
    begun = open_ones.look(secret, now=now) if secret else None
    if begun is None:
        raise AccessError(
            "This page is no longer open: it was used already, it waited too long, or it was not begun here.",
            hint="Nothing was saved by it. Start connecting again.",
            data={"needs": "consent"},
        )
    own = not begun["browser"] or begun["browser"] == digest_of(browser)
    if begun["by"] != context.principal or not own:
        raise AccessError(
            "Somebody else, or another browser, began to connect this.",
            hint="Nothing was saved. Come back in the browser in which you began, or start again in this one.",
            data={"needs": "consent"},
        )
    if not open_ones.take(secret):
        raise AccessError(
            "This page was used already.", hint="Nothing more was saved by it.", data={"needs": "consent"}
        )
    return Hidden(begun)


def _consents(workspace: Workspace) -> Tickets:
    return Tickets(connections.vault(), workspace.store.workspace, "consent")


def _filled(
    context: Context,
    unit: Declared,
    name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    way: str | None,
) -> dict[str, str]:
    """All secrets that are asked for: those typed, and those kept where all else is as it was.

    A key that is kept must not be sent where its owner never meant it to go.
    """
    chosen = unit.way_in(way)
    before = _before(context, unit, name)
    told = _tells(unit, chosen)
    same = (
        before is not None
        and chosen is not None
        and before.config.get("auth") == chosen.use
        and _settings(before, told) == {key: value for key, value in settings.items() if key not in told}
    )
    kept = _kept(before) if before is not None and same else {}
    whole: dict[str, str] = {}
    for field in connections.asked_for(unit.name, chosen.use if chosen is not None else None):
        value = secrets.get(field.name, "").strip() or kept.get(field.name, "")
        if not value:
            raise SpecError(
                f"The {field.title} is missing.",
                hint=field.help or "Type it in the masked field.",
                where={"field": field.name},
            )
        whole[field.name] = value
    return whole


def _settings(connection: SavedConnection, without: Sequence[str]) -> dict[str, str]:
    stated = cast("Mapping[str, str]", connection.config["settings"])
    return {key: value for key, value in stated.items() if key not in without}


def _before(context: Context, unit: Declared, name: str) -> SavedConnection | None:
    """The connection that is connected again; UsageError where the name is another system's."""
    found = context.workspace.store.connection(name)
    if found is not None and found.connector != unit.name:
        raise UsageError(
            f"{name!r} is a connection of {found.connector} already.", hint="Choose another name for this one."
        )
    return found


def _kept(connection: SavedConnection) -> Mapping[str, str]:
    if connection.secret is None:
        return {}
    try:
        return VaultCredentials(connections.vault(), connection.secret).get()
    except AccessError:
        # The vault lost it or does not open; then everything is asked for.
        return {}


def _free(context: Context, system: str) -> str:
    taken = {one.name.casefold() for one in connections.saved(context)}
    name, number = system, 1
    while name.casefold() in taken:
        number += 1
        name = f"{system}_{number}"
    return name


def _writes(connection: SavedConnection) -> bool:
    """Whether a consent that is there includes the rights to write."""
    try:
        found = consents.of(connection)
    except AccessError:
        return False
    from connectors.http.auth import oauth2_code

    return found is not None and bool(found[0].write_scopes) and oauth2_code.may_write(*found)


def _is_consent(chosen: Unit | None) -> bool:
    return chosen is not None and chosen.use == CONSENT


def _tells(unit: Declared, chosen: Unit | None) -> tuple[str, ...]:
    """Settings that the system itself tells after the consent."""
    told = chosen.params.get("tells", {}) if chosen is not None and _is_consent(chosen) else {}
    return tuple(name for name in unit.definition.settings if isinstance(told, dict) and name in told)


def _host(chosen: Unit | None) -> str:
    if chosen is None or not _is_consent(chosen):
        return ""
    return urlsplit(str(chosen.params["authorize_url"])).netloc


def _params(
    context: Context, unit: Declared, name: str, settings: Mapping[str, str], chosen: Unit | None
) -> ConsentParams:
    """The system's endpoints, with the connection's settings in them; those that it tells are not known yet."""
    assert chosen is not None, "a consent is a way to prove who asks"
    connection = connections.settled(context, name, unit.name, settings, way=chosen.use, secret=False)
    place = connections.trial(connection, HeldCredentials({}), unknown=_tells(unit, chosen))
    proof = unit.proof(place)
    assert proof is not None
    return cast("ConsentParams", proof[1])


def _in_words(system: str, way: str) -> str:
    if way == CONSENT:
        return "sign in on its own page"
    asked = [field.title for field in connections.asked_for(system, way)]
    return ", ".join(asked) or "nothing secret"
