"""Roles and tenants in the back office: everybody sees what is theirs, nobody changes anything by form or URL."""

from fnmatch import fnmatchcase
from typing import Any

import psycopg
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.tenants.models import ApiKey, Store, Tenant
from ledgersafe.tenants.roles import ROLES
from pos.decisions import replay_jobs
from tests.conftest import Shop, open_shop
from tests.scenes.drawers import open_drawer
from tests.scenes.fx import open_banks, quote, settle
from tests.scenes.staff import boss, hire, signed_in

SHOWN = [model for model, shown in admin.site._registry.items() if isinstance(shown, ReadOnlyModelAdmin)]
#: Those whose rows belong to a tenant.
TENANTS_OWN = [model for model in SHOWN if getattr(admin.site._registry[model], "tenant_field", None)]
CUSTOM = {
    "assign_exceptioncase", "decide_exceptioncase", "bulk_decide_exceptioncase", "approve_exceptioncase",
    "administer_tenant", "close_period", "reopen_period", "quote_fxrate", "operate_drawer", "approve_drawer",
    "explain_devicegap",
}  # fmt: skip


def name_of(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def rows_of(model: type[Model], shop: Shop) -> Any:
    """A shop's rows of a model."""
    shown: Any = admin.site._registry[model]
    return model._default_manager.filter(**{shown.tenant_field: shop.tenant.pk})


def busy(shop: Shop) -> Shop:
    """Something of everything."""
    for event in (shop.sale(), shop.sale(total_amount=43), shop.sale("evt-2", event_type="MAGIC")):
        shop.send(event)
    open_banks(shop)
    quote(shop)
    assert settle(shop).status_code == 201
    open_drawer(shop)
    replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Asked for.",
        actor="system:test",
        may_approve=False,
        now=timezone.now(),
    )
    return shop


@pytest.fixture
def ours(shop: Shop) -> Shop:
    return busy(shop)


@pytest.fixture
def theirs(books: None) -> Shop:
    """A shop that is none of ours."""
    return busy(open_shop())


# ── The table ───────────────────────────────────────────────────────────────────────────────────
def test_every_role_is_a_group_with_the_permissions_of_the_table(books: None) -> None:
    everything = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    for role in ROLES.values():
        has = {
            f"{p.content_type.app_label}.{p.codename}"
            for p in Group.objects.get(name=role.name).permissions.select_related("content_type")
        }
        assert has == {name for name in everything if any(fnmatchcase(name, pattern) for pattern in role.permissions)}


def test_no_permission_of_the_table_is_a_slip_of_the_pen(books: None) -> None:
    names = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    patterns = {pattern for role in ROLES.values() for pattern in role.permissions} - {"recon.view_*"}
    assert [p for p in sorted(patterns) if not any(fnmatchcase(name, p) for name in names)] == []


def test_no_role_can_add_change_or_delete_anything(books: None) -> None:
    for role in ROLES.values():
        for permission in Group.objects.get(name=role.name).permissions.all():
            assert permission.codename.startswith("view_") or permission.codename in CUSTOM


def test_every_migrate_takes_back_what_was_granted_by_hand(as_owner: psycopg.Connection[Any]) -> None:
    from ledgersafe.tenants import roles

    group = Group.objects.get(name="Auditor")
    before = set(group.permissions.values_list("codename", flat=True))
    group.permissions.add(Permission.objects.get(codename="delete_tenant"))
    group.permissions.remove(Permission.objects.get(codename="view_auditentry"))
    roles.set_permissions()
    assert set(group.permissions.values_list("codename", flat=True)) == before


def test_only_supervisors_approve_decide_in_bulk_and_reopen_and_only_administrators_administer(shop: Shop) -> None:
    may = {
        role: {name for name in CUSTOM if hire(role, shop).has_perm(_qualified(name))}
        for role in ROLES
    }  # fmt: skip
    decide = {"assign_exceptioncase", "decide_exceptioncase"}
    drawers = {"operate_drawer", "approve_drawer"}
    assert may == {
        "operator": decide | {"operate_drawer"},
        "supervisor": decide
        | {"bulk_decide_exceptioncase", "approve_exceptioncase", "reopen_period", "explain_devicegap"}
        | drawers,
        "accountant": {"close_period", "quote_fxrate"} | drawers,
        "auditor": set(),
        "tenant_administrator": {"administer_tenant"},
    }


def _qualified(codename: str) -> str:
    apps = {"tenants": ["administer_tenant"], "recon": ["close_period", "reopen_period"]}
    apps |= {"ledger": ["quote_fxrate", "operate_drawer", "approve_drawer"], "pos": ["explain_devicegap"]}
    app = next((app for app, names in apps.items() if codename in names), "exceptions")
    return f"{app}.{codename}"


