"""What we ask of Slack has the form that Slack describes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from slack_office import office
from slack_server import BOT, TOKEN, FakeSlack

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
NEWER: dict[str, tuple[set[str], set[str]]] = {
    # Required and optional parameters of what Slack's description of 2021 does not know yet, from its reference:
    # docs.slack.dev/reference/methods/files.getUploadURLExternal, read November 2026.
    "files.getUploadURLExternal": ({"filename", "length"}, {"alt_txt", "snippet_type"}),
    # docs.slack.dev/reference/methods/files.completeUploadExternal, read November 2026.
    "files.completeUploadExternal": ({"files"}, {"channel_id", "channels", "initial_comment", "thread_ts", "blocks"}),
    # docs.slack.dev/reference/methods/chat.postMessage: message metadata came in 2022.
    "chat.postMessage": (set(), {"metadata"}),
    # docs.slack.dev/reference/methods/conversations.replies and conversations.history: since message metadata.
    "conversations.replies": ({"channel", "ts"}, {"include_all_metadata"}),
    "conversations.history": ({"channel"}, {"include_all_metadata"}),
}


def test_every_call_has_the_parameters_that_slack_describes(
    slack: FakeSlack, orders: str, tmp_path: Path, vendor_specs_folder: Path
) -> None:
    described = json.loads((vendor_specs_folder / "slack.json").read_text(encoding="utf-8"))["paths"]
    grants = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run"}
    with office(slack, tmp_path, now=NOW, data=[orders], grants=grants) as ours:
        slack.fail("chat.postMessage", "lost")
        slack.fail("files.completeUploadExternal", "lost")
        slack.command("ask total amount by region")
        slack.say(f"<@{BOT}> total amount by region, save it as totals.csv")
        slack.say(f"<@{BOT}> total amount", user="UBEN", channel="C0SECRET")
        slack.wait(lambda: "Approve" in slack.buttons())
        slack.click("Approve")
        slack.wait(slack.files)
        ours.idle()
    methods = {call.method for call in slack.calls}
    assert methods >= {"auth.test", "chat.postMessage", "chat.postEphemeral", "chat.update", *NEWER}
    for call in slack.calls:
        assert call.token == TOKEN
        assert "token" not in call.given
        operations = described.get(f"/{call.method}", {})
        required, known = NEWER.get(call.method, (set(), set()))
        for operation in operations.values():
            names = {one["name"] for one in operation.get("parameters", ()) if one["name"] != "token"}
            known = known | names
            required = required | {
                one["name"] for one in operation["parameters"] if one.get("required") and one["name"] != "token"
            }
            if operations.keys() == {"get"} and call.method != "auth.test":
                assert call.verb == "GET", call.method
        assert set(call.given) <= known | required, call.method
        assert required <= set(call.given), call.method
