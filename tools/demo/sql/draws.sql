-- `u(i, name)` is a BIGINT in [0, 2^32), the same as `draw` in draws.py gives; the salt of a name is folded once.
CREATE MACRO mix_a(x) AS (xor(x, x >> 16) * 2146121005::UBIGINT) & 4294967295::UBIGINT;
CREATE MACRO mix_b(x) AS (xor(x, x >> 15) * 2221713035::UBIGINT) & 4294967295::UBIGINT;
CREATE MACRO mix_c(x) AS xor(x, x >> 16);
CREATE MACRO salt(name) AS
    ('0x' || substr(md5(getvariable('seed')::VARCHAR || ':' || name), 1, 8))::BIGINT::UBIGINT;
CREATE MACRO u(i, name) AS
    mix_c(mix_b(mix_a(xor((i::UBIGINT * 2654435769::UBIGINT) & 4294967295::UBIGINT, salt(name)))))::BIGINT;
CREATE MACRO eur(cents) AS (cents * 0.01::DECIMAL(3, 2))::DECIMAL(18, 2);
CREATE MACRO eur_text(cents) AS (cents * 0.01::DECIMAL(3, 2))::VARCHAR;
CREATE MACRO iso(seconds) AS strftime(make_timestamp(seconds::BIGINT * 1000000), '%Y-%m-%dT%H:%M:%SZ');
CREATE MACRO plain_time(seconds) AS strftime(make_timestamp(seconds::BIGINT * 1000000), '%Y-%m-%d %H:%M:%S');
CREATE MACRO utc_day(seconds) AS make_timestamp(seconds::BIGINT * 1000000)::DATE;
