"""Find keys and passwords in the files that git tracks or would track.

`scan_secrets.py` looks at the whole repository, `scan_secrets.py PATH...` at those files. A finding names file, line
and kind and shows only the first characters of the value. A line that has to show such a value (a test's planted
sentinel, an example in the docs) says so with the words `not a secret` on it.
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = "not a secret"
LARGEST = 5_000_000
"""Bytes; a bigger file is data, not something a person typed a key into."""

PATTERNS: dict[str, re.Pattern[str]] = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"),
    "Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "Slack webhook": re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}"),
    "Stripe key": re.compile(r"\b(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{20,}"),
    "Shopify token": re.compile(r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    "Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "model provider key": re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{24,}"),
    "SendGrid key": re.compile(r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    "signed web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "password in a URL": re.compile(r"\b[a-z][a-z0-9+]*://[^\s:/@'\"<>{}]+:(?P<value>[^\s/@'\"]+)@(?P<host>[\w.-]*)"),
    "assigned secret": re.compile(
        r"(?i)(?:password|passwd|secret|token|api_?key|access_?key|private_?key)\w*[\"']?\s*[:=]\s*[\"'](?P<value>[^\"'\s]{12,})[\"']"
    ),
}

PLACEHOLDER = re.compile(r"(?i)^(?:[<{$%*.x]|sentinel|pw$|pass$|password$|secret(?:$|-)|your|\w*example|change)")
"""What stands where a value would: `{password}`, `$PASSWORD`, `<token>`, `***`, `secret`, or a test's sentinel."""


def main(arguments: list[str]) -> int:
    """Print one line a finding; 0 when there is none."""
    paths = [Path(argument) for argument in arguments] or list(repository())
    findings = [finding for path in paths for finding in scan(path)]
    for finding in findings:
        print(finding)
    if findings:
        print(
            "Take the value out (the vault or the environment holds it) and, if it was ever real, have it replaced "
            f"where it came from.\nA planted or invented value says so on its line: {ALLOWED}.",
            file=sys.stderr,
        )
    return 1 if findings else 0


def repository() -> Iterator[Path]:
    """All files that are tracked, or new and not ignored."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            yield ROOT / name


def scan(path: Path) -> Iterator[str]:
    """Yield what was found in one file; binary files and data files beyond `LARGEST` are passed over."""
    if path.stat().st_size > LARGEST:
        return
    content = path.read_bytes()
    if b"\0" in content[:8192]:
        return
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
        if ALLOWED in line:
            continue
        for kind, value in findings_in(line):
            yield f"{shown}:{number}: {kind}: {value[:4]}..."


def findings_in(line: str) -> Iterator[tuple[str, str]]:
    """Yield kind and value of each secret that a line seems to hold."""
    for kind, pattern in PATTERNS.items():
        for found in pattern.finditer(line):
            parts = found.groupdict()
            value = parts.get("value")
            if value is None:
                yield kind, found.group()
            elif not PLACEHOLDER.match(value) and (random_looking(value) or public(parts.get("host") or "")):
                yield kind, value


def public(host: str) -> bool:
    """Tell a host that others could reach from this machine and from the one-word hosts of examples."""
    return "." in host and not host.startswith("127.")


def random_looking(value: str) -> bool:
    """Tell a generated value from words: letters and digits, and more than 3 bits of Shannon entropy a character."""
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) > 3.0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
