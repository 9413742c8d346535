"""Carry a form through the end of a session: signed into the sign-in page, and back into the form.

A form posted without a session has passed the CSRF check, so it is ours. Its fields go into the sign-in form, signed
and for a short time, and from there into the new session if the same person signs in. Passwords, codes and card numbers
are left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from ledgersafe.values import card_numbers

#: Lifetime of a draft: signing in takes a minute, finding the phone for the second step longer.
MAX_AGE_SECONDS: Final = 30 * 60
#: More than the longest patch and notes together; a longer draft is shown, but not kept.
MAX_CHARACTERS: Final = 300_000
SALT: Final = "ledgersafe.draft"
#: The cookie with the id of the person whose pages are open (`kept_drafts.remember_person`).
PERSON: Final = "ledgersafe_person"
_SECRET: Final = re.compile(r"passw|secret|token|otp|^again$", re.IGNORECASE)
#: Fields that nobody typed: a page's own marks, and buttons.
_MARKS: Final = frozenset(
    [
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
    ]
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A posted form, and whose page it was: a user's id, or None if the browser did not say."""

    path: str
    fields: Mapping[str, list[str]]
    person: int | None


def typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    """List the typed texts by field, for people to copy."""
    return _texts(_fields(request))


def sign(request: HttpRequest) -> str:
    """Sign the posted form for the sign-in form to carry; empty if it is too long or must not be kept."""
    fields = _fields(request)
    values = [value for several in fields.values() for value in several]
    if sum(map(len, values)) > MAX_CHARACTERS or any(map(card_numbers.contains_pan, values)):
        return ""
    draft = {"path": request.path, "fields": fields, "person": person_of(request)}
    return signing.dumps(draft, salt=SALT, compress=True)


def read(signed: str) -> Draft | None:
    """Read a signed draft; None: empty, forged or too old."""
    if not signed or len(signed) > 2 * MAX_CHARACTERS:
        return None
    try:
        return Draft(**signing.loads(signed, salt=SALT, max_age=MAX_AGE_SECONDS))
    except signing.BadSignature:
        return None


def texts_of(draft: Draft | None) -> list[tuple[str, str]]:
    """List a draft's texts, like `typed_texts`."""
    return _texts(draft.fields) if draft else []


def person_of(request: HttpRequest) -> int | None:
    """Return the user id in the cookie that `kept_drafts.remember_person` sets."""
    cookie: Any = request.get_signed_cookie(PERSON, default="", salt=SALT)
    return int(cookie) if cookie else None


def _fields(request: HttpRequest) -> dict[str, list[str]]:
    """Return the fields that may be carried; none of the second step's pages, where the text is a code."""
    if request.path.startswith((reverse("two-step"), reverse("second-step"))):
        return {}
    return {name: values for name, values in request.POST.lists() if not _SECRET.search(name)}


def _texts(fields: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    named = ((name, "\n".join(values)) for name, values in fields.items() if name not in _MARKS)
    return [(name.replace("_", " ").capitalize(), text[:MAX_CHARACTERS]) for name, text in named if text.strip()]
