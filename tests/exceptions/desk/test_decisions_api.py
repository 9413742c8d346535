"""`POST /v1/exceptions/{id}/resolve`, preview, assign, bulk-resolve: the contract's answers and refusals."""

import json
import uuid
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe import setup
from tests.conftest import Shop, open_shop

NOTES = "Receipt checked."


def conflict(shop: Shop, event_id: str = "evt-1") -> str:
    """A posted sale of 42.50 and a second version of 41.00. :returns: the case."""
    assert shop.send(shop.sale(event_id)).status_code == 201
    other = shop.sale(event_id, total_amount=41, line_items=None, tax_lines=None, tenders=None)
    return str(shop.send(other).json()["exception_id"])


def held(shop: Shop, event_id: str = "evt-1", **changes: Any) -> str:
    """An event that is held. :returns: the case."""
    answer = shop.send(shop.sale(event_id, **({"total_amount": 99} | changes)))
    assert answer.status_code == 202
    return str(answer.json()["exception_id"])


def resolve(shop: Shop, case: str, verb: str = "resolve", **body: Any) -> Any:
    """Decide; what is not said is a replay of the case's own arrival, and of an assignment, that it is Anna's."""
    unsaid = {"action": "override_and_replay", "resolution_notes": NOTES}
    body = ({"assigned_to": "anna"} if verb == "assign" else unsaid) | body
    return shop.post(f"/v1/exceptions/{case}/{verb}", body)


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def test_a_decision_is_answered_as_the_contract_says(shop: Shop) -> None:
    case = conflict(shop)

    answer = resolve(shop, case, canonical="LAST", actor="somebody else")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["exception_id"], body["status"]) == (case, "resolved")
    assert set(body["replay"]) == {
        "attempted", "result", "canonical_raw_id", "final_payload_hash", "journal_id", "reversal_journal_id",
    }  # fmt: skip
    shown = shop.get(f"/v1/exceptions/{case}").json()
    assert shown["exception"]["resolution_actor"] == shop.principal.actor
    assert shown["exception"]["resolution_notes"] == NOTES
    assert [v["disposition"] for v in shown["versions"]] == ["superseded", "effective"]
    assert shown["events_processed"]["journal_id"] == body["replay"]["journal_id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"action": "maybe"}, 400, "INVALID_ACTION"),
        ({"action": None}, 400, "INVALID_ACTION"),
        ({"action": ["override_and_replay"]}, 400, "INVALID_ACTION"),
        ({"resolution_notes": ""}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "  \n"}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "…"}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": None}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "x" * 4001}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "a\u0000b"}, 400, "MALFORMED_JSON"),
        ({"resolution_notes": "a\u0007b"}, 400, "NOTES_REQUIRED"),
        ({"tenant_id": "somebody-else"}, 403, "TENANT_MISMATCH"),
        ({"canonical": "MIDDLE"}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"canonical_raw_id": 0}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"canonical_raw_id": "17"}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"canonical_raw_id": True}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"canonical_raw_id": 2**63}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"canonical_raw_id": 2**62}, 400, "INVALID_CANONICAL_RAW_ID"),
        ({"override_patch": "total"}, 400, "INVALID_PATCH"),
        ({"override_patch": [{"op": "remove", "path": "/txn_id"}]}, 400, "INVALID_PATCH"),
        ({"override_patch": {"event_id": "evt-9"}}, 422, "PATCH_PROTECTED_FIELD"),
        ({"override_patch": {"tenant_id": None}}, 422, "PATCH_PROTECTED_FIELD"),
        ({"override_patch": {"schema_version": 1}}, 422, "PATCH_PROTECTED_FIELD"),
        ({"override_patch": {"txn_id": None}}, 409, "REPLAY_VALIDATION_FAILED"),
        ({"override_patch": {"total_amount": ""}}, 409, "REPLAY_VALIDATION_FAILED"),
        ({"override_patch": {"tenders": "cash"}}, 409, "REPLAY_VALIDATION_FAILED"),
        ({"override_patch": {"cashier_id": "4111 1111 1111 1111"}}, 422, "PAN_DETECTED"),
        ({"resolution_notes": "card 4111111111111111"}, 422, "PAN_DETECTED"),
        ({"action": "mark_resolved_no_replay", "override_patch": {"a": 1}}, 400, "INVALID_PATCH"),
    ],
)
def test_a_bad_decision_is_refused_and_changes_nothing(shop: Shop, body: Any, status: int, code: str) -> None:
    case = held(shop)

    assert problem(resolve(shop, case, **body)) == (status, code)

    assert shop.get(f"/v1/exceptions/{case}").json()["exception"]["status"] == "open"
    assert shop.number("journals") == 0
    assert shop.number("exception_resolutions") == 0


