"""Records whose truth is known and whose neighbours are nearly the same: variants, branches, kin, flats and sequels.

Everything is drawn from one seed. Each world has things that are alike and not one: a product in two colours, a chain's
branches, father and son, flats of one house, parts of a series. What a value says never depends on the truth beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Row = list[str | None]


@dataclass(frozen=True)
class World:
    """One or two tables (the first column names a record), and the pairs that are one thing, by id."""

    columns: tuple[str, ...]
    tables: dict[str, list[Row]]
    pairs: frozenset[frozenset[str]]


SYLLABLES = [
    "ka",
    "vo",
    "ri",
    "ten",
    "mar",
    "lo",
    "zen",
    "pi",
    "dor",
    "sal",
    "ul",
    "gri",
    "fe",
    "bon",
    "hu",
    "qua",
    "ste",
    "ny",
    "ol",
    "ber",
]


def word(draw: Random, least: int = 2, most: int = 3) -> str:
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(least, most))).capitalize()


def typo(draw: Random, text: str) -> str:
    """One letter dropped, doubled, swapped with the next or another one; digits stay."""
    places = [at for at, letter in enumerate(text) if letter.isalpha() and at]
    if not places:
        return text
    at = draw.choice(places)
    way = draw.randrange(4)
    if way == 0:
        return text[:at] + text[at + 1 :]
    if way == 1:
        return text[:at] + text[at] + text[at:]
    if way == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + draw.choice("aeionrst") + text[at + 1 :]


def fewer(draw: Random, text: str, chance: float) -> str:
    """Some words left out, the first one never."""
    words = text.split(" ")
    return " ".join(one for place, one in enumerate(words) if not place or draw.random() >= chance)


def blank(draw: Random, row: Row, chance: float) -> Row:
    return [row[0], *(None if draw.random() < chance else cell for cell in row[1:])]


def linked(columns: Sequence[str], things: Sequence[Row], again: Callable[[Random, Row], Row], draw: Random) -> World:
    """Two clean tables: most things are in both, the second time as ``again`` writes them."""
    left: list[Row] = []
    right: list[Row] = []
    pairs: set[frozenset[str]] = set()
    for number, thing in enumerate(things):
        one, two = draw.random() < 0.8, draw.random() < 0.8
        if one:
            left.append([f"a{number}", *thing])
        if two:
            right.append([f"b{number}", *again(draw, list(thing))])
        if one and two:
            pairs.add(frozenset((f"a{number}", f"b{number}")))
    draw.shuffle(left)
    draw.shuffle(right)
    return World(("id", *columns), {"ours": left, "theirs": right}, frozenset(pairs))


def doubled(columns: Sequence[str], things: Sequence[Row], again: Callable[[Random, Row], Row], draw: Random) -> World:
    """One table with things entered once, twice or three times."""
    rows: list[Row] = []
    pairs: set[frozenset[str]] = set()
    for number, thing in enumerate(things):
        ids = [f"r{number}x{copy}" for copy in range(draw.choice((1, 1, 1, 2, 2, 3)))]
        rows += [[name, *(again(draw, list(thing)) if copy else thing)] for copy, name in enumerate(ids)]
        pairs |= {frozenset((one, two)) for place, one in enumerate(ids) for two in ids[place + 1 :]}
    draw.shuffle(rows)
    return World(("id", *columns), {"records": rows}, frozenset(pairs))


COLOURS = ["Black", "White", "Silver", "Red", "Blue"]
KINDS = [
    "Digital Camera",
    "LCD Monitor",
    "Wireless Router",
    "Coffee Maker",
    "Laser Printer",
    "Speaker System",
    "Microwave Oven",
    "Portable Player",
    "Phone Case",
    "Desk Lamp",
]
EXTRAS = [
    "with Remote",
    "Energy Star",
    "Retail",
    "New",
    "Compact Design",
    "High Performance",
    "2-Year Warranty",
    "with Bluetooth",
]


def products(seed: int, size: int, *, codes: bool = True) -> World:
    """A catalogue of brands whose products come in colours and sizes, with a maker's code or without."""
    draw = Random(seed)
    brands = [word(draw) for _ in range(12)]
    things: list[Row] = []
    while len(things) < size:
        brand, kind, line = draw.choice(brands), draw.choice(KINDS), word(draw)
        stem = f"{''.join(draw.choices('ABCDEGKLMNPRSTVX', k=draw.randint(2, 3)))}{draw.randrange(100, 9900)}"
        price = draw.randrange(20, 900)
        variants = draw.choice((1, 1, 2, 3))
        by_size = draw.random() < 0.4
        marks = draw.sample(["2 GB", "4 GB", "8 GB", "16 GB"], variants) if by_size else draw.sample(COLOURS, variants)
        for mark in marks:
            code = f"{stem}{mark[:2].upper() if not by_size else mark.split()[0]}" if variants > 1 else stem
            title = f"{brand} {line} {mark} {kind}" + (f" - {code}" if codes else "")
            text = f"{brand} {line} {kind}/ {mark}/ {draw.choice(EXTRAS)}/ {draw.choice(EXTRAS)}"
            things.append([title, text, f"{price + draw.choice((0, 0, 10))}.00"])

    def again(draw: Random, row: Row) -> Row:
        title = str(row[0])
        if codes and draw.random() < 0.3:
            title = title.split(" - ", maxsplit=1)[0]
        elif codes and draw.random() < 0.4:
            title = (
                " ".join(title.replace(" - ", " ").split(" ")[:-1])
                + f" ({title.split(' ')[-1][:3]}-{title.split(' ')[-1][3:]})"
            )
        title = fewer(draw, title, 0.12)
        if draw.random() < 0.2:
            title = typo(draw, title)
        if draw.random() < 0.5:
            title = f"{title} {draw.choice(EXTRAS)}"
        price = f"{round(float(str(row[2])) * draw.uniform(0.8, 1.1), 2):.2f}" if draw.random() < 0.8 else row[2]
        text = fewer(draw, str(row[1]), 0.3) if draw.random() < 0.6 else None
        return [title, text, price if draw.random() < 0.7 else None]

    return linked(("title", "description", "price"), things[:size], again, draw)


