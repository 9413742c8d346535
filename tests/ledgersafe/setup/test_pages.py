"""The set-up pages: what people see, what their forms do, and that nobody does it for another's tenant."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from tests.conftest import Shop, open_shop
from tests.scenes.staff import boss, hire, signed_in

KEY = re.compile(r"lsk_[0-9a-f]{10}_[\w-]{20,}")


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:tenants_{model}_{page}", args=args)


@pytest.fixture
def administrator(shop: Shop) -> Client:
    """Somebody who administers the shop's tenant, and no other."""
    return signed_in(hire("tenant_administrator", shop))


@pytest.fixture
def north(shop: Shop) -> Store:
    return setup.create_store(slug=shop.slug, code="north", name="North", actor="user:eve")


def settings_typed(shop: Shop, **changes: Any) -> dict[str, Any]:
    """What a browser posts when somebody has changed something on the settings form."""
    tenant = Tenant.objects.get(pk=shop.tenant.pk)
    typed = {
        "seen_version": tenant.version,
        "name": tenant.name,
        "late_window_days": tenant.late_window_days,
        "near_duplicate_seconds": tenant.near_duplicate_seconds,
        "books_start": str(tenant.books_start),
        "four_eyes_limit": "",
        "variance_limit": "",
        "enabled_event_types": tenant.enabled_event_types,
        "base_currency": tenant.base_currency,
        "time_zone": tenant.time_zone,
        "cut_off": "23:59",
    } | changes
    return {name: value for name, value in typed.items() if value is not None}


def page_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


# ── Tenants ─────────────────────────────────────────────────────────────────────────────────────
def test_a_tenants_page_shows_everything_about_it(administrator: Client, shop: Shop, north: Store) -> None:
    page = page_of(administrator.get(url("tenant", "change", shop.tenant.pk)))
    for words in ("Settings", "north", shop.principal.prefix, "tenant-administrator-", "Edit settings", "Create key"):
        assert words in page
    assert shop.key.split("_", 2)[2] not in page


def test_its_settings_are_saved_and_written_down(administrator: Client, shop: Shop) -> None:
    form = url("tenant", "settings", shop.tenant.pk)
    answer = administrator.post(
        form, settings_typed(shop, four_eyes_limit="500.00", strict_stores="on", enabled_event_types=["SALE", "VOID"])
    )
    assert answer.status_code == 302
    tenant = Tenant.objects.get(pk=shop.tenant.pk)
    assert (tenant.four_eyes_limit_minor, tenant.strict_stores) == (50_000, True)
    assert tenant.enabled_event_types == ["SALE", "VOID"]
    entry = AuditEntry.objects.get(tenant=shop.tenant, action="tenants.tenant.changed")
    assert entry.actor.startswith("user:tenant-administrator-")
    assert entry.request_id
    assert "500.00" in page_of(administrator.get(form))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"four_eyes_limit": "1.234"}, "more decimals"),
        ({"late_window_days": "900"}, "0 to 365"),
        ({"near_duplicate_seconds": "3601"}, "0 to 3600"),
        ({"books_start": "1.1.2026"}, "is not a date"),
        ({"books_start": "1999-12-31"}, "after 1999"),
        ({"books_start": "2099-01-01"}, "a year from now"),
        ({"books_start": ""}, "required"),
        ({"time_zone": "Mars/Base"}, "not a time zone"),
        ({"cut_off": "25:00"}, "time of day"),
        ({"name": ""}, "required"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    administrator: Client, shop: Shop, changes: dict[str, Any], words: str
) -> None:
    form = url("tenant", "settings", shop.tenant.pk)
    page = page_of(administrator.post(form, settings_typed(shop, name="Typed anew") | changes))
    assert words in page
    assert "su-bad" in page
    assert all(value in page for value in changes.values())
    assert Tenant.objects.get(pk=shop.tenant.pk).name == "Test"


def test_what_is_fixed_is_shown_as_fixed_and_a_forged_post_changes_nothing(administrator: Client, shop: Shop) -> None:
    shop.send(shop.sale())
    form = url("tenant", "settings", shop.tenant.pk)
    assert "Fixed: the books have business days since 25 February 2026" in page_of(administrator.get(form))
    forged = settings_typed(shop, base_currency="EUR", time_zone="Europe/Oslo", cut_off="01:00", late_window_days=8)
    assert administrator.post(form, forged).status_code == 302
    tenant = Tenant.objects.get(pk=shop.tenant.pk)
    assert (tenant.base_currency, tenant.time_zone, tenant.cut_off_hour) == ("USD", "UTC", 23)
    assert tenant.late_window_days == 8


