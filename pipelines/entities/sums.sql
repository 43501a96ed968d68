-- What all words of a record's column are worth, by class, beside its plain value.
WITH summed AS (
  SELECT n, f, ANY_VALUE(k) AS k, COUNT(*) AS words,
    CAST(COALESCE(SUM(w) FILTER (WHERE c = 0), 0) AS BIGINT) AS w0,
    CAST(COALESCE(SUM(w) FILTER (WHERE c = 1), 0) AS BIGINT) AS w1,
    CAST(COALESCE(SUM(w) FILTER (WHERE c >= 2), 0) AS BIGINT) AS w2
  FROM _bags
  GROUP BY n, f
)
SELECT s.n, s.f, s.k, s.words, s.w0, s.w1, s.w2, p.v
FROM summed AS s
LEFT JOIN _plain AS p ON p.n = s.n AND p.f = s.f
