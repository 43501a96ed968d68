-- Words of one record that the other one has in another spelling, each used once.
WITH short AS (
  SELECT n, f, k, t, c, w FROM _bags WHERE k IN ('name', 'address', 'email', 'code', 'codes') AND c <> 1
),
open_pairs AS (
  SELECT p.a, p.b, l.f
  FROM _candidates AS p
  JOIN _sums AS l ON l.n = p.a AND l.k IN ('name', 'address', 'email', 'code', 'codes')
  JOIN _sums AS r ON r.n = p.b AND r.f = l.f
  LEFT JOIN _shared AS h ON h.a = p.a AND h.b = p.b AND h.f = l.f
  WHERE (l.w0 > COALESCE(h.a0, 0) AND r.w0 > COALESCE(h.a0, 0)) OR (l.w2 > COALESCE(h.a2, 0) AND r.w2 > COALESCE(h.a2, 0))
),
rest AS (
  SELECT p.a, p.b, l.f, l.k, l.t, l.c, l.w, 0 AS side
  FROM open_pairs AS p JOIN short AS l ON l.n = p.a AND l.f = p.f
  WHERE NOT EXISTS (SELECT 1 FROM short AS r WHERE r.n = p.b AND r.f = l.f AND r.t = l.t)
  UNION ALL
  SELECT p.a, p.b, l.f, l.k, l.t, l.c, l.w, 1 AS side
  FROM open_pairs AS p JOIN short AS l ON l.n = p.b AND l.f = p.f
  WHERE NOT EXISTS (SELECT 1 FROM short AS r WHERE r.n = p.a AND r.f = l.f AND r.t = l.t)
),
met AS (
  SELECT l.a, l.b, l.f, l.k, l.c, l.t AS lt, r.t AS rt, l.w AS lw, r.w AS rw,
    LEAST(LENGTH(l.t), LENGTH(r.t)) AS shorter,
    GREATEST(LENGTH(l.t), LENGTH(r.t)) AS longer,
    STARTS_WITH(l.t, r.t) OR STARTS_WITH(r.t, l.t) AS begins,
    CAST(ROUND(1000 * JARO_WINKLER_SIMILARITY(l.t, r.t)) AS BIGINT) AS jw
  FROM rest AS l JOIN rest AS r ON r.a = l.a AND r.b = l.b AND r.f = l.f AND l.c = r.c AND l.side = 0 AND r.side = 1
),
judged AS (
  SELECT *,
    CASE
      WHEN c = 2 THEN CASE WHEN begins AND shorter >= 5 AND longer - shorter <= 3 THEN 800 ELSE 0 END
      WHEN c = 3 THEN CASE
        WHEN DAMERAU_LEVENSHTEIN(lt, rt) <= 1 AND REGEXP_REPLACE(lt, '[^0-9]', '', 'g') = REGEXP_REPLACE(rt, '[^0-9]', '', 'g') THEN 600
        ELSE 0
      END
      WHEN c = 1 THEN 0
      WHEN k = 'name' AND begins AND shorter = 1 THEN 300
      WHEN shorter >= 4 AND jw >= 900 THEN 800
      WHEN begins AND shorter >= 3 THEN 600
      WHEN shorter >= 5 AND DAMERAU_LEVENSHTEIN(lt, rt) <= 1 THEN 700
      ELSE 0
    END AS alike
  FROM met
),
placed AS (
  SELECT *,
    ROW_NUMBER() OVER (PARTITION BY a, b, f, lt ORDER BY alike DESC, jw DESC, rt) AS place_l,
    ROW_NUMBER() OVER (PARTITION BY a, b, f, rt ORDER BY alike DESC, jw DESC, lt) AS place_r
  FROM judged
  WHERE alike > 0
)
SELECT a, b, f,
  SUM((alike * LEAST(lw, rw)) // 1000) AS gained,
  SUM(LEAST(lw, rw)) AS met
FROM placed
WHERE place_l = 1 AND place_r = 1
GROUP BY a, b, f
