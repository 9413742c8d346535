"""Drawers and what arrives at their register: events attach, late ones are adjusted, reports add up."""

import pytest
from django.utils import timezone

from ledger.drawers import Caller, adjust_closed
from ledger.models import Drawer, FinancialTransaction
from tests.conftest import Shop
from tests.scenes.drawers import (
    FLOAT,
    balances,
    cash_sale,
    close,
    command,
    count,
    done,
    flows,
    open_drawer,
    shown,
    transact,
)
from tests.scenes.transfers import entry, transfer

NOTHING = dict.fromkeys(("line_items", "tenders", "tax_lines"))
CASH = "DRAWER:store-1/till-1:USD"


def adjust(shop: Shop, drawer: int) -> int:
    """What the job does every minute."""
    account = Drawer.objects.get(pk=drawer).account_id
    return adjust_closed(tenant_id=shop.tenant.id, account_id=account, actor="system:test", now=timezone.now())


def test_events_of_a_register_attach_to_its_open_drawer(shop: Shop) -> None:
    drawer, other = open_drawer(shop), open_drawer(shop, "till-2")
    for kind, amount in (("PAID_IN", 7), ("PAID_OUT", 3), ("PAYOUT", 2), ("CASH_DROP", 50)):
        assert shop.send(shop.sale(kind, event_type=kind, **NOTHING | {"total_amount": amount})).status_code == 201
    assert cash_sale(shop, "sold", "60.00").status_code == 201
    assert shop.send(shop.sale("mixed")).status_code == 201  # 20.00 in cash, 22.50 by card
    assert shop.send(shop.sale("card", tenders=[{"method": "CARD", "amount": 42.5}])).status_code == 201
    assert flows(shop, drawer) == [
        ("FLOAT", "CASH", FLOAT, False), ("CASH_IN", "CASH", 700, False), ("CASH_OUT", "CASH", -300, False),
        ("PAYOUT", "CASH", -200, False), ("DROP", "CASH", -5000, False), ("SALE", "CASH", 6000, False),
        ("SALE", "CASH", 2000, False),
    ]  # fmt: skip
    assert shown(shop, drawer)["expected_cash"] == FLOAT + 700 - 300 - 200 - 5000 + 6000 + 2000
    assert shown(shop, other)["expected_cash"] == FLOAT


def test_a_batch_of_events_attaches_each_to_its_own_drawer(shop: Shop) -> None:
    drawer, other = open_drawer(shop), open_drawer(shop, "till-2")
    tender = {"tax_lines": None, "line_items": None, "total_amount": 5, "tenders": [{"method": "CASH", "amount": 5}]}
    events = [shop.sale(f"e-{n}", register_id=f"till-{n % 3 + 1}", **tender) for n in range(9)]
    assert shop.post("/v1/events/batch", {"events": events}).status_code == 200
    assert shown(shop, drawer)["expected_cash"] == shown(shop, other)["expected_cash"] == FLOAT + 1500
    assert [flow[0] for flow in flows(shop, drawer)] == ["FLOAT", "SALE", "SALE", "SALE"]


