"""What Postgres refuses of lines, tenders and taxes, whoever writes."""

import json
from typing import Any

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.projection import projected

TABLES = ("sale_lines", "sale_tenders", "sale_taxes")
KEEP = "SELECT pos_keep_content_v1(%s, %s, %s, {})"
FOREIGN = "SELECT (jsonb_populate_record(x, jsonb_build_object('line_no', 9, 'tenant_id', %s::int))).*"
MOVE = "UPDATE sale_content_marks SET through_xid = {} WHERE tenant_id = %s"


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop whose only sale has its rows."""
    assert shop.send(shop.sale("sold")).status_code == 201
    assert projected(shop, 1) == 1
    return shop


def empty(**changes: Any) -> str:
    return json.dumps({"of": [], "lines": [], "tenders": [], "taxes": [], "failed": []} | changes)


def journal_of(shop: Shop) -> int:
    return int(shop.rows("SELECT max(journal_id) FROM sales WHERE tenant_id = %s")[0][0])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attack", ["UPDATE {} SET amount_minor = 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_rows_are_never_changed(books: None, as_owner: Raw, table: str, attack: str) -> None:
    with assert_refused_by(f"{table}_append_only"):
        as_owner.execute(attack.format(table).encode())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ['{"business_date": "2026-03-01"}', '{"store_code": "elsewhere"}', '{"journal_id": 0}']
)
def test_a_row_belongs_to_a_header_of_its_day_and_store(sold: Shop, as_owner: Raw, table: str, change: str) -> None:
    with assert_refused_by(f"{table}_of_a_header"):
        as_owner.execute(
            f"""INSERT INTO {table} SELECT (jsonb_populate_record(x, '{{"line_no": 9}}'::jsonb || '{change}')).*
            FROM {table} x WHERE tenant_id = %s LIMIT 1""".encode(),
            [sold.tenant.id],
        )


@pytest.mark.parametrize("table", TABLES)
def test_a_row_belongs_to_a_header_of_its_own_tenant(sold: Shop, as_owner: Raw, table: str) -> None:
    with assert_refused_by(f"{table}_of_a_header"):
        as_owner.execute(
            f"INSERT INTO {table} {FOREIGN} FROM {table} x WHERE tenant_id = %s LIMIT 1".encode(),
            [open_shop().tenant.id, sold.tenant.id],
        )


@pytest.mark.parametrize(
    ("attack", "constraint"),
    [
        (MOVE.format("through_xid"), "sale_content_marks_forward"),
        (MOVE.format("'3'"), "sale_content_marks_forward"),
        (MOVE.format("(through_xid::text::bigint + 1000000)::text::xid8"), "sale_content_marks_settled"),
        ("DELETE FROM sale_content_marks WHERE tenant_id = %s", "sale_content_marks_kept"),
    ],
)
def test_a_mark_goes_forward_and_not_past_what_runs(sold: Shop, as_owner: Raw, attack: str, constraint: str) -> None:
    with assert_refused_by(constraint):
        as_owner.execute(attack.encode(), [sold.tenant.id])


def test_marks_are_not_emptied(as_owner: Raw) -> None:
    with assert_refused_by("sale_content_marks_kept"):
        as_owner.execute("TRUNCATE sale_content_marks")


def test_a_mark_leaves_no_header_behind(sold: Shop, as_application: Raw) -> None:
    assert sold.send(sold.sale("next")).status_code == 201
    with assert_refused_by("sale_content_marks_complete"):
        as_application.execute(
            KEEP.format("pg_snapshot_xmax(pg_current_snapshot())").encode(), [sold.tenant.id, empty(), "2026-02-25"]
        )


def test_rows_that_differ_from_their_header_are_not_kept(sold: Shop, as_application: Raw) -> None:
    assert sold.send(sold.sale("next")).status_code == 201
    journal = journal_of(sold)
    paid = [{"j": journal, "n": 1, "m": "CASH", "p": "", "c": "USD", "a": 4250}]
    with assert_refused_by("sale_content_agrees_with_header"):
        as_application.execute(
            KEEP.format("NULL").encode(), [sold.tenant.id, empty(of=[journal], tenders=paid), "2026-02-25"]
        )


def test_another_tenants_header_gets_no_rows(sold: Shop, as_application: Raw) -> None:
    tax = [{"j": journal_of(sold), "n": 9, "code": "VAT", "rate": "", "in": False, "a": 1}]
    as_application.execute(KEEP.format("NULL").encode(), [open_shop().tenant.id, empty(taxes=tax), "2026-02-25"])
    rows = as_application.execute("SELECT count(*) FROM sale_taxes WHERE journal_id = %s", [journal_of(sold)])
    assert rows.fetchone() == (1,)


@pytest.mark.parametrize("table", [*TABLES, "sale_content_marks", "sale_content_failures"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "INSERT INTO {} TABLE {}"])
def test_the_application_cannot_even_try(books: None, as_application: Raw, table: str, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(attack.format(table, table).encode())
