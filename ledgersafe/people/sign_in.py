"""Sign-in pages: password, code, lock-out, and the switch of two-step sign-in."""

import time
from dataclasses import dataclass
from typing import Any, Final

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold import forms as unfold_forms
from unfold.widgets import UnfoldAdminTextInputWidget

from ledgersafe.backoffice import drafts, kept_drafts
from ledgersafe.people import second_factor

_WAITING: Final = "waiting_for_code"
_PATIENCE_SECONDS: Final = 5 * 60


# ── The password ────────────────────────────────────────────────────────────────────────────────
class SignInForm(unfold_forms.AuthenticationForm):  # type: ignore[misc]  # unfold is untyped
    """User name and password."""

    def clean(self) -> dict[str, Any]:
        """Refuse a text that cannot be a user name like a wrong one, without counting a failure of that name."""
        name = self.cleaned_data.get("username") or ""
        if len(name) > self.username_field.max_length or not name.isprintable():
            raise self.get_invalid_login_error()
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class _SignIn(LoginView):
    template_name = "admin/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or ask for the code first; until then the session is nobody's."""
        person = form.get_user()
        draft = self.request.POST.get("draft", "")
        if not second_factor.is_on(person):
            response = super().form_valid(form)
            kept_drafts.keep(self.request, draft)
            return response
        self.request.session.cycle_key()
        self.request.session[_WAITING] = {
            "person": person.pk,
            "backend": person.backend,
            "password": person.get_session_auth_hash(),
            "since": time.time(),
            "next": self.get_success_url(),
            "draft": draft if drafts.read(draft) else "",
        }
        return HttpResponseRedirect(reverse("second-step"))


@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Serve `/admin/login/`."""
    if request.method == "GET" and admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    context = {**site_context(request), "title": "Sign in", "app_path": request.get_full_path()}
    if "next" not in request.GET and "next" not in request.POST:
        context["next"] = reverse("admin:index")
    if (draft := drafts.read(request.POST.get("draft", ""))) is not None:
        context |= {"draft": request.POST["draft"], "typed": drafts.texts_of(draft), "lost": _what_was_sent(draft.path)}
    view = _SignIn.as_view(authentication_form=SignInForm, extra_context=context)
    return view(request)  # type: ignore[return-value]


@never_cache
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Answer a form sent after its session ended with the sign-in page, which keeps what was typed.

    Status 401, so that scripts notice that nothing was done.
    """
    context = {
        **site_context(request),
        "title": "Sign in",
        "app_path": reverse("admin:login"),
        "next": request.get_full_path(),
        "form": (admin.site.login_form or AuthenticationForm)(request),
        "lost": _what_was_sent(request.path),
        "draft": drafts.sign(request),
        "typed": drafts.typed_texts(request),
    }
    response = TemplateResponse(request, "admin/login.html", context, status=401)
    response.headers["WWW-Authenticate"] = 'Session realm="back office"'
    response.headers["X-Signed-Out"] = "yes"
    return response


def _what_was_sent(path: str) -> str:
    is_decision = path.startswith(reverse("admin:exceptions_exceptioncase_changelist"))
    return "your decision was not saved" if is_decision else "what you sent was not saved"


# ── The code ────────────────────────────────────────────────────────────────────────────────────
class CodeForm(forms.Form):
    """Six digits, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=32,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": "", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A person who gave the right password and still has to give the code."""

    person: User
    backend: str
    next_url: str
    draft: str


@never_cache
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """Serve `/admin/login/code/`; wrong codes count like wrong passwords."""
    waiting = _waiting(request)
    if waiting is None:
        return HttpResponseRedirect(reverse("admin:login"))
    credentials = {"username": waiting.person.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return locked_out(request, None, credentials)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.verify(waiting.person, form.cleaned_data["code"]):
            del request.session[_WAITING]
            login(request, waiting.person, backend=waiting.backend)
            kept_drafts.keep(request, waiting.draft)
            return HttpResponseRedirect(waiting.next_url)
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        form.add_error("code", second_factor.WrongCode().message)
    context = {**site_context(request), "title": "Sign in", "form": form, "person": waiting.person}
    return TemplateResponse(request, "registration/second_step.html", context)


def _waiting(request: HttpRequest) -> _Waiting | None:
    stored = request.session.get(_WAITING)
    if not stored or time.time() - stored["since"] > _PATIENCE_SECONDS:
        return None
    person = User.objects.filter(pk=stored["person"], is_active=True).first()
    if person is None or person.get_session_auth_hash() != stored["password"]:
        return None
    return _Waiting(person, stored["backend"], stored["next"], stored.get("draft", ""))


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Answer for axes after too many failures: how long it lasts, and who can help."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    name = (credentials or {}).get("username") or ""
    context = {
        **site_context(request),
        "title": "Locked",
        "minutes": minutes,
        "name": name,
        "tries": settings.AXES_FAILURE_LIMIT,
    }
    # Rendered now: the middleware that calls this runs after lazy rendering.
    response = TemplateResponse(request, "registration/locked_out.html", context, status=429).render()
    response.headers["Retry-After"] = str(minutes * 60)
    return response


def site_context(request: HttpRequest) -> dict[str, Any]:
    """Return the admin site's template context."""
    return admin.site.each_context(request)
