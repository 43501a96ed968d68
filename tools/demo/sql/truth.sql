-- What is true of the world, in whole cents, each list of totals one row.
CREATE MACRO rome_day(second) AS timezone('Europe/Rome', to_timestamp(second))::DATE;

CREATE VIEW shopify_totals AS
SELECT
    count(*) AS orders,
    count(*) FILTER (is_test) AS test_orders,
    sum(total) FILTER (is_test) AS test_total,
    sum(total) FILTER (NOT is_test) AS gross,
    sum(goods) FILTER (NOT is_test) AS goods,
    sum(discount) FILTER (NOT is_test) AS discounts,
    sum(shipping) FILTER (NOT is_test) AS shipping,
    sum(tax) FILTER (NOT is_test) AS tax,
    sum(charged) AS paid_by_card,
    sum(redeemed) AS paid_by_gift_card,
    count(*) FILTER (is_gift) AS gift_card_orders,
    sum(total) FILTER (is_gift) AS gift_cards_sold,
    count(*) FILTER (is_wholesale) AS wholesale_orders,
    sum(total) FILTER (is_wholesale) AS wholesale,
    count(*) FILTER (refund_1 > 0) + count(*) FILTER (refund_2 > 0) AS refunds,
    sum(refund_1) + sum(refund_2) AS refunded
FROM orders;

CREATE VIEW gross_by_month AS
SELECT 'Rome' AS zone, month, sum(total)::BIGINT AS cents FROM orders WHERE NOT is_test GROUP BY ALL
UNION ALL
SELECT 'UTC', strftime(utc_day(created_s), '%Y-%m'), sum(total)::BIGINT FROM orders WHERE NOT is_test GROUP BY ALL
ORDER BY ALL;

-- One row a payout, the last one, with NULL, for what is pending.
CREATE VIEW payout_totals AS
SELECT
    payout,
    count(*) AS transactions,
    count(*) FILTER (kind = 0) AS charges,
    coalesce(sum(cents) FILTER (kind = 0), 0) AS gross,
    count(*) FILTER (kind IN (1, 2, 3)) AS refunds,
    coalesce(-sum(cents) FILTER (kind IN (1, 2, 3)), 0) AS refunded,
    coalesce(-sum(cents) FILTER (kind = 3), 0) AS quietly_refunded,
    count(*) FILTER (kind = 4) AS disputes,
    coalesce(-sum(cents) FILTER (kind = 4), 0) AS disputed,
    coalesce(sum(fee) FILTER (kind = 0), 0) AS charge_fees,
    coalesce(sum(fee) FILTER (kind = 4), 0) AS dispute_fees,
    coalesce(-sum(cents) FILTER (kind = 5), 0) AS other_fees,
    sum(cents - fee) AS net
FROM transaction WHERE kind <> 6
GROUP BY payout ORDER BY payout NULLS LAST;

CREATE VIEW planted AS
SELECT plant, rome_day(seconds) AS day, cents, fee, order_name(i) AS name, charge_id(i) AS charge, source
FROM (
    SELECT plant, disputed_s AS seconds, disputed AS cents, getvariable('dispute_fee') AS fee, i,
        dispute_id(i) AS source
    FROM orders WHERE plant = 'dispute'
    UNION ALL
    SELECT plant, quiet_refund_s, quiet_refund, 0, i, refund_id(i, 3) FROM orders WHERE plant = 'stripe_refund'
    UNION ALL
    SELECT plant, created_s, redeemed, 0, i, NULL FROM orders WHERE plant = 'gift_part'
) ORDER BY plant, i;
