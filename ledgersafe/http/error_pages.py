"""Answer errors that no view answers: a page to a browser in the back office, else a problem.

Absent objects and those of other tenants get the same answer, which repeats nothing of the request.
"""

import logging
import sys
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt

from ledgersafe.backoffice import drafts
from ledgersafe.http import problems
from ledgersafe.http.problems import PREFIXES, problem
from ledgersafe.postgres.db import is_unavailable
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.values.errors import Unavailable

logger = logging.getLogger(__name__)

_TYPES: Final = ["application/problem+json", "text/html"]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: an unreadable address, or a list filtered by a column it does not offer."""
    if isinstance(exception, BadRequest):
        text = "This address or form cannot be read."
        return _refuse(request, 400, "INVALID_PARAMETER", "Invalid request", text)
    text = "This page does not support this address: it asks for an unknown filter or option."
    return _refuse(request, 400, "INVALID_REQUEST", "Invalid request", text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    text = "This page does not exist, or you may not see it."
    return _refuse(request, 404, "NOT_FOUND", "Page not found", text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    text = "Your role does not allow this. If you need it, ask a tenant administrator."
    return _refuse(request, 403, "PERMISSION_DENIED", "Not allowed", text)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without a valid CSRF token: usually the session has ended, and the token with it.

    The typed text is shown for copying, unless another site sent the form. It is not put back into a form, since its
    author is unknown.
    """
    is_known = hasattr(request, "user") and request.user.is_authenticated
    typed = drafts.typed_texts(request) if _is_from_here(request) else []
    if is_known:
        text = "You opened this form before you signed in. Nothing was changed."
        way = {"label": "Open the page again", "url": request.path}
    else:
        text = "You were signed out. Nothing was saved."
        way = {"label": "Sign in", "url": f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}"}
    then = way["label"].lower()
    text += f" Copy your text, {then}, and try again." if typed else f" {way['label']}, and try again."
    response = _refuse(request, 403, "FORM_TOO_OLD", "Please try again", text, typed=typed, way=way)
    if not is_known:
        response.headers["X-Signed-Out"] = "yes"
    return response


def _is_from_here(request: HttpRequest) -> bool:
    """Tell whether our own page sent the form: another site's text must not appear as somebody's own."""
    origin = request.META.get("HTTP_ORIGIN")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 as a page, without a query: not even for who is signed in."""
    text = (
        "The database does not answer, or is busy. Try again in a moment. If you sent a form, "
        "first check whether it was saved."
    )
    bare = HttpRequest()
    bare.META, bare.path, bare.path_info, bare.user = request.META, request.path, request.path_info, AnonymousUser()
    response = _refuse(bare, 503, "UNAVAILABLE", "Please try again", text)
    response.headers["Retry-After"] = "2"
    return response


def answer_unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer 503 if Postgres is unavailable: a problem for programs, a page for people; else None."""
    if error is None or not (isinstance(error, Unavailable) or is_unavailable(error)):
        return None
    logger.warning("503 for %s %s: %s", request.method, request.path[:200], str(error).split("\n")[0])
    is_page = request.path_info.startswith("/admin")
    return unavailable(request) if is_page else problems.unavailable()


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle an error outside of views, such as in a middleware that reads the session."""
    answer = answer_unavailable(request, sys.exc_info()[1])
    return answer or problem(
        500, "INTERNAL_ERROR", "An unexpected failure; it was logged.", trace_id=current_request_id()
    )


@csrf_exempt  # nothing is changed here
def unknown_page(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer an unknown back-office address; a browser that is not signed in goes to the sign-in page."""
    if request.method == "GET" and _wants_page(request) and not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    return not_found(request, LookupError())


def _wants_page(request: HttpRequest) -> bool:
    """Tell whether a browser is asking; API paths never get HTML."""
    is_api = request.path_info.startswith(PREFIXES)
    return not is_api and request.get_preferred_type(_TYPES) == "text/html"


def _refuse(request: HttpRequest, status: int, code: str, title: str, text: str, **more: Any) -> HttpResponse:
    if not _wants_page(request):
        return problem(status, code, text)
    context: dict[str, Any] = admin.site.each_context(request) if hasattr(request, "user") else {}
    way = {"label": "Go to overview", "url": reverse("admin:index")}
    values = context | {"title": title, "text": text, "way": way} | more
    return render(request, "refused.html", values, status=status)
