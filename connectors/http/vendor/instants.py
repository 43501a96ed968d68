"""Instants as vendors spell them: one name a spelling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal, get_args

Form = Literal["epoch", "epoch_ms", "decimal_epoch", "iso", "iso_ms", "local_iso", "date", "http_date", "dotnet"]
FORMS: tuple[str, ...] = get_args(Form)
_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def spelled(moment: datetime, form: str) -> str | int:
    """In a form; ``decimal_epoch`` is a text with six places, ``dotnet`` is ``/Date(1541176290160+0000)/``."""
    since = moment - _ZERO
    if form == "epoch":
        return since // timedelta(seconds=1)
    if form == "epoch_ms":
        return since // timedelta(milliseconds=1)
    if form == "decimal_epoch":
        return f"{since // timedelta(seconds=1)}.{moment.microsecond:06d}"
    if form == "dotnet":
        return f"/Date({since // timedelta(milliseconds=1)}+0000)/"
    if form == "http_date":
        return format_datetime(moment.replace(microsecond=0), usegmt=True)
    if form == "date":
        return moment.strftime("%Y-%m-%d")
    if form == "local_iso":
        return moment.strftime("%Y-%m-%dT%H:%M:%S")
    tail = f".{moment.microsecond // 1000:03d}Z" if form == "iso_ms" else "Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + tail


def understood(value: object, form: str) -> datetime | None:
    """The instant that a value spells in a form; None when it is none. Without a zone it is UTC."""
    text = str(value).strip()
    try:
        if form in {"epoch", "epoch_ms", "decimal_epoch"}:
            whole, _, part = text.partition(".")
            micros = int(part[:6].ljust(6, "0") or 0)
            if form == "epoch_ms":
                return _ZERO + timedelta(milliseconds=int(whole))
            return _ZERO + timedelta(seconds=int(whole), microseconds=micros)
        if form == "dotnet":
            found = _DOTNET.fullmatch(text)
            return _ZERO + timedelta(milliseconds=int(found[1])) if found else None
        moment = parsedate_to_datetime(text) if form == "http_date" else datetime.fromisoformat(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