@pytest.mark.parametrize(
    "raw",
    [b" ", b"[]", b"null", b"{", b'{"a":1,"a":2}', b"\xff", b'{"override_patch":' + b'{"a":' * 500 + b"1" + b"}" * 501],
)
def test_an_unreadable_decision_is_a_400(shop: Shop, raw: bytes) -> None:
    case = held(shop)
    assert problem(shop.post(f"/v1/exceptions/{case}/resolve", raw)) == (400, "MALFORMED_JSON")


def test_a_decision_of_another_media_type_is_a_415(shop: Shop) -> None:
    answer = shop.post(f"/v1/exceptions/{held(shop)}/resolve", b"action=x", content_type="text/plain")
    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "case", ["nonsense", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "00000000-0000-0000-0000-000000000000"]
)
@pytest.mark.parametrize("verb", ["resolve", "preview", "assign"])
def test_an_exception_that_is_not_there_is_a_404(shop: Shop, case: str, verb: str) -> None:
    assert problem(resolve(shop, case, verb)) == (404, "NOT_FOUND")


def test_a_foreign_exception_answers_as_an_absent_one(shop: Shop) -> None:
    case = held(open_shop())
    for verb in ("resolve", "preview", "assign"):
        assert problem(resolve(shop, case, verb)) == (404, "NOT_FOUND")


def test_an_arrival_of_another_event_cannot_be_the_canonical_one(shop: Shop) -> None:
    other = shop.send(shop.sale("evt-2")).json()["raw_id"]
    foreign_shop = open_shop()
    foreign = foreign_shop.send(foreign_shop.sale()).json()["raw_id"]
    case = conflict(shop)
    for raw_id in (other, foreign):
        assert problem(resolve(shop, case, canonical_raw_id=raw_id)) == (400, "INVALID_CANONICAL_RAW_ID")


def test_the_canonical_arrival_can_be_named(shop: Shop) -> None:
    case = conflict(shop)
    shown = shop.get(f"/v1/exceptions/{case}").json()
    first = shown["first_raw_event"]["raw_id"]

    answer = resolve(shop, case, canonical_raw_id=first).json()

    assert (answer["replay"]["result"], answer["replay"]["canonical_raw_id"]) == ("unchanged", first)


def test_the_second_decision_on_a_case_is_a_409(shop: Shop) -> None:
    case = conflict(shop)
    assert resolve(shop, case, canonical="FIRST").status_code == 200
    assert problem(resolve(shop, case, canonical="LAST")) == (409, "ALREADY_RESOLVED")
    assert problem(resolve(shop, case, "preview")) == (409, "ALREADY_RESOLVED")
    assert problem(resolve(shop, case, "assign", assigned_to="anna")) == (409, "ALREADY_RESOLVED")


def test_a_json_patch_repairs_an_event(shop: Shop) -> None:
    case = held(shop)
    body = {
        "action": "override_and_replay",
        "resolution_notes": NOTES,
        "override_patch": [
            {"op": "test", "path": "/total_amount", "value": 99.0},
            {"op": "replace", "path": "/total_amount", "value": 42.50},
        ],
    }
    path = f"/v1/exceptions/{case}/resolve"
    answer = shop.post(path, json.dumps(body).encode(), content_type="application/json-patch+json")
    assert answer.status_code == 200, answer.json()
    assert shop.get(f"/v1/exceptions/{case}").json()["exception"]["override_patch"] == body["override_patch"]


