"""A stranger at the sign-in page: whatever is typed there is a wrong name or password, and never a 5xx."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.conftest import Shop
from tests.fuzz import odd
from tests.scenes.staff import PASSWORD, browser, hire

LOGIN, CODE = "/admin/login/", "/admin/login/code/"
TYPED = [value if isinstance(value, str) else value.decode("latin-1") for value in odd.TEXTS]


@pytest.mark.parametrize("field", ["username", "password", "next"])
def test_odd_fields_are_answered_with_the_form(books: None, field: str) -> None:
    good = {"username": "nobody", "password": "wrong"}
    for number, value in enumerate([*TYPED, "\U0010ffff", "\ufffe", "a" * 151, "e\u0301" * 200]):
        # From an address of its own: the lock is another matter.
        client = browser(raise_request_exception=False, REMOTE_ADDR=f"192.0.2.{number}")
        answer = client.post(LOGIN, good | {field: value})
        assert answer.status_code == 200, (field, value[:20])


def test_what_cannot_be_a_name_is_answered_like_a_wrong_one_and_not_kept(books: None) -> None:
    before = AccessAttempt.objects.count()
    wrong = browser(REMOTE_ADDR="192.0.2.200").post(LOGIN, {"username": "nobody-at-all", "password": "x"})
    assert AccessAttempt.objects.count() == before + 1
    for name in ("u" * 151, "u" * 5_000, "a\x01b", "a\u202eb"):
        answer = browser(REMOTE_ADDR="192.0.2.201").post(LOGIN, {"username": name, "password": "x"})
        told = [list(page.context["form"].non_field_errors()) for page in (answer, wrong)]
        assert told[0] == told[1]
        assert len(told[0]) == 1
    assert AccessAttempt.objects.count() == before + 1


@pytest.mark.parametrize("header", ["HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_REFERER"])
def test_odd_headers_are_kept_as_far_as_there_is_room(books: None, header: str) -> None:
    for number, value in enumerate(odd.HEADERS):
        how: Any = {header: value, "REMOTE_ADDR": f"198.51.100.{number}"}
        answer = browser(raise_request_exception=False).post(
            f"{LOGIN}?x={'y' * 3_000}", {"username": "u", "password": "x"}, **how
        )
        assert answer.status_code == 200, value[:20]


def test_odd_codes_are_wrong_codes(shop: Shop) -> None:
    person = hire("operator", shop)
    TOTPDevice.objects.create(user=person, confirmed=True, name="phone")
    for number, value in enumerate([*TYPED[::3], "1" * 5_000, "\u0661" * 6, "12345\x00"]):
        client = browser(raise_request_exception=False, REMOTE_ADDR=f"203.0.113.{number}")
        assert client.post(LOGIN, {"username": person.username, "password": PASSWORD}).status_code == 302
        assert client.post(CODE, {"code": value}).status_code in {200, 429}, value[:20]
        assert "_auth_user_id" not in client.session
