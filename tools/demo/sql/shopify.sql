-- A slice of the orders in the shape of Shopify's Admin API: money as text with two decimals, times in UTC.
CREATE MACRO line_cents(line) AS line.quantity * line.cents;

CREATE VIEW shopify_export AS
WITH discounted AS (
    SELECT *,
        list_transform(lines, lambda l: line_cents(l) * percent_off // 100) AS line_discounts
    FROM orders WHERE i >= getvariable('slice_from') AND i < getvariable('slice_to')
), told AS (
    SELECT *,
        list_transform(range(n_lines), lambda x: {
            'id': 15200440000000 + i * 8 + x,
            'sku': CASE WHEN is_gift THEN 'GIFT' ELSE getvariable('skus')[lines[x + 1].product] END,
            'title': CASE WHEN is_gift THEN 'Buono regalo' ELSE getvariable('titles')[lines[x + 1].product] END,
            'quantity': lines[x + 1].quantity,
            'price': eur_text(lines[x + 1].cents),
            'grams': CASE WHEN is_gift THEN 0 ELSE getvariable('weights')[lines[x + 1].product] END,
            'gift_card': is_gift,
            'taxable': NOT is_gift,
            'requires_shipping': NOT is_gift,
            'total_discount': eur_text(line_discounts[x + 1]),
            'discount_allocations': CASE WHEN percent_off > 0 THEN [{
                'amount': eur_text(line_discounts[x + 1]), 'discount_application_index': 0}] ELSE [] END
        }) AS line_items,
        {
            'id': 7100220000000 + i * 16, 'order_id': order_id(i), 'kind': 'sale',
            'gateway': CASE WHEN is_test THEN 'bogus' ELSE 'stripe' END, 'status': 'success',
            'amount': eur_text(total - redeemed), 'currency': 'EUR', 'created_at': iso(charged_s),
            'authorization': CASE WHEN is_test THEN '53433' ELSE charge_id(i) END,
            'test': is_test, 'parent_id': NULL::BIGINT
        } AS card_sale,
        {
            'id': 7100220000000 + i * 16 + 1, 'order_id': order_id(i), 'kind': 'sale',
            'gateway': 'gift_card', 'status': 'success',
            'amount': eur_text(redeemed), 'currency': 'EUR', 'created_at': iso(charged_s),
            'authorization': NULL::VARCHAR, 'test': false, 'parent_id': NULL::BIGINT
        } AS gift_sale,
        {
            'id': 930011000000 + i * 4 + 1, 'order_id': order_id(i),
            'created_at': iso(refund_1_s), 'processed_at': iso(refund_1_s),
            'note': CASE refund_kind WHEN 'full' THEN 'Ordine annullato' WHEN 'line' THEN 'Reso' ELSE 'Danneggiato' END,
            'restock': refund_kind <> 'goodwill',
            'refund_line_items': list_transform(
                CASE refund_kind WHEN 'full' THEN range(n_lines) WHEN 'line' THEN range(1) ELSE range(0) END,
                lambda x: {
                    'line_item_id': 15200440000000 + i * 8 + x, 'quantity': lines[x + 1].quantity,
                    'subtotal': eur_text(line_cents(lines[x + 1]) - line_discounts[x + 1]), 'restock_type': 'return'
                }),
            'order_adjustments': CASE
                WHEN refund_kind = 'goodwill' THEN [{
                    'kind': 'refund_discrepancy', 'amount': eur_text(-refund_1), 'reason': 'Goodwill'}]
                WHEN refund_kind = 'full' AND shipping > 0 THEN [{
                    'kind': 'shipping_refund', 'amount': eur_text(-shipping), 'reason': 'Shipping refund'}]
                ELSE [] END,
            'transactions': [{
                'id': 7100220000000 + i * 16 + 5, 'order_id': order_id(i), 'kind': 'refund', 'gateway': 'stripe',
                'status': 'success', 'amount': eur_text(refund_1), 'currency': 'EUR', 'created_at': iso(refund_1_s),
                'authorization': refund_id(i, 1), 'test': false, 'parent_id': 7100220000000 + i * 16}]
        } AS first_refund,
        {
            'id': 930011000000 + i * 4 + 2, 'order_id': order_id(i),
            'created_at': iso(refund_2_s), 'processed_at': iso(refund_2_s),
            'note': 'Sconto per ritardo', 'restock': false, 'refund_line_items': [],
            'order_adjustments': [{
                'kind': 'refund_discrepancy', 'amount': eur_text(-refund_2), 'reason': 'Goodwill'}],
            'transactions': [{
                'id': 7100220000000 + i * 16 + 6, 'order_id': order_id(i), 'kind': 'refund', 'gateway': 'stripe',
                'status': 'success', 'amount': eur_text(refund_2), 'currency': 'EUR', 'created_at': iso(refund_2_s),
                'authorization': refund_id(i, 2), 'test': false, 'parent_id': 7100220000000 + i * 16}]
        } AS second_refund
    FROM discounted
)
SELECT
    order_id(i) AS id,
    order_name(i) AS name,
    1001 + i AS order_number,
    iso(created_s) AS created_at,
    iso(created_s) AS processed_at,
    iso(CASE WHEN refund_2 > 0 THEN refund_2_s WHEN refund_1 > 0 THEN refund_1_s ELSE created_s + 172800 END)
        AS updated_at,
    CASE WHEN refund_kind = 'full' THEN iso(refund_1_s - 60) END AS cancelled_at,
    CASE WHEN refund_kind = 'full' THEN 'customer' END AS cancel_reason,
    'EUR' AS currency,
    CASE WHEN refund_kind = 'full' THEN 'refunded' WHEN refund_1 > 0 THEN 'partially_refunded' ELSE 'paid' END
        AS financial_status,
    CASE WHEN refund_kind = 'full' OR is_test THEN NULL ELSE 'fulfilled' END AS fulfillment_status,
    is_test AS test,
    true AS taxes_included,
    eur_text(goods) AS total_line_items_price,
    eur_text(discount) AS total_discounts,
    eur_text(subtotal) AS subtotal_price,
    eur_text(tax) AS total_tax,
    eur_text(total) AS total_price,
    CASE WHEN is_wholesale THEN 'shopify_draft_order' WHEN u(i, 'source') % 100 < 4 THEN 'instagram' ELSE 'web' END
        AS source_name,
    landing_site(i) AS landing_site,
    concat_ws(', ', CASE WHEN is_test THEN 'prova' END, CASE WHEN is_gift THEN 'buono regalo' END,
        CASE WHEN is_wholesale THEN 'wholesale' END) AS tags,
    CASE WHEN u(i, 'note') % 100 < 3 THEN 'Citofonare "Portineria"; lasciare al piano, grazie' END AS note,
    email_of(person) AS email,
    {'id': customer_id(person), 'email': email_of(person), 'first_name': first_name(person),
        'last_name': last_name(person), 'tags': CASE WHEN is_wholesale THEN 'wholesale' ELSE '' END} AS customer,
    {'city': getvariable('cities')[city], 'zip': getvariable('zips')[city],
        'province_code': getvariable('provinces')[city], 'country_code': getvariable('countries')[city]}
        AS shipping_address,
    CASE WHEN is_test THEN ['bogus'] WHEN redeemed > 0 THEN ['gift_card', 'stripe'] ELSE ['stripe'] END
        AS payment_gateway_names,
    CASE WHEN percent_off > 0 THEN [{'code': code, 'amount': eur_text(discount), 'type': 'percentage'}] ELSE [] END
        AS discount_codes,
    line_items,
    CASE WHEN is_gift THEN [] ELSE [{'id': 4410000000000 + i, 'title': 'Corriere espresso', 'code': 'EXPRESS',
        'price': eur_text(shipping)}] END AS shipping_lines,
    CASE WHEN is_gift THEN [] ELSE [{'title': 'IVA', 'rate': 0.22, 'price': eur_text(tax)}] END AS tax_lines,
    CASE WHEN redeemed > 0 THEN [gift_sale, card_sale] ELSE [card_sale] END AS transactions,
    CASE WHEN refund_2 > 0 THEN [first_refund, second_refund] WHEN refund_1 > 0 THEN [first_refund] ELSE [] END
        AS refunds
FROM told;
