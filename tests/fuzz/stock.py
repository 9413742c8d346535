"""A shop with two of everything, so that every list has a second page and every path leads somewhere."""

from datetime import date
from typing import Final

from tests.conftest import Shop
from tests.scenes import days, fx, transfers
from tests.scenes import drawers as drawing
from tests.scenes.device_numbers import send_numbers

_DAY: Final = date(2026, 2, 24)
#: What a list has to be asked for, to have anything in it.
QUERIES: Final = {"/v1/sales": f"from={_DAY}&to={days.after(_DAY)}"}


def stocked(shop: Shop) -> dict[str, str]:
    """Fill the shop. :returns: a real value of every path parameter, by its name."""
    send_numbers(shop, 1, 3, 5, device="tab-1")
    send_numbers(shop, 1, 3, device="tab-2")
    for day in (_DAY, days.after(_DAY)):
        days.sell(shop, day)
        days.close(shop, day, force=True, may_force=True, notes="For tests.")
    cases = [days.hold(shop, date(2026, 2, 26), f"held-{number}") for number in (1, 2)]
    fx.open_banks(shop, "USD", "EUR")
    transfers.open_account(shop, "A")
    for name in ("Renamed", "Renamed again"):
        transfers.change(shop, "BANK:USD", name=name)
    for rate in ("1.08", "1.09"):
        fx.quote(shop, rate=rate)
    journals = [transfers.move(shop, "BANK:USD", "A", "10.00").json() for _ in range(2)]
    settlements = [fx.settle(shop).json() for _ in range(2)]
    drawers = [drawing.open_drawer(shop, register) for register in ("till-8", "till-9")]
    return {
        "code": "BANK:USD",
        "device_id": "tab-1",
        "raw_id": str(shop.rows("SELECT max(id) FROM events_raw WHERE tenant_id = %s")[0][0]),
        "case_id": cases[0],
        "settlement_id": str(settlements[0]["settlement_id"]),
        "journal_id": str(journals[0]["journal_id"]),
        "day": _DAY.isoformat(),
        "name": "journals.csv",
        "drawer_id": str(drawers[0]),
        "event_id": f"evt-{_DAY}",
    }
