"""Saved connections: added, checked, looked into, and resolved to the places that connectors work on."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from connectors.contract import DECLARED, Discovered, Place, connector, names
from memory.store import SavedConnection
from spec.base import JsonValue
from spec.errors import AccessError, SpecError, UnsupportedError, UsageError, unknown_name
from spec.pipeline import Load, Pipeline, Send, Source
from spec.records import record
from tools.context import Context
from tools.credentials import VaultCredentials
from tools.locations import Location, database_kind, parse, with_password, without_password

if TYPE_CHECKING:
    from connectors.http.engine import Declared
    from connectors.http.signing import Credentials, Field
    from connectors.vault import Vault

_SHARED_SECONDS = 900
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,62}"


@record(frozen=True)
class Unit:
    """A connector as listed."""

    name: str
    can: tuple[str, ...]
    title: str = ""
    proof: str = ""
    """On what it has been tried: A a real server or file, B an emulator, C the vendor's own description in both
    directions, D examples of the vendor's documentation, E nothing independent. Below C it is not called tested.
    """


def vault() -> Vault:
    """The vault of this account, under DREFLOW_HOME (default ``~/.dreflow``)."""
    from connectors.vault import Vault

    return Vault(Path(os.environ.get("DREFLOW_HOME") or Path.home() / ".dreflow"))


def rotate_vault(context: Context, *, now: datetime) -> int:
    """Encrypt every secret with a fresh key; how many there are."""
    context.need("admin")
    count = vault().rotate()
    context.workspace.store.record(context.principal, "rotate vault", "vault", {"secrets": count}, now)
    return count


def units() -> Sequence[Unit]:
    """All connectors with what they can do."""
    return [_unit(name) for name in names()]


def _unit(name: str) -> Unit:
    can = connector(name).can
    if not DECLARED.has(name):
        return Unit(name, tuple(sorted(can)), proof="A")
    definition = system_of(name).definition
    takes = bool(definition.writes) or (definition.listed is not None and definition.listed.change is not None)
    return Unit(name, tuple(sorted([*can, *(["send"] if takes else [])])), definition.title, definition.proof.grade)


def saved(context: Context) -> Sequence[SavedConnection]:
    """The workspace's connections, without their secrets."""
    return context.workspace.store.connections()


def known(context: Context, name: str) -> SavedConnection:
    """One saved connection; SpecError with the nearest name when there is none."""
    found = context.workspace.store.connection(name)
    if found is None:
        raise unknown_name("saved connection", name, [item.name for item in saved(context)])
    return found


def add(context: Context, name: str, url: str, *, now: datetime, password: str | None = None) -> SavedConnection:
    """Save a connection under a name. A password, in the URL or as it is beside it, goes to the vault alone."""
    context.need("connect")
    _may_be_named(name)
    bare, inside = without_password(url)
    meant = parse(bare, base=Path.cwd())
    if meant.connector == "files":
        raise UsageError("A folder of files needs no connection.", hint="Name it with --data as it is.")
    secret = quote(password, safe="") if password is not None else inside
    reference = f"connection/{context.workspace.store.workspace}/{name}" if secret is not None else None
    config: dict[str, JsonValue] = {"location": meant.location} if meant.url is None else {"url": bare}
    connection = SavedConnection(name, meant.connector, config, reference)
    if secret is not None:
        vault().put(cast("str", connection.secret), secret)
    context.workspace.store.save_connection(connection, by=context.principal, now=now)
    return connection


def connect(
    context: Context,
    name: str,
    system: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    now: datetime,
    way: str | None = None,
) -> SavedConnection:
    """Save a connection to a system with an HTTP API. ``secrets`` go to the vault alone; nothing is sent yet.

    Raises UsageError for a name that cannot be one, SpecError for a setting that is missing, unknown or ill-formed.
    """
    context.need("connect")
    connection = settled(context, name, system, settings, way=way, secret=bool(secrets))
    # The values of the settings are looked at before anything is kept.
    _not_in_the_clear(connection, _of_connection(replace(connection, secret=None), Path.cwd()))
    return keep(context, connection, secrets, now=now)


