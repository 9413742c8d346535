"""Authenticate the caller: an API key, or a person signed in to the back office."""

from typing import Any, Final

from rest_framework import exceptions as drf_exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from ledgersafe.tenants import authentication, staff
from ledgersafe.tenants.principals import KeyPrincipal, Principal

CHALLENGE: Final = 'Bearer realm="ledger-safe"'


class ApiKeyAuthentication(BaseAuthentication):
    """Authenticates `Authorization: Bearer <API key>`; the principal becomes `request.user`."""

    def is_fresh(self, request: Request) -> bool:
        """Tell whether the key is looked up now, or may be answered from memory."""
        return True

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the principal of the key; None without the header.

        :raises AuthenticationFailed: malformed header, or an unknown, expired or revoked key.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, key = header.partition(" ")
        if not header:
            return None
        if scheme.lower() != "bearer" or not key.strip():
            raise drf_exceptions.AuthenticationFailed("Send the API key as «Authorization: Bearer <key>».")
        principal = authentication.authenticate(key.strip(), fresh=self.is_fresh(request))
        if principal is None:
            raise drf_exceptions.AuthenticationFailed("The API key is unknown, expired or revoked.")
        return principal, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return CHALLENGE


class RememberingApiKeyAuthentication(ApiKeyAuthentication):
    """For ingest: a POST may use memory, since `pos_receive_alone_v1` checks the key as it posts."""

    def is_fresh(self, request: Request) -> bool:
        return request.method != "POST"


class StaffSessionAuthentication(SessionAuthentication):
    """Authenticates a person signed in to the back office, with CSRF protection."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Authenticate the person on the tenant they name.

        :raises ledgersafe.tenants.staff.TenantNotNamed: they work for several, and named none.
        """
        person = self.person_of(request)
        if person is None:
            return None
        slug = request.META.get("HTTP_X_TENANT") or request.query_params.get("tenant")
        return staff.principal_of(person, slug), None

    def person_of(self, request: Request) -> staff.Person | None:
        """Return the signed-in person.

        :raises PermissionDenied: an unsafe method without CSRF token.
        """
        person = getattr(request._request, "user", None)
        if person is None or not person.is_active or not person.is_staff:
            return None
        self.enforce_csrf(request)
        return person


def principal_of(request: Request) -> Principal:
    """Return the caller: a key or a person.

    :raises NotAuthenticated: there is none.
    """
    if not isinstance(request.user, Principal):
        raise drf_exceptions.NotAuthenticated("Send the API key as «Authorization: Bearer <key>».")
    return request.user


def api_key_of(request: Request) -> KeyPrincipal:
    """Return the authenticated key, where people may not call.

    :raises NotAuthenticated: there is none.
    """
    if not isinstance(request.user, KeyPrincipal):
        raise drf_exceptions.NotAuthenticated("Send the API key as «Authorization: Bearer <key>».")
    return request.user
