"""`tenders[].reference`: from the event into silver, to the sale's detail and its page; never a reason to hold."""

import json
from typing import Any, Final

import pytest
from django.urls import reverse

from ledgersafe.values.exact_json import parse_object
from pos.contract import Event, read_event, read_ordinary
from pos.sales import project_sales
from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.projection import catch_up, projected
from tests.scenes.returns import about
from tests.scenes.staff import hire, signed_in

#: As sent → as kept; None: in bronze alone.
KEPT: Final[list[tuple[Any, str | None]]] = [
    ("AUTH-77812", "AUTH-77812"),
    (4711, "4711"),
    ("x" * 200, "x" * 200),
    ("Quittung Nr. 5", "Quittung Nr. 5"),
    ("x" * 201, None),
    ("", None),
    (" ", None),
    ("a\u0000b", None),
    ("a\nb", None),
    (None, None),
    (True, None),
    (1.5, None),
    (10**30, None),
    ({"auth": "1"}, None),
    (["1"], None),
]


def paid(shop: Shop, event_id: str, *references: Any) -> dict[str, Any]:
    """A sale of 10 with each tender, whose payment is called something elsewhere."""
    tenders = [{"method": "CARD", "amount": 10, "processor": "stripe", "reference": one} for one in references]
    total = 10 * len(references)
    return shop.sale(event_id, total_amount=total, line_items=None, tax_lines=None, tenders=tenders)


def references_of(shop: Shop, event_id: str) -> list[list[str | None]]:
    """Of each journal of an event, what its tenders are called elsewhere."""
    answer = shop.get(f"/v1/sales/{event_id}")
    assert answer.status_code == 200
    return [[tender["reference"] for tender in journal["tenders"]] for journal in answer.json()["journals"]]


@pytest.mark.parametrize(("sent", "kept"), KEPT, ids=lambda value: repr(value)[:20])
def test_it_is_kept_or_left_in_bronze_and_never_holds_a_sale(shop: Shop, sent: Any, kept: str | None) -> None:
    assert shop.send(paid(shop, "one", sent)).status_code == 201
    assert references_of(shop, "one") == [[kept]]


@pytest.mark.parametrize(("sent", "kept"), KEPT, ids=lambda value: repr(value)[:20])
def test_both_readers_read_it_alike(sent: Any, kept: str | None) -> None:
    event = {
        "schema_version": "1", "tenant_id": "t", "store_id": "s", "source_system": "pos", "event_id": "e",
        "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00Z", "txn_id": "x", "total_amount": 1,
        "tenders": [{"method": "CARD", "amount": 1, "reference": sent}],
    }  # fmt: skip
    body = json.dumps(event).encode()
    read = read_event(parse_object(body.decode()), base_currency="USD")
    assert isinstance(read, Event)
    assert read.tenders[0].reference == (kept or "")
    ordinary = read_ordinary(body, base_currency="USD")
    assert ordinary in {None, read}
    if kept is not None:
        assert ordinary == read


def test_each_tender_has_its_own_and_a_void_repeats_them(shop: Shop) -> None:
    assert shop.send(paid(shop, "sold", "A-1", None, "A-3")).status_code == 201
    assert shop.send(about(shop, "VOID", "undone")).status_code == 201
    assert references_of(shop, "sold") == [["A-1", None, "A-3"]]
    assert references_of(shop, "undone") == [["A-1", None, "A-3"]]


def test_what_goes_back_has_no_payments_name_but_its_own(shop: Shop) -> None:
    assert shop.send(paid(shop, "sold", "A-1")).status_code == 201
    assert shop.send(about(shop, "RETURN", "part", total_amount=4)).status_code == 201
    refund = [{"method": "CARD", "amount": 6, "processor": "stripe", "reference": "R-9"}]
    assert shop.send(about(shop, "RETURN", "rest", total_amount=6, tenders=refund)).status_code == 201
    assert (references_of(shop, "part"), references_of(shop, "rest")) == ([[None]], [["R-9"]])


def test_the_receipt_shows_it(shop: Shop) -> None:
    assert shop.send(paid(shop, "sold", "AUTH-<1>")).status_code == 201
    page = signed_in(hire("accountant", shop)).get(reverse("sold-event", args=[shop.slug, "sold"])).content.decode()
    assert "AUTH-&lt;1&gt;" in page


def test_a_card_number_is_no_reference(shop: Shop) -> None:
    assert shop.send(paid(shop, "sold", "4111111111111111")).json()["code"] == "PAN_DETECTED"


def test_what_was_projected_before_gets_its_references_by_reading_it_again(shop: Shop, as_owner: Raw) -> None:
    assert shop.send(paid(shop, "sold", "A-1")).status_code == 201
    assert projected(shop, 1) == 1
    as_owner.execute("ALTER TABLE sale_tender_references DISABLE TRIGGER append_only")
    as_owner.execute("DELETE FROM sale_tender_references WHERE tenant_id = %s", [shop.tenant.id])
    as_owner.execute("ALTER TABLE sale_tender_references ENABLE ALWAYS TRIGGER append_only")
    as_owner.commit()
    before = shop.rows("SELECT t::text FROM sale_tenders t WHERE tenant_id = %s")
    assert references_of(shop, "sold") == [[None]]
    # As the migration does.
    as_owner.execute("UPDATE sale_content_marks SET through_xid = '0' WHERE tenant_id = %s", [shop.tenant.id])
    as_owner.commit()
    assert references_of(shop, "sold") == [["A-1"]]  # at once, for whoever asks
    catch_up(shop)
    assert shop.rows("SELECT t::text FROM sale_tenders t WHERE tenant_id = %s") == before
    assert project_sales(tenant_id=shop.tenant.id) in {0, None}


@pytest.mark.parametrize("attack", ["UPDATE {} SET reference = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_it_is_never_changed(books: None, as_owner: Raw, attack: str) -> None:
    with assert_refused_by("sale_tender_references_append_only"):
        as_owner.execute(attack.format("sale_tender_references").encode())


INSERT: Final = (
    b"INSERT INTO sale_tender_references (journal_id, line_no, tenant_id, reference) VALUES (%s, %s, %s, %s)"
)


def test_it_belongs_to_a_tender_of_its_tenant_and_says_something(shop: Shop, as_owner: Raw) -> None:
    assert shop.send(paid(shop, "sold", None)).status_code == 201
    assert projected(shop, 1) == 1
    journal = shop.rows("SELECT journal_id FROM sale_tenders WHERE tenant_id = %s")[0][0]
    for row in ((journal, 9, shop.tenant.id), (journal, 1, 0), (0, 1, shop.tenant.id)):
        with assert_refused_by("sale_tender_references_of_a_tender"):
            as_owner.execute(INSERT, [*row, "x"])
        as_owner.rollback()
    with assert_refused_by("sale_tender_references_say_something"):
        as_owner.execute(INSERT, [journal, 1, shop.tenant.id, ""])


def test_the_application_cannot_write_it(shop: Shop, as_application: Raw) -> None:
    with pytest.raises(Exception, match="permission denied"):
        as_application.execute(INSERT, [1, 1, shop.tenant.id, "x"])
