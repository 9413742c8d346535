"""Who manages whom: every change by a use case, in the trail, and never beyond one's own tenants."""

import inspect
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ledgersafe.audit.models import AuditEntry
from ledgersafe.people import access
from ledgersafe.values.errors import DomainError, InvalidParameter
from tests.conftest import Shop, open_shop
from tests.scenes.staff import PASSWORD, boss, hire, signed_in

NEW = reverse("admin:auth_user_new")
LIST = reverse("admin:auth_user_changelist")


def page(person: User, name: str = "change") -> str:
    return reverse(f"admin:auth_user_{name}", args=[person.pk])


def form(shop: Shop, **changes: Any) -> dict[str, Any]:
    """The form "Add a person", filled in."""
    return {
        "username": f"new-{shop.slug}",
        "role": "operator",
        "tenants": [shop.slug],
        "password": PASSWORD,
        "again": PASSWORD,
    } | changes


def trail_of(username: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(object_type="person", object_id=username).order_by("id"))


@pytest.fixture
def administrator(shop: Shop) -> User:
    return hire("tenant_administrator", shop)


@pytest.fixture
def office(administrator: User) -> Client:
    """The tenant administrator's browser."""
    return signed_in(administrator)


# ── What a tenant administrator can do ──────────────────────────────────────────────────────────
def test_an_administrator_lets_somebody_in_and_the_trail_says_so(
    office: Client, administrator: User, shop: Shop
) -> None:
    answer = office.post(NEW, form(shop, first_name="Nina"))
    person = User.objects.get(username=f"new-{shop.slug}")
    assert (answer.status_code, answer.headers["Location"]) == (302, page(person))
    assert (person.is_staff, person.is_superuser, person.first_name) == (True, False, "Nina")
    assert person.has_perm("exceptions.decide_exceptioncase")
    entry = trail_of(person.username)[-1]
    assert (entry.tenant, entry.actor) == (shop.tenant, f"user:{administrator.username}")
    assert (entry.action, entry.before) == ("people.person.created", None)
    assert entry.after == {"role": "Operator", "active": True, "member": True}
    assert signed_in(person).get("/admin/pos/rawevent/").status_code == 200


def test_the_new_person_appears_in_the_list_and_has_a_page(office: Client, shop: Shop) -> None:
    person = hire("auditor", shop)
    listed = office.get(LIST).content.decode()
    assert person.username in listed
    shown = office.get(page(person)).content.decode()
    for text in ("Auditor", shop.slug, "Change access", "Reset password", "people.person.created"):
        assert text in shown


def test_another_role_takes_the_old_one_away(office: Client, shop: Shop) -> None:
    person = hire("supervisor", shop)
    office.post(page(person, "access"), {"role": "auditor", "tenants": [shop.slug], "active": "on"})
    person = User.objects.get(pk=person.pk)
    assert not person.has_perm("exceptions.approve_exceptioncase")
    assert person.has_perm("audit.view_auditentry")
    entry = trail_of(person.username)[-1]
    assert entry.before == {"role": "Supervisor", "active": True, "member": True}
    assert entry.after == {"role": "Auditor", "active": True, "member": True}


def test_a_deactivated_person_is_signed_out_and_stays_out(office: Client, shop: Shop) -> None:
    person = hire("operator", shop)
    browser = signed_in(person)
    office.post(page(person, "access"), {"role": "operator", "tenants": [shop.slug]})
    assert browser.get("/admin/").status_code == 302
    assert Client().post("/admin/login/", {"username": person.username, "password": PASSWORD}).status_code == 200
    assert trail_of(person.username)[-1].after == {"role": "Operator", "active": False, "member": True}


def test_a_reset_password_works_and_ends_the_sessions(office: Client, shop: Shop) -> None:
    person = hire("operator", shop)
    browser, new = signed_in(person), "another-" + PASSWORD
    office.post(page(person, "password"), {"password": new, "again": new})
    assert browser.get("/admin/").status_code == 302
    assert Client().post("/admin/login/", {"username": person.username, "password": new}).status_code == 302
    entry = trail_of(person.username)[-1]
    assert entry.action == "people.password.reset"
    assert new not in json.dumps([entry.before, entry.after, entry.notes])


