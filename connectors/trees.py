"""SQLGlot's trees, written down first and built when they are needed.

The text of a statement is a pure function of the calls that build its tree. Where those calls were made before, the
text is known, and SQLGlot, whose import takes a third of a short run, is not needed at all. So while a ``Recording``
goes on, ``exp`` and ``parse_one`` here note each call; a note is asked for its text, and only where that is not known
are all notes so far built, by the same calls in the same order as without a recording. What is known is found by the
calls themselves, names, values and all: nobody states what a text depends on, so nothing can be forgotten.

What a note cannot promise ends the knowing: once a node may have been changed in place, no text is looked up or kept
any more. Without a recording, ``exp`` is SQLGlot's own module.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from sqlglot import exp, parse_one

    from spec.base import JsonValue

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Path = tuple[str, ...]

__all__ = ["Recording", "begin", "end", "exp", "fact", "noted", "parse_one"]

_COPYING = frozenset(
    "copy select from_ where group_by having order_by limit qualify join with_ subquery as_ when else_".split()
)
"""Methods of a tree that give another one and leave it alone; with ``copy=False`` the tree itself, given up by then."""
_ALL = {("Expression",), ("Expr",)}
"""The classes of which every node is one."""
MOST = 2000
"""Facts that one recording finds out; a run with more statements gains nothing by knowing them."""


class Recording:
    """One run's notes."""

    def __init__(self) -> None:
        self.facts: dict[str, JsonValue] = {}
        """What was asked of notes here; empty where nothing of it can be relied on."""
        self.is_exact = True
        self._known: Mapping[str, JsonValue] = {}
        self._waiting: list[Note] | None = []

    def know(self, facts: Mapping[str, JsonValue]) -> None:
        """Take over the ``facts`` of an earlier recording."""
        self._known = facts

    @property
    def has_learned(self) -> bool:
        """Whether something was asked here that was not known."""
        return bool(self.facts.keys() - self._known.keys())

    @property
    def has_built(self) -> bool:
        """Whether nodes had to be built."""
        return self._waiting is None

    def note(self, path: Path, on: Note | None, args: tuple[object, ...], named: dict[str, object]) -> Note:
        """Note a call; it is made at once where trees are built already."""
        if not all(map(_is_plain, (on, *args, *named.values()))):
            self.forget()
        if on is not None and named.get("copy") is False:
            on.made_by.given_up = True
        # As they are now: what becomes of a list afterwards is not what was called.
        made = Note(Call(self, path, on, _held(args), _held(named)))
        if self._waiting is None:
            _build(made)
        else:
            self._waiting.append(made)
        return made

    def forget(self) -> None:
        """Nothing is known from here on: a node may be other than its notes say."""
        self.is_exact = False
        self.facts = {}

    def node(self, note: Note) -> Any:
        """The note's node; all that was noted before is built with it, in the order in which it was noted."""
        waiting, self._waiting = self._waiting, None
        for one in waiting or ():
            _build(one)
        return note.made_by.node

    def fact(self, note: Note, what: str, ask: Callable[[Any], JsonValue]) -> JsonValue:
        """What ``ask`` finds of a node; ``what`` names the question."""
        key = _key(note, what) if self.is_exact and len(self.facts) < MOST else None
        if key is None:
            self.forget()
            return ask(self.node(note))
        if key not in self.facts:
            self.facts[key] = self._known[key] if key in self._known else ask(self.node(note))
        return self.facts[key]


@dataclass(eq=False)
class Call:
    """What a note says: a function by its path, or a method of the node of another note, and with what."""

    tape: Recording
    path: Path
    on: Note | None
    args: tuple[object, ...]
    named: dict[str, object]
    node: Any = None
    given_up: bool = False
    """Whether a method was called that changes the node itself."""


class Note:
    """A call that makes a node: used like the node, and built at the latest when it is more than its text."""

    __slots__ = ("made_by",)
    made_by: Call

    def __init__(self, made_by: Call) -> None:
        object.__setattr__(self, "made_by", made_by)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The node's, so that SQLGlot and ``isinstance`` take it for one."""
        return type(self.made_by.tape.node(self))

    @property
    def name(self) -> str:
        """The name of a table, a column or an identifier."""
        found = _name(self)
        return found if found is not None else str(fact(cast("exp.Expr", self), "name", lambda node: node.name))

    def sql(self, dialect: str | None = None, **options: Any) -> str:
        """The text."""
        question = f"sql {dialect} {options}"
        return fact(cast("exp.Expr", self), question, lambda node: node.sql(dialect=dialect, **options))

    def __getattr__(self, name: str) -> Any:
        tape = self.made_by.tape
        if name in _COPYING:
            return lambda *args, **named: tape.note((name,), self, args, named)
        tape.forget()
        found = getattr(tape.node(self), name)
        return (lambda *args, **named: found(*_plain(args), **_plain(named))) if callable(found) else found

    def __setattr__(self, name: str, value: object) -> None:
        self.made_by.tape.forget()
        setattr(self.made_by.tape.node(self), name, _plain(value))

    def __str__(self) -> str:
        return str(self.made_by.tape.node(self))

    def __repr__(self) -> str:
        return repr(self.made_by.tape.node(self))

    def __eq__(self, other: object) -> bool:
        return bool(self.made_by.tape.node(self) == _plain(other))

    def __hash__(self) -> int:
        return hash(self.made_by.tape.node(self))


