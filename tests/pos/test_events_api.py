"""`POST /v1/events`: the answers of the contract's gate table."""

from tests.conftest import Shop


def test_it_posts_a_new_sale_once(shop: Shop) -> None:
    answer = shop.send(shop.sale())
    assert answer.status_code == 201
    body = answer.json()
    assert body["result"] == "processed"
    assert body["tenant_id"] == shop.slug
    assert body["idempotency_key"] == "evt-1"
    assert body["exception_id"] is None
    assert shop.number("journals") == 1
    assert shop.number("postings") == 4
    assert shop.send(shop.sale()).status_code == 200
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 2