TRADES = [
    "Logistics",
    "Bakery",
    "Consulting",
    "Metalworks",
    "Software",
    "Catering",
    "Print",
    "Dental",
    "Motors",
    "Roofing",
]
TOWNS = ["Leeds", "Bristol", "Cardiff", "Glasgow", "Norwich", "York", "Exeter", "Hull", "Derby", "Bath"]
STREETS = [
    "Oak Street",
    "Mill Lane",
    "Station Road",
    "Harbour Street",
    "Garden Road",
    "Church Lane",
    "Elm Avenue",
    "Bridge Street",
    "Park Drive",
]
FORMS = ["Ltd", "Limited", "GmbH", "Inc.", "LLC", ""]


def phone(draw: Random) -> str:
    return f"+44 {draw.randrange(20, 30)} {draw.randrange(1000, 10_000)} {draw.randrange(1000, 10_000)}"


def branches(seed: int, size: int) -> World:
    """Companies of which some are chains (one name, many towns, one switchboard) or groups (one house, one website)."""
    draw = Random(seed)
    things: list[Row] = []
    while len(things) < size:
        head, trade, form = word(draw), draw.choice(TRADES), draw.choice(FORMS)
        site, line = f"www.{head.lower()}.test", phone(draw)
        how = draw.random()
        if how < 0.12:
            for town in draw.sample(TOWNS, draw.randint(2, 4)):
                own = line if draw.random() < 0.5 else phone(draw)
                things.append(
                    [
                        f"{head} {trade} {form}".strip(),
                        own,
                        f"{draw.randrange(1, 220)} {draw.choice(STREETS)}",
                        town,
                        site,
                    ]
                )
        elif how < 0.22:
            street, town = f"{draw.randrange(1, 220)} {draw.choice(STREETS)}", draw.choice(TOWNS)
            for other in draw.sample(TRADES, draw.randint(2, 3)):
                own = line if draw.random() < 0.6 else phone(draw)
                things += [[f"{head} {other} {form}".strip(), own, street, town, site]]
        else:
            things.append(
                [
                    f"{head} {trade} {form}".strip(),
                    line,
                    f"{draw.randrange(1, 220)} {draw.choice(STREETS)}",
                    draw.choice(TOWNS),
                    site,
                ]
            )

    def again(draw: Random, row: Row) -> Row:
        name, line, street, town, site = (str(cell) for cell in row)
        if draw.random() < 0.5:
            name = " ".join(one for one in name.split(" ") if one not in FORMS) + f" {draw.choice(FORMS)}"
        if draw.random() < 0.2:
            name = typo(draw, name)
        if draw.random() < 0.5:
            line = line.replace("+44 ", "0").replace(" ", draw.choice(("", "-", " ")))
        if draw.random() < 0.5:
            street = street.replace("Street", "St.").replace("Road", "Rd").replace("Avenue", "Ave")
        return blank(
            draw, [name.strip(), line, street, town, site.removeprefix("www.") if draw.random() < 0.5 else site], 0.25
        )

    return linked(("company", "phone", "street", "town", "website"), things[:size], again, draw)


