"""Read the content of journals from their events: one statement for any number of headers.

A reversing journal is followed to the journal it reverses, so that its rows do not depend on which of the two is read
first. The body is the version a decision chose, or else the first arrival, as invariant I00 derives it; events about
a sale also need the body of that sale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from ledgersafe.postgres.db import require_transaction
from pos.arrivals import read_arrival
from pos.contract import Event
from pos.models.figures import Figures
from pos.sales.content import Content, Unreadable, content_made_of
from pos.sales.content_check import disagreement

_FIGURES: Final = Figures._fields

#: The body of a journal's event. {0}: alias of the row, {1}: expression of the journal id.
_BODY: Final = """
LEFT JOIN LATERAL (
    SELECT coalesce(convert_to(v.patched_body, 'UTF8'), r.raw_body) AS body
    FROM journals j
    JOIN events_processed k ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key
    LEFT JOIN exception_resolutions x ON x.tenant_id = j.tenant_id AND x.journal_id = j.id
    LEFT JOIN event_versions v ON v.tenant_id = j.tenant_id AND v.event_key_id = k.id
                                  AND v.payload_hash = x.final_payload_sha256
    LEFT JOIN events_raw r ON r.id = coalesce(v.first_raw_id, k.first_raw_id)
    WHERE j.tenant_id = %(tenant)s AND j.id = {1}
    LIMIT 1
) {0} ON true
"""

_READ: Final = f"""
WITH RECURSIVE headers AS MATERIALIZED (
    SELECT s.journal_id, s.event_type, s.currency, {", ".join(f"s.{name}" for name in _FIGURES)}
    FROM sales s WHERE s.tenant_id = %(tenant)s AND {{which}}
), undone(journal_id, made_by, direction, depth) AS (
    SELECT w.journal_id, w.journal_id, 1, 0 FROM headers w
    UNION ALL
    SELECT u.journal_id, e.undone, -u.direction, u.depth + 1
    FROM undone u
    -- OFFSET 0 keeps the look-up by id: without statistics the planner would choose a worse join.
    CROSS JOIN LATERAL (SELECT * FROM journals j WHERE j.id = u.made_by OFFSET 0) j
    CROSS JOIN LATERAL (
        SELECT j.reverses_id AS undone WHERE j.reverses_id IS NOT NULL
        UNION ALL
        SELECT f.base_journal_id FROM sale_references f
        WHERE j.reverses_id IS NULL AND f.journal_id = j.id AND f.kind = 'VOID' AND f.sign = 1
        UNION ALL
        SELECT f.base_journal_id FROM sale_references f
        WHERE j.reverses_id IS NULL AND j.source = 'correction' AND f.tenant_id = j.tenant_id
          AND f.event_key = j.source_key AND f.kind = 'CORRECTION' AND f.sign = 1
    ) e
    WHERE u.depth < 8
), makers AS MATERIALIZED (
    SELECT DISTINCT ON (u.journal_id) u.journal_id, u.made_by, u.direction FROM undone u
    ORDER BY u.journal_id, u.depth DESC
)
SELECT w.*, m.direction, own.body, sale.body
FROM makers m JOIN headers w USING (journal_id)
LEFT JOIN LATERAL (
    SELECT f.base_journal_id FROM sale_references f
    WHERE f.journal_id = m.made_by AND f.kind IN ('RETURN', 'TIP_ADJUST') AND f.sign = 1 LIMIT 1
) base ON true
{_BODY.format("own", "m.made_by")}
{_BODY.format("sale", "base.base_journal_id")}
"""  # noqa: S608  names of ours

_OF_A_DAY: Final = "s.business_date = %(day)s AND s.xid >= %(since)s::xid8 AND s.xid < %(before)s::xid8"
_NAMED: Final = "s.journal_id = ANY(%(journals)s)"


@dataclass(frozen=True, slots=True)
class HeaderContent:
    """The content of one header, or the reason it has none."""

    journal_id: int
    content: Content | None
    failure: str = ""


def read_day(tenant_id: int, base_currency: str, day: str, since: str, before: str) -> list[HeaderContent]:
    """Read the content of a day's headers written by transactions in [since, before); operation."""
    return list(_read(base_currency, _OF_A_DAY, tenant=tenant_id, day=day, since=since, before=before))


def read_journals(tenant_id: int, base_currency: str, journal_ids: list[int]) -> list[HeaderContent]:
    """Read the content of the headers of these journals; operation."""
    return list(_read(base_currency, _NAMED, tenant=tenant_id, journals=journal_ids))


def _read(base_currency: str, which: str, **values: Any) -> Iterator[HeaderContent]:
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(which=which), values)
        rows = cursor.fetchall()
    for journal_id, event_type, currency, *figures, sign, body, sale_body in rows:
        try:
            content = _content(body, sale_body, sign, base_currency)
        except Unreadable as error:
            yield HeaderContent(journal_id, None, str(error))
            continue
        except Exception as error:  # one failing body or rule must not stop the headers after it
            yield HeaderContent(journal_id, None, f"{type(error).__name__}: {error}")
            continue
        wrong = disagreement(content, currency, Figures(*figures), is_tip=event_type == "TIP_ADJUST")
        yield HeaderContent(journal_id, None, wrong) if wrong else HeaderContent(journal_id, content)


def _content(body: Any, sale_body: Any, sign: int, base_currency: str) -> Content:
    event = _event(body, base_currency)
    if event is None:
        raise Unreadable("Its event cannot be read.")
    return content_made_of(event, _event(sale_body, base_currency), sign)


def _event(body: Any, base_currency: str) -> Event | None:
    reading = read_arrival(bytes(body or b""), base_currency=base_currency).reading
    return reading if isinstance(reading, Event) else None
