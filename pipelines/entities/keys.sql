-- What records are looked up by: their words and values, pairs of neighbouring words, the start of names.
WITH made AS (
  SELECT n, s, f, k, t AS key FROM _words WHERE k <> 'money' AND NOT (c = 1 AND k <> 'address')
  UNION ALL
  SELECT n, s, f, k, LEFT(t, 4) || '*' AS key FROM _words WHERE k IN ('name', 'code', 'codes') AND LENGTH(t) >= 5
  UNION ALL
  SELECT n, s, f, k, '*' || RIGHT(t, 4) AS key FROM _words WHERE k = 'name' AND LENGTH(t) >= 5
  UNION ALL
  SELECT n, s, f, k, SPLIT_PART(t, '@', 1) || '@' AS key FROM _words WHERE k = 'email'
  UNION ALL
  SELECT a.n, a.s, a.f, a.k, LEAST(a.t, b.t) || ' ' || GREATEST(a.t, b.t) AS key
  FROM _words AS a JOIN _words AS b ON a.n = b.n AND a.f = b.f AND a.t < b.t
  WHERE a.k IN ('name', 'address')
)
SELECT DISTINCT m.n, m.s, m.f, g.v || m.key AS key FROM made AS m JOIN _groups AS g ON g.n = m.n
