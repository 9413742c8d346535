"""Devices in the back office: what is shown to whom, and the form that explains a gap."""

import pytest
from django.urls import reverse

from tests.conftest import Shop, open_shop
from tests.scenes.device_numbers import gaps, send_numbers, spans
from tests.scenes.staff import boss, hire, signed_in


@pytest.fixture
def lossy(shop: Shop) -> Shop:
    """A shop whose device has lost 3 to 5."""
    send_numbers(shop, 1, 2, 6)
    return shop


def page_of(shop: Shop, name: str = "device-gaps-page", device: str = "tab-1") -> str:
    return f"{reverse(name, args=[shop.slug])}?device={device}"


def test_it_shows_devices_and_what_is_missing(lossy: Shop) -> None:
    client = signed_in(hire("operator", lossy))
    page = client.get(reverse("devices-page")).content.decode()
    assert "tab-1" in page
    assert "3 missing" in page
    page = client.get(page_of(lossy)).content.decode()
    assert "3 to 5" in page
    assert "not explained" in page
    assert "Explain</a>" not in page


def test_a_shop_without_numbered_events_is_told_so(shop: Shop) -> None:
    page = signed_in(hire("operator", shop)).get(reverse("devices-page")).content.decode()
    assert "No events with device_id and device_seq yet." in page


def test_a_supervisor_explains_a_gap(lossy: Shop) -> None:
    client = signed_in(hire("supervisor", lossy))
    assert "Explain" in client.get(page_of(lossy)).content.decode()
    form = page_of(lossy, "device-gap-explain")
    assert 'value="3"' in client.get(f"{form}&first_seq=3&last_seq=5").content.decode()
    done = client.post(form, {"first_seq": "3", "last_seq": "5", "reason": "<b>Replaced</b>"}, follow=True)
    assert "Explanation saved" in done.content.decode()
    assert "&lt;b&gt;Replaced&lt;/b&gt;" in done.content.decode()
    assert spans(gaps(lossy)) == [(3, 5, True)]


def test_what_is_refused_is_told_in_the_form(lossy: Shop) -> None:
    client = signed_in(hire("supervisor", lossy))
    form = page_of(lossy, "device-gap-explain")
    refused = client.post(form, {"first_seq": "2", "last_seq": "5", "reason": "Replaced"})
    assert "Not all of these numbers are missing" in refused.content.decode()
    for typed in (
        {"first_seq": "x", "last_seq": "", "reason": ""},
        {"first_seq": "9" * 30, "last_seq": "9", "reason": "a"},
    ):
        assert client.post(form, typed).status_code == 200
    assert lossy.number("device_gap_explanations") == 0


@pytest.mark.parametrize("role", ["operator", "accountant", "auditor", "tenant_administrator"])
def test_others_see_and_do_not_explain(lossy: Shop, role: str) -> None:
    client = signed_in(hire(role, lossy))
    assert client.get(page_of(lossy)).status_code == 200
    form = page_of(lossy, "device-gap-explain")
    assert client.post(form, {"first_seq": "3", "last_seq": "5", "reason": "x"}).status_code == 403


def test_another_tenant_s_device_answers_as_an_absent_one(lossy: Shop) -> None:
    client = signed_in(hire("supervisor", open_shop()))
    for name in ("device-gaps-page", "device-gap-explain"):
        assert client.get(page_of(lossy, name)).status_code == 404
    assert signed_in(hire("supervisor", lossy)).get(page_of(lossy, device="nobody")).status_code == 404
    assert signed_in(hire("supervisor", lossy)).get(page_of(lossy, device="%00")).status_code == 404


def test_who_sees_all_tenants_chooses_one(lossy: Shop) -> None:
    open_shop()
    client = signed_in(boss())
    assert client.get(f"{reverse('devices-page')}?tenant=all").status_code == 200
    page = client.get(f"{reverse('devices-page')}?tenant={lossy.slug}").content.decode()
    assert "tab-1" in page
