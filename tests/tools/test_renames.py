"""A run that meets other columns: what it asks, what an answer changes, and what is never done by itself."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from memory.workspace import Workspace
from spec.codec import digest, load_spec, parse_spec, to_yaml
from spec.errors import ApprovalNeededError, SpecError, UsageError
from spec.run import RunResult
from tools import approvals, plans, renames, runs
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SPEC = """
version: 1
name: stock
sources:
  goods:
    location: goods.csv
    columns: {code: VARCHAR, Quantity: BIGINT, price: 'DECIMAL(18,2)'}
    primary_key: code
steps:
  - {id: worth, use: derive, from: goods, columns: {total: '"Quantity" * price'}}
outputs:
  - {file: worth.csv, from: worth}
"""
GOODS = "code,Quantity,price\nA,5,1.00\nB,7,2.50\nC,12,0.75\n"
RENAMED = GOODS.replace("Quantity", "Qty Ord.").replace("B,7", "B,8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "goods.csv").write_text(GOODS, encoding="utf-8")
    (tmp_path / "stock.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


@pytest.fixture
def context(shop: Path) -> Context:
    return Context(Workspace(shop / ".dreflow", NOW), "ada")


def ran(context: Context, shop: Path, goods: str | None = None, *, spec: str = "", data: str = "") -> RunResult:
    if goods is not None:
        (shop / (data or "goods.csv")).write_text(goods, encoding="utf-8")
    if spec:
        (shop / "stock.yaml").write_text(spec, encoding="utf-8")
    given = [str(shop / data)] if data else []
    return runs.run(context, shop / "stock.yaml", now=NOW, out=shop / "out", data=given)


def asked(result: RunResult) -> renames.Asked:
    found = renames.asked_of(result)
    assert found is not None, result.error
    return found


def answered(context: Context, shop: Path, result: RunResult, said: str = "yes") -> renames.Amended:
    found = renames.answer(context, result.run_id, said, now=NOW)
    assert found is not None
    (shop / "stock.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    return found


def test_a_rename_is_asked_with_its_evidence_and_nothing_is_published(context: Context, shop: Path) -> None:
    assert ran(context, shop).status == "succeeded"
    published = (shop / "out" / "worth.csv").read_text(encoding="utf-8")
    result = ran(context, shop, RENAMED)
    assert (result.status, (result.error or {})["kind"]) == ("failed", "drift")
    question = asked(result)
    for words in (
        "goods has no column 'Quantity' any more, but a new one, 'Qty Ord.'",
        "it stands in the same place",
        "its name is alike",
        "all 3 of its values are whole numbers",
        "from 5 to 12, where they were from 5 to 12",
        "2 of the 3 rows that were there before have the same value",
    ):
        assert words in question.text
    assert [option.value for option in question.options] == ["yes", "no"]
    assert (shop / "out" / "worth.csv").read_text(encoding="utf-8") == published
    kept = context.workspace.store.get(result.run_id)
    assert kept is not None
    assert kept.result is not None
    assert asked(kept.result) == question


def test_the_answer_is_another_spec_that_reads_both_names(context: Context, shop: Path) -> None:
    before = load_spec(shop / "stock.yaml")
    found = answered(context, shop, ran(context, shop, RENAMED))
    assert digest(found.spec) != digest(before)
    assert found.changes == ("The source 'goods': known_as is now Quantity 'Qty Ord.'.",)
    assert all(check.passed for check in found.proof.checks)
    assert digest(load_spec(shop / "stock.yaml")) == digest(found.spec)
    for goods in (RENAMED, GOODS, RENAMED):
        assert ran(context, shop, goods).status == "succeeded"
    assert "B,8,2.50,20.00" in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_no_leaves_the_plan_as_it_is(context: Context, shop: Path) -> None:
    result = ran(context, shop, RENAMED)
    assert renames.answer(context, result.run_id, "No, leave the plan as it is", now=NOW) is None
    assert ran(context, shop).status == "failed"
    with pytest.raises(UsageError, match="none of the answers"):
        renames.answer(context, result.run_id, "perhaps", now=NOW)


def test_a_run_that_asks_nothing_has_nothing_to_answer(context: Context, shop: Path) -> None:
    with pytest.raises(UsageError, match="asks nothing"):
        renames.answer(context, ran(context, shop).run_id, "yes", now=NOW)


def test_a_new_column_is_part_of_the_same_question_and_known_afterwards(context: Context, shop: Path) -> None:
    more = RENAMED.replace("price", "price,Origin").replace("\n", ",IT\n").replace("Origin,IT", "Origin")
    result = ran(context, shop, more)
    assert "The column 'Origin' is new." in asked(result).text
    assert "leave out 'Origin'" in asked(result).options[0].label
    found = answered(context, shop, result)
    assert found.spec.sources["goods"].left_out == ("Origin",)
    assert ran(context, shop, more).status == "succeeded"
    assert "Origin" not in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_new_column_alone_is_asked_about_where_the_policy_says_so(context: Context, shop: Path) -> None:
    result = ran(context, shop, GOODS.replace("price", "price,Origin").replace("0\n", "0,IT\n").replace("5\n", "5,\n"))
    assert asked(result).text == "The column 'Origin' is new. Shall it be left out from now on?"
    answered(context, shop, result)
    assert ran(context, shop).status == "succeeded"


def test_with_evolve_a_new_column_is_told_and_not_used(context: Context, shop: Path) -> None:
    spec = SPEC.replace("    primary_key", "    drift: evolve\n    primary_key")
    result = ran(context, shop, "code,Quantity,price,Origin\nA,5,1.00,IT\n", spec=spec)
    assert result.status == "succeeded"
    assert result.notes == ("goods: New columns were left out: Origin.",)


def test_with_freeze_nothing_is_asked(context: Context, shop: Path) -> None:
    result = ran(context, shop, RENAMED, spec=SPEC.replace("    primary_key", "    drift: freeze\n    primary_key"))
    assert result.status == "failed"
    assert renames.asked_of(result) is None


def test_a_column_that_is_gone_is_asked_about_and_stays_with_nothing_in_it(context: Context, shop: Path) -> None:
    assert ran(context, shop).status == "succeeded"
    gone = "code,price\nA,1.00\nB,2.50\n"
    result = ran(context, shop, gone)
    question = asked(result)
    assert "goods has no column 'Quantity' any more; 3 of 3 rows had a value there the last time" in question.text
    assert "It goes into 'worth'." in question.text
    assert [option.value for option in question.options] == ["yes", "no"], "the plan computes with it"
    assert question.options[0].label == "Yes, leave empty 'Quantity'"
    found = answered(context, shop, result)
    assert found.changes == ("The source 'goods': empty is now 'Quantity'.",)
    done = ran(context, shop, gone)
    assert done.status == "succeeded", done.message
    assert done.notes == ("goods: Nothing is in Quantity, as agreed: the source no longer has it.",)
    assert "A,,1.00," in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_column_that_comes_back_is_asked_about_and_read_again(context: Context, shop: Path) -> None:
    answered(context, shop, ran(context, shop, "code,price\nA,1.00\n"))
    result = ran(context, shop, GOODS)
    assert "goods has the column 'Quantity' again." in asked(result).text
    assert answered(context, shop, result).spec.sources["goods"] == parse_spec(SPEC).sources["goods"]
    assert ran(context, shop).status == "succeeded"
    assert "A,5,1.00,5.00" in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_column_that_nothing_computes_with_may_leave_the_plan_or_stay_empty(context: Context, shop: Path) -> None:
    spec = SPEC.replace("columns: {code: VARCHAR", "columns: {colour: VARCHAR, code: VARCHAR")
    colours = "code,Quantity,price,colour\nA,5,1.00,red\nB,7,2.50,blue\n"
    assert ran(context, shop, colours, spec=spec).status == "succeeded"
    result = ran(context, shop, GOODS)
    assert [(one.value, one.label) for one in asked(result).options] == [
        ("yes", "Yes, take out of the plan 'colour'"),
        ("empty", "Yes, but leave empty 'colour'"),
        ("no", "No, leave the plan as it is"),
    ]
    empty = renames.answer(context, result.run_id, "empty", now=NOW)
    assert empty is not None
    assert empty.spec.sources["goods"].empty == ("colour",)
    assert list(answered(context, shop, result).spec.sources["goods"].columns) == ["code", "Quantity", "price"]
    assert ran(context, shop).status == "succeeded"


def test_an_empty_new_column_is_not_taken_for_the_missing_one(context: Context, shop: Path) -> None:
    result = ran(context, shop, "code,Qty Ord.,price\nA,,1.00\nB,,2.50\n")
    assert "The new column 'Qty Ord.' may be it, but nothing stands in it." in asked(result).text
    assert answered(context, shop, result).spec.sources["goods"].known_as == {}


def test_a_key_that_is_gone_is_told_and_not_asked_about(context: Context, shop: Path) -> None:
    result = ran(context, shop, "Quantity,price\n5,1.00\n7,2.50\n")
    assert renames.asked_of(result) is None
    assert "Without 'code' the rows of 'goods' cannot be told apart" in str(result.message)


def test_a_column_of_another_kind_is_asked_about_with_how_many_do_not_fit(context: Context, shop: Path) -> None:
    weighed = "code,Quantity,price\nA,5.25,1.00\nB,7.5,2.50\nC,12.75,0.75\n"
    result = ran(context, shop, weighed)
    question = asked(result)
    assert "3 of its 3 values are not whole numbers any more, such as '5.25', '7.5' and '12.75'" in question.text
    assert question.options[0].label == "Yes, read 'Quantity' as numbers from now on"
    found = answered(context, shop, result)
    assert found.changes == ("The source 'goods': columns: Quantity was 'BIGINT', is now 'DECIMAL(18,2)'.",)
    assert ran(context, shop, weighed).status == "succeeded"
    assert "A,5.25,1.00,5.25" in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_kind_that_the_plan_cannot_compute_with_is_told_and_not_offered(context: Context, shop: Path) -> None:
    result = ran(context, shop, "code,Quantity,price\nA,five,1.00\nB,seven,2.50\n")
    assert renames.asked_of(result) is None
    assert "With its new form the plan cannot be computed" in str(result.message)
    assert "'five'" in str((result.error or {})["data"]), "the evidence is there all the same"


def test_of_a_private_column_of_another_kind_no_value_is_shown(context: Context, shop: Path) -> None:
    spec = SPEC.replace("    primary_key", "    sensitive: {Quantity: personal}\n    primary_key")
    result = ran(context, shop, "code,Quantity,price\nA,98.76,1.00\nB,98.77,2.50\n", spec=spec)
    assert "2 of its 2 values are not whole numbers any more." in asked(result).text
    assert "98.7" not in asked(result).text + str(result.error)


@pytest.mark.parametrize("policy", ["evolve", "freeze"])
def test_another_kind_is_met_by_the_policy_of_the_stream(context: Context, shop: Path, policy: str) -> None:
    spec = SPEC.replace("    primary_key", f"    drift: {policy}\n    primary_key")
    result = ran(context, shop, "code,Quantity,price\nA,5.25,1.00\nB,7.5,2.50\n", spec=spec)
    assert result.status == "failed"
    assert (renames.asked_of(result) is None) == (policy == "freeze")


def test_with_quarantine_rows_of_another_kind_are_set_aside_and_counted(context: Context, shop: Path) -> None:
    spec = SPEC.replace("    primary_key", "    drift: quarantine\n    primary_key")
    result = ran(context, shop, "code,Quantity,price\nA,5.25,1.00\nB,7,2.50\n", spec=spec)
    assert result.status == "succeeded"
    assert [item.rows for item in result.quarantined] == [1]


def test_renamed_gone_and_of_another_kind_are_one_question(context: Context, shop: Path) -> None:
    spec = SPEC.replace("columns: {code: VARCHAR", "columns: {colour: VARCHAR, size: BIGINT, code: VARCHAR")
    before = "code,Quantity,price,colour,size\nA,5,1.00,red,1\nB,7,2.50,blue,2\n"
    assert ran(context, shop, before, spec=spec).status == "succeeded"
    after = "code,Qty,price,size\nA,5,1.00,1\nB,7,2.50,2\n"
    found = answered(context, shop, ran(context, shop, after))
    assert found.spec.sources["goods"].known_as == {"Quantity": ("Qty",)}
    assert "colour" not in found.spec.sources["goods"].columns
    assert ran(context, shop).status == "succeeded"


def test_other_headers_that_may_be_the_column_are_offered_too(context: Context, shop: Path) -> None:
    two = "code,Qty Ord.,price,Qty Shipped\nA,5,1.00,4\nB,7,2.50,7\nC,12,0.75,12\n"
    result = ran(context, shop, two)
    assert [option.value for option in asked(result).options] == ["yes", "Qty Shipped", "no"]
    found = answered(context, shop, result, "Qty Shipped")
    assert found.spec.sources["goods"].known_as == {"Quantity": ("Qty Shipped",)}
    assert found.spec.sources["goods"].left_out == ("Qty Ord.",)
    assert ran(context, shop).status == "succeeded"


def test_two_renamed_columns_are_one_question(context: Context, shop: Path) -> None:
    result = ran(context, shop, RENAMED.replace("price", "unit price"))
    assert "Are these the new names?" in asked(result).text
    found = answered(context, shop, result)
    assert found.spec.sources["goods"].known_as == {"Quantity": ("Qty Ord.",), "price": ("unit price",)}
    assert ran(context, shop).status == "succeeded"


def test_a_private_column_shows_none_of_its_values(context: Context, shop: Path) -> None:
    spec = SPEC.replace("    primary_key", "    sensitive: {Quantity: personal}\n    primary_key")
    result = ran(context, shop, RENAMED.replace("12", "9876"), spec=spec)
    assert "9876" not in asked(result).text + str(result.error)


def test_other_data_may_ask_and_the_plan_s_own_data_is_the_evidence(context: Context, shop: Path) -> None:
    result = ran(context, shop, RENAMED, data="october.csv")
    assert "2 of the 3 rows that were there before have the same value" in asked(result).text
    found = answered(context, shop, result)
    assert found.spec.sources["goods"].location == "goods.csv", "the answer changes names and no place"


def test_an_approval_of_the_plan_before_does_not_cover_the_answer(context: Context, shop: Path) -> None:
    spec = SPEC.replace("outputs:\n  - {file: worth.csv, from: worth}", "")
    spec += "loads:\n  - {from: worth, connector: duckdb, location: shop.duckdb, table: worth}\n"
    spec += "allow: {tables: [shop.duckdb/worth]}\n"
    (shop / "stock.yaml").write_text(spec, encoding="utf-8")

    def approve() -> None:
        job = plans.compiled(context, shop / "stock.yaml", now=NOW)
        approvals.approve(context, job.spec, job.effects, approved_by="Ada", now=NOW)

    approve()
    assert ran(context, shop).status == "succeeded"
    result = ran(context, shop, RENAMED)
    answered(context, shop, result)
    with pytest.raises(ApprovalNeededError):
        ran(context, shop)
    approve()
    assert ran(context, shop).status == "succeeded"


def test_a_renamed_column_of_a_database_is_asked_about_alike(context: Context, shop: Path) -> None:
    def write(column: str) -> None:
        (shop / "shop.sqlite").unlink(missing_ok=True)
        with sqlite3.connect(shop / "shop.sqlite") as database:
            database.execute(f'CREATE TABLE goods (code TEXT PRIMARY KEY, "{column}" INTEGER, price TEXT)')
            database.executemany("INSERT INTO goods VALUES (?, ?, ?)", [("A", 5, "1.00"), ("B", 7, "2.50")])
        database.close()

    spec = SPEC.replace("location: goods.csv", "connector: sqlite\n    location: shop.sqlite\n    stream: goods")
    write("Quantity")
    assert ran(context, shop, spec=spec).status == "succeeded"
    write("qty")
    result = ran(context, shop)
    assert "2 of the 2 rows that were there before have the same value" in asked(result).text
    answered(context, shop, result)
    assert ran(context, shop).status == "succeeded"
    assert "A,5,1.00,5.00" in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


DATABASE = SPEC.replace("location: goods.csv", "connector: duckdb\n    location: shop.duckdb\n    stream: goods")


def test_a_database_s_column_of_another_type_is_asked_about_with_how_many_do_not_fit(
    context: Context, shop: Path
) -> None:
    write_duckdb(shop, '"Quantity" BIGINT', ["5", "7", "12"])
    assert ran(context, shop, spec=DATABASE).status == "succeeded"
    write_duckdb(shop, '"Quantity" DECIMAL(9,2)', ["5.25", "7.5", "12"])
    result = ran(context, shop)
    assert "2 of its 3 values are not whole numbers any more, such as '5.25' and '7.50'" in asked(result).text
    assert answered(context, shop, result).spec.sources["goods"].columns["Quantity"] == "DECIMAL(9,2)"
    assert ran(context, shop).status == "succeeded"
    assert "A,5.25,1.00,5.25" in (shop / "out" / "worth.csv").read_text(encoding="utf-8")


def test_a_database_s_column_of_texts_in_place_of_numbers_is_told_with_evidence(context: Context, shop: Path) -> None:
    write_duckdb(shop, '"Quantity" VARCHAR', ["5", "seven", "12"])
    result = ran(context, shop, spec=DATABASE)
    assert renames.asked_of(result) is None, "a product of texts is none, so no plan can be offered"
    (evidence,) = cast("dict[str, Any]", result.error)["data"]["evidence"]
    assert (evidence["fitting"], evidence["values"], evidence["examples"]) == (2, 3, ["seven"])


def test_a_database_s_column_that_is_gone_is_asked_about(context: Context, shop: Path) -> None:
    write_duckdb(shop, '"Quantity" BIGINT', ["5", "7", "12"])
    assert ran(context, shop, spec=DATABASE).status == "succeeded"
    write_duckdb(shop, "", ["5", "7", "12"])
    result = ran(context, shop)
    assert "goods has no column 'Quantity' any more; 3 of 3 rows had a value there the last time" in asked(result).text
    answered(context, shop, result)
    assert ran(context, shop).status == "succeeded"


def write_duckdb(shop: Path, column: str, values: list[str]) -> None:
    (shop / "shop.duckdb").unlink(missing_ok=True)
    with duckdb.connect(shop / "shop.duckdb") as database:
        more = f", {column}" if column else ""
        database.execute(f"CREATE TABLE goods (code VARCHAR PRIMARY KEY{more}, price DECIMAL(18,2))")
        for code, value in zip("ABC", values, strict=True):
            row = [code, *([value] if column else []), "1.00"]
            database.execute(f"INSERT INTO goods VALUES ({', '.join('?' * len(row))})", row)


def test_of_a_folder_of_months_the_file_with_the_other_header_is_looked_at(context: Context, shop: Path) -> None:
    (shop / "months").mkdir()
    (shop / "months" / "goods_09.csv").write_text(GOODS, encoding="utf-8")
    spec = SPEC.replace("location: goods.csv", "location: months/goods_*.csv").replace("    primary_key: code\n", "")
    assert ran(context, shop, spec=spec).status == "succeeded"
    (shop / "months" / "goods_10.csv").write_text("code,Qty Ord.,price\nD,900,1.00\nE,901,1.00\n", encoding="utf-8")
    result = ran(context, shop)
    assert "from 900 to 901, where they were from 5 to 12" in asked(result).text
    answered(context, shop, result)
    assert ran(context, shop).status == "succeeded"
    lines = (shop / "out" / "worth.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert "D,900,1.00,900.00" in lines


def test_a_column_that_stays_empty_is_one_of_a_table_that_is_replaced_too(context: Context, shop: Path) -> None:
    read = SPEC.partition("steps:")[0]
    spec = read.replace("goods:\n    location", "goods:\n    empty: Quantity\n    location")
    spec += "loads:\n  - {from: goods, connector: duckdb, location: shop.duckdb, table: goods}\n"
    spec += "allow: {tables: [shop.duckdb/goods]}\n"
    (shop / "stock.yaml").write_text(spec, encoding="utf-8")
    (shop / "goods.csv").write_text("code,price\nA,1.00\n", encoding="utf-8")
    job = plans.compiled(context, shop / "stock.yaml", now=NOW)
    approvals.approve(context, job.spec, job.effects, approved_by="Ada", now=NOW)
    result = ran(context, shop)
    assert result.status == "succeeded", result.message
    with duckdb.connect(str(shop / "shop.duckdb"), read_only=True) as there:
        assert there.execute("SELECT code, Quantity, CAST(price AS VARCHAR) FROM goods").fetchall() == [
            ("A", None, "1.00")
        ]


@pytest.mark.parametrize("wrong", ["code", "colour"])
def test_a_key_or_a_column_that_is_none_cannot_stay_empty(wrong: str) -> None:
    with pytest.raises(SpecError, match="empty"):
        parse_spec(SPEC.replace("goods:\n    location", f"goods:\n    empty: {wrong}\n    location"))
