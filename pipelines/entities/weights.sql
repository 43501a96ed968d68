-- What agreeing on a word is worth, in thousandths of a bit: the rarer among the other records, the more.
WITH counted AS (
  SELECT f, t, ANY_VALUE(k) AS k, COUNT(*) FILTER (WHERE s = 0) AS dl, COUNT(*) FILTER (WHERE s = 1) AS dr
  FROM _words
  GROUP BY f, t
)
SELECT
  c.f, c.t, c.dl, c.dr,
  CAST(ROUND(
    CASE
      WHEN g.bits IS NOT NULL THEN CASE WHEN c.k IN ('name', 'text', 'address') THEN 500 ELSE 1000 END * g.bits
      ELSE CASE c.k WHEN 'email' THEN 1.5 WHEN 'exact' THEN 1.5 WHEN 'code' THEN 1.5 WHEN 'phone' THEN 1.25 WHEN 'money' THEN 0.5 ELSE 1.0 END
        * LEAST(z.rarest, -1000 * LOG2((GREATEST(c.dl + c.dr - 2, 0) + 0.016) / (z.nl + z.nr + 6)))
    END
  ) AS BIGINT) AS w
FROM counted AS c
CROSS JOIN _size AS z
LEFT JOIN _kinds AS g ON g.f = c.f
