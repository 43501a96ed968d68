"""A folder of units beside the product's own connectors: found by every Python that starts so, or by this one."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest


def site_of(shelf: Path, site: Path) -> Path:
    """What lets a Python that starts with the folder ``site`` on its path find the units; that folder."""
    site.mkdir()
    code = f"import connectors\nconnectors.__path__.append({str(shelf)!r})\n"
    (site / "sitecustomize.py").write_text(code, encoding="utf-8")
    return site


def join_here(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for this process, as long as the test runs."""
    import connectors
    from spec import registry

    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(shelf)])
    monkeypatch.setattr(sys.modules["connectors"].__spec__, "submodule_search_locations", connectors.__path__)
    # A cache of its own, so that no later test finds what is on no shelf any more.
    monkeypatch.setattr(registry, "_local_names", cache(registry._local_names.__wrapped__))
