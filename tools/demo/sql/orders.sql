-- Ids look like the real ones and never repeat, because each ends in the order's index.
CREATE MACRO order_id(i) AS 5912004000000 + i * 32768 + u(i, 'order id') % 30000;
CREATE MACRO order_name(i) AS '#' || (1001 + i);
CREATE MACRO stripe_id(prefix, i, name) AS
    prefix || '3P' || lower(to_base(u(i, name), 36, 7)) || to_base(u(i, name || ' tail'), 36, 7) || to_base(i, 36, 8);
CREATE MACRO charge_id(i) AS stripe_id('ch_', i, 'charge id');
CREATE MACRO refund_id(i, number) AS stripe_id('re_', i * 4 + number, 'refund id');
CREATE MACRO dispute_id(i) AS stripe_id('dp_', i, 'dispute id');

CREATE MACRO landing_site(i) AS CASE
    WHEN u(i, 'landing') % 100 < 22 THEN '/?utm_source=meta&utm_medium=cpc&utm_campaign='
        || ['prospecting_it', 'retargeting_it', 'cucina_autunno'][1 + u(i, 'campaign') % 3]
    WHEN u(i, 'landing') % 100 < 24 THEN '/?utm_source=Facebok&utm_medium=cpc&utm_campaign=prospecting_it'
    WHEN u(i, 'landing') % 100 < 41 THEN '/?utm_source=google&utm_medium=cpc&utm_campaign='
        || ['brand_it', 'shopping_eu'][1 + u(i, 'campaign') % 2]
    WHEN u(i, 'landing') % 100 < 43 THEN '/?utm_source=Google&utm_medium=CPC&utm_campaign=Brand_IT'
    WHEN u(i, 'landing') % 100 < 55 THEN '/?utm_source=newsletter&utm_medium=email&utm_campaign=settimanale'
    ELSE '/' END;

CREATE TABLE spine AS
SELECT first + k AS i, k, orders AS n, starts, seconds, month, opens, NULL::VARCHAR AS plant
FROM (SELECT unnest(range(orders)) AS k, * FROM trading_day WHERE orders > 0);

UPDATE spine SET plant = plant.part FROM plant WHERE spine.i = plant.i;

