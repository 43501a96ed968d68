-- What each compared column says for and against a pair, in thousandths of a bit.
WITH laid AS (
  SELECT p.a, p.b, l.f, l.k,
    COALESCE(h.a0, 0) + COALESCE(h.a1, 0) AS words,
    COALESCE(h.a1, 0) AS numbers,
    COALESCE(h.a2, 0) AS wholes,
    COALESCE(y.gained, 0) AS gained,
    GREATEST(LEAST(l.w0 - COALESCE(h.a0, 0), r.w0 - COALESCE(h.a0, 0)) - COALESCE(y.met, 0), 0) AS both_lack,
    GREATEST(GREATEST(l.w0, r.w0) - COALESCE(h.a0, 0) - COALESCE(y.met, 0), 0) AS one_lacks,
    LEAST(l.w1, r.w1) - COALESCE(h.a1, 0) AS numbers_lack,
    LEAST(l.w2, r.w2) AS whole_least,
    GREATEST(l.words, r.words) AS longest,
    z.rarest, g.bits,
    l.v AS lv, r.v AS rv, COALESCE(l.v = r.v, FALSE) AS same
  FROM _candidates AS p
  JOIN _sums AS l ON l.n = p.a
  JOIN _sums AS r ON r.n = p.b AND r.f = l.f
  LEFT JOIN _shared AS h ON h.a = p.a AND h.b = p.b AND h.f = l.f
  LEFT JOIN _near AS y ON y.a = p.a AND y.b = p.b AND y.f = l.f
  LEFT JOIN _kinds AS g ON g.f = l.f
  CROSS JOIN _size AS z
),
judged AS (
  SELECT *,
    CASE
      WHEN k IN ('phone', 'email', 'exact', 'code') THEN CASE
        WHEN wholes > 0 THEN wholes
        WHEN gained > 0 THEN gained
        WHEN k = 'phone' THEN -2000 WHEN k = 'email' THEN -1500 WHEN k = 'exact' THEN -6000 ELSE -3000
      END
      WHEN k = 'codes' THEN CASE WHEN wholes + gained > 0 THEN wholes + gained ELSE -(8 * whole_least) // 10 END
      WHEN k = 'money' THEN CASE
        WHEN wholes > 0 THEN wholes
        WHEN GREATEST(ABS(TRY_CAST(lv AS DECIMAL(18,2))), ABS(TRY_CAST(rv AS DECIMAL(18,2)))) * 10 <= LEAST(ABS(TRY_CAST(lv AS DECIMAL(18,2))), ABS(TRY_CAST(rv AS DECIMAL(18,2)))) * 12 THEN 500
        WHEN GREATEST(ABS(TRY_CAST(lv AS DECIMAL(18,2))), ABS(TRY_CAST(rv AS DECIMAL(18,2)))) > LEAST(ABS(TRY_CAST(lv AS DECIMAL(18,2))), ABS(TRY_CAST(rv AS DECIMAL(18,2)))) * 2 THEN -2000
        ELSE 0
      END
      WHEN k = 'date' THEN CASE
        WHEN wholes > 0 THEN wholes
        WHEN LENGTH(lv) = 4 OR LENGTH(rv) = 4 THEN CASE WHEN ABS(TRY_CAST(LEFT(lv, 4) AS BIGINT) - TRY_CAST(LEFT(rv, 4) AS BIGINT)) <= 1 THEN -500 ELSE -2500 END
        WHEN LENGTH(lv) = LENGTH(rv) AND (DAMERAU_LEVENSHTEIN(lv, rv) <= 1
          OR LEFT(lv, 4) = LEFT(rv, 4) AND SUBSTRING(lv, 6, 2) = SUBSTRING(rv, 9, 2) AND SUBSTRING(lv, 9, 2) = SUBSTRING(rv, 6, 2)) THEN 3000
        ELSE -4000
      END
      WHEN k = 'address' THEN words + gained - (3 * both_lack) // 10 - one_lacks // 20 - numbers_lack
      WHEN k = 'name' THEN words + gained - (8 * both_lack) // 10 - one_lacks // 20 - (6 * numbers_lack) // 10
      WHEN same THEN words
      ELSE (words * 85) // 100 - (4 * both_lack) // 10 - one_lacks // 10 - (6 * numbers_lack) // 10
    END AS said
  FROM laid
)
SELECT a, b, f, k, same,
  CASE WHEN bits IS NOT NULL THEN
    CASE WHEN same THEN bits * 1000 ELSE GREATEST(-1000 * bits, LEAST(1000 * bits, said)) END
  ELSE GREATEST(CASE k WHEN 'text' THEN -3000 ELSE -8000 END, LEAST(said, CASE WHEN k IN ('codes') THEN (13 * rarest) // 10 WHEN k = 'address' THEN (3 * rarest) // 2 ELSE 2 * rarest END)) END AS e,
  -- Both names have words that the other lacks (in a long name, more than half of what they share), or the dates or
  -- codes are not those of one thing.
  NOT same AND (k = 'name' AND both_lack > 500 AND (longest <= 3 OR 2 * both_lack > words + gained)
    OR k = 'date' AND said <= -4000
    OR k IN ('exact', 'code') AND wholes + gained = 0) AS against,
  NOT same AND k = 'address' AND numbers_lack > 0 AS elsewhere
FROM judged
