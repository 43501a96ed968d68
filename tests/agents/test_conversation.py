"""A conversation over real files: asked, planned, approved, run and put back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from talk import NOW, Talk, one, planned, start, texts

from agents import replies
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.base import JsonValue
from spec.errors import AccessError
from tools import answers, conversations, schedules
from tools.context import Context

ROOT = Path(__file__).resolve().parents[2]


def test_a_question_gives_its_reading_and_its_rows(context: Context, orders: Path) -> None:
    found = Talk(context, orders).say("total amount by region")
    assert one(found, replies.Table).rows == (("North", "110.50"), ("South", "21.25"))
    assert isinstance(found[0], replies.Text)
    assert found[0].tone == "reading"


def test_a_first_word_comes_before_the_data_is_read(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    with Session(context, clock=NOW) as session:
        stream = session.talk(Message(text="how many orders", thread=talk.thread), start=start, data=talk.data)
        first = next(stream)
        assert isinstance(first, replies.Progress)
        assert not list((context.workspace.folder).rglob("*.duckdb"))
        assert [reply.kind for reply in stream][-1] == "table"


def test_a_follow_up_goes_on_from_the_question_before(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("total amount")
    assert one(talk.say("and by region?"), replies.Table).rows == (("North", "110.50"), ("South", "21.25"))


def test_a_plan_waits_for_a_person_and_then_runs(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    card = planned(talk)
    assert card.proven
    out = context.workspace.folder / "out" / card.name
    assert not out.exists()
    found = talk.say(decision="approve", digest=card.spec_digest)
    assert "All" in texts(found) or "Done" in texts(found)
    assert (out / "totals.csv").read_text(encoding="utf-8").splitlines()[1:] == ["North,110.50", "South,21.25"]
    assert one(found, replies.File).name == "totals.csv"


def test_an_approval_goes_on_in_another_process(context: Context, orders: Path, tmp_path: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    context.workspace.store.close()
    script = f"""
from datetime import datetime
from pathlib import Path
from agents.session import Message, Session
from memory.workspace import Workspace
from tools import runs
from tools.context import Context
now = datetime.fromisoformat({NOW.isoformat()!r})
def start(context, spec, *, now, out, told):
    return runs.run(context, spec, now=now, out=out, told=told)
context = Context(Workspace(Path({str(context.workspace.folder)!r}), now), "anna")
with Session(context, clock=now) as session:
    for reply in session.talk(Message(text="go ahead", thread={talk.thread!r}), start=start):
        print(reply.kind)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "file" in done.stdout.split()


@pytest.mark.postgres
def test_a_plan_waits_in_a_postgres_store_too(tmp_path: Path, orders: Path, postgres_url: str) -> None:
    first = Context(Workspace(tmp_path / ".dreflow", NOW, postgres_url), "anna")
    talk = Talk(first, orders)
    card = planned(talk)
    first.workspace.store.close()
    again = Context(Workspace(tmp_path / ".dreflow", NOW, postgres_url), "anna")
    talk.context = again
    assert one(talk.say(decision="approve", digest=card.spec_digest), replies.File).name == "totals.csv"
    assert not (tmp_path / ".dreflow" / "conversations.db").exists()
    again.workspace.store.close()


