"""The page in a real Chromium: files dropped, a plan, an approval, its files, and all again after a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import page as chat
import pytest
from openpyxl import load_workbook

from memory.workspace import Workspace
from tools import notices
from tools.context import Context
from tools.demo.world import World, write_world

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)

MONEY = "Stripe deposits don't match Shopify, show me where the money goes, every Monday"
FILES = ("shopify_orders.ndjson", "stripe_balance_transactions.csv", "stripe_payouts.csv", "bank_statement_it.csv")


pytestmark = pytest.mark.usefixtures("chromium")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("world"), size="quarter")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def test_the_demo_ends_after_its_questions_and_one_approval_in_a_workbook_and_survives_a_restart(
    world: World, place: Path, tmp_path: Path
) -> None:
    log = tmp_path / "chat.log"
    with chat.serving(place, log=log) as address, chat.browser() as opened, chat.page_of(opened) as page:
        page.goto(address)
        page.locator("#chat-input").wait_for()
        chat.picture(page, "welcome_desk")
        chat.drop(page, [world.data / name for name in FILES])
        chat.say(page, MONEY)
        page.get_by_role("button", name="By payout id").click()
        page.get_by_role("button", name="Liability").click()
        approve = page.get_by_role("button", name="Approve and run")
        approve.wait_for()
        chat.picture(page, "plan_desk")
        approve.click()
        with page.expect_download() as download:
            page.get_by_role("link", name="reconciliation.xlsx").click()
        workbook = tmp_path / "reconciliation.xlsx"
        download.value.save_as(workbook)
        assert page.get_by_role("cell", name="€0.00").count() > 0
        assert page.get_by_role("row").filter(has_text="Chargeback the shop does not know").count() == 1
        thread = page.url
        chat.picture(page, "done_desk")
    cells = [
        cell.value for sheet in load_workbook(workbook, data_only=True) for row in sheet.iter_rows() for cell in row
    ]
    assert "Chargeback the shop does not know" in cells
    port = int(thread.rpartition(":")[2].partition("/")[0])
    with chat.serving(place, port=port, log=log) as address, chat.browser() as opened:
        for size in chat.SIZES:
            with chat.page_of(opened, size, dark=size == "tablet") as page:
                page.goto(thread)
                page.get_by_role("heading", name="Where the money goes").wait_for()
                page.get_by_role("link", name="reconciliation.xlsx").wait_for()
                assert page.get_by_role("row").filter(has_text="Chargeback the shop does not know").count() == 1
                # Decided already, so the card offers nothing.
                assert page.get_by_role("button", name="Approve and run").count() == 0
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                chat.picture(page, f"resumed_{size}")
                page.locator(".dr-card").first.scroll_into_view_if_needed()
                chat.picture(page, f"card_{size}")
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_table_of_many_rows_is_sorted_filtered_and_paged_on_the_server(place: Path, tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    rows = "".join(f"{i},{'North' if i % 2 else 'South'},{i / 4:.2f}\n" for i in range(20_000))
    data.write_text("id,region,amount\n" + rows, encoding="utf-8")
    with (
        chat.serving(place, "--data", str(data), log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened, "phone") as page,
    ):
        page.goto(address)
        chat.say(page, "list all id, region and amount of sales")
        table = page.locator(".dr-answer")
        table.get_by_text("20,000 rows").wait_for()
        table.get_by_role("button", name="amount").click()
        table.get_by_role("button", name="amount").click()
        table.get_by_role("cell", name="4,999.75").wait_for()
        table.get_by_label("Find in").select_option("region")
        table.get_by_label("Text to find").fill("south")
        table.get_by_text("10,000 rows of 20,000").wait_for()
        table.get_by_role("button", name="Next page").click()
        table.get_by_text("2 / 400").wait_for()
        chat.picture(page, "table_phone")


def test_a_file_dropped_beside_the_conversation_does_not_take_the_pages_place(place: Path, tmp_path: Path) -> None:
    dropped = """() => {
        const data = new DataTransfer()
        data.items.add(new File(["id\\n1"], "orders.csv"))
        return ["dragover", "drop"].map((kind) => {
            const event = new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data })
            document.body.dispatchEvent(event)
            return event.defaultPrevented
        })
    }"""
    with (
        chat.serving(place, log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.goto(address)
        assert page.evaluate(dropped) == [True, True]


def test_the_page_can_be_used_with_the_keyboard_alone(place: Path, tmp_path: Path) -> None:
    data = tmp_path / "orders.csv"
    data.write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    with (
        chat.serving(place, "--data", str(data), log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened, "tablet") as page,
    ):
        page.goto(address)
        page.locator("#chat-input").wait_for()
        page.locator("#chat-input").focus()
        page.keyboard.insert_text("total amount by region, save it as totals.csv")
        chat.send(page, lambda: page.keyboard.press("Enter"))
        page.get_by_role("button", name="Approve and run").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="totals.csv").wait_for()


def test_all_that_can_be_pressed_or_filled_in_has_a_name_that_is_said_aloud(place: Path, tmp_path: Path) -> None:
    data = tmp_path / "orders.csv"
    data.write_text("id,amount\n" + "".join(f"{number},{number}.50\n" for number in range(40)), encoding="utf-8")
    nameless = """() => [...document.querySelectorAll("button, a, input:not([type=file]), select, [role=button]")]
        .filter((one) => one.checkVisibility() && one.ariaHidden !== "true")
        .filter((one) => !(one.ariaLabel || one.innerText?.trim() || one.labels?.length || one.placeholder || one.title
            || one.querySelector(".sr-only") || one.getAttribute("aria-labelledby")))
        .map((one) => one.outerHTML.slice(0, 200))"""
    with (
        chat.serving(place, "--data", str(data), log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.goto(address)
        page.get_by_role("button", name="Attach files").wait_for()
        assert page.evaluate(nameless) == []
        chat.say(page, "list id and amount of orders")
        page.get_by_role("columnheader", name="amount").wait_for()
        page.get_by_role("navigation", name="Conversations").get_by_text("list id and amount of orders").wait_for()
        page.locator(".modebar-btn").first.wait_for(state="attached")
        assert page.evaluate(nameless) == []
        assert page.get_by_role("button", name="Download plot as a png", include_hidden=True).count() == 1
        assert page.get_by_role("heading", level=1).count() == 1


def test_what_a_pipeline_has_to_say_is_told_while_the_page_is_open(place: Path, tmp_path: Path) -> None:
    data = tmp_path / "orders.csv"
    data.write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    with (
        chat.serving(place, "--data", str(data), log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.goto(address)
        chat.say(page, "how many orders")
        page.get_by_text("order count: 2").wait_for()
        # The one value stands in its sentence, not in a table beside it.
        assert page.locator(".dr-answer").count() == 0
        context = Context(Workspace(place, NOW), "worker")
        notices.add(
            context,
            pipeline="totals",
            kind="failed",
            text="The file orders.csv is not there.",
            hint="Put it back.",
            cause="data",
            run_id=None,
            thread=page.url.rpartition("/")[2],
            now=NOW,
        )
        context.workspace.store.close()
        page.get_by_text("totals: The file orders.csv is not there. Put it back.").wait_for()
        page.reload()
        page.get_by_text("totals: The file orders.csv is not there. Put it back.").wait_for()


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "[click](javascript:alert(1))", "# big *bold*"])
def test_markup_in_what_is_said_or_in_the_data_stays_text(place: Path, tmp_path: Path, text: str) -> None:
    data = tmp_path / "notes.csv"
    data.write_text(f'id,note\n1,"{text}"\n2,plain\n3,other\n', encoding="utf-8")
    with (
        chat.serving(place, "--data", str(data), log=tmp_path / "chat.log") as address,
        chat.browser() as opened,
        chat.page_of(opened) as page,
    ):
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.goto(address)
        chat.say(page, text)
        chat.say(page, "list id and note of notes")
        page.locator(".dr-answer").get_by_role("cell", name=text).wait_for()
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0
