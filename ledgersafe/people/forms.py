"""Forms about people. A form checks shapes only; the use case decides what is allowed."""

from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ledgersafe.backoffice.labels import ExplainedLabel
from ledgersafe.backoffice.pages import UseCaseForm
from ledgersafe.tenants import staff
from ledgersafe.tenants.roles import ROLES

#: With more tenants than this, a scrolling list instead of check boxes.
_BOXES: Final = 12


def _text(label: str, limit: int, **kwargs: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=limit, widget=widget, **kwargs)


def _password(label: str, **kwargs: Any) -> forms.CharField:
    # Not stripped: a trailing space is part of a password.
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=4096, widget=widget, **kwargs)


class _RoleAndTenants(UseCaseForm):
    """Role and tenants; offers the tenants of whoever fills it in."""

    role = forms.ChoiceField(
        label="Role",
        choices=[(key, ExplainedLabel(role.name, role.purpose)) for key, role in ROLES.items()],
        widget=UnfoldAdminRadioSelectWidget(radio_style=2),
    )
    tenants = forms.MultipleChoiceField(
        label="Tenants",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="This person sees nothing of other tenants.",
    )

    def __init__(self, by: staff.Person, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [
            (row.slug, ExplainedLabel(row.slug, row.name if row.name != row.slug else ""))
            for row in staff.visible_tenants(by)
        ]
        role: Any = self.fields["role"]
        tenants: Any = self.fields["tenants"]
        role.explained = tenants.explained = True
        if len(choices) > _BOXES:
            tenants.explained = False
            tenants.widget = UnfoldAdminSelectMultipleWidget(attrs={"size": str(_BOXES)})
        tenants.choices = choices
        if len(choices) == 1:
            tenants.initial = [choices[0][0]]


def _password_rules() -> str:
    """Return Django's password rules, worded for somebody else's password."""
    return " ".join(text.replace("Your password", "It") for text in password_validators_help_texts())


class _PasswordTwice(UseCaseForm):
    """A password, typed twice because it is hidden."""

    password = _password("Password", help_text=_password_rules())
    again = _password("Repeat the password")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        again = cleaned.pop("again", None)
        if "password" in cleaned and again is not None and cleaned["password"] != again:
            self.add_error("again", "The passwords differ.")
        return cleaned


class NewPersonForm(_RoleAndTenants, _PasswordTwice):
    """A new person."""

    username = _text("User name", 150, help_text="For signing in; the audit log shows it too.")
    first_name = _text("First name", 150, required=False)
    last_name = _text("Last name", 150, required=False)
    email = forms.EmailField(label="E-mail", required=False, widget=UnfoldAdminEmailInputWidget())
    field_order = ("username", "first_name", "last_name", "email", "role", "tenants", "password", "again")


class AccessForm(_RoleAndTenants):
    """A person's role, tenants and right to sign in."""

    active = forms.BooleanField(
        label="May sign in",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Switch off instead of deleting: their past actions keep their name.",
    )

    def __init__(self, by: staff.Person, person: User, data: Any = None) -> None:
        has = [key for key, role in ROLES.items() if role in staff.roles_of(person)]
        slugs = [row.tenant.slug for row in person.memberships.select_related("tenant")]
        initial = {"role": has[0] if has else None, "tenants": slugs, "active": person.is_active}
        super().__init__(by, data, initial=initial)


class PasswordForm(_PasswordTwice):
    """A new password."""


class NoQuestionForm(UseCaseForm):
    """An empty form: its button confirms."""
