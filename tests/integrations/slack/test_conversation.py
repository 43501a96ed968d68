"""Conversation 1, held in Slack from the question to the workbook, on a shop whose truth is known."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from slack_office import office
from slack_server import BOT, FakeSlack

from tools import schedules
from tools.context import Context
from tools.demo.world import write_world

NOW = datetime.fromisoformat("2026-10-05T08:00:00+02:00")
REQUEST = "Stripe deposits don’t match Shopify, show me where the money goes, every Monday"


def test_the_money_is_followed_in_a_channel_and_ends_in_a_workbook(slack: FakeSlack, tmp_path: Path) -> None:
    world = write_world(tmp_path / "shop", size="quarter")
    files = []
    for file in sorted((world.root / "data").iterdir()):
        slack.dropped[file.name] = file.read_bytes()
        files.append({"id": file.name, "name": file.name, "url_private_download": f"{slack.base}/files/{file.name}"})
    grants = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run"}
    with office(slack, tmp_path, now=NOW, grants=grants) as ours:
        asked = slack.say(f"<@{BOT}> {REQUEST}", files=files, subtype="file_share")
        slack.wait(lambda: "payout id" in slack.texts())
        slack.click(slack.buttons()[0])
        slack.wait(lambda: "gift card" in slack.texts())
        slack.say("treat them as a liability", thread_ts=asked["ts"])
        slack.wait(lambda: "Approve" in slack.buttons())
        ours.idle()
        assert "Goes to" not in slack.texts()
        slack.click("Approve")
        slack.wait(lambda: "reconciliation.xlsx" in slack.files(), seconds=120)
        ours.idle()
        (outlook,) = schedules.listed(Context(ours.workspace, "UANNA", frozenset({"ask"})), now=NOW)
    assert outlook.schedule.cron == "0 8 * * 1"
    assert outlook.approved
    said, sent = slack.texts(), slack.files()
    assert "<@UANNA> approved this plan." in said
    assert "✅ Approved by <@UANNA>." in said
    assert slack.buttons() == []
    assert {message["thread_ts"] for message in slack.from_us()} == {asked["ts"]}
    planted = {
        (one.order or one.payout, one.amount + (one.fee if one.kind.startswith("chargeback") else Decimal(0)))
        for one in world.truth.exceptions
    }
    found = {(row["reference"], Decimal(row["amount"])) for row in rows(sent["exceptions.csv"])}
    assert found == planted
    assert len(found) == 5
    walk = rows(sent["money_walk.csv"])
    assert [Decimal(row["amount"]) for row in walk if row["role"] == "residual"] == [Decimal("0.00")]
    book = load_workbook(io.BytesIO(sent["reconciliation.xlsx"]), data_only=True)
    assert len(book.sheetnames) > 2
    assert slack.refused == []
    assert said.count("✅ Done.") == 1
    with office(slack, tmp_path, now=NOW) as ours:
        slack.say("when does it run next?", thread_ts=asked["ts"])
        slack.wait(lambda: "Monday" in slack.texts().removeprefix(said))
        ours.idle()


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
