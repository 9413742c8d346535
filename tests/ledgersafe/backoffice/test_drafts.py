"""A form that is sent after its session has ended: nothing is saved, and nothing that was typed is lost."""

import re
import time
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ledgersafe.backoffice import drafts
from ledgersafe.people import second_factor
from tests.conftest import Shop
from tests.ledgersafe.people.test_sign_in import code_of
from tests.scenes.desk import conflict, hold, review_url
from tests.scenes.staff import PASSWORD, browser, hire, signed_in

NOTES = "The manager says <41.00>, and she is sure."


@pytest.fixture
def person(shop: Shop) -> User:
    return hire("supervisor", shop)


def opened(person: User, path: str, **how: Any) -> Client:
    """Somebody who has a page open, and whose session has ended since."""
    client = signed_in(person, **how)
    assert client.get(path).status_code == 200
    del client.cookies["sessionid"]
    return client


def typed_into(page: str, name: str) -> str:
    """What stands in a field of a page."""
    field = re.search(rf'<textarea[^>]*name="{name}"[^>]*>([^<]*)</textarea>', page)
    value = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'<input[^>]*value="([^"]*)"[^>]*name="{name}"', page
    )
    found = field or value
    return unescape(found[1]).strip() if found else ""


def sign_in_again(client: Client, page: str, person: User) -> Any:
    """Through the sign-in page that came instead, with what it carries."""
    carried = {name: typed_into(page, name) for name in ("next", "draft")}
    posted = {"username": person.username, "password": PASSWORD} | {k: v for k, v in carried.items() if v}
    return client.post("/admin/login/", posted)


# ── A decision ──────────────────────────────────────────────────────────────────────────────────
def decide(client: Client, case: str, raw_id: int, **fields: str) -> Any:
    typed = {"do": "replay", "chosen": str(raw_id), "notes": NOTES, "patch": '{"reason": "x"}', "seen": "0" * 16}
    return client.post(review_url(case), typed | fields)


def test_a_decision_without_a_session_is_told_and_comes_back_after_signing_in(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))

    answer = decide(client, case, last)

    page = answer.content.decode()
    assert answer.status_code == 401
    assert answer.headers["X-Signed-Out"]
    assert "You were signed out; your decision was not saved." in page
    assert "return to the form with your text" in page
    assert "The manager says &lt;41.00&gt;, and she is sure." in page

    there = sign_in_again(client, page, person)
    assert (there.status_code, there.headers["Location"]) == (302, review_url(case))
    page = client.get(review_url(case)).content.decode()
    assert typed_into(page, "notes") == NOTES
    assert typed_into(page, "patch") == '{"reason": "x"}'
    assert re.search(rf'value="{last}"\s+checked', page)
    assert "Your input is restored" in page
    assert shop.number("exception_resolutions") == 0

    # It stays until it is sent: a reload loses nothing; then it is gone.
    assert typed_into(client.get(review_url(case)).content.decode(), "notes") == NOTES
    seen = typed_into(page, "seen")
    assert decide(client, case, last, seen=seen, patch="").status_code == 302
    assert "draft" not in client.session


def test_a_wrong_password_in_between_loses_nothing(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))
    page = decide(client, case, last).content.decode()
    carried = {"next": typed_into(page, "next"), "draft": typed_into(page, "draft")}
    again = client.post("/admin/login/", {"username": person.username, "password": "wrong"} | carried)
    page = again.content.decode()
    assert "your decision was not saved" in page
    sign_in_again(client, page, person)
    assert typed_into(client.get(review_url(case)).content.decode(), "notes") == NOTES


def test_the_second_step_loses_nothing(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    second_factor.begin(person)
    second_factor.turn_on(person=person, code=code_of(person, step=-1), actor="user:test")
    client = opened(person, review_url(case))
    page = decide(client, case, last).content.decode()
    assert sign_in_again(client, page, person).headers["Location"] == "/admin/login/code/"
    answer = client.post("/admin/login/code/", {"code": code_of(person)})
    assert answer.headers["Location"] == review_url(case)
    assert typed_into(client.get(review_url(case)).content.decode(), "notes") == NOTES


def test_nobody_gets_what_another_person_typed(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))
    page = decide(client, case, last).content.decode()
    sign_in_again(client, page, hire("supervisor", shop))
    shown = client.get(review_url(case)).content.decode()
    assert "she is sure" not in shown
    assert '{"reason"' not in unescape(shown)


