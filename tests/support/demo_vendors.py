"""The demo's shop as Stripe and Shopify would serve it: its files, told in the vendors' own forms.

What a record of Stripe has beside what the demo knows is made from Stripe's description.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vendor_trials import vendor_of

from connectors.http.vendor.answering import Vendor

Record = dict[str, Any]


def stripe_of(data: Path, specs: Path, **options: Any) -> Vendor:
    """Stripe with the movements, charges, refunds, disputes and payouts of the demo's exports."""
    movements = list(_stripe_movements(_rows(data / "stripe_balance_transactions.csv")))
    payouts = [_payout(row) for row in _rows(data / "stripe_payouts.csv")]
    given = {
        "balance_transactions": [movement for movement, _ in movements],
        "payouts": payouts,
        **_objects([row for _, row in movements]),
    }
    others = {"customers": 3, "invoices": 0, "subscriptions": 0, "payment_intents": 0, "events": 0}
    vendor = _filled("stripe", specs, given, others | {"payout_transactions": 0}, **options)
    served = {str(one["id"]): one for one in vendor.records("balance_transactions")}
    for payout in payouts:
        mine = [served[one["id"]] for one, row in movements if row["automatic_payout_id"] == payout["id"]]
        vendor.tables["payout_transactions"].take_over(mine, parent=payout["id"])
    return vendor


def shopify_of(data: Path, specs: Path, **options: Any) -> Vendor:
    """Shopify with the orders of the demo's file: their lines, payments and refunds."""
    lines = (data / "shopify_orders.ndjson").read_text(encoding="utf-8").splitlines()
    orders = [json.loads(line) for line in lines]
    given = {"orders": [_order(one) for one in orders]}
    others = {"customers": 3, "products": 3, "variants": 3, "inventory_items": 3, "order_lines": 0}
    vendor = _filled("shopify", specs, given, others, **options)
    for one in orders:
        sold = [_line(line) for line in one["line_items"]]
        vendor.tables["order_lines"].take_over(sold, parent=str(one["id"]))
    return vendor


def _filled(
    name: str, specs: Path, given: Mapping[str, Sequence[Record]], counts: Mapping[str, int], **options: Any
) -> Vendor:
    """The vendor with these records, each laid over one that is made from the vendor's description."""
    made = vendor_of(name, specs, count={**counts, **{stream: len(records) for stream, records in given.items()}})
    whole = {
        stream: [_over(base, known) for base, known in zip(made.records(stream), records, strict=True)]
        for stream, records in given.items()
    }
    return vendor_of(name, specs, count=counts, records=whole, **options)


def _over(base: Any, known: Any) -> Any:
    if isinstance(base, dict) and isinstance(known, dict):
        return {**base, **{key: _over(base.get(key), value) for key, value in known.items()}}
    return known


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _stripe_movements(rows: Sequence[dict[str, str]]) -> Iterator[tuple[Record, dict[str, str]]]:
    for exported in rows:
        row = exported
        # An export names the charge of each movement; the API names the object that moved the money.
        disputed = row["reporting_category"] == "dispute"
        if disputed:
            row = {**exported, "source": f"dp_{exported['charge_id'][3:]}"}
        movement: Record = {
            "id": row["id"], "type": row["type"], "reporting_category": row["reporting_category"],
            "source": row["source"] or None, "currency": row["currency"],
            "amount": _cents(row["amount"]), "fee": _cents(row["fee"]), "net": _cents(row["net"]),
            "created": _epoch(row["created_utc"]), "available_on": _epoch(row["available_on"]),
            "description": f"Chargeback withdrawal for {row['charge_id']}" if disputed else row["description"],
            "status": "available" if row["automatic_payout_id"] or row["type"] == "payout" else "pending",
            "fee_details": [], "exchange_rate": None,
        }  # fmt: skip
        yield movement, row


def _payout(row: Mapping[str, str]) -> Record:
    return {
        "id": row["id"], "amount": _cents(row["amount"]), "currency": row["currency"], "status": row["status"],
        "created": _epoch(row["created_utc"]), "arrival_date": _epoch(row["arrival_date"]), "automatic": True,
        "method": row["method"], "statement_descriptor": row["statement_descriptor"],
    }  # fmt: skip


