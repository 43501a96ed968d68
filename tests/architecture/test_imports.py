"""What gets loaded, read from `sys.modules` of a fresh process: the static rules cannot see imports by name."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MODELS = {
    "anthropic", "chainlit", "chromadb", "google.genai", "groq", "instructor", "langchain_core", "langgraph", "litellm",
    "llama_index", "mistralai", "ollama", "openai", "pydantic_ai", "slack_bolt",
}  # fmt: skip
HEAVY = MODELS | {
    "alembic", "cryptography", "duckdb", "numpy", "openpyxl", "pandas", "psycopg", "pyarrow", "pydantic",
    "pydantic_evals", "pymysql", "sqlalchemy", "sqlglot", "xlsxwriter", "yaml",
}  # fmt: skip

EVERY_MODULE = """
import importlib, pkgutil
for name in {packages!r}:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(found.name)
"""
COMMAND = """
from integrations.cli.app import main
try:
    code = main({arguments!r})
except SystemExit as end:
    code = end.code or 0
assert code == 0, code
"""
WITHOUT_MODELS = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {models!r}:
            raise AssertionError("a run asked for " + name)
sys.meta_path.insert(0, Refuse())
"""
SPEC = """
version: 1
name: totals
sources:
  orders: {location: orders.csv, columns: {region: VARCHAR, total: 'DECIMAL(18,2)'}}
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: [region], measures: {total: sum(total)}}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
"""
REPORT = """
import sys
sys.stderr.write("LOADED " + " ".join(sorted(sys.modules)))
"""


def loaded_by(code: str, folder: Path) -> set[str]:
    """Run code in a fresh Python and give the names of all modules that it loaded."""
    command = [sys.executable, "-c", code + REPORT]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("packages", [["spec"], ["spec", "connectors", "pipelines", "reports"]])
def test_no_module_of_the_deterministic_core_loads_a_model_library(packages: list[str], tmp_path: Path) -> None:
    assert loaded_by(EVERY_MODULE.format(packages=packages), tmp_path) & MODELS == set()


def test_the_shell_shows_its_help_without_loading_anything_heavy(tmp_path: Path) -> None:
    assert loaded_by(COMMAND.format(arguments=["--help"]), tmp_path) & HEAVY == set()


def test_running_a_spec_asks_for_no_model_library_and_no_surface(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("region,total\nNorth,10.50\nSouth,1.25\nNorth,2.00\n", encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    arguments = ["run", "totals.yaml", "--out", "out", "--now", "2026-10-05T08:00:00Z"]
    code = WITHOUT_MODELS.format(models=sorted(MODELS)) + COMMAND.format(arguments=arguments)
    loaded = loaded_by(code, tmp_path)
    assert (tmp_path / "out" / "totals.csv").read_text(encoding="utf-8") == "region,total\nNorth,12.50\nSouth,1.25\n"
    assert loaded & (MODELS | {"sqlalchemy", "alembic", "openpyxl", "xlsxwriter", "pandas", "agents", "evals"}) == set()
