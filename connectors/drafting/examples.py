"""An API as example answers and a sentence show it: less than a description says, so more is asked.

An example is a JSON file with an answer, called after its list (``orders.json``, ``orders-page2.json``), or with the
request beside it (``{"url": ..., "headers": ..., "answer": ...}``, or a HAR file as browsers save it). A text file
beside them may say which address gave which file. Keys in examples are dropped, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from connectors.drafting.api import Api, Endpoint, Parameter, Proof
from connectors.drafting.documents import read_document
from connectors.drafting.proving import is_proof_name
from connectors.drafting.shapes import Document, Shape, merged, schema_of
from connectors.drafting.words import alike, words
from spec.base import JsonValue
from spec.errors import DataError, LimitError
from spec.records import record

MOST_FILES = 60
_LARGEST_TEXT = 64 << 10
_URL = re.compile(r"https?://[^\s<>\"'`)\]]+")
_NEXT = re.compile(
    r"\bnext\b[^.;\n]{0,40}?\b(?:in|at|under)\s+(?:the\s+field\s+)?[\"'`]?/?([A-Za-z_][\w]*(?:[./][\w]+){0,5})",
    re.IGNORECASE,
)
_PER_PAGE = re.compile(
    r"(\d{1,5})\s+(?:\w+\s+){0,2}?(?:per|a|each|every)\s+page|pages?\s+of\s+(\d{1,5})", re.IGNORECASE
)
_HEADER = re.compile(
    r"\bheader\s+[\"'`]?([A-Za-z][A-Za-z0-9-]{1,60})|[\"'`]?\b(X-[A-Za-z0-9-]{1,60})[\"'`]?\s+header", re.IGNORECASE
)
_PARAMETER = (
    re.compile(r"\bparameters?\s+(?:(?:named|called)\s+)?[\"'`]?([A-Za-z_$][\w\[\]]{0,40})"),
    re.compile(r"[\"'`]?\b([A-Za-z_$][\w\[\]]{1,40})[\"'`]?\s+parameter"),
)
_PAGE_FILE = re.compile(r"[-_. ]*(?:page|p|part)?[-_. ]*\d+$", re.IGNORECASE)
_NO_PARAMETER = frozenset(
    "is the a an of for named called in query url as with by to and its this that one per via no sent given".split()
)
_NEXT_HEADER = re.compile(
    r"\bnext\b[^.,;\n]{0,40}?\bheader\s+[\"'`]?([A-Za-z][A-Za-z0-9-]{1,60})"
    r"|\bnext\b[^.,;\n]{0,40}?[\"'`]?\b(X-[A-Za-z0-9-]{1,60})[\"'`]?\s+header",
    re.IGNORECASE,
)
_OF_NEXT = {"next", "cursor", "continuation"}
_NO_KEY = {"link", "the", "is", "with", "response", "of", "and"}


@record(frozen=True)
class Sample:
    """One answer with what is known of its request."""

    path: str
    answer: JsonValue
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer, names in lower case, without those that hold a key."""


def from_examples(files: Sequence[Path], sentence: str) -> tuple[Api, str]:
    """What examples show together with a sentence, and the words that name the lists that are wanted."""
    if len(files) > MOST_FILES:
        raise LimitError(
            f"{len(files)} files are more than the {MOST_FILES} that are looked at.",
            hint="Give a few pages of each list.",
        )
    texts = [sentence, *(_text(file) for file in files if file.suffix.lower() in {".txt", ".md"})]
    said = "\n".join(texts)
    notes: list[str] = []
    proofs: list[Proof] = []
    urls = _addresses(said, notes, proofs)
    samples: list[Sample] = []
    for file in files:
        if file.suffix.lower() in {".json", ".har"}:
            samples.extend(_samples(file, said, urls, notes, proofs))
    if not samples:
        raise DataError(
            "There is no example answer among the files.", hint="Give JSON files as the system answered them."
        )
    base = _base(urls, samples)
    endpoints = tuple(_endpoint(path, of_path, said) for path, of_path in _by_path(samples, base).items())
    proofs += _said_proofs(said)
    distinct = {repr(sorted(one.unit.items())): one for one in proofs}
    api = Api(kind="examples", base=base, text=said, proofs=tuple(distinct.values()), endpoints=endpoints,
              notes=tuple(dict.fromkeys(notes)))  # fmt: skip
    return api, ""


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_LARGEST_TEXT).decode("utf-8", errors="replace")


