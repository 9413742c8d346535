"""`manage.py import_rates`: all of a file, or nothing and every wrong line by its number."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Shop

GOOD = "pair,rate,valid_from\nEUR/USD,1.0832,2026-02-25T00:00:00Z\ngbp-usd,1.2677,2026-02-25\n"


def run(shop: Shop, path: Path, content: str | bytes, *more: str) -> str:
    """Write the file and import it: what the command prints."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = StringIO()
    call_command("import_rates", str(path), f"--tenant={shop.slug}", *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file lies."""
    return tmp_path / "rates.csv"


def test_it_records_every_rate_once(shop: Shop, path: Path) -> None:
    assert "2 of 2 rates recorded, 0 known already" in run(shop, path, GOOD)
    assert "0 of 2 rates recorded, 2 known already" in run(shop, path, "\ufeff" + GOOD.replace("1.0832", "1.08320"))
    rows = shop.rows("SELECT base, quote, source, actor FROM fx_rates WHERE tenant_id = %s ORDER BY base")
    assert rows == [("EUR", "USD", "csv", "system:import_rates"), ("GBP", "USD", "csv", "system:import_rates")]


def test_a_dry_run_keeps_nothing(shop: Shop, path: Path) -> None:
    assert "2 of 2 rates would be recorded" in run(shop, path, GOOD, "--dry-run")
    assert shop.number("fx_rates") == 0


def test_it_names_every_wrong_line_and_records_none(shop: Shop, path: Path) -> None:
    lines = GOOD + "EUR/USD,0,2026-02-26\nEUR/ZZZ,x,2026-02-26\nEUR/USD,1.09,2026-02-25T00:00:00+00:00\nEUR/USD\n"
    with pytest.raises(CommandError) as caught:
        run(shop, path, lines)
    message = str(caught.value)
    assert all(f"line {number}: " in message for number in (4, 5, 6, 7))
    assert "line 2: " not in message
    assert caught.value.returncode == 2
    assert shop.number("fx_rates") == 0


@pytest.mark.parametrize(
    "content", ["", "pair,rate\n", "a,b,c\n1,2,3\n", b"pair,rate\n\xff,1\n", 'pair,rate\n"EUR/USD,1\n']
)
def test_it_refuses_what_is_no_such_file(shop: Shop, path: Path, content: str | bytes) -> None:
    with pytest.raises(CommandError) as caught:
        run(shop, path, content)
    assert caught.value.returncode == 2


def test_it_refuses_a_file_that_is_not_there(shop: Shop, path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_rates", str(path / "gone"), f"--tenant={shop.slug}")


def test_a_large_file_takes_a_statement_for_thousands(shop: Shop, path: Path) -> None:
    rows = [f"EUR/USD,1.{n},20{n // 365 % 25:02}-01-01T00:00:{n % 60:02}.{n:06}Z" for n in range(12_000)]
    with CaptureQueriesContext(connection) as queries:
        assert "12000 of 12000" in run(shop, path, "\n".join(["pair,rate,valid_from", *rows]))
    assert len(queries) < 20
    assert shop.number("fx_rates") == 12_000