# ── What is shown to whom ───────────────────────────────────────────────────────────────────────
def test_every_page_is_a_window_but_the_schedules_of_jobs_which_are_no_tenants() -> None:
    others = set(admin.site._registry) - set(SHOWN)
    assert {model._meta.app_label for model in others} <= {"django_celery_beat"}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_the_schedules_of_jobs(ours: Shop, role: str) -> None:
    client = signed_in(hire(role, ours))
    for model in set(admin.site._registry) - set(SHOWN):
        row = model._default_manager.first()
        for url, posted in attacks(model, row.pk if row is not None else 1):
            assert client.post(url, posted).status_code in {200, 302, 403}
        if row is not None:
            assert client.post(reverse(f"{name_of(model)}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        assert client.post(reverse(f"{name_of(model)}_add"), {}).status_code == 403


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_an_auditor_sees_every_list_but_people_and_roles(ours: Shop, model: type[Model]) -> None:
    answer = signed_in(hire("auditor", ours)).get(reverse(f"{name_of(model)}_changelist"))
    assert answer.status_code == (403 if model in {User, Group} else 200)


def test_the_sidebar_names_only_what_one_may_open(ours: Shop) -> None:
    operator = signed_in(hire("operator", ours)).get("/admin/").content.decode()
    assert reverse("admin:exceptions_exceptioncase_changelist") in operator
    assert reverse("admin:audit_auditentry_changelist") not in operator
    assert reverse("admin:auth_user_changelist") not in operator
    administrator = signed_in(hire("tenant_administrator", ours)).get("/admin/").content.decode()
    assert reverse("admin:auth_user_changelist") in administrator


def test_somebody_without_tenant_sees_empty_lists(ours: Shop) -> None:
    person = hire("auditor", ours)
    person.memberships.all().delete()
    page = signed_in(person).get(reverse("admin:ledger_journal_changelist"))
    assert page.status_code == 200
    assert list(page.context["cl"].result_list) == []


@pytest.mark.parametrize("model", TENANTS_OWN, ids=lambda model: model.__name__)
def test_lists_hold_nothing_of_other_tenants(ours: Shop, theirs: Shop, model: type[Model]) -> None:
    page = signed_in(hire("auditor", ours)).get(reverse(f"{name_of(model)}_changelist"))
    text = page.content.decode()
    assert theirs.slug not in text
    foreign = [
        reverse(f"{name_of(model)}_change", args=[pk]) for pk in rows_of(model, theirs).values_list("pk", flat=True)
    ]
    assert [url for url in foreign if url in text] == []
    if page.context.get("cl") is not None:
        shown = {row.pk for row in page.context["cl"].queryset}
        assert shown == set(rows_of(model, ours).values_list("pk", flat=True))


@pytest.mark.parametrize("model", TENANTS_OWN, ids=lambda model: model.__name__)
def test_a_foreign_page_answers_like_an_absent_one(ours: Shop, theirs: Shop, model: type[Model]) -> None:
    foreign = rows_of(model, theirs).first()
    if foreign is None:
        pytest.skip("the other shop has none of these")
    absent = "00000000-0000-4000-8000-000000000000" if "-" in str(foreign.pk) else "999999999"
    person, change = hire("auditor", ours), f"{name_of(model)}_change"
    assert answer_about(signed_in(person), change, foreign.pk) == answer_about(signed_in(person), change, absent)
    assert signed_in(boss()).get(reverse(change, args=[foreign.pk]), follow=True).status_code == 200


def answer_about(client: Client, name: str, pk: Any) -> tuple[list[Any], int, str]:
    """Where asking leads, with what status, and what is said: without the id that was asked for."""
    answer = client.get(reverse(name, args=[pk]), follow=True)
    leads = [(url.replace(str(pk), "…"), status) for url, status in answer.redirect_chain]
    told = answer.context.get("messages") or ()
    return leads, answer.status_code, " ".join(map(str, told)).replace(str(pk), "…")


def test_the_first_page_tells_nothing_of_other_tenants(ours: Shop, theirs: Shop) -> None:
    theirs.send(theirs.sale("evt-9", store_id="secret-store"))
    page = signed_in(hire("auditor", ours)).get("/admin/").content.decode()
    assert theirs.slug not in page
    assert "secret-store" not in page


def test_the_tenant_filter_offers_only_ones_own_and_hides_when_there_is_no_choice(ours: Shop, theirs: Shop) -> None:
    url = reverse("admin:tenants_store_changelist")
    one = signed_in(hire("auditor", ours)).get(url)
    assert "tenant" not in [spec.title for spec in one.context["cl"].filter_specs]
    two = signed_in(hire("auditor", ours, theirs)).get(url)
    spec = next(spec for spec in two.context["cl"].filter_specs if spec.title == "tenant")
    assert {label for _, label in spec.lookup_choices} == {ours.slug, theirs.slug}
    assert Tenant.objects.count() > 2


def test_asking_the_filter_for_a_foreign_tenant_shows_nothing_of_it(ours: Shop, theirs: Shop) -> None:
    client = signed_in(hire("auditor", ours))
    for query in ({"tenant__id__exact": theirs.tenant.pk}, {"tenant__slug": theirs.slug}, {"q": "store-1"}):
        page = client.get(reverse("admin:tenants_store_changelist"), query, follow=True)
        assert theirs.slug not in page.content.decode()


def test_autocomplete_offers_nothing_of_other_tenants(ours: Shop, theirs: Shop) -> None:
    asked = {"app_label": "tenants", "model_name": "register", "field_name": "store", "term": "store"}
    answer = signed_in(hire("auditor", ours)).get("/admin/autocomplete/", asked)
    mine = {str(pk) for pk in Store.objects.filter(tenant=ours.tenant).values_list("pk", flat=True)}
    assert {found["id"] for found in answer.json()["results"]} == mine


# ── What nobody can do ──────────────────────────────────────────────────────────────────────────
def attacks(model: type[Model], pk: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every form Django's admin knows: add, change, delete, and actions on the list."""
    name = name_of(model)
    return [
        (reverse(f"{name}_add"), {"slug": "stolen", "name": "stolen", "username": "stolen", "is_superuser": "on"}),
        (reverse(f"{name}_change", args=[pk]), {"slug": "stolen", "name": "stolen", "is_superuser": "on"}),
        (reverse(f"{name}_delete", args=[pk]), {"post": "yes"}),
        (reverse(f"{name}_changelist"), {"action": "delete_selected", "_selected_action": pk, "post": "yes"}),
        (reverse(f"{name}_changelist"), {"form-TOTAL_FORMS": 1, "form-0-id": pk, "_save": "Save"}),
    ]


def snapshot(model: type[Model]) -> list[Any]:
    rows = model._default_manager.order_by("pk")
    return list(rows.values()) if model is not User else list(rows.values("pk", "username", "password", "is_superuser"))


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_no_role_changes_anything_by_form_url_or_forged_post(ours: Shop, model: type[Model]) -> None:
    row = model._default_manager.order_by("-pk").first()
    pk = row.pk if row is not None else 1
    clients = [signed_in(hire(role, ours)) for role in ROLES] + [signed_in(boss())]
    before = snapshot(model)
    for client in clients:
        for url, posted in attacks(model, pk):
            answer = client.post(url, posted)
            # A list answers a POST that is no action of its own as it answers a GET, or sends one back to itself.
            assert answer.status_code in ({200, 302, 403} if url.endswith(f"{model._meta.model_name}/") else {403}), url
    assert snapshot(model) == before


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_a_post_without_its_token_is_refused_before_anything_else(ours: Shop, model: type[Model]) -> None:
    row = model._default_manager.order_by("-pk").first()
    client = signed_in(boss(), enforce_csrf_checks=True)
    before = snapshot(model)
    for url, posted in attacks(model, row.pk if row is not None else 1):
        assert client.post(url, posted).status_code == 403, url
    assert snapshot(model) == before


def test_signed_in_people_who_are_not_staff_stay_outside(books: None) -> None:
    outsider = User.objects.create_user("outsider-" + open_shop().slug, password="x")
    answer = signed_in(outsider).get("/admin/tenants/tenant/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_a_person_who_was_deactivated_is_out_at_once(ours: Shop) -> None:
    person = hire("auditor", ours)
    client = signed_in(person)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_being_scoped_costs_a_list_the_same_for_few_rows_and_for_many(ours: Shop) -> None:
    client, url = signed_in(hire("auditor", ours)), reverse("admin:tenants_store_changelist")
    client.get(url)  # what is remembered per process is remembered now
    few = statements(client, url)
    Store.objects.bulk_create(Store(tenant=ours.tenant, code=f"s{n}") for n in range(40))
    assert statements(client, url) == few


def statements(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_key_of_a_till_opens_no_page(ours: Shop) -> None:
    answer = Client().get("/admin/tenants/tenant/", **ours.auth)  # type: ignore[arg-type]
    assert answer.status_code == 302
    assert ApiKey.objects.filter(tenant=ours.tenant).exists()