def settled(
    context: Context, name: str, system: str, settings: Mapping[str, str], *, way: str | None, secret: bool
) -> SavedConnection:
    """What a connection to a system would be saved as; nothing is kept or sent. Raises what ``connect`` does."""
    _may_be_named(name)
    unit = system_of(system)
    known_settings = {**{key: one.pattern for key, one in unit.definition.settings.items()}, "base_url": ""}
    for key, value in settings.items():
        if key not in known_settings:
            raise unknown_name("setting", key, list(known_settings))
        if known_settings[key] and re.fullmatch(known_settings[key], value) is None:
            said = unit.definition.settings[key]
            raise SpecError(
                f"{value!r} cannot be the {said.title}.",
                hint=said.help or (f"It looks like {said.example}." if said.example else ""),
                where={"field": key},
            )
    chosen = unit.way_in(way)
    config: dict[str, JsonValue] = {"settings": dict(settings)}
    if chosen is not None:
        config["auth"] = chosen.use
    return SavedConnection(
        name, system, config, f"connection/{context.workspace.store.workspace}/{name}" if secret else None
    )


def _not_in_the_clear(connection: SavedConnection, place: Place) -> None:
    """Refuse a key for an address that settings lead to where others can read it, whichever setting says so."""
    from connectors.http.hosts import is_in_the_clear

    address = system_of(connection.connector).base(place)
    if connection.config.get("auth") not in {None, "none"} and is_in_the_clear(address):
        raise SpecError(
            "A key would be sent to this address where others can read it.",
            hint="Say it with https://. Plain http is for addresses within your own network.",
            where={"field": "url" if "url" in place.settings else "base_url"},
        )


def keep(
    context: Context, connection: SavedConnection, secrets: Mapping[str, str], *, now: datetime
) -> SavedConnection:
    """Save what ``settled`` gave, with its secrets in the vault."""
    context.need("connect")
    if connection.secret is not None:
        VaultCredentials(vault(), connection.secret).keep(secrets)
    # Another key may be another account's: what the one before was shown is none of its business.
    forget_pages(context, connection.name)
    context.workspace.store.save_connection(connection, by=context.principal, now=now)
    return connection


def forget_pages(context: Context, name: str) -> int:
    """Remove what questions were shown through a connection; how many folders of it there were."""
    folders = list(_pages(context).parent.glob(f"*/{name}"))
    for shared in folders:
        shutil.rmtree(shared)
    return len(folders)


def trial(connection: SavedConnection, credentials: Credentials, *, unknown: Sequence[str] = ()) -> Place:
    """Where a connection to a system leads, with other secrets than those that are saved for it.

    Settings that are ``unknown`` yet are empty. Raises SpecError for an address where a key can be read on its way.
    """
    place = _of_connection(replace(connection, secret=None), Path.cwd())
    place = replace(place, credentials=credentials, settings={**dict.fromkeys(unknown, ""), **place.settings})
    _not_in_the_clear(connection, place)
    return place


def system_of(name: str) -> Declared:
    """The connector of a system with an HTTP API; SpecError with the nearest name when there is none."""
    from connectors.http.engine import Declared

    if not DECLARED.has(name):
        raise unknown_name("system", name, DECLARED.names())
    return Declared.of(DECLARED.path(name))


def asked_for(name: str, way: str | None = None) -> Sequence[Field]:
    """The secrets that connecting a system takes, each with where to find it."""
    from connectors.http.signing import auth
    from connectors.spelling import parse_options

    chosen = system_of(name).way_in(way)
    if chosen is None:
        return ()
    unit = auth(chosen)
    return unit.fields(parse_options(unit.Params, chosen.params))


def _may_be_named(name: str) -> None:
    if re.fullmatch(NAME, name) is None:
        raise UsageError(
            f"{name!r} cannot be the name of a connection.", hint="Use letters, digits and underscores, as in shop_db."
        )


