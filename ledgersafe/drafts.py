"""What somebody typed while their session ended: shown on the sign-in page, and back in the form after signing in.

A form that is posted without a session has passed the check of its token, so it is one of ours. What it carried goes
into the sign-in form, signed and for a short while, and from there into the new session: if it is the same person's.
Passwords, codes and card numbers are left out.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from ledgersafe import pan

#: How long it is kept: signing in takes a minute, finding the phone for the second step some more.
MAX_AGE_SECONDS: Final = 30 * 60
#: More than the longest patch and the longest notes together; what is longer is shown, and not kept.
MAX_CHARACTERS: Final = 300_000
_SALT: Final = "ledgersafe.draft"
_KEPT_AS: Final = "draft"
_PERSON: Final = "ledgersafe_person"
_PERSON_SECONDS: Final = 30 * 86_400
_SECRET: Final = re.compile(r"passw|secret|token|otp|^again$", re.IGNORECASE)
#: What nobody typed: a page's own marks, and what a button says.
_MARKS: Final = frozenset(
    {
        "do",
        "next",
        "seen",
        "seen_version",
        "back",
        "case",
        "chosen",
        "patch_kind",
        "proposal",
        "action",
        "index",
        "username",
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was posted to a page, and whose page it was: a user's id, or None when the browser did not say."""

    path: str
    fields: Mapping[str, list[str]]
    person: int | None


# ── While nobody is signed in ───────────────────────────────────────────────────────────────────
def typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed, field by field, for people to copy."""
    return _texts(_fields(request))


def sign(request: HttpRequest) -> str:
    """What was posted, for the sign-in form to carry; empty when it is too much, or must not be kept."""
    fields = _fields(request)
    values = [value for several in fields.values() for value in several]
    if sum(map(len, values)) > MAX_CHARACTERS or any(map(pan.contains_pan, values)):
        return ""
    draft = {"path": request.path, "fields": fields, "person": _person_of(request)}
    return signing.dumps(draft, salt=_SALT, compress=True)


def read(signed: str) -> Draft | None:
    """None: nothing, not ours, or too old."""
    if not signed or len(signed) > 2 * MAX_CHARACTERS:
        return None
    try:
        return Draft(**signing.loads(signed, salt=_SALT, max_age=MAX_AGE_SECONDS))
    except signing.BadSignature:
        return None


def texts_of(draft: Draft | None) -> list[tuple[str, str]]:
    """What was typed, as `typed_texts`."""
    return _texts(draft.fields) if draft else []


# ── After signing in ────────────────────────────────────────────────────────────────────────────
def keep(request: HttpRequest, signed: str) -> None:
    """Remember it for the person who has just signed in, if it is theirs."""
    draft = read(signed)
    if draft is not None and draft.person == request.user.pk:
        request.session[_KEPT_AS] = {"path": draft.path, "fields": draft.fields, "at": time.time()}


def restored(request: HttpRequest) -> QueryDict | None:
    """What was typed into the form this GET shows again; None: nothing."""
    kept = request.session.get(_KEPT_AS) if request.method == "GET" else None
    if not kept or kept["path"] != request.path or time.time() - kept["at"] > MAX_AGE_SECONDS:
        return None
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    return fields


def forget(request: HttpRequest) -> None:
    """The form was sent again."""
    if _KEPT_AS in request.session and request.session[_KEPT_AS]["path"] == request.path:
        del request.session[_KEPT_AS]


def remember_person(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser say whose pages it has open, also when the session has ended. It opens nothing."""
    if _person_of(request) != request.user.pk:
        response.set_signed_cookie(
            _PERSON,
            str(request.user.pk),
            salt=_SALT,
            max_age=_PERSON_SECONDS,
            path="/admin/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _person_of(request: HttpRequest) -> int | None:
    told: Any = request.get_signed_cookie(_PERSON, default="", salt=_SALT)
    return int(told) if told else None


def _fields(request: HttpRequest) -> dict[str, list[str]]:
    """What may be carried: on the pages of the second step that is nothing, since a code is one there."""
    if request.path.startswith((reverse("two-step"), reverse("second-step"))):
        return {}
    return {name: values for name, values in request.POST.lists() if not _SECRET.search(name)}


def _texts(fields: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    named = ((name, "\n".join(values)) for name, values in fields.items() if name not in _MARKS)
    return [(name.replace("_", " ").capitalize(), text[:MAX_CHARACTERS]) for name, text in named if text.strip()]
