"""Check the product's figures at the end of the day against the simulation's own."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledgersafe.operations import verification
from ledgersafe.simulation.events import CURRENCY, Day
from ledgersafe.simulation.office import COURIER, FLOAT, Office
from ledgersafe.simulation.shape import Shape

#: Figures of the report, and their names in `SentEvent.effects`.
_AMOUNTS: Final = {
    "gross_sales": "gross_minor", "returns": "returns_minor", "discounts": "discounts_minor", "tax": "tax_minor",
    "tips": "tips_minor", "total": "total_minor", "cash_moved": "moved_cash_minor",
}  # fmt: skip
_COUNTS: Final = {
    "baskets": "baskets_count", "sales_rung_up": "rung_count", "returns_count": "returns_count",
    "voids": "voids_count", "corrections": "corrections_count",
}  # fmt: skip
_TENDERS: Final = ("CASH", "CARD", "GIFT_CARD", "STORE_CREDIT", "HOUSE_ACCOUNT")


class Check(NamedTuple):
    """An expectation, with actual and expected value."""

    what: str
    actual: Any
    expected: Any


def expected_cash(day: Day) -> dict[tuple[str, str], int]:
    """Return the cash that must be in each drawer before it is closed."""
    return {place: FLOAT - COURIER + moved for place, moved in day.cash().items()}


def drawers(office: Office, day: Day, reported: Mapping[tuple[str, str], int]) -> Iterator[Check]:
    """Check open drawers: the drawers' own figures and the books against the events."""
    expected = expected_cash(day)
    yield Check("drawers whose expected cash is what was rung up", _agreeing(reported, expected), len(expected))
    balances = office.get("/v1/reports/balances")["items"]
    accounts = {item["account_code"]: _minor(item["balance"]) for item in balances}
    booked = {place: accounts.get(f"DRAWER:{place[0]}/{place[1]}:{CURRENCY}", 0) for place in expected}
    yield Check("drawer accounts that have it", _agreeing(booked, expected), len(expected))


def closed(office: Office, expected: Mapping[tuple[str, str], int], reports: Mapping[Any, Any]) -> Iterator[Check]:
    """Check closed drawers."""
    closed_with = {place: report["ledger"]["expected_cash"] for place, report in reports.items()}
    yield Check("Z-reports with the expected cash", _agreeing(closed_with, expected), len(expected))
    variance = sum(report["ledger"]["variance"] for report in reports.values())
    yield Check("over and short of all drawers", variance, -office.shortage)
    still_open = office.get("/v1/pos/ledgers", status="OPEN")["items"]
    yield Check("drawers still open", len(still_open), 0)


def sold(office: Office, day: Day, shape: Shape) -> Iterator[Check]:
    """Check every store's daily sales, and the layers against each other."""
    span = {"from": shape.day.isoformat(), "to": shape.day.isoformat()}
    rows = {row["store_id"]: row for row in office.get("/v1/reports/daily-sales", **span)["items"]}
    expected = day.by_store()
    agreeing = sum(store in rows and differences(rows[store], sums) == [] for store, sums in expected.items())
    yield Check("stores whose daily sales are what was rung up", agreeing, len(expected))
    layers = office.get("/v1/reports/reconciliation", date=shape.day.isoformat())
    yield Check("differences between arrivals, sales, report and books", layers["differences"], [])


def numbered(office: Office, day: Day) -> Iterator[Check]:
    """Check that every till's event numbers are complete."""
    devices = office.items("/v1/devices")
    expected = len(day.cash())
    yield Check("tills that number their events", len(devices), expected)
    yield Check("numbers that are missing", sum(device["missing_events"] for device in devices), 0)


def verified(tenant_id: int) -> Check:
    """Check all invariants of the tenant, including the roll-up against a recomputation."""
    report = verification.verify(tenant_id=tenant_id)
    broken = ", ".join(finding.invariant.id for finding in report.broken)
    return Check(f"verify_books, {report.checked} invariants, broken", broken or "none", "none")


def differences(row: Mapping[str, Any], sums: Counter[str]) -> list[str]:
    """List the figures of a store's report that differ from its events."""
    figures = {name: (_minor(row[name]), sums[effect]) for name, effect in _AMOUNTS.items()}
    figures |= {name: (row[name], sums[effect]) for name, effect in _COUNTS.items()}
    figures |= {name: (_minor(row["tenders"][name]), sums[f"{name.lower()}_minor"]) for name in _TENDERS}
    return [f"{name} {is_} for {expected}" for name, (is_, expected) in figures.items() if is_ != expected]


def _agreeing(actual: Mapping[Any, int], expected: Mapping[Any, int]) -> int:
    return sum(actual.get(place) == amount for place, amount in expected.items())


def _minor(text: str) -> int:
    return int(Decimal(text).scaleb(2))
