"""How clean a file is, as a person asks for it: profile, joins, rules, score, and a plan that repairs and proves."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dirty_tables import customers

from integrations.cli.app import main
from memory.workspace import Workspace
from pipelines.quality.profile import profile_table
from pipelines.quality.rules import pattern_of
from spec.codec import digest, load_spec
from spec.errors import SpecError, UsageError
from tools.context import Context
from tools.data import open_data
from tools.quality import TableQuality, cleaning_plan, quality
from tools.runs import run_spec

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def write(file: Path, names: list[str], rows: list[list[str]]) -> str:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([names, *rows])
    return str(file)


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """Two tables: products, and orders that point at them."""
    products = [[f"P{n:03}", f"thing {n}", ["wood", "glass"][n % 2], f"{n + 1}.50"] for n in range(40)]
    orders = [[str(n), f"P{n % 40:03}", f"ann{n}@x.example", str(n % 5), "" if n == 7 else "paid"] for n in range(400)]
    return [
        write(tmp_path / "products.csv", ["code", "title", "kind", "price"], products),
        write(tmp_path / "orders.csv", ["id", "product_code", "email", "rate_percent", "status"], orders),
    ]


def one(found: list[TableQuality], name: str) -> TableQuality:
    return next(table for table in found if table.name == name)


def test_a_profile_tells_types_empty_and_different_values_forms_and_keys(context: Context, shop: list[str]) -> None:
    orders = one(quality(context, shop), "orders").profile
    assert (orders.rows, orders.looked, orders.repeated, orders.is_sample) == (400, 400, 0, False)
    assert orders.keys[0] == ("id",)
    status, rate, email, code = (orders.column(n) for n in ("status", "rate_percent", "email", "product_code"))
    assert (status.empty, status.distinct, status.top[0].text, status.top[0].rows) == (1, 1, "paid", 399)
    assert (rate.least, rate.greatest, rate.mean, rate.quartiles) == ("0", "4", 2.0, (1.0, 2.0, 3.0))
    assert (email.personal, email.is_unique) == ("email", True)
    assert [(form.text, form.rows) for form in code.forms] == [("A999", 400)]


def test_columns_that_point_at_another_table_are_found_by_their_values(context: Context, shop: list[str]) -> None:
    (join,) = one(quality(context, shop), "orders").joins
    assert (join.column, join.to, join.references, join.share) == ("product_code", "products", "code", 1.0)


def test_rules_are_checks_as_they_stand_in_a_spec_with_reason_and_evidence(context: Context, shop: list[str]) -> None:
    found = quality(context, shop)
    rules = {
        (str(rule.check["check"]), str(rule.check.get("column", rule.check.get("columns")))): rule
        for rule in one(found, "orders").rules
    }
    assert rules["unique", "['id']"].check == {"check": "unique", "on": "orders", "columns": ["id"]}
    assert rules["not_null", "status"].check["severity"] == "warn"
    assert rules["not_null", "status"].evidence == "1 of 400 are empty"
    assert rules["range", "rate_percent"].check["max"] == 100
    assert rules["format", "product_code"].check["pattern"] == r"\p{Lu}+[0-9][0-9][0-9]"
    assert rules["foreign_key", "product_code"].check["to"] == "products"
    kinds = [rule for rule in one(found, "products").rules if rule.check["check"] == "accepted_values"]
    assert [rule.check["values"] for rule in kinds] == [["glass", "wood"]]
    assert all(rule.reason and rule.evidence for table in found for rule in table.rules)


def test_every_suggested_rule_holds_on_the_data_it_was_suggested_from(
    context: Context, shop: list[str], tmp_path: Path
) -> None:
    found = quality(context, shop)
    with open_data(shop, context) as data:
        sources = {name: source.model_dump(mode="json", exclude_defaults=True) for name, source in data.sources.items()}
    checks = [rule.check for table in found for rule in table.rules]
    spec = tmp_path / "spec.json"
    outputs = [{"file": "orders_out.csv", "from": "orders"}]
    spec.write_text(json.dumps({"name": "rules", "sources": sources, "checks": checks, "outputs": outputs}), "utf-8")
    result = run_spec(context, load_spec(spec), tmp_path, now=NOW, out=tmp_path / "out")
    failed = {(check.check, check.severity) for check in result.checks if not check.passed}
    assert result.status == "succeeded"
    assert failed == {("not_null", "warn")}


def test_the_score_falls_with_what_is_wrong_and_says_with_what(context: Context, tmp_path: Path) -> None:
    table = customers(7, 600)
    clean = one(quality(context, [write(tmp_path / "clean.csv", table.names, table.clean)]), "clean").score
    dirty = one(quality(context, [write(tmp_path / "dirty.csv", table.names, table.dirty)]), "dirty").score
    twice = [*table.clean, *table.clean[:300]]
    repeated = one(quality(context, [write(tmp_path / "twice.csv", table.names, twice)]), "twice").score
    assert clean.points == 100.0
    assert dirty.points < 95
    assert dirty.deductions[0].what == "wrong cells"
    assert {"rows that repeat", "no key"} <= {part.what for part in repeated.deductions}
    assert round(100 - sum(part.points for part in dirty.deductions), 1) == dirty.points


def test_a_big_table_is_looked_at_in_part_and_its_key_is_proven_on_all_of_it(context: Context, tmp_path: Path) -> None:
    rows = [[str(n), str(n % 7)] for n in range(3000)]
    rows[2999][0] = "5"
    with open_data([write(tmp_path / "big.csv", ["nr", "kind"], rows)], context) as data:
        found = profile_table(data.tuples, data.catalog.tables[0], most_rows=500)
        again = profile_table(data.tuples, data.catalog.tables[0], most_rows=500)
    assert found == again
    assert found.is_sample
    assert 300 < found.looked < 900
    assert ("nr",) not in found.keys


def test_the_order_of_rows_changes_neither_profile_nor_cells(context: Context, tmp_path: Path) -> None:
    table = customers(9, 400)
    shuffled = list(table.dirty)
    random.Random(4).shuffle(shuffled)
    (first,) = quality(context, [write(tmp_path / "a_file.csv", table.names, table.dirty)])
    (tmp_path / "a_file.csv").unlink()
    (second,) = quality(context, [write(tmp_path / "a_file.csv", table.names, shuffled)])
    assert first == second


def test_a_cleaning_plan_holds_its_repairs_and_gives_the_cleaner_table(context: Context, tmp_path: Path) -> None:
    table = customers(7, 600)
    file = write(tmp_path / "people.csv", table.names, table.dirty)
    spec, found = cleaning_plan(context, [file])
    result = run_spec(context, spec, tmp_path, now=NOW, out=tmp_path / "out")
    assert result.status == "succeeded", result.message
    with (tmp_path / "out" / "people_clean.csv").open(encoding="utf-8", newline="") as opened:
        names, *rows = csv.reader(opened)
    assert names == table.names
    by_id = {row[0]: row for row in rows}
    left = sum(by_id[row[0]] != row for row in table.clean)
    before = sum(a != b for a, b in zip(table.dirty, table.clean, strict=True))
    assert left < before / 3
    listed = {(row[0], row[1]) for row in spec.tables["repairs"].rows}
    dirty = {row[0]: row for row in table.dirty}
    changed = {(key, names[p]) for key, row in by_id.items() for p in range(len(names)) if row[p] != dirty[key][p]}
    assert changed == listed
    assert len(listed) == sum(cell.proposed is not None for cell in found.cells)


def test_a_higher_bound_repairs_less_and_the_plan_has_another_digest(context: Context, tmp_path: Path) -> None:
    table = customers(7, 400)
    file = write(tmp_path / "people.csv", table.names, table.dirty)
    loose, strict = (cleaning_plan(context, [file], at_least=bound)[0] for bound in (0.5, 0.9))
    assert len(strict.tables["repairs"].rows) < len(loose.tables["repairs"].rows)
    assert digest(strict) != digest(loose)


def test_rows_without_a_key_are_found_by_all_they_hold(context: Context, tmp_path: Path) -> None:
    rows = [["Milano" if n % 2 else "Torino", str(n % 3)] for n in range(90)]
    rows[5][0] = "Mialno"
    spec, found = cleaning_plan(context, [write(tmp_path / "towns.csv", ["town", "grade"], rows)])
    assert found.key == ("town", "grade")
    run_spec(context, spec, tmp_path, now=NOW, out=tmp_path / "out")
    written = (tmp_path / "out" / "towns_clean.csv").read_text("utf-8")
    assert "Mialno" not in written
    assert written.count("Milano") == 45


def test_several_tables_or_an_unknown_one_are_asked_about(context: Context, shop: list[str]) -> None:
    with pytest.raises(UsageError, match="2 tables"):
        cleaning_plan(context, shop)
    with pytest.raises(SpecError, match="ordrs"):
        quality(context, shop, table="ordrs")


def test_a_secret_is_counted_and_never_shown(context: Context, tmp_path: Path) -> None:
    rows = [[str(n), f"sentinel-{n}"] for n in range(30)]
    (found,) = quality(context, [write(tmp_path / "logins.csv", ["id", "password"], rows)])
    assert found.profile.column("password").personal == "secret"
    assert "sentinel-" not in json.dumps(found.to_json()["profile"])


def test_the_shell_profiles_and_cleans(
    shop: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["profile", *shop]) == 0
    shown = capsys.readouterr().out
    assert "Score 100 of 100" in shown
    assert "product_code points at products.code (100.0%)" in shown
    assert main(["profile", shop[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"][0]["score"]["points"] == 100.0
    table = customers(7, 300)
    file = write(tmp_path / "people.csv", table.names, table.dirty)
    assert main(["clean", file, "-o", "clean.yaml", "--cells", "cells.csv"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert load_spec(tmp_path / "clean.yaml").steps[0].use == "repair"
    assert (tmp_path / "cells.csv").read_text("utf-8").startswith("id,column,value,proposed,reason,confidence\n")
    assert main(["clean", file, "--at-least", "2"]) == 2


def test_a_form_becomes_a_pattern_of_whole_values() -> None:
    assert pattern_of("A-99 a.") == r"\p{Lu}+\-[0-9][0-9]\ \p{Ll}+\."
    assert pattern_of("9+") == "[0-9]{5,}"
