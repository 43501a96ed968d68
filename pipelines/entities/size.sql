-- How many records there are, and how many thousandths of a bit must speak for a pair before it is even.
SELECT
  COUNT(*) FILTER (WHERE r._s = 0) AS nl,
  COUNT(*) FILTER (WHERE r._s = 1) AS nr,
  CAST(ROUND(1000 * LOG2(GREATEST(
    500,
    CASE WHEN ANY_VALUE(o.linking) THEN GREATEST(COUNT(*) FILTER (WHERE r._s = 0), COUNT(*) FILTER (WHERE r._s = 1)) ELSE COUNT(*) END
  ))) AS BIGINT) AS rarest
FROM _records AS r, _options AS o
