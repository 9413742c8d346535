"""Forms of stores and registers."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.setup.pages.fields import code_and_name, store_zone_field, text_field
from ledgersafe.tenants.models import Store, Tenant


class StoreForm(UseCaseForm):
    """A new store."""

    code = text_field("Code", limit=64, help_text="Exactly as its tills send it in store_id. It never changes.")
    name = text_field("Name", required=False, help_text="Shown to people, e.g. Main Street.")
    time_zone = store_zone_field()

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class StoreZoneForm(UseCaseForm):
    """The time zone of a store."""

    time_zone = store_zone_field()

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class RenameForm(UseCaseForm):
    """A new name for a store or register."""

    name = text_field("Name", required=False, help_text="Shown to people. The code stays: tills send it.")


class RegisterForm(UseCaseForm):
    """A new register in one of the tenant's stores."""

    store = forms.ChoiceField(label="Store", widget=UnfoldAdminSelectWidget())
    code = text_field("Code", limit=64, help_text="Exactly as the till sends it in register_id. It never changes.")
    name = text_field("Name", required=False, help_text="Shown to people, e.g. Express lane.")

    def __init__(self, tenant: Tenant, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        stores = Store.objects.filter(tenant=tenant).order_by("code")
        self.fields["store"].choices = [(store.code, code_and_name(store.code, store.name)) for store in stores]  # type: ignore[attr-defined]
