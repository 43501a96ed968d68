"""Numbers that are written with a unit or sign in some cells and otherwise in others: ``12 oz``, ``12.0 OZ.``, ``5%``.

A column whose numbers all carry the same text has a convention and is left alone. Where spellings differ, the number
alone is proposed. Different units or currencies in one column are told and never dropped; a percentage among shares
is divided by 100 where its size says so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Final

from pipelines.quality.examined import MOSTLY, Examined, Suspect, is_marker

SURE, UNSURE = 0.9, 0.6
_PARTS = re.compile(
    r"^(?P<before>[^\d+.-]{0,4}) ?(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?P<after>\D{0,24})$"
)
_LONG = 15
"""A binary fraction that was written out has at least so many digits."""
_UNITS: Final[Mapping[str, str]] = {
    spelled: unit
    for unit, words in {
        "oz": "oz ounce ounces fl", "lb": "lb lbs pound pounds",
        "g": "g gr gram grams gramme", "kg": "kg kgs kilo kilos kilogram kilograms",
        "mg": "mg milligram", "ml": "ml millilitre milliliter", "cl": "cl", "l": "l lt ltr liter litre liters litres",
        "m": "m meter metre meters metres", "cm": "cm", "mm": "mm",
        "km": "km kilometer kilometre kilometers kilometres", "in": "in inch inches",
        "ft": "ft foot feet", "mi": "mi mile miles", "s": "s sec secs second seconds", "min": "min mins minute minutes",
        "h": "h hr hrs hour hours", "d": "day days", "w": "week weeks", "month": "month months",
        "y": "yr yrs year years",
        "%": "% percent pct", "$": "$ usd us$", "€": "€ eur euro euros", "£": "£ gbp", "¥": "¥ jpy yen",
        "k": "k thousand", "million": "million mn", "billion": "billion bn",
    }.items()
    for spelled in words.split()
}  # fmt: skip


def find(data: Examined) -> Iterable[Suspect]:
    """Cells whose number carries what others of the column do not, or carry in another spelling."""
    for column in range(len(data.names)):
        parts = _column(data, column)
        if parts is None:
            continue
        variants = Counter[str]()
        for text, (affix, _) in parts.items():
            variants[affix] += data.counts[column][text]
        if len(variants) < 2:
            continue
        usual, count = min(variants.items(), key=lambda item: (-item[1], item[0]))
        if usual and count >= MOSTLY * sum(variants.values()):
            yield from _unlike(data, column, parts, usual)
        else:
            yield from _suspects(data, column, parts, variants)


def _unlike(data: Examined, column: int, parts: Mapping[str, tuple[str, Decimal]], usual: str) -> Iterable[Suspect]:
    """Almost all numbers carry the same text, and a few another."""
    for row, text in enumerate(data.cells(column)):
        if text not in parts or parts[text][0] == usual:
            continue
        affix = parts[text][0]
        # Another unit is no slip: 12 g is not 12 kg.
        slip = affix and len(affix) == len(usual) and affix in text and unit_of(affix) not in _UNITS.values()
        yield Suspect(
            row, column, f"numbers of this column carry {usual!r}", SURE, text.replace(affix, usual) if slip else None
        )


def _column(data: Examined, column: int) -> dict[str, tuple[str, Decimal]] | None:
    """Each text's affix and number; None where the column does not hold numbers, or none of them has an affix."""
    found: dict[str, tuple[str, Decimal]] = {}
    good = 0
    for text, count in data.counts[column].items():
        split = _PARTS.match(text.strip()) if text and not is_marker(text) else None
        if split is None:
            continue
        good += count
        affix = " ".join(f"{split['before']} {split['after']}".split())
        found[text] = affix, Decimal(split["number"].replace(",", ""))
    total = data.filled(column)
    if not total or good < MOSTLY * total or all(not affix for affix, _ in found.values()):
        return None
    # An affix of its own for almost every number is a name with a number in it, and no unit.
    affixes = {affix for affix, _ in found.values()}
    return found if len(affixes) <= max(3, 0.1 * good) else None


def unit_of(affix: str) -> str:
    """The unit that an affix begins with, in one spelling; the affix's first word where it is none that is known."""
    word = re.split(r"[\s.]+", affix.casefold().strip("() "))[0]
    return _UNITS.get(word, word)


def _suspects(
    data: Examined, column: int, parts: Mapping[str, tuple[str, Decimal]], variants: Counter[str]
) -> Iterable[Suspect]:
    units = Counter[str]()
    for affix, count in variants.items():
        if affix:
            units[unit_of(affix)] += count
    unknown = [unit for unit in units if unit not in _UNITS.values()]
    known = [unit for unit in units if unit in _UNITS.values()]
    rare = sum(variants.values()) * (1 - MOSTLY)
    if len(known) > 1 or (not known and len(unknown) > 1):
        usual = min(units, key=lambda unit: (-units[unit], unit))
        others = sum(count for unit, count in units.items() if unit != usual)
        if others > rare:
            return
        listed = " and ".join(sorted(units)[:4])
        for row, text in enumerate(data.cells(column)):
            if text in parts and parts[text][0] and unit_of(parts[text][0]) != usual:
                yield Suspect(row, column, f"another unit than the column's: {listed}", UNSURE)
        return
    divide = _divided(data, column, parts, known)
    if divide is None:
        return
    plain = _Style({text: number for text, (_, number) in parts.items()}, data.counts[column])
    spelled = ", ".join(repr(affix or "none") for affix, _ in sorted(variants.items(), key=lambda v: (-v[1], v[0]))[:4])
    for row, text in enumerate(data.cells(column)):
        if text not in parts:
            continue
        affix, number = parts[text]
        if affix:
            value = number / 100 if divide else number
            # What is no unit and stands there hardly ever may be a digit gone wrong.
            is_unit = unit_of(affix) in _UNITS.values() or units[unit_of(affix)] > rare
            proposed = plain(value) if is_unit else None
            yield Suspect(row, column, f"the same unit is written in several ways: {spelled}", SURE, proposed)


def _divided(
    data: Examined, column: int, parts: Mapping[str, tuple[str, Decimal]], known: Sequence[str]
) -> bool | None:
    """Whether numbers with the sign are hundred times those without; None where sizes fit neither way."""
    sizes: dict[bool, list[Decimal]] = defaultdict(list)
    for text, (affix, number) in parts.items():
        sizes[bool(affix)] += [abs(number)] * min(data.counts[column][text], 50)
    if not sizes[False]:
        return False
    without, within = median(sorted(sizes[False])), median(sorted(sizes[True]))
    if not without or not within:
        return False
    ratio = within / without
    if Decimal("0.2") <= ratio <= 5:
        return False
    return True if known == ["%"] and 20 <= ratio <= 500 else None


class _Style:
    """Writes numbers as the column does: with its decimals where almost all have as many, else as short as they are."""

    def __init__(self, numbers: Mapping[str, Decimal], counts: Mapping[str, int]) -> None:
        places = Counter[int]()
        for text, number in numbers.items():
            places[_places(number)] += counts[text]
        usual, count = min(places.items(), key=lambda item: (-item[1], item[0]))
        # One decimal is what a program adds to a whole number (12.0); two are what a person writes.
        self.fixed = usual if usual > 1 and count >= MOSTLY * sum(places.values()) else None

    def __call__(self, number: Decimal) -> str:
        if len(number.as_tuple().digits) >= _LONG or _places(number) >= _LONG:
            number = Decimal(repr(round(float(number), 12)))
        if self.fixed is not None and _places(number) <= self.fixed:
            return f"{number:.{self.fixed}f}"
        return f"{number.normalize():f}"


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
