"""Models are asked for by those who use them: everything else starts without their libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

MODELS = {"anthropic", "genai_prices", "google.genai", "groq", "instructor", "mistralai", "openai", "pydantic_ai"}
SCRIPT = """
import sys
from integrations.cli.app import main
code = main({words!r})
sys.stderr.write("LOADED " + " ".join(sorted(sys.modules)))
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    [["--help"], ["models", "list", "--json"], ["ask", "how many orders are there", "--data", "orders.csv", "--json"]],
    ids=lambda words: words[0],
)
def test_no_model_library_is_loaded_where_no_model_is_asked(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "orders.csv").write_text("id,total\n1,2.50\n", encoding="utf-8")
    command = [sys.executable, "-c", SCRIPT.format(words=words)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.rpartition("LOADED ")[2].split()) & MODELS == set()
