"""Alembic's entry: it migrates the connection that ``memory.migrate`` hands over."""

from alembic import context

from memory.metadata import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
