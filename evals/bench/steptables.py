"""The tables that the bench of the steps works on, made in DuckDB from the numbers of their rows alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

TABLES = {
    "orders": (
        "id BIGINT, customer VARCHAR, region VARCHAR, amount DECIMAL(18,2), day DATE, note VARCHAR",
        (
            "SELECT i, 'c' || lpad(CAST(hash(i) % greatest($rows // 100, 1) AS VARCHAR), 6, '0'), "
            "'r' || hash(i, 1) % 10, "
            "CAST(hash(i, 2) % 10000 AS DECIMAL(18,2)) / 100, DATE '2024-01-01' + CAST(hash(i, 3) % 730 AS INTEGER), "
            "'  Box ' || hash(i, 4) % 50 || ',  Aisle ' || hash(i, 5) % 20 FROM range($rows) AS r(i)"
        ),
        ["id"],
    ),
    "others": ("", "SELECT * REPLACE (id + $rows AS id) FROM orders WHERE id % 10 = 0", ["id"]),
    "customers": (
        "customer VARCHAR, name VARCHAR, city VARCHAR",
        (
            "SELECT 'c' || lpad(CAST(i AS VARCHAR), 6, '0'), 'Name ' || i, 'City ' || i % 300 "
            "FROM range(greatest($rows // 100, 1)) AS r(i)"
        ),
        ["customer"],
    ),
    "raw": (
        "id BIGINT, amount VARCHAR, day VARCHAR",
        "SELECT id, replace(CAST(amount AS VARCHAR), '.', ','), strftime(day, '%d/%m/%Y') FROM orders",
        ["id"],
    ),
    "contracts": (
        "contract BIGINT, begins DATE, months BIGINT",
        (
            "SELECT i, DATE '2024-01-01' + CAST(hash(i) % 365 AS INTEGER), 1 + hash(i, 1) % 23 "
            "FROM range(greatest($rows // 12, 1)) AS r(i)"
        ),
        ["contract"],
    ),
    "baskets": (
        "id BIGINT, lines STRUCT(sku VARCHAR, qty BIGINT)[]",
        (
            "SELECT i, list_transform(range(CAST(1 + hash(i) % 5 AS BIGINT)), lambda n: {'sku': 's' || n, 'qty': n}) "
            "FROM range(greatest($rows // 3, 1)) AS r(i)"
        ),
        ["id"],
    ),
    "stops": (
        "stop BIGINT, driver VARCHAR",
        "SELECT i, CASE WHEN hash(i) % 5 = 0 THEN 'd' || hash(i, 1) % 100 END FROM range($rows) AS r(i)",
        ["stop"],
    ),
    "visits": (
        "day DATE, shop VARCHAR, visitors BIGINT",
        "SELECT DISTINCT ON (day, customer) day, customer, id FROM orders WHERE hash(id, 9) % 2 = 0 ORDER BY day, id",
        ["day", "shop"],
    ),
    "months": (
        "customer VARCHAR, month DATE, total DECIMAL(18,2)",
        (
            "SELECT customer, CAST(date_trunc('month', day) AS DATE), CAST(sum(amount) AS DECIMAL(18,2)) "
            "FROM orders GROUP BY ALL"
        ),
        ["customer", "month"],
    ),
    # What is looked at row by row is bounded, so this is small.
    "moves": ("", "SELECT * FROM orders WHERE id < greatest($rows // 20, 100)", ["id"]),
    "places": (
        "place BIGINT, region VARCHAR",
        "SELECT i, 'r' || i % 10 FROM range(greatest($rows // 2, 50)) AS r(i)",
        ["place"],
    ),
    "budget": (
        "id BIGINT, m1 BIGINT, m2 BIGINT, m3 BIGINT, m4 BIGINT, m5 BIGINT, m6 BIGINT",
        (
            "SELECT i, hash(i, 1) % 99, hash(i, 2) % 99, hash(i, 3) % 99, hash(i, 4) % 99, hash(i, 5) % 99, "
            "hash(i, 6) % 99 FROM range(greatest($rows // 6, 1)) AS r(i)"
        ),
        ["id"],
    ),
    "rates": (
        "region VARCHAR, day DATE, rate DECIMAL(9,4)",
        (
            "SELECT 'r' || r, DATE '2023-12-25' + CAST(7 * w AS INTEGER), "
            "1 + CAST(hash(r, w) % 999 AS DECIMAL(9,4)) / 10000 FROM range(10) AS a(r), range(106) AS b(w)"
        ),
        ["region", "day"],
    ),
    "holidays": (
        "day DATE, name VARCHAR",
        ("SELECT DATE '2024-01-01' + CAST(37 * i AS INTEGER), 'Holiday ' || i FROM range(22) AS r(i)"),
        ["day"],
    ),
    "tickets": (
        "ticket BIGINT, opened DATE, closed DATE",
        (
            "SELECT i, DATE '2024-01-01' + CAST(hash(i) % 700 AS INTEGER), "
            "DATE '2024-01-01' + CAST(hash(i) % 700 + hash(i, 1) % 45 AS INTEGER) FROM range($rows) AS r(i)"
        ),
        ["ticket"],
    ),
    "lines": (
        "basket BIGINT, product VARCHAR",
        "SELECT i // 4, 'p' || hash(i) % 5000 FROM range($rows) AS r(i)",
        [],
    ),
    "staff": (
        "employee BIGINT, boss BIGINT, office VARCHAR",
        "SELECT i, CASE WHEN i > 0 THEN i // 10 END, 'office ' || hash(i) % 50 FROM range($rows) AS r(i)",
        ["employee"],
    ),
    "prices": (
        "item BIGINT, day DATE, price DECIMAL(18,2)",
        (
            "SELECT i // 365, DATE '2025-01-01' + CAST(i % 365 AS INTEGER), "
            "CAST(hash(i // 365, (i % 365) // 30) % 10000 AS DECIMAL(18,2)) / 100 FROM range($rows) AS r(i)"
        ),
        ["item", "day"],
    ),
    "repairs": (
        'id BIGINT, "column" VARCHAR, value VARCHAR, proposed VARCHAR',
        (
            "SELECT id, 'region', region, 'r10' FROM orders WHERE id % 1000 = 0 "
            "UNION ALL SELECT id, 'amount', CAST(amount AS VARCHAR), '1.50' FROM orders WHERE id % 500 = 0"
        ),
        [],
    ),
    "cities": (
        "city VARCHAR",
        (
            "SELECT h || t FROM (SELECT unnest(string_split('Ash Brom Carl Dun Elm Far Glen Hart Isle Kings Lang Marl "
            "New Oak Pen Quar Red Stan Thorn Wood', ' ')) AS h), (SELECT unnest(string_split('bury chester dale field "
            "ford gate ham ingdon leigh mouth port stead ton wick worth', ' ')) AS t)"
        ),
        ["city"],
    ),
    "addresses": (
        "id BIGINT, city VARCHAR",
        (
            "SELECT i, CASE hash(i, 1) % 8 WHEN 0 THEN upper(city) WHEN 1 THEN city || '.' "
            "WHEN 2 THEN left(city, 4) || substr(city, 6) ELSE city END "
            "FROM (SELECT i, hash(i) % 300 + 1 AS n FROM range($rows) AS r(i)) "
            "JOIN (SELECT city, row_number() OVER (ORDER BY city) AS n FROM cities) USING (n)"
        ),
        ["id"],
    ),
    # What goes out of SQL has limits of its own (2,000,000 readings or candidates), so these are small.
    "readings": (
        "sensor BIGINT, moment TIMESTAMP, value DOUBLE",
        (
            "SELECT i // 5000, TIMESTAMP '2025-01-01 00:00:00' + to_hours(i % 5000), "
            "20 + 5 * sin(2 * pi() * (i % 24) / 24) + hash(i) % 100 / 50.0 + if(hash(i, 1) % 2000 = 0, 40, 0) "
            "FROM range(greatest($rows // 50, 500)) AS r(i)"
        ),
        ["sensor", "moment"],
    ),
    "payouts": (
        "payout BIGINT, net DECIMAL(18,2), sent DATE",
        (
            "SELECT i, CAST(hash(i) % 10000000 AS DECIMAL(18,2)) / 100, "
            "DATE '2025-01-01' + CAST(hash(i, 1) % 365 AS INTEGER) FROM range(greatest($rows // 100, 100)) AS r(i)"
        ),
        ["payout"],
    ),
    "bank": (
        "entry BIGINT, amount DECIMAL(18,2), booked DATE",
        (
            "SELECT payout, net + CAST(hash(payout, 2) % 3 AS DECIMAL(18,2)) / 100, "
            "sent + CAST(hash(payout, 3) % 4 AS INTEGER) FROM payouts WHERE hash(payout, 4) % 10 > 0"
        ),
        ["entry"],
    ),
    "people": (
        "id BIGINT, name VARCHAR, email VARCHAR, city VARCHAR",
        (
            "SELECT i, CASE WHEN i % 2 = 1 AND hash(n, 9) % 2 = 0 THEN left(first, 1) || '. ' ELSE first || ' ' END "
            "|| last, CASE WHEN hash(i, 8) % 3 > 0 THEN lower(first) || '.' || lower(last) || n || '@mail.test' END, "
            "'City ' || hash(n, 3) % 300 FROM (SELECT i, n, a.city AS first, b.city AS last FROM "
            "(SELECT i, if(hash(i // 2) % 5 = 0, i // 2 * 2, i) AS n FROM range(greatest($rows // 200, 200)) AS r(i)) "
            "JOIN (SELECT city, row_number() OVER (ORDER BY city) AS m FROM cities) AS a ON a.m = hash(n, 1) % 300 + 1 "
            "JOIN (SELECT city, row_number() OVER (ORDER BY city) AS m FROM cities) AS b ON b.m = hash(n, 2) % 300 + 1)"
        ),
        ["id"],
    ),
}
"""Columns, the rows for a number of ``$rows``, and the key of each table."""


def write_tables(folder: Path, rows: int) -> Path:
    """The database file of the tables with ``rows`` in the largest of them; one that was made before is kept."""
    import duckdb

    made = hashlib.sha256(f"{duckdb.__version__} {TABLES}".encode()).hexdigest()[:12]
    database = folder / f"steps_{rows}_{made}.duckdb"
    if database.exists():
        return database
    unfinished = database.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as connection:
        for name, (columns, query, _) in TABLES.items():
            text = query.replace("$rows", str(rows))
            if columns:
                connection.execute(f"CREATE TABLE {name} ({columns})")
                connection.execute(f"INSERT INTO {name} {text}")
            else:
                connection.execute(f"CREATE TABLE {name} AS {text}")
    unfinished.rename(database)
    return database