def test_a_transfer_out_of_a_drawers_account_is_a_flow_too(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert shop.post("/v1/transfers", transfer(entry(CASH, "-5.00"), entry("SAFE:USD", "5.00"))).status_code == 201
    assert flows(shop, drawer)[-1] == ("CORRECTION", "CASH", -500, False)
    assert shown(shop, drawer, "x-report")["cash"]["corrections"] == -500


def test_a_drawer_that_is_counted_still_takes_late_events(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert count(shop, drawer, FLOAT + 500).json()["variance"] == 500
    assert cash_sale(shop, "late", "5.00").status_code == 201
    assert shown(shop, drawer)["variance"] == 0
    assert close(shop, drawer, FLOAT + 500).json()["variance"] == 0


def test_cash_after_the_close_is_adjusted_once_and_the_figures_stay(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert close(shop, drawer, FLOAT + 500).json()["variance"] == 500
    before = shown(shop, drawer, "z-report")
    assert cash_sale(shop, "late", "5.00").status_code == 201
    assert flows(shop, drawer)[-1] == ("SALE", "CASH", 500, True)
    assert balances(shop) == {"DRAWER": 500, "SAFE": 500, "OVER_SHORT": -500, "SALES": -500}
    assert [adjust(shop, drawer) for _ in range(2)] == [1, 0]
    assert flows(shop, drawer)[-1] == ("ADJUSTMENT", "CASH", -500, False)
    assert balances(shop) == {"SAFE": 500, "SALES": -500}
    after = shown(shop, drawer, "z-report")
    assert after.pop("after_close") == {"late_cash": 500, "adjusted": 500}
    assert before.pop("after_close") == {"late_cash": 0, "adjusted": 0}
    assert after == before


def test_the_next_drawer_begins_with_its_float_alone(shop: Shop) -> None:
    first = open_drawer(shop)
    assert close(shop, first, FLOAT).status_code == 200
    for number in range(3):
        assert cash_sale(shop, f"late-{number}", "5.00").status_code == 201
    second = open_drawer(shop, cash=300)
    assert shown(shop, second)["expected_cash"] == balances(shop)["DRAWER"] == 300
    assert balances(shop)["OVER_SHORT"] == 1500
    assert FinancialTransaction.objects.filter(drawer_id=first, type="ADJUSTMENT").count() == 3


# ── Reports ─────────────────────────────────────────────────────────────────────────────────────
def worked(shop: Shop) -> int:
    """A drawer with something of everything."""
    drawer = open_drawer(shop)
    done(shop, drawer, "SALE", 5000)
    done(shop, drawer, "SALE", 3000, method="CARD", order_id="o-2")
    done(shop, drawer, "REFUND", 1000)
    done(shop, drawer, "PAYOUT", 700, order_id=None)
    done(shop, drawer, "CASH_OUT", 300, order_id=None)
    return drawer


def test_an_x_report_shows_the_figures_so_far(shop: Shop) -> None:
    report = shown(shop, worked(shop), "x-report")
    assert (report["report"], report["z_number"], report["transactions"]) == ("X", None, 5)
    assert report["sales"] == {"CASH": 5000, "CARD": 3000, "EXTERNAL": 0, "total": 8000}
    assert report["refunds"] == {"CASH": 1000, "CARD": 0, "EXTERNAL": 0, "total": 1000}
    assert report["net_sales"] == 7000
    assert report["cash"] == {
        "starting": FLOAT, "sales": 5000, "refunds": -1000, "cash_in": 0, "cash_out": -300, "payouts": -700,
        "drops": 0, "corrections": 0, "expected": FLOAT + 3000, "actual": None, "variance": None,
    }  # fmt: skip


def test_z_reports_are_numbered_per_register_with_a_grand_total(shop: Shop) -> None:
    totals = []
    for _ in range(2):
        drawer = open_drawer(shop)
        done(shop, drawer, "SALE", 5000)
        assert close(shop, drawer, FLOAT + 5000).status_code == 200
        report = shown(shop, drawer, "z-report")
        totals.append((report["report"], report["z_number"], report["net_sales"], report["grand_total"]))
    assert totals == [("Z", 1, 5000, 5000), ("Z", 2, 5000, 10_000)]
    other = open_drawer(shop, "till-2")
    assert close(shop, other, FLOAT).json()["z_number"] == 1


def test_each_report_has_its_time(shop: Shop) -> None:
    drawer = open_drawer(shop)
    answers = [shop.get(f"/v1/pos/ledgers/{drawer}/z-report")]
    close(shop, drawer, FLOAT)
    answers.append(shop.get(f"/v1/pos/ledgers/{drawer}/x-report"))
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "DRAWER_NOT_CLOSED"), (409, "DRAWER_CLOSED")]


def test_a_report_is_printed_as_a_page_that_runs_nothing(shop: Shop) -> None:
    drawer = worked(shop)
    notes = "<script>alert(1)</script>"
    assert close(shop, drawer, FLOAT + 2990, notes=notes, denominations={"10": 1299}).status_code == 200
    page = shop.get(f"/v1/pos/ledgers/{drawer}/z-report", format="html")
    text = page.content.decode()
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in text
    assert all(part in text for part in ("Z-report 1", "80.00", "70.00", "130.00", "129.90", "−0.10", "1299 × 0.10"))
    assert shop.get(f"/v1/pos/ledgers/{drawer}/z-report", format="pdf").status_code == 400


def test_a_report_is_one_statement(shop: Shop) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ledger.drawers import reports

    drawer = worked(shop)
    with CaptureQueriesContext(connection) as queries:
        report = reports.read_report(Caller(shop.tenant.id, "x"), drawer)
        assert (report.expected, report.drawer.store.code) == (FLOAT + 3000, "store-1")
    assert len(queries) == 1


def test_lists_are_newest_first_and_go_on_from_a_cursor(shop: Shop) -> None:
    drawers = [open_drawer(shop, f"till-{n}") for n in range(3)]
    close(shop, drawers[0], FLOAT)
    first = shop.get("/v1/pos/ledgers", limit=2).json()
    rest = shop.get("/v1/pos/ledgers", limit=2, cursor=first["next_cursor"]).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == drawers[::-1]
    assert rest["next_cursor"] is None
    assert [item["id"] for item in shop.get("/v1/pos/ledgers", status="CLOSED").json()["items"]] == drawers[:1]
    assert shop.get("/v1/pos/ledgers", store_id="elsewhere").json()["items"] == []
    assert [shop.get("/v1/pos/ledgers", **{name: "?"}).status_code for name in ("status", "cursor")] == [400, 400]


# ── Keys bound to a place ───────────────────────────────────────────────────────────────────────
def test_a_register_bound_key_reaches_its_own_drawer_only(shop: Shop) -> None:
    from ledgersafe.tenants.models import Register
    from tests.ledger.api.test_drawers import shop_with

    mine, other = open_drawer(shop), open_drawer(shop, "till-2")
    register = Register.objects.select_related("store").get(tenant=shop.tenant, code="till-1")
    till = shop_with(shop, "pos:read", "pos:write", store=register.store, register=register)
    assert [item["id"] for item in till.get("/v1/pos/ledgers").json()["items"]] == [mine]
    assert transact(till, mine, "SALE", 5).status_code == 201
    assert transact(till, other, "SALE", 5).status_code == 404
    assert close(till, other, 5).status_code == 404
    body = {"store_id": "store-1", "register_id": "till-3", "starting_cash": 5}
    assert command(till, "ledgers", body).status_code == 404


@pytest.mark.parametrize(("scopes", "status"), [(["pos:read"], 403), (["ledger:write"], 403), (["pos:write"], 201)])
def test_a_key_needs_the_scope(shop: Shop, scopes: list[str], status: int) -> None:
    from tests.ledger.api.test_drawers import shop_with

    drawer = open_drawer(shop)
    assert transact(shop_with(shop, *scopes), drawer, "SALE", 5).status_code == status
