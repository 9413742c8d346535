"""Signing in: the lock-out, the second step and its recovery codes, the session's cookies."""

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgersafe.audit.models import AuditEntry
from ledgersafe.people import second_factor
from tests.conftest import Shop
from tests.scenes.round_trips import counted
from tests.scenes.staff import PASSWORD, boss, browser, hire, signed_in

LOGIN, CODE, SWITCH = "/admin/login/", "/admin/login/code/", "/admin/two-step/"


def sign_in(client: Client, person: User, password: str = PASSWORD, **how: Any) -> Any:
    return client.post(LOGIN, {"username": person.username, "password": password}, **how)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def code_of(person: User, *, step: int = 0) -> str:
    """What the phone shows now; `step`: or will, so many times 30 seconds later."""
    device = TOTPDevice.objects.get(user=person)
    return f"{totp(device.bin_key, t0=-30 * step):06d}"


@pytest.fixture
def person(shop: Shop) -> User:
    return hire("operator", shop)


@pytest.fixture
def enrolled(person: User) -> tuple[User, list[str]]:
    """Somebody whose second step is on, and the recovery codes."""
    second_factor.begin(person)
    codes = second_factor.turn_on(person=person, code=code_of(person, step=-1), actor="user:test")
    return person, codes


# ── Password and lock-out ───────────────────────────────────────────────────────────────────────
def test_the_right_password_lets_in_and_leads_where_one_wanted_to_go(person: User) -> None:
    client = Client()
    answer = client.post(
        f"{LOGIN}?next=/admin/pos/rawevent/",
        {"username": person.username, "password": PASSWORD, "next": "/admin/pos/rawevent/"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/pos/rawevent/")
    assert is_in(client)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(person: User, elsewhere: str) -> None:
    answer = Client().post(LOGIN, {"username": person.username, "password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"].startswith("/")
    assert not answer.headers["Location"].startswith("//")


def test_the_fifth_wrong_password_locks_and_the_page_says_what_to_do(person: User) -> None:
    client = Client()
    answers = [sign_in(client, person, "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    page = answers[-1].content.decode()
    for text in ("Sign-in is locked for now", person.username, "15 minutes", "ask an administrator"):
        assert text in page
    assert answers[-1].headers["Retry-After"] == "900"


def test_while_locked_the_right_password_is_refused_too(person: User) -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, person, "wrong")
    assert sign_in(client, person).status_code == 429
    assert not is_in(client)


def test_the_lock_is_for_one_name_at_one_address(person: User, shop: Shop) -> None:
    for _ in range(5):
        sign_in(Client(), person, "wrong")
    colleague = hire("operator", shop)
    assert sign_in(Client(), colleague).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7"), person).status_code == 302


def test_an_address_in_a_header_is_not_believed(person: User) -> None:
    answers = [
        sign_in(Client(), person, "wrong", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(5)
    ]
    assert answers[-1] == 429


def test_the_right_password_forgets_the_wrong_ones_before(person: User) -> None:
    for _ in range(3):
        for _ in range(4):
            assert sign_in(Client(), person, "wrong").status_code == 200
        assert sign_in(Client(), person).status_code == 302


def test_the_lock_ends_by_itself(person: User, settings: Any) -> None:
    from axes.models import AccessAttempt

    for _ in range(5):
        sign_in(Client(), person, "wrong")
    for attempt in AccessAttempt.objects.filter(username=person.username):
        attempt.attempt_time -= settings.AXES_COOLOFF_TIME
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=attempt.attempt_time)
    assert sign_in(Client(), person).status_code == 302


def test_no_password_and_no_code_is_kept_of_a_failed_attempt(person: User) -> None:
    from axes.models import AccessAttempt

    sign_in(Client(), person, "my-secret-typed-wrong")
    kept = " ".join(map(str, AccessAttempt.objects.filter(username=person.username).values_list()[0]))
    assert "my-secret-typed-wrong" not in kept


def test_a_till_with_a_wrong_key_locks_nobody_out_and_costs_nothing_extra(shop: Shop, person: User) -> None:
    for _ in range(6):
        assert Client().get("/v1/events", headers={"Authorization": "Bearer lsk_x_y"}).status_code == 401
    assert sign_in(Client(), person).status_code == 302
    shop.get("/v1/exceptions")
    with counted() as trips:
        shop.get("/v1/exceptions")
    assert trips.number == 2, trips.sent


def test_signing_out_is_a_post(person: User) -> None:
    client = signed_in(person)
    assert client.get("/admin/logout/").status_code == 405
    assert is_in(client)
    page = client.post("/admin/logout/").content.decode()
    assert "You are signed out" in page
    assert not is_in(client)


def test_the_session_is_a_working_day_long_and_its_cookie_guarded(person: User) -> None:
    client = Client()
    sign_in(client, person)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)


# ── The second step ─────────────────────────────────────────────────────────────────────────────
def test_switching_it_on_shows_a_picture_then_asks_a_code_then_shows_recovery_codes(person: User) -> None:
    client = signed_in(person)
    assert "Set up" in client.get(SWITCH).content.decode()
    client.post(SWITCH, {"do": "begin"})
    page = client.get(SWITCH).content.decode()
    assert "<svg" in page
    assert second_factor.key_text(TOTPDevice.objects.get(user=person)) in page
    assert not second_factor.is_on(person)
    shown = client.post(SWITCH, {"do": "turn-on", "code": code_of(person)})
    (listed,) = re.findall(r'id="su-codes"[^>]*>([^<]*)<', shown.content.decode())
    codes = re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", listed)
    assert len(codes) == second_factor.RECOVERY_CODES
    assert "no-store" in shown.headers["Cache-Control"]
    assert second_factor.is_on(person)
    assert codes[0] not in client.get(SWITCH).content.decode()
    assert AuditEntry.objects.filter(object_id=person.username, action="people.second_factor.turned_on").count() == 1


def test_a_wrong_code_switches_nothing_on(person: User) -> None:
    client = signed_in(person)
    client.post(SWITCH, {"do": "begin"})
    page = client.post(SWITCH, {"do": "turn-on", "code": "000000"}).content.decode()
    assert "Wrong code" in page
    assert not second_factor.is_on(person)


def test_looking_at_the_page_makes_no_key(person: User) -> None:
    signed_in(person).get(SWITCH)
    assert not TOTPDevice.objects.filter(user=person).exists()


def test_with_the_second_step_on_the_password_alone_lets_nobody_in(enrolled: tuple[User, list[str]]) -> None:
    person, _ = enrolled
    client = Client()
    answer = sign_in(client, person)
    assert (answer.status_code, answer.headers["Location"]) == (302, CODE)
    assert not is_in(client)
    assert client.get("/v1/events").status_code == 401
    answer = client.post(CODE, {"code": code_of(person)})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert is_in(client)


def test_a_code_counts_once(enrolled: tuple[User, list[str]]) -> None:
    person, _ = enrolled
    code = code_of(person)
    for expected in (True, False):
        client = Client()
        sign_in(client, person)
        client.post(CODE, {"code": code})
        assert is_in(client) is expected


def test_a_recovery_code_lets_in_once_however_it_is_typed(enrolled: tuple[User, list[str]]) -> None:
    person, codes = enrolled
    for expected in (True, False):
        client = Client()
        sign_in(client, person)
        client.post(CODE, {"code": f" {codes[3].upper()} "})
        assert is_in(client) is expected
    assert second_factor.recovery_codes_left(person) == second_factor.RECOVERY_CODES - 1


def test_wrong_codes_count_towards_the_lock(enrolled: tuple[User, list[str]]) -> None:
    person, _ = enrolled
    client = Client()
    sign_in(client, person)
    answers = [client.post(CODE, {"code": f"{n:06d}"}).status_code for n in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert client.get(CODE).status_code == 429
    assert sign_in(Client(), person).status_code == 429


@pytest.mark.parametrize("code", ["", "x" * 500, "12 34", "\x00", "١٢٣٤٥٦", "null", "-1", "1e5", "<script>"])
def test_nonsense_is_a_wrong_code(enrolled: tuple[User, list[str]], code: str) -> None:
    person, _ = enrolled
    client = Client()
    sign_in(client, person)
    assert client.post(CODE, {"code": code}).status_code == 200
    assert not is_in(client)


def test_the_code_is_waited_for_five_minutes(enrolled: tuple[User, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = enrolled
    client = Client()
    sign_in(client, person)
    late = time.time() + 301
    monkeypatch.setattr("ledgersafe.people.sign_in.time.time", lambda: late)
    assert client.get(CODE).headers["Location"] == LOGIN


def test_a_changed_password_or_a_deactivation_ends_the_waiting(enrolled: tuple[User, list[str]]) -> None:
    person, _ = enrolled
    client = Client()
    sign_in(client, person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.post(CODE, {"code": code_of(person)}).headers["Location"] == LOGIN
    User.objects.filter(pk=person.pk).update(is_active=True, password="!changed")
    assert client.post(CODE, {"code": code_of(person)}).headers["Location"] == LOGIN


def test_the_page_of_the_code_is_nobodys_without_a_password(books: None) -> None:
    assert Client().get(CODE).headers["Location"] == LOGIN
    assert Client().post(CODE, {"code": "123456"}).headers["Location"] == LOGIN


def test_switching_off_and_new_recovery_codes_ask_for_a_code(enrolled: tuple[User, list[str]]) -> None:
    person, codes = enrolled
    client = signed_in(person)
    for what in ("turn-off", "renew"):
        assert "Wrong code" in client.post(SWITCH, {"do": what, "code": "aaaaa-aaaaa"}).content.decode()
        _cool_down(person)
    renewed = client.post(SWITCH, {"do": "renew", "code": codes[0]}).content.decode()
    assert codes[1] not in renewed
    client.post(SWITCH, {"do": "turn-off", "code": code_of(person)})
    assert not second_factor.is_on(person)
    assert second_factor.recovery_codes_left(person) == 0


def _cool_down(person: User) -> None:
    """The wait after a wrong recovery code is over."""
    from django_otp.plugins.otp_static.models import StaticDevice

    StaticDevice.objects.filter(user=person).update(throttling_failure_count=0, throttling_failure_timestamp=None)


def test_the_switch_asks_for_its_token_and_is_ones_own(person: User) -> None:
    browser = signed_in(person, enforce_csrf_checks=True)
    assert browser.post(SWITCH, {"do": "begin"}).status_code == 403
    assert Client().get(SWITCH).status_code == 302


def test_a_superuser_switches_it_off_for_somebody_who_lost_everything(enrolled: tuple[User, list[str]]) -> None:
    person, _ = enrolled
    answer = signed_in(boss()).post(f"/admin/auth/user/{person.pk}/second-factor/")
    assert answer.status_code == 302
    client = Client()
    sign_in(client, person)
    assert is_in(client)
    assert AuditEntry.objects.filter(object_id=person.username, action="people.second_factor.reset").count() == 1


def test_keys_and_codes_are_on_no_page_of_the_back_office(enrolled: tuple[User, list[str]]) -> None:
    for url in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/", "/admin/axes/accessattempt/"):
        assert signed_in(boss()).get(url).status_code == 404


# ── Refusals ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("where", ["nobody", "operator"])
def test_an_address_with_nothing_says_so_in_our_looks_and_repeats_nothing(person: User, where: str) -> None:
    client = signed_in(person) if where == "operator" else browser()
    answer = client.get("/nowhere/<script>alert(1)</script>/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Page not found" in page
    assert "nowhere" not in page


def test_what_ones_role_forbids_says_whom_to_ask(person: User) -> None:
    answer = signed_in(person).get("/admin/auth/user/")
    assert answer.status_code == 403
    assert "ask a tenant administrator" in answer.content.decode()


def test_a_form_without_its_token_says_that_nothing_was_changed(person: User) -> None:
    answer = signed_in(person, enforce_csrf_checks=True).post("/admin/logout/")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