def kept(context: Context, item: str, *, base: Path, now: datetime) -> str:
    """A ``--data`` item as it may be stored: a path made absolute, a URL exchanged for a saved connection's name."""
    location = located(context, item, base=base)
    named = f"{location.name}=" if location.name else ""
    if location.connection is not None:
        return named + location.connection
    if location.url is None:
        path = Path(str(location.location))
        as_url = location.connector in {"sqlite", "duckdb"} and database_kind(path) != location.connector
        return named + (f"{location.connector}:///{path}" if as_url else str(path))
    bare, password = without_password(location.url)
    same = next((one for one in saved(context) if one.config.get("url") == bare), None)
    if same is not None and (password is None or (same.secret and vault().get(same.secret) == password)):
        return named + same.name
    # Whoever may not add a connection learns nothing of what can be reached from here.
    context.need("connect")
    # A mistyped password must not take the place of one that works.
    connector(location.connector).check(Place(location.connector, base, url=location.url))
    name = same.name if same is not None else _free_name(context, bare)
    return named + add(context, name, location.url, now=now).name


def located(context: Context, item: str, *, base: Path) -> Location:
    """One ``--data`` item, understood; paths start at ``base``."""
    return parse(item, base=base, connections=tuple(one.name for one in saved(context)))


def place(context: Context, location: Location, *, base: Path) -> Place:
    """Where a location is, with its password from the vault."""
    if location.connection is not None:
        return _of_connection(known(context, location.connection), base, _pages(context))
    return Place(location.connector, base, location=location.location, url=location.url)


def places(context: Context, base: Path) -> Callable[[Source | Load | Send], Place]:
    """Resolve sources, loads and sends of a spec whose relative paths start at ``base``."""

    def resolved(unit: Source | Load | Send) -> Place:
        if unit.connection is None:
            return Place(unit.connector, base, location=unit.location)
        found = _of_connection(known(context, unit.connection), base, _pages(context))
        if found.connector != unit.connector:
            raise UnsupportedError(
                f"{unit.connection!r} is a connection of {found.connector}, and the spec uses it as {unit.connector}.",
                hint="Name another connection, or plan again.",
            )
        return found

    return resolved


def check_hosts(context: Context, spec: Pipeline) -> None:
    """Refuse a spec that writes through a connection to a host it does not allow.

    A connection's name is in the spec and its address is not, so a name that leads elsewhere by now would take an
    approval with it.
    """
    for load in spec.loads:
        saved_one = context.workspace.store.connection(load.connection) if load.connection is not None else None
        url = saved_one.config.get("url") if saved_one is not None else None
        host = urlsplit(str(url)).hostname if url else None
        if host is not None and host not in spec.allow.hosts:
            raise SpecError(
                f"The connection {load.connection!r} leads to {host}, which is not among the hosts this spec allows.",
                hint="Add it to allow.hosts and approve that, or put the connection back to where it led.",
                where={"load": load.table},
                data={"what": "hosts", "unknown": host, "known": list(spec.allow.hosts), "add_to": "allow.hosts"},
            )

    for send in spec.sends:
        _check_sent_to(context, spec, send)


def _check_sent_to(context: Context, spec: Pipeline, send: Send) -> None:
    """A system's own address is the connector's; another one, which a setting gives, has to be allowed."""
    if send.connection is None:
        return
    there = _of_connection(known(context, send.connection), Path.cwd())
    host = urlsplit(there.settings.get("base_url") or there.settings.get("url") or "").hostname
    if host is not None and host not in spec.allow.hosts:
        raise SpecError(
            f"The connection {send.connection!r} leads to {host}, which is not among the hosts this spec allows.",
            hint="Add it to allow.hosts and approve that, or put the connection back to where it led.",
            where={"send": send.stream},
            data={"what": "hosts", "unknown": host, "known": list(spec.allow.hosts), "add_to": "allow.hosts"},
        )