def _objects(rows: Sequence[Mapping[str, str]]) -> dict[str, list[Record]]:
    """The charges, refunds and disputes that moved the money."""
    found: dict[str, list[Record]] = {"charges": [], "refunds": [], "disputes": []}
    for row in rows:
        common = {
            "id": row["source"], "amount": abs(_cents(row["amount"])), "currency": row["currency"],
            "created": _epoch(row["created_utc"]), "balance_transaction": row["id"],
        }  # fmt: skip
        if row["type"] == "charge":
            order = {"order_name": row["payment_metadata[order_name]"]}
            found["charges"].append({**common, "description": row["description"], "metadata": order})
        elif row["type"] == "refund":
            found["refunds"].append({**common, "charge": row["charge_id"]})
        elif row["reporting_category"] == "dispute":
            del common["balance_transaction"]
            found["disputes"].append({**common, "charge": row["charge_id"], "status": "lost"})
    return found


def _money(text: str, currency: str = "EUR") -> Record:
    amount = {"amount": text, "currencyCode": currency}
    return {"shopMoney": amount, "presentmentMoney": amount}


def _order(one: Mapping[str, Any]) -> Record:
    key = str(one["id"])
    returned = [part for refund in one["refunds"] for part in refund["transactions"]]
    gone = sum((Decimal(part["amount"]) for part in returned), Decimal(0))
    return {
        "id": f"gid://shopify/Order/{key}", "legacyResourceId": key, "name": one["name"], "test": one["test"],
        "createdAt": one["created_at"], "processedAt": one["processed_at"], "updatedAt": one["updated_at"],
        "cancelledAt": one["cancelled_at"], "displayFinancialStatus": str(one["financial_status"]).upper(),
        "currencyCode": one["currency"], "email": one["email"],
        "subtotalPriceSet": _money(one["subtotal_price"]), "totalDiscountsSet": _money(one["total_discounts"]),
        "totalTaxSet": _money(one["total_tax"]), "totalPriceSet": _money(one["total_price"]),
        "totalReceivedSet": _money(one["total_price"]), "totalRefundedSet": _money(str(gone)),
        "totalOutstandingSet": _money("0.00"),
        "currentTotalPriceSet": _money(str(Decimal(one["total_price"]) - gone)),
        "totalTipReceivedSet": _money("0.00"),
        "transactions": [_transaction(part) for part in (*one["transactions"], *returned)],
        "refunds": [_refund(refund) for refund in one["refunds"]],
        "totalShippingPriceSet": _money(str(sum((Decimal(way["price"]) for way in one["shipping_lines"]), Decimal(0)))),
        "fulfillments": [], "tags": [], "discountCodes": [], "taxesIncluded": one["taxes_included"],
        "displayFulfillmentStatus": str(one["fulfillment_status"] or "unfulfilled").upper(),
        "returnStatus": "NO_RETURN",
        "sourceName": one["source_name"], "presentmentCurrencyCode": one["currency"], "customer": None,
    }  # fmt: skip


def _transaction(part: Mapping[str, Any]) -> Record:
    parent = {"id": f"gid://shopify/OrderTransaction/{part['parent_id']}"} if part["parent_id"] else None
    return {
        "id": f"gid://shopify/OrderTransaction/{part['id']}", "kind": str(part["kind"]).upper(),
        "status": str(part["status"]).upper(), "gateway": part["gateway"], "createdAt": part["created_at"],
        "test": part["test"], "paymentId": part["authorization"], "parentTransaction": parent,
        "amountSet": _money(part["amount"], part["currency"]),
    }  # fmt: skip


def _refund(refund: Mapping[str, Any]) -> Record:
    total = sum((Decimal(part["amount"]) for part in refund["transactions"]), Decimal(0))
    return {
        "id": f"gid://shopify/Refund/{refund['id']}", "createdAt": refund["created_at"], "note": refund["note"],
        "totalRefundedSet": _money(str(total)),
    }  # fmt: skip


def _line(line: Mapping[str, Any]) -> Record:
    whole = Decimal(line["price"]) * line["quantity"] - Decimal(line["total_discount"])
    return {
        "id": f"gid://shopify/LineItem/{line['id']}", "sku": line["sku"], "title": line["title"],
        "quantity": line["quantity"], "currentQuantity": line["quantity"], "isGiftCard": line["gift_card"],
        "taxable": line["taxable"], "requiresShipping": line["requires_shipping"],
        "originalUnitPriceSet": _money(line["price"]), "totalDiscountSet": _money(line["total_discount"]),
        "discountedTotalSet": _money(str(whole)), "variantTitle": None, "vendor": "Bottega Ostiense",
        "product": {"id": f"gid://shopify/Product/{line['id']}"}, "variant": None,
        "unfulfilledQuantity": 0, "refundableQuantity": line["quantity"],
    }  # fmt: skip
