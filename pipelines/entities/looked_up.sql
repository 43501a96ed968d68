-- Whether any record was compared with none because all it shares with others is too common, and what is the most common.
WITH open_keys AS (
  SELECT b.f, b.key, b.records, b.pairs, CASE WHEN o.key IS NULL THEN 0 ELSE 1 END AS is_open
  FROM _blocks AS b LEFT JOIN _open_blocks AS o ON o.f = b.f AND o.key = b.key
  WHERE b.pairs > 0
),
tried AS (
  SELECT k.n, MAX(o.is_open) AS is_open
  FROM _keys AS k JOIN open_keys AS o ON o.f = k.f AND o.key = k.key
  GROUP BY k.n
),
counted AS (
  SELECT COUNT(*) AS n FROM tried WHERE is_open = 0
),
closed AS (
  SELECT key, records, ROW_NUMBER() OVER (ORDER BY pairs DESC, key, f) AS place FROM open_keys WHERE is_open = 0
)
SELECT
  c.n = 0 AS passed,
  'each record that shares something with others is compared' AS expected,
  CASE c.n WHEN 1 THEN '1 record was compared with none' ELSE c.n || ' records were compared with none' END AS found,
  CASE
    WHEN c.n = 0 THEN ''
    ELSE 'all they share is too common, first of all ' || b.key || ' (' || b.records || ' records); '
      || 'compare a further column, or name one in block'
  END AS detail
FROM counted AS c LEFT JOIN closed AS b ON b.place = 1
