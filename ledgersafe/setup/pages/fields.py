"""Form fields that several set-up pages share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from ledgersafe.backoffice.labels import ExplainedLabel


class ExplainedChoices(forms.MultipleChoiceField):
    """Check boxes, each with a line of explanation."""

    explained = True

    def __init__(self, labels: Sequence[ExplainedLabel], **kwargs: Any) -> None:
        choices = [(str(label), label) for label in labels]
        super().__init__(choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs)


def text_field(label: str, *, limit: int = 200, attrs: dict[str, str] | None = None, **kwargs: Any) -> forms.CharField:
    """Make a field for one line of text."""
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"} | (attrs or {})),
        **kwargs,
    )


def store_zone_field() -> forms.CharField:
    """Make the field for a store's time zone."""
    return text_field(
        "Time zone",
        limit=64,
        required=False,
        attrs={"list": "su-zones"},
        help_text="For example America/Los_Angeles. Empty: the tenant's. Fixed after the store's first posting.",
    )


def code_and_name(code: str, name: str) -> str:
    """Join a code and its name, if it has one."""
    return f"{code} · {name}" if name else code
