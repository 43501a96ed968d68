-- The words of each record and column by what they are worth; of long texts the rarest.
SELECT n, f, k, t, c, w
FROM (
  SELECT x.n, x.f, x.k, x.t, x.c, y.w,
    ROW_NUMBER() OVER (PARTITION BY x.n, x.f ORDER BY y.w DESC, x.t) AS place
  FROM _words AS x JOIN _weights AS y ON y.f = x.f AND y.t = x.t
) AS placed
WHERE place <= 30
