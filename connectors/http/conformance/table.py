"""Verdicts as a table for people, and back: a system's cases down the side, its streams across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.http.conformance.suite import CASES, Verdict, case

MARKS = {"kept": "yes", "not applicable": "–", "broken": "**no**"}
Marks = Mapping[str, Mapping[str, str]]
"""Stream to case to mark."""


def marks(verdicts: Sequence[Verdict]) -> dict[str, dict[str, str]]:
    """The marks of each stream that was tried."""
    found: dict[str, dict[str, str]] = {}
    for one in verdicts:
        if one.result in MARKS:
            found.setdefault(one.stream, {})[one.case] = MARKS[one.result]
    return found


def written(title: str, tried_on: str, streams: Marks) -> str:
    """A section with one table."""
    names = list(streams)
    head = f"| case | {' | '.join(names)} |"
    lines = [f"## {title}", f"Tried on {tried_on}.", "", head, f"|---|{'---|' * len(names)}"]
    for name in CASES.names():
        told = [streams[stream].get(name, "") for stream in names]
        if any(told):
            lines.append(f"| {case(name).SUMMARY} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def read(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Title to stream to case to mark, of what ``written`` wrote."""
    cases = {case(name).SUMMARY: name for name in CASES.names()}
    found: dict[str, dict[str, dict[str, str]]] = {}
    streams: list[str] = []
    title = ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("| case |"):
            streams = cells[1:]
            found[title] = {stream: {} for stream in streams}
        elif line.startswith("| ") and title in found:
            for stream, mark in zip(streams, cells[1:], strict=True):
                if mark:
                    found[title][stream][cases[cells[0]]] = mark
    return found
