"""The lock: complete, hashed, and free of anything that belongs to one machine."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APART = {"spark"}
"""Too large for everybody; it names one release itself."""
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_the_lock_names_no_address_and_no_path() -> None:
    assert re.findall(r"https?://|file:|--index|--find-links|@ |/[a-z]+/", LOCK) == []


def test_every_pin_has_hashes() -> None:
    pins = [block for block in re.split(r"\n(?=\S)", LOCK) if not block.startswith("#")]
    assert len(pins) > 30
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_every_requirement_of_the_project_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *(name for extra in extras.keys() - APART for name in extras[extra]),
    ]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", LOCK, flags=re.MULTILINE))
    assert {re.split(r"[\[<>=~! ]", name, maxsplit=1)[0].lower() for name in wanted} - pinned == set()


def test_an_extra_that_the_lock_leaves_out_names_exactly_one_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    left_out = [name for extra in APART for name in project["optional-dependencies"][extra]]
    assert left_out
    assert [name for name in left_out if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+", name)] == []
    assert [name for name in left_out if f"\n{name.partition('==')[0]}==" in LOCK] == []
