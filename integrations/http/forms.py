"""What the pages about connecting an account show: the form, the choice, what was found, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from integrations.http import pages
from spec.errors import DreflowError
from tools.found import TRIED

if TYPE_CHECKING:
    from tools.connecting import Asked, Connected, Offer, Undecided
    from tools.found import Found

LONG = 60
"""Characters from which what is already there is shown in several lines."""


@dataclass(frozen=True)
class WayBack:
    """Where to go on: a path with its label, or only words."""

    path: str
    words: str


def choosing(offers: Sequence[Offer]) -> str:
    """All systems."""
    rows = "".join(
        f'<li><a href="/connections/new/{escape(one.system)}">{escape(one.title)}</a> '
        f"<span class=soft>{escape(one.description)}</span></li>"
        for one in offers
    )
    return pages.heading("Connect an account") + f"<ul>{rows}</ul>"


def form(
    offer: Offer, hidden: Mapping[str, str], settings: Mapping[str, str], *, redirect: str, error: DreflowError | None
) -> str:
    """What a system needs. Secrets are typed masked, and never shown again."""
    again = " again" if offer.again else ""
    parts = [pages.heading(f"Connect {offer.title}{again}"), pages.paragraph(offer.description, tone="soft")]
    if error is not None:
        parts.append(pages.note(f"<b>{escape(error.message)}</b><br>{escape(error.hint)}", wrong=True))
    parts.append(f'<form method="post" action="/connections/new/{escape(offer.system)}" autocomplete="off">')
    parts += [f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in hidden.items()]
    parts.append(_named(offer, fixed=bool(hidden.get("pass"))))
    parts.append(_ways(offer, hidden))
    parts += [_setting(one, settings.get(one.name)) for one in offer.settings]
    parts.append(_secrets(offer, redirect))
    parts.append(_rights(offer))
    parts.append(_submit(offer))
    parts.append("</form>")
    parts.append(pages.paragraph(f"This connector: {TRIED[offer.grade]}.", tone="soft"))
    return "".join(parts)


def _named(offer: Offer, *, fixed: bool) -> str:
    if offer.again or fixed:
        return (
            f'<input type="hidden" name="name" value="{escape(offer.name)}">'
            f"<p>It is the connection <code>{escape(offer.name)}</code>.</p>"
        )
    return (
        '<label for="name">Name</label><small>What you call it here, for instance in questions.</small>'
        f'<input type="text" id="name" name="name" value="{escape(offer.name)}" required '
        'maxlength="63" spellcheck="false" pattern="[A-Za-z_][A-Za-z0-9_]*">'
    )


def _ways(offer: Offer, hidden: Mapping[str, str]) -> str:
    """The way that the form is about, and what leads to the others."""
    at = {"name": offer.name, **{key: hidden[key] for key in ("thread", "pass") if hidden.get(key)}}
    others = "".join(
        f'<li><a href="{escape(_elsewhere(offer.system, {**at, "way": way}))}">{escape(words)}</a></li>'
        for way, words in offer.ways
        if way != offer.way
    )
    chosen = f'<input type="hidden" name="way" value="{escape(offer.way or "")}">'
    own = next((words for way, words in offer.ways if way == offer.way), "")
    return f"{chosen}<p>You {_does(own)}. Other ways:</p><ul>{others}</ul>" if others else chosen


def _elsewhere(system: str, query: Mapping[str, str]) -> str:
    return f"/connections/new/{system}?{urlencode(query)}"


def _does(words: str) -> str:
    return words if words.startswith("sign") else f"give: {words}"


def _setting(one: Asked, typed: str | None) -> str:
    value = typed if typed is not None else one.known or ""
    name, field = escape(f"set.{one.name}"), escape(f"set-{one.name}")
    needed = " required" if one.known is None else ""
    told = f"<small>{escape(one.help)}</small>" if one.help else ""
    label = f'<label for="{field}">{escape(one.title)}</label>{told}'
    if one.choices:
        options = "".join(
            f"<option{' selected' if choice == value else ''}>{escape(choice)}</option>" for choice in one.choices
        )
        return f'{label}<select id="{field}" name="{name}">{options}</select>'
    if len(value) > LONG:
        return f'{label}<textarea id="{field}" name="{name}" rows="3" spellcheck="false">{escape(value)}</textarea>'
    hint = f' placeholder="{escape(one.example)}"' if one.example else ""
    return (
        f'{label}<input type="text" id="{field}" name="{name}" value="{escape(value)}"{hint}{needed} '
        'spellcheck="false" autocapitalize="none">'
    )


def _rights(offer: Offer) -> str:
    """Reading is asked for; writing where somebody wants it."""
    if not offer.may_write:
        return ""
    checked = " checked" if offer.writes else ""
    return (
        f'<label><input type="checkbox" name="write" value="yes"{checked}> Ask for the right to write, too</label>'
        "<small>Only for plans that send something there; reading does not need it.</small>"
    )


def _secrets(offer: Offer, redirect: str) -> str:
    parts: list[str] = []
    told = ""
    if redirect:
        parts.append(
            pages.note(
                f"The redirect address to give {escape(offer.title)} for your app:<br><code>{escape(redirect)}</code>"
            )
        )
    for one in offer.secrets:
        field = escape(f"key-{one.name}")
        # Client id and secret are found at the same place, which is said once.
        words = "" if one.help == told else one.help
        told = one.help
        kept = " Leave it empty to keep the one that is there." if one.known is not None else ""
        small = f"<small>{escape((words + kept).strip())}</small>" if words or kept else ""
        needed = "" if one.known is not None else " required"
        parts.append(
            f'<label for="{field}">{escape(one.title)}</label>{small}'
            f'<input type="password" id="{field}" name="{escape(f"key.{one.name}")}"{needed} '
            'autocomplete="new-password" spellcheck="false">'
        )
    return "".join(parts)


def _submit(offer: Offer) -> str:
    if offer.consents:
        at = offer.consents_at if offer.consents_at and "{" not in offer.consents_at else offer.title
        label = f"Go on to {at}"
        told = "There you sign in and allow reading. Your password is never seen here."
    else:
        label = "Try it and connect"
        told = "What you type goes to the vault, encrypted, and into no conversation, log or file."
    return f"<button>{escape(label)}</button>{pages.paragraph(told, tone='soft')}"


def choice(asked: Undecided, hidden: Mapping[str, str]) -> str:
    """Which of several is meant."""
    fields = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in hidden.items())
    options = "".join(
        f'<label><input type="radio" name="value" value="{escape(value)}" required>{escape(words)}</label>'
        for value, words in asked.values
    )
    return (
        pages.heading("Which one?")
        + f'<form method="post" action="/connections/decide">{fields}<fieldset><legend>{escape(asked.title)}</legend>'
        + f"{options}</fieldset><button>Connect this one</button></form>"
    )


def connected(done: Connected) -> str:
    """That it is connected, before anybody looked what it sees."""
    account = f" as {done.account}" if done.account else ""
    resumed = "".join(f" {name.replace('_', ' ')} runs by itself again." for name in done.resumed)
    return (
        pages.heading(f"{done.title} is connected{account}")
        + pages.paragraph(f"It is saved as {done.name}.{resumed}")
        + '<p class="wait soft" role="status">Looking at what it sees ...</p>'
    )


def looked(seen: Found | DreflowError, back: WayBack) -> str:
    """What it sees, or why that could not be looked at, with the way on."""
    if isinstance(seen, DreflowError):
        told = pages.note(f"{escape(seen.message)}<br>{escape(seen.hint)}", wrong=True)
        return f'<div class="done">{told}{_back(back)}</div>'
    return f'<div class="done">{_tables(seen)}{_back(back)}</div>'


def found(seen: Found, back: WayBack) -> str:
    """The same with its title, for a connection that was there."""
    account = f" as {seen.account}" if seen.account else ""
    return pages.heading(f"{seen.name}: {seen.title}{account}") + looked(seen, back)


def _tables(seen: Found) -> str:
    parts = [pages.paragraph(f"This connector: {seen.tried}.", tone="soft")]
    if seen.tables:
        rows = [[one.name, one.columns, one.description] for one in seen.tables]
        parts.append(
            "<h2>What it sees</h2>" + pages.table(("table", "columns", ""), rows, numbers=(False, True, False))
        )
    if seen.preview is not None:
        numbers = tuple(_is_number(kind) for kind in seen.preview.types)
        parts.append(f"<h2>The first rows of {escape(seen.preview_of)}</h2>")
        parts.append(pages.table(seen.preview.names, seen.preview.rows, numbers=numbers))
    parts += [pages.paragraph(text, tone="soft") for text in seen.remarks]
    return "".join(parts)


def _is_number(kind: str) -> bool:
    return kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or kind.endswith("INT") or kind == "INTEGER"


def _back(back: WayBack) -> str:
    return pages.button(back.words, back.path) if back.path else pages.paragraph(back.words)


def refusal(error: DreflowError) -> str:
    """What went wrong and what to do."""
    return pages.heading("Not connected", tone="bad") + pages.paragraph(error.message) + pages.paragraph(error.hint)
