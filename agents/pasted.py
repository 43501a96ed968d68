"""Keys that somebody writes into a conversation: known by how they begin or by what is said of them, and never kept.

What begins as a system says its keys do is one, wherever it stands. What only looks like a key is one where the message
speaks of a key, or is nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from agents import replies
from connectors.contract import DECLARED
from spec.errors import UsageError
from tools import connections
from tools.context import Context

SHORTEST, SHORTEST_KNOWN = 20, 12
_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.:~%]{12,}")
_SPOKEN_OF = re.compile(
    r"\b(?:api|access|secret|private|bearer)[ _-]?(?:key|token)s?\b"
    r"|\b(?:key|token|secret|password|passphrase|credential)s?\b"
    r"|\b(?:schl[uü]ssel|kennwort|passwort|chiave|contrase[nñ]a|clave|cl[eé]|mot de passe)\b",
    re.IGNORECASE,
)
# How keys of other vendors begin, whose connector may come later; none of these begins a word.
_ELSEWHERE = (
    "sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "xoxb-", "xoxp-", "xoxa-", "xapp-", "ghp_", "gho_",
    "github_pat_", "glpat-", "shpat_", "shpss_", "shpca_", "pat-na1-", "pat-eu1-", "AKIA", "ASIA", "AIza", "ya29.",
    "eyJhbGciOi", "SG.", "EAAC", "GOCSPX-", "dop_v1_", "npm_", "pypi-", "sq0atp-", "key-",
)  # fmt: skip


_GONE = re.compile(r"\[a (?:key of (\w+)|key|password) that was not kept\]")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]+):([^\s@/]+)(?=@)")


def without_keys(text: str) -> str:
    """The message as it may be kept, with words in place of each key and of each password in an address."""
    text = _PASSWORD.sub(r"\1:[a password that was not kept]", text)
    candidates = [one for one in _TOKEN.findall(text) if len(one) >= SHORTEST_KNOWN and _has_both(one)]
    if not candidates:
        return text
    systems = _systems()
    may_look = bool(_SPOKEN_OF.search(text)) or len(text.split()) == 1

    def judged(match: re.Match[str]) -> str:
        token = match[0].rstrip(".:")
        begins = next((start for start in systems if token.startswith(start)), "")
        known = bool(begins) and len(token) >= len(begins) + 6
        elsewhere = len(token) >= SHORTEST_KNOWN + 6 and token.startswith(_ELSEWHERE)
        if not (known or elsewhere or (may_look and _looks_like_one(token))):
            return match[0]
        whose = f" of {systems[begins]}" if known else ""
        return f"[a key{whose} that was not kept]{match[0][len(token) :]}"

    return _TOKEN.sub(judged, text)


def was_taken_out(text: str) -> bool:
    """Whether a key was taken out of this message."""
    return _GONE.search(text) is not None


def told(context: Context, thread: str, text: str) -> Iterator[replies.Reply]:
    """What to do about a key that was written here, and where it belongs."""
    from agents.connecting import card

    found = next((match[1] for match in _GONE.finditer(text) if match[1]), None)
    title = connections.system_of(found).definition.title if found is not None and DECLARED.has(found) else None
    whose = f"a key of {title}" if title else "a key or a password"
    yield replies.Text(
        text=f"That looks like {whose}, so I did not keep it and did nothing with it. It was sent through here all the "
        "same: revoke it where you made it, and make a new one. A key belongs into the masked field of the page for "
        "connecting, from where it goes to the vault alone.",
        tone="warning",
    )
    if title and found is not None and "connect" in context.rights:
        yield card(context, found, thread)


def refuse_keys(text: str) -> None:
    """UsageError for a question or request that holds a key, before anything of it is kept."""
    if was_taken_out(without_keys(text)):
        raise UsageError(
            "That looks like a key or a password, so nothing of it was kept.",
            hint="Revoke it where you made it. A new one is asked for, unseen, by: dreflow connectors add NAME SYSTEM.",
        )


def _has_both(token: str) -> bool:
    return any(one.isdigit() for one in token) and any(one.isalpha() for one in token)


def _looks_like_one(token: str) -> bool:
    """Long, of letters and digits that spell nothing: no name, path, address, date or digest of ours."""
    if len(token) < SHORTEST or token.count("/") > 2 or "://" in token or token.startswith("sha256:"):
        return False
    if re.search(
        r"\.(?:csv|tsv|json|ndjson|xlsx?|parquet|pdf|duckdb|sqlite|ya?ml|com|org|net)\b", token, re.IGNORECASE
    ):
        return False
    digits = sum(one.isdigit() for one in token)
    letters = sum(one.isalpha() for one in token)
    # Names in snake_case have words; a key has runs of both kinds without any.
    words = [part for part in re.split(r"[^A-Za-z]+", token) if len(part) > 3]
    pairs = [(a, b) for a, b in pairwise(token) if a.isalnum() and b.isalnum()]
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairs)
    mixed = any(word != word.lower() and word != word.upper() and word != word.capitalize() for word in words)
    return letters >= 4 and digits >= 3 and (switches >= 4 or mixed)


@cache
def _systems() -> dict[str, str]:
    """How keys of the systems begin, each with its system."""
    from connectors.http.definition import read_definition

    found: dict[str, str] = {}
    for name in DECLARED.names():
        for way in read_definition(DECLARED.path(name)).auth:
            starts = way.params.get("starts_with", ())
            found |= {str(start): name for start in starts} if isinstance(starts, list | tuple) else {}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
