"""Business days on the API: list, board, close and pack, and who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe import setup
from tests.conftest import Shop, open_shop
from tests.scenes.days import DAY, after, close, hold, sell
from tests.scenes.staff import hire, signed_in


def with_scopes(shop: Shop, *scopes: str, **bound: Any) -> dict[str, Any]:
    how: dict[str, Any] = {
        "slug": shop.slug,
        "scopes": list(scopes),
        "actor": "system:test",
        "now": timezone.now(),
    } | bound
    _, key = setup.create_api_key(**how)
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def test_a_close_answers_the_day_and_its_pack_and_again_the_same(shop: Shop) -> None:
    sell(shop, DAY)
    first = shop.post(f"/v1/periods/{DAY}/close", b"")
    assert first.status_code == 200
    told = first.json()
    assert (told["date"], told["status"], told["accounts"], told["forced"]) == ("2026-02-25", "closed", 4, False)
    assert told["closed_by"].startswith("key:")
    assert len(told["pack"]["files"]) == 9
    again = shop.post(f"/api/periods/{DAY}/close/", {})
    assert (again.status_code, again.json()) == (200, told)


def test_refusals_are_problems_with_their_figures(shop: Shop) -> None:
    hold(shop, DAY)
    answer = shop.post(f"/v1/periods/{DAY}/close", {})
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    told = answer.json()
    assert (told["code"], told["open_exceptions"], told["undecided_arrivals"]) == ("DAY_NOT_READY", 1, 1)
    assert told["at_risk"] == [{"ccy": "USD", "amount": "43.00"}]


@pytest.mark.parametrize(
    ("day", "status", "code"),
    [
        ("2999-01-01", 409, "DAY_NOT_OVER"),
        ("9999-12-31", 400, "INVALID_PARAMETER"),
        ("0001-01-01", 400, "INVALID_PARAMETER"),
        ("2026-02-30", 400, "INVALID_PARAMETER"),
        ("20260225", 400, "INVALID_PARAMETER"),
        ("today", 400, "INVALID_PARAMETER"),
    ],
)
def test_days_that_cannot_be_closed(shop: Shop, day: str, status: int, code: str) -> None:
    answer = shop.post(f"/v1/periods/{day}/close", {})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_current_day_is_not_over(shop: Shop) -> None:
    now = timezone.now()
    running = (now + timedelta(minutes=1)).date()
    assert shop.post(f"/v1/periods/{running}/close", {}).json()["code"] == "DAY_NOT_OVER"


@pytest.mark.parametrize("verb", ["close", "reopen"])
@pytest.mark.parametrize("body", [b"[1]", b"null", b'{"notes": NaN}', b'{"reason": "\\u0000"}', b"[" * 100_000])
def test_an_order_that_is_no_plain_object_is_refused(shop: Shop, verb: str, body: bytes) -> None:
    answer = shop.post(f"/v1/periods/{DAY}/{verb}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"force": "yes"}, "INVALID_PARAMETER"),
        ({"notes": 7}, "INVALID_PARAMETER"),
        ([1], "MALFORMED_JSON"),
        (b'{"force": true, "force": false}', "MALFORMED_JSON"),
    ],
)
def test_an_order_of_the_wrong_shape_is_refused(shop: Shop, body: Any, code: str) -> None:
    answer = shop.post(f"/v1/periods/{DAY}/close", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_card_number_does_not_get_into_the_notes_of_a_close(shop: Shop) -> None:
    sell(shop, DAY)
    answer = shop.post(f"/v1/periods/{DAY}/close", {"notes": "4111 1111 1111 1111"})
    assert (answer.status_code, answer.json()["code"]) == (422, "PAN_DETECTED")


def test_forcing_is_for_keys_with_admin_and_says_why(shop: Shop) -> None:
    hold(shop, DAY)
    order = {"force": True, "notes": "Month end."}
    plain = with_scopes(shop, "ledger:write")
    assert shop.post(f"/v1/periods/{DAY}/close", order, **plain).json()["code"] == "FORCE_NOT_ALLOWED"
    assert shop.post(f"/v1/periods/{DAY}/close", {"force": True}).json()["code"] == "NOTES_REQUIRED"
    assert shop.post(f"/v1/periods/{DAY}/close", order).json()["forced"] is True


def test_the_board_says_what_stands_against_a_close(shop: Shop) -> None:
    sell(shop, DAY)
    hold(shop, DAY)
    told = shop.get(f"/v1/periods/{DAY}/readiness").json()
    assert (told["state"], told["ready"], told["blockers"]) == ("blocked", False, ["DAY_NOT_READY"])
    assert (told["open_exceptions"], told["by_reason"]) == (1, {"TOTALS_MISMATCH": 1})
    assert told["at_risk"] == [{"ccy": "USD", "amount": "43.00"}]
    later = shop.get(f"/v1/periods/{after(DAY, 2)}/readiness").json()
    assert (later["blockers"], later["earliest_open"]) == (["EARLIER_DAY_OPEN"], "2026-02-25")
    assert later["empty_days"] == ["2026-02-26"]


def test_the_board_of_a_day_that_is_ready_running_or_closed(shop: Shop) -> None:
    sell(shop, DAY)
    assert shop.get(f"/v1/periods/{DAY}/readiness").json()["state"] == "ready"
    close(shop)
    assert shop.get(f"/v1/periods/{DAY}/readiness").json()["state"] == "closed"
    running = timezone.now().date() + timedelta(days=1)
    assert shop.get(f"/v1/periods/{running}/readiness").json()["state"] == "running"


def test_the_list_is_newest_first_and_pages(shop: Shop) -> None:
    for days in range(3):
        sell(shop, after(DAY, days))
    close(shop)
    first = shop.get("/v1/periods", limit="2").json()
    assert [item["date"] for item in first["items"]] == ["2026-02-27", "2026-02-26"]
    rest = shop.get("/v1/periods", limit="2", cursor=first["next_cursor"]).json()
    assert [(item["status"], item["closed_by"]) for item in rest["items"]] == [("closed", "user:anna")]
    assert rest["next_cursor"] is None
    assert shop.get("/v1/periods", cursor="WzFd").status_code == 400


def test_the_pack_is_downloaded_file_by_file(shop: Shop) -> None:
    sell(shop, DAY)
    assert shop.get(f"/v1/periods/{DAY}/pack/journals.csv").json()["code"] == "DAY_NOT_CLOSED"
    close(shop)
    answer = shop.get(f"/v1/periods/{DAY}/pack/journals.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{shop.slug}-2026-02-25-journals.csv"'
    assert b"".join(answer.streaming_content).startswith(b"journal_id,line,")
    assert shop.get(f"/v1/periods/{DAY}/pack/secrets.csv").status_code == 404


def test_scopes_stores_and_tenants_are_kept_apart(shop: Shop) -> None:
    sell(shop, DAY)
    reads, till = with_scopes(shop, "ledger:read"), with_scopes(shop, "pos:write", store_code="store-1")
    assert shop.post(f"/v1/periods/{DAY}/close", {}, **reads).status_code == 403
    assert shop.post(f"/v1/periods/{DAY}/close", {}, **till).status_code == 403
    other = open_shop()
    assert other.get("/v1/periods").json()["items"] == []
    assert other.get(f"/v1/periods/{DAY}/pack/journals.csv").status_code == 409


@pytest.mark.parametrize(("role", "status"), [("accountant", 200), ("supervisor", 403), ("operator", 403)])
def test_people_close_by_their_role(shop: Shop, role: str, status: int) -> None:
    sell(shop, DAY)
    client = signed_in(hire(role, shop))
    answer = client.post(f"/v1/periods/{DAY}/close", {}, content_type="application/json")
    assert answer.status_code == status
