"""The page: one file, no request, nothing from the data but text, readable by eye, by ear and on paper."""

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_rows import DIGEST, FAILED, Made, make, meta_of, reconciliation

from reports.formats.html import page as whole
from reports.provenance import figure_provenance
from reports.values import UNWRITABLE
from spec.run import CheckResult, Quarantined

HOSTILE = "\"><script>alert('x')</script><img src=https://evil.example/x.png onerror=alert(x)></style></title>&amp;"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Elements with their attributes, the text, and whether every element was closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.crossed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


def page(made: Made, folder: Path) -> Page:
    return Page(made.write(folder, "html")[0].read_text(encoding="utf-8"))


def test_every_element_is_closed_and_every_address_is_there_once(tmp_path: Path) -> None:
    found = page(reconciliation(), tmp_path)
    assert found.crossed == []
    assert found.open == []
    ids = found.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in found.elements:
        for key in ("aria-labelledby", "aria-describedby", "popovertarget"):
            if attributes.get(key):
                assert attributes[key] in ids
        if (attributes.get("href") or "").startswith("#"):
            assert str(attributes["href"])[1:] in ids


def test_nothing_is_fetched_from_anywhere_and_no_script_runs(tmp_path: Path) -> None:
    made = reconciliation()
    text = made.write(tmp_path, "html")[0].read_text(encoding="utf-8")
    found = Page(text)
    policy = next(a["content"] for t, a in found.elements if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for tag, attributes in found.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"}
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
        assert "src" not in attributes
        if tag == "script":
            assert attributes.get("type") == "application/json"
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)


def test_whatever_the_data_and_the_spec_hold_appears_as_literal_text(tmp_path: Path) -> None:
    quoted = HOSTILE.replace("'", "''")
    setup = f"CREATE TABLE t AS SELECT '{quoted}' AS name, 1.00::DECIMAL(9,2) AS amount"
    value = {"from": "t", "value": "max(name)", "format": "text"}
    blocks: list[dict[str, object]] = [
        {"kind": "text", "text": HOSTILE + " {x}", "figures": {"x": value}},
        {"kind": "tiles", "figures": {HOSTILE: value}},
        {"kind": "chart", "chart": "bar", "title": HOSTILE, "from": "t", "x": "name", "y": "amount"},
        {"kind": "chart", "chart": "pie", "title": HOSTILE, "from": "t", "x": "name", "y": "amount"},
        {"kind": "table", "title": HOSTILE, "from": "t", "columns": [{"name": "name", "label": HOSTILE}]},
        {"kind": "table", "title": "none", "from": "none", "empty": HOSTILE},
    ]
    check = CheckResult(
        check="unique", on=HOSTILE, severity="block", passed=False, expected=HOSTILE, found=HOSTILE, detail=HOSTILE
    )
    meta = meta_of([check], [Quarantined(table=HOSTILE, rows=1, reason=HOSTILE)])
    setup += "; CREATE TABLE none AS SELECT 1 AS n WHERE false"
    made = make(setup, *blocks, meta=meta, title=HOSTILE, subtitle=HOSTILE)
    found = page(made, tmp_path)
    tags = {tag for tag, _ in found.elements}
    assert "img" not in tags
    assert [a.get("type") for t, a in found.elements if t == "script"] == ["application/json"]
    assert found.crossed == []
    assert found.text.count(HOSTILE) >= 12
    origin = figure_provenance(tmp_path / "report.html", next(iter(made.built().origins)))
    assert origin.value == HOSTILE


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), min_size=1, max_size=5)
)
@settings(max_examples=25)
def test_any_value_is_on_the_page_as_it_is(values: list[str]) -> None:
    listed = ", ".join("('" + value.replace("'", "''") + "')" for value in values)
    made = make(f"CREATE TABLE t AS SELECT name FROM (VALUES {listed}) v(name)", {"kind": "table", "from": "t"})
    found = Page(whole(made.built()))
    assert found.crossed == []
    for value in values:
        assert UNWRITABLE.sub("\ufffd", value) in UNWRITABLE.sub("\ufffd", "".join(found.words))


def test_a_page_has_its_landmarks_one_heading_one_and_table_heads_with_their_scope(tmp_path: Path) -> None:
    found = page(reconciliation(), tmp_path)
    tags = [tag for tag, _ in found.elements]
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    assert tags.count("h1") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in found.elements if tag == "th")
    for tag, attributes in found.elements:
        if attributes.get("role") == "region":
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-labelledby"]
            assert attributes["aria-describedby"]


def test_a_chart_is_also_a_table(tmp_path: Path) -> None:
    text = reconciliation().write(tmp_path, "html")[0].read_text(encoding="utf-8")
    details = re.findall(r"<details>.*?</details>", text, re.DOTALL)[0]
    assert "Shopify sales" in details
    assert "€48,211.90" in details
    assert "Wire fee" in details


def test_the_footing_stands_on_the_page_and_on_every_printed_sheet(tmp_path: Path) -> None:
    text = reconciliation().write(tmp_path, "html")[0].read_text(encoding="utf-8")
    footing = "computed without a model · spec 3f9a1c0d5e7b · data as of 5 Oct 2026, 00:30 (Europe/Rome)"
    assert f'<span title="{DIGEST}">{footing}</span>' in text
    assert f'@bottom-left {{ content: "{footing}";' in text


def test_a_failed_check_is_told_in_words_above_everything_else(tmp_path: Path) -> None:
    found = page(reconciliation(meta_of([FAILED])), tmp_path)
    assert found.text.index("Not every check passed. Data as of 5 Oct 2026, 00:30") < found.text.index("Of €48,211.90")
    assert (
        "Sales to deposits: two totals agree – expected 40126.72, found 40111.72. One deposit is short by 15.00."
        in found.text
    )
    assert ("div", {"class": "notice bad", "role": "alert"}) in found.elements
    warned = page(reconciliation(meta_of([FAILED.model_copy(update={"severity": "warn"})])), tmp_path)
    assert ("div", {"class": "notice warn", "role": "alert"}) in warned.elements


