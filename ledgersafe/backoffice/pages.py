"""Build pages that are neither list nor Django form: an object in cards, and a form that runs a use case.

A GET changes nothing: a button opens a form, the form posts with its CSRF token, and one use case runs. Its refusal is
shown beside the field, and the typed values stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.datastructures import MultiValueDict
from unfold import decorators
from unfold.enums import ActionVariant

from ledgersafe.backoffice import kept_drafts
from ledgersafe.values.errors import DomainError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Button:
    """A link to a page. `kind`: default, primary or danger."""

    label: str
    url: str
    icon: str = ""
    kind: str = "default"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word for a state. `kind`: success, info, warning, danger or nothing."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with an optional link, badge or small print. `tone`: added, removed or nothing."""

    text: Any
    url: str = ""
    badge: Badge | None = None
    small: str = ""
    mono: bool = False
    tone: str = ""

    @classmethod
    def from_value(cls, value: Any) -> "Cell":
        """Turn a value into a cell: a cell, a badge, or a bare value."""
        if isinstance(value, Cell):
            return value
        return cls("", badge=value) if isinstance(value, Badge) else cls(value)

    @property
    def shown(self) -> str:
        """The text people read: a dash for nothing (unless a badge says it all); 0 and False are shown."""
        if self.text is None or self.text == "":
            return "" if self.badge else "–"
        return ("yes" if self.text else "no") if isinstance(self.text, bool) else str(self.text)


@dataclass(frozen=True, slots=True)
class Card:
    """Facts (label and value), or a table; `empty` is shown when the table has no rows."""

    title: str
    facts: Sequence[tuple[str, Any]] = ()
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    note: str = ""
    empty: str = ""
    button: Button | None = None
    wide: bool = False

    @property
    def fact_cells(self) -> list[tuple[str, Cell]]:
        """The facts as labels with cells."""
        return [(label, Cell.from_value(value)) for label, value in self.facts]

    @property
    def row_cells(self) -> list[list[Cell]]:
        """The table's rows as cells."""
        return [[Cell.from_value(value) for value in row] for row in self.rows]


def display(**how: Any) -> Callable[[F], F]:
    """Describe a list column; unfold's decorator, typed."""
    return cast(Callable[[F], F], decorators.display(**how))


def list_button(label: str, *, permission: str, icon: str = "add", url: str = "new") -> Callable[[F], F]:
    """Add a button above a list: it may open a form, but changes nothing itself."""
    how = {"description": label, "permissions": [permission], "icon": icon, "url_path": url}
    return cast(Callable[[F], F], decorators.action(**how, variant=ActionVariant.PRIMARY))


class UseCaseForm(forms.Form):
    """A form whose fields are the parameters of a use case."""

    def refuse(self, error: DomainError) -> None:
        """Show a refusal beside its field, or above the form."""
        field = error.context.get("field")
        self.add_error(field if field in self.fields else None, error.message)


def press(request: HttpRequest, form: UseCaseForm, use_case: Callable[[dict[str, Any]], T]) -> T | None:
    """Call the use case with the posted values. Return its result, or None if the form must be shown."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return use_case(form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return None


def object_page(
    request: HttpRequest,
    obj: Any,
    *,
    title: str,
    subtitle: str = "",
    badges: Sequence[Badge] = (),
    buttons: Sequence[Button] = (),
    cards: Sequence[Card] = (),
    **context: Any,
) -> HttpResponse:
    """Render one object, read-only, with the buttons this person may press."""
    parts = {"heading": title, "subheading": subtitle, "badges": badges, "buttons": buttons, "cards": cards}
    return _page(request, "setup/object.html", {"object": obj, "opts": obj._meta} | parts | context)


def form_page(
    request: HttpRequest,
    form: UseCaseForm,
    *,
    opts: Any,
    title: str,
    submit: str,
    back: str,
    obj: Any = None,
    intro: str = "",
    danger: bool = False,
    cards: Sequence[Card] = (),
    **context: Any,
) -> HttpResponse:
    """Render a form that posts to its own URL. :param back: where "Cancel" leads.

    If its session had ended, the draft fills it again.
    """
    typed = kept_drafts.restored(request)
    if typed is not None and not form.is_bound:
        form.initial = {**form.initial, **_initial_of(form, typed)}
    context["is_restored"] = typed is not None
    parts = {"heading": title, "intro": intro, "form": form, "submit": submit, "back": back}
    more = {"opts": opts, "object": obj, "danger": danger, "cards": cards}
    return _page(request, "setup/form.html", parts | more | context)


def _initial_of(form: UseCaseForm, typed: QueryDict) -> dict[str, Any]:
    """Return each field's initial value as its widget would post it, for fields that were not sent."""
    return {
        name: field.widget.value_from_datadict(typed, MultiValueDict(), form.add_prefix(name))
        for name, field in form.fields.items()
        if not field.widget.value_omitted_from_data(typed, MultiValueDict(), form.add_prefix(name))
    }


def choice_page(
    request: HttpRequest, *, opts: Any, title: str, intro: str, choices: Sequence[tuple[str, str, str]]
) -> HttpResponse:
    """Render links to choose from: (label, small print, URL)."""
    parts = {"heading": title, "intro": intro, "choices": choices, "opts": opts}
    return _page(request, "setup/choice.html", parts)


def secret_page(request: HttpRequest, *, opts: Any, title: str, secret: str, back: str, **context: Any) -> HttpResponse:
    """Render a secret once, uncached: it exists in this answer only."""
    parts = {"heading": title, "secret": secret, "back": back, "opts": opts}
    response = _page(request, "setup/secret.html", parts | context)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name  # as Django's own admin pages do
    return TemplateResponse(
        request, template, admin.site.each_context(request) | {"title": context["heading"]} | context
    )
