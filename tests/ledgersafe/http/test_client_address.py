"""Whose address counts, for whoever counts by address."""

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory, override_settings

from ledgersafe.http.client_address import address_of


@pytest.mark.parametrize(
    ("is_behind_proxy", "forwarded", "address"),
    [
        (False, "203.0.113.9", "10.0.0.1"),  # anybody may send the header
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first one is what the client said
        (True, "2001:DB8::1", "2001:db8::1"),
        (True, "", "10.0.0.1"),
        (True, "unknown", "10.0.0.1"),
        (True, "203.0.113.9,", "10.0.0.1"),
    ],
)
def test_the_proxy_is_believed_and_nobody_else(is_behind_proxy: bool, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    with override_settings(TLS_PROXY=is_behind_proxy):
        assert address_of(request) == address
        assert get_client_ip_address(request) == address


def test_a_server_that_does_not_know_says_so() -> None:
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="")) is None
