"""Verdicts as tables for people, and back: a system's cases down the side, its streams, then its actions, across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.http.conformance.suite import CASES, SENDS, Verdict, case, send_case

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
    """A section with a table of what is read, and one of what is sent where something is."""
    summaries = {name: case(name).SUMMARY for name in CASES.names()}
    lines = [
        f"## {title}",
        f"Tried on {tried_on}.",
        *_table([one for one in streams if not _is_action(one)], streams, summaries),
    ]
    actions = [one for one in streams if _is_action(one)]
    if actions:
        lines += _table(actions, streams, {name: send_case(name).SUMMARY for name in SENDS.names()})
    return "\n".join(lines) + "\n"


def _is_action(stream: str) -> bool:
    return ": " in stream


def _table(names: Sequence[str], streams: Marks, summaries: Mapping[str, str]) -> list[str]:
    lines = ["", f"| case | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for name, summary in summaries.items():
        told = [streams[stream].get(name, "") for stream in names]
        if any(told):
            lines.append(f"| {summary} | {' | '.join(told)} |")
    return lines


def read(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Title to stream to case to mark, of what ``written`` wrote."""
    cases = {case(name).SUMMARY: name for name in CASES.names()}
    cases |= {send_case(name).SUMMARY: name for name in SENDS.names()}
    found: dict[str, dict[str, dict[str, str]]] = {}
    streams: list[str] = []
    title = ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("| case |"):
            streams = cells[1:]
            found.setdefault(title, {}).update({stream: {} for stream in streams})
        elif line.startswith("| ") and title in found:
            for stream, mark in zip(streams, cells[1:], strict=True):
                if mark:
                    found[title][stream][cases[cells[0]]] = mark
    return found