def test_a_question_in_between_changes_nothing_of_the_plan_that_waits(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    card = planned(talk)
    assert one(talk.say("how many orders are there?"), replies.Table).rows == ((4,),)
    (plan,) = conversations.plans(context, talk.thread)
    assert (plan.spec_digest, plan.status) == (card.spec_digest, "proposed")
    assert one(talk.say("approve"), replies.File).name == "totals.csv"


def test_a_rejected_plan_leaves_nothing(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    card = planned(talk)
    assert "nothing of it will run" in texts(talk.say(decision="reject", digest=card.spec_digest))
    assert not (context.workspace.folder / "pipelines").exists()
    assert "No plan is waiting" in texts(talk.say(decision="approve", digest=card.spec_digest))


def test_an_older_card_cannot_be_approved(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    first = planned(talk)
    one(talk.say("number of orders by channel, save it as counts.csv"), replies.PlanCard)
    assert "replaced by a newer one" in texts(talk.say(decision="approve", digest=first.spec_digest))


def test_a_plan_that_does_not_hold_takes_the_place_of_the_one_that_waited_and_cannot_be_approved(
    context: Context, orders: Path
) -> None:
    talk = Talk(context, orders)
    planned(talk)
    card = one(
        talk.say("total amount by region, make sure amount is at most 50, save it as small.csv"), replies.PlanCard
    )
    assert not card.proven
    assert "No plan is waiting" in texts(talk.say("approve"))
    assert not (context.workspace.folder / "out").exists()


def test_a_plan_whose_checkpoints_are_gone_says_so_and_nothing_is_approved(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    (context.workspace.folder / "conversations.db").unlink()
    assert "cannot be decided about any more" in texts(talk.say("approve"))
    assert not (context.workspace.folder / "out").exists()


def test_an_approved_plan_runs_again_when_asked_and_tells_how_it_goes(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    talk.say("approve")
    again = talk.say("run it again")
    assert [reply.text for reply in again if isinstance(reply, replies.Progress)][-1] == "Finished"
    assert one(again, replies.File).name == "totals.csv"


def test_a_button_of_an_earlier_question_answers_no_other(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("how many orders")
    saved = context.workspace.store.thread(talk.thread)
    assert saved is not None
    open_now: dict[str, JsonValue] = {
        "kind": "question",
        "key": "second",
        "text": "Which?",
        "options": [],
        "asked": dict(saved.request),
    }
    context.workspace.store.save_thread(replace(saved, question=open_now), by="anna", now=NOW)
    assert "settled already" in texts(talk.say(answer="yes", question="first"))
    after = context.workspace.store.thread(talk.thread)
    assert after is not None
    assert after.question is not None


def test_a_plan_is_put_back_as_it_was_to_the_byte(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    first = planned(talk)
    talk.say("approve")
    file = context.workspace.folder / "pipelines" / first.name / f"{first.name}.yaml"
    before = file.read_bytes()
    second = one(talk.say("run it every Monday at 7"), replies.PlanCard)
    assert second.spec_digest != first.spec_digest
    talk.say("approve")
    assert file.read_bytes() != before
    found = talk.say("put it back like before")
    assert one(found, replies.PlanCard).spec_digest == first.spec_digest
    assert "It no longer runs by itself; before, it did every Monday at 07:00." in one(found, replies.DiffCard).changes
    talk.say("approve")
    assert file.read_bytes() == before


def test_an_approved_monday_runs_by_itself_until_a_plan_without_one_is_approved(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    first = planned(talk)
    talk.say("approve")
    assert schedules.listed(context, now=NOW) == []
    talk.say("run it every Monday at 7")
    found = talk.say("approve")
    assert "It runs by itself every Monday at 07:00 (UTC time), next on Monday 5 October 2026 at 07:00." in texts(found)
    (listed,) = schedules.listed(context, now=NOW)
    assert (listed.pipeline, listed.thread, listed.approved, listed.paused) == (first.name, talk.thread, True, False)
    assert listed.out == str(context.workspace.folder / "out" / first.name)
    talk.say("put it back like before")
    assert "It does not run by itself any more." in texts(talk.say("approve"))
    assert schedules.listed(context, now=NOW)[0].paused


def test_without_the_right_to_approve_the_plan_goes_on_waiting(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    guest = Talk.__new__(Talk)
    guest.context, guest.thread, guest.data = (
        Context(context.workspace, "anna", frozenset({"ask", "plan"})),
        talk.thread,
        (),
    )
    assert one(guest.say("approve"), replies.Failure).error == "access"
    assert conversations.plans(context, talk.thread)[-1].status == "proposed"


def test_a_conversation_is_not_shown_to_somebody_else(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("how many orders")
    other = Context(context.workspace, "ben", frozenset({"ask"}))
    with pytest.raises(AccessError):
        conversations.messages(other, talk.thread)
    assert conversations.recent(other) == []


def test_a_message_too_long_is_refused_and_the_conversation_goes_on(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    assert "20,001 characters" in one(talk.say("x" * 20_001), replies.Failure).message
    assert one(talk.say("how many orders"), replies.Table).rows == ((4,),)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "';--", "<script>alert(1)</script>", "Сколько заказов?", "🙂", "🍕🍕", "…", "DROP TABLE orders;"],
)
def test_odd_messages_get_a_short_honest_reply(context: Context, orders: Path, text: str) -> None:
    found = Talk(context, orders).say(text)
    assert found
    assert not any(isinstance(reply, replies.Table | replies.PlanCard | replies.Failure) for reply in found)


def test_many_rows_are_kept_sorted_filtered_and_paged(context: Context, tmp_path: Path) -> None:
    lines = [f"{i},{'N' if i % 3 else 'S'},{i / 4:.2f}" for i in range(5000)]
    (tmp_path / "big.csv").write_text("id,region,amount\n" + "\n".join(lines) + "\n", encoding="utf-8")
    shown = one(Talk(context, tmp_path / "big.csv").say("list all id, region and amount of big"), replies.Table)
    assert (shown.row_count, len(shown.rows)) == (5000, replies.FIRST_ROWS)
    assert shown.answer is not None
    page = answers.page(context, shown.answer, offset=10, limit=5, sort=[("amount", "desc")])
    assert [row[0] for row in page.rows.rows] == [4989, 4988, 4987, 4986, 4985]
    kept = answers.page(
        context,
        shown.answer,
        filters=[answers.Filter("region", "is", "S"), answers.Filter("amount", "at least", "1000")],
    )
    assert (kept.total, kept.of) == (333, 5000)


@pytest.mark.parametrize(
    "text",
    ["run it every day at 6?", "what if we leave out wholesale?", "approve?", "did it save to totals.csv?", "wait"],
)
def test_a_question_leaves_the_plan_that_waits_as_it_is(context: Context, orders: Path, text: str) -> None:
    talk = Talk(context, orders)
    card = planned(talk)
    talk.say(text)
    (plan,) = conversations.plans(context, talk.thread)
    assert (plan.spec_digest, plan.status) == (card.spec_digest, "proposed")


def test_how_the_plan_stands_what_changed_and_a_pause_are_told_from_what_is_kept(
    context: Context, orders: Path
) -> None:
    talk = Talk(context, orders)
    assert "no plan" in texts(talk.say("when does it run?"))
    planned(talk)
    assert "waits for your approval" in texts(talk.say("is it approved?"))
    assert "No plan was changed" in texts(talk.say("what changed?"))
    talk.say("approve")
    changed = one(talk.say("run it every Monday at 7"), replies.DiffCard)
    assert one(talk.say("what changed?"), replies.DiffCard) == changed
    assert "once it is approved" in texts(talk.say("when does it run?"))
    talk.say("approve")
    assert texts(talk.say("when does it run?")) == (
        "The plan totals is approved. It runs by itself every Monday at 07:00 (UTC time). It writes totals.csv. "
        "It is sent to nobody."
    )
    assert "still runs by itself every Monday at 07:00 (UTC time)" in texts(talk.say("stop it"))
    assert "does not run by itself any more" in texts(talk.say("pause it"))
    assert schedules.listed(context, now=NOW)[0].paused
    assert "is paused" in texts(talk.say("when does it run?"))
    assert "runs by itself again" in texts(talk.say("resume it"))
    assert not schedules.listed(context, now=NOW)[0].paused


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("no, by channel", (("wholesale", "100.00"), ("web", "31.75"))),
        ("leave out wholesale", (("31.75",),)),
    ],
)
def test_follow_ups_in_plain_words_go_on_from_the_question_before(
    context: Context, orders: Path, text: str, rows: tuple[tuple[str, ...], ...]
) -> None:
    talk = Talk(context, orders)
    talk.say("total amount")
    assert one(talk.say(text), replies.Table).rows == rows


def test_a_question_after_a_plan_goes_on_from_its_figures(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    found = one(talk.say("and by channel?"), replies.Table)
    assert [column.name for column in found.columns][:2] == ["region", "channel"]
    (plan,) = conversations.plans(context, talk.thread)
    assert plan.status == "proposed"


def test_what_is_quoted_neither_plans_nor_approves(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    found = talk.say("how many orders are there?\n> approve\n> run it every Monday at 7")
    assert one(found, replies.Table).rows == ((4,),)
    (plan,) = conversations.plans(context, talk.thread)
    assert plan.status == "proposed"


def test_how_clean_a_file_is_can_be_asked_in_words(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    rows = [f"{n},{'Milano' if n % 2 else 'Torino'}" for n in range(1, 61)]
    rows[8] = "9,Mialno"
    file.write_text("\n".join(["id,town", *rows]), encoding="utf-8")
    said = Talk(context, file).say("how clean is towns.csv?")
    assert "towns: 9" in texts(said)
    assert "wrong cells: 1 of 120" in texts(said)
    cells = one(said, replies.Table)
    assert cells.rows[0][:4] == ("9", "town", "Mialno", "Milano")


def test_a_chart_of_another_kind_is_drawn_of_the_last_answer(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    assert one(talk.say("total amount by region"), replies.Chart).chart == "bar"
    found = talk.say("as a pie chart")
    assert one(found, replies.Chart).chart == "pie"
    assert not [reply for reply in found if isinstance(reply, replies.Table)]
    assert one(talk.say("line chart of total amount by channel"), replies.Chart).chart == "line"


def test_a_pie_that_could_not_be_read_is_drawn_otherwise_and_says_so(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("region,amount\nNorth,-5.00\nSouth,3.00\nWest,4.00\n", encoding="utf-8")
    talk = Talk(context, file)
    talk.say("total amount by region")
    found = talk.say("as a pie chart")
    assert one(found, replies.Chart).chart == "bar"
    assert "below zero" in texts(found)


def test_a_wish_for_a_chart_outlasts_the_question_in_between(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("region,net_amount,gross_amount\nNorth,5.00,6.00\nSouth,3.00,4.00\n", encoding="utf-8")
    talk = Talk(context, file)
    one(talk.say("pie chart of total amount by region"), replies.Question)
    found = talk.say(answer="orders.net_amount")
    assert one(found, replies.Chart).chart == "pie"


def test_an_answer_is_put_back_like_before_and_follow_ups_go_on_from_there(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("total amount by region")
    all_of_it = one(talk.say("only web"), replies.Table)
    assert len(one(talk.say("and by day?"), replies.Table).rows) == 3
    assert one(talk.say("put it back like before"), replies.Table).rows == all_of_it.rows
    assert len(one(talk.say("and by day?"), replies.Table).rows) == 3


def test_what_is_said_of_the_plan_reaches_it_over_questions_in_between(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    first = planned(talk)
    talk.say("approve")
    talk.say("how many orders by channel")
    changed = talk.say("run it daily instead")
    assert one(changed, replies.PlanCard).name == first.name
    assert any(
        change.startswith("It now runs by itself every day") for change in one(changed, replies.DiffCard).changes
    )


def test_a_plan_for_something_else_is_no_change_of_the_one_before(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    planned(talk)
    talk.say("approve")
    found = talk.say("clean orders: remove duplicates by id and save it as clean.csv")
    assert one(found, replies.PlanCard).version == 1
    assert not [reply for reply in found if isinstance(reply, replies.DiffCard)]


def test_a_changed_plan_keeps_its_file_its_times_and_the_days_of_its_rows(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("total amount by region every Monday at 7, save it as totals.csv")
    found = talk.say("only web")
    card, diff = one(found, replies.PlanCard), one(found, replies.DiffCard)
    assert [effect.target for effect in card.effects if effect.kind == "write"] == ["totals.csv"]
    assert card.schedule == "every Monday at 07:00 (UTC time)"
    assert "Monday" not in card.reading.partition("; save")[0]
    assert not any("SELECT" in change for change in diff.changes)


def test_a_file_keeps_the_order_of_its_columns_when_only_the_times_change(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("zone,id,amount\nNorth,1,5.00\nNorth,1,5.00\n", encoding="utf-8")
    talk = Talk(context, file)
    talk.say("clean orders: remove duplicates by id and save it as clean.csv")
    talk.say("approve")
    out = context.workspace.folder / "out"
    (written,) = out.rglob("clean.csv")
    before = written.read_bytes()
    talk.say("run it every Monday at 7")
    talk.say("approve")
    assert written.read_bytes() == before


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("yes", "No question is open"),
        ("ok great", "Good."),
        ("can you send this to my accountant?", "I send nothing to anybody"),
        ("what is your name?", "I answer questions about your data"),
    ],
)
def test_small_talk_is_no_question_to_the_data(context: Context, orders: Path, said: str, answer: str) -> None:
    talk = Talk(context, orders)
    talk.say("total amount by region")
    assert texts(talk.say(said)).startswith(answer)


def test_what_is_in_the_data_is_listed_with_questions_that_can_be_answered(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    found = talk.say("what do I have here?")
    assert one(found, replies.Table).rows[0][:4] == ("orders", "4", "2026-09-01", "2026-09-04")
    asked = [line.removeprefix("• ") for line in texts(found).split("\n") if line.startswith("• ")]
    assert asked
    for question in asked:
        assert one(talk.say(question), replies.Table).rows


def test_a_plan_that_is_changed_comes_in_the_place_of_the_one_before_and_not_beside_it(
    context: Context, orders: Path
) -> None:
    talk = Talk(context, orders)
    first = one(talk.say("total amount by region every Monday at 7, save it as totals.csv"), replies.PlanCard)
    talk.say("approve")
    changed = one(talk.say("and by channel"), replies.PlanCard)
    assert (changed.name, changed.version) == (first.name, 2)
    talk.say("approve")
    assert [kept.pipeline for kept in schedules.listed(context, now=NOW)] == [first.name]
    renamed = one(talk.say("rename it to weekly.csv"), replies.DiffCard)
    assert "The file is now called weekly.csv; it was totals.csv." in renamed.changes
