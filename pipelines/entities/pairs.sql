-- Each compared pair: what all columns say, and whether it says who it is or only where and when. A street, its city
-- and its country say one thing, so of all places only the strongest word for and against counts. Where nothing but
-- places is compared the records are places: all count, and other numbers are another house.
WITH told AS (
  SELECT COUNT(*) FILTER (WHERE f >= 0 AND k NOT IN ('address', 'date', 'money', 'none')) = 0 AS places FROM _kinds
),
summed AS (
  SELECT e.a, e.b, t.places,
    COALESCE(SUM(e.e) FILTER (WHERE e.k <> 'address'), 0) AS other,
    COALESCE(SUM(e.e) FILTER (WHERE e.k = 'address'), 0) AS everywhere,
    GREATEST(COALESCE(MAX(e.e) FILTER (WHERE e.k = 'address'), 0), 0)
      + LEAST(COALESCE(MIN(e.e) FILTER (WHERE e.k = 'address'), 0), 0) AS somewhere,
    COALESCE(SUM(e.e) FILTER (WHERE e.k NOT IN ('address', 'date', 'money')), 0) AS who,
    BOOL_OR(e.against OR t.places AND e.elsewhere) AS against
  FROM _evidence AS e
  CROSS JOIN told AS t
  GROUP BY e.a, e.b, t.places
)
SELECT a, b,
  other + CASE WHEN places THEN everywhere ELSE somewhere END AS e,
  who + CASE WHEN places THEN everywhere ELSE 0 END AS who,
  against
FROM summed
