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
import sys
from integrations.cli.app import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code in (0, None), end.code
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