def test_the_books_start_earlier_at_any_time_and_later_until_their_first_day(administrator: Client, shop: Shop) -> None:
    shop.send(shop.sale())
    form, page = (url("tenant", which, shop.tenant.pk) for which in ("settings", "change"))
    assert "No later than 2026-02-25, its first business day" in page_of(administrator.get(form))
    refused = page_of(administrator.post(form, settings_typed(shop, books_start="2026-02-26")))
    assert "earlier business days" in refused
    assert "su-bad" in refused
    for day in ("2026-02-25", "2004-02-29"):
        assert administrator.post(form, settings_typed(shop, books_start=day)).status_code == 302
        assert day in page_of(administrator.get(page))
    entry = AuditEntry.objects.filter(tenant=shop.tenant, action="tenants.tenant.changed").latest("id")
    assert (entry.before, entry.after) == ({"books_start": "2026-02-25"}, {"books_start": "2004-02-29"})


def test_of_two_who_edit_at_once_the_second_looks_again(administrator: Client, shop: Shop) -> None:
    form = url("tenant", "settings", shop.tenant.pk)
    stale = settings_typed(shop, late_window_days=7)
    assert administrator.post(form, settings_typed(shop, name="First")).status_code == 302
    page = page_of(administrator.post(form, stale))
    assert "Someone else changed these settings meanwhile" in page
    assert 'value="7"' in page
    assert Tenant.objects.get(pk=shop.tenant.pk).late_window_days == 3
    seen = re.search(r'name="seen_version" value="(\d+)"', page)
    assert seen is not None
    assert administrator.post(form, stale | {"seen_version": seen.group(1)}).status_code == 302


def test_only_superusers_create_tenants(administrator: Client, shop: Shop) -> None:
    form = "/admin/tenants/tenant/new/"
    typed = {"slug": f"{shop.slug}-new", "name": "Nova", "currency": "EUR", "time_zone": "Europe/Athens"}
    assert administrator.get(form).status_code == 403
    assert administrator.post(form, typed).status_code == 403
    chief = signed_in(boss())
    assert "Create tenant" in page_of(chief.get(form))
    assert "is not a slug" in page_of(chief.post(form, typed | {"slug": "UPPER"}))
    assert "already exists" in page_of(chief.post(form, typed | {"slug": shop.slug}))
    assert chief.post(form, typed).status_code == 302
    tenant = Tenant.objects.get(slug=typed["slug"])
    assert tenant.base_currency == "EUR"
    assert tenant.books_start < timezone.now().date() - timedelta(days=28)
    dated = typed | {"slug": f"{shop.slug}-old", "books_start": "2026-01-01"}
    assert "is not a date" in page_of(chief.post(form, dated | {"books_start": "soon"}))
    assert chief.post(form, dated).status_code == 302
    assert str(Tenant.objects.get(slug=dated["slug"]).books_start) == "2026-01-01"


# ── Stores and registers ────────────────────────────────────────────────────────────────────────
def test_stores_and_registers_are_added_and_renamed(administrator: Client, shop: Shop) -> None:
    add = url("tenant", "add_store", shop.tenant.pk)
    assert administrator.post(add, {"code": "north", "name": "North"}).status_code == 302
    assert "already" in page_of(administrator.post(add, {"code": "north", "name": ""}))
    store = Store.objects.get(tenant=shop.tenant, code="north")
    add = url("tenant", "add_register", shop.tenant.pk)
    assert "selected" in page_of(administrator.get(f"{add}?store=north"))
    assert administrator.post(add, {"store": "north", "code": "till-1", "name": ""}).status_code == 302
    register = Register.objects.get(tenant=shop.tenant, code="till-1")
    for place, model in ((store, "store"), (register, "register")):
        assert administrator.post(url(model, "rename", place.pk), {"name": "Renamed"}).status_code == 302
        assert "Renamed" in page_of(administrator.get(url(model, "change", place.pk)))


def test_a_stores_clock_is_set_until_it_has_posted(administrator: Client, shop: Shop) -> None:
    add = url("tenant", "add_store", shop.tenant.pk)
    assert "Asia/Tokyo" in page_of(administrator.get(add))
    assert "not a time zone" in page_of(administrator.post(add, {"code": "far", "name": "", "time_zone": "Mars"}))
    assert administrator.post(add, {"code": "far", "name": "", "time_zone": "Asia/Tokyo"}).status_code == 302
    store = Store.objects.get(tenant=shop.tenant, code="far")
    page, form = url("store", "change", store.pk), url("store", "set_zone", store.pk)
    assert "Set time zone" in page_of(administrator.get(page))
    assert administrator.post(form, {"time_zone": "Asia/Seoul"}).status_code == 302
    assert "Asia/Seoul" in page_of(administrator.get(page))
    assert "Asia/Seoul" in page_of(administrator.get(url("store", "changelist")))
    assert shop.send(shop.sale(store_id="far")).status_code == 201
    assert "fixed since" in page_of(administrator.get(page))
    assert "Set time zone" not in page_of(administrator.get(page))
    assert "time zone of a store with business days is fixed" in page_of(
        administrator.post(form, {"time_zone": "Asia/Tokyo"})
    )
    store.refresh_from_db()
    assert store.time_zone == "Asia/Seoul"


