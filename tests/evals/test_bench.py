"""The benches themselves: what they measure runs, and the full sizes are held to their bounds by ``make bench``."""

from pathlib import Path

import pytest
import servers

from evals.bench import __main__ as bench
from evals.bench import chat
from evals.bench.benches import Bound


def test_each_bench_measures_both_sides_at_a_small_size(tmp_path: Path) -> None:
    found = bench.measured(["csv", "api", "merge"], folder=tmp_path, scale=0.0005, repeats=1, postgres=None)
    assert [bound.name for bound in found] == [
        "csv to table", "csv to table: digest", "csv to table: memory",
        "api to tables", "api to tables: memory",
        "api with latency: 4 pages at once", "api with latency: one page after the other", "merge",
    ]  # fmt: skip
    assert found[0].value > 0
    assert found[2].value < 1024


def test_the_chat_is_measured_over_http_with_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chat, "CHATS", 4)
    monkeypatch.setattr(chat, "RUNS", 1)
    monkeypatch.setattr(chat, "EVERY", 0.5)
    found = bench.measured(["chat"], folder=tmp_path, scale=0.001, repeats=1, postgres=None, chat_seconds=3)
    assert [bound.name for bound in found] == [
        "chat: start", "chat: first reply", "chat: answer", "chat: many", "chat: errors", "chat: memory",
    ]  # fmt: skip
    figures = {bound.name: bound for bound in found}
    assert figures["chat: errors"].value == 0, capsys.readouterr().err
    assert figures["chat: many"].details["runs"] == 1
    assert figures["chat: many"].details["answers"] >= 4


def test_silence_holds_no_bound() -> None:
    assert chat.middle([]) == chat.slow([1.0]) == float("inf")


def test_a_figure_that_is_not_held_is_told_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = bench.table([Bound("a", 1.0, 1.5, "x", "one / other"), Bound("b", 2.0, 1.5, "x", "one / other")], 1.0)
    assert "| a | 1.00 x | 1.5 x | yes | one / other |" in text
    assert "| b | 2.00 x | 1.5 x | **no** | one / other |" in text
    monkeypatch.setattr(bench, "RECORD", tmp_path / "benchmarks.md")
    bench.record(text)
    bench.record(text)
    recorded = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert recorded.startswith("# Benchmarks")
    assert recorded.count("| a | 1.00 x") == 2


@pytest.mark.bench
def test_every_bound_is_held_at_full_size(tmp_path: Path, postgres_server: servers.Server) -> None:
    with servers.postgres_database(postgres_server) as url:
        found = bench.measured(bench.NAMES, folder=tmp_path, scale=1.0, repeats=3, postgres=url)
    text = bench.table(found, 1.0)
    print(text)
    bench.record(text)
    assert [bound.name for bound in found if not bound.held] == []
