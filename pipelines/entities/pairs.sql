-- Each compared pair: what all columns say, and whether it says who it is or only where and when. A street, its city
-- and its country say one thing, so of all places only the strongest word for and against counts.
SELECT a, b,
  COALESCE(SUM(e) FILTER (WHERE k <> 'address'), 0)
    + GREATEST(COALESCE(MAX(e) FILTER (WHERE k = 'address'), 0), 0)
    + LEAST(COALESCE(MIN(e) FILTER (WHERE k = 'address'), 0), 0) AS e,
  COALESCE(SUM(e) FILTER (WHERE k NOT IN ('address', 'date', 'money')), 0) AS who,
  BOOL_OR(against) AS against
FROM _evidence
GROUP BY a, b
