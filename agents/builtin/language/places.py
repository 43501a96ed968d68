"""Names and codes of places that stand for each other: the United States, Canada, and countries."""

from __future__ import annotations

_STATES = """
alabama al|alaska ak|arizona az|arkansas ar|california ca|colorado co|connecticut ct|delaware de|florida fl|georgia ga|
hawaii hi|idaho id|illinois il|indiana in|iowa ia|kansas ks|kentucky ky|louisiana la|maine me|maryland md|
massachusetts ma|michigan mi|minnesota mn|mississippi ms|missouri mo|montana mt|nebraska ne|nevada nv|new hampshire nh|
new jersey nj|new mexico nm|new york ny|north carolina nc|north dakota nd|ohio oh|oklahoma ok|oregon or|pennsylvania pa|
rhode island ri|south carolina sc|south dakota sd|tennessee tn|texas tx|utah ut|vermont vt|virginia va|washington wa|
west virginia wv|wisconsin wi|wyoming wy|district of columbia dc|ontario on|quebec qc|british columbia bc|alberta ab
"""
_COUNTRIES = [
    ("united states", "united states of america", "usa", "us", "u.s.", "u.s.a.", "america", "the states"),
    ("united kingdom", "uk", "u.k.", "great britain", "gb", "britain"),
    ("germany", "de", "deutschland"), ("france", "fr"), ("italy", "it", "italia"), ("spain", "es"),
    ("canada", "ca"), ("australia", "au"), ("japan", "jp"), ("china", "cn"), ("india", "in"), ("brazil", "br"),
    ("mexico", "mx"), ("netherlands", "nl", "holland"), ("belgium", "be"), ("switzerland", "ch"), ("austria", "at"),
    ("sweden", "se"), ("norway", "no"), ("denmark", "dk"), ("finland", "fi"), ("poland", "pl"), ("portugal", "pt"),
    ("ireland", "ie"), ("czech republic", "cz", "czechia"), ("greece", "gr"), ("turkey", "tr"), ("hungary", "hu"),
    ("romania", "ro"), ("south korea", "kr", "korea"), ("united arab emirates", "uae", "ae"),
    ("new york city", "nyc"), ("los angeles", "la"), ("san francisco", "sf"),
]  # fmt: skip


# What is of a country, and the country.
_DEMONYMS = """
american united states|british united kingdom|german germany|french france|italian italy|spanish spain|
canadian canada|australian australia|japanese japan|chinese china|indian india|brazilian brazil|mexican mexico|
dutch netherlands|belgian belgium|swiss switzerland|austrian austria|swedish sweden|norwegian norway|
danish denmark|finnish finland|polish poland|portuguese portugal|irish ireland|korean south korea|
czech czech republic|greek greece|turkish turkey|hungarian hungary|romanian romania|russian russia|
ukrainian ukraine|croatian croatia|scottish scotland|welsh wales|english england|argentinian argentina|
chilean chile|colombian colombia|egyptian egypt|nigerian nigeria|kenyan kenya|south african south africa|
thai thailand|vietnamese vietnam|indonesian indonesia|israeli israel|icelandic iceland|moroccan morocco
"""


def _names() -> dict[str, tuple[str, ...]]:
    groups = [tuple(entry.rsplit(" ", 1)) for entry in _STATES.replace("\n", "").split("|")] + _COUNTRIES
    found: dict[str, set[str]] = {}
    for group in groups:
        for name in group:
            # A two-letter code is too short to be read as a place by itself: "in", "or", "me" are words.
            if len(name) > 2 or name in {"us", "uk"}:
                found.setdefault(name, set()).update(other for other in group if other != name)
    for entry in _DEMONYMS.replace("\n", "").split("|"):
        demonym, _, country = entry.partition(" ")
        if demonym == "south":
            demonym, country = "south african", "south africa"
        known = next((group for group in _COUNTRIES if country in group), (country,))
        found.setdefault(demonym, set()).update(known)
    return {name: tuple(sorted(others)) for name, others in found.items()}


PLACE_NAMES: dict[str, tuple[str, ...]] = _names()
