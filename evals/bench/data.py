"""Generated inputs of any size, the same for the same number of rows."""

from __future__ import annotations

from pathlib import Path

COLUMNS = {
    "id": "BIGINT",
    "placed_at": "TIMESTAMP",
    "customer": "VARCHAR",
    "email": "VARCHAR",
    "country": "VARCHAR",
    "quantity": "INTEGER",
    "unit_price": "DECIMAL(18,2)",
    "discount": "DECIMAL(18,2)",
    "paid": "BOOLEAN",
    "shipped_on": "DATE",
    "note": "VARCHAR",
}
_SELECT = """
SELECT
    i AS id,
    TIMESTAMP '2023-01-01' + to_seconds(i * 7 % 94608000) AS placed_at,
    CASE WHEN i % 11 = 0 THEN 'O''Neil, ' || (i % 9973) ELSE 'Customer ' || (i * 31 % 99991) END AS customer,
    'c' || (i * 31 % 99991) || '@example.com' AS email,
    ['DE', 'IT', 'FR', 'ÖS', 'JP'][i % 5 + 1] AS country,
    (i * 13 % 9 + 1)::INTEGER AS quantity,
    ((i * 7919 % 100000) / 100)::DECIMAL(18,2) AS unit_price,
    CASE WHEN i % 4 = 0 THEN ((i * 17 % 500) / 100)::DECIMAL(18,2) END AS discount,
    i % 3 <> 0 AS paid,
    CASE WHEN i % 6 <> 0 THEN DATE '2023-01-02' + (i * 7 % 1095)::INTEGER END AS shipped_on,
    CASE
        WHEN i % 10 = 0 THEN 'said "yes, please"'
        WHEN i % 10 = 1 THEN 'naïve café – ☕'
        WHEN i % 3 = 0 THEN NULL
        ELSE 'row ' || i
    END AS note
FROM range($rows) t(i)
"""


def write_csv(path: Path, rows: int) -> None:
    """Eleven columns with quotes, commas, letters beyond ASCII and empties; about 95 bytes a row."""
    import duckdb

    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        target = "'" + str(beside).replace("'", "''") + "'"
        connection.execute(f"COPY ({_SELECT}) TO {target} (FORMAT csv, HEADER true)", {"rows": rows})
    beside.replace(path)


def fill_postgres(url: str, table: str, rows: int) -> None:
    """The same rows as a PostgreSQL table with numerics, timestamps, texts, booleans and nulls."""
    import duckdb
    import psycopg

    from connectors import extensions

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'DROP TABLE IF EXISTS "{table}"'.encode())
        server.execute(
            f'CREATE TABLE "{table}" (id bigint, placed_at timestamp, customer text, email text, country text, '
            "quantity integer, unit_price numeric(18,2), discount numeric(18,2), paid boolean, shipped_on date, "
            "note text)".encode()
        )
    with duckdb.connect() as connection:
        extensions.load(connection, "postgres_scanner")
        connection.execute("ATTACH '" + url.replace("'", "''") + "' AS pg (TYPE postgres)")
        connection.execute(f'INSERT INTO pg.public."{table}" {_SELECT}', {"rows": rows})