def test_a_browser_that_does_not_say_whose_page_it_was_gets_nothing_back(shop: Shop, person: User) -> None:
    """What was typed is on the sign-in page all the same."""
    case, _, last = conflict(shop)
    client = Client()
    page = decide(client, case, last).content.decode()
    assert "she is sure" in page
    sign_in_again(client, page, person)
    assert "she is sure" not in client.get(review_url(case)).content.decode()


@pytest.mark.parametrize("draft", ["x", "a:b:c", "", "x" * 700_000])
def test_a_made_up_draft_is_none(shop: Shop, person: User, draft: str) -> None:
    client = Client()
    posted = {"username": person.username, "password": PASSWORD, "draft": draft, "next": "/admin/"}
    assert client.post("/admin/login/", posted).status_code == 302
    assert "draft" not in client.session


def test_a_draft_is_kept_for_half_an_hour(shop: Shop, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))
    page = decide(client, case, last).content.decode()
    sign_in_again(client, page, person)
    late = time.time() + drafts.MAX_AGE_SECONDS + 1
    monkeypatch.setattr("ledgersafe.backoffice.kept_drafts.time.time", lambda: late)
    assert typed_into(client.get(review_url(case)).content.decode(), "notes") == ""
    monkeypatch.setattr("django.core.signing.time.time", lambda: late)
    assert drafts.read(typed_into(page, "draft")) is None


def test_a_card_number_is_shown_but_never_kept(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))
    page = decide(client, case, last, notes="card 4111111111111111").content.decode()
    assert typed_into(page, "draft") == ""
    assert "Copy your text below" in page
    assert "card 4111111111111111" in page


