"""The form of a rate. It checks lengths only; `ledger.fx.requests` reads and checks the rate itself."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.tenants.models import Tenant


def _text(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=64, widget=UnfoldAdminTextInputWidget(), **options)


class RateForm(UseCaseForm):
    """A new rate; the same pair and instant again is a correction."""

    tenant = forms.ModelChoiceField(
        label="Tenant", queryset=Tenant.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget()
    )
    pair = _text("Pair", help_text="Two ISO 4217 currencies, e.g. EUR/USD.")
    rate = _text(
        "Rate",
        help_text="How much of the second currency one unit of the first buys, e.g. 1.0832. The inverse is calculated.",
    )
    valid_from = _text(
        "Valid from",
        required=False,
        help_text="A day, or a time with its offset, e.g. 2026-02-25T00:00:00Z. Empty means now.",
    )

    def __init__(self, tenants: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["tenant"]
        field.queryset = tenants  # type: ignore[attr-defined]
        self.initial.setdefault("tenant", tenants.first())
        if len(tenants) == 1:
            field.widget = forms.HiddenInput()
