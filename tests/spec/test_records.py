"""Records behave as frozen dataclasses, though their methods are made late."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field

import pytest

from spec.records import record


@record(frozen=True)
class Point:
    x: int
    y: int = 0
    tags: tuple[str, ...] = field(default_factory=tuple)
    secret: str = field(default="", repr=False, compare=False)


@record(frozen=True, slots=True)
class Slotted:
    name: str
    near: frozenset[str] = frozenset()


@record(frozen=True, kw_only=True)
class Named:
    first: str
    second: dict[str, int] = field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Plain:
    x: int
    y: int = 0


def test_a_record_takes_values_and_defaults_as_a_dataclass_does() -> None:
    assert (Point(1).x, Point(1).y, Point(1).tags) == (1, 0, ())
    assert Point(1, 2, secret="not a secret").secret == "not a secret"
    assert Named(first="a").second is not Named(first="a").second
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Point(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Named("a")  # type: ignore[call-arg]


def test_equal_records_have_equal_hashes_and_what_is_not_compared_does_not_count() -> None:
    assert Point(1, 2) == Point(1, 2, secret="not a secret")
    assert hash(Point(1, 2)) == hash(Point(1, 2, secret="not a secret"))
    assert Point(1, 2) != Point(2, 1)
    assert Point(1) != Plain(1)  # type: ignore[comparison-overlap]
    assert {Slotted("a", frozenset("b")): 1}[Slotted("a", frozenset("b"))] == 1
    assert hash(Plain(1, 2)) == hash((1, 2))


def test_a_record_cannot_be_changed() -> None:
    for one in (Point(1), Slotted("a")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.x = 2  # type: ignore[misc, union-attr]
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.x  # type: ignore[union-attr]


def test_a_record_shows_its_fields_but_those_that_are_hidden() -> None:
    assert repr(Point(1, secret="sentinel-hidden")) == "Point(x=1, y=0, tags=())"


def test_records_are_replaced_copied_and_pickled() -> None:
    one = Slotted("a", frozenset({"b"}))
    assert dataclasses.replace(one, name="c") == Slotted("c", frozenset({"b"}))
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert [item.name for item in dataclasses.fields(Point)] == ["x", "y", "tags", "secret"]


def test_a_record_below_another_has_the_fields_of_both() -> None:
    @record(frozen=True)
    class Solid(Point):
        z: int = 3

    assert Solid(1, z=4) == Solid(1, z=4) != Solid(1)
    assert Point(1) == Point(1)
    assert repr(Solid(1)).endswith("Solid(x=1, y=0, tags=(), z=3)")


def test_a_method_of_its_own_is_kept() -> None:
    @record(frozen=True)
    class Silent:
        word: str

        def __repr__(self) -> str:
            return "hidden"

    assert repr(Silent("sentinel-word")) == "hidden"
