"""Wishes to connect an account, told from plain words of five languages: "connect my Xero account"."""

from __future__ import annotations

import re
from collections.abc import Collection

from agents.builtin.language.words import fold

LONGEST, LONGEST_TEXT = 14, 300
"""Words and characters of a message up to which it can be such a wish."""
MOST_NAMED = 4

_POLITE = re.compile(
    r"^(?:please|pls|now|ok(?:ay)?|and|per favore|bitte|por favor|s'il (?:te|vous) plait"
    r"|(?:could|would|will) you(?: please)?"
    r"|let'?s|let us|i(?:'d| would)? (?:want|need|like|wish) to|we (?:want|need) to|help me(?: to)?"
    r"|(?:ich|wir) (?:mochte|moechte|will|wollen|mochten)|vorrei|voglio|puoi|quiero|quisiera|puedes"
    r"|je (?:veux|voudrais|souhaite)|peux-tu|kannst du|konnen sie)\b[ ,]*"
)
_CAN_YOU = re.compile(r"^can you(?: please)?\b[ ,]*")
# What is said of nothing but accounts, and what is said of much else too.
_CONNECT = frozenset(
    "connect reconnect hook link collega collegare ricollega connetti connettere ricollegare verbinde verbinden"
    " verbinden anbinden anschliessen anschließen conecta conectar reconecta reconectar vincula vincular connecte"
    " connecter connectez reconnecte reconnecter relie relier".split()
)
_ADD = frozenset(
    "add attach setup set aggiungi aggiungere fuge fuege hinzufugen hinzufuegen anade anadir agrega agregar ajoute"
    " ajouter ajoutez".split()
)
_LAST = frozenset("verbinden anbinden anschliessen anschließen hinzufugen hinzufuegen hinzu".split())
"""German verbs, or parts of them, that stand at the end."""
_OWN = frozenset(
    "my our mio mia miei mie nostro nostra mein meine meinen unser unsere mi mis nuestro nuestra"
    " mon ma mes notre".split()
)
_FILLING = _OWN | frozenset(
    "the a an to with up in into here account accounts shop store app api please again new data from of now"
    " il lo la i gli le un una il conto account negozio a al alla con di nuovo ancora qui"
    " das den die der ein eine einen mit zu konto geschaft shop wieder hinzu bitte"
    " el los las una cuenta tienda con de nuevo aqui"
    " le les un une compte boutique avec de nouveau ici l d".split()
)
_OF_DATA = frozenset("and by where on und nach e per y por et par".split())


def wish(text: str) -> str | None:
    """What somebody wants to connect, in their own words; empty where they do not say, None for no such wish."""
    found = _split(text)
    return None if found is None or found[0] not in _CONNECT else found[1]


def may_name(text: str) -> bool:
    """Whether it is worth a look at what can be connected."""
    found = _split(text, asking=True)
    return found is not None and bool(found[1])


def names(text: str, known: Collection[str]) -> str | None:
    """The system or connection among ``known`` that somebody wants to connect or add, if they name just that."""
    found = _split(text, asking=True)
    return None if found is None else known_as(found[1], known)


def known_as(words: str, known: Collection[str]) -> str | None:
    """The name that the words are; how it is written, and the spaces in it, do not count."""
    wanted = _squeezed(words)
    return next((name for name in known if _squeezed(name) == wanted), None) if wanted else None


def mentioned(text: str, known: Collection[str]) -> str | None:
    """The one name that a longer message speaks of; None for none or several."""
    squeezed = {_squeezed(word) for word in text.split()}
    found = [name for name in known if _squeezed(name) in squeezed]
    return found[0] if len(found) == 1 else None


def spoken(text: str, verbs: Collection[str], last: Collection[str]) -> tuple[str, list[str]] | None:
    """One of ``verbs`` and the words that it is said of, without those that only fill; None where no such is said.

    ``last`` are verbs that stand at the end. A question mark changes nothing: whoever asks is asked back.
    """
    if len(text) > LONGEST_TEXT:
        return None
    said, _ = _plain(_CAN_YOU.sub("", _folded(text)))
    words = _words(said)
    if not 0 < len(words) <= LONGEST or set(words) & _OF_DATA:
        return None
    verb, rest = (words[0], words[1:]) if words[0] in verbs else (words[-1], words[:-1])
    if verb not in (verbs if words[0] in verbs else last):
        return None
    named = [word for word in rest if word not in _FILLING]
    return (verb, named) if len(named) <= MOST_NAMED else None


def _folded(text: str) -> str:
    return " ".join(fold(text).split()).strip(" .!")


def _plain(said: str) -> tuple[str, bool]:
    """The words without what is only polite; whether they ask, and do not wish."""
    asks = said.endswith("?")
    said = said.rstrip("?").strip()
    while (bare := _POLITE.sub("", said)) != said:
        said, asks = bare, False
    return said, asks


def _split(text: str, *, asking: bool = False) -> tuple[str, str] | None:
    """The verb and what it is said of; None where the message is no such wish.

    With ``asking`` a question mark behind "connect Stripe" changes nothing.
    """
    if len(text) > LONGEST_TEXT:
        return None
    said = _folded(text)
    can_you = _CAN_YOU.search(said) is not None
    said, asks = _plain(_CAN_YOU.sub("", said))
    words = _words(said)
    if can_you and not _OWN & set(words):
        # "Can you connect Stripe?" asks what can be done, and the documents say.
        return None
    asks = asks and not can_you
    if (asks and not asking) or not 0 < len(words) <= LONGEST or set(words) & _OF_DATA:
        return None
    first, last = words[0], words[-1]
    if asks and first not in _CONNECT:
        return None
    if first in _CONNECT or first in _ADD:
        verb, rest = first, words[1:]
    elif last in _LAST:
        verb, rest = ("verbinden" if last in _CONNECT else last), words[:-1]
    else:
        return None
    named = [word for word in rest if word not in _FILLING]
    return (verb, " ".join(named)) if len(named) <= MOST_NAMED else None


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[._][^\W_]+)*", text.replace("'", " ").replace("’", " ").replace("-", " "))


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(name))
