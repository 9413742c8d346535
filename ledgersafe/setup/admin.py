"""Setting up in the back office: tenants, stores, registers, API keys. Shown read-only; buttons press use cases."""

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
    Cell,
    UseCaseForm,
    display,
    form_page,
    list_button,
    object_page,
    press,
    secret_page,
)
from ledgersafe.setup import cards, forms
from ledgersafe.setup.api_key_pages import ApiKeyAdmin
from ledgersafe.setup.cards import link
from ledgersafe.setup.frame import SetUpAdmin, called
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from ledgersafe.tenants.staff import actor_of

__all__ = ["ApiKeyAdmin", "RegisterAdmin", "StoreAdmin", "TenantAdmin"]


def _number_of(model: type[Store] | type[Register]) -> Any:
    rows = model._default_manager.filter(tenant=OuterRef("pk")).order_by().values("tenant")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


@admin.register(Tenant)
class TenantAdmin(SetUpAdmin):
    """Retailers, and everything that is added to one."""

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

    @display(description="Unknown stores", ordering="strict_stores")
    def unknown(self, tenant: Tenant) -> str:
        return "are held" if tenant.strict_stores else "register themselves"

    def has_create_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may create tenants."""
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
        shown: list[Card] = [*cards.settings_cards(obj, edit), cards.stores_card(obj, store)]
        shown.append(cards.registers_card(obj, register))
        if request.user.has_perm("tenants.view_apikey"):
            shown += [cards.keys_card(obj, key), cards.members_card(obj)]
        strict = (Badge("strict about stores", "info"),) if obj.strict_stores else ()
        title, subtitle = called(obj), f"{obj.slug} · since {obj.created_at:%-d %B %Y}"
        return object_page(request, obj, title=title, subtitle=subtitle, badges=strict, cards=shown)

    @list_button("Create tenant", permission="create")
    def new_tenant(self, request: HttpRequest) -> HttpResponse:
        """A GET shows the form; only its POST changes anything."""
        form = forms.NewTenantForm(request.POST or None)
        done = press(request, form, lambda typed: setup.create_tenant(**typed, actor=actor_of(request.user)))
        if done is not None:
            messages.success(request, f"Tenant {done.slug} is created. Next: a key for its first till.")
            return HttpResponseRedirect(link("tenant", "change", done.pk))
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
        """Edit its settings."""
        fixed_since = cards.first_business_day(tenant)
        form = forms.SettingsForm(tenant, request.POST or None, fixed_since=fixed_since)

        def save(typed: dict[str, Any]) -> Tenant:
            seen = typed.pop("seen_version")
            limits = {name: typed.pop(name) or None for name in ("four_eyes_limit", "variance_limit")}
            changes: Any = typed | limits
            try:
                return setup.change_tenant(
                    slug=tenant.slug, changes=changes, actor=actor_of(request.user), seen_version=seen
                )
            except setup.StaleSettings:
                form.show_as_of(tenant)
                raise

        if press(request, form, save) is not None:
            messages.success(request, f"The settings of {tenant.slug} are saved.")
            return HttpResponseRedirect(link("tenant", "change", tenant.pk))
        return self._form(request, tenant, form, f"Settings of {called(tenant)}", "Save settings")

    def add_store(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a store."""
        form = forms.StoreForm(request.POST or None)
        who = {"slug": tenant.slug, "actor": actor_of(request.user)}
        done = press(request, form, lambda typed: setup.create_store(**typed, **who))
        if done is not None:
            messages.success(request, f"Store {done.code} is created.")
            return HttpResponseRedirect(link("store", "change", done.pk))
        return self._form(request, tenant, form, "Add store", "Create store", f"A shop of {called(tenant)}.")

    def add_register(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a register; `?store=CODE` chooses its store."""
        form = forms.RegisterForm(tenant, request.POST or None, initial={"store": request.GET.get("store", "")})
        if not form.fields["store"].choices:  # type: ignore[attr-defined]  # it is a choice field
            messages.info(request, "A register stands in a store: create the store first.")
            return HttpResponseRedirect(link("tenant", "add_store", tenant.pk))
        who = {"slug": tenant.slug, "actor": actor_of(request.user)}
        done = press(
            request,
            form,
            lambda typed: setup.create_register(
                store_code=typed["store"], code=typed["code"], name=typed["name"], **who
            ),
        )
        if done is not None:
            messages.success(request, f"Register {done.code} is created.")
            return HttpResponseRedirect(link("register", "change", done.pk))
        return self._form(request, tenant, form, "Add register", "Create register", "A till, with its own cash drawer.")

    def add_key(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create a key; the answer to the POST shows it, this once."""
        form = forms.ApiKeyForm(tenant, request.POST or None)

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

        done = press(request, form, create)
        if done is not None:
            row, key = done
            title, back = f"Key {row.prefix} is created", link("apikey", "change", row.pk)
            return secret_page(request, opts=ApiKey._meta, title=title, secret=key, back=back)
        intro = f"For a device or program of {called(tenant)}."
        return self._form(request, tenant, form, "Create API key", "Create key", intro)

    def _form(
        self, request: HttpRequest, tenant: Tenant, form: UseCaseForm, title: str, submit: str, intro: str = ""
    ) -> HttpResponse:
        back = link("tenant", "change", tenant.pk)
        return form_page(request, form, opts=self.opts, obj=tenant, title=title, submit=submit, back=back, intro=intro)


class PlaceAdmin(SetUpAdmin):
    """What stores and registers have in common: a code that stays, and a name that can be changed."""

    pages: ClassVar = {"rename": "rename"}

    @display(description="Since (UTC)", ordering="created_at")
    def since(self, place: Any) -> str | None:
        return cards.minute(place.created_at)

    def rename(self, request: HttpRequest, place: Any) -> HttpResponse:
        """Give it another name."""
        what, back = self.opts.model_name, link(self.opts.model_name, "change", place.pk)
        form = forms.RenameForm(request.POST or None, initial={"name": place.name})
        who = actor_of(request.user)
        if press(request, form, lambda typed: self.use_rename(place, typed["name"], who)) is not None:
            messages.success(request, f"The {what} {place.code} is renamed.")
            return HttpResponseRedirect(back)
        title = f"Rename {what} {place.code}"
        return form_page(request, form, opts=self.opts, obj=place, title=title, submit="Rename", back=back)

    def use_rename(self, place: Any, name: str, actor: str) -> Any:
        """Press the use case."""
        raise NotImplementedError


@admin.register(Store)
class StoreAdmin(PlaceAdmin):
    """Shops."""

    pages: ClassVar = {"rename": "rename", "time-zone": "set_zone"}
    list_display = ("code", "name", "tenant", "time_zone", "registers_shown", "since")
    list_filter = ("tenant",)
    search_fields = ("code", "name")
    list_select_related = ("tenant",)
    ordering = ("tenant__slug", "code")
    actions_list = ("new_store",)
    empty_text = "Create a store with the button above, or let the first event of its tills register it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.annotate(n_registers=Count("registers"))  # type: ignore[no-any-return]

    @display(description="Registers", ordering="n_registers")
    def registers_shown(self, store: Any) -> int:
        return int(store.n_registers)

    @list_button("Add store", permission="administer")
    def new_store(self, request: HttpRequest) -> HttpResponse:
        return self.choose_tenant(request, title="Add store", page="add_store")

    def show(self, request: HttpRequest, obj: Store) -> HttpResponse:
        rename = Button("Rename", link("store", "rename", obj.pk), "edit")
        add = Button("Add register", link("tenant", "add_register", obj.tenant_id, store=obj.code), "add")
        zone = Button("Set time zone", link("store", "set_zone", obj.pk), "schedule")
        buttons = self.buttons(request, obj, *([rename] if obj.time_zone_fixed_at else [rename, zone]))
        facts = [
            ("Code", Cell(obj.code, mono=True)),
            ("Name", obj.name or "–"),
            ("Tenant", Cell(obj.tenant.slug, url=link("tenant", "change", obj.tenant_id))),
            cards.zone_fact(obj),
            ("Since", cards.moment(obj.created_at)),
        ]
        shown = [
            Card("Store", facts=facts, note="The code is what tills send as store_id: it never changes."),
            cards.registers_card(obj.tenant, next(iter(self.buttons(request, obj, add)), None), obj),
        ]
        subtitle = f"Store {obj.code} of {called(obj.tenant)}"
        return object_page(request, obj, title=obj.name or obj.code, subtitle=subtitle, buttons=buttons, cards=shown)

    def set_zone(self, request: HttpRequest, store: Store) -> HttpResponse:
        """Choose the clock by which its business days end."""
        back = link("store", "change", store.pk)
        form = forms.StoreZoneForm(request.POST or None, initial={"time_zone": store.time_zone})
        who = {"slug": store.tenant.slug, "code": store.code, "actor": actor_of(request.user)}
        if press(request, form, lambda typed: setup.set_store_zone(**typed, **who)) is not None:
            messages.success(request, f"The time zone of store {store.code} is saved.")
            return HttpResponseRedirect(back)
        return form_page(
            request,
            form,
            opts=self.opts,
            obj=store,
            title=f"Time zone of store {store.code}",
            intro=f"By this clock its business days end, at the cut-off time of {called(store.tenant)}.",
            submit="Save time zone",
            back=back,
        )

    def use_rename(self, place: Store, name: str, actor: str) -> Store:
        return setup.rename_store(slug=place.tenant.slug, code=place.code, name=name, actor=actor)


@admin.register(Register)
class RegisterAdmin(PlaceAdmin):
    """Tills."""

    list_display = ("code", "name", "store", "tenant", "since")
    list_filter = ("tenant", "store")
    search_fields = ("code", "name", "store__code")
    list_select_related = ("tenant", "store")
    ordering = ("tenant__slug", "store__code", "code")
    actions_list = ("new_register",)
    empty_text = "Create a register with the button above, or let its first event register it."

    @list_button("Add register", permission="administer")
    def new_register(self, request: HttpRequest) -> HttpResponse:
        return self.choose_tenant(request, title="Add register", page="add_register")

    def show(self, request: HttpRequest, obj: Register) -> HttpResponse:
        buttons = self.buttons(request, obj, Button("Rename", link("register", "rename", obj.pk), "edit"))
        facts = [
            ("Code", Cell(obj.code, mono=True)),
            ("Name", obj.name or "–"),
            ("Store", Cell(obj.store.code, url=link("store", "change", obj.store_id), small=obj.store.name)),
            ("Tenant", Cell(obj.tenant.slug, url=link("tenant", "change", obj.tenant_id))),
            ("Since", cards.moment(obj.created_at)),
        ]
        note = "The code is what the till sends as register_id: it never changes."
        shown = [Card("Register", facts=facts, note=note)]
        subtitle = f"Register {obj.code} in store {obj.store.code} of {called(obj.tenant)}"
        return object_page(request, obj, title=obj.name or obj.code, subtitle=subtitle, buttons=buttons, cards=shown)

    def use_rename(self, place: Register, name: str, actor: str) -> Register:
        return setup.rename_register(
            slug=place.tenant.slug, store_code=place.store.code, code=place.code, name=name, actor=actor
        )
