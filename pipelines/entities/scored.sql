-- The chance that a pair is one thing, in thousandths: its odds, shared among those that cannot be true together. Linking,
-- all that want one partner; within a table, those that are like one record and contradict each other.
WITH odds AS (
  SELECT p.a, p.b, p.e, p.who, p.against, COALESCE(o.base, z.rarest) AS base,
    CAST(ROUND(POWER(2, 20 + LEAST(30000, GREATEST(-20000, p.e - COALESCE(o.base, z.rarest))) / 1000.0)) AS HUGEINT) AS x,
    o.linking, o.automatic, o.review
  FROM _pairs AS p CROSS JOIN _size AS z CROSS JOIN _options AS o
  WHERE p.e > 0
),
ways AS (
  SELECT a AS n, b AS m, e, base, against, linking FROM odds
  UNION ALL
  SELECT b AS n, a AS m, e, base, against, linking FROM odds
),
contradicted AS (
  SELECT x.n, x.m,
    SUM(CAST(ROUND(POWER(2, 20 + LEAST(20000, GREATEST(-20000, y.e - x.e)) / 1000.0)) AS HUGEINT)) AS others
  FROM ways AS c
  JOIN ways AS x ON x.m = c.n AND x.e > x.base
  JOIN ways AS y ON y.m = c.m AND y.n = x.n AND NOT y.against
  WHERE c.against AND NOT c.linking
  GROUP BY x.n, x.m
),
rivals AS (
  SELECT d.*,
    CASE
      WHEN d.linking THEN GREATEST(SUM(d.x) OVER (PARTITION BY d.a), SUM(d.x) OVER (PARTITION BY d.b))
      ELSE d.x + CAST((d.x * GREATEST(COALESCE(l.others, 0), COALESCE(r.others, 0))) // 1048576 AS HUGEINT)
    END AS all_x
  FROM odds AS d
  LEFT JOIN contradicted AS l ON l.n = d.a AND l.m = d.b
  LEFT JOIN contradicted AS r ON r.n = d.b AND r.m = d.a
),
chances AS (
  -- Which of two that contradict each other a record is, a person is asked, however likely the one is.
  SELECT r.*, t.words,
    CAST(GREATEST(
      (1000 * r.x) // (1048576 + r.all_x),
      CASE WHEN r.linking THEN 0 ELSE LEAST(r.review, (1000 * r.x) // (1048576 + r.x)) END
    ) AS BIGINT) AS chance
  FROM rivals AS r
  LEFT JOIN _apart AS t ON t.a = r.a AND t.b = r.b
)
SELECT a, b, CAST(e AS BIGINT) AS e,
  CASE WHEN against OR who * 3 < base OR NOT words IS NULL THEN LEAST(chance, automatic - 1) ELSE chance END AS p,
  CASE
    WHEN NOT against AND who * 3 < base THEN 1
    WHEN chance < automatic AND all_x > 2 * x - x // 2 THEN 2
    WHEN NOT words IS NULL THEN 3
    ELSE 0
  END AS held,
  words, against
FROM chances
