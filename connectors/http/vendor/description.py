"""What a vendor's own description says, whatever its kind: operations, their parameters, bodies and answers."""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from connectors.http.vendor.beside import joined, refers_elsewhere
from connectors.http.vendor.language import introspection, is_schema
from connectors.http.vendor.schemas import Schema
from spec.errors import SpecError
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from connectors.http.vendor.profile import Profile

DESCRIPTIONS = Shelf("connectors.http.vendor.descriptions", "kind of description")
_CACHED_FORM = 1
"""Changes with the records below or what a kind reads, so that slices of before are read anew."""


@record(frozen=True)
class Parameter:
    """A parameter: ``place`` is query, header or path; ``style`` and ``explode`` as in OpenAPI 3."""

    name: str
    place: str
    schema: Schema = field(default_factory=dict)
    required: bool = False
    style: str = "form"
    explode: bool = True


@record(frozen=True)
class Operation:
    """One method of one path. ``bodies`` and each of ``replies`` map a media type to a schema.

    ``replies`` has the status as text, ``2XX`` for a range, ``default`` for the others. ``opened_by`` names
    credentials, of which one will do; with none anybody may ask.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    bodies: Mapping[str, Schema] = field(default_factory=dict)
    body_required: bool = False
    replies: Mapping[str, Mapping[str, Schema]] = field(default_factory=dict)
    opened_by: tuple[str, ...] = ()

    def reply(self, status: int, media: str) -> Schema | None:
        """What the description says of an answer's body; None when it says nothing."""
        said = self.replies.get(str(status)) or self.replies.get(f"{status // 100}XX") or self.replies.get("default")
        if not said:
            return None
        return said.get(media) or next((item for kind, item in said.items() if fits_media(kind, media)), None)


@record(frozen=True)
class Credential:
    """Where a proof of who asks stands: ``place`` is header or query, ``prefix`` comes before it in a header."""

    place: str
    name: str
    prefix: str = ""


@record(frozen=True)
class Description:
    """A vendor's description, pruned to some paths. ``notes`` say what in it was odd."""

    title: str
    version: str = ""
    base: str = ""
    """Path before all others, e.g. ``/api/1.0``."""
    operations: tuple[Operation, ...] = ()
    definitions: Mapping[str, Schema] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    introspection: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What a GraphQL API says of itself: its operations are what each query asks for."""


class Kind(Protocol):
    """A module of ``descriptions/``."""

    def fits(self, plain: object) -> bool:
        """Whether a document is of this kind; ``plain`` is what its JSON or YAML says, or its XML's root element."""

    def read(self, plain: Any, paths: Collection[str] | None) -> Description:
        """The description with these path templates, or with all."""


def read_description(
    file: Path,
    *,
    paths: Collection[str] | None = None,
    overlay: Collection[Mapping[str, Any]] = (),
    cache: Path | None = None,
) -> Description:
    """Read a vendor's description.

    ``paths`` are path templates as the vendor spells them; the rest is left out. ``overlay`` are additions
    ``{at: JSON Pointer, set: value}`` or ``{at, remove: true}``. ``cache`` is a folder for what was read, outside any
    repository. Raises SpecError when the file cannot be read, is of no known kind, or lacks one of the paths.
    """
    where = {"file": str(file)}
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SpecError("The vendor's description cannot be read.", hint=str(error), where=where) from None
    beside = _beside(file, content, where)
    contents = [hashlib.sha256(one).hexdigest() for one in (content, *(part.read_bytes() for part in beside))]
    mark = [_CACHED_FORM, *contents, sorted(paths) if paths is not None else None]
    key = hashlib.sha256(json.dumps([*mark, list(overlay)], default=str).encode()).hexdigest()
    kept = cache / f"{key}.json" if cache is not None else None
    found = _kept(kept)
    if found is None:
        found = _read(file, content, paths, overlay, where)
        if kept is not None and not found.introspection:
            _keep(kept, found)
    _refuse_missing(found, paths or (), where)
    return found


def together(files: Collection[Path], profile: Profile, *, cache: Path | None = None) -> Description:
    """What a vendor's descriptions say together, pruned to what its profile needs; raises as ``read_description``."""
    first, *others = files
    if not others:
        return read_description(first, paths=profile.paths, overlay=profile.changes, cache=cache)
    found = [read_description(file) for file in files]
    whole = replace(
        found[0],
        operations=tuple(one for each in found for one in each.operations if one.path in profile.paths),
        definitions={name: item for each in found for name, item in each.definitions.items()},
        credentials={name: item for each in found for name, item in each.credentials.items()},
    )
    _refuse_missing(whole, profile.paths, {"file": ", ".join(file.name for file in files)})
    return whole


