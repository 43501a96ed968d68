"""The secret scan of `make check`, on planted secrets. Each is put together here so that the scan passes this file."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCAN = ROOT / "scripts" / "scan_secrets.py"

RANDOM = "9fK2mQ7xT4vB8nL3pR6w"
PLANTED = {
    "AWS access key": "key = " + "AKIA" + "IOSFODNN7EXAMPL2",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "password in a URL": "postgresql://" + f"shop:{RANDOM}@db.internal:5432/shop",
    "password in a URL, a plain word": "postgresql://" + "shop:ladder@db.shop.example:5432/shop",
    "Slack token": "xoxb" + "-1234567890-abcdefghij",
    "Stripe key": "sk_" + "live_" + RANDOM + RANDOM,
    "Shopify token": "shpat" + "_" + "0123456789abcdef" * 2,
    "model provider key": "sk-" + "ant-" + RANDOM + RANDOM,
    "assigned secret": "client_secret" + f' = "{RANDOM}"',
}


def scan(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Run the scan as make does."""
    return subprocess.run([sys.executable, str(SCAN), *map(str, paths)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", sorted(PLANTED))
def test_a_planted_secret_is_found_and_not_repeated(kind: str, tmp_path: Path) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f"first = 1\n{PLANTED[kind]}\n", encoding="utf-8")
    done = scan(planted)
    assert done.returncode == 1
    assert f"settings.py:2: {kind.partition(',')[0]}: " in done.stdout
    assert RANDOM not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "postgresql://shop:{password}@127.0.0.1/shop",
        "postgresql://USER:PASSWORD@127.0.0.1/shop",
        "postgresql://postgres@127.0.0.1/test",
        "postgresql://ada:first@db/shop",
        "mysql://ada:wrong-word@127.0.0.1:1/none",
        "postgresql://shop:sentinel-7231@127.0.0.1/shop",
        'password = os.environ["SHOP_PASSWORD"]',
        'token = "the next page of results"',
        "    --hash=sha256:13b2beaad985e05e2d6407ee4c4f35590b11f8d693a258a561055cac8f64cab7 \\",
    ],
)
def test_what_only_looks_like_a_secret_is_let_through(line: str, tmp_path: Path) -> None:
    file = tmp_path / "harmless.txt"
    file.write_text(line + "\n", encoding="utf-8")
    assert scan(file).stdout == ""


def test_a_line_that_says_so_may_show_an_invented_value(tmp_path: Path) -> None:
    file = tmp_path / "test_vault.py"
    file.write_text(PLANTED["assigned secret"] + "  # not a secret\n", encoding="utf-8")
    assert scan(file).returncode == 0


def test_the_repository_holds_no_secret() -> None:
    done = scan()
    assert done.stdout == ""
    assert done.returncode == 0
