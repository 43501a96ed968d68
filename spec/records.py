"""Frozen records that cost next to nothing until they are used.

``record`` is the standard library's ``dataclass``, but for when its methods are made. That one compiles six methods
from text for every class while its module is imported; a small run imports fifty records, makes objects of half of
them and compares few, and the compiling took a tenth of its time. Here a method is compiled at its first call, once a
class, and is then as fast as the other.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass as record
else:

    def record(cls: type | None = None, /, *, frozen: bool, slots: bool = False, kw_only: bool = False) -> object:
        """As ``dataclass(frozen=True)``, ``slots`` and ``kw_only`` included; there are no others than frozen ones."""
        if not frozen:
            raise TypeError("a record is frozen; use dataclass for what changes")
        return _made(cls, slots, kw_only) if cls is not None else lambda cls: _made(cls, slots, kw_only)


__all__ = ["record"]


def _made(cls: type, slots: bool, kw_only: bool) -> type:
    own = set(vars(cls))
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
    for name, method in (_SLOTTED | _METHODS if slots else _METHODS).items():
        if name not in own:
            setattr(made, name, method)
    return made


def _init(self: object, *values: object, **named: object) -> None:
    _compiled(type(self), "__init__", _init, _init_text)(self, *values, **named)


def _eq(self: object, other: object) -> bool:
    return cast("bool", _compiled(type(self), "__eq__", _eq, _eq_text)(self, other))


def _hash(self: object) -> int:
    return cast("int", _compiled(type(self), "__hash__", _hash, _hash_text)(self))


def _set(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


@recursive_repr()
def _repr(self: object) -> str:
    shown = ", ".join(f"{item.name}={getattr(self, item.name)!r}" for item in _fields(type(self)) if item.repr)
    return f"{type(self).__qualname__}({shown})"


def _state(self: object) -> list[object]:
    return [getattr(self, item.name) for item in _fields(type(self))]


def _restore(self: object, state: list[object]) -> None:
    for item, value in zip(_fields(type(self)), state, strict=True):
        object.__setattr__(self, item.name, value)


_METHODS: dict[str, Callable[..., object]] = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
}
# Without them a copy of an object with slots would set each of them, which a frozen one refuses.
_SLOTTED: dict[str, Callable[..., object]] = {"__getstate__": _state, "__setstate__": _restore}


def _fields(cls: type) -> tuple[Field[Any], ...]:
    return dataclasses.fields(cast("Any", cls))


def _compiled(
    cls: type,
    name: str,
    placeholder: Callable[..., object],
    text: Callable[[type, dict[str, object]], str],
) -> Callable[..., object]:
    """Compile the method for the record that declares it and put it there, in the place of the one that asks."""
    owner = next(one for one in cls.__mro__ if vars(one).get(name) is placeholder)
    known: dict[str, object] = {"__name__": owner.__module__, "_owner": owner, "_put": object.__setattr__}
    exec(text(owner, known), known)  # noqa: S102 - as the standard library does; the text holds names of fields only
    method = cast("Callable[..., object]", known[name])
    method.__qualname__ = f"{owner.__qualname__}.{name}"
    setattr(owner, name, method)
    return method


def _init_text(cls: type, known: dict[str, object]) -> str:
    known["_missing"] = MISSING
    positional, named = ["_self"], list[str]()
    body: list[str] = []
    for item in _fields(cls):
        value = item.name
        parameter = item.name
        if item.default_factory is not MISSING:
            known[f"_default_{item.name}"] = item.default_factory
            parameter = f"{item.name}=_missing"
            value = f"_default_{item.name}() if {item.name} is _missing else {item.name}"
        elif item.default is not MISSING:
            known[f"_default_{item.name}"] = item.default
            parameter = f"{item.name}=_default_{item.name}"
        (named if item.kw_only else positional).append(parameter)
        body.append(f" _put(_self, {item.name!r}, {value})")
    parameters = ", ".join([*positional, "*", *named] if named else positional)
    return "\n".join([f"def __init__({parameters}):", *(body or [" pass"])])


def _eq_text(cls: type, _known: dict[str, object]) -> str:
    names = [item.name for item in _fields(cls) if item.compare]
    mine, theirs = (_tuple(f"{of}.{name}" for name in names) for of in ("self", "other"))
    return (
        f"def __eq__(self, other):\n if other.__class__ is not self.__class__:\n  return NotImplemented\n"
        f" return {mine} == {theirs}"
    )


def _hash_text(cls: type, _known: dict[str, object]) -> str:
    hashed = [item.name for item in _fields(cls) if (item.compare if item.hash is None else item.hash)]
    return f"def __hash__(self):\n return hash({_tuple(f'self.{name}' for name in hashed)})"


def _tuple(parts: Iterable[str]) -> str:
    return "(" + "".join(f"{part}, " for part in parts) + ")"
