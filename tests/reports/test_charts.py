"""Every chart on the shelf draws what it is given: nothing, one thing, gaps, long names, ten thousand points."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from report_rows import Made, make

from reports.chart import CHARTS, choose, suggest, unit
from reports.document import ChartFrame
from reports.drawing import NARROW, WIDE, lines, scale, shortened, text_width
from spec.errors import DataError

KINDS = CHARTS.names()
CASES = {
    "empty": "SELECT 'x' AS name, 1.00::DECIMAL(9,2) AS amount WHERE false",
    "only nulls": "SELECT 'x' AS name, NULL::DECIMAL(9,2) AS amount",
    "one row": "SELECT 'Only' AS name, 42.00::DECIMAL(9,2) AS amount",
    "zero": "SELECT 'Zero' AS name, 0.00::DECIMAL(9,2) AS amount",
    "a gap": "SELECT * FROM (VALUES ('a', 1.00::DECIMAL(9,2)), (NULL, NULL), ('c', 3.00)) t(name, amount)",
    "below zero": "SELECT * FROM (VALUES ('a', -1.50::DECIMAL(9,2)), ('b', 2.00), ('c', -3.00)) t(name, amount)",
    "long names": "SELECT repeat('A very long name of a product ', 5) || i AS name, i::DECIMAL(9,2) AS amount "
    "FROM range(1, 5) r(i)",
    "any script": "SELECT * FROM (VALUES ('قميص قطني', 3::DECIMAL(9,2)), ('日本語の商品名', 2), ('🧀 & <b>', 1)) "
    "t(name, amount)",
    "not finite": "SELECT * FROM (VALUES ('a', 'nan'::DOUBLE), ('b', 'inf'::DOUBLE), ('c', 1.5)) t(name, amount)",
    "huge": "SELECT * FROM (VALUES ('a', 1e15::DECIMAL(38,2)), ('b', 1e-2)) t(name, amount)",
    "days": "SELECT DATE '2026-01-01' + i::INTEGER AS name, (i % 7)::DECIMAL(9,2) AS amount FROM range(60) r(i)",
    "ten thousand": "SELECT DATE '2000-01-01' + i::INTEGER AS name, (i * 7919 % 100)::DOUBLE AS amount "
    "FROM range(10000) r(i)",
}


def chart_block(kind: str, **fields: object) -> dict[str, object]:
    return {"kind": "chart", "title": "T", "chart": kind, "from": "t", "x": "name", "y": "amount", **fields}


def frame(made: Made) -> ChartFrame:
    document = made.built()
    found = document.sections[0].blocks[0]
    assert isinstance(found, ChartFrame)
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_sound_in_both_formats_whatever_its_rows(kind: str, case: str, tmp_path: Path) -> None:
    made = make(f"CREATE TABLE t AS {CASES[case]}", chart_block(kind))
    page, book = made.write(tmp_path, "html", "xlsx")
    drawn = re.findall(r"<svg.*?</svg>", page.read_text(encoding="utf-8"), re.DOTALL)
    empty = frame(made).chart.empty
    assert len(drawn) == (0 if empty else 2)
    for picture in drawn:
        root = ET.fromstring(picture)
        width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
        assert width in {WIDE, NARROW}
        assert 20 < height < 3000
        assert "nan" not in picture
        assert "inf" not in picture.replace("<title", "").split("<desc")[0]
        assert {item.tag.rpartition("}")[2] for item in root} >= {"title", "desc"}
    assert page.stat().st_size < 700_000
    assert book.stat().st_size > 5_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_workbook_has_the_chart_as_its_own_and_not_as_a_picture(kind: str, tmp_path: Path) -> None:
    from zipfile import ZipFile

    made = make(f"CREATE TABLE t AS {CASES['long names']}", chart_block(kind))
    (book,) = made.write(tmp_path, "xlsx")
    with ZipFile(book) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 1
        assert not [name for name in parts.namelist() if "media" in name]
        assert "Chart data" in parts.read(charts[0]).decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawing_stays_inside_its_box(
    kind: str,
) -> None:
    made = make(f"CREATE TABLE t AS {CASES['below zero']}", chart_block(kind))
    found = frame(made)
    document = made.built()
    for width in (WIDE, NARROW):
        drawing = unit(found.chart.kind).draw(found.chart, width, document.language)
        root = ET.fromstring(f"<svg>{drawing.body}</svg>")
        for item in root.iter():
            for key, most in (("x", width), ("y", drawing.height), ("x1", width), ("x2", width)):
                if key in item.attrib:
                    assert -0.6 <= float(item.attrib[key]) <= most + 0.6, (item.tag, item.attrib)
            if item.tag == "rect":
                assert float(item.attrib["width"]) >= 0
                assert float(item.attrib["height"]) >= 0


def test_a_ring_with_amounts_below_zero_or_too_many_parts_becomes_bars_and_says_why() -> None:
    below = frame(make(f"CREATE TABLE t AS {CASES['below zero']}", chart_block("pie"))).chart
    assert (below.kind, below.notes) == ("bar", ("Shares need amounts above zero, so these are drawn as bars.",))
    many = frame(make("CREATE TABLE t AS SELECT 'n' || i AS name, 1 AS amount FROM range(20) r(i)", chart_block("pie")))
    assert many.chart.kind == "bar"
    assert len(many.chart.labels) == 20
    assert many.chart.notes[0].startswith("More than 8 parts")


def test_a_column_of_names_splits_one_number_into_series() -> None:
    rows = "(VALUES ('Jan', 'Web', 5), ('Jan', 'Shop', 3), ('Feb', 'Web', 7)) t(name, channel, amount)"
    made = make(f"CREATE TABLE t AS SELECT * FROM {rows}", chart_block("stacked", series="channel"))
    chart = frame(made).chart
    assert {series.name: series.values for series in chart.series} == {"Shop": (None, 3), "Web": (7, 5)}
    assert chart.labels == ("Feb", "Jan")


def test_two_numbers_for_one_place_are_refused_and_not_one_of_them_dropped() -> None:
    rows = "(VALUES ('Jan', 'Web', 5), ('Jan', 'Web', 3)) t(name, channel, amount)"
    with pytest.raises(DataError, match="two rows for name 'Jan' and channel 'Web'"):
        frame(make(f"CREATE TABLE t AS SELECT * FROM {rows}", chart_block("stacked", series="channel")))


def test_first_days_of_months_are_read_as_months() -> None:
    setup = "CREATE TABLE t AS SELECT * FROM (VALUES (DATE '2026-01-01', 1), (DATE '2026-02-01', 2)) t(name, amount)"
    assert frame(make(setup, chart_block("line"))).chart.labels == ("Jan 2026", "Feb 2026")


def test_a_need_gets_the_chart_that_serves_it() -> None:
    from datetime import date

    assert choose("compare", categories=5) == "bar"
    assert choose("share", categories=4) == "pie"
    assert choose("share", categories=30) == "bar"
    assert choose("bridge", categories=8) == "waterfall"
    assert choose("trend", categories=400, series=5) == "line"
    assert suggest([date(2026, 1, day) for day in (1, 2, 3)], series=1) in {"area", "line"}
    assert suggest(["North", "South"], series=1) == "bar"


def test_every_need_is_served_and_every_unit_serves_one() -> None:
    served = {need for name in KINDS for need in unit(name).needs}
    assert served == {"compare", "trend", "composition", "share", "bridge", "headline", "grid"}


def test_steps_of_a_scale_are_round_and_hold_every_number() -> None:
    for numbers in ([0.003, 0.0071], [-12.0, 4875.5], [1e15], [7.0, 7.0], [-3.0, -1.0]):
        made = scale(numbers, 100, 0)
        assert made.low <= min(numbers)
        assert made.high >= max(numbers)
        assert 0 in [round(tick, 12) for tick in made.ticks]
        assert 2 <= len(made.ticks) <= 9
        assert made.at(made.low) == 100
        assert made.at(made.high) == 0


def test_words_are_cut_to_their_room_and_never_beyond() -> None:
    for text in ("Short", "A very long label of a product", "日本語の商品名はとても長い", "W" * 80):
        assert text_width(shortened(text, 90)) <= 90
        assert len(lines(text, 90)) <= 2
    assert shortened("Short", 90) == "Short"
    assert shortened("A very long label of a product", 90).endswith("…")


def test_a_heatmap_leaves_a_cell_without_a_number_empty_and_colours_the_workbook(tmp_path: Path) -> None:
    from zipfile import ZipFile

    rows = "SELECT * FROM (VALUES ('Jan', 0, 1.0), ('Jan', 1, 0.25), ('Feb', 0, 1.0)) t(name, since, amount)"
    made = make(f"CREATE TABLE t AS {rows}", chart_block("heatmap", series="since", format="percent"))
    page, book = made.write(tmp_path, "html", "xlsx")
    (drawn, _) = re.findall(r"<svg.*?</svg>", page.read_text(encoding="utf-8"), re.DOTALL)
    filled = [float(part) for part in re.findall(r'fill-opacity="([0-9.]+)"', drawn)]
    assert len(filled) == 3
    assert max(filled) == filled[0] > min(filled) > 0
    with ZipFile(book) as parts:
        assert any(b"colorScale" in parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)
