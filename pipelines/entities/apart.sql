-- Likely pairs that have such words in place of each other, the first ones in words. Where both have the same codes,
-- which no other record has, it is another wording.
WITH likely AS (
  SELECT p.a, p.b
  FROM _pairs AS p
  CROSS JOIN _size AS z
  CROSS JOIN _options AS o
  LEFT JOIN _shared AS h ON h.a = p.a AND h.b = p.b AND h.f = -1
  LEFT JOIN _sums AS l ON l.n = p.a AND l.f = -1
  LEFT JOIN _sums AS r ON r.n = p.b AND r.f = -1
  WHERE p.e > COALESCE(o.base, z.rarest) AND NOT (COALESCE(h.a2, 0) >= z.rarest AND h.a2 >= LEAST(l.w2, r.w2))
),
open_pairs AS (
  SELECT p.a, p.b, l.f
  FROM likely AS p
  JOIN _sums AS l ON l.n = p.a AND l.k IN ('name', 'text') AND l.words <= 15
  JOIN _sums AS r ON r.n = p.b AND r.f = l.f AND r.words <= 15
),
own AS (
  SELECT p.a, p.b, p.f, x.t, 0 AS side FROM open_pairs AS p JOIN _bags AS x ON x.n = p.a AND x.f = p.f
  UNION ALL
  SELECT p.a, p.b, p.f, x.t, 1 AS side FROM open_pairs AS p JOIN _bags AS x ON x.n = p.b AND x.f = p.f
),
single AS (
  SELECT a, b, f, t, MIN(side) AS side FROM own GROUP BY a, b, f, t HAVING COUNT(*) = 1
)
SELECT l.a, l.b, MIN(l.t || ' against ' || r.t) AS words
FROM single AS l
JOIN single AS r ON r.a = l.a AND r.b = l.b AND r.f = l.f AND l.side = 0 AND r.side = 1
JOIN _exchanged AS e ON e.f = l.f AND e.t = LEAST(l.t, r.t) AND e.u = GREATEST(l.t, r.t)
GROUP BY l.a, l.b
