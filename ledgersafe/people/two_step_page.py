"""The page on which people switch their two-step sign-in on and off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from ledgersafe.people import second_factor
from ledgersafe.people.sign_in import CodeForm, site_context
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError


@never_cache
@sensitive_post_parameters("code")
def two_step(request: HttpRequest) -> HttpResponse:
    """Serve `/admin/two-step/`, one's own second factor. Each button posts its action as `do`."""
    person = request.user
    form = CodeForm(request.POST if "code" in request.POST else None)
    context: dict[str, Any] = {**site_context(request), "title": "Two-step sign-in", "form": form}
    if request.method == "POST":
        codes = _carry_out(request, request.POST.get("do", ""), form)
        if (codes is None and form.is_valid()) or not form.is_bound:
            return HttpResponseRedirect(reverse("two-step"))
        context["codes"] = "\n".join(codes or [])
    context["is_on"] = second_factor.is_on(person)
    if context["is_on"]:
        context["codes_left"] = second_factor.recovery_codes_left(person)
    elif (device := second_factor.pending(person)) is not None:
        context |= {"qr_code": second_factor.qr_code(device), "key": second_factor.key_text(device)}
    return TemplateResponse(request, "registration/two_step.html", context)


def _carry_out(request: HttpRequest, what: str, form: CodeForm) -> list[str] | None:
    """Run the action. Return recovery codes to show, if any; a refusal becomes an error of the form."""
    person, actor = request.user, staff.actor_of(request.user)
    try:
        if what == "begin":
            second_factor.begin(person)
        elif what == "give-up":
            second_factor.give_up(person)
        elif not form.is_valid():
            return None
        elif what == "turn-on":
            return second_factor.turn_on(person=person, code=form.cleaned_data["code"], actor=actor)
        elif what == "renew":
            return second_factor.renew_recovery_codes(person=person, code=form.cleaned_data["code"], actor=actor)
        elif what == "turn-off":
            second_factor.turn_off(person=person, code=form.cleaned_data["code"], actor=actor)
            messages.success(request, "Two-step sign-in is off: your password alone is enough.")
    except second_factor.AlreadyOn:
        messages.warning(request, second_factor.AlreadyOn().message)
    except DomainError as error:
        form.add_error("code", error.message)
    return None
