"""Spec to YAML and canonical JSON and back, its digest, and clear errors for what cannot be read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from spec.base import Document, JsonValue
from spec.errors import SpecError, nearest
from spec.pipeline import SPEC_VERSION, Pipeline

if TYPE_CHECKING:
    import yaml

MAX_SPEC_BYTES = 20_000_000
_OUTSIDE_DIGEST = frozenset({"note", "layout"})


def to_plain(spec: Pipeline) -> dict[str, JsonValue]:
    """The spec as plain JSON data, in field order, without defaults; ``version`` always stands."""
    plain: dict[str, JsonValue] = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"version": spec.version, **plain}


def canonical_json(spec: Pipeline) -> bytes:
    """Sorted keys, UTF-8, no insignificant space, without comments, layout and defaults."""
    bare = _without_comments(to_plain(spec))
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(spec: Pipeline) -> str:
    """``sha256:`` and 64 hex digits over the canonical JSON; comments and layout do not change it."""
    return "sha256:" + hashlib.sha256(canonical_json(spec)).hexdigest()


def _without_comments(plain: dict[str, JsonValue]) -> dict[str, JsonValue]:
    bare = {key: value for key, value in plain.items() if key not in _OUTSIDE_DIGEST}
    sources = bare.get("sources", {})
    if isinstance(sources, dict):
        # They stood in every spec once, so a spec without any keeps its digest.
        bare["sources"] = {name: _dropped(source) for name, source in sources.items()}
    for section in ("steps", "checks"):
        entries = bare.get(section)
        if isinstance(entries, list):
            bare[section] = [_dropped(entry) for entry in entries]
    return bare


def _dropped(entry: JsonValue) -> JsonValue:
    # A unit's own parameters may hold a column called "note" only deeper down, so just this level is stripped.
    return {key: value for key, value in entry.items() if key != "note"} if isinstance(entry, dict) else entry


def to_yaml(spec: Pipeline) -> str:
    """The spec as YAML a person can read and edit."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # Unquoted or single-quoted, YAML reads U+0085 and its like back as line breaks.
        style = None if value.isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(to_plain(spec), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def load_spec(path: Path) -> Pipeline:
    """Read a spec file, YAML or JSON. Raises SpecError naming file, line and field."""
    try:
        size = path.stat().st_size
        if size > MAX_SPEC_BYTES:
            raise SpecError(
                "The spec file is too large.",
                hint=f"A spec may have {MAX_SPEC_BYTES} bytes; this one has {size}.",
                where={"file": str(path)},
            )
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(
            "There is no such spec file.",
            hint="Check the path, or make one with 'dreflow plan'.",
            where={"file": str(path)},
        ) from None
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise SpecError(
            "This is not a spec file.", hint="A spec is YAML or JSON text in UTF-8.", where={"file": str(path)}
        ) from error
    return parse_spec(text, name=str(path))


def parse_spec(text: str, *, name: str = "spec") -> Pipeline:
    """Read a spec from YAML or JSON text; ``name`` stands for the file in errors."""
    written = _read_json(text)
    if written is not None:
        return _validate(written, lambda: _lines_of(text, name), name)
    node, plain = _read_yaml(text, name)
    return _validate(plain, lambda: node, name)


def _read_json(text: str) -> dict[str, JsonValue] | None:
    """A JSON object that YAML reads alike; None for everything else, which YAML reads or refuses, with the line.

    A program writes its specs as JSON, and loading the YAML library takes longer than all else about a small one.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        plain: dict[str, JsonValue] = json.loads(
            text, object_pairs_hook=_distinct, parse_float=_fraction, parse_constant=_refused
        )
    except (ValueError, RecursionError):
        return None
    return plain


def _distinct(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _fraction(digits: str) -> float:
    if "e" in digits.casefold():
        # Such a number is text to YAML, and a spec has one meaning whoever reads it.
        raise ValueError(digits)
    return float(digits)


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _lines_of(text: str, name: str) -> yaml.Node | None:
    """Where each field of a JSON text stands, for an error; None where YAML cannot say it."""
    try:
        return _read_yaml(text, name)[0]
    except SpecError:
        return None


def _read_yaml(text: str, name: str) -> tuple[yaml.Node | None, object]:
    import yaml

    try:
        loader = _unique_key_loader()(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where: dict[str, str | int] = {"file": name}
        if mark is not None:
            where |= {"line": min(mark.line + 1, max(1, len(text.splitlines()))), "column": mark.column + 1}
        # In a mapping in one line this is nearly always an expression whose comma or quote ended its value.
        torn = "',' or" in (error.problem or "")
        hint = "Inside {} or [] an expression with a comma or quotes stands in single or double quotes." if torn else ""
        raise SpecError(f"The spec is not valid YAML: {error.problem}.", hint=hint, where=where) from None
    except yaml.YAMLError as error:
        raise SpecError(f"The spec is not valid YAML: {error}.", where={"file": name}) from None


def from_plain(plain: Mapping[str, JsonValue], *, name: str = "spec") -> Pipeline:
    """Validate plain data as a spec; raises SpecError naming the field."""
    return _validate(dict(plain), lambda: None, name)


def _validate(plain: object, node: Callable[[], yaml.Node | None], name: str) -> Pipeline:
    if not isinstance(plain, dict):
        raise SpecError(
            "A spec is a mapping that starts with 'version'.",
            hint="See 'dreflow schema spec'.",
            where={"file": name, "line": 1},
        )
    version = plain.get("version", SPEC_VERSION)
    if isinstance(version, int) and version > SPEC_VERSION:
        raise SpecError(
            f"This spec is of version {version}; this DReflowPro reads versions up to {SPEC_VERSION}.",
            hint="Update DReflowPro, or use the spec with the version that made it.",
            where={"file": name, "field": "version"},
        )
    try:
        return Pipeline.model_validate(plain)
    except ValidationError as error:
        raise _readable(error, node(), name) from None


def _readable(error: ValidationError, node: yaml.Node | None, name: str) -> SpecError:
    """The first problem as a sentence with file, line and field; all of them as data."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    first = problems[0]
    path = tuple(part for part in first["loc"] if not str(part).endswith("]"))
    where: dict[str, str | int] = {"file": name, "field": ".".join(str(part) for part in path)}
    line = _line_of(node, path)
    if line is not None:
        where["line"] = line
    hint = ""
    if first["type"] == "extra_forbidden":
        near = nearest(str(path[-1]), _fields_at(path[:-1]))
        hint = f"Did you mean {near!r}?" if near else "See 'dreflow schema spec' for the fields."
    more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
    data = {"problems": [{"field": ".".join(map(str, p["loc"])), "problem": p["msg"]} for p in problems]}
    return SpecError(f"The spec is not valid: {first['msg']}{more}.", hint=hint, where=where, data=data)


def _fields_at(path: tuple[str | int, ...]) -> list[str]:
    """Field names (as written) of the model at a path of the spec; empty where units define them."""
    model: type[Document] = Pipeline
    from spec import pipeline as nouns
    from spec.report import Report

    owners: dict[str, type[Document]] = {
        "sources": nouns.Source,
        "tables": nouns.InlineTable,
        "parameters": nouns.Parameter,
        "outputs": nouns.Output,
        "loads": nouns.Load,
        "schedule": nouns.Schedule,
        "allow": nouns.Allow,
        "report": Report,
        "definitions": nouns.Definition,
    }
    if path:
        owner = owners.get(str(path[0]))
        if owner is None:
            return []
        model = owner
    return [field.alias or key for key, field in model.model_fields.items()]


def _line_of(node: yaml.Node | None, path: tuple[str | int, ...]) -> int | None:
    import yaml

    if node is None:
        return None
    line: int = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _refuse_torn(node: yaml.Node) -> None:
    """Refuse a value that a comma tore in two: ``{a: round(x, 2)}`` has the value ``round(x`` and the key ``2)``."""
    import yaml

    if not isinstance(node, yaml.ScalarNode) or node.style or not re.search(r"\w\(", node.value):
        return
    if node.value.count("(") > node.value.count(")"):
        raise yaml.constructor.ConstructorError(
            None,
            None,
            f"the comma behind {node.value!r} ends the value, since it stands inside {{}} or []; "
            "write the whole expression in double quotes",
            node.start_mark,
        )


def _unique_key_loader() -> type[yaml.CSafeLoader]:
    """A safe loader that refuses a repeated key (YAML itself keeps the last one, silently) and keeps dates as text."""
    import yaml

    try:
        # The parser in C reads a spec ten times as fast.
        from yaml import CSafeLoader as Base
    except ImportError:
        # PyYAML was built without it.
        from yaml import SafeLoader as Base  # type: ignore[assignment]

    class Loader(Base):
        def construct_sequence(self, node: yaml.SequenceNode, deep: bool = False) -> list[object]:
            for item in node.value[:-1] if node.flow_style else ():
                _refuse_torn(item)
            return super().construct_sequence(node, deep=deep)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
            for _, item in node.value[:-1] if node.flow_style else ():
                _refuse_torn(item)
            seen: set[object] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} stands twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep=deep)

    # A date must stay the text that was written; 'on', 'off', 'yes', 'no' are words ('on' is a field of ours).
    Loader.yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
    )
    return Loader
