"""Connecting an account in the shell: what is asked for, a consent in the browser, and what was found."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from spec.errors import DreflowError, UsageError

if TYPE_CHECKING:
    import argparse

    from tools.connecting import Asked, Connected, Offer, Undecided
    from tools.context import Context
    from tools.found import Found

WAIT_SECONDS = 300.0
"""How long a consent is waited for."""


def connect(context: Context, args: argparse.Namespace, system: str) -> int:
    """Connect a system step by step; 0 once it was let in."""
    from integrations.cli import workspace
    from tools import connecting

    offer = connecting.offer(context, system, name=args.name, way=args.way)
    if args.write and not offer.may_write:
        raise UsageError(
            f"{offer.title} is not asked for rights to write in this way.",
            hint="A key has the rights that it was made with. Leave --write out.",
        )
    asking = sys.stdin.isatty() and not args.password_stdin
    settings = _settings(offer, args.set, asking=asking)
    if offer.consents:
        _tell_redirect(context, offer, args)
    secrets = {one.name: _secret(one, asking=asking) for one in offer.secrets}
    if offer.consents:
        done = _consented(context, offer, settings, secrets, args)
    else:
        done = connecting.with_key(
            context, system, offer.name, settings, secrets, now=workspace.now(None), way=offer.way
        )
    return _told(context, done, as_json=args.json)


def _settings(offer: Offer, stated: list[str], *, asking: bool) -> dict[str, str]:
    """Those of ``--set``, those asked for, and those of the connection that is connected again."""
    from integrations.cli import workspace

    settings: dict[str, str] = {}
    for item in stated:
        key, divided, value = item.partition("=")
        if not divided:
            raise UsageError(f"--set takes NAME=VALUE, not {item!r}.")
        settings[key] = value
    for one in offer.settings:
        if one.name in settings:
            continue
        if one.known is not None:
            if offer.again and one.known:
                settings[one.name] = one.known
            continue
        if asking:
            workspace.remark([one.help] if one.help else [])
            settings[one.name] = input(f"{one.title}{f' (e.g. {one.example})' if one.example else ''}: ").strip()
    return settings


def _secret(one: Asked, *, asking: bool) -> str:
    import getpass

    from integrations.cli import workspace

    if not asking:
        return sys.stdin.readline().rstrip("\n")
    workspace.remark([one.help] if one.help else [])
    kept = " (empty: as it is)" if one.known is not None else ""
    return getpass.getpass(f"{one.title}{kept}: ")


def _redirect(context: Context, args: argparse.Namespace) -> str:
    from tools import addresses

    address = addresses.of_page(context.workspace, port=args.port or addresses.PORT)
    if not addresses.is_loopback(address):
        raise UsageError(
            f"People are sent back to {address} after a consent, and this command does not listen there.",
            hint="Connect it in the chat page: say there what to connect.",
        )
    return addresses.consent(address)


def _tell_redirect(context: Context, offer: Offer, args: argparse.Namespace) -> None:
    from integrations.cli import workspace

    workspace.remark([f"Give {offer.title} this redirect address for your app: {_redirect(context, args)}"])


def _consented(
    context: Context, offer: Offer, settings: Mapping[str, str], client: Mapping[str, str], args: argparse.Namespace
) -> Connected:
    """Listen before anybody is sent away, open the page, and take up who comes back."""
    from integrations.cli import workspace
    from integrations.cli.listening import listening
    from tools import connecting
    from tools.connecting import Undecided

    redirect = _redirect(context, args)
    with listening(redirect) as comes_back:
        url = connecting.begin(
            context,
            offer.system,
            offer.name,
            settings,
            client,
            redirect=redirect,
            now=workspace.now(None),
            way=offer.way,
            write=True if args.write else None,
        )
        allow = "reading and writing" if args.write or offer.writes else "reading"
        workspace.remark([f"Open this page, sign in and allow {allow}:\n\n  {url}\n"])
        if not args.no_browser:
            _open(url)
        with comes_back(args.wait) as (query, answer):
            try:
                done = connecting.answered(context, query, now=workspace.now(None))
            except DreflowError as error:
                answer(error.message, error.hint)
                raise
            answer(
                "It is connected." if not isinstance(done, Undecided) else "One question is left.",
                "Go back to the shell.",
            )
    return done if not isinstance(done, Undecided) else _decided(context, done)


def _decided(context: Context, asked: Undecided) -> Connected:
    from integrations.cli import workspace
    from integrations.cli.render import safe
    from tools import connecting

    if not sys.stdin.isatty():
        offered = "; ".join(f"{value} ({words})" for value, words in asked.values)
        raise UsageError(
            f"{asked.title} is not clear: {safe(offered)}.", hint=f"Say which: --set {asked.setting}=VALUE."
        )
    for number, (_, words) in enumerate(asked.values, 1):
        print(f"  {number}  {safe(words)}")
    chosen = input(f"{asked.title} (its number): ").strip()
    if not chosen.isdigit() or not 1 <= int(chosen) <= len(asked.values):
        raise UsageError("That is not one of the list.", hint="Start again and give a number of the list.")
    value = asked.values[int(chosen) - 1][0]
    return connecting.decided(context, asked.ticket, value, now=workspace.now(None))


def _open(url: str) -> None:
    """Show the page where there is a browser with a window; a browser in this terminal would take it over."""
    import os
    import webbrowser

    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def _told(context: Context, done: Connected, *, as_json: bool) -> int:
    """What was found, and where to go next."""
    from integrations.cli import workspace
    from tools.found import found

    seen: Found | None = None
    problem: DreflowError | None = None
    try:
        seen = found(context, done.name)
    except DreflowError as error:
        problem = error
    if as_json:
        workspace.print_json(_plain(context, done, seen))
    else:
        account = f" as {done.account}" if done.account else ""
        print(f"{done.title} is connected{account}, under the name {done.name}; its secrets are in the vault.")
        for name in done.resumed:
            print(f"{name} runs by itself again.")
        if seen is not None:
            _print_seen(seen)
        print(f'Ask it:  dreflow ask "how many ..." --data {done.name}')
    if problem is not None:
        workspace.remark([f"What it sees could not be looked at yet: {problem}"])
    return 0


def _print_seen(seen: Found) -> None:
    from integrations.cli import workspace
    from integrations.cli.render import cell, is_number, safe, table

    print(f"This connector: {seen.tried}.\n")
    if seen.tables:
        rows = [[one.name, str(one.columns), safe(one.description)] for one in seen.tables]
        print(table(["table", "columns", ""], rows, right=[False, True, False]))
    if seen.preview is not None:
        kinds = seen.preview.types
        shown = [[cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in seen.preview.rows]
        print(f"\nThe first rows of {seen.preview_of}:")
        print(table(seen.preview.names, shown, right=[is_number(kind) for kind in kinds]))
    print()
    workspace.remark(list(seen.remarks))


def _plain(context: Context, done: Connected, seen: Found | None) -> dict[str, object]:
    from tools import connections

    saved = connections.known(context, done.name)
    plain: dict[str, object] = {"name": done.name, "connector": done.system, **saved.config, "account": done.account}
    plain["resumed"] = list(done.resumed)
    if seen is not None:
        plain["tried"] = seen.tried
        plain["tables"] = [{"name": one.name, "columns": one.columns} for one in seen.tables]
        plain["preview"] = {
            "table": seen.preview_of,
            "columns": list(seen.preview.names) if seen.preview else [],
            "rows": [list(row) for row in seen.preview.rows] if seen.preview else [],
        }
    return plain
