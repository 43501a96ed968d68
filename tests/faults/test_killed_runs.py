"""Runs killed with SIGKILL at any point give, after the retry, exactly what an undisturbed run gives."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import servers

ROOT = Path(__file__).resolve().parents[2]
SEED = 20260701
MODES = {
    "duckdb": ("replace", "append", "merge", "incremental-append", "incremental-merge"),
    "sqlite": ("replace", "append", "merge", "incremental-append", "incremental-merge"),
    "postgres": (
        *("replace", "append", "merge", "incremental-append", "incremental-merge"),
        *("in-place-replace", "in-place-append", "in-place-merge"),
    ),
    "mysql": ("replace", "append", "merge", "incremental-append", "incremental-merge"),
    "files": ("replace", "incremental-append"),
}
PAIRS = [(destination, mode) for destination, modes in MODES.items() for mode in modes]
EVENTS, CALLS, SECONDS = 9, 75, 0.4
"""Beyond the last event, the last effect and the end of a run of this size on any destination."""
ROWS = 640
"""All rows of the source, of which one could not be read in the first run and was not dated anew when it was mended."""

Verdict = dict[str, Any]
Ask = Callable[..., Verdict]


@pytest.fixture(scope="module")
def ask(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: servers.Server, mariadb_server: servers.Server
) -> Iterator[Ask]:
    """Play a case in a process that has imported everything and opened nothing."""
    code_paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    environment = os.environ | {"PYTHONPATH": code_paths, "TMPDIR": str(tmp_path_factory.mktemp("faults"))}
    with (
        servers.postgres_database(postgres_server) as postgres,
        servers.mariadb_database(mariadb_server) as mariadb,
        subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "fault_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        ) as server,
    ):
        yield partial(played, server, {"postgres": postgres, "mysql": mariadb}, Counter())
        assert server.stdin is not None
        server.stdin.close()


def played(
    server: subprocess.Popen[str],
    urls: dict[str, str],
    numbers: Counter[str],
    destination: str,
    mode: str,
    *,
    kill: list[Any] | None = None,
    again: list[Any] | None = None,
    also_file: bool = False,
) -> Verdict:
    numbers["case"] += 1
    name = f"c{numbers['case']}"
    case = {
        "destination": destination,
        "mode": mode,
        "kill": kill,
        "again": again,
        "also_file": also_file,
        "urls": urls,
        "name": f"pipeline_{name}",
        "table": f"orders_{name}",
    }
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(case) + "\n")
    server.stdin.flush()
    verdict: Verdict = json.loads(server.stdout.readline())
    return verdict


@pytest.fixture(scope="module")
def undisturbed(ask: Ask) -> Callable[[str, str, bool], Verdict]:
    """What the same runs give without a kill, played once for each kind of case."""
    known: dict[tuple[str, str, bool], Verdict] = {}

    def of(destination: str, mode: str, also_file: bool) -> Verdict:
        key = (destination, mode, also_file)
        if key not in known:
            known[key] = ask(destination, mode, also_file=also_file)
            assert "problem" not in known[key], known[key]["problem"]
        return known[key]

    return of


def point(chance: random.Random) -> list[Any]:
    """A moment to kill at: mostly an exact border, for delays mostly hit the long stretches."""
    sort = chance.choice(["event", "call", "call", "delay"])
    if sort == "event":
        return ["event", chance.randint(1, EVENTS)]
    if sort == "call":
        return ["call", chance.randint(1, CALLS)]
    return ["delay", chance.random() * SECONDS]


def cases(count: int, seed: int) -> list[tuple[str, str, list[Any], list[Any] | None, bool]]:
    """Every pair of destination and mode in turn, each with its own moments."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        destination, mode = PAIRS[number % len(PAIRS)]
        again = point(chance) if chance.random() < 0.3 else None
        found.append((destination, mode, point(chance), again, chance.random() < 0.3 and destination != "files"))
    return found


