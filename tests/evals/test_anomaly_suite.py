"""The measure of anomalies: windows are hit or not, alarms elsewhere are false, the public series keep their floor."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evals.suites import anomaly
from spec.errors import UsageError

TIMES = [datetime(2026, 1, 1) + timedelta(minutes=30 * n) for n in range(48 * 14)]  # noqa: DTZ001 - as the files have them
VALUES = [10.0 + (n * 7 % 5) for n in range(len(TIMES))]


def test_a_window_with_an_alarm_is_hit_and_an_alarm_elsewhere_is_false() -> None:
    values = list(VALUES)
    values[200], values[500] = 90.0, 95.0
    window = TIMES[190], TIMES[210]
    found = anomaly.judged("made", TIMES, values, [window, (TIMES[300], TIMES[310])])
    assert (found.windows, found.hit, found.false) == (2, 1, 1)
    assert anomaly.judged("made", TIMES, VALUES, [window]).false == 0


def test_the_suite_prints_a_line_a_series_and_tells_what_fell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "anomaly" / "nab"
    (folder / "data" / "made").mkdir(parents=True)
    monkeypatch.setenv("DREFLOW_EVALS", str(tmp_path))
    with pytest.raises(UsageError, match="no series"):
        anomaly.run_suite(tmp_path / "results", io.StringIO())
    spans = [[str(TIMES[190]), str(TIMES[210])]]
    (folder / "windows.json").write_text(json.dumps({"made/one.csv": spans}), "utf-8")

    def write(high: float) -> None:
        rows = [f"{at},{high if n == 200 else value}" for n, (at, value) in enumerate(zip(TIMES, VALUES, strict=True))]
        (folder / "data" / "made" / "one.csv").write_text("\n".join(["timestamp,value", *rows]), "utf-8")

    write(90.0)
    out = io.StringIO()
    assert anomaly.run_suite(tmp_path / "results", out) == 0
    assert "1 of 1 windows hit; 0.0 false alarms a series, at most 0" in out.getvalue()
    write(11.0)
    assert anomaly.run_suite(tmp_path / "results", out) == 1
    assert "worse: made/one.csv" in out.getvalue()


def test_the_public_series_are_judged_as_well_as_they_were(evals_folder: Path) -> None:
    found = list(anomaly.measured(evals_folder / "anomaly" / "nab"))
    assert sum(one.hit for one in found) >= 22
    assert sum(one.false for one in found) <= 1.1 * len(found)
    assert max(one.false for one in found) <= 4
