"""Which step or check does what the words say: found in what each unit says of itself, without importing it."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

from pipelines.contract import CHECKS, TRANSFORMS
from pipelines.ranking import Entry, ranked
from spec.records import record
from spec.registry import Shelf


@record(frozen=True, slots=True)
class Told:
    """What a unit says of itself: its first sentence, its whole documentation, and other words for what it does."""

    kind: str
    name: str
    summary: str
    text: str
    keywords: str


@cache
def told(shelf: Shelf, name: str) -> Told:
    """One unit. Only a third party's, which is known by its entry point alone, is imported."""
    found = importlib.util.find_spec(f"{shelf.package}.{name}")
    if found is not None and found.origin is not None:
        tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
        text, keywords = ast.get_docstring(tree) or "", _keywords(tree)
    else:
        unit = shelf.load(name)
        text, keywords = unit.__doc__ or "", str(getattr(unit, "keywords", ""))
    return Told(shelf.noun, name, " ".join(text.split("\n\n")[0].split()), text, keywords)


def everything() -> list[Told]:
    """All steps, then all checks."""
    return [told(shelf, name) for shelf in (TRANSFORMS, CHECKS) for name in shelf.names()]


def found(question: str, among: list[Told] | None = None) -> list[Told]:
    """The units that do what the words say, the best first; none where no word fits."""
    units = {unit.name: unit for unit in (everything() if among is None else among)}
    entries = [
        Entry(
            unit.name,
            {
                unit.name.replace("_", " "): 4.0,
                unit.keywords: 2.0,
                unit.summary: 2.0,
                unit.text.removeprefix(unit.summary): 0.4,
            },
            unit.keywords.split(","),
        )
        for unit in units.values()
    ]
    return [units[name] for name, _ in ranked(question, entries)]


def steps_for(words: str) -> list[str]:
    """Names of the steps that do what the words say, the best first."""
    return [unit.name for unit in found(words, [told(TRANSFORMS, name) for name in TRANSFORMS.names()])]


def steps_with(parameter: str) -> list[str]:
    """Names of the steps that have a parameter of that name."""
    from pipelines.contract import transform

    return [name for name in TRANSFORMS.names() if parameter in transform(name).Params.model_fields]


def _keywords(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "keywords":
            return str(ast.literal_eval(node.value)) if node.value is not None else ""
    return ""