def check(context: Context, name: str) -> str | None:
    """Reach a saved connection and prove its credentials; raises AccessError or TransientError.

    Gives what the system calls the account, where it says so.
    """
    context.need("ask")
    found = _of_connection(known(context, name), Path.cwd())
    if DECLARED.has(found.connector):
        return system_of(found.connector).account(found)
    connector(found.connector).check(found)
    return None


def discover(context: Context, item: str, *, base: Path) -> Sequence[Discovered]:
    """All tables of what ``item`` names."""
    from tools.data import offered

    context.need("ask")
    location = located(context, item, base=base)
    at = place(context, location, base=base)
    return [one for one, _ in offered(at)]


def address(connection: SavedConnection) -> str:
    """Where it leads, without its password."""
    if "settings" in connection.config:
        return system_of(connection.connector).base(_of_connection(replace(connection, secret=None), Path.cwd()))
    return str(connection.config.get("url") or connection.config.get("location") or "")


def wants_password(url: str) -> bool:
    """True for the address of a server that names a user and no password."""
    parts = urlsplit(url)
    return bool(parts.username) and parts.password is None and parts.scheme not in {"sqlite", "duckdb"}


def page(context: Context, name: str) -> str:
    """How a connector is used (its README), or what is known of a saved connection."""
    saved_one = context.workspace.store.connection(name)
    if saved_one is not None:
        secret = "its password is in the vault" if saved_one.secret else "without a password"
        return f"{saved_one.name}: {saved_one.connector}, {address(saved_one)}, {secret}."
    if DECLARED.has(name):
        return DECLARED.path(name).with_name("README.md").read_text(encoding="utf-8").rstrip()
    unit = connector(name)
    readme = Path(str(unit.__file__)).with_name("README.md") if hasattr(unit, "__file__") else None
    if readme is not None and readme.is_file():
        return readme.read_text(encoding="utf-8").rstrip()
    return f"{name} can {', '.join(sorted(unit.can))}."


def _of_connection(connection: SavedConnection, base: Path, pages: Path | None = None) -> Place:
    if "settings" in connection.config:
        stated = cast("dict[str, str]", connection.config["settings"])
        settings = {str(key): str(value) for key, value in stated.items()}
        if "auth" in connection.config:
            settings["auth"] = str(connection.config["auth"])
        return Place(
            connection.connector,
            base,
            connection=connection.name,
            settings=settings,
            credentials=VaultCredentials(vault(), connection.secret) if connection.secret is not None else None,
            pages=pages / connection.name if pages is not None else None,
        )
    if "url" not in connection.config:
        location = str(connection.config["location"])
        return Place(connection.connector, base, location=location, connection=connection.name)
    url = str(connection.config["url"])
    if connection.secret is not None:
        password = vault().get(connection.secret)
        if password is None:
            raise AccessError(
                f"The vault holds no password for the connection {connection.name!r}.",
                hint=f"Save it again: dreflow connectors add {connection.name} URL.",
            )
        url = with_password(url, password)
    return Place(connection.connector, base, connection=connection.name, url=url)


def _pages(context: Context) -> Path:
    """Where answers of systems are kept for the questions and plans of a quarter of an hour, so that each is asked for
    once. A run keeps its own.
    """
    folder = context.workspace.folder / "pages"
    slot = int(datetime.now(UTC).timestamp() // _SHARED_SECONDS)
    for old in folder.iterdir() if folder.is_dir() else ():
        # Who began with an older one may still be reading it.
        if old.name.isdigit() and int(old.name) < slot - 4:
            shutil.rmtree(old, ignore_errors=True)
    return folder / str(slot)


def _free_name(context: Context, url: str) -> str:
    """A name made of the database's, or the host's where it has none."""
    parts = urlsplit(url)
    wanted = re.sub(r"\W+", "_", parts.path.strip("/") or parts.hostname or "database").strip("_")[:50] or "database"
    wanted = wanted if re.fullmatch(NAME, wanted) else f"db_{wanted}"
    taken = {one.name.casefold() for one in saved(context)}
    name, number = wanted, 1
    while name.casefold() in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