@pytest.mark.parametrize(
    "operations",
    [
        [1],
        [{"op": "fly"}],
        [{"op": "remove", "path": "/nothing"}],
        [{"op": "replace", "path": "", "value": 5}],
        [{"op": "test", "path": "/total_amount", "value": 1.5}],
        [{"op": "add", "path": {}, "value": 1}],
        [{"op": "copy", "from": "", "path": "/metadata"}] * 100,
        [{"op": "add", "path": "/a", "value": 1}] * 201,
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused(shop: Shop, operations: Any) -> None:
    body = {"action": "override_and_replay", "resolution_notes": NOTES, "override_patch": operations}
    answer = shop.post(f"/v1/exceptions/{held(shop)}/resolve", body, content_type="application/json-patch+json")
    assert problem(answer) == (400, "INVALID_PATCH")


def test_a_preview_shows_journals_and_the_change_and_keeps_nothing(shop: Shop) -> None:
    case = conflict(shop)

    seen = resolve(shop, case, "preview", canonical="LAST").json()

    assert [journal["kind"] for journal in seen["journals"]] == ["REVERSAL", "SALE"]
    assert seen["change"]["revenue"] == {"USD": "2.50"}
    assert seen["change"]["tax"] == {"USD": "-4.00"}
    assert seen["final_payload"]["total_amount"] == 41
    assert shop.number("journals") == 1
    assert shop.get(f"/v1/exceptions/{case}").json()["exception"]["status"] == "open"


def test_an_exception_is_assigned_and_given_back(shop: Shop) -> None:
    case = held(shop)
    assert resolve(shop, case, "assign", assigned_to="anna").json()["exception"]["assigned_to"] == "anna"
    assert shop.get("/v1/exceptions", assigned_to="anna").json()["items"][0]["exception_id"] == case
    assert resolve(shop, case, "assign", assigned_to=None).json()["exception"]["assigned_to"] is None
    for bad in (5, "a\u0000", "x" * 201, " anna"):
        assert problem(resolve(shop, case, "assign", assigned_to=bad))[0] == 400
    assert problem(resolve(shop, case, "assign", assigned_to="4111 1111 1111 1111")) == (422, "PAN_DETECTED")
    trail = shop.rows("SELECT action, before, after FROM audit_log WHERE tenant_id = %s AND object_type = 'exception'")
    assert [row[0] for row in trail] == ["exceptions.case.assigned"] * 2


def test_many_are_decided_at_once_with_an_outcome_each(shop: Shop) -> None:
    good, bad = held(shop, "a"), held(shop, "b")
    foreign, absent = held(open_shop()), str(uuid.uuid4())
    repair = {"total_amount": "42.50"}
    other = held(shop, "c", currency="XXX", total_amount=42.5)

    answer = shop.post(
        "/v1/exceptions/bulk-resolve",
        {
            "exception_ids": [good, foreign, other, absent, bad, good],
            "action": "override_and_replay",
            "resolution_notes": NOTES,
            "override_patch": repair,
        },
    )

    results = answer.json()["results"]
    assert [row["exception_id"] for row in results] == [good, foreign, other, absent, bad]
    assert [row.get("code") for row in results] == [None, "NOT_FOUND", "REPLAY_VALIDATION_FAILED", "NOT_FOUND", None]
    assert answer.json()["counts"] == {"resolved": 2, "refused": 3}
    assert shop.number("journals") == 2


@pytest.mark.parametrize("ids", [None, [], "all", ["x"], [5], ["7d444840-9dc0-11d1-b245-5ffdce74fad2"] * 501])
def test_a_bulk_decision_needs_a_list_of_ids(shop: Shop, ids: Any) -> None:
    body = {"exception_ids": ids, "action": "mark_resolved_no_replay", "resolution_notes": NOTES}
    assert problem(shop.post("/v1/exceptions/bulk-resolve", body)) == (400, "INVALID_PARAMETER")


def test_deciding_needs_the_scope(shop: Shop) -> None:
    _, key = setup.create_api_key(slug=shop.slug, scopes=["exceptions:read"], actor="system:test", now=timezone.now())
    case = held(shop)
    answer = shop.client.post(
        f"/v1/exceptions/{case}/resolve",
        data=b"{}",
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {key}",
    )
    assert problem(answer) == (403, "PERMISSION_DENIED")


def test_every_decision_is_in_the_trail_with_before_and_after(shop: Shop) -> None:
    case = held(shop)
    resolve(shop, case, override_patch={"total_amount": "42.50", "reason": None})

    (row,) = shop.rows(
        "SELECT actor, action, object_id, before, after, notes FROM audit_log"
        " WHERE tenant_id = %s AND object_type = 'exception'"
    )
    assert row[:3] == (shop.principal.actor, "exceptions.case.resolved", case)
    assert json.loads(row[3])["status"] == "open"
    assert json.loads(row[4])["override_patch"] == {"total_amount": "42.50", "reason": None}
    assert row[5] == NOTES
