"""Advertising: what Meta (in EUR) and Google (in USD) report a day and a campaign, with later corrections.

A day is reported on the next morning; about one report in five is corrected two days later, as a further row with the
same day and campaign and a later `reported_at`. The last report of each is the one that is billed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tools.demo.calendar import days_between
from tools.demo.draws import draw
from tools.demo.money import plain

if TYPE_CHECKING:
    from pathlib import Path


class Campaign(NamedTuple):
    """A campaign; `share` is its part in a thousand of the whole budget."""

    platform: str
    id: str
    name: str
    currency: str
    share: int


CAMPAIGNS = (
    Campaign("Meta", "120208811", "prospecting_it", "EUR", 310),
    Campaign("Meta", "120208812", "retargeting_it", "EUR", 180),
    Campaign("Meta", "120208813", "cucina_autunno", "EUR", 130),
    Campaign("Google", "2200471", "brand_it", "USD", 160),
    Campaign("Google", "2200472", "shopping_eu", "USD", 220),
)
_HEADER = (
    "date", "platform", "campaign_id", "campaign_name", "currency", "impressions", "clicks", "spend",
    "conversions", "conversion_value", "reported_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AdReport:
    """One report of one campaign's day; money in cents of the campaign's currency."""

    day: date
    campaign: Campaign
    reported: date
    impressions: int
    clicks: int
    spend: int
    conversions: int
    value: int


def report_ads(first: date, last: date, monthly_cents: int, seed: int) -> list[AdReport]:
    """List all reports in the order in which they came in; `monthly_cents` is the budget of all campaigns."""
    reports = []
    for number, day in enumerate(days_between(first, last)):
        for place, campaign in enumerate(CAMPAIGNS):
            index = number * len(CAMPAIGNS) + place
            spend = monthly_cents * campaign.share * (70 + draw(seed, index, "ad spend", 61)) // (30 * 1000 * 100)
            clicks = spend // (38 + draw(seed, index, "ad click price", 25))
            made = clicks * (12 + draw(seed, index, "ad conversions", 20)) // 1000
            value = made * (5200 + draw(seed, index, "ad value", 4000))
            seen = clicks * (45 + draw(seed, index, "ad views", 40))
            reports.append(AdReport(day, campaign, day + timedelta(days=1), seen, clicks, spend, made, value))
            if draw(seed, index, "ad corrected", 100) < 20:
                spend = spend * (94 + draw(seed, index, "ad correction", 10)) // 100
                later = day + timedelta(days=3)
                reports.append(AdReport(day, campaign, later, seen, clicks, spend, made, value))
    return sorted(reports, key=lambda report: (report.reported, report.day, report.campaign.id))


def billed_by_month(reports: list[AdReport]) -> dict[tuple[str, str], int]:
    """Return what each (month, platform) costs in cents of its currency, by the last report of each day."""
    final = {(report.day, report.campaign.id): report for report in reports}
    billed: dict[tuple[str, str], int] = defaultdict(int)
    for report in final.values():
        billed[f"{report.day:%Y-%m}", report.campaign.platform] += report.spend
    return dict(billed)


def write_ads(path: Path, reports: list[AdReport]) -> None:
    """Write the reports as CSV with ISO dates and plain decimals."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        for report in reports:
            campaign = report.campaign
            row = (report.day, campaign.platform, campaign.id, campaign.name, campaign.currency, report.impressions)
            money = (report.clicks, plain(report.spend), report.conversions, plain(report.value))
            writer.writerow((*row, *money, f"{report.reported}T05:00:00Z"))
