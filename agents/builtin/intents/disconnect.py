"""Wishes to disconnect an account, told from plain words of five languages: "forget the Shopify connection"."""

from __future__ import annotations

from collections.abc import Collection

from agents.builtin.intents import connect

_DISCONNECT = frozenset(
    "disconnect unlink unhook scollega scollegare disconnetti disconnettere trenne trennen desconecta desconectar"
    " desvincula desvincular deconnecte deconnecter deconnectez".split()
)
_FORGET = frozenset("forget dimentica dimenticare vergiss vergessen olvida olvidar oublie oublier oubliez".split())
_DELETE = frozenset(
    "remove delete erase revoke elimina eliminare rimuovi rimuovere revoca revocare entferne entfernen losche loesche"
    " loschen loeschen widerrufe widerrufen eliminar borra borrar quita quitar revocar supprime supprimer supprimez"
    " revoque revoquer".split()
)
"""What is said of rows and columns too: "remove Stripe" is no such wish, "remove the Stripe connection" is."""
_LAST = frozenset("trennen vergessen entfernen loschen loeschen widerrufen".split())
"""German verbs that stand at the end."""
_CONNECTION = frozenset(
    "connection connections connessione connessioni collegamento verbindung verbindungen conexion conexiones"
    " connexion connexions".split()
)
_ACCESS = _CONNECTION | frozenset(
    "access consent key login token accesso consenso chiave zugriff zugang zustimmung schlussel schluessel acceso"
    " consentimiento clave acces consentement cle".split()
)
_FILLING = frozenset("s this that saved all questa salvata diese gespeicherte esta guardada cette".split())


def wish(text: str) -> str | None:
    """What somebody wants to disconnect, in their own words; empty where they do not say, None for no such wish."""
    found = _split(text)
    if found is None:
        return None
    verb, words = found
    if verb in _DISCONNECT:
        return " ".join(word for word in words if word not in _ACCESS)
    return "" if words and set(words) <= _CONNECTION else None


def may_name(text: str) -> bool:
    """Whether it is worth a look at what is connected."""
    found = _split(text)
    return found is not None and bool(found[1])


def names(text: str, known: Collection[str], *, alone: bool = True) -> str | None:
    """The connection or system among ``known`` that somebody wants to disconnect, if they name just that.

    With ``alone`` "forget Stripe" is enough; else it takes a word such as disconnect, connection or key.
    """
    found = _split(text)
    if found is None:
        return None
    verb, words = found
    bare = [word for word in words if word not in _ACCESS]
    is_plain = verb in _DISCONNECT or (verb in _FORGET and alone)
    # A connection may be called "key" itself.
    whole = connect.known_as(" ".join(words), known) if is_plain else None
    return whole or (connect.known_as(" ".join(bare), known) if is_plain or len(bare) < len(words) else None)


def _split(text: str) -> tuple[str, list[str]] | None:
    found = connect.spoken(text, _DISCONNECT | _FORGET | _DELETE, _LAST)
    if found is None:
        return None
    verb, words = found
    return verb, [word for word in words if word not in _FILLING]
