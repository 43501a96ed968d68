"""Groups from pairs: no weak chain joins, each partner once where tables are clean, and no order of pairs matters."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.entities.grouping import Groups, Pair, any_number, one_to_one


def pair(a: int, b: int, chance: int) -> Pair:
    return Pair(a, b, chance, chance, "")


def grouped(*pairs: Pair) -> Groups:
    return any_number(pairs, automatic=900, review=300)


def test_a_chain_of_two_links_is_asked_about() -> None:
    found = grouped(pair(1, 2, 990), pair(2, 3, 950))
    assert found.first == {1: 1, 2: 1}
    assert [(one.a, one.b) for one in found.review] == [(2, 3)]
    assert "not alike" in found.review[0].reason


def test_a_triangle_is_one_though_one_side_is_weak() -> None:
    found = grouped(pair(1, 2, 990), pair(2, 3, 950), pair(1, 3, 350))
    assert found.first == {1: 1, 2: 1, 3: 1}
    assert found.review == ()


def test_two_groups_are_joined_by_more_than_half_of_their_pairs_only() -> None:
    inner = [pair(1, 2, 999), pair(3, 4, 999)]
    half = grouped(*inner, pair(1, 3, 950), pair(2, 4, 940))
    most = grouped(*inner, pair(1, 3, 950), pair(2, 4, 940), pair(1, 4, 400))
    assert half.first == {1: 1, 2: 1, 3: 3, 4: 3}
    assert most.first == dict.fromkeys((1, 2, 3, 4), 1)


def test_the_likelier_pair_takes_the_partner_and_the_other_is_asked_about() -> None:
    found = one_to_one([pair(1, 10, 950), pair(2, 10, 970), pair(1, 11, 400)], automatic=900, review=300)
    assert found.first == {2: 2, 10: 2}
    assert [(one.a, one.b) for one in found.review] == [(1, 10), (1, 11)]


pairs = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda ends: ends[0] < ends[1]),
    st.integers(0, 1000),
    max_size=20,
).map(lambda found: [pair(a, b, chance) for (a, b), chance in found.items()])


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(found: list[Pair], random: Random) -> None:
    shuffled = random.sample(found, len(found))
    for decide in (any_number, one_to_one):
        assert decide(shuffled, automatic=900, review=300) == decide(found, automatic=900, review=300)


@given(pairs)
def test_no_pair_within_an_entity_is_asked_about_and_none_is_lost(found: list[Pair]) -> None:
    groups = grouped(*found)
    for one in found:
        joined = groups.first.get(one.a, one.a) == groups.first.get(one.b, one.b)
        in_review = any((one.a, one.b) == (other.a, other.b) for other in groups.review)
        assert not (joined and in_review)
        assert joined or in_review or one.chance < 300


def test_records_that_contradict_each_other_are_in_no_entity_together() -> None:
    found = grouped(pair(1, 2, 990), pair(2, 3, 950), Pair(1, 3, 890, 890, "", against=True))
    assert found.first == {1: 1, 2: 1}
    assert [(one.a, one.b) for one in found.review] == [(2, 3), (1, 3)]
    assert "contradict each other" in found.review[0].reason
