"""Forms of the drawer desk; amounts are typed as decimals, like 250.00."""

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.tenants.models import Register
from ledgersafe.values.errors import DomainError
from ledgersafe.values.money import MoneyError, to_minor


class BadAmount(DomainError):
    """This is not an amount."""

    code = "INVALID_AMOUNT"


class OpenForm(UseCaseForm):
    """The register, its counted float, and whether the count at the end is blind."""

    register = forms.ModelChoiceField(
        Register.objects.none(), label="Register", empty_label=None, widget=UnfoldAdminSelectWidget()
    )
    starting_cash = forms.CharField(
        label="Starting cash",
        max_length=32,
        help_text="Opening cash, e.g. 100.00; moved from the safe.",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    is_blind = forms.BooleanField(
        label="Blind count",
        required=False,
        help_text="Hide the expected amount from whoever counts.",
        widget=UnfoldBooleanSwitchWidget(),
    )


class CountForm(UseCaseForm):
    """The counted cash and notes."""

    actual_cash = forms.CharField(
        label="Counted cash", max_length=32, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    )
    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=4_000,
        help_text="Why the drawer is over or short. Kept with the drawer and in the audit log.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def read_amount(text: str, currency: str, field: str) -> int:
    """Read a typed amount in minor units. :raises BadAmount: no amount of the currency, or a negative one."""
    try:
        minor = to_minor(text.strip(), currency)
    except MoneyError as error:
        raise BadAmount(f"The amount {error}: write it like 250.00.", field=field) from None
    if minor < 0:
        raise BadAmount("The amount must not be negative.", field=field)
    return minor
