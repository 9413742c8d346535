"""What postings need to be there, and when all of it is remembered."""

from datetime import date, time
from typing import Any

import pytest

from ledger.accounts import AccountRef
from ledger.journals import DraftLine, JournalDraft
from pos.posting import Place, TenantMemory, prerequisites_of, remembered_ids
from pos.rules import Post
from tests.pos.rules.test_return_shares import event

DAY = date(2026, 2, 25)
SALES, DRAWER, TIPS = (AccountRef(role, "USD", "") for role in ("SALES", "DRAWER", "TIPS_PAYABLE"))


def draft(*accounts: AccountRef) -> JournalDraft:
    """A draft with a line for each account."""
    return JournalDraft("SALE", tuple(DraftLine(account, 1) for account in accounts))


def post(*accounts: AccountRef, mirror: JournalDraft | None = None, **fields: Any) -> Post:
    """A sale to be posted to these accounts."""
    return Post(event(total_amount=5, **fields), draft(*accounts), DAY, False, mirror=mirror)


def memory(places: set[Place], days: set[date], accounts: dict[AccountRef, int]) -> TenantMemory:
    """A tenant as a process remembers it."""
    return TenantMemory(
        tenant_id=1, version=1, base_currency="USD", time_zone="UTC", cut_off=time(4), late_window_days=3,
        books_start=DAY, enabled_event_types=frozenset(["SALE"]), strict_stores=False, four_eyes_limit_minor=None,
        closed_through=None, expires_at=0.0, places=places, account_ids=accounts, open_days=days,
    )  # fmt: skip


def test_nothing_to_post_needs_nothing() -> None:
    assert prerequisites_of([]) == (set(), set(), set())


def test_a_post_needs_its_store_register_day_and_accounts() -> None:
    needs = prerequisites_of([post(SALES, DRAWER), post(SALES, register_id=None)])
    assert needs == ({("s", None), ("s", "r")}, {DAY}, {SALES, DRAWER})


def test_a_correction_needs_the_accounts_of_its_mirror_too() -> None:
    assert prerequisites_of([post(SALES, mirror=draft(TIPS))]).accounts == {SALES, TIPS}


PLACES: set[Place] = {("s", None), ("s", "r")}


@pytest.mark.parametrize(
    ("places", "days", "accounts", "ids"),
    [
        (PLACES, {DAY}, {SALES: 1, DRAWER: 2, TIPS: 3}, {SALES: 1, DRAWER: 2}),
        ({("s", None)}, {DAY}, {SALES: 1, DRAWER: 2}, None),
        (PLACES, set(), {SALES: 1, DRAWER: 2}, None),
        (PLACES, {DAY}, {SALES: 1}, None),
    ],
    ids=["all", "no register", "no day", "no account"],
)
def test_ids_are_remembered_only_when_everything_is(
    places: set[Place], days: set[date], accounts: dict[AccountRef, int], ids: dict[AccountRef, int] | None
) -> None:
    assert remembered_ids(memory(places, days, accounts), prerequisites_of([post(SALES, DRAWER)])) == ids
