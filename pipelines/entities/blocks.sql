-- Records that share a key, as blocks with the pairs each would give.
SELECT
  f, key,
  COUNT(*) AS records,
  CASE
    WHEN ANY_VALUE(o.linking) THEN COUNT(*) FILTER (WHERE s = 0) * COUNT(*) FILTER (WHERE s = 1)
    ELSE (COUNT(*) * (COUNT(*) - 1)) // 2
  END AS pairs
FROM _keys, _options AS o
GROUP BY f, key
