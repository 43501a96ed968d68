"""Plans in words, steps' documentation, differences between plans, and the state of health."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.workspace import Workspace
from pipelines.contract import CHECKS, TRANSFORMS
from spec.errors import SpecError
from tools import health, specs, steps
from tools.approvals import approve
from tools.context import Context
from tools.explain import explained
from tools.plans import compiled

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SPEC = """
version: 1
name: totals
title: Sales by region
request: sales by region
sources:
  orders: {location: orders.csv, columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)'}, primary_key: id}
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: region, measures: {total: sum(total), n: count(*)}}
checks:
  - {check: not_null, on: by_region, columns: region}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "orders.csv").write_text(
        "id,region,total\n1,North,10.50\n2,South,1.25\n3,North,2.00\n", encoding="utf-8"
    )
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def test_an_explanation_says_where_each_column_comes_from(context: Context, tmp_path: Path) -> None:
    told = explained(compiled(context, tmp_path / "totals.yaml", now=NOW))
    assert told.title == "Sales by region"
    [result] = told.results
    assert result.target == "totals.csv"
    assert [(name, origin) for name, _, origin in result.columns] == [
        ("region", "orders.region"),
        ("total", "orders.total"),
        ("n", "computed"),
    ]
    assert any("not null on by_region" in promise for promise in told.promises)
    assert any("primary key on orders" in promise for promise in told.promises)


def test_every_step_and_check_has_a_page_with_a_summary() -> None:
    pages = steps.listed()
    assert {page.name for page in pages} == {*TRANSFORMS.names(), *CHECKS.names()}
    for page in pages:
        assert page.summary, page.name
        shown = steps.shown(page.name)
        assert shown.example, page.name
        assert all(parameter.type for parameter in shown.parameters), page.name


def test_a_search_finds_steps_by_what_they_do() -> None:
    assert steps.found("duplicates")[0].name == "dedupe"
    assert "join" in {page.name for page in steps.found("join keys")}
    assert steps.found("weather radar") == []


def test_an_unknown_step_is_met_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="aggregate"):
        steps.shown("agregate")


def test_a_difference_is_told_in_words_and_in_numbers(context: Context, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    changed = SPEC.replace("location: orders.csv", "location: ../orders.csv").replace(
        "total: sum(total)", "total: max(total)"
    )
    (tmp_path / "new" / "totals.yaml").write_text(changed, encoding="utf-8")
    found = specs.difference(context, tmp_path / "totals.yaml", tmp_path / "new" / "totals.yaml", now=NOW, numbers=True)
    assert any("max(total)" in change.text for change in found.changes)
    assert found.impact is not None
    assert found.impact[0].sums["total"] == ("13.75", "11.75")


def test_plans_that_mean_the_same_have_no_difference(context: Context, tmp_path: Path) -> None:
    same = tmp_path / "same.yaml"
    same.write_text(SPEC + "layout: {by_region: [1, 2]}\n", encoding="utf-8")
    assert specs.difference(context, tmp_path / "totals.yaml", same, now=NOW, numbers=True).changes == []


def test_an_approval_is_written_to_the_trail_with_both_names(context: Context, tmp_path: Path) -> None:
    job = compiled(context, tmp_path / "totals.yaml", now=NOW)
    approve(context, job.spec, job.effects, approved_by="Ada Lovelace", now=NOW)
    [entry] = context.workspace.store.audit_trail()
    assert (entry.principal, entry.action, entry.subject) == ("ada", "approve", job.digest)
    assert entry.detail["approved_by"] == "Ada Lovelace"


def test_a_healthy_workspace_is_well(context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    findings = {finding.what: finding for finding in health.examined(context)}
    assert all(finding.well for finding in findings.values()), findings


def test_a_tampered_trail_is_reported_and_hides_no_other_finding(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    store = context.workspace.store
    store.record("ada", "approve", "a", {}, NOW)
    store.database.write("DROP TRIGGER audit_trail_no_update", {})
    store.database.write("UPDATE audit_trail SET principal = 'eve'", {})
    findings = {finding.what: finding for finding in health.examined(context)}
    assert not findings["Audit trail"].well
    assert findings["Python"].well
