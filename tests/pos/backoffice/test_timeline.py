"""The event timeline: everything that happened to one event id, and the bytes as they came."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from pos.arrivals.timeline import ARRIVALS, get_timeline
from pos.backoffice.event_ids import EventIdConverter
from tests.conftest import Shop, open_shop
from tests.scenes.desk import conflict, hold, press, signed_in

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def operator(shop: Shop) -> Iterator[Client]:
    with signed_in(shop) as client:
        yield client


def url_of(shop: Shop, event_id: str) -> str:
    return reverse("admin:pos_event_timeline", args=[shop.slug, event_id])


def page_of(client: Client, shop: Shop, event_id: str) -> str:
    answer = client.get(url_of(shop, event_id))
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def kinds(shop: Shop, event_id: str) -> list[str]:
    timeline = get_timeline(shop.tenant.id, event_id)
    assert timeline is not None
    return [moment.kind for moment in timeline.moments]


def test_it_tells_a_whole_life_in_order(shop: Shop, operator: Client) -> None:
    case, _, last = conflict(shop)
    shop.send(shop.sale())
    press(operator, case, "replay", chosen=str(last), notes="The second receipt is right.")
    expected = ["arrival", "journal", "arrival", "held", "arrival", "resolved", "reversal", "journal"]
    assert kinds(shop, "evt-1") == expected
    page = page_of(operator, shop, "evt-1")
    for text in (
        "Processed", "Quarantined", "Duplicate", "IDEMPOTENCY_CONFLICT", "The second receipt is right.", "Reversal",
        "reverses", "Superseded", "Effective", "in the books", shop.principal.prefix,
        "Cash drawer store-1/till-1", "20.50 USD",
    ):  # fmt: skip
        assert text in page, text


def test_an_arrival_shows_key_request_fingerprint_bytes_and_headers(shop: Shop, operator: Client) -> None:
    shop.send(shop.sale(), HTTP_X_REQUEST_ID="till-request-7", HTTP_USER_AGENT=f"till {EVIL}")
    page = page_of(operator, shop, "evt-1")
    fingerprint = shop.rows("SELECT encode(payload_sha256, 'hex') FROM events_raw WHERE tenant_id = %s")[0][0]
    for text in (
        shop.principal.prefix,
        "till-request-7",
        fingerprint[:12],
        "&quot;total_amount&quot;: 42.5",
        "till &lt;script&gt;",
    ):
        assert text in page, text
    assert EVIL not in page


def test_a_proposal_is_told(shop: Shop, operator: Client) -> None:
    shop.tenant.four_eyes_limit_minor = 0
    shop.tenant.save(update_fields=["four_eyes_limit_minor"])
    case = hold(shop, "a")
    press(operator, case, "no_replay", notes="I propose to forget it.")
    assert kinds(shop, "a") == ["arrival", "held", "proposed"]
    assert "I propose to forget it." in page_of(operator, shop, "a")


@pytest.mark.parametrize(
    "event_id",
    ["a", "a/b", "..", ".", "../../admin", "a b", "100%", "%2F", "~2F", "?x=1#y", "a&b", "é漢字🙂", EVIL, "'\"", "\\",
     "x" * 200, "🙂" * 200],
)  # fmt: skip
def test_any_printable_id_has_a_page(shop: Shop, operator: Client, event_id: str) -> None:
    shop.send(shop.sale(event_id, txn_id="t"))
    url = url_of(shop, event_id)
    assert re.fullmatch(r"/admin/pos/rawevent/timeline/[\w-]+/[\w~-]+/", url)
    assert operator.get(url).status_code == 200
    assert EVIL not in operator.get(url).content.decode()
    assert url in operator.get("/admin/pos/rawevent/").content.decode()


@pytest.mark.parametrize("path", ["~ZZ", "~FF", "~00", "~0A", "a~", "a.b", "~E2~80~AE"])
def test_a_path_that_is_no_id_is_not_found(shop: Shop, operator: Client, path: str) -> None:
    assert operator.get(f"/admin/pos/rawevent/timeline/{shop.slug}/{path}/").status_code in {302, 404}


def test_the_converter_reads_what_it_wrote() -> None:
    converter = EventIdConverter()
    for event_id in ("a", "~", "%7E", "é/漢.字🙂", "-_"):
        assert converter.to_python(converter.to_url(event_id)) == event_id
    with pytest.raises(ValueError):  # noqa: PT011  Django's own protocol
        converter.to_python("~00")
    with pytest.raises(NoReverseMatch):
        reverse("admin:pos_event_timeline", args=["t", ""])


def test_what_never_came_is_not_found(shop: Shop, operator: Client) -> None:
    assert operator.get(url_of(shop, "never")).status_code == 404


def test_a_foreign_event_answers_as_an_absent_one(shop: Shop, operator: Client) -> None:
    other = open_shop()
    shop.send(shop.sale("mine"))
    raw_id = other.send(other.sale("theirs")).json()["raw_id"]
    for url in (
        url_of(other, "theirs"),
        url_of(shop, "theirs"),
        reverse("admin:pos_event_timeline", args=["no-such-tenant", "mine"]),
        reverse("admin:pos_event_timeline", args=["\x00", "mine"]),
        reverse("admin:pos_rawevent_download", args=[raw_id]),
        reverse("admin:pos_rawevent_download", args=[2**62]),
        reverse("admin:pos_rawevent_download", args=[10**30]),
    ):
        assert operator.get(url).status_code == 404, url


def test_nobody_reads_it_without_signing_in_or_without_the_permission(shop: Shop) -> None:
    raw_id = shop.send(shop.sale()).json()["raw_id"]
    urls = [url_of(shop, "evt-1"), reverse("admin:pos_rawevent_download", args=[raw_id])]
    assert [Client().get(url).status_code for url in urls] == [302, 302]
    with signed_in(shop) as client:
        connection.cursor().execute(
            "DELETE FROM auth_user_groups WHERE user_id = %s", [client.session["_auth_user_id"]]
        )
        assert [client.get(url).status_code for url in urls] == [403, 403]


@pytest.mark.parametrize(
    "body", [b'{"event_id": "a"', b"\xff\xfe\x00", b"", "{\u202e}".encode(), b'{"event_id":"x","event_type":"<b>"}\r\n']
)
def test_the_bytes_come_back_as_they_came(shop: Shop, operator: Client, body: bytes) -> None:
    raw_id = shop.send(body).json()["raw_id"]
    answer = operator.get(reverse("admin:pos_rawevent_download", args=[raw_id]))
    assert answer.content == body
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="arrival-{raw_id}.bin"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert operator.get(f"/admin/pos/rawevent/{raw_id}/change/").status_code == 200


def test_a_large_body_is_shown_from_its_beginning(shop: Shop, operator: Client) -> None:
    hold(shop, "a", metadata={"n": "é" * 50_000})
    answer = operator.get(url_of(shop, "a"))
    assert len(answer.content) < 150_000
    assert "Only the beginning is shown" in answer.content.decode()


def test_many_arrivals_come_page_by_page(shop: Shop, operator: Client) -> None:
    shop.post("/v1/events/batch", {"events": [shop.sale()] * (ARRIVALS + 5)})
    page = page_of(operator, shop, "evt-1")
    found = re.search(r'href="\?after=(\d+)"', page)
    assert found is not None
    rest = operator.get(f"{url_of(shop, 'evt-1')}?after={found[1]}").content.decode()
    assert rest.count("Body as received") == 5
    assert operator.get(f"{url_of(shop, 'evt-1')}?after=x").status_code == 200
    assert operator.get(f"{url_of(shop, 'evt-1')}?after={10**17}").status_code == 200


def test_it_takes_as_many_statements_for_many_arrivals(shop: Shop, operator: Client) -> None:
    for event_id, times in (("a", 1), ("b", 30)):
        conflict(shop, event_id)
        for number in range(times):
            shop.send(shop.sale(event_id, reason=str(number)))
    operator.get(url_of(shop, "a"))
    numbers = []
    for event_id in "ab":
        with CaptureQueriesContext(connection) as captured:
            operator.get(url_of(shop, event_id))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 18


def test_nothing_can_be_changed_here(shop: Shop, operator: Client) -> None:
    shop.send(shop.sale(str(uuid.uuid4())))
    for raw_id, event_id in shop.rows("SELECT id, event_id FROM events_raw WHERE tenant_id = %s"):
        assert operator.post(f"/admin/pos/rawevent/{raw_id}/change/", {"event_id": "x"}).status_code == 403
        assert operator.post(url_of(shop, event_id), {"event_id": "x"}).status_code in {200, 405}
    assert shop.number("events_raw") == 1
