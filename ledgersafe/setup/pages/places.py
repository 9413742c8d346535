"""Stores and registers in the back office."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ledgersafe import setup
from ledgersafe.backoffice.pages import Button, Card, Cell, display, form_page, list_button, object_page, press
from ledgersafe.setup.pages import formatting, place_cards, place_forms
from ledgersafe.setup.pages.formatting import link
from ledgersafe.setup.pages.frame import SetUpAdmin, called
from ledgersafe.tenants.models import Register, Store
from ledgersafe.tenants.staff import actor_of


class PlaceAdmin(SetUpAdmin):
    """Base of stores and registers: the code stays, the name may change."""

    pages: ClassVar = {"rename": "rename"}

    @display(description="Since (UTC)", ordering="created_at")
    def since(self, place: Any) -> str | None:
        return formatting.minute(place.created_at)

    def rename(self, request: HttpRequest, place: Any) -> HttpResponse:
        """Change the name."""
        what, back = self.opts.model_name, link(self.opts.model_name, "change", place.pk)
        form = place_forms.RenameForm(request.POST or None, initial={"name": place.name})
        who = actor_of(request.user)
        if press(request, form, lambda typed: self.use_rename(place, typed["name"], who)) is not None:
            messages.success(request, f"{what.capitalize()} {place.code} renamed.")
            return HttpResponseRedirect(back)
        title = f"Rename {what} {place.code}"
        return form_page(request, form, opts=self.opts, obj=place, title=title, submit="Rename", back=back)

    def use_rename(self, place: Any, name: str, actor: str) -> Any:
        """Press the use case."""
        raise NotImplementedError


@admin.register(Store)
class StoreAdmin(PlaceAdmin):
    """Stores."""

    pages: ClassVar = {"rename": "rename", "time-zone": "set_zone"}
    list_display = ("code", "name", "tenant", "time_zone", "registers_shown", "since")
    list_filter = ("tenant",)
    search_fields = ("code", "name")
    list_select_related = ("tenant",)
    ordering = ("tenant__slug", "code")
    actions_list = ("new_store",)
    empty_text = "Create a store with the button above, or it is added with its first event."

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
            place_cards.zone_fact(obj),
            ("Since", formatting.moment(obj.created_at)),
        ]
        cards = [
            Card("Store", facts=facts, note="Tills send the code as store_id. It never changes."),
            place_cards.registers_card(obj.tenant, next(iter(self.buttons(request, obj, add)), None), obj),
        ]
        subtitle = f"Store {obj.code} of {called(obj.tenant)}"
        return object_page(request, obj, title=obj.name or obj.code, subtitle=subtitle, buttons=buttons, cards=cards)

    def set_zone(self, request: HttpRequest, store: Store) -> HttpResponse:
        """Set the store's time zone."""
        back = link("store", "change", store.pk)
        form = place_forms.StoreZoneForm(request.POST or None, initial={"time_zone": store.time_zone})
        who = {"slug": store.tenant.slug, "code": store.code, "actor": actor_of(request.user)}
        if press(request, form, lambda typed: setup.set_store_zone(**typed, **who)) is not None:
            messages.success(request, f"Time zone of store {store.code} saved.")
            return HttpResponseRedirect(back)
        return form_page(
            request,
            form,
            opts=self.opts,
            obj=store,
            title=f"Time zone of store {store.code}",
            intro=f"The store's business days end by this clock, at the cut-off time of {called(store.tenant)}.",
            submit="Save time zone",
            back=back,
        )

    def use_rename(self, place: Store, name: str, actor: str) -> Store:
        return setup.rename_store(slug=place.tenant.slug, code=place.code, name=name, actor=actor)


@admin.register(Register)
class RegisterAdmin(PlaceAdmin):
    """Registers (tills)."""

    list_display = ("code", "name", "store", "tenant", "since")
    list_filter = ("tenant", "store")
    search_fields = ("code", "name", "store__code")
    list_select_related = ("tenant", "store")
    ordering = ("tenant__slug", "store__code", "code")
    actions_list = ("new_register",)
    empty_text = "Create a register with the button above, or it is added with its first event."

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
            ("Since", formatting.moment(obj.created_at)),
        ]
        note = "The till sends the code as register_id. It never changes."
        cards = [Card("Register", facts=facts, note=note)]
        subtitle = f"Register {obj.code} in store {obj.store.code} of {called(obj.tenant)}"
        return object_page(request, obj, title=obj.name or obj.code, subtitle=subtitle, buttons=buttons, cards=cards)

    def use_rename(self, place: Register, name: str, actor: str) -> Register:
        return setup.rename_register(
            slug=place.tenant.slug, store_code=place.store.code, code=place.code, name=name, actor=actor
        )
