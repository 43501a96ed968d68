"""How a description says that who asks is proven, as ways that a connector knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.drafting.api import Parameter, Proof
from connectors.drafting.shapes import Document
from connectors.drafting.words import clean, words
from spec.base import JsonValue

_EASIEST = ("bearer", "key", "basic", "oauth2_client", "oauth2_code")
_SECRET = {"secret", "password", "authorization", "signature", "apikey"}
_OF_PAGES = {"page", "next", "continuation", "pagination", "cursor", "sync", "previous"}
_NEVER_SENT = {"accept", "content-type", "authorization", "user-agent", "cookie", "host"}
_READS = {"read", "readonly", "view", "list", "get", "offline", "access"}
_CHANGES = {"write", "delete", "admin", "manage", "create", "update", "modify", "edit", "full", "all", "send"}


def proofs(document: Document, schemes: Mapping[str, Any], plain: Mapping[str, Any]) -> tuple[tuple[Proof, ...], bool]:
    """The ways that its addresses take, of which nothing says so all that are described; whether nobody need prove
    anything.

    Two keys that have to come together are none of the ways that a connector has; that is noted.
    """
    wanted, is_open = _wanted(document, plain.get("security"))
    named = [name for name in dict.fromkeys([*wanted, *_of_addresses(plain)]) if name in schemes]
    order = named or list(schemes)
    found: list[Proof] = []
    for name in order[:20]:
        found.extend(_ways(document, str(name), document.found(schemes[name])))
    distinct = {repr(sorted(one.unit.items())): one for one in found}
    # A key that a person can copy comes first, and last a consent, which takes an app of one's own.
    ranked = sorted(distinct.values(), key=lambda one: _EASIEST.index(str(one.unit["use"])))
    return tuple(ranked), is_open and not ranked


def _wanted(document: Document, security: object) -> tuple[list[str], bool]:
    names: list[str] = []
    is_open = False
    for one in security if isinstance(security, list) else ():
        if isinstance(one, Mapping):
            is_open = is_open or not one
            if len(one) > 1:
                document.note("It asks for several proofs at once; of these a connector sends one.")
            names.extend(str(name) for name in one)
    return names, is_open or security == []


def _of_addresses(plain: Mapping[str, Any]) -> Iterator[str]:
    """What addresses that are read say for themselves, in place of what holds for all."""
    paths = plain.get("paths")
    for item in paths.values() if isinstance(paths, Mapping) else ():
        said = item.get("get") if isinstance(item, Mapping) else None
        own = said.get("security") if isinstance(said, Mapping) else None
        for one in own if isinstance(own, list) else ():
            if isinstance(one, Mapping):
                yield from map(str, one)


def _ways(document: Document, name: str, scheme: Mapping[str, Any]) -> Iterator[Proof]:
    kind, way = str(scheme.get("type", "")), str(scheme.get("scheme", "")).lower()
    said = f"security scheme {clean(name)!r}"
    if kind == "apiKey":
        field, place = str(scheme.get("name", "")), scheme.get("in")
        if place == "header" and field and _is_token(field):
            unit: dict[str, JsonValue] = {"use": "bearer", "title": "API key", "header": field, "prefix": ""}
            if field.lower() == "authorization":
                text = str(scheme.get("description", "")).lower()
                unit = {"use": "bearer", "title": "API key"}
                if "bearer" not in text:
                    unit["prefix"] = ""
            yield Proof(unit, f"{said}: a key in the header {field}")
        elif place == "query" and field and _is_token(field):
            yield Proof({"use": "key", "title": "API key", "param": field}, f"{said}: a key in the parameter {field}")
        else:
            document.note(f"The proof {clean(name)!r} travels where no connector puts one.")
    elif kind == "basic" or (kind == "http" and way == "basic"):
        yield Proof({"use": "basic"}, f"{said}: user and password (HTTP basic)")
    elif kind == "http" and way == "bearer":
        yield Proof({"use": "bearer", "title": "API token"}, f"{said}: a bearer token")
    elif kind == "oauth2":
        yield from _oauth2(document, said, scheme)
    elif kind == "openIdConnect":
        yield Proof({"use": "bearer", "title": "Access token"}, f"{said}: OpenID Connect, by a token that you bring")
    elif kind:
        document.note(f"The proof {clean(name)!r} is of a kind that no connector knows ({clean(way or kind)}).")


def is_proof(parameter: Parameter) -> bool:
    """Whether a parameter is the key itself, which the connection's proof sends, or a header that is sent anyway."""
    if is_proof_name(parameter.name):
        return set(words(parameter.name)) != {"token"} or not set(words(parameter.text)) & _OF_PAGES
    return False


def is_proof_name(name: str) -> bool:
    """Whether a name is that of a key, which no example and no request of a draft may hold."""
    said = set(words(name))
    if said & _SECRET or name.lower() in _NEVER_SENT or {"api", "key"} <= said or {"access", "token"} <= said:
        return True
    return said in ({"token"}, {"auth", "token"}, {"key"}, {"sig"}, {"auth"}, {"auth", "key"}, {"session", "id"})


def _is_token(field: str) -> bool:
    return field.isascii() and all(one.isalnum() or one in "-_." for one in field)


def _oauth2(document: Document, said: str, scheme: Mapping[str, Any]) -> Iterator[Proof]:
    flows = scheme.get("flows")
    if not isinstance(flows, Mapping):
        # Swagger 2 has one flow in the scheme itself.
        named = {"accessCode": "authorizationCode", "application": "clientCredentials"}
        flows = {named.get(str(scheme.get("flow")), str(scheme.get("flow"))): scheme}
    code, client = flows.get("authorizationCode"), flows.get("clientCredentials")
    for use, flow in (("oauth2_code", code), ("oauth2_client", client)):
        if not isinstance(flow, Mapping):
            continue
        urls: dict[str, JsonValue] = {"token_url": str(flow.get("tokenUrl", ""))}
        if use == "oauth2_code":
            urls["authorize_url"] = str(flow.get("authorizationUrl", ""))
        if any(urlsplit(str(url)).scheme != "https" or "{" in str(url) for url in urls.values()):
            document.note("An OAuth address of it is not https, so that way is left out.")
            continue
        scopes = flow.get("scopes")
        rights = _reading(scopes if isinstance(scopes, Mapping) else {})
        unit: dict[str, JsonValue] = {"use": use, **urls, **({"scopes": list(rights)} if rights else {})}
        many = f", the {len(rights)} rights that read" if rights else ""
        yield Proof(unit, f"{said}: OAuth 2 ({'consent' if use == 'oauth2_code' else 'client credentials'}){many}")
    if not isinstance(code, Mapping) and not isinstance(client, Mapping):
        yield Proof({"use": "bearer", "title": "Access token"}, f"{said}: OAuth 2, by a token that you bring")


def _reading(scopes: Mapping[str, Any]) -> list[str]:
    """Rights that only read, as far as their names tell."""
    plain = [str(name) for name in scopes if "{" not in str(name)]
    return [name for name in plain if set(words(name)) & _READS and not set(words(name)) & _CHANGES]
