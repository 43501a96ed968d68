-- What the shop's own books are kept from, a row a day in Rome, or a month for the fees.
CREATE VIEW daily_sales AS
SELECT day, sum(charged)::BIGINT AS charged, sum(redeemed)::BIGINT AS redeemed, sum(tax)::BIGINT AS tax,
    coalesce(sum(total) FILTER (is_gift), 0)::BIGINT AS gifts, count(*) AS orders
FROM orders ASOF JOIN trading_day ON created_s >= starts
WHERE NOT is_test GROUP BY day ORDER BY day;

CREATE VIEW daily_refunds AS
SELECT day, sum(cents)::BIGINT AS cents, count(*) AS refunds
FROM (
    SELECT refund_1_s AS second, refund_1 AS cents FROM orders WHERE refund_1 > 0
    UNION ALL
    SELECT refund_2_s, refund_2 FROM orders WHERE refund_2 > 0
) ASOF JOIN trading_day ON second >= starts
GROUP BY day ORDER BY day;

CREATE VIEW monthly_fees AS
SELECT max(day) AS day, (sum(fee) FILTER (kind = 0) - coalesce(sum(cents) FILTER (kind = 5), 0))::BIGINT AS cents
FROM transaction ASOF JOIN trading_day ON created_s >= starts
WHERE kind IN (0, 5) GROUP BY month ORDER BY month;
