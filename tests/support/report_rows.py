"""Reports for tests: a reconciliation as an owner would get it, and others over rows of a test's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.job import Field, Origin, Relation
from reports.builder import build_document, make_report
from reports.data import RunMeta, StagedRows
from reports.document import ReportDocument
from spec.report import Report
from spec.run import CheckResult, Quarantined

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
DIGEST = "sha256:" + "3f9a1c0d5e7b" * 5 + "0abc"

SETUP = """
CREATE TABLE bridge AS SELECT * FROM (VALUES
    (1, 'Shopify sales', 48211.90::DECIMAL(18,2), 'start'), (2, 'Refunds', -2318.40, ''),
    (3, 'Stripe fees', -1512.67, ''), (4, 'Disputes', -215.00, ''), (5, 'Gift cards', -120.00, ''),
    (6, 'Still at Stripe', -3904.11, ''), (7, 'Wire fee', -15.00, ''), (8, 'Bank deposits', 40126.72, 'total')
    ) t(place, item, amount, kind);
CREATE TABLE payouts AS
    SELECT 'po_' || lpad(i::VARCHAR, 4, '0') AS payout_id, DATE '2026-07-03' + (i * 6)::INTEGER AS arrived,
        (2900 + (i * 7919) % 1700 + (i * 37 % 100) / 100)::DECIMAL(18,2) AS gross,
        -((i * 131) % 420)::DECIMAL(18,2) AS refunds, -(80 + (i * 53) % 61 + 0.29)::DECIMAL(18,2) AS fees,
        (SELECT count(*) FROM range(9 + i))::INTEGER AS orders
    FROM range(1, 15) r(i);
ALTER TABLE payouts ADD COLUMN deposit DECIMAL(18,2); UPDATE payouts SET deposit = gross + refunds + fees;
CREATE TABLE exceptions AS SELECT * FROM (VALUES
    ('1042', TIMESTAMPTZ '2026-07-14 21:30:00+00', 'Chargeback fee that the shop does not know', -15.00::DECIMAL(18,2)),
    ('1077', TIMESTAMPTZ '2026-07-29 10:05:00+00', 'Refund made in Stripe only', -64.50),
    ('1131', TIMESTAMPTZ '2026-08-11 09:44:00+00', 'Paid in part by gift card', -120.00),
    ('po_0005', TIMESTAMPTZ '2026-07-31 22:10:00+00', 'Payout straddles the month end', 3904.11),
    ('po_0009', TIMESTAMPTZ '2026-08-28 07:00:00+00', 'Deposit short by a wire fee', -15.00))
    t(reference, happened, reason, amount);
