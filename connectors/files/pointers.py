"""Where values stand in nested records: JSON Pointers (RFC 6901) with ``*`` for the entries of a list.

``/customer/id`` is a value of the record, ``/line_items/*/sku`` one of each entry of its list ``line_items``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ENTRY = "*"
WHOLE = "/"
"""Of ``records``: the document itself is the one record, whatever lists it holds."""
Keys = tuple[str, ...]


def parse(pointer: str) -> Keys:
    """The keys of a pointer; the empty one has none."""
    if not pointer:
        return ()
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer.removeprefix("/").split("/"))


def spell(keys: Sequence[str]) -> str:
    """The pointer of some keys."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


@dataclass
class Node:
    """A key of the record: a value to read, an object with more keys, or a list whose entries have them."""

    children: dict[str, Node] = field(default_factory=dict)
    is_list: bool = False

    @property
    def type(self) -> str:
        """DuckDB type in which all values are text."""
        if not self.children:
            return "VARCHAR"
        inner = ", ".join(f"{_quoted(key)} {child.type}" for key, child in self.children.items())
        return f"STRUCT({inner})" + ("[]" if self.is_list else "")


def _quoted(key: str) -> str:
    return '"' + key.replace('"', '""') + '"'


def tree(paths: Iterable[Keys]) -> Node:
    """The shape of the records in which these values stand."""
    root = Node()
    for path in paths:
        node = root
        for key in path:
            if key == ENTRY:
                node.is_list = True
            else:
                node = node.children.setdefault(key, Node())
    return root


def paths_of(columns: Iterable[str], fields: Mapping[str, str]) -> dict[str, Keys]:
    """Where each column's value stands."""
    return {name: parse(fields[name]) if name in fields else (name,) for name in columns}
