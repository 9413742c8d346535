"""Each invariant of silver: plant a violation, see exactly it reported."""

import pytest

from tests.scenes.returns import about
from tests.scenes.violations import Ground

JOURNAL = "SELECT journal_id FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s"
KEY = "SELECT id FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s"


@pytest.mark.parametrize(
    "change", ["amount_minor = 4251", "amount_minor = -1", "kind = 'VOID', sign = 1, amount_minor = 2"]
)
def test_i41_sees_what_exceeds_its_original(ground: Ground, change: str) -> None:
    ground.shop.send(about(ground.shop, "RETURN", "back", total_amount=1))
    ground.shop.send(about(ground.shop, "TIP_ADJUST", "tip", total_amount=1))
    key = ground.plant(KEY, key="sold")
    ground.plant(f"UPDATE sale_references SET {change} WHERE tenant_id = %(tenant)s AND kind = 'RETURN'")
    ground.assert_broken("I41", "events_processed", key)


def test_i41_sees_a_reference_to_what_does_not_stand(ground: Ground) -> None:
    ground.shop.send(about(ground.shop, "RETURN", "back", total_amount=1))
    key = ground.plant(KEY, key="held")
    ground.plant("UPDATE sale_references SET original_key = 'held' WHERE tenant_id = %(tenant)s")
    ground.assert_broken("I41", "events_processed", key)


def test_i42_sees_a_journal_without_header(ground: Ground) -> None:
    journal = ground.plant(JOURNAL, key="drop")
    ground.plant("DELETE FROM sales WHERE journal_id = %(id)s", id=journal)
    ground.assert_broken("I42", "journals", journal)


@pytest.mark.parametrize(
    "change",
    [
        "gross_minor = gross_minor + 1, discounts_minor = discounts_minor + 1",
        "tax_minor = tax_minor + 1, tips_minor = tips_minor - 1",
        "cash_minor = 0",
        "card_minor = card_minor - 1",
        "txn_id = 'another'",
        "is_late = true",
    ],
)
def test_i42_sees_a_header_that_differs(ground: Ground, change: str) -> None:
    journal = ground.plant(JOURNAL, key="sold")
    ground.plant(f"UPDATE sales SET {change} WHERE journal_id = %(id)s", id=journal)
    ground.assert_broken("I42", "journals", journal)


def test_i00_sees_a_return_that_was_derived_from_another_sale(ground: Ground) -> None:
    ground.shop.send(about(ground.shop, "RETURN", "back", total_amount=1))
    journal, other = ground.plant(JOURNAL, key="back"), ground.plant(JOURNAL, key="drop")
    ground.plant("UPDATE sale_references SET base_journal_id = %(other)s WHERE tenant_id = %(tenant)s", other=other)
    ground.assert_broken("I00", "journals", journal)
