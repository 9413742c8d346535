"""What is answered where there is nothing to show: a page to a browser, in the back office's looks, else a problem.

Absent and foreign things answer alike here too: neither repeats anything of what was asked for.
"""

from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from ledgersafe.api import PREFIXES, problem

_TYPES: Final = ["application/problem+json", "text/html"]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    text = "This address, or what was sent to it, cannot be read."
    code = "INVALID_PARAMETER" if isinstance(exception, BadRequest) else "INVALID_REQUEST"
    return _refuse(request, 400, code, "Not understood", text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    text = "There is nothing at this address, or it is not yours to see."
    return _refuse(request, 404, "NOT_FOUND", "Nothing here", text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    text = "Your role does not let you do this. If it should, ask an administrator of your tenant."
    return _refuse(request, 403, "PERMISSION_DENIED", "Not allowed", text)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token."""
    text = (
        "The form was too old, or did not come from this site. Nothing was changed: go back, reload, and send it again."
    )
    return _refuse(request, 403, "FORM_TOO_OLD", "Please try again", text)


@csrf_exempt  # nothing is changed here
def unknown_page(request: HttpRequest, **_: Any) -> HttpResponse:
    """An address of the back office that is none; a stranger's browser is led to sign in first."""
    if request.method == "GET" and _wants_page(request) and not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    return not_found(request, LookupError())


def _wants_page(request: HttpRequest) -> bool:
    """Whether somebody looks at this in a browser; what calls the API never gets HTML."""
    is_api = request.path_info.startswith(PREFIXES)
    return not is_api and request.get_preferred_type(_TYPES) == "text/html"


def _refuse(request: HttpRequest, status: int, code: str, title: str, text: str) -> HttpResponse:
    if not _wants_page(request):
        return problem(status, code, text)
    context: dict[str, Any] = admin.site.each_context(request) if hasattr(request, "user") else {}
    return render(request, "refused.html", context | {"title": title, "text": text}, status=status)