def test_rows_that_were_set_aside_are_counted(tmp_path: Path) -> None:
    meta = meta_of(quarantined=[Quarantined(table="orders", rows=3, reason="not a date: paid_at")])
    assert "3 rows of orders were set aside: not a date: paid_at" in page(reconciliation(meta), tmp_path).text


def test_a_long_table_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    block = {"kind": "table", "from": "t", "limit": 50, "columns": [{"name": "n", "total": True}]}
    found = page(make("CREATE TABLE t AS SELECT i AS n FROM range(10000) r(i)", block), tmp_path)
    assert "50 of 10,000 rows are shown; all 10,000 rows are in the workbook." in found.text
    assert sum(tag == "tr" for tag, _ in found.elements) < 60
    assert "49,995,000" in found.text


def test_an_empty_table_says_so_in_a_sentence(tmp_path: Path) -> None:
    block = {"kind": "table", "from": "t", "empty": "No payouts this week."}
    found = page(make("CREATE TABLE t AS SELECT 1 AS n WHERE false", block), tmp_path)
    assert "No payouts this week." in found.text
    assert "table" not in {tag for tag, _ in found.elements}


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (reconciliation().write(tmp_path / name, "html")[0].read_bytes() for name in ("a", "b"))
    assert first == second
    later = meta_of(reconciliation().meta.checks)
    assert reconciliation(later).write(tmp_path / "c", "html")[0].read_bytes() == first


def test_each_figure_leads_to_where_it_comes_from(tmp_path: Path) -> None:
    found = page(reconciliation(), tmp_path)
    buttons = {a["id"]: a for t, a in found.elements if t == "button"}
    fees = buttons["summary-stripe-fees"]
    assert fees["popovertarget"] == "from--summary-stripe-fees"
    assert fees["title"] == "sum(amount) over 1 row of Sales to deposits where item = 'Stripe fees'"
    assert "payouts-total-gross" in buttons
    assert all(a["type"] == "button" for a in buttons.values())


def test_the_page_speaks_the_language_that_the_report_asks_for(tmp_path: Path) -> None:
    found = page(reconciliation(language="it"), tmp_path)
    assert ("html", {"lang": "it"}) in found.elements
    assert "1.512,67 €" in found.text
    assert "calcolato senza modello" in found.text


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_contrast_aa_and_marks_have_that_of_graphics(scheme: int, tmp_path: Path) -> None:
    text = reconciliation().write(tmp_path, "html")[0].read_text(encoding="utf-8")
    blocks = re.findall(r":root \{([^}]*--paper[^}]*)\}", text)
    assert len(blocks) == 3
    colours = {
        name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", blocks[scheme])
    }
    for ground in ("paper", "sheet", "band"):
        for ink in ("ink", "ink-2"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink, ground in (("bad", "bad-wash"), ("warn", "warn-wash"), ("good", "paper"), ("accent", "paper")):
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for mark in ("s0", "s2", "s3", "s4", "s5", "s6", "s7", "up", "down", "sum"):
        assert contrast(colours[mark], colours["sheet"]) >= 3, mark


def test_provenance_in_the_page_is_plain_json(tmp_path: Path) -> None:
    text = reconciliation().write(tmp_path, "html")[0].read_text(encoding="utf-8")
    lines = re.search(r'<script type="application/json" id="provenance">\n(.*?)\n</script>', text, re.DOTALL)
    assert lines is not None
    first = json.loads(lines[1].splitlines()[0])
    assert first["figure"] == "summary-sales"
    assert first["version"] == 1


def test_characters_no_page_can_hold_are_replaced(tmp_path: Path) -> None:
    setup = "CREATE TABLE t AS SELECT 'a' || chr(1) || chr(0) || 'b' AS name"
    text = make(setup, {"kind": "table", "from": "t"}).write(tmp_path, "html")[0].read_text(encoding="utf-8")
    assert "a\ufffd\ufffdb" in text
    assert not set(text) & set(map(chr, [*range(9), 11, 12, *range(14, 32)]))


def test_a_browser_prints_it_with_the_footing_on_each_sheet(program: Callable[[str], str], tmp_path: Path) -> None:
    chromium, pdftotext = program("chromium"), program("pdftotext")
    block = {"kind": "table", "from": "t", "limit": 120}
    made = make("CREATE TABLE t AS SELECT i AS n, 'Row ' || i AS name FROM range(120) r(i)", block)
    (written,) = made.write(tmp_path, "html")
    printed = tmp_path / "page.pdf"
    flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / 'p'}")
    subprocess.run(
        [chromium, *flags, "--no-pdf-header-footer", f"--print-to-pdf={printed}", written.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = subprocess.run([pdftotext, "-layout", printed, "-"], check=True, capture_output=True, text=True).stdout
    sheets = text.split("\f")[:-1]
    assert len(sheets) >= 3
    for number, sheet in enumerate(sheets, start=1):
        assert "computed without a model · spec 3f9a1c0d5e7b · data as of 5 Oct 2026, 00:30 (Europe/Rome)" in sheet
        assert f"Page {number} of {len(sheets)}" in sheet


def test_the_clock_of_the_run_is_the_only_clock(tmp_path: Path) -> None:
    today = datetime.now(UTC)
    text = reconciliation().write(tmp_path, "html")[0].read_text(encoding="utf-8")
    assert f"{today.day} {today:%b %Y}" not in text