def _addresses(said: str, notes: list[str], proofs: list[Proof]) -> list[str]:
    return [_without_key(url.rstrip(".,;"), notes, proofs) for url in _URL.findall(said)[:MOST_FILES]]


def _without_key(url: str, notes: list[str], proofs: list[Proof]) -> str:
    """An address without a user, a password or a key among its parameters."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        notes.append("A user or a password stood in an example's address. It was dropped; change it if others saw it.")
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    kept = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if is_proof_name(name):
            notes.append(
                f"A key stood in an example, in the parameter {name}. It was dropped; change it if others saw it."
            )
            proofs.append(
                Proof(
                    {"use": "key", "title": "API key", "param": name}, f"an example was asked with the parameter {name}"
                )
            )
        else:
            kept.append(f"{name}={value}")
    return parts._replace(query="&".join(kept), fragment="").geturl()


def _samples(file: Path, said: str, urls: list[str], notes: list[str], proofs: list[Proof]) -> Iterator[Sample]:
    plain = read_document(file).plain
    recorded = list(_recorded(plain))
    if not recorded:
        yield _of_url(_url_of(file, said, urls), cast("JsonValue", plain), {}, file)
        return
    for url, headers, answer, told in recorded:
        for name, value in headers.items():
            if not _is_secret(name):
                continue
            notes.append(
                f"A key stood in an example, in the header {name}. It was dropped; change it if others saw it."
            )
            if name.lower() not in {"cookie", "set-cookie"}:
                proofs.append(_proof_of_header(name, str(value)))
        urls.append(_without_key(url, notes, proofs))
        kept = {str(name).lower(): str(value) for name, value in told.items() if not _is_secret(str(name))}
        yield _of_url(urls[-1], answer, kept, file)


def _is_secret(name: str) -> bool:
    """Whether a header holds a key."""
    is_known = is_proof_name(name) and name.lower() not in {"accept", "content-type", "user-agent", "host"}
    return is_known or bool(set(words(name)) & {"token", "key", "cookie", "session", "signature"})


def _proof_of_header(name: str, value: str) -> Proof:
    evidence = f"an example was asked with the header {name}"
    if name.lower() != "authorization":
        return Proof({"use": "bearer", "title": "API key", "header": name, "prefix": ""}, evidence)
    if value.lower().startswith("basic "):
        return Proof({"use": "basic"}, f"{evidence}: Basic")
    if value.lower().startswith("bearer "):
        return Proof({"use": "bearer", "title": "API token"}, f"{evidence}: Bearer")
    return Proof({"use": "bearer", "title": "API key", "prefix": ""}, evidence)


def _recorded(plain: object) -> Iterator[tuple[str, Mapping[str, Any], JsonValue, Mapping[str, Any]]]:
    """Requests with their answers and these' headers, in a file of our own form or as a browser saves them."""
    if not isinstance(plain, Mapping):
        return
    entries = plain.get("log", {}).get("entries") if isinstance(plain.get("log"), Mapping) else None
    for one in entries if isinstance(entries, list) else ():
        request, response = one.get("request", {}), one.get("response", {})
        text = str(response.get("content", {}).get("text", ""))
        if request.get("method") == "GET" and text.lstrip()[:1] in {"{", "["}:
            import json

            try:
                answer = json.loads(text)
            except ValueError:
                continue
            yield str(request.get("url", "")), _named(request), answer, _named(response)
    own = next((plain[key] for key in ("answer", "response", "body") if key in plain), None)
    if isinstance(plain.get("url"), str) and isinstance(own, dict | list):
        said, told = plain.get("headers"), plain.get("response_headers")
        yield plain["url"], said if isinstance(said, Mapping) else {}, own, told if isinstance(told, Mapping) else {}


