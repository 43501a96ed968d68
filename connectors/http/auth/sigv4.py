"""Each request signed with an AWS access key (Signature Version 4)."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit, urlunsplit

from pydantic import Field as Described

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document
from spec.errors import AccessError

_ALGORITHM = "AWS4-HMAC-SHA256"
_PORTS = {"http": 80, "https": 443}
_SIGNED_TOO = frozenset({"content-type", "content-md5", "host", "range"})


class Params(Document):
    """Which service, where."""

    service: str = Described(description="As in the service's address, e.g. sqs, s3, execute-api.")
    region: str = Described(description="E.g. eu-central-1.")
    temporary: bool = Described(default=False, description="The keys come with a session token.")
    help: str = ""


def fields(params: Params) -> Sequence[Field]:
    """The access key's two parts, and a session token where there is one."""
    asked = [
        Field("access_key_id", "Access key id", params.help),
        Field("secret_access_key", "Secret access key", params.help),
    ]
    return [*asked, Field("session_token", "Session token", params.help)] if params.temporary else asked


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with its signature; its address spelled as it was signed."""
    for name, title in (("access_key_id", "access key id"), ("secret_access_key", "secret access key")):
        if not secrets.get(name):
            raise AccessError(f"The connection has no {title}.", hint="Save the connection again with it.")
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    content = hashlib.sha256(request.body).hexdigest()
    url = _spelled(request.url, params)
    ours = {"X-Amz-Date": moment}
    if params.service == "s3":
        ours["X-Amz-Content-SHA256"] = content
    if secrets.get("session_token"):
        ours["X-Amz-Security-Token"] = secrets["session_token"]
    replaced = {"authorization", *(name.lower() for name in ours)}
    headers = {name: item for name, item in request.headers.items() if name.lower() not in replaced} | ours
    canonical, names = _canonical(request.method, url, headers, content, params)
    scope = f"{moment[:8]}/{params.region}/{params.service}/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(secrets["secret_access_key"], scope), text.encode(), hashlib.sha256).hexdigest()
    proof = f"{_ALGORITHM} Credential={secrets['access_key_id']}/{scope}, SignedHeaders={names}, Signature={signature}"
    return replace(request, url=url, headers={**headers, "Authorization": proof})


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """A key does not say when it ends."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """Only a person can make another one."""
    del params, secrets, post, now
    return None


def _canonical(method: str, url: str, headers: Mapping[str, str], content: str, params: Params) -> tuple[str, str]:
    """What is signed, and the names of the headers in it."""
    parts = urlsplit(url)
    told = {name.lower(): re.sub(r"\s+", " ", item.strip()) for name, item in headers.items()}
    told["host"] = _host(url)
    kept = {name: told[name] for name in sorted(told) if name in _SIGNED_TOO or name.startswith("x-amz-")}
    names = ";".join(kept)
    # S3 signs the path as it is sent, every other service once more escaped.
    path = parts.path if params.service == "s3" else quote(parts.path, safe="/-._~")
    lines = (method.upper(), path, parts.query, *(f"{name}:{item}" for name, item in kept.items()), "", names, content)
    return "\n".join(lines), names


def _spelled(url: str, params: Params) -> str:
    """The address with path and query in the one spelling that both sides compute alike."""
    parts = urlsplit(url)
    path = parts.path or "/"
    path = path if params.service == "s3" else _normal(path)
    # Segment by segment: an escaped slash within one stays what it is.
    path = "/".join(quote(unquote_to_bytes(segment), safe="-._~") for segment in path.split("/"))
    pairs = sorted(
        (quote(name, safe="-._~"), quote(item, safe="-._~"))
        for name, item in parse_qsl(parts.query, keep_blank_values=True)
    )
    query = "&".join(f"{name}={item}" for name, item in pairs)
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))


def _normal(path: str) -> str:
    """Without empty segments, '.' and '..'."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    normal = "/" + "/".join(kept)
    return normal + "/" if kept and path.endswith("/") else normal


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def _key(secret: str, scope: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
