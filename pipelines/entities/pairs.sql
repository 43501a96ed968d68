-- Each compared pair: what all columns say, and whether it says who it is or only where and when.
SELECT a, b,
  SUM(e) AS e,
  COALESCE(SUM(e) FILTER (WHERE k NOT IN ('address', 'date', 'money')), 0) AS who,
  BOOL_OR(against) AS against
FROM _evidence
GROUP BY a, b