def _named(message: Mapping[str, Any]) -> dict[str, Any]:
    """Headers as a browser saves them."""
    return {str(one.get("name")): one.get("value") for one in message.get("headers", ()) if isinstance(one, Mapping)}


def _url_of(file: Path, said: str, urls: Sequence[str]) -> str:
    """The address that gave a file: in a line of the text that names the file, else one that ends as it is called."""
    for line in said.splitlines():
        if file.name in line and (found := _URL.search(line)):
            return _without_key(found[0].rstrip(".,;"), [], [])
    stem = _PAGE_FILE.sub("", file.stem) or file.stem
    for url in urls:
        if alike(urlsplit(url).path.rstrip("/").rpartition("/")[2], stem):
            return url
    return "/" + stem.replace(" ", "_")


def _of_url(url: str, answer: JsonValue, headers: Mapping[str, str], file: Path) -> Sample:
    if not isinstance(answer, dict | list):
        raise DataError("The example is no answer with a list.", where={"file": file.name})
    parts = urlsplit(url)
    return Sample(
        url if parts.scheme else parts.path, answer, tuple(parse_qsl(parts.query, keep_blank_values=True)), headers
    )


def _base(urls: Sequence[str], samples: Sequence[Sample]) -> str:
    """What all addresses begin with, less the last part of each."""
    known = [urlsplit(url) for url in [*urls, *(one.path for one in samples)] if "://" in url]
    hosts = {(one.scheme, one.netloc) for one in known}
    if len(hosts) != 1:
        return ""
    asked = [one.path.strip("/").split("/")[:-1] for one in known if one.path.strip("/")]
    shared = asked[0] if asked else []
    for parts in asked[1:]:
        size = next((number for number, (one, other) in enumerate(zip(shared, parts, strict=False)) if one != other),
                    min(len(shared), len(parts)))  # fmt: skip
        shared = shared[:size]
    scheme, host = hosts.pop()
    return "/".join([f"{scheme}://{host}", *shared])


def _by_path(samples: Sequence[Sample], base: str) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    start = urlsplit(base).path if base else ""
    for one in samples:
        path = urlsplit(one.path).path if "://" in one.path else one.path
        found.setdefault("/" + path.removeprefix(start).strip("/"), []).append(one)
    return found


def _endpoint(path: str, samples: Sequence[Sample], said: str) -> Endpoint:
    shown: dict[str, Any] = {}
    for one in samples:
        shown = merged(shown, schema_of(one.answer)) if shown else schema_of(one.answer)
    document = Document({})
    values: dict[str, str] = {}
    for one in samples:
        for name, value in (*one.query, *urlsplit_query(one.path)):
            values.setdefault(name, value)
    told = _PER_PAGE.search(said)
    size = int(next(filter(None, told.groups()))) if told is not None else None
    names = dict.fromkeys([*values, *(name for name in _said_parameters(said) if not is_proof_name(name))])
    return Endpoint(
        path=path,
        parameters=tuple(_parameter(document, name, values.get(name), size) for name in names),
        answer=Shape(document, shown),
        headers=_headers(samples, said),
        samples=tuple(one.answer for one in samples),
        paging=_said_paging(samples, said),
    )


def _headers(samples: Sequence[Sample], said: str) -> dict[str, str]:
    """The answers' own headers, and those that the sentence names: 'the next page is in the header X-Next-Cursor'."""
    shown = {name: "" for one in samples for name in one.headers}
    if re.search(r"\blink\b.{0,20}\bheader|header.{0,10}\blink\b", said, re.IGNORECASE):
        shown["link"] = "said"
    leading = _next_header(said)
    if leading:
        shown[leading] = "said"
    return shown


def _next_header(said: str) -> str:
    """The header that is said to lead to the next page, small; empty where none is."""
    named = _NEXT_HEADER.search(said)
    return (named[1] or named[2]).lower() if named is not None else ""


