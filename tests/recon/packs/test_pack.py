"""The accountant pack: complete, the same whenever it is made, and harmless in a spreadsheet."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledgersafe.values.csv_text import safe_cell
from recon.closing.close import ClosedDay
from recon.packs import pack
from tests.conftest import Shop
from tests.scenes.days import DAY, after, close, hold, sell


def file(done: ClosedDay, name: str) -> bytes:
    return b"".join(pack.content(done.close, name))


def table(done: ClosedDay, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file(done, name).decode())))


@pytest.fixture
def done(shop: Shop) -> ClosedDay:
    """A closed day with a sale and a held event, after another one."""
    sell(shop, DAY)
    close(shop)
    sell(shop, after(DAY))
    hold(shop, after(DAY))
    return close(shop, after(DAY), force=True, may_force=True, notes="Month end.")


def test_the_trial_balance_has_what_was_moved_and_what_is(done: ClosedDay) -> None:
    rows = {row["account_code"]: row for row in table(done, "trial-balance.csv")}
    assert len(rows) == 4
    sales = next(row for row in rows.values() if row["type"] == "REVENUE")
    assert sales == sales | {"opening_credit": "38.50", "debits": "0.00", "credits": "38.50", "closing_credit": "77.00"}
    for side in ("opening", "closing"):
        sums = [sum(float(row[f"{side}_{of}"] or 0) for row in rows.values()) for of in ("debit", "credit")]
        assert sums[0] == pytest.approx(sums[1])


def test_the_journals_are_the_days_alone_line_by_line(shop: Shop, done: ClosedDay) -> None:
    rows = table(done, "journals.csv")
    assert {row["source_key"] for row in rows} == {f"evt-{after(DAY)}"}
    assert [row["line"] for row in rows] == ["1", "2", "3", "4"]
    assert sum(float(row["debit"] or 0) - float(row["credit"] or 0) for row in rows) == pytest.approx(0)


def test_the_exceptions_are_told_as_they_stood(done: ClosedDay) -> None:
    (row,) = table(done, "exceptions.csv")
    assert row["status_at_close"] == "open"
    assert (row["reason_code"], row["amount_at_risk"], row["ccy"]) == ("TOTALS_MISMATCH", "43.00", "USD")


def test_csv_and_json_say_the_same(done: ClosedDay) -> None:
    for name in ("trial-balance", "journals", "exceptions"):
        whole: Any = json.loads(file(done, f"{name}.json"))
        assert whole["date"] == str(after(DAY))
        assert whole["rows"] == table(done, f"{name}.csv")


def test_it_is_the_same_byte_for_byte_whatever_happens_afterwards(shop: Shop, done: ClosedDay) -> None:
    before = {name: file(done, name) for name in pack.NAMES}
    shop.rows("UPDATE accounts SET name = 'Renamed' WHERE tenant_id = %s RETURNING id")
    (case,) = shop.rows("SELECT id FROM exceptions WHERE tenant_id = %s AND status = 'open'")
    body = {"action": "mark_resolved_no_replay", "resolution_notes": "Was a test."}
    assert shop.post(f"/v1/exceptions/{case[0]}/resolve", body).status_code == 200
    sell(shop, after(DAY, 2))
    close(shop, after(DAY, 2))
    assert {name: file(done, name) for name in pack.NAMES} == before
    assert {name: hashlib.sha256(content).hexdigest() for name, content in before.items()} == done.pack.files


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_hostile_ids_are_text_in_every_file(shop: Shop) -> None:
    sell(shop, DAY, '=HYPERLINK("http://evil","<b>x</b>")')
    done = close(shop)
    assert table(done, "journals.csv")[0]["source_key"].startswith("'=HYPERLINK")
    assert b"<b>" not in file(done, "pack.html")


def test_an_empty_day_has_a_pack_too(shop: Shop) -> None:
    done = close(shop)
    assert table(done, "journals.csv") == []
    assert json.loads(file(done, "journals.json"))["rows"] == []


def test_the_command_writes_it_beside_sums_that_sha256sum_reads(shop: Shop, tmp_path: Path) -> None:
    sell(shop, DAY)
    command = ["close_day", "--tenant", shop.slug, "--date", str(DAY), "--out", str(tmp_path / "pack")]
    call_command(*command)
    written = {path.name: path.read_bytes() for path in (tmp_path / "pack").iterdir()}
    sums = written.pop("SHA256SUMS").decode().splitlines()
    assert dict(line.split("  ")[::-1] for line in sums) == {
        name: hashlib.sha256(content).hexdigest() for name, content in written.items()
    }
    call_command(*command)
    assert {path.name for path in (tmp_path / "pack").iterdir()} == {*pack.NAMES, "SHA256SUMS"}


def test_the_command_refuses_in_one_line(shop: Shop) -> None:
    hold(shop, DAY)
    with pytest.raises(CommandError, match="1 held event of the day waits") as refusal:
        call_command("close_day", "--tenant", shop.slug, "--date", str(DAY))
    assert refusal.value.returncode == 2
    call_command("close_day", "--tenant", shop.slug, "--date", str(DAY), "--force", "--notes", "Counted by hand.")
