"""An address filters a list by what the list names, and by nothing else: a secret cannot be guessed sign by sign."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from ledgersafe.backoffice.frame import BackOfficeAdmin
from tests.conftest import Shop
from tests.scenes.staff import boss, hire, signed_in

ADMINS: Final = list(admin.site._registry.items())
LOOKUPS: Final = ("", "__exact", "__startswith", "__regex", "__gt", "__contains", "__in", "__isnull")
#: Written down by hand: what each list may be filtered by. Everything else is refused, and so are new columns.
ALLOWED: Final = {
    "auth.User": {"is_active", "groups", "memberships__tenant", "username", "first_name", "last_name", "email"},
    "auth.Group": {"name"},
    "tenants.ApiKey": {"tenant", "prefix", "name"},
    "tenants.Tenant": {"slug", "name"},
    "tenants.Store": {"tenant", "code", "name"},
    "tenants.Register": {"tenant", "store", "code", "name", "store__code"},
    "audit.AuditEntry": {"at", "tenant", "actor", "object_id", "action", "object_type", "request_id"},
    "idempotency.IdempotencyKey": {"tenant", "status", "key", "actor", "command"},
    "django_celery_beat.PeriodicTask": {"enabled", "name", "task"},
    "django_celery_beat.IntervalSchedule": set(),
    "django_celery_beat.CrontabSchedule": set(),
    "ledger.FxRate": {"source", "tenant", "base", "quote"},
    "ledger.FxSettlement": {"source_currency", "target_currency", "tenant", "idempotency_key"},
    "ledger.Journal": {"is_late", "tenant", "source_key", "kind"},
    "ledger.Account": {"type", "status", "currency", "tenant", "code", "name"},
    "ledger.Drawer": {"status", "store", "tenant"},
    "ledger.Period": {"status", "tenant"},
    "exceptions.ExceptionCase": {"idempotency_key"},
    "pos.ReplayJob": {"tenant", "status"},
    "pos.RawEvent": {"tenant", "outcome__result", "event_id", "txn_id"},
}
#: What must never be guessed of a person, by the paths that lead there.
SECRETS: Final = (
    "password",
    "totpdevice__key",
    "staticdevice__token_set__token",
    "memberships__tenant__slug",
    "memberships__tenant__api_keys__secret_sha256",
    "is_superuser",
    "last_login",
)
PEOPLE: Final = "/admin/auth/user/"


def columns(model: type[Model], depth: int = 2, path: str = "", on_the_way: tuple[Any, ...] = ()) -> Iterator[str]:
    """Every column of the model, and of its neighbours and theirs, as an address would spell it."""
    for field in model._meta.get_fields():
        name = path + field.name
        target = getattr(field, "related_model", None)
        yield name
        if isinstance(target, type) and depth and target not in on_the_way:
            yield from columns(target, depth - 1, f"{name}__", (*on_the_way, model))


def is_allowed(model: type[Model], column: str) -> bool:
    named = ALLOWED[model._meta.label]
    key = model._meta.pk.name if model._meta.pk else "id"
    of_relations = {f"{name}__{end}" for name in named for end in ("id", "pk")}
    return column in named | of_relations | {"pk", key}


def names(models: list[tuple[type[Model], Any]]) -> list[str]:
    return [model._meta.label for model, _ in models]


def test_every_list_is_in_the_table_and_has_the_frames_guard() -> None:
    assert set(names(ADMINS)) == set(ALLOWED)
    for _, shown in ADMINS:
        assert type(shown).lookup_allowed is BackOfficeAdmin.lookup_allowed


@pytest.mark.parametrize(("model", "shown"), ADMINS, ids=names(ADMINS))
def test_what_a_list_does_not_name_it_is_not_filtered_by(books: None, model: type[Model], shown: Any) -> None:
    request = RequestFactory().get("/")
    request.user = User(username="boss", is_superuser=True, is_active=True, is_staff=True)
    paths = list(columns(model))
    assert len(paths) > 4
    wrong = [
        path + lookup
        for path in paths
        for lookup in LOOKUPS
        if not is_allowed(model, path)
        for asked in (request, None)
        if shown.lookup_allowed(path + lookup, "x", asked)
    ]
    assert wrong == []


@pytest.mark.parametrize(("model", "shown"), ADMINS, ids=names(ADMINS))
def test_what_it_names_it_is(model: type[Model], shown: Any) -> None:
    for column in ALLOWED[model._meta.label]:
        assert any(shown.lookup_allowed(column + end, "x", None) for end in ("__exact", "", "__icontains")), column


def test_nobody_guesses_a_secret(shop: Shop) -> None:
    prey = hire("operator", shop)
    for person in (boss(), hire("tenant_administrator", shop)):
        looker = signed_in(person)
        assert prey.username in looker.get(PEOPLE, {"username": prey.username}).content.decode()
        for column in SECRETS:
            for lookup in LOOKUPS:
                answer = looker.get(PEOPLE, {"username": prey.username, column + lookup: "p"})
                assert answer.status_code == 400, column + lookup
                assert prey.username not in answer.content.decode()


#: The inbox is a page of its own, which filters by its own form alone.
LISTS: Final = [row for row in ADMINS if row[0]._meta.label != "exceptions.ExceptionCase"]


@pytest.mark.parametrize("model", [model for model, _ in LISTS], ids=names(LISTS))
def test_no_list_answers_a_filter_by_a_neighbours_column(shop: Shop, model: type[Model]) -> None:
    chief = signed_in(boss())
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for column in ("tenant__api_keys__secret_sha256", "content_type__app_label", "tenant__slug", "no_such_thing"):
        assert chief.get(url, {f"{column}__startswith": "a"}).status_code == 400


def test_an_annotation_is_no_column_to_filter_by(shop: Shop) -> None:
    chief = signed_in(boss())
    assert chief.get(PEOPLE, {"has_phone": "1"}).status_code == 400
    assert chief.get("/admin/audit/auditentry/", {"sealed_in__gt": "1"}).status_code == 400


# ── Other ways to ask a list about a column ─────────────────────────────────────────────────────
@pytest.mark.parametrize(("model", "shown"), ADMINS, ids=names(ADMINS))
def test_lists_are_ordered_by_what_they_show(model: type[Model], shown: Any) -> None:
    hidden = {"password", "secret_sha256", "token_set", "totpdevice", "key_sha256", "body_sha256"}
    for column in shown.list_display:
        ordering = getattr(getattr(shown, column, None), "admin_order_field", None) or column
        assert not any(word in str(ordering) for word in hidden)


def test_an_order_that_is_no_column_changes_nothing(shop: Shop) -> None:
    chief = signed_in(boss())
    for order in ("password", "-password", "99", "1.password", "0"):
        assert chief.get(PEOPLE, {"o": order}).status_code == 200


def test_another_field_does_not_serve_as_key(shop: Shop) -> None:
    chief = signed_in(boss())
    for field in ("password", "username", "secret_sha256"):
        assert chief.get(PEOPLE, {"_to_field": field}).status_code == 400


def test_autocompletion_names_nobody_one_may_not_see(shop: Shop) -> None:
    stranger = boss()
    asked = {"app_label": "tenants", "model_name": "membership", "field_name": "user", "term": stranger.username}
    answer = signed_in(hire("tenant_administrator", shop)).get("/admin/autocomplete/", asked)
    assert answer.status_code in {200, 403}
    assert stranger.username not in answer.content.decode()
    by_secret = asked | {"term": stranger.password[:20]}
    told = signed_in(boss()).get("/admin/autocomplete/", by_secret)
    assert stranger.username not in told.content.decode()


def test_sessions_and_second_factors_have_no_pages() -> None:
    assert Session not in admin.site._registry
    assert {type(shown).__name__ for _, shown in ADMINS}.isdisjoint({"TOTPDeviceAdmin", "StaticDeviceAdmin"})
