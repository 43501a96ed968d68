-- Kinds: 0 charge, 1 and 2 refunds known to Shopify, 3 refund made in Stripe only, 4 dispute, 5 Stripe's own fee.
CREATE TABLE event AS
WITH happened AS (
    SELECT charged_s AS created_s, 0 AS kind, i, charged AS cents, fee FROM orders WHERE charged > 0
    UNION ALL SELECT refund_1_s, 1, i, -refund_1, 0 FROM orders WHERE refund_1 > 0
    UNION ALL SELECT refund_2_s, 2, i, -refund_2, 0 FROM orders WHERE refund_2 > 0
    UNION ALL SELECT quiet_refund_s, 3, i, -quiet_refund, 0 FROM orders WHERE quiet_refund > 0
    UNION ALL SELECT disputed_s, 4, i, -disputed, getvariable('dispute_fee') FROM orders WHERE disputed > 0
    UNION ALL
    SELECT billing.second, 5, billing.number, -charges * getvariable('radar'), 0
    FROM (SELECT month, count(*) AS charges FROM orders WHERE charged > 0 GROUP BY month)
    JOIN billing USING (month)
)
SELECT created_s, kind, i, cents::BIGINT AS cents, fee::BIGINT AS fee, available,
    CASE WHEN kind = 0 THEN charge_tuesday ELSE other_tuesday END AS tuesday
FROM (SELECT *, CASE WHEN kind = 0 THEN charge_available ELSE day END AS available
      FROM happened JOIN stripe_day ON stripe_day.day = utc_day(created_s));
