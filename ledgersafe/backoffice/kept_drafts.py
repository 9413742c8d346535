"""Keep a draft (`drafts`) in the new session until its form is sent again."""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from ledgersafe.backoffice import drafts

_KEPT_AS: Final = "draft"
_PERSON_SECONDS: Final = 30 * 86_400


def keep(request: HttpRequest, signed: str) -> None:
    """Keep a draft for the person who just signed in, if it is theirs."""
    draft = drafts.read(signed)
    if draft is not None and draft.person == request.user.pk:
        request.session[_KEPT_AS] = {"path": draft.path, "fields": draft.fields, "at": time.time()}


def restored(request: HttpRequest) -> QueryDict | None:
    """Return the draft of the form that this GET shows; None: there is none."""
    stored = request.session.get(_KEPT_AS) if request.method == "GET" else None
    if not stored or stored["path"] != request.path or time.time() - stored["at"] > drafts.MAX_AGE_SECONDS:
        return None
    fields = QueryDict(mutable=True)
    for name, values in stored["fields"].items():
        fields.setlist(name, values)
    return fields


def forget(request: HttpRequest) -> None:
    """Forget the draft once the form was sent."""
    if _KEPT_AS in request.session and request.session[_KEPT_AS]["path"] == request.path:
        del request.session[_KEPT_AS]


def remember_person(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set a cookie that names the person, for drafts after the session ends. It grants nothing."""
    if drafts.person_of(request) != request.user.pk:
        response.set_signed_cookie(
            drafts.PERSON,
            str(request.user.pk),
            salt=drafts.SALT,
            max_age=_PERSON_SECONDS,
            path="/admin/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
