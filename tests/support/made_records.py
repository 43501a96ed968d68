"""Records whose truth is known: people and companies, written as two careless systems would hold them.

Everything is drawn from one seed. A value never says which record it belongs to; the truth is kept beside the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

Row = list[str | None]

FIRST = {
    "Robert": "Bob", "William": "Bill", "Elizabeth": "Liz", "Michael": "Mike", "Katherine": "Kate", "Thomas": "Tom",
    "Margaret": "Maggie", "James": "Jim", "Richard": "Rick", "Susan": "Sue", "Anthony": "Tony", "Jennifer": "Jen",
    "Hannah": "Hannah", "Miguel": "Miguel", "Aisha": "Aisha", "Oluwaseun": "Oluwaseun", "Ingrid": "Ingrid",
    "Yusuf": "Yusuf", "Chiara": "Chiara", "Pavel": "Pavel", "Lena": "Lena", "Noor": "Noor", "Felix": "Felix",
    "Greta": "Greta", "Ivan": "Ivan", "Marta": "Marta", "Diego": "Diego", "Sofia": "Sofia", "Emil": "Emil",
    "Ruth": "Ruth",
}  # fmt: skip
COMMON = ["Smith", "Miller", "Garcia", "Müller", "Nguyen", "Khan", "Rossi", "Novak", "Jones", "Brown"]
HEADS = ["Bar", "Wen", "Kol", "Dra", "Fen", "Hal", "Mor", "Tes", "Ved", "Lan", "Ost", "Pel", "Rud", "Sam", "Zim", "Gor"]
TAILS = ["ton", "mann", "wick", "escu", "berg", "sen", "ova", "aldi", "ski", "field", "dottir", "ez", "lund", "ham"]
STREETS = ["Oak Street", "Mill Lane", "Station Road", "King's Avenue", "Harbour Street", "Garden Road", "Church Lane",
           "Elm Avenue", "Bridge Street", "Park Drive", "Hill Road", "Market Square"]  # fmt: skip
CITIES = ["Leeds", "Bristol", "Cardiff", "Glasgow", "Norwich", "York", "Exeter", "Hull"]
TRADES = ["Logistics", "Bakery", "Consulting", "Metalworks", "Software", "Catering", "Textiles", "Print", "Dental",
          "Motors", "Roofing", "Furniture"]  # fmt: skip
FORMS = {"Ltd": "Limited", "GmbH": "G.m.b.H.", "Inc.": "Incorporated", "LLC": "L.L.C.", "AG": "AG"}


@dataclass(frozen=True)
class Made:
    """Rows of one table (the first column names a record), and the pairs of them that are one thing."""

    columns: tuple[str, ...]
    rows: list[Row]
    pairs: frozenset[tuple[str, str]]


def people(seed: int, size: int) -> Made:
    """A customer list with typing errors, short names, moves, households of one phone, and namesakes."""
    draw = Random(seed)
    records: list[tuple[int, Row]] = []
    truth: list[Row] = []
    for number in range(size):
        person = _person(draw)
        if truth and draw.random() < 0.08:  # a household: another person of the same name of family, house and phone
            kin = draw.choice(truth)
            other = draw.choice([name for name in FIRST if not str(kin[0]).startswith(name)])
            person = [
                f"{other} {str(kin[0]).split(' ', 1)[1]}",
                _mail(draw, other),
                kin[2],
                kin[3],
                kin[4],
                _born(draw),
            ]
        elif truth and draw.random() < 0.04:  # a namesake elsewhere
            person[0] = draw.choice(truth)[0]
        truth.append(person)
        records.append((number, person))
        records.extend((number, _again(draw, person)) for _ in range(draw.choice([0, 0, 0, 1, 1, 2])))
    return _numbered(("id", "name", "email", "phone", "address", "city", "birth_date"), records)


def companies(seed: int, size: int) -> tuple[Made, Made, frozenset[tuple[str, str]]]:
    """Suppliers as two clean systems know them: legal forms, phone formats, moved or missing data; and the pairs."""
    draw = Random(seed)
    one: list[tuple[int, Row]] = []
    other: list[tuple[int, Row]] = []
    for number in range(size):
        company = _company(draw)
        if draw.random() < 0.85:
            one.append((number, company))
        if draw.random() < 0.85:
            other.append((number, _elsewhere(draw, company)))
    columns = ("id", "name", "phone", "street", "city", "website")
    a, b = _numbered(columns, one, "a"), _numbered(columns, other, "b")
    by_number = {number: row[0] for (number, _), row in zip(_shuffled(one, "a"), a.rows, strict=True)}
    pairs = frozenset(
        (str(by_number[number]), str(row[0]))
        for (number, _), row in zip(_shuffled(other, "b"), b.rows, strict=True)
        if number in by_number
    )
    return a, b, pairs


def _numbered(columns: tuple[str, ...], records: Sequence[tuple[int, Row]], mark: str = "r") -> Made:
    ordered = _shuffled(records, mark)
    rows: list[Row] = [[f"{mark}{place}", *row] for place, (_, row) in enumerate(ordered, start=1)]
    groups: dict[int, list[str]] = {}
    for (number, _), row in zip(ordered, rows, strict=True):
        groups.setdefault(number, []).append(str(row[0]))
    pairs = frozenset(pair for ids in groups.values() for pair in combinations(sorted(ids), 2))
    return Made(columns, rows, pairs)


def _shuffled(records: Sequence[tuple[int, Row]], mark: str) -> list[tuple[int, Row]]:
    ordered = list(records)
    Random(mark).shuffle(ordered)
    return ordered


def _family(draw: Random) -> str:
    return draw.choice(COMMON) if draw.random() < 0.2 else draw.choice(HEADS) + draw.choice(TAILS)


def _person(draw: Random) -> Row:
    first, family = draw.choice(list(FIRST)), _family(draw)
    return [
        f"{first} {family}",
        _mail(draw, first, family),
        _phone(draw),
        _address(draw),
        draw.choice(CITIES),
        _born(draw),
    ]


def _mail(draw: Random, first: str, family: str = "") -> str:
    name = f"{first}.{family}" if family else first
    return f"{name.lower()}{draw.randrange(100, 10_000)}@{draw.choice(['post', 'mail', 'web'])}.test"


def _born(draw: Random) -> str:
    return f"{draw.randrange(1940, 2006)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"


def _phone(draw: Random) -> str:
    return f"+44 {draw.randrange(20, 30)} {draw.randrange(1000, 10_000)} {draw.randrange(1000, 10_000)}"


def _address(draw: Random) -> str:
    return f"{draw.randrange(1, 220)} {draw.choice(STREETS)}"


def _again(draw: Random, person: Row) -> Row:
    """The same person, entered once more by somebody in a hurry."""
    name, email, phone, address, city, born = person
    first, family = str(name).split(" ", 1)
    if draw.random() < 0.3:
        first = FIRST[first]
    name = f"{family}, {first}" if draw.random() < 0.15 else f"{first} {family}"
    if draw.random() < 0.3:
        name = _typo(draw, name)
    if draw.random() < 0.25:
        address, city = _address(draw), draw.choice(CITIES)
    elif draw.random() < 0.5:
        address = str(address).replace("Street", "St.").replace("Road", "Rd").replace("Avenue", "Ave")
    if draw.random() < 0.25:
        email = _mail(draw, first.lower())
    if draw.random() < 0.5:
        phone = str(phone).replace("+44 ", "0").replace(" ", draw.choice(["", "-", " "]))
    if draw.random() < 0.15:
        born = _typo(draw, str(born), letters="0123456789", skip="-")
    row: Row = [name, email, phone, address, city, born]
    for place in range(1, len(row)):
        if draw.random() < 0.2:
            row[place] = None
    return row


def _typo(draw: Random, text: str, *, letters: str = "aeinrst", skip: str = " ,") -> str:
    places = [place for place, letter in enumerate(text) if letter not in skip and place]
    at = draw.choice(places)
    way = draw.randrange(3) if skip == " ," else 0
    if way == 1:
        return text[:at] + text[at + 1 :]
    if way == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + draw.choice(letters) + text[at + 1 :]


def _company(draw: Random) -> Row:
    name = f"{_family(draw)} {draw.choice(TRADES)} {draw.choice(list(FORMS))}"
    host = name.split(" ", maxsplit=1)[0].lower().replace("ü", "ue") + draw.choice(["", "-group", "online"])
    return [name, _phone(draw), _address(draw), draw.choice(CITIES), f"www.{host}.test"]


def _elsewhere(draw: Random, company: Row) -> Row:
    name, phone, street, city, site = company
    start, _, form = str(name).rpartition(" ")
    choice = draw.random()
    name = start if choice < 0.35 else f"{start} {FORMS[form]}" if choice < 0.7 else f"{start.upper()} {form}"
    if draw.random() < 0.15:
        name = _typo(draw, name)
    phone = (
        str(phone).replace("+44 ", "(0) ") if draw.random() < 0.5 else str(phone).replace(" ", "").replace("+", "00")
    )
    if draw.random() < 0.2:
        street = _address(draw)
    if draw.random() < 0.5:
        site = f"https://{site}/"
    row: Row = [name, phone, street, city, site]
    for place in range(1, len(row)):
        if draw.random() < 0.2:
            row[place] = None
    return row
