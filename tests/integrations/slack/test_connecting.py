"""Connecting an account from Slack: a link for one person, good once; no key in a message is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import bakehouse
import httpx
import pytest
from bakehouse import KEY
from slack_office import office
from slack_server import BOT, FakeSlack

NOW = datetime.now(UTC)
GRANTS = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run connect"}


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    bakehouse.join_here(tmp_path, monkeypatch)


def test_a_link_for_the_person_alone_leads_to_the_form_and_slack_says_what_was_found(
    slack: FakeSlack, tmp_path: Path
) -> None:
    with bakehouse.serving() as bakery, office(slack, tmp_path, now=NOW, grants=GRANTS) as ours:
        address = slack.target.rpartition("/slack/")[0]
        ours.service.address = address
        slack.say("connect bakehouse", channel="D0ANNA")
        slack.wait(lambda: "/connections/new/bakehouse" in str(slack.from_us("D0ANNA")))
        (link,) = set(re.findall(r"<(http[^|>]+/connections/new/[^|>]+)\|", str(slack.from_us("D0ANNA"))))
        url = unescape(link)
        with httpx.Client(base_url=address, follow_redirects=True) as browser:
            assert browser.get(url.partition("&pass=")[0]).status_code == 403
            page = browser.get(url.replace("?", "?way=bearer&"))
            assert page.status_code == 200, page.text
            held = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
            typed = {**held, "set.address": bakery.base, "set.shop": "s1", "key.token": KEY}
            done = browser.post("/connections/new/bakehouse", data=typed, headers={"origin": address})
            assert "Bakehouse is connected" in done.text, done.text
            assert "Go back to the conversation" in done.text
            assert browser.get(url).status_code == 403
        slack.wait(lambda: "under the name bakehouse" in slack.texts("D0ANNA"))
        slack.say("how many orders are there?", channel="D0ANNA")
        slack.wait(lambda: "25" in slack.texts("D0ANNA").rpartition("every week")[2])
        ours.idle()
        assert KEY not in str(slack.channels)
    assert traces(tmp_path, KEY) == []


def test_in_a_channel_one_is_asked_to_write_directly(slack: FakeSlack, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, grants=GRANTS) as ours:
        ours.service.address = "http://localhost:8000"
        slack.say(f"<@{BOT}> connect stripe")
        slack.wait(lambda: "Write to me directly" in slack.texts())
        ours.idle()
        assert "/connections/new" not in str(slack.channels)


def test_a_key_that_is_written_to_us_is_kept_nowhere(slack: FakeSlack, tmp_path: Path) -> None:
    key = "rk_live_51HsentinelQ9z8x7c6v5b4n3m2"  # not a secret
    with office(slack, tmp_path, now=NOW, grants=GRANTS) as ours:
        slack.say(f"connect stripe, the key is {key}", channel="D0ANNA")
        slack.wait(lambda: "revoke it" in slack.texts("D0ANNA"))
        ours.idle()
        assert key not in str(slack.from_us("D0ANNA"))
    assert traces(tmp_path, key) == []


def traces(folder: Path, secret: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