GIVEN = [
    "Robert",
    "William",
    "Susan",
    "Michael",
    "Aisha",
    "Thomas",
    "Ingrid",
    "James",
    "Yusuf",
    "Chiara",
    "Pavel",
    "Lena",
    "Noor",
    "Felix",
    "Greta",
    "Ivan",
    "Marta",
    "Diego",
    "Sofia",
    "Emil",
    "Ruth",
    "Clara",
    "Peter",
    "Anna",
]


def families(seed: int, size: int) -> World:
    """People with kin: couples, twins and father and son of one name in one house; few columns are filled."""
    draw = Random(seed)
    surnames = [word(draw) for _ in range(size // 4)]
    things: list[Row] = []
    while len(things) < size:
        one = _person(draw, draw.choice(GIVEN), draw.choice(surnames))
        things += [one, *_kin(draw, one, surnames)]
    return doubled(
        ("first_name", "last_name", "email", "phone", "address", "birth_date"), things[:size], _entered_again, draw
    )


def _person(draw: Random, first: str, last: str) -> Row:
    mail = f"{first.lower()}.{last.lower()}{draw.randrange(1, 99)}@{draw.choice(('post', 'mail'))}.test"
    born = f"{draw.randrange(1940, 2006)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
    street = f"{draw.randrange(1, 220)} {draw.choice(STREETS)}, {draw.choice(TOWNS)}"
    return [first, last, mail, phone(draw), street, born]


def _kin(draw: Random, one: Row, surnames: Sequence[str]) -> list[Row]:
    """A partner or twin of the same house, a child of the same name, or a colleague with the same office mail."""
    how = draw.random()
    other = draw.choice([name for name in GIVEN if name != one[0]])
    if how < 0.14:
        two = _person(draw, other, str(one[1]))
        return [[two[0], two[1], two[2], one[3], one[4], one[5] if how < 0.04 else two[5]]]
    if how < 0.18:
        two = _person(draw, str(one[0]), str(one[1]))
        return [[two[0], two[1], two[2], one[3], one[4], two[5]]]
    if how < 0.22:
        two = _person(draw, other, draw.choice(surnames))
        one[2] = f"office@{word(draw).lower()}.test"
        return [[two[0], two[1], one[2], one[3], two[4], two[5]]]
    return []


def _entered_again(draw: Random, row: Row) -> Row:
    first, last, mail, line, address, day = (str(cell) for cell in row)
    if draw.random() < 0.15:
        first = first[0] + "."
    elif draw.random() < 0.2:
        first = typo(draw, first)
    if draw.random() < 0.15:
        last = typo(draw, last)
    if draw.random() < 0.2:
        address = f"{draw.randrange(1, 220)} {draw.choice(STREETS)}, {draw.choice(TOWNS)}"
    if draw.random() < 0.2:
        line = phone(draw)
    if draw.random() < 0.1 and int(day[8:]) <= 12:
        day = day[:5] + day[8:] + day[4:7]
    return [first, last, *blank(draw, [None, mail, line, address, day], 0.35)[1:]]


def addresses(seed: int, size: int) -> World:
    """Houses and flats by address alone, in one column each for street, flat, town and postcode, with a label."""
    draw = Random(seed)
    things: list[Row] = []
    roads = [
        f"{word(draw)} {kind}"
        for _ in range(max(6, size // 8))
        for kind in (draw.choice(("Street", "Road", "Lane", "Avenue")),)
    ]
    codes = [f"{draw.choice('ABCDEGHKL')}{draw.randrange(1, 30)} {draw.randrange(1, 10)}BX" for _ in roads]
    while len(things) < size:
        place = draw.randrange(len(roads))
        town, house = TOWNS[place % len(TOWNS)], draw.randrange(1, 120)
        if draw.random() < 0.2:
            for flat in range(1, draw.randint(3, 5)):
                things += [[f"Flat {flat}, {house} {roads[place]}", town, codes[place]]]
        elif draw.random() < 0.1:
            things += [
                [f"{house} {roads[place]}", town, codes[place]],
                [f"{house}A {roads[place]}", town, codes[place]],
            ]
        else:
            things.append([f"{house} {roads[place]}", town, codes[place]])

    def again(draw: Random, row: Row) -> Row:
        text, town, code = (str(cell) for cell in row)
        for long, short in (("Street", "St"), ("Road", "Rd."), ("Avenue", "Ave"), ("Lane", "Ln")):
            if draw.random() < 0.5:
                text = text.replace(long, short)
        if draw.random() < 0.15:
            text = typo(draw, text)
        if draw.random() < 0.3:
            text = text.upper()
        return [text, *blank(draw, [None, town, code.replace(" ", "") if draw.random() < 0.3 else code], 0.2)[1:]]

    things = [list(one) for one in dict.fromkeys(tuple(thing) for thing in things)]
    return linked(("address", "town", "postcode"), things[:size], again, draw)


def titles(seed: int, size: int) -> World:
    """Films and books with parts, remakes and common titles; the people who made them, a year, a genre."""
    draw = Random(seed)
    makers = [f"{draw.choice(GIVEN)} {word(draw)}" for _ in range(size // 3)]
    genres = ["Drama", "Comedy", "Thriller", "Action", "Documentary"]
    nouns = [
        "House",
        "River",
        "Night",
        "King",
        "Secret",
        "Garden",
        "Storm",
        "Letter",
        "Mountain",
        "Stranger",
        "City",
        "Winter",
    ]
    things: list[Row] = []
    while len(things) < size:
        head = draw.choice(
            (
                f"The {draw.choice(nouns)}",
                f"{draw.choice(nouns)} of {word(draw)}",
                f"{word(draw)}",
                f"The {draw.choice(nouns)} and the {draw.choice(nouns)}",
            )
        )
        maker, year, genre = draw.choice(makers), draw.randrange(1950, 2015), draw.choice(genres)
        things.append([head, maker, str(year), genre])
        how = draw.random()
        if how < 0.12:
            things += [
                [f"{head} {part}", maker, str(year + 2 * gap), genre]
                for gap, part in ((1, draw.choice(("II", "2"))), (2, draw.choice(("III", "3"))))
            ]
        elif how < 0.18:
            things.append([head, draw.choice(makers), str(min(2020, year + draw.randrange(15, 40))), genre])
        elif how < 0.24:
            things += [[f"{head}: {word(draw)}", maker, str(year + 1), genre]]

    def again(draw: Random, row: Row) -> Row:
        head, maker, year, genre = (str(cell) for cell in row)
        if draw.random() < 0.15:
            head = typo(draw, head)
        if head.startswith("The ") and draw.random() < 0.4:
            head = f"{head[4:]}, The"
        if draw.random() < 0.2:
            first, last = maker.split(" ", 1)
            maker = f"{first[0]}. {last}"
        return [head, *blank(draw, [None, maker, str(int(year) + (draw.random() < 0.1)), genre], 0.25)[1:]]

    return linked(("title", "director", "year", "genre"), things[:size], again, draw)


WORLDS: dict[str, Callable[[int, int], World]] = {
    "products": products,
    "products without codes": lambda seed, size: products(seed, size, codes=False),
    "branches": branches,
    "families": families,
    "addresses": addresses,
    "titles": titles,
}
