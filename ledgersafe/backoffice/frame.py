"""The frame of all back-office lists: read-only, filtered by tenant; use cases make the changes."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant


class BackOfficeAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Base of every back-office page. A list can only be filtered by columns it offers.

    Django lets an address filter by any column of the model and of related models, shown or not: a secret that can be
    compared can be guessed character by character.
    """

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        if names := _PAGE_NAMES.get(model._meta.label_lower):
            model._meta.verbose_name, model._meta.verbose_name_plural = names

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, titled as in the menu instead of "Select … to view"."""
        title = capfirst(str(self.opts.verbose_name_plural))
        page: HttpResponse = super().changelist_view(request, {"title": title} | (extra_context or {}))
        return page

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow a filter only by columns that the list offers."""
        items = self.list_filter if request is None else self.get_list_filter(request)
        if any(lookup == getattr(item, "parameter_name", None) for item in items):
            return True
        named = {item[0] if isinstance(item, tuple | list) else item for item in items}
        named |= {name.lstrip("^=@") for name in self.search_fields} | {self.date_hierarchy, "pk", self.opts.pk.name}
        paths = {path for name in named if isinstance(name, str) for path in self._paths_to(name)}
        return any(lookup.removesuffix(comparison) in paths for comparison in _COMPARISONS)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Find the row; an empty column in the address means the primary key."""
        return super().get_object(request, object_id, from_field or None)

    def _paths_to(self, name: str) -> set[str]:
        """Return the spellings of a column in an address: a relation also by its target's key."""
        field = self.opts.pk if name == "pk" else get_fields_from_path(self.model, name)[-1]
        target = getattr(field, "related_model", None)
        return {name} | ({f"{name}__{key}" for key in ("pk", target._meta.pk.name)} if target else set())


#: (one, many) names of models in the menu, on pages and in breadcrumbs, where they differ from the models' own. Set
#: when a page is registered: in the models' `Meta`, each would need a migration.
_PAGE_NAMES: Final = {
    "pos.rawevent": ("received event", "received events"),
    "idempotency.idempotencykey": ("API request", "API requests (idempotency)"),
    "audit.auditentry": ("audit entry", "audit log"),
    "auth.user": ("person", "people"),
    "auth.group": ("role", "roles"),
    "django_celery_beat.periodictask": ("job", "jobs"),
}
#: Comparisons used by our filters and by links to our lists.
_COMPARISONS: Final = (
    "", "__exact", "__in", "__isnull", "__icontains", "__gte", "__gt", "__lte", "__lt", "__year", "__month", "__day",
    "_from", "_to",
)  # fmt: skip


class TenantScopedAdmin(BackOfficeAdmin):
    """Shows people only the rows of their own tenants; another tenant's row is a 404 like an absent one.

    Lists, pages, search, autocomplete and actions all start from `get_queryset`, so this one method is enough.
    """

    #: The path from the model to its tenant; "pk" for tenants themselves; None for what belongs to no tenant, and
    #: is then seen by whoever has the permission to view it.
    tenant_field: str | None = "tenant"

    def menu_badge(self, request: HttpRequest) -> str:
        """Return the text beside the menu entry; it runs on every page, so it must be cheap."""
        return ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Restrict the rows to the person's tenants."""
        rows: QuerySet[Any] = super().get_queryset(request)
        ids = staff.tenant_ids_of(request.user)
        if ids is None or self.tenant_field is None:
            return rows
        return rows.filter(**{f"{self.tenant_field}__in": ids})

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Answer 404; Django would redirect and repeat the address there.

        :raises Http404: always.
        """
        raise Http404

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Restrict the choices of filters to what the person may see."""
        return [self._scoped(item) for item in super().get_list_filter(request)]

    def _scoped(self, item: Any) -> Any:
        """Restrict a filter by a relation to what the person may see."""
        name, kind = item if isinstance(item, tuple | list) else (item, RelatedFieldListFilter)
        if not isinstance(name, str) or not issubclass(kind, RelatedFieldListFilter):
            return item
        return (name, _scoped_filter(kind)) if get_fields_from_path(self.model, name)[-1].remote_field else item


