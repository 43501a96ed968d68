"""A process that uses a connection's consent as a run does, and may kill itself at a named moment.

Called as ``renewing.py HOME BASE DEATH``; says on stdout what it ended with: the access token's first characters of its
hash, or the error as JSON. DEATH is ``never``, ``answered`` (the system has answered, nothing is stored), ``stored``,
or ``asked`` (before anything is sent).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from consent_server import post

from connectors.http import signing
from connectors.http.auth import oauth2_code
from connectors.http.definition import Unit
from connectors.vault import Vault
from spec.errors import DreflowError
from tools.credentials import VaultCredentials

NAME = "connection/w1/shop"
WAY = signing.auth(Unit(use="oauth2_code"))


def params(base: str) -> oauth2_code.Params:
    """The way to prove who asks, at a system of this machine."""
    return oauth2_code.Params(
        authorize_url=f"{base}/authorize", token_url=f"{base}/token", scopes=("orders.read", "offline")
    )


def mark(secrets: signing.Secrets) -> str:
    """Tells tokens apart without showing them."""
    return hashlib.sha256(secrets["access_token"].encode()).hexdigest()[:12]


class KilledVault(Vault):
    """Its process ends right after something was stored."""

    def put(self, name: str, secret: str) -> None:
        super().put(name, secret)
        os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, base: str, death: str) -> None:
    """Read, be refused, renew."""

    def ask(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
        if death == "asked":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = post(url, form, headers)
        if death == "answered":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    vault = (KilledVault if death == "stored" else Vault)(Path(home), environ={})
    credentials = VaultCredentials(vault, NAME)
    used = credentials.get()
    # Both have read the same before either goes on.
    sys.stdout.write("read\n")
    sys.stdout.flush()
    sys.stdin.readline()
    change = signing.renewal(WAY, params(base), used, ask, lambda: datetime.now(UTC))
    try:
        sys.stdout.write(mark(credentials.renew(change)) + "\n")
    except DreflowError as error:
        sys.stdout.write(json.dumps(error.to_json()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
