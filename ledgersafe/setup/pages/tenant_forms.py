"""Forms of tenants. A form checks shapes only; the use case decides what is allowed."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from ledgersafe.backoffice.labels import ExplainedLabel
from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.setup.pages.fields import ExplainedChoices, text_field
from ledgersafe.tenants import event_types
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.money import to_decimal_text


class NewTenantForm(UseCaseForm):
    """A new tenant (retailer)."""

    slug = text_field("Slug", limit=64, help_text="The public id that tills send in tenant_id. It never changes.")
    name = text_field("Name", required=False, help_text="Shown to people. Empty: the slug.")
    currency = text_field(
        "Base currency", limit=3, initial="USD", help_text="ISO 4217, e.g. USD: the currency of the books."
    )
    time_zone = text_field(
        "Time zone",
        limit=64,
        initial="UTC",
        attrs={"list": "su-zones"},
        help_text="For example Europe/Athens. Business days end by this clock.",
    )
    books_start = text_field(
        "Books start on",
        limit=10,
        required=False,
        attrs={"placeholder": "2026-01-01"},
        help_text="The first business day. Older events are held. Empty: 30 days before today.",
    )
    strict_stores = forms.BooleanField(
        label="Strict about stores",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Hold events of unknown stores and registers instead of adding these automatically.",
    )

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {"su-zones": sorted(available_timezones())}


class SettingsForm(UseCaseForm):
    """A tenant's settings. Currency, time zone and cut-off are fixed from its first business day on."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput())
    name = text_field("Name", help_text="Shown to people.")
    late_window_days = forms.IntegerField(
        label="Late window, in days",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "0", "max": "365"}),
        help_text="Late events post to the open day for this many days; after that they are held.",
    )
    near_duplicate_seconds = forms.IntegerField(
        label="Near-duplicate check, in seconds",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": "0", "max": "3600"}),
        help_text="Hold a sale if the same till sold the same basket under another id within this time. 0: off.",
    )
    four_eyes_limit = text_field(
        "Four-eyes limit",
        limit=32,
        required=False,
        help_text="Decisions above this amount need a second person. Empty: no limit.",
    )
    variance_limit = text_field(
        "Variance limit",
        limit=32,
        required=False,
        help_text="Larger differences need approval to close a drawer. Empty: no limit.",
    )
    strict_stores = forms.BooleanField(
        label="Strict about stores",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Hold events of unknown stores and registers instead of adding these automatically.",
    )
    enabled_event_types = ExplainedChoices(
        [ExplainedLabel(kind.name, kind.meaning) for kind in event_types.TABLE],
        label="Accepted event types",
        required=False,
        help_text="Events of other types are held for a decision, not lost.",
    )
    books_start = text_field(
        "Books start on",
        limit=10,
        attrs={"placeholder": "2026-01-01"},
        help_text="The first business day. Older events are held; after setting an earlier date, replay them.",
    )
    base_currency = text_field("Base currency", limit=3, help_text="ISO 4217, e.g. USD.")
    time_zone = text_field("Time zone", limit=64, attrs={"list": "su-zones"}, help_text="For example Europe/Athens.")
    cut_off = text_field(
        "Business day ends at", limit=5, attrs={"placeholder": "23:59"}, help_text="Local time, e.g. 02:30."
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
                self.fields[name].help_text = f"Fixed: the books have business days since {fixed_since:%-d %B %Y}."
            self.fields["books_start"].help_text += f" No later than {fixed_since}, its first business day."

    @staticmethod
    def values_of(tenant: Tenant) -> dict[str, Any]:
        """Return the settings as the form shows them."""
        limits = {"four_eyes_limit": tenant.four_eyes_limit_minor, "variance_limit": tenant.variance_limit_minor}
        limit_texts = {
            name: "" if limit is None else to_decimal_text(limit, tenant.base_currency)
            for name, limit in limits.items()
        }
        return limit_texts | {
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
        """Accept the current version after a refusal as stale; what was typed stays."""
        typed: Any = self.data
        typed = typed.copy()
        typed["seen_version"] = str(tenant.version)
        self.data = typed

    @property
    def datalists(self) -> dict[str, list[str]]:
        return {} if self.fields["time_zone"].disabled else {"su-zones": sorted(available_timezones())}
