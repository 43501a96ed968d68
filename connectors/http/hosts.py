"""Whether a key may be sent to an address: over https, or within a network of one's own."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_OWN = re.compile(r"[^.]+|.*\.(?:localhost|local|internal|intranet|lan|corp|home\.arpa)", re.IGNORECASE)


def is_private(host: str) -> bool:
    """Whether a host is this machine or in a network of one's own, as its address or its name says.

    A name without a dot, and those that end in what no registry gives away, are resolved nowhere else.
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return _OWN.fullmatch(host) is not None
    return found.is_loopback or found.is_private


def is_in_the_clear(url: str) -> bool:
    """Whether what is sent to this address can be read by others on its way."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not is_private(parts.hostname or "")
