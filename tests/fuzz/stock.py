"""A shop with two of everything, so that every list has a second page and every path leads somewhere."""

from datetime import date
from typing import Final

from tests.conftest import Shop
from tests.ledger import drawing, exchanging, transferring
from tests.pos.numbering import send_numbers
from tests.recon import books

_DAY: Final = date(2026, 2, 24)
#: What a list has to be asked for, to have anything in it.
QUERIES: Final = {"/v1/sales": f"from={_DAY}&to={books.after(_DAY)}"}


def stocked(shop: Shop) -> dict[str, str]:
    """Fill the shop. :returns: a real value of every path parameter, by its name."""
    send_numbers(shop, 1, 3, 5, device="tab-1")
    send_numbers(shop, 1, 3, device="tab-2")
    for day in (_DAY, books.after(_DAY)):
        books.sell(shop, day)
        books.close(shop, day, force=True, may_force=True, notes="For tests.")
    cases = [books.hold(shop, date(2026, 2, 26), f"held-{number}") for number in (1, 2)]
    exchanging.open_banks(shop, "USD", "EUR")
    transferring.open_account(shop, "A")
    for name in ("Renamed", "Renamed again"):
        transferring.change(shop, "BANK:USD", name=name)
    for rate in ("1.08", "1.09"):
        exchanging.quote(shop, rate=rate)
    journals = [transferring.move(shop, "BANK:USD", "A", "10.00").json() for _ in range(2)]
    settlements = [exchanging.settle(shop).json() for _ in range(2)]
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
