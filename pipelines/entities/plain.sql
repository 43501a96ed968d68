-- Each filled value in the form in which it is compared; what is no value of its kind is left out.
WITH shaped AS (
  SELECT
    x.n, x.s, x.f, k.k, x.v,
    CASE k.k
      WHEN 'phone' THEN LTRIM(REGEXP_REPLACE(REGEXP_REPLACE(x.v, '(?i)(x|ext)[. ]*[0-9]+\s*$', ''), '[^0-9]', '', 'g'), '0')
      WHEN 'email' THEN REGEXP_REPLACE(LOWER(x.v), '\+[^@]*@', '@')
      WHEN 'code' THEN REGEXP_REPLACE(STRIP_ACCENTS(LOWER(x.v)), '[^\pL\pN]+', '', 'g')
      WHEN 'exact' THEN x.v
      WHEN 'date' THEN REGEXP_EXTRACT(x.v, '^[0-9]{4}-[0-9]{2}-[0-9]{2}')
      WHEN 'money' THEN REGEXP_REPLACE(x.v, '[^0-9.,-]', '', 'g')
      ELSE TRIM(REGEXP_REPLACE(
        REPLACE(REPLACE(REGEXP_REPLACE(STRIP_ACCENTS(LOWER(x.v)), '[''’`´]', '', 'g'), 'ß', 'ss'), '&', ' and '),
        '\s+', ' ', 'g'))
    END AS plain
  FROM _values AS x
  JOIN _kinds AS k ON k.f = x.f AND k.k <> 'none'
),
told AS (
  SELECT n, s, f, k,
    CASE
      WHEN k = 'phone' THEN CASE WHEN LENGTH(plain) >= 6 THEN RIGHT(plain, 8) END
      WHEN k = 'date' AND plain = '' THEN COALESCE(
        STRFTIME(TRY_STRPTIME(v, ['%d.%m.%Y', '%m/%d/%Y', '%d/%m/%Y', '%Y/%m/%d', '%d-%m-%Y', '%d.%m.%y', '%m/%d/%y']), '%Y-%m-%d'),
        v)
      WHEN k = 'money' THEN CAST(TRY_CAST(
        CASE WHEN REGEXP_MATCHES(plain, ',[0-9]{1,2}$') THEN REPLACE(REPLACE(plain, '.', ''), ',', '.') ELSE REPLACE(plain, ',', '') END
        AS DECIMAL(18, 2)) AS VARCHAR)
      ELSE plain
    END AS v
  FROM shaped
)
SELECT n, s, f, k, v FROM told WHERE v <> ''
