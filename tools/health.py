"""What ``dreflow doctor`` looks at: is everything here that the product needs, and is the workspace whole."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spec.errors import DreflowError
from tools.context import Context

LIBRARIES = (
    "duckdb",
    "sqlglot",
    "pydantic",
    "pyarrow",
    "sqlalchemy",
    "alembic",
    "cryptography",
    "xlsxwriter",
    "openpyxl",
    "cronsim",
    "psycopg",
    "pymysql",
    "yaml",
)
EXTENSIONS = ("postgres_scanner", "mysql_scanner", "sqlite_scanner", "excel")
ROOM = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it is, and what to do where it is not well."""

    what: str
    well: bool
    found: str
    remedy: str = ""


def examined(context: Context) -> Sequence[Finding]:
    """Look at everything; one thing that is not well hides no other."""
    context.need("ask")
    looks: Sequence[tuple[str, Callable[[], Finding]]] = (
        ("Python", _python),
        ("Libraries", _libraries),
        ("DuckDB's extensions", _extensions),
        ("Workspace", lambda: _workspace(context)),
        ("Audit trail", lambda: _audit(context)),
        ("Vault", lambda: _vault(context)),
        ("Schedules", lambda: _schedules(context)),
        ("Disk", lambda: _disk(context)),
    )
    return [_looked(what, look) for what, look in looks]


def _looked(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except DreflowError as error:
        return Finding(what, False, error.message, error.hint)


def _python() -> Finding:
    found = platform.python_version()
    return Finding("Python", sys.version_info >= (3, 11), found, "Install Python 3.11 or newer.")


def _libraries() -> Finding:
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    found = f"missing: {', '.join(missing)}" if missing else f"all {len(LIBRARIES)} are there"
    return Finding("Libraries", not missing, found, "Install DReflowPro again in a fresh environment.")


def _extensions() -> Finding:
    import duckdb

    there = []
    for name in EXTENSIONS:
        package = importlib.util.find_spec(f"duckdb_extension_{name}")
        folder = Path(package.origin).parent if package is not None and package.origin else None
        file = f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"
        if folder is not None and (folder / file).is_file():
            there.append(name)
    missing = sorted(set(EXTENSIONS) - set(there))
    found = (
        f"missing for DuckDB {duckdb.__version__}: {', '.join(missing)}" if missing else f"DuckDB {duckdb.__version__}"
    )
    remedy = "Install the duckdb-extension-* packages in the version of DuckDB."
    return Finding("DuckDB's extensions", not missing, found, remedy)


def _workspace(context: Context) -> Finding:
    workspace = context.workspace
    kind = "PostgreSQL" if workspace.database_url else "SQLite"
    runs = len(workspace.store.recent(1000))
    return Finding("Workspace", True, f"{workspace.folder} ({kind}, {runs} {'run' if runs == 1 else 'runs'})")


def _audit(context: Context) -> Finding:
    broken = context.workspace.store.first_broken_entry()
    entries = len(context.workspace.store.audit_trail())
    found = f"{entries} entries, unbroken" if broken is None else f"entry {broken} is missing or was changed"
    return Finding("Audit trail", broken is None, found, "Somebody changed the store from outside; look into a backup.")


def _vault(context: Context) -> Finding:
    from tools.connections import vault

    kept = vault()
    names = kept.names()
    wanted = [one.secret for one in context.workspace.store.connections() if one.secret is not None]
    missing = [name for name in wanted if name not in names]
    for name in wanted:
        if name not in missing:
            kept.get(name)
    found = f"{len(missing)} of {len(wanted)} passwords are gone" if missing else f"{len(wanted)} passwords, all open"
    return Finding("Vault", not missing, found, "Save the connections again: dreflow connectors add NAME URL.")


def _schedules(context: Context) -> Finding:
    from datetime import UTC, datetime

    from tools.lapses import again
    from tools.schedules import listed

    outlooks = listed(context, now=datetime.now(UTC))
    active = [one for one in outlooks if not one.paused]
    late = [one.pipeline for one in active if one.late]
    stopped = [one.pipeline for one in active if not one.approved]
    troubled = [one.pipeline for one in active if one.last is not None and one.last.status in {"failed", "held"}]
    refused = sorted({one.paused_for for one in outlooks if one.paused_for is not None})
    if refused:
        remedy = "; ".join(again(context, name) for name in refused)
        return Finding("Schedules", False, f"paused, because these are not let in: {', '.join(refused)}", remedy)
    if late:
        remedy = "Start a worker: dreflow worker."
        return Finding("Schedules", False, f"due, and no worker has taken it up: {', '.join(late)}", remedy)
    if stopped or troubled:
        listed_ = ", ".join(dict.fromkeys(stopped + troubled))
        return Finding("Schedules", False, f"in trouble: {listed_}", "'dreflow schedule list' says what and why.")
    coming = min((one.next_at for one in active if one.next_at is not None), default=None)
    found = f"{len(active)} active, {len(outlooks) - len(active)} paused"
    return Finding("Schedules", True, f"{found}, next {coming:%Y-%m-%d %H:%M} ({coming.tzname()})" if coming else found)


def _disk(context: Context) -> Finding:
    folder = context.workspace.folder
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    writable = os.access(folder if folder.exists() else folder.parent, os.W_OK)
    found = f"{free / 1e9:.1f} GB free" if writable else "the workspace cannot be written"
    return Finding("Disk", writable and free > ROOM, found, "Free some space, or use another folder with --workspace.")
