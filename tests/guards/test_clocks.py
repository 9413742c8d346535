"""What Postgres refuses of corrected instants, whoever writes."""

import pytest

from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by

ARRIVAL = """
INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, raw_length, headers,
                        occurred_at, device_sent_at, corrected_at)
VALUES (nextval('events_raw_id_seq'), %s, 1, '2026-02-25 12:00Z', 'x', sha256('x'), 1, '{}', %s, %s, %s)
"""


def test_it_takes_what_its_clock_explains(shop: Shop, as_owner: Raw) -> None:
    for instants in (
        ("2026-02-25 09:00Z", "2026-02-25 10:00Z", "2026-02-25 11:00Z"),
        ("2026-02-25 10:01Z", "2026-02-25 10:00Z", "2026-02-25 12:00Z"),
        ("2026-02-25 09:00Z", "2026-02-25 10:00Z", None),
        (None, "2026-02-25 10:00Z", None),
    ):
        assert as_owner.execute(ARRIVAL.encode(), [shop.tenant.id, *instants]).rowcount == 1


@pytest.mark.parametrize(
    ("claimed", "sent", "right"),
    [
        ("2026-02-25 09:00Z", None, "2026-02-25 11:00Z"),
        (None, "2026-02-25 10:00Z", "2026-02-25 11:00Z"),
        ("2026-02-25 09:00Z", "2026-02-25 10:00Z", "2026-02-25 11:00:00.000001Z"),
        ("2026-02-25 10:30Z", "2026-02-25 10:00Z", "2026-02-25 12:30Z"),
        ("2026-02-25 09:00Z", "2026-02-25 10:00Z", "2026-02-25 12:00Z"),
    ],
)
def test_it_refuses_an_instant_that_the_clock_does_not_explain(
    shop: Shop, as_owner: Raw, claimed: str | None, sent: str | None, right: str
) -> None:
    with assert_refused_by("events_raw_corrected_by_its_clock"):
        as_owner.execute(ARRIVAL.encode(), [shop.tenant.id, claimed, sent, right])