def test_a_form_that_changes_nothing_leaves_no_trace(office: Client, shop: Shop) -> None:
    person = hire("operator", shop)
    office.post(page(person, "access"), {"role": "operator", "tenants": [shop.slug], "active": "on"})
    assert [entry.action for entry in trail_of(person.username)] == ["people.person.created"]


# ── What nobody can do ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"again": "something-else"}, "The passwords differ."),
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "1234567890", "again": "1234567890"}, "entirely numeric"),
        ({"username": "no spaces"}, "valid username"),
        ({"username": ""}, "required"),
        ({"role": "superuser"}, "not one of the available choices"),
        ({"tenants": []}, "required"),
        ({"email": "nonsense"}, "valid email"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_keeps_what_was_typed(
    office: Client, shop: Shop, changes: dict[str, Any], told: str
) -> None:
    before = User.objects.count()
    answer = office.post(NEW, form(shop, first_name="Kept") | changes)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert told in text
    assert 'value="Kept"' in text
    assert PASSWORD not in text
    assert User.objects.count() == before


def test_a_name_taken_in_another_spelling_is_refused(office: Client, shop: Shop) -> None:
    person = hire("operator", shop)
    answer = office.post(NEW, form(shop, username=person.username.upper()))
    assert "This user name is taken." in answer.content.decode()


def test_forged_fields_make_nobody_a_superuser(office: Client, shop: Shop) -> None:
    forged = {"is_superuser": "on", "is_staff": "", "user_permissions": ["1"], "groups": ["1"], "id": "1"}
    office.post(NEW, form(shop) | forged)
    person = User.objects.get(username=f"new-{shop.slug}")
    assert (person.is_superuser, person.is_staff) == (False, True)
    assert person.user_permissions.count() == 0
    assert [group.name for group in person.groups.all()] == ["Operator"]


def test_a_tenant_that_is_not_theirs_cannot_be_given(office: Client, administrator: User, shop: Shop) -> None:
    other, person = open_shop(), hire("operator", shop)
    answer = office.post(
        page(person, "access"), {"role": "operator", "tenants": [shop.slug, other.slug], "active": "on"}
    )
    assert answer.status_code == 200
    assert set(person.memberships.values_list("tenant_id", flat=True)) == {shop.tenant.id}
    with pytest.raises(InvalidParameter, match="There is no tenant"):
        access.create_person(
            username="x", role="operator", tenants=[other.slug], password=PASSWORD, by=administrator, actor="user:x"
        )


@pytest.mark.parametrize("who", ["superuser", "of_another_tenant", "of_another_tenant_too", "of_none", "themselves"])
@pytest.mark.parametrize("name", ["access", "password", "second-factor"])
def test_people_who_are_not_theirs_cannot_be_touched(
    office: Client, administrator: User, shop: Shop, who: str, name: str
) -> None:
    makers: dict[str, Callable[[], User]] = {
        "superuser": boss,
        "of_another_tenant": lambda: hire("operator", open_shop()),
        "of_another_tenant_too": lambda: hire("operator", shop, open_shop()),
        "of_none": lambda: User.objects.create_user(f"nobody-{shop.slug}", password="x", is_staff=True),
        "themselves": lambda: administrator,
    }
    person = makers[who]()
    before = User.objects.filter(pk=person.pk).values().get()
    posted = {"role": "auditor", "tenants": [shop.slug], "password": PASSWORD + "2", "again": PASSWORD + "2"}
    assert office.get(page(person, name)).status_code == 403
    assert office.post(page(person, name), posted).status_code == 403
    for use_case, more in _use_cases(shop):
        with pytest.raises(DomainError) as refused:
            use_case(username=person.username, by=administrator, actor="user:x", **more)
        assert refused.value.http_status == 403
    assert User.objects.filter(pk=person.pk).values().get() == before


def _use_cases(shop: Shop) -> list[tuple[Any, dict[str, Any]]]:
    return [
        (access.change_access, {"role": "auditor", "tenants": [shop.slug], "active": False}),
        (access.reset_password, {"password": PASSWORD + "3"}),
        (access.reset_second_factor, {}),
    ]


def test_people_of_other_tenants_and_superusers_are_not_even_shown(office: Client, shop: Shop) -> None:
    stranger, root, shared = hire("operator", open_shop()), boss(), hire("operator", shop, foreign := open_shop())
    listed = office.get(LIST).content.decode()
    assert stranger.username not in listed
    assert root.username not in listed
    assert shared.username in listed
    assert foreign.slug not in listed
    assert office.get(page(stranger)).status_code == 404
    assert foreign.slug not in office.get(page(shared)).content.decode()
    assert "others" in office.get(page(shared)).content.decode()


@pytest.mark.parametrize("role", ["operator", "supervisor", "accountant", "auditor"])
def test_no_other_role_manages_people(shop: Shop, role: str) -> None:
    person, client = hire("operator", shop), signed_in(hire(role, shop))
    for url in (NEW, LIST, page(person), page(person, "access"), page(person, "password")):
        assert client.get(url).status_code == 403
        assert client.post(url, form(shop)).status_code == 403
    assert not User.objects.filter(username=f"new-{shop.slug}").exists()


def test_the_pages_ask_for_their_token(administrator: User, shop: Shop) -> None:
    browser, person = signed_in(administrator, enforce_csrf_checks=True), hire("operator", shop)
    for url in (NEW, page(person, "access"), page(person, "password"), page(person, "second-factor")):
        assert browser.post(url, form(shop)).status_code == 403


def test_a_get_changes_nothing(office: Client, shop: Shop) -> None:
    person = hire("operator", shop)
    before = User.objects.filter(pk=person.pk).values().get()
    for name in ("access", "password", "second-factor"):
        assert office.get(page(person, name), form(shop)).status_code == 200
    assert User.objects.filter(pk=person.pk).values().get() == before


# ── Superusers, roles, the command line ─────────────────────────────────────────────────────────
def test_a_superuser_manages_everybody_but_themselves(shop: Shop) -> None:
    root, person = boss(), hire("operator", shop, open_shop())
    browser = signed_in(root)
    assert (
        browser.post(page(person, "password"), {"password": PASSWORD + "4", "again": PASSWORD + "4"}).status_code == 302
    )
    assert browser.get(page(root, "password")).status_code == 403


def test_nothing_makes_a_superuser_but_the_command_line() -> None:
    parameters = set(inspect.signature(access.create_person).parameters)
    assert not parameters & {"is_superuser", "is_staff", "groups", "user_permissions", "permissions"}


def test_roles_can_be_read_and_not_changed(office: Client) -> None:
    listed = office.get(reverse("admin:auth_group_changelist"))
    text = listed.content.decode()
    assert all(name in text for name in ("Operator", "Supervisor", "Accountant", "Auditor", "Tenant administrator"))
    group = listed.context["cl"].queryset.get(name="Supervisor")
    shown = office.get(reverse("admin:auth_group_change", args=[group.pk])).content.decode()
    assert "confirm decisions above the amount limit" in shown


def run(*arguments: str, **options: Any) -> str:
    printed = io.StringIO()
    call_command("create_staff", *arguments, stdout=printed, **options)
    return printed.getvalue()


def test_the_command_prints_a_password_alone_on_the_last_line_that_works(shop: Shop) -> None:
    name = f"cli-{shop.slug}"
    password = run(name, "--role", "tenant-administrator", "--tenant", shop.slug).splitlines()[-1]
    assert Client().post("/admin/login/", {"username": name, "password": password}).status_code == 302
    assert trail_of(name)[0].actor == "system:create_staff"


def test_the_command_takes_a_password_and_then_prints_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    printed = run(f"cli-{shop.slug}", "--role", "operator", "--tenant", shop.slug, "--password-stdin")
    assert PASSWORD not in printed
    answer = Client().post("/admin/login/", {"username": f"cli-{shop.slug}", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--role", "king"), "'king' is not a role; choose from operator, supervisor"),
        (("--role", "operator", "--tenant", "no-such-shop"), "There is no tenant no-such-shop"),
    ],
)
def test_the_command_says_what_it_does_not_know(shop: Shop, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told) as refused:
        run("somebody", "--tenant", shop.slug, *arguments)
    assert refused.value.returncode == 2
