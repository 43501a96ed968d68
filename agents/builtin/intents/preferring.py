"""What a person prefers, told from plain words: "use German for reports", "I prefer euros", "weeks start on Sunday".

Only whole messages of a closed form are such wishes, so that no question to the data is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.builtin.language.words import fold

LONGEST = 120


@dataclass(frozen=True)
class Prefers:
    """A wish: ``name`` and ``value`` as a preference is kept, an empty value for the default again.

    ``name`` is ``all`` where somebody asks what they prefer; ``cannot`` says why a wish cannot be met, and what can.
    """

    name: str = ""
    value: str = ""
    cannot: str = ""


_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys("german deutsch tedesco aleman allemand".split(), "de"),
    **dict.fromkeys("english englisch inglese ingles anglais".split(), "en"),
    **dict.fromkeys("spanish spanisch spagnolo espanol espagnol".split(), "es"),
    **dict.fromkeys("french franzosisch francese frances francais".split(), "fr"),
    **dict.fromkeys("italian italienisch italiano italien".split(), "it"),
    "dutch": "Dutch", "portuguese": "Portuguese", "polish": "Polish", "chinese": "Chinese", "japanese": "Japanese",
    "russian": "Russian", "turkish": "Turkish", "swedish": "Swedish", "danish": "Danish", "greek": "Greek",
}  # fmt: skip
_CURRENCIES: Mapping[str, str] = {
    **dict.fromkeys("euro euros".split(), "EUR"),
    **dict.fromkeys("dollar dollars".split(), "USD"),
    **dict.fromkeys("pound pounds sterling pfund".split(), "GBP"),
    **dict.fromkeys("franc francs franken".split(), "CHF"),
    **dict.fromkeys("yen".split(), "JPY"),
}
_CHARTS = "auto area bar heatmap kpi line pie stacked waterfall".split()
_FORMATS: Mapping[str, str] = {
    "excel": "xlsx", "xlsx": "xlsx", "workbook": "xlsx", "workbooks": "xlsx", "spreadsheet": "xlsx",
    "spreadsheets": "xlsx", "html": "html", "web": "html", "page": "html", "pages": "html", "pdf": "pdf", "pdfs": "pdf",
    "powerpoint": "pptx", "pptx": "pptx", "slides": "pptx", "word": "docx", "docx": "docx",
}  # fmt: skip
_LASTING = (
    r"(?:(?:please|bitte|always|immer|from now on|ab jetzt|by default|generally|in general|in future|kunftig)\s*,?\s*)*"
)
_VERB = (
    r"(?:(?:i|we|ich|wir)\s+(?:(?:would|d|'d)\s+)?(?:prefer|like|want|need|bevorzugen?|mochten?|will|wollen)"
    r"(?:\s+(?:to\s+)?(?:have|see|get))?|use|take|make|show(?:\s+me)?|give\s+me|draw|write|set|switch"
    r"|change|nutze|nimm|zeige?|mach)"
)
_OF_REPORTS = r"(?:(?:my|our|the|all|every|meine|unsere|die|alle)\s+)*(?:reports?|berichte?)"
_REST = r"(?:\s*,?\s*(?:please|bitte|always|from now on|by default|better|instead|lieber|ab jetzt|as default))*"
_LANGUAGE = re.compile(
    rf"{_LASTING}(?:{_VERB}\s+)?(?:{_OF_REPORTS}\s*,?\s*(?:bitte\s+)?(?:should\s+be\s+"
    rf"|are\s+)?(?:in(?:to)?|auf|to)\s+(?P<a>\w+)"
    rf"|(?P<b>\w+)\s+(?:for|in|fur)\s+{_OF_REPORTS}|(?:my|the|our)?\s*(?:report(?:s"
    rf"|ing)?\s+)?language\s+(?:is|to|should be)\s+(?P<c>\w+)"
    rf"|(?:auf|in)\s+(?P<e>\w+)\s+(?:bitte\s+)?{_OF_REPORTS}|(?P<f>\w+)\s+reports){_REST}"
)
_CURRENCY = re.compile(
    rf"{_LASTING}(?:(?:i|we|ich|wir)\s+(?:prefer|bevorzugen?)\s+(?:(?:my|our|the)?\s*(?:money|amounts"
    rf"|prices|sums)\s+in\s+)?(?P<a>\w+)"
    rf"|(?:my|our|the)\s+currency\s+is\s+(?:the\s+)?(?P<b>\w+)|(?:{_VERB}\s+)(?:all\s+|the\s+)?(?:my\s+"
    rf"|our\s+)?money\s+in\s+(?P<c>\w+)"
    rf"|(?:use|take)\s+(?P<d>\w+)\s+(?:as\s+(?:the\s+|my\s+|our\s+)?currency|for\s+(?:money|amounts|reports))"
    rf"|(?:always|immer|from now on,?)\s+{_VERB}\s+(?:amounts|prices|sums)\s+in\s+(?P<e>\w+)){_REST}"
)
_CHART = re.compile(
    rf"{_LASTING}(?:{_VERB}\s+)(?:only\s+)?(?:an?\s+)?(?P<a>\w+)[- ](?:charts|graphs|diagrams"
    rf"|plots)(?:\s+for\s+answers)?{_REST}"
)
_FORMAT = re.compile(
    rf"{_LASTING}(?:{_VERB}\s+)?(?:{_OF_REPORTS}\s+(?:only\s+)?(?:as|in"
    rf"|als)\s+(?:an?\s+)?(?P<a>\w+)(?:\s+and\s+(?P<a2>\w+))?"
    rf"(?:\s+(?:files?|pages?))?|(?:only\s+)?(?P<b>\w+)\s+(?:pages?\s+|files?\s+)?(?:for|as)\s+{_OF_REPORTS}"
    rf"|only\s+(?P<c>\w+)\s+reports){_REST}"
)
_ZONE = re.compile(
    rf"{_LASTING}(?:(?:my|our|the)\s+time\s?zone\s+(?:is|to)|set\s+(?:my|our|the)\s+(?:clock"
    rf"|time\s?zone)\s+to|use\s+the\s+time\s?zone"
    rf"(?:\s+of)?|use(?=\s+[\w/ ]+\s+time\b)|(?:we|i)\s+(?:are|am)\s+in\s+the\s+time\s?zone(?:\s+of)?"
    rf"|meine\s+zeitzone\s+ist)"
    rf"\s+(?:of\s+)?(?P<a>[\w/ .-]+?)(?:\s+time)?{_REST}"
)
_ASKED = re.compile(
    r"(?:what\s+are|what\s+s|show(?:\s+me)?|list|was\s+sind|zeige?)\s+(?:my|our|the|meine"
    r"|unsere)\s+(?:preferences?|settings|einstellungen)"
)
_RESET = re.compile(
    r"(?:reset|forget|drop|clear|vergiss)\s+(?:my|our|the|meine)\s+(?:preferred\s+)?(?P<a>language"
    r"|currency|chart|time\s?zone|report\s+formats?)"
    r"(?:\s+preference)?"
)
_DECIMALS = re.compile(r".{0,60}\b(?:decimals?|decimal\s+places|cents|nachkommastellen|round(?:ed)?\s+to)\b.{0,40}")
_DATES = re.compile(
    rf"{_LASTING}(?:{_VERB}\s+)?(?:the\s+|my\s+|all\s+)?(?:dates|datum|daten)\s+(?:as|in|like|als"
    rf"|should\s+be)\s+.{{2,40}}"
)
_WEEKS = re.compile(
    rf"{_LASTING}(?:(?:our|my|the|a|unsere?)\s+)?(?:weeks?|wochen?)\s+(?:always\s+)?(?:starts?|begins?"
    rf"|beginn(?:t|en)|start(?:et|en))\s+"
    r"(?:on\s+|with\s+|am\s+|on\s+a\s+)?(?P<a>\w+)"
)
_FISCAL = re.compile(
    rf"{_LASTING}(?:our|my|the|unser)\s+(?:fiscal|financial|business|geschafts)\s?(?:year"
    rf"|jahr)\s+(?:starts?|begins?|beginnt)\s+.{{2,30}}"
)
_STEADY = re.compile(
    r"\b(?:always|from now on|by default|generally|in general|prefer|immer|ab jetzt|kunftig|every|all|my|our)\b"
)
NO_DECIMALS = (
    "That I cannot keep as a preference: amounts are shown with the decimals that the data has, so that "
    "no cent is hidden. "
    "For one question say it with the question, as in “average amount rounded to 2 decimals”."
)
NO_DATES = (
    "The form of dates is none of its own: in answers they are year-month-day, and in reports as the "
    "report's language has "
    "them. Say “use German for reports” for 31.12.2026."
)
NO_WEEKS = (
    "Weeks begin on Monday in answers and reports (ISO 8601), and I cannot keep another day as a "
    "preference. A plan can count "
    "them otherwise: its step 'calendar' has week_starts."
)
NO_FISCAL = (
    "Years and quarters in answers are those of the calendar, and I cannot keep another beginning as a "
    "preference. A plan can "
    "have a fiscal year: its step 'calendar' has one."
)


def preferred_in(text: str, *, about_a_plan: bool = False) -> Prefers | None:
    """What a message wishes; None when it is about something else.

    With ``about_a_plan``, where a plan was made before, only what is said to hold from now on is a preference: "make it
    in German" may be about the plan.
    """
    said = " ".join(fold(text).replace("’", "'").split()).rstrip(" .!?")
    if not said or len(said) > LONGEST:
        return None
    if _ASKED.fullmatch(said):
        return Prefers("all")
    if text.strip().endswith("?"):
        return None
    reset = _RESET.fullmatch(said)
    if reset is not None:
        return Prefers(re.sub(r"\s+", "", reset["a"]) if "zone" in reset["a"] else _reset(reset["a"]))
    steady = _STEADY.search(said) is not None
    if about_a_plan and not steady:
        return None
    return _value_in(said) or _refused(said, steady)


def _reset(name: str) -> str:
    return "report_formats" if name.startswith("report") else name


def _value_in(said: str) -> Prefers | None:
    for name, pattern, read in _KEPT:
        found = pattern.fullmatch(said)
        given = [value for value in found.groupdict().values() if value] if found is not None else []
        values = [read(value) for value in given]
        if values and all(values):
            return Prefers(name, ",".join(value for value in values if value))
    return None


def _refused(said: str, steady: bool) -> Prefers | None:
    if _WEEKS.fullmatch(said):
        return None if said.rpartition(" ")[2].startswith(("monday", "montag")) else Prefers(cannot=NO_WEEKS)
    if _FISCAL.fullmatch(said):
        return Prefers(cannot=NO_FISCAL)
    if _DATES.fullmatch(said):
        return Prefers(cannot=NO_DATES)
    return Prefers(cannot=NO_DECIMALS) if steady and _DECIMALS.fullmatch(said) else None


def _chart(word: str) -> str | None:
    return word if word in _CHARTS else None


def _currency(word: str) -> str | None:
    return _CURRENCIES.get(word) or (word.upper() if word in _CODES else None)


def _zone(said: str) -> str | None:
    """The zone by its own name, or by that of its city."""
    from zoneinfo import available_timezones

    folded = said.strip().replace(" ", "_")
    known = {one.casefold(): one for one in sorted(available_timezones())}
    cities = {one.rpartition("/")[2].casefold(): one for one in sorted(known.values(), reverse=True) if "/" in one}
    return known.get(folded) or cities.get(folded)


_CODES = frozenset("eur usd gbp chf jpy sek nok dkk pln czk huf ron aud cad nzd cny inr brl mxn try zar".split())
_KEPT: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None]], ...] = (
    ("report_formats", _FORMAT, _FORMATS.get),
    ("language", _LANGUAGE, _LANGUAGES.get),
    ("currency", _CURRENCY, _currency),
    ("chart", _CHART, _chart),
    ("timezone", _ZONE, _zone),
)
