"""Columns that got another name are asked about in the conversation of the plan that reads them."""

from __future__ import annotations

from pathlib import Path

from talk import NOW, ORDERS, Talk, one, planned, texts

from agents import replies
from tools import conversations, runs
from tools.context import Context


def test_a_scheduled_run_that_met_other_columns_asks_in_the_conversation_of_its_plan(
    context: Context, orders: Path
) -> None:
    from agents.news import news
    from tools import notices

    talk = Talk(context, orders)
    planned(talk)
    talk.say(decision="approve")
    orders.write_text(ORDERS.replace("amount", "amount_eur"), encoding="utf-8")
    folder = context.workspace.folder
    name = conversations.plans(context, talk.thread)[-1].pipeline
    result = runs.run(context, folder / "pipelines" / name / f"{name}.yaml", now=NOW, out=folder / "out" / name)
    notices.add(
        context, pipeline=name, kind="failed", text="It failed.", hint="", cause="drift", run_id=result.run_id,
        thread=talk.thread, now=NOW,
    )  # fmt: skip
    asked = one(list(news(context, talk.thread, clock=lambda: NOW)), replies.Question)
    assert "Is 'amount_eur' the new name of 'amount'?" in asked.text
    changed = talk.say("yes")
    assert any("amount_eur" in change for change in one(changed, replies.DiffCard).changes)
    assert "Done." in texts(talk.say(decision="approve"))
    assert "Done." in texts(talk.say("run it"))


def test_a_no_to_a_rename_changes_nothing_and_an_answer_that_fits_nothing_is_asked_again(
    context: Context, orders: Path
) -> None:
    talk = Talk(context, orders)
    planned(talk)
    talk.say(decision="approve")
    before = conversations.plans(context, talk.thread)
    orders.write_text(ORDERS.replace("amount", "amount_eur"), encoding="utf-8")
    one(talk.say("run it"), replies.Question)
    assert one(talk.say(answer="perhaps"), replies.Failure).error == "usage"
    assert "The plan stays as it is" in texts(talk.say("no"))
    assert conversations.plans(context, talk.thread) == before
    assert texts(talk.say(answer="yes")) == "That question is settled already."
