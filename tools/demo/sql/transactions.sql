-- Events with the payout that took them, if one did, and as kind 6 the payouts themselves.
CREATE TABLE transaction AS
SELECT created_s, kind, i, cents, fee, available, number AS payout, id AS payout_id
FROM (
    SELECT created_s, kind, i, cents, fee, available, number, id
    FROM event LEFT JOIN (
        SELECT tuesday, number, id FROM tuesday JOIN payout ON payout.number = tuesday.payout
    ) AS paid USING (tuesday)
    UNION ALL
    SELECT created_s, 6, number, -cents, 0, arrival, NULL, id FROM payout
)
ORDER BY created_s, kind, i;

DROP TABLE event;

CREATE VIEW stripe_export AS
SELECT
    stripe_id('txn_', i * 8 + kind, 'transaction') AS id,
    CASE kind WHEN 0 THEN 'charge' WHEN 4 THEN 'adjustment' WHEN 5 THEN 'stripe_fee' WHEN 6 THEN 'payout'
        ELSE 'refund' END AS type,
    CASE kind WHEN 0 THEN charge_id(i) WHEN 4 THEN dispute_id(i) WHEN 5 THEN NULL WHEN 6 THEN payout_id
        ELSE refund_id(i, kind) END AS source,
    eur(cents) AS amount, eur(fee) AS fee, eur(cents - fee) AS net, 'eur' AS currency,
    plain_time(created_s) AS created_utc,
    available AS available_on,
    CASE kind WHEN 0 THEN 'charge' WHEN 4 THEN 'dispute' WHEN 5 THEN 'fee' WHEN 6 THEN 'payout' ELSE 'refund' END
        AS reporting_category,
    CASE WHEN kind <> 6 THEN payout_id END AS automatic_payout_id,
    CASE kind WHEN 0 THEN getvariable('shop') || ' ' || order_name(i)
        WHEN 4 THEN 'Chargeback withdrawal for ' || charge_id(i)
        WHEN 5 THEN 'Radar for Fraud Teams (' || strftime(make_timestamp(created_s * 1000000), '%Y-%m') || ')'
        WHEN 6 THEN 'STRIPE PAYOUT'
        ELSE 'REFUND FOR CHARGE (' || getvariable('shop') || ' ' || order_name(i) || ')' END AS description,
    CASE WHEN kind < 5 THEN charge_id(i) END AS charge_id,
    CASE WHEN kind < 5 THEN order_name(i) END AS "payment_metadata[order_name]"
FROM transaction;

CREATE VIEW payout_export AS
SELECT id, eur(cents) AS amount, 'eur' AS currency, plain_time(created_s) AS created_utc, arrival AS arrival_date,
    'paid' AS status, 'standard' AS method, upper(getvariable('shop')) AS statement_descriptor
FROM payout ORDER BY number;
