-- What is counted and looked up: the words of texts, the whole of anything else.
-- c is 0 for a word, 1 for a number, 2 for a code (letters and digits, or many digits), 3 for a whole value.
WITH pieces AS (
  SELECT n, s, f, k, UNNEST(REGEXP_EXTRACT_ALL(v, '[\pL\pN]+')) AS t
  FROM _plain
  WHERE k IN ('name', 'text', 'address')
  UNION ALL
  -- Parts of a code are written together or apart: ps-lx350, pslx350, lx-350/b.
  SELECT n, s, f, k, REGEXP_REPLACE(t, '[^\pL\pN]+', '', 'g') AS t
  FROM (
    SELECT n, s, f, k, UNNEST(REGEXP_EXTRACT_ALL(v, '[^\s,;()"]+')) AS t
    FROM _plain
    WHERE k IN ('name', 'text') AND REGEXP_MATCHES(v, '[0-9]') AND REGEXP_MATCHES(v, '[\pL\pN][^\pL\pN\s]+[\pL\pN]')
  ) AS joined
  WHERE REGEXP_MATCHES(t, '[0-9]') AND REGEXP_MATCHES(t, '\pL') AND LENGTH(t) BETWEEN 5 AND 30
),
told AS (
  SELECT
    p.n, p.s, p.f, p.k,
    COALESCE(a.means, p.t) AS t
  FROM pieces AS p
  LEFT JOIN _alike AS a ON a.k = p.k AND a.word = p.t
),
classed AS (
  SELECT
    n, s,
    k,
    f,
    t,
    CASE
      WHEN NOT REGEXP_MATCHES(t, '[0-9]') THEN 0
      WHEN k = 'address' THEN 1
      WHEN REGEXP_FULL_MATCH(t, '[0-9]{6,}') THEN 2
      WHEN LENGTH(t) >= 4 AND REGEXP_MATCHES(t, '\pL') THEN 2
      ELSE 1
    END AS c
  FROM told
  WHERE t <> ''
)
SELECT DISTINCT n, s, CASE WHEN c = 2 THEN -1 ELSE f END AS f, CASE WHEN c = 2 THEN 'codes' ELSE k END AS k, t, c
FROM classed
UNION ALL
SELECT n, s, f, k, v AS t, CASE WHEN k = 'code' THEN 2 ELSE 3 END AS c
FROM _plain
WHERE k NOT IN ('name', 'text', 'address')