def test_a_register_needs_a_store_first(administrator: Client, shop: Shop) -> None:
    answer = administrator.get(url("tenant", "add_register", shop.tenant.pk), follow=True)
    assert answer.redirect_chain == [(url("tenant", "add_store", shop.tenant.pk), 302)]
    assert "create the store first" in page_of(answer)


@pytest.mark.parametrize("model", ["store", "register", "apikey"])
def test_the_button_above_a_list_leads_to_the_only_tenant_or_asks_which(
    administrator: Client, shop: Shop, model: str
) -> None:
    answer = administrator.get(f"/admin/tenants/{model}/new/")
    assert answer.headers["Location"].startswith(f"/admin/tenants/tenant/{shop.tenant.pk}/add-")
    open_shop()
    assert "For which tenant?" in page_of(signed_in(boss()).get(f"/admin/tenants/{model}/new/"))


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────
def test_a_new_key_is_shown_once_and_nowhere_else(
    administrator: Client, shop: Shop, north: Store, caplog: pytest.LogCaptureFixture
) -> None:
    form = url("tenant", "add_key", shop.tenant.pk)
    typed = {"name": "till 4", "scopes": ["events:write"], "place": f"s{north.pk}", "expires_in_days": "30"}
    answer = administrator.post(form, typed)
    (secret,) = set(KEY.findall(page_of(answer)))
    assert "no-store" in answer.headers["Cache-Control"]
    principal = authentication.authenticate(secret)
    assert principal is not None
    assert principal.scopes == {"events:write"}
    assert principal.store_code == "north"
    row = ApiKey.objects.get(pk=principal.api_key_id)
    shown = url("apikey", "change", row.pk)
    assert shown in page_of(answer)
    hidden = secret.split("_", 2)[2]
    for page in (shown, url("apikey", "changelist"), url("tenant", "change", shop.tenant.pk), form):
        assert hidden not in page_of(administrator.get(page))
    assert hidden not in str(dict(administrator.session)) + str(administrator.cookies) + caplog.text
    ((trail,),) = shop.rows("SELECT jsonb_agg(to_jsonb(a))::text FROM audit_log a WHERE tenant_id = %s")
    assert hidden not in trail


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []}, {"scopes": ["everything"]}, {"place": "s999999999"}, {"expires_in_days": "0"},
        {"expires_in_days": "36501"}, {"expires_in_days": "99999999999999"}, {"name": "x" * 201},
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused_with_what_was_typed(
    administrator: Client, shop: Shop, changes: dict[str, Any]
) -> None:
    typed = {"name": "kept as typed", "scopes": ["events:read"], "place": "", "expires_in_days": ""} | changes
    page = page_of(administrator.post(url("tenant", "add_key", shop.tenant.pk), typed))
    assert "su-bad" in page
    assert typed["name"] in page
    assert shop.number("api_keys") == 1


def test_a_key_of_one_store_is_refused_the_books_beside_the_scopes(
    administrator: Client, shop: Shop, north: Store
) -> None:
    typed = {"name": "kept as typed", "scopes": ["events:read", "ledger:read"], "place": f"s{north.pk}"}
    page = page_of(administrator.post(url("tenant", "add_key", shop.tenant.pk), typed))
    assert "A key bound to store north cannot hold ledger:read: what that opens is the whole tenant&#x27;s." in page
    assert "kept as typed" in page
    assert shop.number("api_keys") == 1


def test_another_tenants_store_is_no_place_for_a_key(administrator: Client, shop: Shop) -> None:
    theirs = setup.create_store(slug=open_shop().slug, code="theirs", actor="user:eve")
    typed = {"scopes": ["events:read"], "place": f"s{theirs.pk}"}
    assert "su-bad" in page_of(administrator.post(url("tenant", "add_key", shop.tenant.pk), typed))
    assert shop.number("api_keys") == 1


def test_a_key_is_rotated_and_the_old_one_says_until_when(administrator: Client, shop: Shop) -> None:
    old = shop.principal
    form = url("apikey", "rotate", old.api_key_id)
    page = page_of(administrator.post(form, {"grace_hours": "24"}))
    (secret,) = set(KEY.findall(page))
    assert authentication.authenticate(secret) is not None
    assert "works until" in page
    assert "expiring" in page_of(administrator.get(url("apikey", "change", old.api_key_id)))
    again = page_of(administrator.post(form, {"grace_hours": "24"}))
    assert "already rotated" in again
    assert shop.number("api_keys") == 2