def _refuse_missing(found: Description, paths: Collection[str], where: Mapping[str, str]) -> None:
    missing = sorted(set(paths) - {operation.path for operation in found.operations})
    if missing:
        raise SpecError(
            f"The vendor's description has no path {missing[0]!r}.",
            hint="Write the path as the vendor does, with its {placeholders}, or add it in an overlay with its source.",
            where=where,
            data={"missing": missing},
        )


def _beside(file: Path, content: bytes, where: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that a description refers to."""
    if b"$ref" not in content or not refers_elsewhere(_text(content)):
        return ()
    return _joined(file, _plain(content, where), where)[1]


def _joined(file: Path, plain: object, where: Mapping[str, str]) -> tuple[object, tuple[Path, ...]]:
    return joined(plain, file, lambda part: _plain(part.read_bytes(), {**where, "beside": part.name}))


def _read(
    file: Path,
    content: bytes,
    paths: Collection[str] | None,
    overlay: Collection[Mapping[str, Any]],
    where: Mapping[str, str],
) -> Description:
    plain = _plain(content, where)
    if b"$ref" in content and refers_elsewhere(_text(content)):
        plain, _ = _joined(file, plain, where)
    for change in overlay:
        plain = _changed(plain, change, where)
    for name in DESCRIPTIONS.names():
        kind = cast("Kind", DESCRIPTIONS.load(name))
        if kind.fits(plain):
            return kind.read(plain, paths)
    raise SpecError(
        "The file is no description of an API that can be read.",
        hint=f"There are readers for: {', '.join(DESCRIPTIONS.names())}.",
        where=where,
    )


def _text(content: bytes) -> str:
    packed = content.startswith(b"\x1f\x8b")
    return (gzip.decompress(content) if packed else content).decode("utf-8-sig", errors="replace")


def _plain(content: bytes, where: Mapping[str, str]) -> object:
    try:
        text = _text(content)
        start = text.lstrip()[:1]
        if start in {"{", "["}:
            return json.loads(text)
        if start == "<":
            from xml.etree import ElementTree as ET

            if "<!ENTITY" in text:
                raise SpecError("The description defines XML entities, which are not read.", where=where)
            return ET.fromstring(text)  # noqa: S314 - entities are refused above
        return introspection(text) if is_schema(text) else _yaml(text)
    except SpecError:
        raise
    except (ValueError, RecursionError, SyntaxError, EOFError, OSError) as error:
        # SyntaxError is what ElementTree's ParseError is.
        raise SpecError("The vendor's description is damaged.", hint=str(error)[:300], where=where) from None


def _yaml(text: str) -> object:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - one of the two safe loaders
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _changed(plain: object, change: Mapping[str, Any], where: Mapping[str, str]) -> object:
    *way, last = [key.replace("~1", "/").replace("~0", "~") for key in str(change["at"]).split("/")[1:]]
    inner: Any = plain
    for key in way:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(_key(inner, key), {})
    if isinstance(inner, list):
        if last == "-":
            inner.append(change["set"])
        else:
            inner[int(last)] = change["set"]
    elif isinstance(inner, dict) and change.get("remove"):
        inner.pop(_key(inner, last), None)
    elif isinstance(inner, dict):
        inner[_key(inner, last)] = change["set"]
    else:
        raise SpecError(f"The overlay's place {change['at']} is not in the description.", where=where)
    return plain


def _key(inner: Mapping[Any, Any], key: str) -> Any:
    # YAML reads the status 200 as a number.
    return int(key) if key.isdigit() and key not in inner and int(key) in inner else key


def _kept(file: Path | None) -> Description | None:
    if file is None:
        return None
    try:
        plain = json.loads(file.read_bytes())
        operations = tuple(
            Operation(**{**one, "parameters": tuple(Parameter(**item) for item in one["parameters"]),
                         "opened_by": tuple(one["opened_by"])})
            for one in plain["operations"]
        )  # fmt: skip
        credentials = {name: Credential(**item) for name, item in plain["credentials"].items()}
        whole = Description(**{**plain, "operations": operations, "credentials": credentials})
        return replace(whole, notes=tuple(whole.notes))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _keep(file: Path, found: Description) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own until it is whole: others may keep the same at this moment.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".part", delete=False, encoding="utf-8") as part:
        json.dump(asdict(found), part, default=str)
    Path(part.name).replace(file)


def fits_media(said: str, media: str) -> bool:
    """Whether a media type is the one that a description says, which may hold stars and parameters."""
    kind, wanted = (one.partition(";")[0].strip().lower() for one in (said, media))
    if kind in {wanted, "*/*", ""}:
        return True
    main, _, sub = kind.partition("/")
    theirs, _, end = wanted.partition("/")
    return main in {theirs, "*"} and (sub in {end, "*"} or end.endswith("json") == sub.endswith("json") is True)