class _Name:
    """A name of SQLGlot's, which is looked up where no recording goes on, and when the notes are built."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getattr__(self, name: str) -> Any:
        return getattr(_real(self.path), name) if _going_on is None else _Name((*self.path, name))

    def __call__(self, *args: object, **named: object) -> Any:
        return _real(self.path)(*args, **named) if _going_on is None else _going_on.note(self.path, None, args, named)

    def __instancecheck__(self, found: object) -> bool:
        if type(found).__module__ == "builtins":
            return False
        if type(found) is Note and (self.path[1:] in _ALL or found.made_by.path == self.path):
            return True
        return isinstance(found, _real(self.path))


_going_on: Recording | None = None

if not TYPE_CHECKING:
    exp = _Name(("exp",))
    parse_one = _Name(("parse_one",))


def is_loaded() -> bool:
    """Whether SQLGlot is here already, so that nothing is gained by doing without it."""
    return "sqlglot" in sys.modules


def begin() -> Recording | None:
    """Record what this process does from here on, in whatever thread; None where SQLGlot is loaded already."""
    global _going_on  # noqa: PLW0603 - as there is one SQLGlot in a process
    if is_loaded():
        return None
    _going_on = Recording()
    return _going_on


def end() -> None:
    """Record no longer; notes that are still held stay what they are."""
    global _going_on  # noqa: PLW0603
    _going_on = None


def noted(function: Callable[P, R]) -> Callable[P, R]:
    """A function of ours that makes a node of plain values and nodes: noted as one call, and run when it is built."""

    @wraps(function)
    def called(*args: P.args, **named: P.kwargs) -> R:
        if _going_on is None:
            return function(*args, **named)
        path = ("", function.__module__, function.__qualname__)
        return cast("R", _going_on.note(path, None, args, cast("dict[str, object]", named)))

    return called


def fact(node: exp.Expr, what: str, ask: Callable[[exp.Expr], T]) -> T:
    """What ``ask`` finds of a node, of JSON's values alone and without changing it; ``what`` names the question."""
    noted_down: object = node
    if type(noted_down) is not Note:
        return ask(node)
    return cast("T", noted_down.made_by.tape.fact(noted_down, what, cast("Callable[[Any], JsonValue]", ask)))


def _real(path: Path) -> Any:
    if path[0] == "":
        return getattr(sys.modules[path[1]], path[2]).__wrapped__
    import sqlglot

    found: Any = sqlglot
    for part in path:
        found = getattr(found, part)
    return found


def _build(note: Note) -> None:
    global _going_on  # noqa: PLW0603
    # What is called here is to make nodes and no notes.
    kept, _going_on = _going_on, None
    try:
        said = note.made_by
        call = _real(said.path) if said.on is None else getattr(said.on.made_by.node, said.path[0])
        said.node = call(*_plain(said.args), **_plain(said.named))
    finally:
        _going_on = kept


def _plain(value: Any) -> Any:
    """The value with nodes for notes."""
    if type(value) is Note:
        return value.made_by.tape.node(value)
    if type(value) is _Name:
        return _real(value.path)
    if type(value) in {list, tuple}:
        return type(value)(map(_plain, value))
    return {key: _plain(item) for key, item in value.items()} if type(value) is dict else value


def _held(value: Any) -> Any:
    """The value with lists and mappings of its own."""
    if type(value) in {list, tuple}:
        return type(value)(map(_held, value))
    return {key: _held(item) for key, item in value.items()} if type(value) is dict else value


def _is_plain(value: object) -> bool:
    """Whether a key can say what the value is."""
    if type(value) is Note:
        return not value.made_by.given_up
    if type(value) in {list, tuple}:
        return all(map(_is_plain, cast("list[object]", value)))
    if type(value) is dict:
        return all(map(_is_plain, value.values()))
    return value is None or type(value) in {bool, int, float, str, _Name}


def _name(note: object) -> str | None:
    """The name, where the note says it."""
    if type(note) is not Note or note.made_by.on is not None:
        return None
    said = note.made_by
    first = said.args[0] if said.args else said.named.get("this")
    if said.path in {("exp", "to_identifier"), ("exp", "table_"), ("exp", "column")}:
        return first if isinstance(first, str) and said.named.get("quoted") else None
    return _name(first) if said.path in {("exp", "Table"), ("exp", "Column")} and not said.args else None


def _key(note: Note, what: str) -> str | None:
    """What was called with what, and which of it is one and the same node; None where a note was given up."""
    numbers: dict[int, int] = {}
    changed: list[Note] = []

    def said(value: Any, *, on: bool = False) -> object:
        kind = type(value)
        if kind is Note:
            if value.made_by.given_up and not on:
                changed.append(value)
            if id(value) in numbers:
                return {"again": numbers[id(value)]}
            numbers[id(value)] = len(numbers)
            return {
                "call": value.made_by.path,
                # What is changed by this very call is what the call says.
                "on": said(value.made_by.on, on=value.made_by.named.get("copy") is False),
                "with": said(value.made_by.args),
                "named": said(value.made_by.named),
            }
        if kind is _Name:
            return {"name": value.path}
        if kind in {list, tuple}:
            return [kind.__name__, *map(said, value)]
        if kind is dict:
            return {"dict": [[key, said(item)] for key, item in value.items()]}
        # Otherwise true and 1, or 1 and 1.0, were one.
        return value if value is None or kind is str else {kind.__name__: repr(value)}

    text = json.dumps([what, said(note)], ensure_ascii=False, separators=(",", ":"))
    return None if changed else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
