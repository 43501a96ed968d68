-- Each filled value in the form in which it is compared; what is no value of its kind is left out.
WITH bare AS (
  SELECT
    x.n, x.s, x.f, k.k,
    TRIM(x.v) AS v,
    REGEXP_REPLACE(REGEXP_REPLACE(x.v, '(?i)(x|ext)[. ]*[0-9]+\s*$', ''), '[^0-9]', '', 'g') AS digits,
    REGEXP_REPLACE(x.v, '[^0-9.,-]', '', 'g') AS figures
  FROM _values AS x
  JOIN _kinds AS k ON k.f = x.f
),
shaped AS (
  SELECT
    n, s, f, k,
    CASE k
      WHEN 'phone' THEN CASE WHEN LENGTH(LTRIM(digits, '0')) >= 6 THEN RIGHT(LTRIM(digits, '0'), 8) END
      WHEN 'email' THEN REGEXP_REPLACE(LOWER(v), '\+[^@]*@', '@')
      WHEN 'code' THEN REGEXP_REPLACE(STRIP_ACCENTS(LOWER(v)), '[^\pL\pN]+', '', 'g')
      WHEN 'exact' THEN v
      WHEN 'date' THEN COALESCE(
        REGEXP_EXTRACT(v, '^[0-9]{4}-[0-9]{2}-[0-9]{2}'),
        ''
      )
      WHEN 'money' THEN CASE
        WHEN REGEXP_MATCHES(figures, ',[0-9]{1,2}$') THEN REPLACE(REPLACE(figures, '.', ''), ',', '.')
        ELSE REPLACE(figures, ',', '')
      END
      ELSE TRIM(REGEXP_REPLACE(
        REPLACE(REPLACE(REGEXP_REPLACE(STRIP_ACCENTS(LOWER(v)), '[''’`´]', '', 'g'), 'ß', 'ss'), '&', ' and '),
        '\s+', ' ', 'g'))
    END AS plain,
    v
  FROM bare
),
told AS (
SELECT n, s, f, k,
  CASE
    WHEN k = 'date' AND plain = '' THEN COALESCE(
      STRFTIME(CAST(TRY_STRPTIME(v, ['%d.%m.%Y', '%m/%d/%Y', '%d/%m/%Y', '%Y/%m/%d', '%d-%m-%Y', '%d.%m.%y', '%m/%d/%y']) AS TIMESTAMP), '%Y-%m-%d'), v)
    WHEN k = 'money' THEN CAST(TRY_CAST(plain AS DECIMAL(18, 2)) AS VARCHAR)
    ELSE plain
  END AS v
FROM shaped
)
SELECT n, s, f, k, v FROM told WHERE v <> ''
