"""Tenants in the back office: shown read-only; buttons run use cases."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.backoffice.pages import (
    Badge,
    Button,
    Card,
    UseCaseForm,
    display,
    form_page,
    list_button,
    object_page,
    press,
    secret_page,
)
from ledgersafe.setup.pages import api_key_cards, api_key_forms, place_cards, place_forms, tenant_cards, tenant_forms
from ledgersafe.setup.pages.api_keys import ApiKeyAdmin
from ledgersafe.setup.pages.formatting import link
from ledgersafe.setup.pages.frame import SetUpAdmin, called
from ledgersafe.setup.pages.places import RegisterAdmin, StoreAdmin
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from ledgersafe.tenants.staff import actor_of

__all__ = ["ApiKeyAdmin", "RegisterAdmin", "StoreAdmin", "TenantAdmin"]


def _number_of(model: type[Store] | type[Register]) -> Any:
    rows = model._default_manager.filter(tenant=OuterRef("pk")).order_by().values("tenant")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


@admin.register(Tenant)
class TenantAdmin(SetUpAdmin):
    """Tenants, with their stores, registers, keys and members."""

    tenant_field = "pk"
    list_display = ("identity", "base_currency", "time_zone", "stores_shown", "registers_shown", "unknown")
    search_fields = ("slug", "name")
    ordering = ("slug",)
    actions_list = ("new_tenant",)
    empty_text = "A tenant owns one set of books. A superuser creates the first one with the button above."
    pages: ClassVar = {
        "settings": "settings",
        "add-store": "add_store",
        "add-register": "add_register",
        "add-key": "add_key",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        # Not two joins: every store would be counted with every register.
        return rows.annotate(n_stores=_number_of(Store), n_registers=_number_of(Register))  # type: ignore[no-any-return]

    @display(header=True, description="Tenant", ordering="slug")
    def identity(self, tenant: Tenant) -> list[str]:
        return [called(tenant), tenant.slug]

    @display(description="Stores", ordering="n_stores")
    def stores_shown(self, tenant: Any) -> int:
        return int(tenant.n_stores)

    @display(description="Registers", ordering="n_registers")
    def registers_shown(self, tenant: Any) -> int:
        return int(tenant.n_registers)

    @display(description="New stores", ordering="strict_stores")
    def unknown(self, tenant: Tenant) -> str:
        return "events held" if tenant.strict_stores else "added automatically"

    def has_create_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Tell whether this person may create tenants."""
        return request.user.is_superuser

    def show(self, request: HttpRequest, obj: Tenant) -> HttpResponse:
        edit, store, register, key = (
            next(iter(self.buttons(request, obj, button)), None)
            for button in (
                Button("Edit settings", link("tenant", "settings", obj.pk), "tune"),
                Button("Add store", link("tenant", "add_store", obj.pk), "add"),
                Button("Add register", link("tenant", "add_register", obj.pk), "add"),
                Button("Create key", link("tenant", "add_key", obj.pk), "add"),
            )
        )
        cards: list[Card] = [*tenant_cards.settings_cards(obj, edit), place_cards.stores_card(obj, store)]
        cards.append(place_cards.registers_card(obj, register))
        if request.user.has_perm("tenants.view_apikey"):
            cards += [api_key_cards.keys_card(obj, key), tenant_cards.members_card(obj)]
        strict = (Badge("strict about stores", "info"),) if obj.strict_stores else ()
        title, subtitle = called(obj), f"{obj.slug} · since {obj.created_at:%-d %B %Y}"
        return object_page(request, obj, title=title, subtitle=subtitle, badges=strict, cards=cards)

    @list_button("Create tenant", permission="create")
    def new_tenant(self, request: HttpRequest) -> HttpResponse:
        """Create a tenant: GET shows the form, POST creates."""
        form = tenant_forms.NewTenantForm(request.POST or None)
        tenant = press(request, form, lambda typed: setup.create_tenant(**typed, actor=actor_of(request.user)))
        if tenant is not None:
            messages.success(request, f"Tenant {tenant.slug} created. Next: create a key for its first till.")
            return HttpResponseRedirect(link("tenant", "change", tenant.pk))
        return form_page(
            request,
            form,
            opts=self.opts,
            title="Create tenant",
            intro="A tenant is a retailer: the owner of one set of books.",
            submit="Create tenant",
            back=link("tenant", "changelist"),
        )

    def settings(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Edit the settings."""
        fixed_since = tenant_cards.first_business_day(tenant)
        form = tenant_forms.SettingsForm(tenant, request.POST or None, fixed_since=fixed_since)

        def save(typed: dict[str, Any]) -> Tenant:
            version = typed.pop("seen_version")
            limits = {name: typed.pop(name) or None for name in ("four_eyes_limit", "variance_limit")}
            changes: Any = typed | limits
            try:
                return setup.change_tenant(
                    slug=tenant.slug, changes=changes, actor=actor_of(request.user), seen_version=version
                )
            except setup.StaleSettings:
                form.show_as_of(tenant)
                raise

        if press(request, form, save) is not None:
            messages.success(request, f"Settings of {tenant.slug} saved.")
            return HttpResponseRedirect(link("tenant", "change", tenant.pk))
        return self._form(request, tenant, form, f"Settings of {called(tenant)}", "Save settings")

    def add_store(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a store."""
        form = place_forms.StoreForm(request.POST or None)
        who = {"slug": tenant.slug, "actor": actor_of(request.user)}
        store = press(request, form, lambda typed: setup.create_store(**typed, **who))
        if store is not None:
            messages.success(request, f"Store {store.code} created.")
            return HttpResponseRedirect(link("store", "change", store.pk))
        return self._form(request, tenant, form, "Add store", "Create store", f"A shop of {called(tenant)}.")

    def add_register(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a register; `?store=CODE` chooses its store."""
        form = place_forms.RegisterForm(tenant, request.POST or None, initial={"store": request.GET.get("store", "")})
        if not form.fields["store"].choices:  # type: ignore[attr-defined]  # it is a choice field
            messages.info(request, "A register belongs to a store: create the store first.")
            return HttpResponseRedirect(link("tenant", "add_store", tenant.pk))
        who = {"slug": tenant.slug, "actor": actor_of(request.user)}
        register = press(
            request,
            form,
            lambda typed: setup.create_register(
                store_code=typed["store"], code=typed["code"], name=typed["name"], **who
            ),
        )
        if register is not None:
            messages.success(request, f"Register {register.code} created.")
            return HttpResponseRedirect(link("register", "change", register.pk))
        return self._form(request, tenant, form, "Add register", "Create register", "A till, with its own cash drawer.")

    def add_key(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a key; the answer to the POST shows it, once."""
        form = api_key_forms.ApiKeyForm(tenant, request.POST or None)

        def create(typed: dict[str, Any]) -> tuple[ApiKey, str]:
            store, register = form.place_codes
            return setup.create_api_key(
                slug=tenant.slug,
                scopes=typed["scopes"],
                name=typed["name"],
                store_code=store,
                register_code=register,
                expires_in=form.life,
                actor=actor_of(request.user),
                now=timezone.now(),
            )

        result = press(request, form, create)
        if result is not None:
            row, key = result
            title, back = "Key created", link("apikey", "change", row.pk)
            return secret_page(request, opts=ApiKey._meta, title=title, secret=key, back=back)
        intro = f"For a device or program of {called(tenant)}."
        return self._form(request, tenant, form, "Create API key", "Create key", intro)

    def _form(
        self, request: HttpRequest, tenant: Tenant, form: UseCaseForm, title: str, submit: str, intro: str = ""
    ) -> HttpResponse:
        back = link("tenant", "change", tenant.pk)
        return form_page(request, form, opts=self.opts, obj=tenant, title=title, submit=submit, back=back, intro=intro)
