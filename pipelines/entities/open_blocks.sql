-- The blocks that are searched: the smallest ones, as many as the number of pairs allows.
WITH sizes AS (
  SELECT pairs, SUM(pairs) AS together FROM _blocks WHERE pairs > 0 GROUP BY pairs
),
running AS (
  SELECT pairs, SUM(together) OVER (ORDER BY pairs) AS so_far FROM sizes
)
SELECT b.f, b.key, b.records, b.pairs,
  CAST(ROUND(1000 * LOG2((z.nl + z.nr + 1.0) / b.records)) AS BIGINT) AS w
FROM _blocks AS b
JOIN running AS r ON r.pairs = b.pairs
CROSS JOIN _size AS z
WHERE r.so_far <= GREATEST(200000, 50 * (z.nl + z.nr))
