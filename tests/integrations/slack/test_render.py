"""Every kind of reply as Slack gets it: within its limits, and with nothing in it that controls anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_server import _block_problem, words

from agents import replies
from integrations.slack import blocks, tables
from integrations.slack.blocks import Note
from integrations.slack.render import Attachment, Shown, shown
from spec.run import CheckResult, Effect
from tools.documents import Choice, OutColumn

EVIL = (
    "<!channel> <@U123|bo> <https://evil.example|here> *bold* _i_ ~s~ `code` ``` & <b> :smile: @here https://x.example"
)
DIGEST = "sha256:" + "ab" * 32


def sent(reply: replies.Reply, rows: bytes | None = None) -> list[Shown]:
    return shown(reply, "t1", people={"slack:UANNA": "<@UANNA>"}, rows=lambda _: rows)


def notes(found: list[Shown]) -> list[Note]:
    return [one for one in found if isinstance(one, Note)]


def table(
    rows: list[list[object]], *, row_count: int | None = None, names: tuple[str, ...] = ("name", "amount")
) -> replies.Table:
    columns = tuple(OutColumn(name=name, type="DECIMAL(18,2)" if name == "amount" else "VARCHAR") for name in names)
    return replies.Table.model_validate(
        {
            "title": "Totals",
            "columns": columns,
            "rows": rows,
            "row_count": len(rows) if row_count is None else row_count,
        }
    )


def card(text: str = "x", many: int = 1, *, proven: bool = True) -> replies.PlanCard:
    return replies.PlanCard(
        name="totals",
        title=text,
        version=1,
        spec_digest=DIGEST,
        reading=text,
        steps=tuple(replies.ShownStep(id=f"s{at}", what=text, rows=at) for at in range(many)),
        proofs=tuple(
            CheckResult(check="conserve", on=f"s{at}", severity="block", passed=proven, expected="1", found="2")
            for at in range(many)
        ),
        proven=proven,
        effects=tuple(Effect(kind="send", target=f"{text}-{at}@x.example") for at in range(many)),
        recipients=tuple(f"{text}-{at}@x.example" for at in range(many)),
        assumptions=(text,) * many,
        notes=(text,),
        schedule="every Monday",
        cost="nothing",
    )


def every(text: str, many: int) -> list[replies.Reply]:
    return [
        replies.Text(text=text),
        replies.Text(text=text, tone="reading", cites=(text,)),
        replies.Text(text=text, tone="warning"),
        replies.Text(text=f"slack:UANNA {text}", tone="done"),
        table([[text, "1.50"]] * many),
        replies.Chart(
            title=text,
            chart="bar",
            x="name",
            y=("amount",),
            columns=(OutColumn(name="name", type="VARCHAR"), OutColumn(name="amount", type="DECIMAL(18,2)")),
            rows=((text, "1.50"), (None, None), ("b", "-2")),
        ),
        card(text, many),
        replies.DiffCard(
            name="totals",
            before=DIGEST,
            after=DIGEST,
            changes=(text,) * many,
            impact=(replies.Impact(output=text, figure=text, before=text, after=text),) * many,
            effects_change=True,
        ),
        replies.Question(
            key="k",
            text=text,
            reading=text,
            options=tuple(Choice(label=text, value=f"{text}{at}") for at in range(many)),
        ),
        replies.Progress(run_id="r1", text=text),
        replies.File(name="a.csv", id="r1/a.csv", path="a.csv", media_type="text/csv", bytes=1),
        replies.Connect(system="stripe", title=text, name=text, text=text, page="/connections/new/stripe?name=x"),
        replies.Failure(message=text, hint=text),
    ]


@pytest.mark.parametrize(
    ("text", "many"),
    [
        ("x", 1),
        ("x", 120),
        (EVIL, 3),
        (EVIL, 120),
        ("<&>" * 3_000, 3),
        ("word " * 4_000, 3),
        ("ü中🙂" * 500, 30),
        ("\n\n\n", 3),
        ("a\u202eb\x00c", 3),
    ],
)
def test_every_kind_stays_within_slacks_limits(text: str, many: int) -> None:
    for reply in every(text, many):
        found = sent(reply, b"all rows")
        assert found, reply.kind
        for note in notes(found):
            assert _block_problem(list(note.blocks)) == "", reply.kind
            assert 0 < len(note.text) <= 3_000


def texts(note: Note) -> list[dict[str, Any]]:
    parts = [one for block in note.blocks for one in (block.get("text"), *block.get("elements", ())) if one]
    return [one["text"] if isinstance(one["text"], dict) else one for one in parts]


def test_nothing_in_a_text_is_a_link_a_mention_or_a_format() -> None:
    for reply in every(EVIL, 2):
        for note in notes(sent(reply, b"all rows")):
            for one in [*texts(note), {"type": "mrkdwn", "text": note.text, "verbatim": "fallback"}]:
                bare = one["text"].replace("<@UANNA>", "")
                assert "<" not in bare, one
                if one["type"] == "mrkdwn":
                    assert one["verbatim"]
                else:
                    assert one["emoji"] is False


def test_a_cell_cannot_end_the_block_it_stands_in() -> None:
    (note,) = notes(sent(table([["``` <!here>", "1"]])))
    assert words({"blocks": list(note.blocks)}).count("```") == 2


def test_a_text_that_names_somebody_is_said_whole_and_mentions_nobody_else() -> None:
    text = "slack:UANNA approved this plan; slack:UANNAB did not. " + "word " * 2_000 + "end"
    said = "\n".join(words({"blocks": list(note.blocks)}) for note in notes(sent(replies.Text(text=text, tone="done"))))
    assert "<@UANNA> approved this plan; slack:UANNAB did not." in said
    assert said.count("word") == 2_000
    assert said.endswith("end")


@given(st.text(max_size=4_000), st.integers(min_value=20, max_value=3_000))
def test_pieces_fit_and_lose_nothing_but_the_space_they_were_cut_at(text: str, most: int) -> None:
    found = blocks.pieces(text, most)
    assert all(len(blocks.escaped(piece)) <= most for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_all_that_is_approved_stands_on_the_card_however_long() -> None:
    found = notes(sent(card("x", 300)))
    said = "\n".join(words({"blocks": list(note.blocks)}) for note in found)
    assert all(f"Sends to x-{at}@x.example" in said for at in range(300))
    assert [note.waits for note in found] == [None] * (len(found) - 1) + [f"plan {DIGEST}"]


def test_an_unproven_plan_offers_nothing_to_approve() -> None:
    (note,) = notes(sent(card(proven=False)))
    assert note.waits is None
    assert all(block["type"] != "actions" for block in note.blocks)
    assert "✗ conserve s0: 2 (expected 1)" in words({"blocks": list(note.blocks)})


def test_buttons_carry_the_whole_digest_and_the_answers_own_value() -> None:
    (note,) = notes(sent(card()))
    approve, reject = note.blocks[-1]["elements"]
    assert json.loads(approve["value"]) == {"thread": "t1", "digest": DIGEST} == json.loads(reject["value"])
    question = replies.Question(key="k", text="Which?", options=(Choice(label="By id", value="id"),))
    (asked,) = notes(sent(question))
    (button,) = next(block for block in asked.blocks if block["type"] == "actions")["elements"]
    assert json.loads(button["value"]) == {"thread": "t1", "question": "k", "value": "id"}


def test_a_small_table_stands_there_whole_and_a_larger_one_comes_as_a_file_too() -> None:
    (note,) = sent(table([["North", "110.50"], ["South", "1.25"]]))
    assert isinstance(note, Note)
    assert "North  110.50\nSouth    1.25" in words({"blocks": list(note.blocks)})
    first, file = sent(table([["x", "1"]] * 20), b"all rows")
    assert isinstance(file, Attachment)
    assert file.content == b"all rows"
    assert isinstance(first, Note)
    assert "The first 15 of 20 rows" in words({"blocks": list(first.blocks)})


def test_a_spreadsheet_computes_nothing_of_a_tables_file() -> None:
    data = tables.csv_of(
        table([["=1+1", "-2.50"], ["@x", "1"], ['a "b", c', None]]),
        [["=1+1", "-2.50"], ["@x", "1"], ['a "b", c', None]],
    )
    assert data.decode("utf-8-sig") == 'name,amount\r\n\'=1+1,-2.50\r\n\'@x,1\r\n"a ""b"", c",\r\n'


def test_a_chart_becomes_a_picture_that_says_its_figures() -> None:
    (picture,) = sent(every("North", 1)[5])
    assert isinstance(picture, Attachment)
    assert isinstance(picture.content, bytes)
    assert picture.content.startswith(b"\x89PNG")
    assert "North" in picture.alt
    assert "1.5" in picture.alt


@pytest.mark.parametrize("chart", ["bar", "line", "area", "pie", "stacked", "waterfall", "kpi", "unknown"])
def test_every_kind_of_chart_is_drawn(chart: str) -> None:
    columns = (
        OutColumn(name="day", type="DATE"),
        OutColumn(name="n", type="BIGINT"),
        OutColumn(name="m", type="DOUBLE"),
    )
    rows = (("2026-09-01", 3, 1.5), ("2026-09-02", 5, None), ("2026-09-03", 2, 2.5))
    reply = replies.Chart(chart=chart, x="day", y=("n", "m"), columns=columns, rows=rows)
    (picture,) = sent(reply)
    assert isinstance(picture, Attachment)
    assert isinstance(picture.content, bytes)
    assert picture.content.startswith(b"\x89PNG")
