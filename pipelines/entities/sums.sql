-- What all words of a record's column are worth, by class.
SELECT n, f, ANY_VALUE(k) AS k, COUNT(*) AS words,
  COALESCE(SUM(w) FILTER (WHERE c = 0), 0) AS w0,
  COALESCE(SUM(w) FILTER (WHERE c = 1), 0) AS w1,
  COALESCE(SUM(w) FILTER (WHERE c >= 2), 0) AS w2
FROM _bags
GROUP BY n, f
