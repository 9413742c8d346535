"""Where cash goes and comes from, by the reason the till gives: every reason of the posting rules has its account."""

import pytest

from tests.pos.rules.test_sale import DRAWER, draft_from, lines


@pytest.mark.parametrize(
    ("reason", "account"),
    [
        ("TIPS", "TIPS-PAYABLE:USD"),
        ("TIP", "TIPS-PAYABLE:USD"),
        ("SAFE", "SAFE:USD"),
        ("BANK", "CASH-IN-TRANSIT:USD"),
        ("window cleaner", "PETTY-EXPENSE:USD"),
        ("", "PETTY-EXPENSE:USD"),
    ],
)
@pytest.mark.parametrize("kind", ["PAID_OUT", "PAYOUT"])
def test_what_is_paid_out_goes_where_its_reason_says(kind: str, reason: str, account: str) -> None:
    draft = draft_from(event_type=kind, total_amount=5, reason=reason)
    assert lines(draft) == {account: 500, DRAWER: -500}


@pytest.mark.parametrize(
    ("reason", "account"),
    [
        ("", "SAFE:USD"),
        ("SAFE", "SAFE:USD"),
        ("FLOAT", "SAFE:USD"),
        ("CHANGE", "SAFE:USD"),
        ("PETTY", "PETTY-EXPENSE:USD"),
        ("HOUSE_ACCOUNT", "HOUSE-ACCOUNTS:USD"),
        ("DEPOSIT", "CUSTOMER-DEPOSITS:USD"),
        ("under the counter", "SUSPENSE:USD"),
    ],
)
def test_what_is_paid_in_comes_from_where_its_reason_says(reason: str, account: str) -> None:
    draft = draft_from(event_type="PAID_IN", total_amount=5, reason=reason)
    assert lines(draft) == {DRAWER: 500, account: -500}
