"""Cards of the audit log's pages: an entry, its changes, the result of a check."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from ledgersafe.audit import diffs
from ledgersafe.audit.full_check import Trail
from ledgersafe.audit.models import AuditEntry
from ledgersafe.backoffice.pages import Badge, Card, Cell

#: The list that shows an entry's object, by kind of object; the object is searched there.
_PAGES = {
    "tenant": "admin:tenants_tenant_changelist",
    "store": "admin:tenants_store_changelist",
    "register": "admin:tenants_register_changelist",
    "api_key": "admin:tenants_apikey_changelist",
    "person": "admin:auth_user_changelist",
    "exception": "admin:exceptions_exceptioncase_changelist",
    "event": "admin:pos_rawevent_changelist",
    "account": "admin:ledger_account_changelist",
    "journal": "admin:ledger_journal_changelist",
    "period": "admin:ledger_period_changelist",
    "job": "admin:django_celery_beat_periodictask_changelist",
}
NOT_SEALED = Badge("not sealed yet", "warning")


def facts_card(entry: Any) -> Card:
    """The facts of an entry, whose `sealed_in` is annotated."""
    url = _page_of(entry)
    return Card(
        "Entry",
        facts=[
            ("Number", entry.pk),
            ("When", f"{entry.at:%Y-%m-%d %H:%M:%S.%f} UTC"),
            ("Who", entry.actor),
            ("Did", Cell(entry.action, mono=True)),
            ("To", Cell(entry.object_id, url=url, small=entry.object_type.replace("_", " "))),
            ("Tenant", Cell(entry.tenant.slug, url=reverse("admin:tenants_tenant_change", args=[entry.tenant_id]))),
            ("Notes", entry.notes or "–"),
            ("Request", Cell(entry.request_id, mono=True) if entry.request_id else "none: by a command or a job"),
            ("Seal", f"in block {entry.sealed_in}" if entry.sealed_in else "not yet: a job seals every minute"),
        ],
    )


def changes_card(entry: Any) -> Card:
    """The fields an entry changed, before and after."""
    changes = diffs.changes(entry.before, entry.after)
    rows = [
        (
            Cell(change.field, mono=True),
            _side(change.before, change, change.gone, "removed"),
            _side(change.after, change, change.new, "added"),
        )
        for change in changes
    ]
    empty = "This action records no fields; see its name and notes."
    return Card("What changed", headers=("Field", "Before", "After"), rows=rows, empty=empty)


def _side(text: str | None, change: diffs.Change, differs: str, tone: str) -> Any:
    """The cell before or after. For a list, the removed or added items, with the whole list below."""
    if text is None:
        return "–"
    if differs:
        return Cell(differs, tone=tone, small=text)
    is_list = bool(change.gone or change.new)
    return Cell(text, tone=tone if change.is_change and not is_list else "")


def _page_of(entry: AuditEntry) -> str:
    """The URL that finds the entry's object; empty where no page shows it."""
    name = _PAGES.get(entry.object_type)
    # A register is recorded as store/code.
    query = entry.object_id.rpartition("/")[2] if entry.object_type == "register" else entry.object_id
    try:
        return f"{reverse(name)}?{urlencode({'q': query})}" if name else ""
    except NoReverseMatch:
        return ""


def check_result(trail: Trail) -> tuple[Badge, list[Card]]:
    """The badge and cards of a check: first the flaws, if any, then its figures."""
    flaws = f"{trail.total} row{'' if trail.total == 1 else 's'} changed since sealing"
    badge = Badge(flaws, "danger") if trail.total else Badge("verified", "success")
    facts: list[tuple[str, Any]] = [
        ("Sealed entries", trail.entries),
        ("Not sealed yet", Cell(trail.unsealed)),
        ("Head", f"block {trail.head_number}" if trail.head_number else "nothing sealed yet"),
        ("Hash of the head", Cell(trail.head_sha256 or "–", mono=True)),
        ("Anchored", f"through block {trail.anchored_block}" if trail.anchored_block else "not anchored"),
    ]
    cards = [Card("Recomputed from the first block to the last", facts=facts, note=" ".join(trail.warnings), wide=True)]
    if trail.total:
        rows = [(flaw.block or "–", flaw.entry_id or "–", flaw.message) for flaw in trail.named]
        more = trail.total - len(trail.named)
        note = f"And {more} more: manage.py verify_audit --tenant {trail.tenant} lists them." if more else ""
        headers = ("Block", "Entry", "Problem")
        cards.insert(0, Card("Changed since sealing", headers=headers, rows=rows, note=note, wide=True))
    return badge, cards
