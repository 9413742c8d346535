"""What the product says at the end of the day, against what the simulation knows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledgersafe.operations import verification
from ledgersafe.simulation.events import CURRENCY, Day
from ledgersafe.simulation.office import COURIER, FLOAT, Office
from ledgersafe.simulation.shape import Shape

#: Figures of the report, and their names in `Sent.effects`.
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
    """Something that must be, what was found, and what was wanted."""

    what: str
    found: Any
    wanted: Any


def expected_cash(day: Day) -> dict[tuple[str, str], int]:
    """What must be in every drawer before it is closed."""
    return {place: FLOAT - COURIER + moved for place, moved in day.cash().items()}


def drawers(office: Office, day: Day, expected: Mapping[tuple[str, str], int]) -> Iterator[Check]:
    """Before they are closed: what the drawers expect, what the books have, what was rung up."""
    wanted = expected_cash(day)
    yield Check("drawers whose expected cash is what was rung up", _agreeing(expected, wanted), len(wanted))
    balances = office.get("/v1/reports/balances")["items"]
    accounts = {item["account_code"]: _minor(item["balance"]) for item in balances}
    booked = {place: accounts.get(f"DRAWER:{place[0]}/{place[1]}:{CURRENCY}", 0) for place in wanted}
    yield Check("drawer accounts that have it", _agreeing(booked, wanted), len(wanted))


def closed(office: Office, expected: Mapping[tuple[str, str], int], reports: Mapping[Any, Any]) -> Iterator[Check]:
    """After they were."""
    closed_with = {place: report["ledger"]["expected_cash"] for place, report in reports.items()}
    yield Check("Z-reports with the expected cash", _agreeing(closed_with, expected), len(expected))
    variance = sum(report["ledger"]["variance"] for report in reports.values())
    yield Check("over and short of all drawers", variance, -office.shortage)
    still_open = office.get("/v1/pos/ledgers", status="OPEN")["items"]
    yield Check("drawers still open", len(still_open), 0)


def sold(office: Office, day: Day, shape: Shape) -> Iterator[Check]:
    """The daily sales of every store, and the layers against each other."""
    span = {"from": shape.day.isoformat(), "to": shape.day.isoformat()}
    rows = {row["store_id"]: row for row in office.get("/v1/reports/daily-sales", **span)["items"]}
    wanted = day.by_store()
    agreeing = sum(store in rows and differences(rows[store], sums) == [] for store, sums in wanted.items())
    yield Check("stores whose daily sales are what was rung up", agreeing, len(wanted))
    layers = office.get("/v1/reports/reconciliation", date=shape.day.isoformat())
    yield Check("differences between arrivals, sales, report and books", layers["differences"], [])


def numbered(office: Office, day: Day) -> Iterator[Check]:
    """Every till numbers its events: all of them came."""
    devices = office.items("/v1/devices")
    wanted = len(day.cash())
    yield Check("tills that number their events", len(devices), wanted)
    yield Check("numbers that are missing", sum(device["missing_events"] for device in devices), 0)


def verified(tenant_id: int) -> Check:
    """All invariants of the tenant, the roll-up against a recompute among them."""
    report = verification.verify(tenant_id=tenant_id)
    broken = ", ".join(finding.invariant.id for finding in report.broken)
    return Check(f"verify_books, {report.checked} invariants, broken", broken or "none", "none")


def differences(row: Mapping[str, Any], sums: Counter[str]) -> list[str]:
    """The figures of a store's report that are not what its events come to."""
    found = {name: (_minor(row[name]), sums[effect]) for name, effect in _AMOUNTS.items()}
    found |= {name: (row[name], sums[effect]) for name, effect in _COUNTS.items()}
    found |= {name: (_minor(row["tenders"][name]), sums[f"{name.lower()}_minor"]) for name in _TENDERS}
    return [f"{name} {is_} for {wanted}" for name, (is_, wanted) in found.items() if is_ != wanted]


def _agreeing(found: Mapping[Any, int], wanted: Mapping[Any, int]) -> int:
    return sum(found.get(place) == amount for place, amount in wanted.items())


def _minor(text: str) -> int:
    return int(Decimal(text).scaleb(2))
