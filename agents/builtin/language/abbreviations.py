"""Shortened names: which word of a question a short word in a name stands for, by its letters alone."""

from __future__ import annotations

from collections.abc import Iterable

from agents.builtin.language.words import fold, stem

_VOWELS = frozenset("aeiou")
# Short words that are words: "car" in a name is a car and not the beginning of "carrier".
_WORDS = frozenset(
    """
    as at by id in is no of on or to up us we act ad age aid air amp app arm art ash bag bar bat bed bid bin
    bird bit boat body bolt bond book box boy bus cab cap car card cart case cash cast cat cell chat check city
    clan club coat cod code coin com cost crew crop cup cut dam day deal debt den desk disk dish dock doc dog
    door dose drug drum dry duty ear east egg end eye face fact farm fee file film firm fish flag flat fleet
    flow food foot form fund first game gas gate gear gene gift girl goal gold good grade gram gym hall hand
    head high heat hit home hour ice idea ink inn iron item jet job join judge kid kin kind kit lab lake lamp
    land last low lane lap law leg lens line link list load loan lock log loss lot man map mark mass mat meal
    men menu mile milk mine mod mode moon name net news north note oil order pack out page pair pan park part
    pass past path pay peak pen pet pick pin pit plan plant play plot pod pole pool port post pot race rack rain
    rank rate red rent rest rice ride ring road rod role roof room root rope row run sale salt sand scan seat
    seed ship shop shot sign site size skin sky slot snow soil son song sort south spa star stat step stock stop
    tag tank tap task tax team tent term test text tie time tin tip tire ton tool top tour town toy track tram
    tree trip type unit user van vet view vote wage ward west wind wine wing wood word work year zip zone
    """.split()
)


def shortens(short: str, word: str) -> bool:
    """Whether ``short`` may be ``word`` shortened: its beginning, or consonants of it in their order."""
    if len(short) < 2 or len(word) < 4 or len(short) >= len(word) or short[0] != word[0] or short in _WORDS:
        return False
    if len(short) >= 3 and word.startswith(short) and short[-1] not in _VOWELS:
        return True
    if any(letter in _VOWELS for letter in short[1:]) or not _in_order(short, word):
        return False
    if len(short) == 2:
        # Two letters say enough only when they are the first and the last that one hears: "wt" for weight.
        return short[1] == next((letter for letter in reversed(word) if letter not in _VOWELS), "")
    return 4 * len(short) >= len(word)


def is_short(name: str) -> bool:
    """Whether a word in a name may be a short form: of few letters, or of some without a vowel among them."""
    return 2 <= len(name) <= 4 or (len(name) <= 6 and not _VOWELS & set(name[1:]))


def code_of(code: str, word: str) -> bool:
    """Whether a stored code such as DELV stands for ``word``."""
    low = fold(code)
    if not code.isupper() or not code.isalpha() or not 3 <= len(low) <= 5 or len(low) >= len(word):
        return False
    return (word.startswith(low[:3]) and _in_order(low, word)) or (low == word[: len(low)]) or shortens(low, word)


def _in_order(short: str, word: str) -> bool:
    letters = iter(word)
    return all(letter in letters for letter in short)


def forms(word: str) -> tuple[str, ...]:
    """Inflections of a question's word, of any of which a name may be the short form."""
    root = stem(word)
    return (word, root, f"{root}ed") if word.endswith("ing") else (word, root)


def begins(short: str, word: str) -> bool:
    """As gu of guest: two letters are the beginning of a word; they say little and need other evidence."""
    return len(short) == 2 and len(word) >= 5 and word.startswith(short) and short not in _WORDS


def stands_for(short: str, word: str) -> bool:
    """``shortens``, where other evidence says that the short form is one, though it is a word as well."""
    return len(short) >= 3 and len(word) > len(short) and word.startswith(short)


def named_by(word: str, names: Iterable[str]) -> str | None:
    """The one short name that stands for a question's word; None when none does, or several equally well."""
    found = [name for name in names if any(shortens(name, form) for form in forms(word))]
    if not found:
        return None
    most = max(len(name) for name in found)
    best = [name for name in found if len(name) == most]
    return best[0] if len(best) == 1 else None
