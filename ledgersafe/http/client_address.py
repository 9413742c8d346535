"""Find the client's address, directly or through our own proxy."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Return the client's IP address; None where the server does not know it (a Unix socket).

    Our proxy sets `X-Forwarded-For` or appends to it, so only the last entry cannot be chosen by a client.
    """
    if settings.TLS_PROXY:
        last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        try:
            return str(ip_address(last))
        except ValueError:
            pass  # a request that did not come through the proxy, like a health check
    return request.META.get("REMOTE_ADDR") or None
