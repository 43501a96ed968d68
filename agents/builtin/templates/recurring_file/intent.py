"""Does the request speak of a file that comes again and again, or of a workbook's sheets as one table?"""

from __future__ import annotations

import re

_FILE = (
    r"(?:excel|xlsx?|csv|workbooks?|spread\s?sheets?|work\s?sheets?|sheets?|files?|(?:price\s+)?lists?|price\s+lists?"
    r"|exports?|deliver(?:y|ies)\s+notes?|listino|foglio|fogli|cartella|excel-?datei(?:en)?|datei(?:en)?|tabellenblätter"
    r"|liste|preisliste|fichiers?|classeurs?|feuilles?|tableurs?|archivos?|hojas?|planillas?|libro|lista)"
)
_EACH = (
    r"(?:(?:every|each|once\s+an?|per)\s+(?:other\s+)?(?:month|week|quarter|day)|monthly|weekly|quarterly|daily"
    r"|month\s+(?:by|after)\s+month|regularly|again\s+and\s+again|ogni\s+(?:mese|settimana)|mensilmente|mensile"
    r"|jede[nrs]?\s+(?:monat|woche)|monatlich\w*|wöchentlich\w*|chaque\s+(?:mois|semaine)|tous\s+les\s+mois|mensuel\w*"
    r"|cada\s+(?:mes|semana)|todos\s+los\s+meses|mensual\w*)"
)
_COMES = (
    r"(?:sends?|sent|sending|e-?mails?|e-?mailed|mails?|mailed|gets?|getting|receives?|received|comes?|arrives?"
    r"|provides?|delivers?|gives?|hands?|exports?|uploads?|drops?|shares?|forwards?"
    r"|manda|mandano|invia|inviano|spedisce|arriva|riceviamo|ricevo"
    r"|schickt|schicken|sendet|bekommen?|erhalten?|liefert|kommt"
    r"|envoie|envoient|recevons|reçois|arrive|transmet"
    r"|envía|envían|manda|recibimos|recibo|llega)"
)
_SENDER = (
    r"(?:suppliers?|vendors?|wholesalers?|manufacturers?|distributors?|producers?|importers?|fornitor[ei]|grossist[ai]"
    r"|lieferant\w*|hersteller\w*|großhändler\w*|fournisseurs?|grossistes?|proveedor(?:es)?|mayoristas?)"
)
_UNITE = (
    r"(?:load|put|combine|merge|unite|stack|bring|gather|collect|join|consolidate|turn|make|clean|append|import|get"
    r"|carica\w*|unisci\w*|metti\w*|raccogli\w*|lade|lad|vereinig\w*|füge|fasse|mach|charge\w*|réuni\w*|mets|rassemble\w*"
    r"|carga\w*|une|junta\w*|pon\w*)"
)
_ONE = (
    r"(?:(?:one|a\s+single|a|single|1)\s+(?:\w+\s+){0,2}?(?:table|list|sheet|file|dataset)"
    r"|(?:una|un['’]?)\s*(?:unica|sola)?\s*(?:\w+\s+)?(?:tabella|lista|tavola)"
    r"|ein(?:e|er)?\s+(?:einzige\s+|saubere\s+|gemeinsame\s+)*(?:tabelle|liste)"
    r"|une?\s+(?:seule\s+)?(?:\w+\s+)?(?:table|tableau|liste)|una\s+(?:sola\s+|única\s+)?(?:tabla|lista))"
)
_SHEETS = r"(?:sheets|work\s?sheets|tabs|fogli|schede|blätter|tabellenblätter|feuilles|onglets|hojas|pestañas)"
_THIS = (
    r"(?:this|these|that|an?|the|his|her|their|its|new|quest\w+|un[ao]?|il|lo|le|dies\w+|ein\w*|der|die|den|das|ce|cette"
    r"|ces|une?|este|esta|el|la)"
)
_ASKS = re.compile(
    r"^\s*(?:and\s+)?(?:how\s+(?:many|much|often|long)|what|which|who|whose|when|where|why|do|does|did|is|are|was|were"
    r"|show|list|count|quant[ei]|qual[ei]|wie|welche\w*|combien|quel\w*|cuánt\w+|qué)\b",
    re.IGNORECASE,
)
LONGEST = 2_000
"""Characters of a request that are looked at; a wish for a table is said in fewer."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b{pattern}\b", re.IGNORECASE)


_A_SENDER, _IT_COMES, _A_FILE, _OFTEN = _words(_SENDER), _words(_COMES), _words(_FILE), _words(_EACH)
_BRING, _SOME_SHEETS, _ONE_TABLE = _words(_UNITE), _words(_SHEETS), _words(_ONE)
_INTO = _words(r"(?:in|into|to|as|en|zu|dans|a)")
_THIS_COMES = _words(rf"{_COMES}\b.{{0,40}}?\b{_THIS}\b.{{0,25}}?\b{_FILE}")


_ARRIVES = re.compile(rf"\b{_EACH}\b", re.IGNORECASE)
# Who sends stands before it; what follows "and" or "please" is a wish of the owner's.
_SENDING = re.compile(
    r"(?P<who>\b(?!(?:and|then|please|also|or|to|you|pls|now)\b)[^\W\d_]+\s+)"
    r"(?:send|e-?mail|mail|forward|share|upload)\b(?=\s+(?:us|me|this|it|the|over)\b)",
    re.IGNORECASE,
)
_SEND_ME = re.compile(r"^\s*(?:please\s+)?(?:send|e-?mail|mail|give|get|show)\s+(?:me|us)\b", re.IGNORECASE)


def asks_for_one_table(text: str) -> bool:
    """True when the words speak of a file that comes regularly, or of sheets to be put into one table."""
    said = " ".join(text.split())[:LONGEST]
    if _ASKS.search(said) or _SEND_ME.search(said):
        return False
    often, sender = bool(_OFTEN.search(said)), bool(_A_SENDER.search(said))
    # "My supplier sends this Excel each month"
    if often and sender and _THIS_COMES.search(said):
        return True
    # "Every month we get this workbook; load it into one table"
    if (often or sender) and _IT_COMES.search(said) and _A_FILE.search(said) and _in_turn(said, _BRING, _ONE_TABLE):
        return True
    # "Load this monthly price list into one table", "put all the sheets of this workbook into one table"
    return _in_turn(said, _BRING, _OFTEN, _A_FILE, _ONE_TABLE) or _in_turn(
        said, _BRING, _SOME_SHEETS, _INTO, _ONE_TABLE
    )


def _in_turn(said: str, *patterns: re.Pattern[str]) -> bool:
    """Whether the patterns are found one behind the other."""
    at = 0
    for pattern in patterns:
        found = pattern.search(said, at)
        if found is None:
            return False
        at = found.end()
    return True


def without_its_coming(text: str) -> str:
    """The request without the words for how often and by whom the file comes: those are no wish of the owner's."""
    found = _ARRIVES.search(text)
    rest = text[: found.start()] + " " + text[found.end() :] if found else text
    return _SENDING.sub(r"\g<who>hands", rest, count=1)
