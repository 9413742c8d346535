"""What people type on the set-up pages. A form checks shapes only; what is allowed, the use case says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.http.routes import Route, routes_of
from ledgersafe.tenants import event_types, scopes
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from ledgersafe.values.money import to_decimal_text

EVERYWHERE: Final = ""


class _Explained(str):
    """A choice's label with its meaning: a pair would make it a group of choices in Django's eyes."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> "_Explained":
        word = super().__new__(cls, name)
        word.meaning = meaning
        return word

    def __deepcopy__(self, _: dict[int, object]) -> "_Explained":
        """Forms copy their fields, choices and all; this never changes."""
        return self


class _Scope(_Explained):
    """A scope's name with its meaning, what it opens, and whether a key of one store can hold it."""

    @property
    def routes(self) -> tuple[Route, ...]:
        return routes_of(str(self))

    @property
    def is_of_whole_tenant(self) -> bool:
        return scopes.is_of_whole_tenant(self)


class ExplainedChoices(forms.MultipleChoiceField):
    """Check boxes, each with a line that says what it means."""

    explained = True

    def __init__(self, labels: Sequence[_Explained], **kwargs: Any) -> None:
        choices = [(str(label), label) for label in labels]
        super().__init__(choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs)


def _text(label: str, *, limit: int = 200, attrs: dict[str, str] | None = None, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"} | (attrs or {})),
        **kwargs,
    )


def _store_zone() -> forms.CharField:
    return _text(
        "Time zone",
        limit=64,
        required=False,
        attrs={"list": "su-zones"},
        help_text="IANA name, like America/Los_Angeles. Empty: the tenant's. Fixed once the store has posted.",
    )


class NewTenantForm(UseCaseForm):
    """A retailer."""

    slug = _text("Slug", limit=64, help_text="Its public id, which tills send as tenant_id. It never changes.")
    name = _text("Name", required=False, help_text="Shown to people; the slug if left out.")
    currency = _text(
        "Base currency", limit=3, initial="USD", help_text="ISO 4217, like USD: the currency of its books."
    )
    time_zone = _text(
        "Time zone",
        limit=64,
        initial="UTC",
        attrs={"list": "su-zones"},
        help_text="IANA name, like Europe/Athens. Business days end by this clock.",
    )
    books_start = _text(
        "Books start on",
        limit=10,
        required=False,
        attrs={"placeholder": "2026-01-01"},
        help_text="The first business day. What claims to be older is held. Empty: 30 days before today.",
    )
    strict_stores = forms.BooleanField(
        label="Strict about stores",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Hold events of stores and registers nobody has created, instead of registering them.",
    )

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class SettingsForm(UseCaseForm):
    """A tenant's settings. What days and amounts are made of can be changed until its first business day."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput())
    name = _text("Name", help_text="Shown to people.")
    late_window_days = forms.IntegerField(
        label="Late window, in days",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "0", "max": "365"}),
        help_text="An event of a closed day is posted into the open day up to this many days late; later it is held.",
    )
    near_duplicate_seconds = forms.IntegerField(
        label="Near duplicates, within seconds",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "0", "max": "3600"}),
        help_text="A sale is held when the same basket was sold at the same till, under another id, that shortly "
        "before or after. 0: never.",
    )
    four_eyes_limit = _text(
        "Four-eyes limit",
        limit=32,
        required=False,
        help_text="Decisions on more than this need a second person. Empty: none do.",
    )
    variance_limit = _text(
        "Variance limit",
        limit=32,
        required=False,
        help_text="A drawer that is over or short by more is closed by somebody who may approve it. Empty: by anybody.",
    )
    strict_stores = forms.BooleanField(
        label="Strict about stores",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Hold events of stores and registers nobody has created, instead of registering them.",
    )
    enabled_event_types = ExplainedChoices(
        [_Explained(kind.name, kind.meaning) for kind in event_types.TABLE],
        label="Event types that are accepted",
        required=False,
        help_text="Events of other types are kept and held for a person, not lost.",
    )
    books_start = _text(
        "Books start on",
        limit=10,
        attrs={"placeholder": "2026-01-01"},
        help_text="The first business day. What claims to be older is held: set an earlier one, then replay it.",
    )
    base_currency = _text("Base currency", limit=3, help_text="ISO 4217, like USD.")
    time_zone = _text("Time zone", limit=64, attrs={"list": "su-zones"}, help_text="IANA name, like Europe/Athens.")
    cut_off = _text(
        "Business day ends at", limit=5, attrs={"placeholder": "23:59"}, help_text="Local time, like 02:30."
    )

    _CALENDAR = ("base_currency", "time_zone", "cut_off")

    def __init__(self, tenant: Tenant, data: Any = None, *, fixed_since: Any = None) -> None:
        super().__init__(data, initial=self.values_of(tenant))
        for name in ("four_eyes_limit", "variance_limit"):
            limit: Any = self.fields[name]
            limit.widget.attrs["suffix"] = tenant.base_currency
        if fixed_since is not None:
            for name in self._CALENDAR:
                self.fields[name].disabled = True
                self.fields[name].help_text = f"Fixed: its books have business days since {fixed_since:%-d %B %Y}."
            self.fields["books_start"].help_text += f" No later than {fixed_since}, its first business day."

    @staticmethod
    def values_of(tenant: Tenant) -> dict[str, Any]:
        """The settings as the form shows them."""
        limits = {"four_eyes_limit": tenant.four_eyes_limit_minor, "variance_limit": tenant.variance_limit_minor}
        shown = {
            name: "" if limit is None else to_decimal_text(limit, tenant.base_currency)
            for name, limit in limits.items()
        }
        return shown | {
            "seen_version": tenant.version,
            "name": tenant.name,
            "late_window_days": tenant.late_window_days,
            "near_duplicate_seconds": tenant.near_duplicate_seconds,
            "strict_stores": tenant.strict_stores,
            "enabled_event_types": tenant.enabled_event_types,
            "base_currency": tenant.base_currency,
            "time_zone": tenant.time_zone,
            "books_start": tenant.books_start.isoformat(),
            "cut_off": f"{tenant.cut_off_hour:02}:{tenant.cut_off_minute:02}",
        }

    def show_as_of(self, tenant: Tenant) -> None:
        """After a refusal for staleness: what was typed stays, and a second press is meant for the settings of now."""
        typed: Any = self.data
        typed = typed.copy()
        typed["seen_version"] = str(tenant.version)
        self.data = typed

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {} if self.fields["time_zone"].disabled else {"su-zones": sorted(available_timezones())}


class StoreForm(UseCaseForm):
    """A new store."""

    code = _text("Code", limit=64, help_text="Exactly as its tills send it as store_id. It never changes.")
    name = _text("Name", required=False, help_text="For people, like Main Street.")
    time_zone = _store_zone()

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class StoreZoneForm(UseCaseForm):
    """By whose clock a store's business days end."""

    time_zone = _store_zone()

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class RenameForm(UseCaseForm):
    """Another name for a store or register."""

    name = _text("Name", required=False, help_text="For people. The code, which tills send, stays.")


