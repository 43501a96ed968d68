-- Records of one table that are most alike. Where both tables are clean these are two things, and what they differ by
-- is what tells things apart. Only small blocks are searched: how many records of one table share a key is not bounded by
-- the pairs that its block gives across tables.
WITH keyed AS (
  SELECT k.n, k.s, k.f, k.key, b.w
  FROM _keys AS k
  JOIN _open_blocks AS b ON b.f = k.f AND b.key = k.key
  CROSS JOIN _options AS o
  WHERE o.linking AND b.records <= 20
),
met AS (
  SELECT l.n AS a, r.n AS b, SUM(l.w) AS w
  FROM keyed AS l
  JOIN keyed AS r ON r.f = l.f AND r.key = l.key AND r.s = l.s AND l.n < r.n
  GROUP BY l.n, r.n
),
ranked AS (
  SELECT a, b,
    ROW_NUMBER() OVER (PARTITION BY a ORDER BY w DESC, b) AS place_a,
    ROW_NUMBER() OVER (PARTITION BY b ORDER BY w DESC, a) AS place_b
  FROM met
)
SELECT a, b FROM ranked WHERE place_a <= 4 OR place_b <= 4