class _ScopedChoices(RelatedFieldListFilter):
    """A relation filter's choices, restricted to what the person may see; a single choice is no filter."""

    def field_choices(self, field: "Field[Any, Any]", request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        target: Any = field.related_model
        target_admin = model_admin.admin_site._registry.get(target)
        if target is Tenant:
            rows: Any = staff.visible_tenants(request.user)
        elif target_admin is not None:
            rows = target_admin.get_queryset(request)
        else:
            visible = model_admin.get_queryset(request).values(self.field_path)
            rows = target._default_manager.filter(pk__in=visible)
        return [(row.pk, str(row)) for row in rows]


@cache
def _scoped_filter(kind: type[RelatedFieldListFilter]) -> type[RelatedFieldListFilter]:
    return type(f"Scoped{kind.__name__}", (_ScopedChoices, kind), {})


class ReadOnlyModelAdmin(TenantScopedAdmin):
    """Lists and shows; refuses every change, also by forged POST."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Build the sidebar: work first, then the books, then set-up."""
    sections: dict[str, list[tuple[str, str, str]]] = {
        "Work": [
            ("Exceptions", "inbox", "exceptions.exceptioncase"),
            ("Received events", "receipt_long", "pos.rawevent"),
            ("Bulk replays", "replay", "pos.replayjob"),
            ("Daily sales", "monitoring", "pos.dailysales"),
            ("Sales", "receipt", "pos.sale"),
            ("Articles and taxes", "category", "pos.saleline"),
            ("Devices", "devices", "pos.device"),
        ],
        "Books": [
            ("Journals", "menu_book", "ledger.journal"),
            ("Accounts", "account_balance_wallet", "ledger.account"),
            ("Drawers", "payments", "ledger.drawer"),
            ("API requests (idempotency)", "task_alt", "idempotency.idempotencykey"),
            ("Business days", "calendar_month", "ledger.period"),
            ("FX rates", "currency_exchange", "ledger.fxrate"),
            ("FX settlements", "swap_horiz", "ledger.fxsettlement"),
        ],
        "Set-up": [
            ("Tenants", "domain", "tenants.tenant"),
            ("Stores", "storefront", "tenants.store"),
            ("Registers", "point_of_sale", "tenants.register"),
            ("API keys", "key", "tenants.apikey"),
            ("People", "group", "auth.user"),
            ("Roles", "badge", "auth.group"),
            ("Audit log", "policy", "audit.auditentry"),
            ("Jobs", "schedule", "django_celery_beat.periodictask"),
        ],
    }
    return [
        {
            "title": title,
            "items": [
                {"title": name, "icon": icon, "link": _list_of(model)} | _badge_of(request, model)
                for name, icon, model in items
                if _may_view(request, model)
            ],
        }
        for title, items in sections.items()
        if any(_may_view(request, model) for _, _, model in items)
    ]


def _badge_of(request: HttpRequest, model: str) -> dict[str, str]:
    """Return the list's badge for this person, from its admin class."""
    page = admin.site._registry.get(apps.get_model(model))
    text = page.menu_badge(request) if isinstance(page, TenantScopedAdmin) else ""
    return {"badge": text, "badge_variant": "info"} if text else {}


#: Models with a page of their own instead of a list.
_OWN_PAGES: Final = {
    "pos.dailysales": "daily-sales", "pos.sale": "sold", "pos.saleline": "articles", "pos.device": "devices-page",
}  # fmt: skip


def _list_of(model: str) -> Any:
    return reverse_lazy(_OWN_PAGES.get(model) or f"admin:{model.replace('.', '_')}_changelist")


def _may_view(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return bool(request.user.has_perm(f"{app}.view_{name}"))


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Build the menu at the person's name."""
    return [
        {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        {"title": "Two-step sign-in", "link": reverse_lazy("two-step")},
    ]
