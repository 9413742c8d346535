"""What a browser is shown when there is nothing to show: Django's handlers, in the back office's looks.

Absent and foreign things answer alike here too: the page repeats nothing of what was asked for.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _refuse(request, 404, "Nothing here", "There is nothing at this address, or it is not yours to see.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    text = "Your role does not let you do this. If it should, ask an administrator of your tenant."
    return _refuse(request, 403, "Not allowed", text)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token."""
    text = (
        "The form was too old, or did not come from this site. Nothing was changed: go back, reload, and send it again."
    )
    return _refuse(request, 403, "Please try again", text)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503, without a question to the database: not even who is signed in."""
    text = (
        "The database does not answer, or somebody else kept it busy for too long. Try it again in a moment; if you "
        "had sent a form, look first whether it took effect."
    )
    bare = HttpRequest()
    bare.META, bare.path, bare.path_info, bare.user = request.META, request.path, request.path_info, AnonymousUser()
    response = _refuse(bare, 503, "Please try again", text)
    response.headers["Retry-After"] = "2"
    return response


def _refuse(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context: dict[str, Any] = admin.site.each_context(request) if hasattr(request, "user") else {}
    return render(request, "refused.html", context | {"title": title, "text": text}, status=status)
