"""The harness finds sets by name, keeps results and names what got worse."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

pytest.importorskip("pydantic_evals", reason="the extra 'evals' is not installed")

from evals.harness import OWN_CASES, find_sets, measure, run_eval
from evals.outcomes import CaseResult, summarise, trade_off, worse
from evals.suites.questions import is_set
from spec.errors import UsageError


def small_set(folder: Path) -> Path:
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "pets.csv").write_text("pet_id,name,kind\n1,Rex,dog\n2,Tom,cat\n3,Kim,cat\n", encoding="utf-8")
    lines = [
        {"id": "a", "question": "How many pets are there?", "gold": [{"rows": [[3]]}]},
        {
            "id": "b",
            "question": "How many cats are there?",
            "gold": [{"sql": "select count(*) from pets where kind = 'cat'"}],
        },
        {"id": "c", "question": "How many dogs are there?", "gold": [{"rows": [[99]]}], "degenerate": True},
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (folder / "unanswerable.jsonl").write_text(
        json.dumps({"id": "u", "question": "How much do the pets weigh?"}) + "\n", encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("name", [path.name for path in sorted(OWN_CASES.iterdir()) if is_set(path)])
def test_every_own_case_is_right_and_nothing_unanswerable_is_answered(name: str) -> None:
    [folder] = find_sets(name)
    missed = {
        result.id: (result.outcome, result.detail)
        for result in measure(folder, typed=False)
        if result.outcome not in ({"right"} if result.expected == "answer" else {"asked", "declined"})
    }
    assert missed == {}


def test_a_folder_is_a_set_and_degenerate_gold_is_left_out(tmp_path: Path) -> None:
    results = measure(small_set(tmp_path / "pets"))
    summary = summarise("pets", results)
    assert (summary.cases, summary.strict, summary.unanswerable, summary.kept_back) == (2, 2, 1, 1)


def test_what_got_worse_is_named_and_fails(tmp_path: Path) -> None:
    folder, kept, out = small_set(tmp_path / "pets"), tmp_path / "kept", io.StringIO()
    assert run_eval(str(folder), results=kept, out=out) == 0
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").replace("[[3]]", "[[4]]")
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    assert run_eval(str(folder), results=kept, out=out) == 1
    assert "worse: pets a: right -> wrong" in out.getvalue()


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        find_sets("no-such-set")
    assert "questions" in str(caught.value)


def test_the_curve_gives_up_coverage_for_precision() -> None:
    results = [
        CaseResult("a", "s", "right", confidence=0.9),
        CaseResult("b", "s", "wrong", confidence=0.6),
        CaseResult("c", "s", "declined"),
        CaseResult("d", "s", "right", confidence=0.8),
    ]
    assert trade_off(results, [0.5, 0.7]) == [(0.5, 0.75, 2 / 3), (0.7, 0.5, 1.0)]


def test_an_answer_where_none_was_due_is_worse_than_a_refusal() -> None:
    before = [CaseResult("u", "s", "declined", "none")]
    assert worse(before, [CaseResult("u", "s", "wrong", "none")])
    assert not worse(before, [CaseResult("u", "s", "asked", "none")])
