"""The vault's entries of a workspace, which carry its id in their names."""

from __future__ import annotations

from tools.context import Context


def workspace(context: Context) -> int:
    """Remove them all, those of connections deleted long ago too."""
    from tools.connections import vault

    kept, identity = vault(), context.workspace.store.workspace
    return sum(kept.delete(name) for name in kept.names() if identity in name.split("/"))
