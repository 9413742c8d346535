"""Form fields that several set-up pages share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget


class ExplainedLabel(str):
    """A choice's label with its meaning: a pair would make it a group of choices in Django's eyes."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> "ExplainedLabel":
        word = super().__new__(cls, name)
        word.meaning = meaning
        return word

    def __deepcopy__(self, _: dict[int, object]) -> "ExplainedLabel":
        """Forms copy their fields, choices and all; this never changes."""
        return self


class ExplainedChoices(forms.MultipleChoiceField):
    """Check boxes, each with a line that says what it means."""

    explained = True

    def __init__(self, labels: Sequence[ExplainedLabel], **kwargs: Any) -> None:
        choices = [(str(label), label) for label in labels]
        super().__init__(choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs)


def text_field(label: str, *, limit: int = 200, attrs: dict[str, str] | None = None, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"} | (attrs or {})),
        **kwargs,
    )


def store_zone_field() -> forms.CharField:
    return text_field(
        "Time zone",
        limit=64,
        required=False,
        attrs={"list": "su-zones"},
        help_text="IANA name, like America/Los_Angeles. Empty: the tenant's. Fixed once the store has posted.",
    )


def code_and_name(code: str, name: str) -> str:
    return f"{code} · {name}" if name else code
