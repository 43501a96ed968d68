"""Alembic's migrations of the store, run by ``memory.migrate`` and never by hand."""
