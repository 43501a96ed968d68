"""``dreflow doctor``."""

from __future__ import annotations

import argparse

SUMMARY = "look whether everything is here and well"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Look; 1 when something is not well."""
    import dataclasses

    from integrations.cli import workspace
    from integrations.cli.render import safe, styled
    from tools.health import examined

    findings = examined(workspace.context(args))
    well = all(finding.well for finding in findings)
    if args.json:
        workspace.print_json({"well": well, "findings": [dataclasses.asdict(finding) for finding in findings]})
        return 0 if well else 1
    size = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark = styled("✓", "green") if finding.well else styled("✗", "red")
        print(f"{mark} {finding.what:<{size}}  {safe(finding.found)}")
        if not finding.well and finding.remedy:
            print(f"  {'':<{size}}  {finding.remedy}")
    return 0 if well else 1
