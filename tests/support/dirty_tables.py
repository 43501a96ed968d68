"""Tables with mistakes made on purpose, by a seed: of other trades than any public set, each beside its clean self."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

FIRST = "Anna Boris Carla Dario Elena Fabio Greta Hugo Irene Jonas Karin Luca Marta Nino Olga Paolo Rita Sven".split()
LAST = "Rossi Meier Novak Smith Jones Keller Bianchi Weber Moreau Silva Lopez Horvat Svensson Dubois Costa".split()
PLACES = [
    ("20121", "Milano", "Lombardia", "IT"),
    ("10121", "Torino", "Piemonte", "IT"),
    ("40121", "Bologna", "Emilia", "IT"),
    ("10115", "Berlin", "Berlin", "DE"),
    ("80331", "Muenchen", "Bayern", "DE"),
    ("50667", "Koeln", "Nordrhein", "DE"),
    ("75001", "Paris", "Ile de France", "FR"),
    ("69001", "Lyon", "Rhone", "FR"),
    ("33000", "Bordeaux", "Gironde", "FR"),
    ("28001", "Madrid", "Comunidad", "ES"),
]
PRODUCT_WORDS = (
    ("Oak", "Pine", "Steel", "Glass", "Linen"),
    ("Table", "Chair", "Lamp"),
    ("Small", "Large", "Classic", "Nova"),
)
Rows = list[list[str]]


@dataclass(frozen=True)
class Dirty:
    """A table as it is and as it should be, the same rows in the same order; ``key`` is the first column."""

    names: list[str]
    dirty: Rows
    clean: Rows

    @property
    def wrong(self) -> set[tuple[int, int]]:
        """Row and column of every cell that differs."""
        pairs = enumerate(zip(self.dirty, self.clean, strict=True))
        return {(row, place) for row, (a, b) in pairs for place in range(len(a)) if a[place] != b[place]}


def slip(drawn: random.Random, text: str) -> str:
    """The text with one letter replaced, left out, put in or swapped with the next."""
    place, kind, letter = drawn.randrange(len(text)), drawn.randrange(4), drawn.choice("abcdefghijklmnopqrstuvwxyz")
    before, after = text[:place], text[place + 1 :]
    return [before + letter + after, before + after, before + letter + text[place:],
            before + text[place + 1 : place + 2] + text[place] + text[place + 2 :]][kind]  # fmt: skip


class _Spoiler:
    def __init__(self, names: str, clean: Rows, drawn: random.Random) -> None:
        self.names, self.clean, self.drawn = names.split(), clean, drawn
        self.dirty = [list(row) for row in clean]

    def hit(self, column: str, share: float, change: Callable[[list[str]], str]) -> None:
        place = self.names.index(column)
        for row in self.dirty:
            if self.drawn.random() < share:
                row[place] = change(row)

    def slips(self, column: str, share: float) -> None:
        place = self.names.index(column)
        self.hit(column, share, lambda row: slip(self.drawn, row[place]) if row[place] else "")

    def done(self) -> Dirty:
        return Dirty(self.names, self.dirty, self.clean)


def customers(seed: int, rows: int = 1200) -> Dirty:
    """Customers: slips of the pen, swapped countries, dates in another form, markers, an absurd balance."""
    drawn = random.Random(seed)
    clean: Rows = []
    for number in range(rows):
        code, city, region, country = drawn.choice(PLACES)
        first, last = drawn.choice(FIRST), drawn.choice(LAST)
        since = f"20{drawn.randrange(18, 26)}-{drawn.randrange(1, 13):02}-{drawn.randrange(1, 29):02}"
        phone = f"+39 0{drawn.randrange(10, 99)} {drawn.randrange(100000, 999999)}"
        clean.append([
            str(number + 1), f"{first} {last}", f"{first}.{last}{number}@mail.example".lower(), phone, code, city,
            region, country, since, drawn.choice(["retail", "wholesale", "online"]), f"{drawn.randrange(5000)}.50",
        ])  # fmt: skip
    made = _Spoiler("id name email phone zip city region country since channel balance", clean, drawn)
    for column in ("city", "region", "channel"):
        made.slips(column, 0.03)
    made.hit("country", 0.02, lambda row: drawn.choice([one for *_, one in PLACES if one != row[7]]))
    made.hit("zip", 0.02, lambda row: drawn.choice([one for one, *_ in PLACES if one != row[4]]))
    made.hit("since", 0.03, lambda row: "/".join(reversed(row[8].split("-"))))
    made.hit("phone", 0.02, lambda row: row[3].replace(" ", ""))
    made.hit("balance", 0.02, lambda _: drawn.choice(["N/A", "-", "unknown"]))
    made.hit("balance", 0.01, lambda row: f"${row[10]}" if row[10][0].isdigit() else row[10])
    made.hit("balance", 0.003, lambda _: "9999999")
    made.hit("region", 0.02, lambda _: "")
    made.hit("email", 0.01, lambda row: row[2].replace("@", " at "))
    return made.done()


def order_lines(seed: int, rows: int = 900) -> Dirty:
    """Lines of orders: weights with and without a unit, prices ten times too high, spaces, codes without their dash."""
    drawn = random.Random(seed)
    products = [
        (
            f"SKU-{number:04}",
            " ".join(drawn.choice(words) for words in PRODUCT_WORDS),
            drawn.choice(["Furniture", "Lighting", "Textiles", "Storage"]),
            drawn.choice(["Acme Supplies", "Nordic Home", "Casa Bella"]),
            f"{drawn.randrange(10, 400)}.{drawn.choice(['00', '50', '90'])}",
            f"{drawn.randrange(1, 40)}",
        )
        for number in range(60)
    ]
    clean: Rows = [
        [
            f"L{number:05}",
            *drawn.choice(products),
            f"{drawn.randrange(1, 9)}",
            drawn.choice(["paid", "open", "refunded"]),
        ]
        for number in range(rows)
    ]
    made = _Spoiler("line sku product category supplier price weight quantity status", clean, drawn)
    made.hit("weight", 0.3, lambda row: row[6] + drawn.choice([" kg", " Kg", "kg", " kgs"]))
    for column in ("product", "category", "status"):
        made.slips(column, 0.02)
    made.hit("supplier", 0.02, lambda row: row[4].upper())
    made.hit("supplier", 0.02, lambda row: f"{row[4]} ")
    made.hit("price", 0.02, lambda row: f"{float(row[5]) * 10:.2f}")
    made.hit("sku", 0.02, lambda row: row[1].replace("-", ""))
    made.hit("quantity", 0.02, lambda _: drawn.choice(["two", "?", "999"]))
    return made.done()


def departures(seed: int) -> Dirty:
    """What 25 web pages say of 70 flights: a fifth of the times are wrong, missing, or have a date before them."""
    drawn = random.Random(seed)
    clean, dirty = Rows(), Rows()

    def time() -> str:
        return f"{drawn.randrange(1, 13)}:{drawn.randrange(60):02} {drawn.choice(['a.m.', 'p.m.'])}"

    for number in range(70):
        flight = f"{drawn.choice(['AA', 'UA', 'DL'])}-{100 + number * 7}-{drawn.choice(['MIA', 'SFO', 'LAX'])}"
        times = [time() for _ in range(4)]
        for page in range(25):
            right = [str(len(clean) + 1), f"page{page}", flight, *times]
            said = list(right)
            for place in range(3, 7):
                chance, bad = drawn.random(), 0.15 + 0.02 * (page % 10)
                if chance < bad * 0.4:
                    said[place] = time()
                elif chance < bad * 0.7:
                    said[place] = ""
                elif chance < bad:
                    said[place] = f"Dec 1 {said[place]}"
            clean.append(right)
            dirty.append(said)
    return Dirty("row page flight due left arrives landed".split(), dirty, clean)
