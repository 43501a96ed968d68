CREATE TABLE people AS
SELECT c, person, created_s FROM (
    SELECT c, c * 2 AS person, created_s
    FROM orders WHERE is_new
    UNION ALL
    SELECT c, c * 2 + 1, created_s + (1 + u(c, 'double day') % 40) * 86400
    FROM orders WHERE is_new AND has_double(c)
) ORDER BY person;

CREATE VIEW customer_export AS
SELECT customer_id(person) AS customer_id, first_name(person) AS first_name, last_name(person) AS last_name,
    email_of(person) AS email,
    CASE WHEN kind_of(person) = 'dots' THEN replace(phone_of(c), ' ', '') ELSE phone_of(c) END AS phone,
    CASE WHEN kind_of(person) = 'case' THEN upper(getvariable('cities')[city_of(c)])
         ELSE getvariable('cities')[city_of(c)] END AS city,
    getvariable('zips')[city_of(c)] AS zip, getvariable('countries')[city_of(c)] AS country,
    CASE WHEN u(person, 'marketing') % 100 < 46 THEN 'yes' ELSE 'no' END AS accepts_marketing,
    CASE WHEN u(c, 'wholesale') % 1000 < 40 THEN 'wholesale' END AS tags,
    iso(least(created_s, getvariable('end_second') - 3600)) AS created_at
FROM people ORDER BY u(person, 'shuffle'), person;

CREATE VIEW pair_export AS
SELECT customer_id(person - 1) AS customer_id, customer_id(person) AS duplicate_id, kind_of(person) AS kind
FROM people WHERE person % 2 = 1 ORDER BY person;
