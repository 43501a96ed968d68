-- The evidence of each pair worth showing, in words: what agrees first, then what speaks against it.
WITH said AS (
  SELECT e.a, e.b, e.f, e.e,
    CASE
      WHEN e.k = 'codes' THEN CASE WHEN e.e > 0 THEN 'same code' WHEN e.e < -1000 THEN 'different codes' END
      WHEN e.same THEN 'same ' || g.label
      WHEN e.against THEN g.label || ' contradicts'
      WHEN e.e >= 2000 THEN g.label || ' alike'
      WHEN e.e <= -1000 THEN g.label || ' differs'
    END AS words
  FROM _evidence AS e
  JOIN _scored AS s ON s.a = e.a AND s.b = e.b
  JOIN _kinds AS g ON g.f = e.f
  CROSS JOIN _options AS o
  WHERE s.p >= o.review
),
joined AS (
  SELECT a, b, STRING_AGG(words, '; ' ORDER BY e DESC, f) AS reason FROM said WHERE NOT words IS NULL GROUP BY a, b
)
SELECT s.a, s.b, s.e, s.p, s.against,
  COALESCE(j.reason, 'alike in all') || CASE s.held
    WHEN 1 THEN '; it says where or when, not who'
    WHEN 2 THEN '; another record is as close'
    WHEN 3 THEN '; ' || s.words || ', by which others differ'
    ELSE ''
  END AS reason
FROM _scored AS s
LEFT JOIN joined AS j ON j.a = s.a AND j.b = s.b
CROSS JOIN _options AS o
WHERE s.p >= o.review
