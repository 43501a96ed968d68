-- The pairs that are compared: each record with those that share most of its rare keys.
WITH keyed AS (
  SELECT k.n, k.s, k.f, k.key, b.w
  FROM _keys AS k JOIN _open_blocks AS b ON b.f = k.f AND b.key = k.key
),
met AS (
  SELECT l.n AS a, r.n AS b, SUM(l.w) AS w
  FROM keyed AS l
  JOIN keyed AS r ON r.f = l.f AND r.key = l.key AND l.n < r.n
  CROSS JOIN _options AS o
  WHERE NOT o.linking OR l.s <> r.s
  GROUP BY l.n, r.n
),
ranked AS (
  SELECT a, b,
    ROW_NUMBER() OVER (PARTITION BY a ORDER BY w DESC, b) AS place_a,
    ROW_NUMBER() OVER (PARTITION BY b ORDER BY w DESC, a) AS place_b
  FROM met
)
SELECT a, b FROM ranked CROSS JOIN _options AS o WHERE place_a <= o.partners OR place_b <= o.partners
