-- Words that stand in place of each other in records of one clean table which are otherwise the same in a column: red
-- and blue, 2 and 4, standard and professional.
WITH beside AS (
  SELECT p.a, p.b, l.f, l.words
  FROM _siblings AS p
  JOIN _sums AS l ON l.n = p.a AND l.k IN ('name', 'text') AND l.words BETWEEN 3 AND 15
  JOIN _sums AS r ON r.n = p.b AND r.f = l.f AND r.words = l.words
),
shared AS (
  SELECT p.a, p.b, p.f
  FROM beside AS p
  JOIN _bags AS l ON l.n = p.a AND l.f = p.f
  JOIN _bags AS r ON r.n = p.b AND r.f = p.f AND r.t = l.t
  GROUP BY p.a, p.b, p.f, p.words
  HAVING COUNT(*) = p.words - 1
),
own AS (
  SELECT p.a, p.b, p.f, x.t, x.c FROM shared AS p JOIN _bags AS x ON x.n = p.a AND x.f = p.f
  UNION ALL
  SELECT p.a, p.b, p.f, x.t, x.c FROM shared AS p JOIN _bags AS x ON x.n = p.b AND x.f = p.f
),
single AS (
  SELECT a, b, f, t, MIN(c) AS c FROM own GROUP BY a, b, f, t HAVING COUNT(*) = 1
),
differing AS (
  SELECT f, MIN(t) AS t, MAX(t) AS u, MIN(c) AS c, MAX(c) AS d FROM single GROUP BY a, b, f
)
SELECT DISTINCT f, t, u
FROM differing
WHERE c = d AND (c = 1 OR JARO_WINKLER_SIMILARITY(t, u) < 0.9 AND NOT STARTS_WITH(u, t))
