-- What the words are worth that both records of a pair have.
SELECT p.a, p.b, l.f,
  CAST(COALESCE(SUM(l.w) FILTER (WHERE l.c = 0), 0) AS BIGINT) AS a0,
  CAST(COALESCE(SUM(l.w) FILTER (WHERE l.c = 1), 0) AS BIGINT) AS a1,
  CAST(COALESCE(SUM(l.w) FILTER (WHERE l.c >= 2), 0) AS BIGINT) AS a2
FROM _candidates AS p
JOIN _bags AS l ON l.n = p.a
JOIN _bags AS r ON r.n = p.b AND r.f = l.f AND r.t = l.t
GROUP BY p.a, p.b, l.f
