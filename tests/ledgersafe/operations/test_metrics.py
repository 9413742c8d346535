"""`GET /metrics`: what was counted, what is open, under bounded labels, with or without a database."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from exceptions.reasons import REASONS
from ledgersafe.operations import verification
from pos.models import Result
from tests.conftest import Shop, open_shop

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape() -> Samples:
    """All samples by name and labels, read as Prometheus reads them."""
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(("text/plain", "application/openmetrics-text"))
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """One sample; what was never counted is zero."""
    return samples.get((name, tuple(sorted(labels.items()))), 0)


def grown(before: Samples, after: Samples, name: str) -> dict[tuple[str, ...], float]:
    """By how much each series of a name has grown, by its label values; those that stood still are left out."""
    found = {}
    for (series, labels), number in after.items():
        if series == name and number != before.get((series, labels), 0):
            found[tuple(text for _, text in labels)] = number - before.get((series, labels), 0)
    return found


@pytest.fixture
def no_database(books: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every statement fails as it does when the server is gone."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection to server at 10.0.0.7 failed: secret detail") from psycopg.OperationalError()

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        yield
    connection.close()


def test_a_sale_a_retry_and_a_conflict_are_counted_by_result_and_reason(shop: Shop) -> None:
    before = scrape()
    for event in (shop.sale(), shop.sale(), shop.sale(reason="other"), shop.sale(reason="other")):
        shop.send(event)
    shop.send(shop.sale("evt-2", event_type="LOYALTY"))
    shop.send(b"nonsense")
    # Labels in alphabetical order: reason_code, result.
    assert grown(before, scrape(), "pos_events_total") == {
        ("", "processed"): 1,
        ("", "duplicate"): 1,
        ("IDEMPOTENCY_CONFLICT", "quarantined"): 1,
        ("ALREADY_QUARANTINED", "quarantined"): 1,
        ("UNKNOWN_EVENT_TYPE", "quarantined"): 1,
        ("MALFORMED_JSON", "rejected"): 1,
    }


def test_a_batch_counts_every_event(shop: Shop) -> None:
    before = scrape()
    shop.post("/v1/events/batch", {"events": [shop.sale("a"), shop.sale("a"), shop.sale("b"), {}]})
    assert grown(before, scrape(), "pos_events_total") == {
        ("", "processed"): 2,
        ("", "duplicate"): 1,
        ("EVENT_ID_UNUSABLE", "rejected"): 1,
    }


def test_open_exceptions_are_counted_in_the_database_by_reason(shop: Shop) -> None:
    before = scrape()
    shop.send(shop.sale())
    shop.send(shop.sale(total_amount=43))
    for number in range(3):
        shop.send(shop.sale(f"evt-{number + 2}", event_type="LOYALTY"))
    after = scrape()
    assert grown(before, after, "pos_exceptions_open") == {("IDEMPOTENCY_CONFLICT",): 1, ("UNKNOWN_EVENT_TYPE",): 3}
    # Every code of the catalogue has a series, so that an alert on it can exist before the first case.
    named = {labels[0][1] for name, labels in after if name == "pos_exceptions_open"}
    assert set(REASONS) <= named
    in_database = dict(
        shop.rows("SELECT reason_code, count(*) FROM exceptions WHERE status = 'open' AND %s > 0 GROUP BY 1")
    )
    for code in REASONS:
        assert value(after, "pos_exceptions_open", reason_code=code) == in_database.get(code, 0)


@pytest.mark.cooks_the_books
def test_what_is_resolved_is_open_no_longer(shop: Shop) -> None:
    case = shop.send(shop.sale(event_type="LOYALTY")).json()["exception_id"]
    before = scrape()
    decision = {"action": "mark_resolved_no_replay", "resolution_notes": "No such type."}
    assert shop.post(f"/v1/exceptions/{case}/resolve", decision).status_code == 200
    assert grown(before, scrape(), "pos_exceptions_open") == {("UNKNOWN_EVENT_TYPE",): -1}


@pytest.mark.parametrize("name", ["pos_ingest_latency_ms", "ledger_posting_latency_ms"])
def test_a_histogram_observes_every_reception(shop: Shop, name: str) -> None:
    before = scrape()
    for number in range(3):
        shop.send(shop.sale(f"evt-{number}"))
    after = scrape()
    assert grown(before, after, f"{name}_count") == {(): 3}
    spent = grown(before, after, f"{name}_sum")[()]
    assert 0.1 < spent < 60_000
    buckets = {labels[0][1]: number for (series, labels), number in after.items() if series == f"{name}_bucket"}
    assert buckets["+Inf"] == value(after, f"{name}_count")
    in_order = sorted(buckets, key=float)
    assert [buckets[bound] for bound in in_order] == sorted(buckets.values())


def test_journals_are_counted_by_result(shop: Shop) -> None:
    before = scrape()
    shop.send(shop.sale())
    assert grown(before, scrape(), "ledger_tx_total") == {("ok",): 1}


def test_verified_books_feed_the_gauge(shop: Shop) -> None:
    report = verification.verify()
    samples = scrape()
    for finding in report.findings:
        assert value(samples, "invariant_violations", invariant=finding.invariant.id) == finding.total


#: Requests that bring names of their own: of tenants, paths, methods, events, codes.
def make_noise(shop: Shop, mark: str) -> None:
    client = Client()
    for path in (f"/v1/{mark}", f"/{mark}/metrics", f"/v1/events/{mark}", f"/v1/exceptions/{mark}", f"/admin/{mark}/"):
        client.get(path, **shop.auth)  # type: ignore[arg-type]
    client.get("/v1/health", HTTP_HOST=f"{mark}.example")
    for change in ({"event_type": mark}, {"currency": mark}, {"schema_version": mark}, {"store_id": mark}):
        shop.send(shop.sale(f"{mark}-{len(str(change))}", **change))
    shop.send(shop.sale("tenant", tenant_id=mark))
    shop.send(shop.sale("type"), content_type=f"application/{mark}")


def test_labels_are_bounded_whatever_is_sent(books: None) -> None:
    make_noise(open_shop(), "zqfirst")
    before = set(scrape())
    other = open_shop()
    make_noise(other, "zqsecond")
    after = scrape()
    assert set(after) == before
    text = Client().get("/metrics").content.decode().lower()
    for trace in ("zqfirst", "zqsecond", other.slug, other.key.lower()):
        assert trace not in text


def test_a_method_nobody_knows_is_no_label(shop: Shop) -> None:
    Client().generic("ZQMETHOD", "/v1/events")
    assert not any("ZQMETHOD" in str(labels) for _, labels in scrape())


def test_result_and_reason_are_words_of_the_catalogue(shop: Shop) -> None:
    make_noise(shop, "zqthird")
    for name, labels in scrape():
        if name == "pos_events_total":
            told = dict(labels)
            assert told["result"] in Result.values
            assert re.fullmatch(r"[A-Z_]*", told["reason_code"])


def test_without_a_database_the_counters_still_come(shop: Shop, no_database: None) -> None:
    samples = scrape()
    assert value(samples, "pos_ingest_latency_ms_bucket", le="+Inf") >= 0
    assert ("pos_ingest_latency_ms_count", ()) in samples
    assert ("ledger_serialization_retries_total", ()) in samples
    assert "secret detail" not in Client().get("/metrics").content.decode()


def test_without_a_database_a_refused_event_is_no_outcome(shop: Shop, no_database: None) -> None:
    before = scrape()
    assert shop.send(shop.sale()).status_code == 503
    assert grown(before, scrape(), "pos_events_total") == {}


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_it_answers_without_a_key_with_and_without_slash(books: None, path: str) -> None:
    assert b"# TYPE pos_events_total counter" in Client().get(path).content
