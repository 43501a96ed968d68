"""Outcomes of cases, and what is said about many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from spec.base import JsonValue

Outcome = Literal["right", "loose", "wrong", "asked", "declined", "failed"]
# Better first: an answer that is right but for extra columns or order still helps, a wrong one harms most.
RANK: dict[Outcome, int] = {"right": 4, "loose": 3, "asked": 2, "declined": 2, "failed": 1, "wrong": 0}


@dataclass(frozen=True)
class CaseResult:
    """One case. ``expected`` is "answer", or "none" where the data cannot say; ``detail`` is for a person to read."""

    id: str
    set: str
    outcome: Outcome
    expected: Literal["answer", "none"] = "answer"
    construct: str = ""
    headline: bool = True
    confidence: float | None = None
    seconds: float = 0.0
    detail: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        return dict(asdict(self))


@dataclass
class Summary:
    """Figures of one set; shares are of the cases that count for the headline."""

    name: str
    cases: int = 0
    answered: int = 0
    strict: int = 0
    relaxed: int = 0
    unanswerable: int = 0
    kept_back: int = 0
    slow: float = 0.0
    wrong_by_construct: Counter[str] = field(default_factory=Counter)

    @property
    def coverage(self) -> float:
        return _share(self.answered, self.cases)

    @property
    def strict_accuracy(self) -> float:
        return _share(self.strict, self.cases)

    @property
    def relaxed_accuracy(self) -> float:
        return _share(self.relaxed, self.cases)

    @property
    def precision(self) -> float:
        """Of what was answered, the share that is right, extra columns and order aside."""
        return _share(self.relaxed, self.answered)

    @property
    def strict_precision(self) -> float:
        return _share(self.strict, self.answered)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def summarise(name: str, results: Iterable[CaseResult]) -> Summary:
    """Figures over results; cases whose gold is empty are left out, as their authors advise."""
    made = Summary(name)
    seconds: list[float] = []
    for result in results:
        seconds.append(result.seconds)
        if result.expected == "none":
            made.unanswerable += 1
            made.kept_back += result.outcome in {"asked", "declined"}
            continue
        if not result.headline:
            continue
        made.cases += 1
        made.answered += result.outcome in {"right", "loose", "wrong", "failed"}
        made.strict += result.outcome == "right"
        made.relaxed += result.outcome in {"right", "loose"}
        if result.outcome in {"wrong", "failed"}:
            made.wrong_by_construct[result.construct or "?"] += 1
    seconds.sort()
    made.slow = seconds[int(0.95 * (len(seconds) - 1))] if seconds else 0.0
    return made


def worse(before: Sequence[CaseResult], now: Sequence[CaseResult]) -> list[tuple[CaseResult, CaseResult]]:
    """Cases that were better in the earlier result, as pairs of then and now."""
    known = {result.id: result for result in before}
    pairs = [(known[result.id], result) for result in now if result.id in known]
    return [(old, new) for old, new in pairs if _worth(new) < _worth(old)]


def _worth(result: CaseResult) -> int:
    if result.expected == "none":
        return 4 if result.outcome in {"asked", "declined"} else 0
    return RANK[result.outcome]


def trade_off(results: Sequence[CaseResult], gates: Sequence[float]) -> list[tuple[float, float, float]]:
    """For each gate on confidence: (gate, coverage, precision) if only what is at least that sure were answered."""
    curve = []
    asked = [r for r in results if r.expected == "answer" and r.headline]
    for gate in gates:
        kept = [
            r for r in asked if r.outcome in {"right", "loose", "wrong", "failed"} and (r.confidence or 0.0) >= gate
        ]
        right = sum(1 for r in kept if r.outcome in {"right", "loose"})
        curve.append((gate, _share(len(kept), len(asked)), _share(right, len(kept))))
    return curve
