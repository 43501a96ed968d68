-- The chance that a pair is one thing, in thousandths: its odds, where several want the same partner shared among them.
WITH odds AS (
  SELECT p.a, p.b, p.e, p.who, p.against, COALESCE(o.base, z.rarest) AS base,
    CAST(ROUND(POWER(2, 20 + LEAST(30000, GREATEST(-20000, p.e - COALESCE(o.base, z.rarest))) / 1000.0)) AS HUGEINT) AS x,
    o.linking, o.automatic
  FROM _pairs AS p CROSS JOIN _size AS z CROSS JOIN _options AS o
  WHERE p.e > 0
),
rivals AS (
  SELECT *,
    CASE WHEN linking THEN GREATEST(SUM(x) OVER (PARTITION BY a), SUM(x) OVER (PARTITION BY b)) ELSE x END AS all_x
  FROM odds
),
chances AS (
  SELECT *, CAST((1000 * x) // (1048576 + all_x) AS BIGINT) AS chance FROM rivals
)
SELECT a, b, CAST(e AS BIGINT) AS e,
  CASE WHEN against OR who * 3 < base THEN LEAST(chance, automatic - 1) ELSE chance END AS p,
  CASE WHEN NOT against AND who * 3 < base THEN 1 WHEN chance < automatic AND all_x > 2 * x - x // 2 THEN 2 ELSE 0 END AS held
FROM chances