def hold(ask: Ask, undisturbed: Callable[[str, str, bool], Verdict], count: int, seed: int) -> Counter[str]:
    """Play so many cases, and give how many were killed at least once."""
    tally: Counter[str] = Counter()
    for destination, mode, kill, again, also_file in cases(count, seed):
        expected = undisturbed(destination, mode, also_file)
        verdict = ask(destination, mode, kill=kill, again=again, also_file=also_file)
        told = f"{destination} {mode} killed at {kill}, then {again}: {verdict.get('problem') or verdict['attempts']}"
        assert "problem" not in verdict, told
        assert verdict.get("digest") == expected.get("digest"), told
        assert verdict["files"] == expected["files"], told
        assert verdict.get("rows") == expected.get("rows"), told
        assert verdict.get("state_cursors") == expected.get("state_cursors"), told
        # Killed after it was recorded as done, a run has only its note left to take away; the next run does that.
        done = verdict["attempts"][-1] == "killed"
        left = [name for name in verdict["leftovers"] if not (done and name.endswith(".publishing.json"))]
        assert left == [], told
        tally["played"] += 1
        tally["killed"] += "killed" in verdict["attempts"]
        tally["killed twice"] += verdict["attempts"].count("killed") > 1
    return tally


def test_the_same_rows_have_one_digest_in_every_destination(undisturbed: Callable[[str, str, bool], Verdict]) -> None:
    for mode in MODES["duckdb"]:
        digests = {undisturbed(destination, mode, False)["digest"] for destination in MODES if destination != "files"}
        assert len(digests) == 1, mode
    files = undisturbed("files", "replace", False)["files"]
    assert files["orders.parquet"] == undisturbed("duckdb", "replace", False)["digest"]


def test_a_row_that_is_mended_before_the_run_that_is_killed_is_among_those_that_must_be_there(
    undisturbed: Callable[[str, str, bool], Verdict],
) -> None:
    for destination in MODES:
        if destination != "files":
            assert undisturbed(destination, "incremental-append", False)["rows"] == ROWS, destination


def test_a_table_that_its_database_computes_itself_has_the_digest_of_one_computed_here(
    undisturbed: Callable[[str, str, bool], Verdict],
) -> None:
    for mode in ("replace", "append", "merge"):
        inside = undisturbed("postgres", f"in-place-{mode}", False)
        assert inside["digest"] == undisturbed("postgres", mode, False)["digest"], mode


IN_PLACE = ("in-place-replace", "in-place-append", "in-place-merge")


def kill_before(ask: Ask, expected: Verdict, mode: str, calls: range) -> int:
    """Kill before each of these statements, and give how many runs that reached."""
    killed = 0
    for number in calls:
        verdict = ask("postgres", mode, kill=["call", number])
        assert "problem" not in verdict, verdict
        assert (verdict["digest"], verdict["rows"]) == (expected["digest"], expected["rows"]), (number, verdict)
        assert [name for name in verdict["leftovers"] if not name.endswith(".publishing.json")] == [], number
        killed += "killed" in verdict["attempts"]
        if verdict["attempts"] == ["succeeded"]:
            break
    return killed


@pytest.mark.parametrize("mode", IN_PLACE)
def test_a_kill_between_statements_of_a_run_in_the_database_leaves_the_old_table_or_the_new(
    ask: Ask, undisturbed: Callable[[str, str, bool], Verdict], mode: str
) -> None:
    first = 1 + IN_PLACE.index(mode)
    assert kill_before(ask, undisturbed("postgres", mode, False), mode, range(first, CALLS, 10)) >= 4


@pytest.mark.faults
@pytest.mark.parametrize("mode", IN_PLACE)
def test_a_kill_before_any_statement_of_a_run_in_the_database_leaves_the_old_table_or_the_new(
    ask: Ask, undisturbed: Callable[[str, str, bool], Verdict], mode: str
) -> None:
    assert kill_before(ask, undisturbed("postgres", mode, False), mode, range(1, CALLS)) > 30


def test_an_incremental_append_gives_the_rows_of_a_full_read(undisturbed: Callable[[str, str, bool], Verdict]) -> None:
    whole = undisturbed("duckdb", "replace", False)
    assert undisturbed("duckdb", "incremental-append", False)["digest"] == whole["digest"]


def test_sixty_killed_runs_end_as_undisturbed_ones(ask: Ask, undisturbed: Callable[[str, str, bool], Verdict]) -> None:
    tally = hold(ask, undisturbed, 60, SEED)
    # Some kills come after the end of a quick run; were most of them, the suite would prove nothing.
    assert tally["killed"] >= 35


@pytest.mark.faults
def test_two_thousand_killed_runs_end_as_undisturbed_ones(
    ask: Ask, undisturbed: Callable[[str, str, bool], Verdict]
) -> None:
    tally = hold(ask, undisturbed, 2000, SEED + 1)
    print(dict(tally))
    assert tally["killed"] >= 1100
