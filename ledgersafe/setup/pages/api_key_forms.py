"""Forms of API keys, and the state of a key."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from ledgersafe.backoffice.labels import ExplainedLabel
from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.http.routes import Route, routes_of
from ledgersafe.setup.pages.fields import ExplainedChoices, code_and_name, text_field
from ledgersafe.tenants import scopes
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant

EVERYWHERE: Final = ""


class ScopeLabel(ExplainedLabel):
    """A scope's name with its meaning, its endpoints, and whether keys of one store may have it."""

    @property
    def routes(self) -> tuple[Route, ...]:
        return routes_of(str(self))

    @property
    def is_of_whole_tenant(self) -> bool:
        return scopes.is_of_whole_tenant(self)


class ApiKeyForm(UseCaseForm):
    """A new API key."""

    name = text_field("Name", required=False, help_text='Used by, e.g. "Till 4" or "nightly export".')
    place = forms.ChoiceField(
        label="Where it may be used",
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="A key of one store or register cannot reach any other, and cannot have scopes marked as the whole "
        "tenant's.",
    )
    scopes = ExplainedChoices(
        [ScopeLabel(name, scopes.meaning_of(name)) for name in scopes.OFFERED],
        label="What it may do",
        help_text="Choose only what it needs.",
    )
    expires_in_days = forms.IntegerField(
        label="Expires in days",
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "1", "max": "36500", "placeholder": "never"}),
        help_text="Empty: it works until someone revokes it.",
    )

    def __init__(self, tenant: Tenant, data: Any = None) -> None:
        super().__init__(data)
        self._places: dict[str, tuple[str | None, str | None]] = {EVERYWHERE: (None, None)}
        self.fields["place"].choices = self._choices(tenant)  # type: ignore[attr-defined]

    def _choices(self, tenant: Tenant) -> list[tuple[str, str]]:
        choices = [(EVERYWHERE, "All stores")]
        registers: dict[int, list[Register]] = {}
        for register in Register.objects.filter(tenant=tenant).order_by("code"):
            registers.setdefault(register.store_id, []).append(register)
        for store in Store.objects.filter(tenant=tenant).order_by("code"):
            self._places[f"s{store.pk}"] = (store.code, None)
            choices.append((f"s{store.pk}", f"Store {code_and_name(store.code, store.name)}"))
            for register in registers.get(store.pk, []):
                self._places[f"r{register.pk}"] = (store.code, register.code)
                label = f"Register {store.code} / {code_and_name(register.code, register.name)}"
                choices.append((f"r{register.pk}", label))
        return choices

    @property
    def place_codes(self) -> tuple[str | None, str | None]:
        """The codes of (store, register) that were chosen."""
        return self._places[self.cleaned_data["place"]]

    @property
    def life(self) -> timedelta | None:
        """The lifetime that was typed; None: unlimited."""
        days = self.cleaned_data["expires_in_days"]
        return None if days is None else timedelta(days=max(-1, min(days, 99_999)))


class RotateForm(UseCaseForm):
    """The grace period of the old key."""

    _HOURS = (
        ("24", "24 hours"),
        ("1", "One hour"),
        ("168", "One week"),
        ("0", "Not at all"),
    )
    grace_hours = forms.TypedChoiceField(
        label="The old key keeps working for",
        choices=_HOURS,
        coerce=int,
        initial="24",
        widget=UnfoldAdminRadioSelectWidget(radio_style=2),
        help_text="Time to install the new key. Not at all: the old key stops working immediately.",
    )


def state_of(key: ApiKey, now: datetime) -> str:
    """Return a key's state: active, expiring (within a week), expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None or key.expires_at > now + timedelta(days=7):
        return "active"
    return "expiring" if key.expires_at > now else "expired"