def test_a_key_is_revoked_after_a_second_look(administrator: Client, shop: Shop) -> None:
    form = url("apikey", "revoke", shop.principal.api_key_id)
    assert "cannot be undone" in page_of(administrator.get(form))
    assert authentication.authenticate(shop.key) is not None
    assert administrator.post(form).status_code == 302
    assert authentication.authenticate(shop.key) is None
    page = page_of(administrator.get(url("apikey", "change", shop.principal.api_key_id)))
    assert "revoked" in page
    assert url("apikey", "rotate", shop.principal.api_key_id) not in page


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────
def forms_of(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    """Every form of a shop's tenant, with something that would work."""
    store = setup.create_store(slug=shop.slug, code="here", actor="user:eve")
    register = setup.create_register(slug=shop.slug, store_code="here", code="till-1", actor="user:eve")
    tenant, key = shop.tenant.pk, shop.principal.api_key_id
    return [
        (url("tenant", "settings", tenant), settings_typed(shop, name="Stolen")),
        (url("tenant", "add_store", tenant), {"code": "stolen"}),
        (url("tenant", "add_register", tenant), {"store": "here", "code": "stolen"}),
        (url("tenant", "add_key", tenant), {"scopes": ["admin"]}),
        (url("store", "rename", store.pk), {"name": "Stolen"}),
        (url("store", "set_zone", store.pk), {"time_zone": "Asia/Tokyo"}),
        (url("register", "rename", register.pk), {"name": "Stolen"}),
        (url("apikey", "rotate", key), {"grace_hours": "0"}),
        (url("apikey", "revoke", key), {}),
    ]


def everything(shop: Shop) -> list[Any]:
    tables = ("api_keys", "stores", "registers", "audit_log")
    rows = [shop.rows(f"SELECT * FROM {table} WHERE tenant_id = %s ORDER BY id") for table in tables]
    return [*rows, Tenant.objects.filter(pk=shop.tenant.pk).values().get()]


def test_another_tenants_things_are_as_if_they_were_not_there(administrator: Client, books: None) -> None:
    theirs = open_shop()
    forms = forms_of(theirs)
    before = everything(theirs)
    for form, typed in forms:
        absent = re.sub(r"/\d+/", "/999999999/", form)
        for method in (administrator.get, administrator.post):
            assert method(form, typed).status_code == method(absent, typed).status_code == 404
    assert everything(theirs) == before


@pytest.mark.parametrize("role", ["operator", "supervisor", "accountant", "auditor"])
def test_who_does_not_administer_presses_nothing(shop: Shop, role: str) -> None:
    forms = forms_of(shop)
    person = signed_in(hire(role, shop))
    page = page_of(person.get(url("tenant", "change", shop.tenant.pk)))
    assert "Edit settings" not in page
    before = everything(shop)
    for form, typed in forms:
        answers = {person.get(form).status_code, person.post(form, typed).status_code}
        assert answers == {403}, form
    assert everything(shop) == before


def test_a_post_without_its_token_does_nothing(shop: Shop) -> None:
    forms = forms_of(shop)
    person = signed_in(hire("tenant_administrator", shop), enforce_csrf_checks=True)
    before = everything(shop)
    for form, typed in forms:
        assert person.post(form, typed).status_code == 403
    assert everything(shop) == before


def test_a_get_never_changes_anything(administrator: Client, shop: Shop) -> None:
    forms = forms_of(shop)
    before = everything(shop)
    for form, typed in forms:
        assert administrator.get(form, typed).status_code == 200
    assert everything(shop) == before


def test_names_full_of_markup_are_shown_inert(administrator: Client, shop: Shop) -> None:
    evil = "<script>alert(1)</script>"
    store = setup.create_store(slug=shop.slug, code=evil, name=evil, actor="user:eve")
    setup.change_tenant(slug=shop.slug, changes={"name": evil}, actor="user:eve")
    for page in (
        url("tenant", "change", shop.tenant.pk),
        url("tenant", "changelist"),
        url("tenant", "add_key", shop.tenant.pk),
        url("store", "change", store.pk),
        url("store", "rename", store.pk),
        url("store", "set_zone", store.pk),
        url("store", "changelist"),
    ):
        assert evil not in page_of(administrator.get(page))


def test_a_tenants_page_costs_the_same_however_much_it_has(
    administrator: Client, shop: Shop, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        setup.create_store(slug=shop.slug, code=f"s{number}", actor="user:eve")
    with django_assert_max_num_queries(40):
        administrator.get(url("tenant", "change", shop.tenant.pk))
