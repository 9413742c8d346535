"""Receiving a sale statement by statement: arrival, key, day, accounts, journal, postings, outcome; one commit."""

import hashlib
import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from bench.textbook.models import Account, EventKey, Journal, Outcome, Period, Posting, RawEvent
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.tenants.models import Register, Store, Tenant
from ledgersafe.tenants.principals import KeyPrincipal


@transaction.atomic
def receive_sale(
    principal: KeyPrincipal, body: bytes, payload: Any, sale: dict[str, Any], headers: dict[str, str]
) -> tuple[str, RawEvent, Journal | None]:
    """Keep the arrival; post it if its key is new. :returns: result, the arrival, its journal."""
    tenant = Tenant.objects.get(pk=principal.tenant_id)
    raw = RawEvent.objects.create(
        tenant=tenant,
        api_key_id=principal.api_key_id,
        raw_body=body,
        raw_sha256=hashlib.sha256(body).hexdigest(),
        headers=headers,
        request_id=current_request_id(),
        event_id=sale["event_id"],
        store_code=sale["store_id"],
        event_type=sale["event_type"],
        txn_id=sale["txn_id"],
        occurred_at=sale["occurred_at"],
    )
    fingerprint = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    key, is_new = EventKey.objects.get_or_create(
        tenant=tenant,
        event_id=sale["event_id"],
        defaults={
            "source_system": sale["source_system"],
            "source_event_id": sale["source_event_id"],
            "payload_sha256": fingerprint,
            "first_raw": raw,
        },
    )
    journal = None
    if is_new:
        result = "processed"
        journal = _post(tenant, sale)
        key.status, key.journal, key.processed_at = result, journal, timezone.now()
        key.save(update_fields=["status", "journal", "processed_at"])
    else:
        result = "duplicate" if key.payload_sha256 == fingerprint else "quarantined"
    Outcome.objects.create(raw=raw, result=result, journal=journal)
    return result, raw, journal


def _post(tenant: Tenant, sale: dict[str, Any]) -> Journal:
    store, _ = Store.objects.get_or_create(tenant=tenant, code=sale["store_id"])
    register, _ = Register.objects.get_or_create(tenant=tenant, store=store, code=sale["register_id"])
    period, _ = Period.objects.get_or_create(tenant=tenant, business_date=_business_date(tenant, sale["occurred_at"]))
    if period.is_closed:
        raise ValueError(f"Business day {period.business_date} is closed.")
    entries = _entries(sale, f"DRAWER:{store.code}/{register.code}")
    if sum(amount for _, _, amount in entries):
        raise ValueError("The journal does not balance.")
    journal = Journal.objects.create(
        tenant=tenant,
        period=period,
        kind=sale["event_type"],
        external_ref=sale["txn_id"],
        occurred_at=sale["occurred_at"],
    )
    postings = []
    for code, account_type, amount in entries:
        account, _ = Account.objects.get_or_create(
            tenant=tenant,
            code=f"{code}:{sale['currency']}",
            defaults={"type": account_type, "currency": sale["currency"]},
        )
        postings.append(Posting(journal=journal, account=account, amount_minor=amount))
    Posting.objects.bulk_create(postings)
    return journal


def _entries(sale: dict[str, Any], drawer: str) -> list[tuple[str, str, int]]:
    """(account code, type, minor units): debit what was paid with, credit sales and taxes."""
    entries = []
    for tender in sale["tenders"]:
        code = drawer if tender["method"] == "CASH" else f"CARD-CLEARING:{tender['processor']}"
        entries.append((code, "ASSET", int(tender["amount"] * 100)))
    entries.append(("SALES", "REVENUE", -int(sum(line["amount"] for line in sale["line_items"]) * 100)))
    entries += [
        (f"SALES-TAX:{tax['code']}/{tax['rate'].normalize()}", "LIABILITY", -int(tax["amount"] * 100))
        for tax in sale["tax_lines"]
    ]
    return [entry for entry in entries if entry[2]]


def _business_date(tenant: Tenant, instant: datetime) -> date:
    local = instant.astimezone(ZoneInfo(tenant.time_zone))
    is_today = local.time() < time(tenant.cut_off_hour, tenant.cut_off_minute)
    return local.date() if is_today else local.date() + timedelta(days=1)