def test_what_is_too_long_to_carry_is_shown_for_copying(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = opened(person, review_url(case))
    page = decide(client, case, last, patch="y" * (drafts.MAX_CHARACTERS + 1)).content.decode()
    assert typed_into(page, "draft") == ""
    assert "Copy your text below" in page
    assert "she is sure" in page


def test_a_form_without_a_session_leads_nowhere_else(shop: Shop, person: User) -> None:
    client = opened(person, "/admin/")
    page = client.post("/admin/pos/rawevent/?next=https://evil.example/", {"next": "https://evil.example/"})
    there = sign_in_again(client, page.content.decode(), person)
    assert there.headers["Location"].startswith("/admin/pos/rawevent/")


def test_a_page_that_was_only_opened_asks_to_sign_in_as_ever() -> None:
    answer = Client().get("/admin/pos/rawevent/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/pos/rawevent/")
    assert Client().post("/admin/logout/").status_code == 302


def test_the_preview_says_that_one_is_signed_out(shop: Shop) -> None:
    case = hold(shop, "a")
    answer = Client().post(reverse("admin:exceptions_preview", args=[case]), {"chosen": "1"})
    assert (answer.status_code, answer.headers["X-Signed-Out"]) == (401, "yes")
    assert "X-Fragment" not in answer.headers


# ── Every other form ────────────────────────────────────────────────────────────────────────────
def test_the_form_of_a_use_case_comes_back_as_it_was_typed(shop: Shop) -> None:
    """One place does it for all of them: here a store of a tenant."""
    administrator = hire("tenant_administrator", shop)
    path = reverse("admin:tenants_tenant_add_store", args=[shop.tenant.pk])
    client = opened(administrator, path)
    page = client.post(path, {"code": "north", "name": "North & West", "time_zone": "Asia/Tokyo"}).content.decode()
    assert "You were signed out; what you sent was not saved." in page
    sign_in_again(client, page, administrator)
    page = client.get(path).content.decode()
    assert (typed_into(page, "code"), typed_into(page, "name")) == ("north", "North & West")
    assert "What you typed is back" in page
    assert client.post(path, {"code": "north", "name": "North & West", "time_zone": ""}).status_code == 302


def test_a_selection_that_was_to_be_resolved_comes_back_with_its_notes(shop: Shop, person: User) -> None:
    first, second = hold(shop, "a"), hold(shop, "b")
    inbox, bulk = reverse("admin:exceptions_exceptioncase_changelist"), reverse("admin:exceptions_bulk")
    client = opened(person, inbox)
    typed = {"do": "resolve", "case": [first, second], "notes": NOTES, "action": "mark_resolved_no_replay:"}
    sign_in_again(client, client.post(bulk, typed).content.decode(), person)
    page = client.get(bulk).content.decode()
    assert typed_into(page, "notes") == NOTES
    assert page.count('name="case"') == 2
    assert re.search(r'value="mark_resolved_no_replay:"\s+checked', page)


def test_a_selection_that_was_to_be_assigned_leads_back_to_the_inbox(shop: Shop, person: User) -> None:
    inbox, bulk = reverse("admin:exceptions_exceptioncase_changelist"), reverse("admin:exceptions_bulk")
    client = opened(person, inbox)
    typed = {"do": "assign_me", "case": [hold(shop, "a")], "back": "state=unassigned"}
    sign_in_again(client, client.post(bulk, typed).content.decode(), person)
    answer = client.get(bulk, follow=True)
    assert answer.redirect_chain == [(f"{inbox}?state=unassigned", 302)]
    assert "Nothing was done with the selected events" in answer.content.decode()


def test_passwords_and_codes_are_neither_shown_nor_carried(shop: Shop) -> None:
    administrator = hire("tenant_administrator", shop)
    path = reverse("admin:auth_user_changelist") + "new/"
    client = opened(administrator, path)
    typed = {"username": "noor", "password": "my-new-secret", "again": "my-new-secret"}
    page = client.post(path, typed).content.decode()
    assert "my-new-secret" not in page
    draft = drafts.read(typed_into(page, "draft"))
    assert draft is not None
    assert set(draft.fields) == {"username"}
    page = client.post(reverse("two-step"), {"do": "turn-on", "code": "123456"}).content.decode()
    assert "123456" not in page
    draft = drafts.read(typed_into(page, "draft"))
    assert draft is not None
    assert draft.fields == {}


# ── The token is gone as well ───────────────────────────────────────────────────────────────────
def test_without_its_token_a_form_shows_what_was_typed_and_keeps_nothing(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = browser(enforce_csrf_checks=True)
    answer = decide(client, case, last, notes="<script>alert(1)</script> is what I typed")
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["X-Signed-Out"]) == (403, "yes")
    assert "You were signed out. Nothing was saved. Copy your text, sign in, and try again." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is what I typed" in page
    assert "<script>alert(1)" not in page
    assert "draft" not in page
    assert f'href="/admin/login/?next={quote(review_url(case), safe="")}"' in page
    assert shop.number("exception_resolutions") == 0


def test_somebody_who_signed_in_again_elsewhere_keeps_their_text_too(shop: Shop, person: User) -> None:
    case, _, last = conflict(shop)
    client = signed_in(person, enforce_csrf_checks=True)
    page = decide(client, case, last).content.decode()
    assert "You opened this form before you signed in. Nothing was changed." in page
    assert "Copy your text, open the page again, and try again." in page
    assert "she is sure" in page


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_what_another_site_sends_is_not_shown_as_ones_own(shop: Shop, person: User, origin: str) -> None:
    case, _, last = conflict(shop)
    client = signed_in(person, enforce_csrf_checks=True)
    typed = {"do": "replay", "chosen": str(last), "notes": "Call this number"}
    answer = client.post(review_url(case), typed, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "Call this number" not in answer.content.decode()


# ── Whose page it was ───────────────────────────────────────────────────────────────────────────
def test_the_cookie_that_says_whose_page_it_was_opens_nothing(person: User) -> None:
    client = signed_in(person)
    client.get("/admin/")
    cookie = client.cookies["ledgersafe_person"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/admin/")
    del client.cookies["sessionid"]
    assert client.get("/admin/").status_code == 302
    client.cookies["ledgersafe_person"] = "1:forged"
    assert client.post("/admin/pos/rawevent/", {"notes": "x"}).status_code == 401