def urlsplit_query(path: str) -> list[tuple[str, str]]:
    """The parameters of an address that is whole; none of a bare path."""
    return parse_qsl(urlsplit(path).query, keep_blank_values=True) if "://" in path else []


def _said_parameters(said: str) -> list[str]:
    found = [name for pattern in _PARAMETER for name in pattern.findall(said)]
    return [name for name in found if name.lower() not in _NO_PARAMETER]


def _parameter(document: Document, name: str, value: str | None, size: int | None) -> Parameter:
    from connectors.drafting.seen import SIZES

    plain: dict[str, Any] = {"type": "integer"} if value is not None and value.isdigit() else {}
    if size is not None and set(words(name)) in SIZES:
        plain = {"type": "integer", "default": size}
    elif set(words(name)) in SIZES and value is not None and value.isdigit():
        # It was asked with and answered: so many are given.
        plain = {"type": "integer", "default": int(value)}
    return Parameter(name, "query", Shape(document, plain), example=value)


def _said_paging(samples: Sequence[Sample], said: str) -> dict[str, JsonValue]:
    """Where the sentence says that the next page stands, and what it is there in the examples."""
    if re.search(
        r"\bwhole\s+list|\bin\s+one\s+answer|\bno\s+pag(?:es|ing)|\bnot\s+paged|\ball\s+at\s+once", said, re.IGNORECASE
    ):
        return {"use": "none"}
    told = _NEXT.search(said)
    if told is None:
        return _seen_in_headers(samples)
    place = "/" + told[1].replace(".", "/")
    marks = [
        mark for one in samples if isinstance(mark := _at(one.answer, place), str | int) and not isinstance(mark, bool)
    ]
    if any(isinstance(mark, str) and (mark.startswith(("http://", "https://", "/")) or "?" in mark) for mark in marks):
        return {"use": "next_link", "next": place}
    asked = [name for one in samples for name, value in one.query if value in {str(mark) for mark in marks}]
    return {"use": "cursor", "next": place, "param": asked[0]} if asked else {}


def _seen_in_headers(samples: Sequence[Sample]) -> dict[str, JsonValue]:
    """A mark that one answer's header gave and another request carried."""
    for name in dict.fromkeys(name for one in samples for name in one.headers):
        given = {one.headers[name] for one in samples if one.headers.get(name)}
        asked = [param for one in samples for param, value in one.query if value in given]
        if asked and set(words(name)) & _OF_NEXT:
            return {"use": "cursor", "next_header": name, "param": asked[0]}
    return {}


def _at(answer: JsonValue, place: str) -> JsonValue:
    found: Any = answer
    for key in place.split("/")[1:]:
        found = found.get(key) if isinstance(found, dict) else None
    return cast("JsonValue", found)


def _said_proofs(said: str) -> Iterator[Proof]:
    if not re.search(r"\bkey\b|\btoken\b|\bbearer\b|\bpassword\b|\bauthori[sz]ation\b", said, re.IGNORECASE):
        return
    leading = _next_header(said)
    for one, other in _HEADER.findall(said):
        name = one or other
        if name.lower() in _NO_KEY or name.lower() == leading or set(words(name)) & _OF_NEXT:
            continue
        unit: dict[str, JsonValue] = {"use": "bearer", "title": "API key", "header": name, "prefix": ""}
        if name.lower() == "authorization":
            unit = {"use": "bearer", "title": "API token"}
        yield Proof(unit, f"you said: in the header {name}")
        return
    if re.search(r"\bbearer\b", said, re.IGNORECASE):
        yield Proof({"use": "bearer", "title": "API token"}, "you said: a bearer token")
    elif re.search(r"\bbasic\b|\buser(?:name)?\s+and\s+(?:a\s+)?password", said, re.IGNORECASE):
        yield Proof({"use": "basic"}, "you said: user and password")
    for name in _said_parameters(said):
        if is_proof_name(name):
            yield Proof({"use": "key", "title": "API key", "param": name}, f"you said: in the parameter {name}")
            return
