"""The secrets of the Slack app: from the environment, else from the vault. Never in a log, an error or a ``repr``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

BOT_TOKEN, SIGNING_SECRET, APP_TOKEN = "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"
BASE_URL = "SLACK_API_URL"
"""Another address than Slack's own, such as that of a proxy; ends with ``/api/``."""


@dataclass(frozen=True)
class Keys:
    """What the app proves itself with. With ``signing_secret`` requests are taken, with ``app_token`` a socket."""

    bot_token: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    base_url: str = "https://slack.com/api/"


def keys(environ: Mapping[str, str] | None = None, vault: Callable[[str], str | None] | None = None) -> Keys | None:
    """The keys that are set; None without a bot token."""
    given = os.environ if environ is None else environ

    def look(name: str) -> str | None:
        return given.get(name, "").strip() or (vault(name) if vault is not None else None)

    token = look(BOT_TOKEN)
    if token is None:
        return None
    base_url = given.get(BASE_URL, "").strip() or Keys.base_url
    return Keys(token, look(SIGNING_SECRET), look(APP_TOKEN), base_url)


def vault_secret(name: str) -> str | None:
    """A secret of the vault."""
    from tools.connections import vault

    return vault().get(name)
