"""The real command in a process of its own: documents on stdout, words on stderr, exit codes, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDERS = "id,region,total,paid_at\n1,North,10.50,2026-07-01\n2,South,1.25,2026-07-02\n3,North,2.00,2026-08-05\n"
SPEC = """
version: 1
name: totals
title: Sales by region
sources:
  orders:
    location: orders.csv
    columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)', paid_at: DATE}
    primary_key: id
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: [region], measures: {total: sum(total)}}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
"""
NOW = "2026-11-02T08:00:00+01:00"


class Shell:
    """Runs ``dreflow`` in a folder that is the whole world to it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(self, *arguments: str, stdin: str = "", expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DREFLOW_HOME": str(self.folder / "home"),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            **self.environment,
        }
        done = subprocess.run(
            [sys.executable, "-m", "integrations.cli", *arguments],
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr + done.stdout
        if expect is not None:
            assert done.returncode == expect, done.stdout + done.stderr
        return done

    def json(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        """The one document on stdout."""
        done = self(*arguments, "--json", expect=expect)
        document: dict[str, Any] = json.loads(done.stdout)
        return document


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    return Shell(tmp_path)


def test_a_question_is_answered_in_one_document(shell: Shell) -> None:
    document = shell.json("ask", "how many orders", "--data", "orders.csv", "--now", NOW)
    assert list(document)[:2] == ["status", "thread"]
    assert document["status"] == "answered"
    assert document["rows"] == [[3]]
    assert document["row_count"] == 1
    assert document["truncated"] is False
    assert document["provider"] == "builtin"
    assert document["tokens"] == 0
    assert document["reading"]
    assert document["spec"]["sources"]


def test_money_is_text_and_never_rounded(shell: Shell) -> None:
    document = shell.json("ask", "what is the sum of total", "--data", "orders.csv", "--now", NOW)
    assert document["rows"] == [["13.75"]]
    assert document["columns"][0]["type"].startswith("DECIMAL")


def test_the_sql_of_an_answer_stands_by_itself(shell: Shell) -> None:
    import duckdb

    document = shell.json("ask", "how many orders in July 2026", "--data", "orders.csv", "--now", NOW)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE orders AS FROM read_csv($file)", {"file": str(shell.folder / "orders.csv")})
        assert [list(row) for row in connection.execute(document["sql"]).fetchall()] == document["rows"] == [[2]]


def test_more_rows_than_asked_for_are_cut_and_it_is_said(shell: Shell) -> None:
    document = shell.json("ask", "list all orders", "--data", "orders.csv", "--max-rows", "2")
    assert (document["row_count"], document["truncated"]) == (2, True)


def test_a_conversation_goes_on_with_its_data(shell: Shell) -> None:
    first = shell.json("ask", "how many orders", "--data", "orders.csv", "--now", NOW)
    assert first["thread"] == "t1"
    second = shell.json("ask", "--thread", "t1", "how many orders have region North")
    assert (second["thread"], second["rows"]) == ("t1", [[2]])


def test_a_batch_gives_a_line_for_each_line(shell: Shell) -> None:
    lines = [
        {"id": 1, "question": "how many orders", "data": ["orders.csv"]},
        {"id": "b", "question": "how many orders", "data": ["missing.csv"]},
        {"id": 3},
        {"id": 4, "question": "what is the sum of total", "data": ["orders.csv"], "now": NOW},
    ]
    text = "\n".join([*(json.dumps(line) for line in lines), "not json"])
    (shell.folder / "questions.jsonl").write_text(text, encoding="utf-8")
    done = shell("ask", "--batch", "questions.jsonl")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [document["status"] for document in documents] == ["answered", "failed", "failed", "answered", "failed"]
    assert [document.get("id") for document in documents] == [1, "b", None, 4, None]
    assert documents[1]["error"]["kind"] == "usage"
    assert documents[3]["rows"] == [["13.75"]]


def test_a_run_writes_its_file_and_says_so(shell: Shell) -> None:
    document = shell.json("run", "totals.yaml", "--now", NOW)
    assert document["status"] == "succeeded"
    assert document["run_id"] == "r1"
    assert document["outputs"][0]["file"] == "totals.csv"
    assert (shell.folder / "out" / "totals.csv").read_text(
        encoding="utf-8"
    ) == "region,total\nNorth,12.50\nSouth,1.25\n"
    assert (shell.folder / ".dreflow" / document["events"]).is_file()
    assert shell.json("run", "totals.yaml", "--now", NOW)["outputs"][0]["digest"] == document["outputs"][0]["digest"]
    listed = shell.json("runs", "list")
    assert [run["run_id"] for run in listed["runs"]] == ["r2", "r1"]
    assert "totals.csv" in shell("runs", "show", "r1").stdout


def test_the_list_of_runs_tells_what_each_set_aside(shell: Shell) -> None:
    (shell.folder / "orders.csv").write_text(f"{ORDERS}4,South,soon,2026-08-06\n", encoding="utf-8")
    (shell.folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    assert "1 row of orders" in shell("run", "spec.yaml").stdout
    assert [run["set_aside"] for run in shell.json("runs", "list")["runs"]] == [1]
    header, _, row = (line.split() for line in shell("runs", "list").stdout.splitlines()[:3])
    assert header[-3:] == ["set", "aside", "spec"]
    assert row[-2] == "1"


def test_a_run_on_other_data_reads_it_by_the_plans_rules(shell: Shell) -> None:
    (shell.folder / "august.csv").write_text("id,region,total,paid_at\n9,West,7.00,2026-08-09\n", encoding="utf-8")
    shell("run", "totals.yaml", "--data", "orders=august.csv", "--out", "august")
    assert (shell.folder / "august" / "totals.csv").read_text(encoding="utf-8") == "region,total\nWest,7.00\n"


def test_a_failed_check_holds_back_what_would_be_published(shell: Shell) -> None:
    (shell.folder / "orders.csv").write_text(ORDERS + "1,South,5.00,2026-08-06\n", encoding="utf-8")
    document = shell.json("run", "totals.yaml", expect=1)
    assert document["status"] == "blocked"
    assert [check["passed"] for check in document["checks"]] == [False]
    assert not (shell.folder / "out" / "totals.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["frobnicate"], 2),
        (["run"], 2),
        (["run", "totals.yaml", "--colour"], 2),
        (["run", "missing.yaml"], 1),
        (["ask", "how many", "--data", "missing.csv"], 2),
        (["ask", "--thread", "t99", "--answer", "yes"], 2),
        (["ask", "how many orders", "--data", "orders.csv", "--now", "yesterday"], 2),
        (["runs", "show", "r99"], 1),
        (["explain", "orders.csv"], 1),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence_with_its_code(shell: Shell, arguments: list[str], code: int) -> None:
    done = shell(*arguments, expect=code)
    assert done.stdout == ""
    assert done.stderr.startswith("dreflow: ")
    document = json.loads(shell(*arguments, "--json", expect=code).stdout)
    assert document["status"] == "failed"
    assert document["message"]
    assert {"kind", "where", "hint"} <= set(document["error"])


def test_an_effect_beyond_the_folder_waits_for_an_approval_of_exactly_this_plan(shell: Shell) -> None:
    load = "loads:\n  - {from: by_region, connector: duckdb, location: shop.duckdb, table: totals}\n"
    allow = "allow: {tables: [shop.duckdb/totals]}\n"
    (shell.folder / "load.yaml").write_text(SPEC + load + allow, encoding="utf-8")
    refused = shell.json("run", "load.yaml", expect=4)
    assert refused["error"]["kind"] == "approval"
    assert not (shell.folder / "shop.duckdb").exists()
    approved = shell.json("approve", "load.yaml", "--by", "Ada")
    assert approved["approved_by"] == "Ada"
    assert approved["spec_digest"] == shell.json("validate", "load.yaml")["spec_digest"]
    assert shell.json("run", "load.yaml")["status"] == "succeeded"
    (shell.folder / "load.yaml").write_text(
        SPEC + load.replace("totals}", "totals, write: append}") + allow, encoding="utf-8"
    )
    shell("run", "load.yaml", expect=4)


def test_the_schemas_describe_the_documents(shell: Shell) -> None:
    for name in ("spec", "ask", "plan", "run"):
        schema = json.loads(shell("schema", name).stdout)
        assert schema["properties"]
    spec = json.loads(shell("schema", "spec").stdout)
    assert "group_by" in json.dumps(spec["$defs"]["Step"]), "each step stands there with its own parameters"


def test_a_folder_that_cannot_be_a_workspace_is_an_error_with_a_hint(shell: Shell) -> None:
    (shell.folder / "file").write_text("", encoding="utf-8")
    done = shell("--workspace", "file", "runs", "list", expect=1)
    assert "--workspace" in done.stderr


@pytest.mark.postgres
def test_a_workspace_on_a_server_is_used_like_any_other(shell: Shell, fresh_postgres_url: str) -> None:
    served = Shell(shell.folder, DREFLOW_DATABASE_URL=fresh_postgres_url)
    assert served.json("ask", "how many orders", "--data", "orders.csv")["thread"] == "t1"
    assert served.json("run", "totals.yaml")["run_id"] == "r1"
    assert served.json("approve", "totals.yaml", "--by", "Ada")["approved_by"] == "Ada"
    assert [run["status"] for run in served.json("runs", "list")["runs"]] == ["succeeded"]
    assert served.json("replay", "r1")["status"] == "same"
    assert not (shell.folder / ".dreflow" / "dreflow.db").exists()
    elsewhere = Shell(shell.folder, DREFLOW_DATABASE_URL=fresh_postgres_url, DREFLOW_WORKSPACE="other")
    assert elsewhere.json("runs", "list")["runs"] == []


def test_a_run_that_did_not_begin_has_the_form_of_any_other(shell: Shell) -> None:
    done, refused = shell.json("run", "totals.yaml"), shell.json("run", "nothing.yaml", expect=1)
    assert list(refused) == list(done)
    assert refused["error"]["kind"] == "spec"


def test_only_one_document_reaches_stdout_when_there_is_more_to_say(shell: Shell) -> None:
    (shell.folder / "shop").mkdir()
    (shell.folder / "shop" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (shell.folder / "shop" / "photo.jpeg").write_bytes(b"\xff\xd8")
    done = shell("ask", "how many orders", "--data", "shop", "--json")
    assert json.loads(done.stdout)["rows"] == [[3]]
    assert "photo.jpeg" in done.stderr