-- Times are epoch seconds in UTC (names ending in _s), money is whole cents. The first order of a month comes at night:
-- in UTC it belongs to the month before, in Rome it does not.
CREATE TABLE orders AS
WITH placed AS (
    SELECT i, plant, month, starts,
        CASE WHEN opens AND k = 0 THEN u(i, 'second') % 400
             ELSE (k * 1000 + u(i, 'second') % 1000) * 86400 // (n * 1000) END AS slot,
        seconds,
        least(i, 8 + i * 55 // 100) AS known,
        least(i + 1, 8 + (i + 1) * 55 // 100) > least(i, 8 + i * 55 // 100) AS is_new
    FROM spine
), timed AS (
    SELECT i, plant, month, is_new,
        starts + greatest(60, (CASE WHEN slot < 4320 THEN slot * 25200 // 4320
            ELSE 25200 + (slot - 4320) * 61200 // 82080 END) * seconds // 86400) AS created_s,
        CASE WHEN is_new THEN known ELSE u(i, 'who') % greatest(known, 1) END AS c,
        plant IS NULL AND u(i, 'test') % 1000 < 18 AS is_test
    FROM placed
), shaped AS (
    SELECT *,
        c * 2 + (CASE WHEN NOT is_new AND has_double(c) AND u(i, 'double') % 2 = 0 THEN 1 ELSE 0 END) AS person,
        city_of(c) AS city,
        plant IS NOT DISTINCT FROM 'gift_sale'
            OR (plant IS NULL AND NOT is_test AND u(i, 'gift') % 1000 < 15) AS is_gift,
        plant IS NULL AND NOT is_test AND u(c, 'wholesale') % 1000 < 40 AS may_wholesale
    FROM timed
), basket AS (
    SELECT * EXCLUDE (may_wholesale),
        may_wholesale AND NOT is_gift AS is_wholesale,
        CASE WHEN is_gift THEN 1
             WHEN plant IS NOT NULL THEN 2 + u(i, 'lines') % 2
             WHEN u(i, 'lines') % 100 < 45 THEN 1 WHEN u(i, 'lines') % 100 < 75 THEN 2
             WHEN u(i, 'lines') % 100 < 92 THEN 3 ELSE 4 END AS n_lines
    FROM shaped
), coded AS (
    SELECT *,
        CASE WHEN is_gift OR plant IS NOT NULL THEN NULL WHEN is_wholesale THEN 'RIVENDITORI30'
             WHEN u(i, 'code') % 100 < 9 THEN 'BENVENUTO10' WHEN u(i, 'code') % 100 < 15 THEN 'CUCINA15' END AS code,
        CASE WHEN is_gift OR plant IS NOT NULL THEN 0 WHEN is_wholesale THEN 30
             WHEN u(i, 'code') % 100 < 9 THEN 10 WHEN u(i, 'code') % 100 < 15 THEN 15 ELSE 0 END AS percent_off
    FROM basket
), lined AS (
    SELECT *,
        CASE WHEN is_gift THEN [{'product': 0::BIGINT, 'quantity': 1::BIGINT,
                'cents': CASE WHEN plant IS NOT NULL THEN 5000
                    ELSE getvariable('gift_values')[1 + u(i, 'value') % 3] END}]
        ELSE list_transform(range(n_lines), lambda x: {
            'product': 1 + (u(i, 'product') + x * (1 + u(i, 'stride') % 5)) % getvariable('product_count'),
            'quantity': CASE WHEN is_wholesale THEN 6 + u(i * 8 + x, 'quantity') % 10
                WHEN u(i * 8 + x, 'quantity') % 100 < 78 THEN 1
                WHEN u(i * 8 + x, 'quantity') % 100 < 95 THEN 2 ELSE 3 END,
            'cents': getvariable('prices')[
                1 + (u(i, 'product') + x * (1 + u(i, 'stride') % 5)) % getvariable('product_count')]}) END AS lines
    FROM coded
), priced AS (
    SELECT *,
        list_sum(list_transform(lines, lambda l: l.quantity * l.cents))::BIGINT AS goods,
        list_sum(list_transform(lines, lambda l: l.quantity * l.cents * percent_off // 100))::BIGINT AS discount
    FROM lined
), shipped AS (
    SELECT *,
        goods - discount AS subtotal,
        CASE WHEN is_gift THEN 0 WHEN city > 13 THEN 1290 WHEN goods - discount >= 7900 THEN 0 ELSE 590 END AS shipping
    FROM priced
), totalled AS (
    SELECT *,
        subtotal + shipping AS total,
        CASE WHEN is_gift THEN 0
            ELSE ((subtotal + shipping) * getvariable('vat') + (100 + getvariable('vat')) // 2) // (100 + getvariable('vat')) END AS tax,
        CASE WHEN plant = 'gift_part' THEN least(5000, (subtotal + shipping) // 200 * 100) ELSE 0 END AS redeemed,
        lines[1].quantity * lines[1].cents - lines[1].quantity * lines[1].cents * percent_off // 100 AS line_1,
        CASE WHEN is_test OR is_gift OR plant IS NOT NULL THEN 999 ELSE u(i, 'refund') % 1000 END AS luck,
        created_s + (2 + u(i, 'refund day') % 17) * 86400 + u(i, 'refund second') % 20000 AS refund_s
    FROM shipped
), charged AS (
    SELECT *,
        CASE WHEN is_test THEN 0 ELSE total - redeemed END AS charged,
        created_s - 2 - u(i, 'lead') % 8 AS charged_s,
        CASE WHEN luck < 32 THEN 'full' WHEN luck < 95 AND n_lines > 1 THEN 'line'
             WHEN luck < 95 THEN 'goodwill' END AS refund_kind
    FROM totalled
), refunded AS (
    SELECT * EXCLUDE (refund_kind, refund_s, luck),
        CASE WHEN refund_s <= getvariable('last_refund') THEN refund_kind END AS refund_kind,
        refund_s AS refund_1_s,
        CASE WHEN refund_s > getvariable('last_refund') OR refund_kind IS NULL THEN 0
             WHEN refund_kind = 'full' THEN total WHEN refund_kind = 'line' THEN line_1
             ELSE total * 25 // 100 END AS refund_1,
        refund_s + (3 + luck % 7) * 86400 + 1234 AS refund_2_s,
        luck >= 80 AND luck < 95 AND refund_s + (3 + luck % 7) * 86400 + 1234 <= getvariable('last_refund') AS again
    FROM charged
)
SELECT * EXCLUDE (again, line_1),
    CASE WHEN again THEN total // 10 ELSE 0 END AS refund_2,
    CASE WHEN plant = 'stripe_refund' THEN line_1 ELSE 0 END AS quiet_refund,
    created_s + (3 + u(i, 'quiet day') % 8) * 86400 + 4321 AS quiet_refund_s,
    CASE WHEN plant = 'dispute' THEN charged ELSE 0 END AS disputed,
    created_s + (12 + u(i, 'dispute day') % 20) * 86400 + 2345 AS disputed_s,
    CASE WHEN is_test THEN 0
         ELSE (charged * (CASE WHEN getvariable('abroad')[city] THEN 325 ELSE 150 END) + 5000) // 10000 + 25 END AS fee
FROM refunded;

DROP TABLE spine;
