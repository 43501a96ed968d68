"""What the shop sells, who buys and where they live; all of it invented."""

from __future__ import annotations

from typing import NamedTuple

SHOP = "Bottega Ostiense"
COMPANY = "Bottega Ostiense S.r.l."
DOMAIN = "bottegaostiense.example"
VAT_PERCENT = 22
GIFT_CARD_CENTS = (2500, 5000, 10000)


class Product(NamedTuple):
    """A product; `cents` is the price with VAT, `cost_cents` what the supplier asks without VAT."""

    sku: str
    title: str
    cents: int
    cost_cents: int
    grams: int


PRODUCTS = (
    Product("CER-001", "Tazzina da caffè Trastevere", 1450, 480, 180),
    Product("CER-002", "Set 6 tazzine Trastevere", 7900, 2610, 1150),
    Product("CER-003", "Piatto piano Garbatella 27 cm", 2290, 755, 720),
    Product("CER-004", "Piatto fondo Garbatella 22 cm", 2150, 710, 640),
    Product("CER-005", "Insalatiera Testaccio 30 cm", 5400, 1780, 1500),
    Product("CER-006", "Brocca Tevere 1 l", 4200, 1390, 980),
    Product("CER-007", "Vaso Appia blu", 6850, 2260, 1900),
    Product("CER-008", "Ciotola colazione Monti", 1790, 590, 380),
    Product("TES-001", "Tovaglia lino 140 x 240", 8900, 3120, 620),
    Product("TES-002", "Tovaglioli lino, set da 4", 3490, 1220, 210),
    Product("TES-003", "Canovaccio cotone a righe", 1290, 410, 120),
    Product("TES-004", "Grembiule lino ecrù", 4590, 1610, 310),
    Product("TES-005", "Presine, coppia", 1190, 370, 90),
    Product("LEG-001", "Tagliere ulivo grande", 5200, 1850, 1300),
    Product("LEG-002", "Tagliere ulivo piccolo", 2890, 1010, 640),
    Product("LEG-003", "Cucchiaio ulivo", 1150, 330, 60),
    Product("LEG-004", "Mattarello faggio", 1850, 560, 420),
    Product("CUC-001", "Moka 3 tazze", 3190, 1240, 410),
    Product("CUC-002", "Moka 6 tazze", 3990, 1560, 650),
    Product("CUC-003", "Grattugia in acciaio", 1690, 520, 210),
    Product("CUC-004", "Pentola in ghisa 24 cm", 12900, 4980, 4300),
    Product("CUC-005", "Rotella per pasta", 1390, 420, 130),
    Product("CUC-006", "Macchina per la pasta", 6990, 2880, 2600),
    Product("ALI-001", "Olio extravergine Sabina 500 ml", 1590, 690, 900),
    Product("ALI-002", "Caffè in grani Ostiense 1 kg", 2190, 980, 1000),
    Product("ALI-003", "Miele di castagno 500 g", 1350, 560, 760),
    Product("CAN-001", "Candela fico e cedro", 2450, 760, 420),
    Product("CAN-002", "Candela agrumi", 2450, 760, 420),
    Product("CAR-001", "Ricettario romano", 2200, 1150, 700),
    Product("CAR-002", "Taccuino cucina", 1490, 520, 260),
)

FIRST_NAMES = (
    "Giulia", "Marco", "Francesca", "Alessandro", "Chiara", "Lorenzo", "Sara", "Matteo", "Martina", "Andrea",
    "Elena", "Davide", "Valentina", "Simone", "Federica", "Luca", "Ilaria", "Niccolò", "Silvia", "Stefano",
    "Paola", "Giorgio", "Anna", "Riccardo", "Beatrice", "Emanuele", "Laura", "Tommaso", "Cristina", "Fabio",
    "Zoë", "Pietro", "Roberta", "Filippo", "Monica", "Daniele", "Noemi", "Gabriele", "Teresa", "Claudio",
)  # fmt: skip
LAST_NAMES = (
    "Rossi", "Ferrari", "Russo", "Bianchi", "Romano", "Gallo", "Costa", "Fontana", "Conti", "Esposito",
    "Ricci", "Bruno", "De Luca", "Moretti", "Marino", "Greco", "Barbieri", "Lombardi", "Giordano", "Cassano",
    "Colombo", "Mancini", "Longo", "Leone", "Martinelli", "Marchetti", "Martini", "Galli", "Gatti", "Mariani",
    "Ferrara", "Santoro", "Marini", "Bianco", "Conte", "Serra", "Farina", "Gentile", "Caruso", "Morelli",
    "D'Angelo", "Ferri", "Testa", "Pellegrini", "Palumbo", "Sanna", "Fabbri", "Grassi", "Monti", "Battaglia",
    "Nicolò", "Villa", "Coppola", "Ferretti", "Bassi", "Donati", "Rizzi", "Amato", "Silvestri", "Orlando",
    "Müller", "Lefèvre", "García",
)  # fmt: skip
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "posta.example", "lettere.example")


class City(NamedTuple):
    """A place; `weight` is its share of customers in a thousand, `abroad` tells cards from outside the EEA."""

    name: str
    zip: str
    province: str
    country: str
    abroad: bool
    weight: int


CITIES = (
    City("Roma", "00154", "RM", "IT", False, 270),
    City("Milano", "20121", "MI", "IT", False, 120),
    City("Torino", "10122", "TO", "IT", False, 60),
    City("Napoli", "80121", "NA", "IT", False, 60),
    City("Bologna", "40121", "BO", "IT", False, 60),
    City("Firenze", "50122", "FI", "IT", False, 55),
    City("Palermo", "90133", "PA", "IT", False, 40),
    City("Genova", "16121", "GE", "IT", False, 35),
    City("Verona", "37121", "VR", "IT", False, 35),
    City("Bari", "70121", "BA", "IT", False, 30),
    City("Perugia", "06121", "PG", "IT", False, 30),
    City("Forlì", "47121", "FC", "IT", False, 20),
    City("Latina", "04100", "LT", "IT", False, 20),
    City("München", "80331", "BY", "DE", False, 35),
    City("Berlin", "10115", "BE", "DE", False, 30),
    City("Paris", "75004", "IDF", "FR", False, 30),
    City("Wien", "1010", "W", "AT", False, 20),
    City("Zürich", "8001", "ZH", "CH", True, 20),
    City("London", "SE1 9TG", "ENG", "GB", True, 20),
    City("New York", "10001", "NY", "US", True, 10),
)


def catalogue_lists() -> dict[str, list[str] | list[int] | list[bool]]:
    """Return the lists that SQL picks from, as `people.sql`, `orders.sql` and `shopify.sql` name them."""
    return {
        "skus": [product.sku for product in PRODUCTS],
        "titles": [product.title for product in PRODUCTS],
        "prices": [product.cents for product in PRODUCTS],
        "weights": [product.grams for product in PRODUCTS],
        "gift_values": list(GIFT_CARD_CENTS),
        "first_names": list(FIRST_NAMES),
        "last_names": list(LAST_NAMES),
        "mail_domains": list(MAIL_DOMAINS),
        "city_picks": [index for index, city in enumerate(CITIES, start=1) for _ in range(city.weight // 5)],
        "cities": [city.name for city in CITIES],
        "zips": [city.zip for city in CITIES],
        "provinces": [city.province for city in CITIES],
        "countries": [city.country for city in CITIES],
        "abroad": [city.abroad for city in CITIES],
    }
