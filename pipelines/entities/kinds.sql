-- What each compared column holds: as the spec says, else by the shape of most of its first values.
WITH looked_at AS (
  SELECT f, v, ROW_NUMBER() OVER (PARTITION BY f, s ORDER BY n) AS place FROM _values
),
shapes AS (
  SELECT
    f,
    COUNT(*) AS filled,
    COUNT(DISTINCT LOWER(v)) AS different,
    COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(v, '[^@\s]+@[^@\s]+\.[^@\s]+')) AS emails,
    COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(v, '(19|20)[0-9]{2}')
      OR REGEXP_FULL_MATCH(v, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?')
      OR REGEXP_FULL_MATCH(v, '[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}')) AS dates,
    COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(v, '[+(]?[0-9][0-9 ()./+-]{5,22}[0-9]( ?(x|ext\.?) ?[0-9]+)?')
      AND LENGTH(REGEXP_REPLACE(v, '[^0-9]', '', 'g')) BETWEEN 7 AND 15
      AND NOT REGEXP_FULL_MATCH(v, '[0-9]+[.,][0-9]+')) AS phones,
    COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(v, '[A-Z]{0,3}[€$£¥]? ?-?[0-9]{1,3}([.,]?[0-9]{3})*([.,][0-9]{1,4})? ?[€$£¥]?[A-Z]{0,3}')) AS amounts,
    COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH(v, '[0-9]+[a-zA-Z]?,? .*\pL{2,}.*|.*\pL{2,}.* [0-9]+ ?[a-zA-Z]?(,.*)?')) AS addresses,
    COUNT(*) FILTER (WHERE REGEXP_MATCHES(v, '[0-9]') AND REGEXP_FULL_MATCH(v, '[A-Za-z0-9._/-]{4,}')) AS codes,
    COUNT(*) FILTER (WHERE REGEXP_MATCHES(v, '[0-9]')) AS numbered,
    SUM(LENGTH(REGEXP_REPLACE(v, '[^\s]+', '', 'g')) + 1) AS words
  FROM looked_at
  WHERE place <= 5000
  GROUP BY f
)
SELECT
  g.f,
  g.label,
  g.bits,
  CASE
    WHEN g.kind <> 'auto' THEN g.kind
    WHEN s.different <= 3 AND s.filled > 20 THEN 'none'
    WHEN s.emails * 10 >= s.filled * 6 THEN 'email'
    WHEN s.dates * 10 >= s.filled * 8 THEN 'date'
    WHEN s.phones * 10 >= s.filled * 6 THEN 'phone'
    WHEN s.codes * 10 >= s.filled * 8 AND s.amounts * 10 < s.filled * 8 THEN 'code'
    WHEN s.amounts * 10 >= s.filled * 8 THEN 'money'
    WHEN s.addresses * 10 >= s.filled * 6 AND s.words <= s.filled * 9 THEN 'address'
    WHEN s.different * 5 >= s.filled AND s.words <= s.filled * 4 AND s.numbered * 10 <= s.filled * 3 THEN 'name'
    ELSE 'text'
  END AS k
FROM _given AS g
LEFT JOIN shapes AS s ON s.f = g.f
