"""Foreign currency in the back office: read-only lists, and a button that presses the use case."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import Shop, open_shop
from tests.scenes.fx import YESTERDAY, open_banks, quote, settle
from tests.scenes.staff import hire, signed_in


def typed(shop: Shop, **changes: Any) -> dict[str, Any]:
    """What an accountant types."""
    return {
        "tenant": shop.tenant.pk,
        "pair": "EUR/USD",
        "rate": "1.0832",
        "valid_from": YESTERDAY.isoformat(),
    } | changes


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop that has settled a hundred euros into dollars."""
    open_banks(shop)
    quote(shop, rate="1.08")
    assert settle(shop).status_code == 201
    return shop


def test_an_accountant_records_a_correction(shop: Shop) -> None:
    person = hire("accountant", shop)
    client = signed_in(person)
    assert client.get(url_of_form()).status_code == 200
    assert client.post(url_of_form(), typed(shop)).status_code == 302
    rows = shop.rows("SELECT version, source, actor FROM fx_rates WHERE tenant_id = %s ORDER BY version DESC LIMIT 1")
    assert rows == [(2, "admin", f"user:{person.username}")]


@pytest.mark.parametrize(
    ("field", "value"),
    [*(("rate", value) for value in ("0", "-1", "NaN")), ("pair", "EUR/EUR"), ("valid_from", "soon")],
)
def test_what_is_no_rate_is_shown_beside_its_field(shop: Shop, field: str, value: str) -> None:
    answer = signed_in(hire("accountant", shop)).post(url_of_form(), typed(shop, **{field: value}))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert shop.number("fx_rates") == 1


def test_nobody_records_for_a_tenant_that_is_not_theirs(shop: Shop) -> None:
    other = open_shop()
    answer = signed_in(hire("accountant", shop)).post(url_of_form(), typed(other))
    assert answer.status_code == 200
    assert other.number("fx_rates") == 0


@pytest.mark.parametrize("role", ["operator", "supervisor", "auditor", "tenant_administrator"])
def test_only_accountants_record_rates(shop: Shop, role: str) -> None:
    client = signed_in(hire(role, shop))
    assert client.post(url_of_form(), typed(shop)).status_code == 403
    assert "Add rate" not in client.get(reverse("admin:ledger_fxrate_changelist")).content.decode()
    assert shop.number("fx_rates") == 1


def test_the_position_is_ones_own(shop: Shop) -> None:
    other = open_shop()
    url = reverse("admin:ledger_fxsettlement_position")
    client = signed_in(hire("auditor", shop))
    page = client.get(url).content.decode()
    assert "FX:CLEAR:EUR" in page
    assert client.get(url, {"tenant": other.slug}).status_code == 404
    two = signed_in(hire("auditor", shop, other)).get(url).content.decode()
    assert shop.slug in two
    assert other.slug in two


def test_lists_cost_the_same_however_long(shop: Shop) -> None:
    client = signed_in(hire("auditor", shop))

    def costs() -> list[int]:
        numbers = []
        for model in ("fxrate", "fxsettlement"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(f"admin:ledger_{model}_changelist")).status_code == 200
            numbers.append(len(queries))
        return numbers

    costs()
    before = costs()
    for rate in ("1.1", "1.2", "1.3"):
        quote(shop, rate=rate)
        assert settle(shop).status_code == 201
    assert costs() == before


def url_of_form() -> str:
    """Where the form posts to."""
    return reverse("admin:ledger_fxrate_new_rate")