class RegisterForm(UseCaseForm):
    """A new register in one of the tenant's stores."""

    store = forms.ChoiceField(label="Store", widget=UnfoldAdminSelectWidget())
    code = _text("Code", limit=64, help_text="Exactly as the till sends it as register_id. It never changes.")
    name = _text("Name", required=False, help_text="For people, like Express lane.")

    def __init__(self, tenant: Tenant, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        stores = Store.objects.filter(tenant=tenant).order_by("code")
        self.fields["store"].choices = [(store.code, _labelled(store.code, store.name)) for store in stores]  # type: ignore[attr-defined]


class ApiKeyForm(UseCaseForm):
    """A new key."""

    name = _text("Name", required=False, help_text="Whose it is, like till 4 or the nightly export.")
    place = forms.ChoiceField(
        label="Where it may be used",
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="A key of one store or register reaches nothing of any other, and cannot hold what is marked as the "
        "whole tenant's.",
    )
    scopes = ExplainedChoices(
        [_Scope(name, scopes.meaning_of(name)) for name in scopes.OFFERED],
        label="What it may do",
        help_text="Give it no more than it needs.",
    )
    expires_in_days = forms.IntegerField(
        label="Expires in days",
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "1", "max": "36500", "placeholder": "never"}),
        help_text="Empty: it lives until somebody revokes it.",
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
            choices.append((f"s{store.pk}", f"Store {_labelled(store.code, store.name)}"))
            for register in registers.get(store.pk, []):
                self._places[f"r{register.pk}"] = (store.code, register.code)
                label = f"Register {store.code} / {_labelled(register.code, register.name)}"
                choices.append((f"r{register.pk}", label))
        return choices

    @property
    def place_codes(self) -> tuple[str | None, str | None]:
        """(store, register), by code."""
        return self._places[self.cleaned_data["place"]]

    @property
    def life(self) -> timedelta | None:
        days = self.cleaned_data["expires_in_days"]
        return None if days is None else timedelta(days=max(-1, min(days, 99_999)))


class RotateForm(UseCaseForm):
    """How long the old key goes on working."""

    _HOURS = (
        ("24", "24 hours"),
        ("1", "One hour"),
        ("168", "One week"),
        ("0", "Not at all"),
    )
    grace_hours = forms.TypedChoiceField(
        label="The old key goes on working for",
        choices=_HOURS,
        coerce=int,
        initial="24",
        widget=UnfoldAdminRadioSelectWidget(radio_style=2),
        help_text="Time to bring the new key to the device. Not at all: whatever uses the old one is refused at once.",
    )


def state_of(key: ApiKey, now: datetime) -> str:
    """active, expiring (within a week), expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None or key.expires_at > now + timedelta(days=7):
        return "active"
    return "expiring" if key.expires_at > now else "expired"


def _labelled(code: str, name: str) -> str:
    return f"{code} · {name}" if name else code
