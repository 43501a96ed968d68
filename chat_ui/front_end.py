"""The page's own folder: Chainlit's front end without its outside links, our elements, colours, logo and settings."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAME = "DReflowPro"
# Fonts and styles of other hosts; everything the page needs is on this machine.
_OUTSIDE = re.compile(r"<link\b[^>]*\bhref=[\"']https?://[^>]*>", re.IGNORECASE | re.DOTALL)

SETTINGS = """\
[project]
session_timeout = 3600
user_session_timeout = 1296000
allow_origins = []

[features]
unsafe_allow_html = false
latex = false
user_message_markdown = false
edit_message = false
auto_tag_thread = false

[features.spontaneous_file_upload]
enabled = true
accept = {accept}
max_files = 20
max_size_mb = {megabytes}

[UI]
name = "{name}"
description = "Say what your business needs to know."
cot = "hidden"
default_theme = "light"
default_sidebar_state = "open"
custom_build = "build"
custom_css = "/public/page.css"
custom_js = "/public/page.js"
login_page_image = "/public/login.svg"
login_page_image_filter = ""
login_page_image_dark_filter = "brightness-75"
confirm_new_chat = false
alert_style = "modern"
custom_meta_url = "/"
custom_meta_image_url = "/logo"

[meta]
generated_by = "{version}"
"""


# What browsers call data files, which differs by system; the endings decide.
MEDIA_TYPES = (
    "application/octet-stream",
    "application/json",
    "application/vnd.apache.parquet",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.sqlite3",
    "application/x-ndjson",
    "application/x-sqlite3",
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
)
PLACEHOLDER = "Ask about your data, or say what should be done with it"
WATERMARK = "Figures are computed from your data. Nothing runs before you approve it."


def write_front_end(folder: Path, *, version: str, largest_upload: int, endings: Sequence[str]) -> None:
    """Make the page's folder what this version needs; what Chainlit itself keeps there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    _copy(HERE / "public", folder / "public")
    (folder / ".chainlit").mkdir(exist_ok=True)
    kinds = ", ".join(f"{json.dumps(kind)} = {json.dumps(list(endings))}" for kind in MEDIA_TYPES)
    settings = SETTINGS.format(
        megabytes=largest_upload >> 20,
        name=NAME,
        version=version,
        accept=f"{{ {kinds} }}",
    )
    _write_words(folder / ".chainlit" / "translations")
    (folder / ".chainlit" / "config.toml").write_text(settings, encoding="utf-8")
    (folder / "chainlit.md").write_text("", encoding="utf-8")
    build = folder / "build"
    stamp = build / ".version"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != version:
        shutil.rmtree(build, ignore_errors=True)
        shutil.copytree(_packaged(), build, ignore=shutil.ignore_patterns("*.map"))
        index = build / "index.html"
        index.write_text(without_outside_links(index.read_text(encoding="utf-8")), encoding="utf-8")
        stamp.write_text(version, encoding="utf-8")


def without_outside_links(html: str) -> str:
    """The page without stylesheets and fonts of other hosts."""
    return _OUTSIDE.sub("", html)


def _write_words(folder: Path) -> None:
    """Chainlit's own words in each language, with ours where they speak of the product."""
    folder.mkdir(exist_ok=True)
    for file in (_packaged().parent.parent / "translations").glob("*.json"):
        words = json.loads(file.read_text(encoding="utf-8"))
        words["chat"]["watermark"] = WATERMARK
        if file.stem.startswith("en"):
            words["chat"]["input"]["placeholder"] = PLACEHOLDER
            _of_conversations(words["threadHistory"])
            _of_logins(words["auth"]["login"])
        (folder / file.name).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


def _of_conversations(words: dict[str, Any]) -> None:
    """Chainlit's words for a thread, as everybody calls it."""
    for name, said in words.items():
        if isinstance(said, dict):
            _of_conversations(said)
        else:
            told = re.sub(r"\b([Tt])hread(s?)\b", lambda m: ("C" if m[1] == "T" else "c") + f"onversation{m[2]}", said)
            words[name] = told.replace("No conversations found", "No conversations yet")


def _of_logins(words: dict[str, Any]) -> None:
    """Chainlit's words of the page where people log in, who have a name here that may be no address."""
    words["title"] = f"Log in to {NAME}"
    words["form"]["email"] = {"label": "Name", "required": "Type your name.", "placeholder": "anna"}
    words["form"]["password"]["required"] = "Type your password."
    words["form"]["actions"]["signin"] = "Log in"
    words["form"]["alternativeText"]["or"] = "or"
    for kind in ("default", "credentialsSignin"):
        words["errors"][kind] = (
            "That name and password do not belong together. After five wrong tries each further one has to wait."
        )
    for kind in ("oauthSignin", "oauthCallback"):
        words["errors"][kind] = (
            "That account may do nothing here yet. Ask who administers this workspace to let its e-mail address in."
        )


def _packaged() -> Path:
    found = find_spec("chainlit")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "frontend" / "dist"


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
