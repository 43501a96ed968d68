"""The address of a system: https, or http inside of one's own network; a part that nothing says is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.http.hosts import is_private
from spec.base import JsonValue
from spec.errors import DataError

_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")
_OWN_NETWORK = (
    r"http://(localhost|127(\.[0-9]{1,3}){3}|10(\.[0-9]{1,3}){3}|192\.168(\.[0-9]{1,3}){2}|"
    r"172\.(1[6-9]|2[0-9]|3[01])(\.[0-9]{1,3}){2}|\[::1\])(:[0-9]{1,5})?(/[^\s?#]*)?"
)
ADDRESS: Mapping[str, JsonValue] = {
    "title": "Address of the system",
    "help": "What all its addresses begin with. Give http:// only for a system in your own network.",
    "example": "https://api.example.com/v1",
    "pattern": rf"https://[^\s?#@]+|{_OWN_NETWORK}",
}


def base_of(said: str, given: str | None, where: Mapping[str, str | int]) -> tuple[str, str]:
    """The base URL of a draft and what says so; ``{url}`` in it is a setting that is asked for when connecting.

    ``given`` is a person's word and goes first. Raises DataError for an address that is not private and not https, or
    that holds a name and a password.
    """
    if given:
        return checked(given.rstrip("/"), {}), "you said so"
    if not said or said.startswith("/") or "://" not in said:
        path = said.rstrip("/") if said.startswith("/") else ""
        return "{url}" + path, "the description does not say the address: it is asked for when connecting"
    if said.startswith("{url}"):
        return said, "the description does not say the address: it is asked for when connecting"
    return checked(said, where), "the first address given"


def checked(url: str, where: Mapping[str, str | int]) -> str:
    """The address as it stands; DataError where no key may be sent to it."""
    bare = _PLACEHOLDER.sub("x", url)
    try:
        parts = urlsplit(bare)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s{}]", bare):
        raise DataError(f"{url[:100]!r} is no address of a system.", hint="Say it with --base-url.", where=where)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise DataError("The address holds a user or a password.", hint="Say it without with --base-url.", where=where)
    if parts.query or parts.fragment:
        raise DataError("The address holds parameters.", hint="Say it without with --base-url.", where=where)
    if parts.scheme == "http" and not is_private(host):
        raise DataError(
            f"{parts.scheme}://{host} is not https, so a key would be sent where others can read it.",
            hint="Say an address with https with --base-url.",
            where=where,
        )
    return url