"""


def figure(value: str, where: str | None = None) -> dict[str, str | None]:
    return {"from": "bridge", "value": value, "where": where, "format": "money"}


RECONCILIATION = Report.model_validate(
    {
        "title": "Where the money goes",
        "subtitle": "Shopify sales against Stripe payouts and the bank, July to September",
        "currency": "EUR",
        "file": "reconciliation",
        "sections": [
            {
                "title": "Summary",
                "blocks": [
                    {
                        "kind": "text",
                        "text": "Of {sales} sold, {deposits} reached the bank in {payouts} payouts. Fees took {rate} "
                        "of sales. Every cent is accounted for: what is left over is {residual}.",
                        "figures": {
                            "sales": figure("sum(amount)", "kind = 'start'"),
                            "deposits": figure("sum(amount)", "kind = 'total'"),
                            "payouts": {"from": "payouts", "value": "count(*)", "format": "integer"},
                            "rate": {
                                "from": "bridge",
                                "value": "-sum(amount) FILTER (WHERE item = 'Stripe fees')"
                                " / sum(amount) FILTER (WHERE kind = 'start')",
                                "format": "percent",
                            },
                            "residual": figure("sum(CASE WHEN kind = 'total' THEN -amount ELSE amount END)"),
                        },
                    },
                    {
                        "kind": "tiles",
                        "figures": {
                            "Shopify sales": figure("sum(amount)", "kind = 'start'"),
                            "Stripe fees": figure("sum(amount)", "item = 'Stripe fees'"),
                            "Refunds": figure("sum(amount)", "item = 'Refunds'"),
                            "Deposits": figure("sum(amount)", "kind = 'total'"),
                            "Residual": figure("sum(CASE WHEN kind = 'total' THEN -amount ELSE amount END)"),
                        },
                    },
                    {
                        "kind": "chart",
                        "title": "From sales to deposits",
                        "chart": "waterfall",
                        "from": "bridge",
                        "x": "item",
                        "y": "amount",
                        "series": "kind",
                        "order_by": "place",
                        "format": "money",
                    },
                ],
            },
            {
                "title": "Per payout",
                "blocks": [
                    {
                        "kind": "table",
                        "title": "Payouts",
                        "from": "payouts",
                        "sheet": "Per payout",
                        "order_by": "arrived",
                        "columns": [
                            {"name": "payout_id", "label": "Payout"},
                            {"name": "arrived", "label": "Arrived"},
                            {"name": "orders", "label": "Orders", "total": True},
                            {"name": "gross", "label": "Gross", "format": "money", "total": True},
                            {"name": "refunds", "label": "Refunds", "format": "money", "total": True},
                            {"name": "fees", "label": "Fees", "format": "money", "total": True},
                            {"name": "deposit", "label": "Deposit", "format": "money", "total": True},
                        ],
                    }
                ],
            },
            {
                "title": "Exceptions",
                "blocks": [
                    {
                        "kind": "table",
                        "from": "exceptions",
                        "sheet": "Exceptions",
                        "order_by": "happened",
                        "columns": [
                            {"name": "reference", "label": "Order or payout"},
                            {"name": "happened", "label": "When"},
                            {"name": "reason", "label": "Reason"},
                            {"name": "amount", "label": "Amount", "format": "money", "total": True},
                        ],
                    }
                ],
            },
        ],
    }
)


def staged(
    connection: duckdb.DuckDBPyConnection,
    keys: Mapping[str, Sequence[str]] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> StagedRows:
    """Every table of a connection as a relation of a run."""
    relations = {}
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
        described = connection.execute(f'DESCRIBE "{name}"').fetchall()
        fields = tuple(Field(row[0], row[1], origins=frozenset({Origin(name, row[0])})) for row in described)
        known = frozenset({frozenset((keys or {})[name])}) if name in (keys or {}) else frozenset()
        relations[name] = Relation(name, fields, known, tuple((orders or {}).get(name, ())))
    return StagedRows(connection, relations, parameters={"today": ("DATE", "2026-10-05")})


def meta_of(
    checks: Sequence[CheckResult] = (), quarantined: Sequence[Quarantined] = (), timezone: str = "Europe/Rome"
) -> RunMeta:
    return RunMeta(
        run_id="r-20261005-1",
        pipeline="stripe_against_shopify",
        spec_digest=DIGEST,
        now=NOW,
        data_as_of=datetime(2026, 10, 4, 22, 30, tzinfo=UTC),
        timezone=timezone,
        reading="Stripe payouts are matched to orders by payout id and to the bank within a cent and three days.",
        assumptions=("Gift cards are a liability, not a sale.", "Test orders are left out."),
        checks=tuple(checks),
        quarantined=tuple(quarantined),
        labels={"bridge": "Sales to deposits"},
    )


PASSED = (
    CheckResult(check="conserve", on="payouts", severity="block", passed=True, expected="40126.72", found="40126.72"),
    CheckResult(check="reconcile", on="bridge", severity="block", passed=True, expected="0.00", found="0.00"),
    CheckResult(check="unique", on="payouts", severity="block", passed=True),
)
FAILED = CheckResult(
    check="reconcile", on="bridge", severity="block", passed=False, expected="40126.72", found="40111.72",
    detail="One deposit is short by 15.00.",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A report over rows of a test's own, ready to be written."""

    report: Report
    data: StagedRows
    meta: RunMeta

    def built(self) -> ReportDocument:
        return build_document(self.report, self.data, self.meta)

    def write(self, folder: Path, *formats: str) -> list[Path]:
        return make_report(self.report, self.data, self.meta, formats, folder)


def reconciliation(meta: RunMeta | None = None, **fields: object) -> Made:
    """Three sections, a waterfall, two tables, five exceptions, residual 0.00."""
    connection = duckdb.connect()
    connection.execute(SETUP)
    data = staged(connection, {"payouts": ["payout_id"], "bridge": ["place"]})
    return Made(RECONCILIATION.model_copy(update=fields), data, meta or meta_of(PASSED))


def make(
    setup: str,
    *blocks: Mapping[str, object],
    meta: RunMeta | None = None,
    keys: Mapping[str, Sequence[str]] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    **fields: object,
) -> Made:
    """One section of those blocks over those tables; ``fields`` are the report's own."""
    connection = duckdb.connect()
    connection.execute(setup)
    plain = {"title": "Report", "sections": [{"title": "Part", "blocks": blocks}], **fields}
    return Made(Report.model_validate(plain), staged(connection, keys, orders), meta or meta_of(PASSED))
