"""The limit above which a second person decides: what is compared with it, and to the minor unit."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from exceptions.cases import FourEyesRequired
from exceptions.decisions import Decision, DecisionAction
from exceptions.models import ExceptionCase
from ledgersafe.tenants.models import Tenant
from pos.decisions import resolve
from tests.conftest import Shop, open_shop


def bare(shop: Shop, total: Any, event_id: str = "evt-1", **changes: Any) -> dict[str, Any]:
    """A sale of that much and nothing else."""
    return shop.sale(event_id, total_amount=total, line_items=None, tax_lines=None, tenders=None, **changes)


def two_versions(shop: Shop, first: Any, last: Any, **changes: Any) -> str:
    """A posted sale, and a version of it that is held. :returns: the case."""
    assert shop.send(bare(shop, first, **changes)).status_code == 201
    return str(shop.send(bare(shop, last, **changes)).json()["exception_id"])


def needs_two(shop: Shop, case: str, limit_minor: int, **choice: Any) -> bool:
    """Whether one person alone may decide under that limit. What they decide is carried out, or kept as a proposal."""
    Tenant.objects.filter(pk=shop.tenant.id).update(four_eyes_limit_minor=limit_minor)
    try:
        resolve.resolve_case(
            tenant_id=shop.tenant.id,
            case_id=uuid.UUID(case),
            decision=Decision(DecisionAction.REPLAY, notes="Checked.", **choice),
            actor="user:anna",
            may_approve=False,
            now=timezone.now(),
        )
    except FourEyesRequired:
        return True
    return False


@pytest.mark.parametrize(("limit_minor", "two"), [(5_000, False), (4_999, True)])
def test_the_limit_itself_is_not_above_it(shop: Shop, limit_minor: int, two: bool) -> None:
    case = two_versions(shop, first=10, last=50)
    assert needs_two(shop, case, limit_minor, canonical="LAST") is two


@pytest.mark.parametrize(("limit_minor", "two"), [(5_000, False), (4_999, True)])
def test_what_a_reversal_undoes_counts(shop: Shop, limit_minor: int, two: bool) -> None:
    """At risk and posted are 1.00; 50.00 are taken out of the books."""
    case = two_versions(shop, first=50, last=1)
    assert ExceptionCase.objects.get(pk=case).amount_at_risk_minor == 100
    assert needs_two(shop, case, limit_minor, canonical="LAST") is two


@pytest.mark.parametrize(("limit_minor", "two"), [(5_000, False), (4_999, True)])
def test_what_a_patch_posts_counts(shop: Shop, limit_minor: int, two: bool) -> None:
    case = shop.send(shop.sale(total_amount=9)).json()["exception_id"]
    assert ExceptionCase.objects.get(pk=case).amount_at_risk_minor == 900
    patch = {"total_amount": 50, "line_items": None, "tax_lines": None, "tenders": None}
    assert needs_two(shop, case, limit_minor, patch=patch) is two


def test_what_is_at_risk_counts_even_when_nothing_is_posted(shop: Shop) -> None:
    """Keeping the first version posts nothing; the 50.00 of the other one are waved through or not."""
    case = two_versions(shop, first=1, last=50)
    assert needs_two(shop, case, 4_999, canonical="FIRST")


def test_another_currency_cannot_be_compared_with_the_limit(shop: Shop) -> None:
    """One euro is no dollar: however high the limit, a second person looks."""
    euro = shop.send(bare(shop, 1, "evt-eur", currency="EUR", event_type="LOYALTY")).json()["exception_id"]
    dollar = shop.send(bare(shop, 1, "evt-usd", event_type="LOYALTY")).json()["exception_id"]
    assert needs_two(shop, euro, 10**12, patch={"event_type": "NO_SALE", "total_amount": None})
    assert not needs_two(shop, dollar, 10**12, patch={"event_type": "NO_SALE", "total_amount": None})


def test_the_currency_that_counts_is_the_tenants_own(books: None) -> None:
    """A tenant of euros decides in euros alone, and in no dollars."""
    shop = open_shop(currency="EUR")
    case = two_versions(shop, first=10, last=11, currency="EUR")
    assert not needs_two(shop, case, 5_000, canonical="LAST")
    dollars = shop.send(bare(shop, 1, "evt-usd", currency="USD", event_type="LOYALTY")).json()["exception_id"]
    assert needs_two(shop, dollars, 5_000, patch={"event_type": "NO_SALE", "total_amount": None})
