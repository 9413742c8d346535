"""`X-Idempotency-Key`: every answer of the contract, with Redis in front and without."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from ledgersafe import setup
from ledgersafe.idempotency import guard, rows
from ledgersafe.idempotency.stored_answers import Answer, Command
from ledgersafe.postgres.db import raw_connection, tenant_transaction
from tests.conftest import Shop, open_shop
from tests.ledgersafe.idempotency import spending
from tests.ledgersafe.idempotency.spending import PATH, effects, is_replay, spend, till
from tests.scenes.attacks import Raw
from tests.scenes.staff import boss, signed_in

PRINCIPALS = "SELECT principal FROM idempotency_keys WHERE tenant_id = %s"


pytestmark = pytest.mark.usefixtures("front")


def code_of(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def another_key(shop: Shop, *scopes: str) -> Shop:
    """The same tenant, by another API key."""
    _, key = setup.create_api_key(slug=shop.slug, scopes=scopes, actor="system:test", now=timezone.now())
    return Shop(shop.tenant, key, shop.principal)


def test_a_command_is_carried_out(shop: Shop) -> None:
    answer = spend(shop)
    assert (answer.status_code, answer.json()["spent"], is_replay(answer)) == (201, "5", False)
    assert effects(shop) == 1


def test_a_repeat_is_answered_byte_for_byte_and_does_nothing(shop: Shop) -> None:
    first, again = spend(shop), spend(shop)
    assert (again.status_code, again.content, again.headers["Content-Type"]) == (
        first.status_code,
        first.content,
        first.headers["Content-Type"],
    )
    assert is_replay(again)
    assert (effects(shop), till.runs) == (1, 1)


def test_an_answer_that_drf_renders_is_kept_too(shop: Shop) -> None:
    first, again = spend(shop, do="render"), spend(shop, do="render")
    assert (first.status_code, again.content, is_replay(again)) == (201, first.content, True)


def test_another_key_is_another_command(shop: Shop) -> None:
    assert [spend(shop, key).status_code for key in ("k-1", "k-2", "K-1")] == [201, 201, 201]
    assert effects(shop) == 3


@pytest.mark.parametrize("key", [None, "", " ", "a" * 201, "tab\there", " padded", "4111 1111 1111 1111"])
def test_a_missing_or_malformed_key_is_refused(shop: Shop, key: str | None) -> None:
    assert code_of(spend(shop, key)) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    assert (effects(shop), till.runs) == (0, 0)


def test_the_other_spelling_is_accepted(shop: Shop) -> None:
    first = shop.post(PATH, {"amount": "5"}, HTTP_IDEMPOTENCY_KEY="k-1")
    assert (first.status_code, is_replay(spend(shop))) == (201, True)


def test_both_spellings_must_agree(shop: Shop) -> None:
    same = shop.post(PATH, {"amount": "5"}, HTTP_IDEMPOTENCY_KEY="k-1", HTTP_X_IDEMPOTENCY_KEY="k-1")
    assert same.status_code == 201
    differ = shop.post(PATH, {"amount": "5"}, HTTP_IDEMPOTENCY_KEY="k-1", HTTP_X_IDEMPOTENCY_KEY="k-2")
    assert code_of(differ) == (400, "IDEMPOTENCY_KEY_REQUIRED")


def test_another_body_under_the_key_is_refused(shop: Shop) -> None:
    spend(shop)
    assert code_of(spend(shop, amount="6")) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert is_replay(spend(shop))
    assert effects(shop) == 1


@pytest.mark.parametrize("path", [f"{PATH}/elsewhere", f"{PATH}?dry_run=true"])
def test_another_path_under_the_key_is_refused(shop: Shop, path: str) -> None:
    spend(shop)
    assert code_of(spend(shop, "k-1", path)) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("path", ["/api/spend", "/v1/spend/", "/api/spend/"])
def test_the_same_path_spelt_otherwise_is_the_same_command(shop: Shop, path: str) -> None:
    spend(shop)
    assert is_replay(spend(shop, "k-1", path))


def test_the_same_body_spelt_otherwise_is_the_same_command(shop: Shop) -> None:
    headers = {"HTTP_X_IDEMPOTENCY_KEY": "k-1"}
    shop.post(PATH, b'{"amount":"5","qty":1}', **headers)
    assert is_replay(shop.post(PATH, b' {"qty": 1.0, "amount": "\\u0035"} ', **headers))


def test_a_key_is_its_principals_own(shop: Shop) -> None:
    other = another_key(shop, "pos:write")
    assert (spend(shop).status_code, is_replay(spend(other))) == (201, False)
    assert effects(shop) == 2


def test_a_key_is_its_tenants_own(shop: Shop) -> None:
    other = open_shop()
    spend(shop)
    assert not is_replay(spend(other))
    assert (effects(shop), effects(other)) == (1, 1)


def test_without_the_right_there_is_no_replay(shop: Shop) -> None:
    spend(shop)
    assert code_of(spend(another_key(shop, "pos:read"))) == (403, "PERMISSION_DENIED")


def test_a_revoked_key_gets_no_replay(shop: Shop) -> None:
    spend(shop)
    setup.revoke_api_key(slug=shop.slug, prefix=shop.principal.prefix, actor="system:test", now=timezone.now())
    assert code_of(spend(shop)) == (401, "NOT_AUTHENTICATED")


def test_a_final_refusal_is_stored_and_its_effects_are_not(shop: Shop) -> None:
    first, again = spend(shop, do="much"), spend(shop, do="much")
    assert code_of(first) == code_of(again) == (422, "TOO_MUCH")
    assert (again.content, is_replay(first), is_replay(again)) == (first.content, False, True)
    assert (effects(shop), till.runs) == (0, 1)
    assert code_of(spend(shop)) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(
    ("do", "told"),
    [("closed", (409, "SHOP_CLOSED")), ("invalid", (400, "INVALID_PARAMETER")), ("absent", (404, "NOT_FOUND"))],
)
def test_a_refusal_that_may_change_is_not_stored(shop: Shop, do: str, told: tuple[int, str]) -> None:
    assert code_of(spend(shop, do=do)) == code_of(spend(shop, do=do)) == told
    assert (effects(shop), till.runs, shop.number("idempotency_keys")) == (0, 2, 0)


def test_an_unexpected_failure_is_not_stored(shop: Shop) -> None:
    till.fails = [RuntimeError("a bug")]
    assert code_of(spend(shop)) == (500, "INTERNAL_ERROR")
    assert code_of(spend(shop, "k-2", do="break")) == (500, "INTERNAL_ERROR")
    assert effects(shop) == 0
    assert (spend(shop).status_code, effects(shop)) == (201, 1)


@pytest.mark.parametrize("status", [302, 409, 429, 503])
def test_only_a_success_is_committed(shop: Shop, status: int) -> None:
    answers = [spend(shop, status=status) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert (effects(shop), till.runs, shop.number("idempotency_keys")) == (0, 2, 0)


def test_a_bad_body_is_refused_before_the_key_counts(shop: Shop) -> None:
    for body, status in [(b"{", 400), (b'{"a": "4111 1111 1111 1111"}', 422), (b"[]", 400)]:
        assert shop.post(PATH, body, HTTP_X_IDEMPOTENCY_KEY="k-1").status_code == status
    assert (spend(shop).status_code, effects(shop)) == (201, 1)


def test_what_postgres_wants_tried_again_happens_once(shop: Shop) -> None:
    again = OperationalError()
    again.__cause__ = psycopg.errors.SerializationFailure()
    till.fails = [again]
    assert spend(shop).status_code == 201
    assert (effects(shop), till.runs) == (1, 2)


def test_a_connection_lost_on_the_way_is_tried_again(
    shop: Shop, as_owner: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, lost = rows.keep, iter([True])

    def cut_and_keep(command: Command, answer: Answer) -> None:
        if next(lost, False):
            as_owner.execute("SELECT pg_terminate_backend(%s, 10000)", [raw_connection().info.backend_pid])
        keep(command, answer)

    monkeypatch.setattr(rows, "keep", cut_and_keep)
    answer = spend(shop)
    assert (answer.status_code, is_replay(answer), effects(shop), till.runs) == (201, False, 1, 2)


def test_a_lost_reply_to_commit_does_not_make_it_happen_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = iter([True])

    @contextmanager
    def commit_and_lose(tenant_id: int) -> Iterator[None]:
        with tenant_transaction(tenant_id):
            yield
        if next(lost, False):
            raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(guard, "tenant_transaction", commit_and_lose)
    answer = spend(shop)
    assert (answer.status_code, is_replay(answer), effects(shop), till.runs) == (201, True, 1, 1)


def test_a_person_has_keys_of_their_own(shop: Shop) -> None:
    spend(shop)
    browser = signed_in(boss())
    how: Any = {"content_type": "application/json", "HTTP_X_TENANT": shop.slug, "HTTP_X_IDEMPOTENCY_KEY": "k-1"}
    answers = [browser.post(PATH, {"amount": "5"}, **how) for _ in range(2)]
    assert [(answer.status_code, is_replay(answer)) for answer in answers] == [(201, False), (201, True)]
    assert {who[0].split(":")[0] for who in shop.rows(PRINCIPALS)} == {"key", "user"}


def test_the_schema_asks_for_the_key() -> None:
    paths = SchemaGenerator(urlconf=spending.__name__).get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]
    parameters = paths[PATH]["post"]["parameters"]
    (key,) = (one for one in parameters if one["name"] == "X-Idempotency-Key")
    assert (key["in"], key["required"]) == ("header", True)
    assert any(one["name"] == "loud" for one in parameters), "what the view says of itself is there, too"
