"""Write docs/conformance.md: every case on every list of every system whose vendor's description is at hand.

``python scripts/conformance.py [SYSTEM ...]``; descriptions are looked for in the folders of DREFLOW_SPECS. Systems
that are not named, or whose description is missing, keep their table.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "conformance.md"
HEADING = """# What every connector was tried on

Each list of each system is read against the vendor's own description: every request is checked, every answer is made
from it, and the line is cut, the key refused, a page repeated, a field renamed, the process killed. Each action that
sends records (*customers: metadata*) is tried alike: an answer is lost, one record refused, the process killed between
two. *yes*: it keeps to the case. *–*: the case is about something that this list does not have. The tests hold the
connectors to these tables; `dreflow connectors check NAME --conformance` tries one of your own.
"""


def main(names: list[str]) -> int:
    """Write the page; 1 when a case is broken."""
    from connectors.contract import DECLARED
    from connectors.http.conformance.table import marks, read, written
    from connectors.http.definition import read_definition
    from spec.errors import UsageError
    from tools.conformance import VENDOR, verdicts

    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = dict(re.findall(r"(?ms)^(## [^\n]+)\n(.*?)(?=^## |\Z)", before))
    for name in DECLARED.names():
        file = DECLARED.path(name)
        if not file.with_name(VENDOR).is_file():
            continue
        definition = read_definition(file)
        if names and name not in names:
            continue
        try:
            streams = marks(list(verdicts(name)))
        except UsageError as error:
            sys.stdout.write(f"{name}: {error} Its table stays as it is.\n")
            continue
        head, _, table = written(definition.title, definition.proof.tried_on, streams).partition("\n")
        sections[head] = table
        sys.stdout.write(f"{name}: {len(streams)} lists\n")
        kept = (f"{one}\n{sections[one].strip()}\n" for one in sorted(sections, key=str.casefold))
        # After each: a system takes a minute or two.
        PAGE.write_text(HEADING + "\n" + "\n".join(kept), encoding="utf-8")
    broken = 0
    for title, lists in read(PAGE.read_text(encoding="utf-8")).items():
        for stream, cases in lists.items():
            for case, mark in cases.items():
                if mark not in {"yes", "–"}:
                    broken += 1
                    sys.stdout.write(f"broken: {title}, {stream}, {case}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main(sys.argv[1:]))
