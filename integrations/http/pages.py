"""Small pages of our own: HTML without a script that does anything, an asset from elsewhere, or a trace in a cache.

All that comes from outside is escaped. Colours are those of the chat page, also where a person chose the dark ones.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from fastapi.responses import HTMLResponse

STYLE = """
:root{color-scheme:light;--page:#fff;--text:#1a1d23;--soft:#5b6270;--line:#d9dde4;--card:#f7f8fa;--own:#1247ba;
--on:#fff;--good:#15803d;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--page:#212121;--text:#ececec;
--soft:#b4b4b4;--line:#454545;--card:#2b2b2b;--own:#6cb2fb;--on:#0f172a;--good:#4ade80;--bad:#f87171}}
:root[data-theme=dark]{color-scheme:dark;--page:#212121;--text:#ececec;--soft:#b4b4b4;--line:#454545;--card:#2b2b2b;
--own:#6cb2fb;--on:#0f172a;--good:#4ade80;--bad:#f87171}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:44rem;margin:0 auto;padding:24px 16px 64px}
header{display:flex;gap:10px;align-items:center;color:var(--soft);font-size:.9rem;margin-bottom:20px}
header img{width:26px;height:26px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 8px}h2{font-size:1.05rem;margin:28px 0 6px}
p{margin:8px 0}.soft,small{color:var(--soft)}small{display:block;font-size:.86rem;margin:2px 0 6px}
.good{color:var(--good)}.bad{color:var(--bad)}
.note{border:1px solid var(--line);border-left:4px solid var(--own);border-radius:8px;background:var(--card);
padding:10px 14px;margin:16px 0;overflow-wrap:anywhere}
.note.wrong{border-left-color:var(--bad)}
label,legend{display:block;font-weight:600;margin-top:18px}legend{padding:0}
fieldset{border:0;padding:0;margin:0;min-width:0}fieldset label{font-weight:400;margin:8px 0;display:flex;gap:10px}
input[type=text],input[type=password],select,textarea{width:100%;font:inherit;padding:10px 12px;
border:1px solid var(--line);border-radius:8px;background:var(--page);color:inherit}
button,.button{display:inline-block;font:inherit;font-weight:600;border:0;border-radius:8px;background:var(--own);
color:var(--on);padding:11px 20px;margin:22px 10px 0 0;cursor:pointer;text-decoration:none;min-height:46px}
a{color:var(--own)}a.button{color:var(--on)}.plain{background:none;color:var(--own);padding-left:0;font-weight:400}
:focus-visible{outline:2px solid var(--own);outline-offset:2px}
code{font-size:.92em;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:1px 6px;
overflow-wrap:anywhere}
.wide{overflow-x:auto;max-width:100%;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;font-size:.9rem;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th{white-space:nowrap}tr:last-child td{border-bottom:0}.number{text-align:right;white-space:nowrap}
.wait:has(~.done){display:none}
ul{padding-left:20px;margin:8px 0}li{margin:6px 0}
"""
# Which colours the chat page has is kept in the browser; and an address with a code in it is no address to keep.
SCRIPT = (
    "try{var t=localStorage.getItem('vite-ui-theme');if(t=='dark'||t=='light')document.documentElement.dataset.theme=t}"
    "catch(e){}var m=document.currentScript.dataset.here;if(m)history.replaceState(null,'',m)"
)


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def headers(*, leads_to: Sequence[str] = ()) -> dict[str, str]:
    """What every page is sent with. ``leads_to`` are origins that its form may end at."""
    ends = " ".join(("'self'", *leads_to))
    policy = (
        f"default-src 'none'; style-src {_hashed(STYLE)}; script-src {_hashed(SCRIPT)}; img-src 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'; form-action {ends}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        # With no referrer at all a browser would not say where a form comes from either.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def head(title: str, *, here: str = "") -> str:
    """The page down to where its content begins; in the browser's list it is ``here``."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} - DReflowPro</title><style>{STYLE}</style>"
        f'<script data-here="{escape(here)}">{SCRIPT}</script></head><body><main>'
        '<header><img src="/favicon" alt="">DReflowPro</header>'
    )


def page(title: str, content: str, *, status: int = 200, here: str = "", leads_to: Sequence[str] = ()) -> HTMLResponse:
    """A whole page; ``content`` is HTML in which what comes from outside was escaped."""
    return HTMLResponse(head(title, here=here) + content + FOOT, status, headers(leads_to=leads_to))


FOOT = "</main></body></html>"


def heading(text: str, *, tone: str = "") -> str:
    """The page's title in it."""
    return f"<h1{_class(tone)}>{escape(text)}</h1>"


def paragraph(text: str, *, tone: str = "") -> str:
    """Plain words."""
    return f"<p{_class(tone)}>{escape(text)}</p>" if text else ""


def _class(tone: str) -> str:
    return f' class="{tone}"' if tone else ""


def note(text: str, *, wrong: bool = False) -> str:
    """Words that stand out."""
    kind, role = ("note wrong", "alert") if wrong else ("note", "note")
    return f'<div class="{kind}" role="{role}">{text}</div>'


def button(label: str, path: str) -> str:
    """A way on."""
    return f'<a class="button" href="{escape(path)}">{escape(label)}</a>'


def table(names: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[bool] = ()) -> str:
    """Rows, scrolled sideways where they do not fit."""
    right = tuple(numbers) or (False,) * len(names)
    titles = "".join(map(_title, names, right))
    body = "".join(f"<tr>{''.join(map(_cell, row, right))}</tr>" for row in rows)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _title(name: str, is_number: bool) -> str:
    return f'<th scope="col"{_class("number" if is_number else "")}>{escape(name)}</th>'


def _cell(value: object, is_number: bool) -> str:
    return f"<td{_class('number' if is_number else '')}>{escape('' if value is None else str(value))}</td>"
