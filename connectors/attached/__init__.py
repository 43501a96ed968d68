"""Databases that DuckDB attaches: what PostgreSQL, MySQL and DuckDB files have in common."""
