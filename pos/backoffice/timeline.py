"""Show the timeline of an event, and download the bytes of an arrival. Reads only."""

from datetime import datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from exceptions.reasons import REASONS, STATE_CODES
from ledger.models import Journal, Posting
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.money import to_decimal_text
from ledgersafe.values.pretty import body_text, visible
from pos.arrivals.timeline import SHOWN_BYTES, Moment, Timeline, get_timeline
from pos.arrivals.versions import VersionState
from pos.models import Disposition, KeyStatus, RawEvent, Result

_TONE_OF_RESULT = {
    Result.PROCESSED: "ls-ok",
    Result.DUPLICATE: "ls-info",
    Result.QUARANTINED: "ls-warn",
    Result.REJECTED: "ls-bad",
}
_TONE_OF_VERSION = {Disposition.EFFECTIVE: "ls-ok", Disposition.HELD: "ls-warn"}


def show_timeline(model_admin: "ModelAdmin[RawEvent]", request: HttpRequest, slug: str, event_id: str) -> HttpResponse:
    """Show `admin:pos_event_timeline`: arrivals, cases, decisions and journals of an event in order."""
    tenant = _visible_tenant(model_admin, request, slug)
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else 0
    timeline = get_timeline(tenant.id, event_id, after=start)
    if timeline is None:
        raise Http404
    context = model_admin.admin_site.each_context(request) | {
        "title": visible(event_id),
        "model_admin": model_admin,
        "tenant": tenant,
        "timeline": timeline,
        "after": start,
        "facts": _facts(timeline),
        "versions": [_version(version) for version in timeline.versions],
        "moments": [_moment(moment) for moment in timeline.moments],
    }
    return render(request, "pos/timeline.html", context)


def download(model_admin: "ModelAdmin[RawEvent]", request: HttpRequest, raw_id: int) -> HttpResponse:
    """Serve `admin:pos_rawevent_download`: the bytes as received (card numbers masked), never rendered."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    row = model_admin.get_queryset(request).filter(pk=raw_id).first() if raw_id < 2**63 else None
    if row is None:
        raise Http404
    response = HttpResponse(bytes(row.raw_body), content_type="application/octet-stream")
    # The file name is ours: an event id is not safe as one.
    response["Content-Disposition"] = f'attachment; filename="arrival-{row.pk}.bin"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def timeline_url(tenant_slug: str, event_id: str) -> str:
    """Return the address of an event's timeline; empty if no path can carry its id."""
    try:
        return reverse("admin:pos_event_timeline", args=[tenant_slug, event_id])
    except NoReverseMatch:
        return ""


def _visible_tenant(model_admin: "ModelAdmin[RawEvent]", request: HttpRequest, slug: str) -> Tenant:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    tenant = staff.visible_tenants(request.user).filter(slug=slug).first() if slug.isprintable() else None
    if tenant is None:
        raise Http404
    return tenant


def _facts(timeline: Timeline) -> list[tuple[str, Any]]:
    """List the (name, value) facts at the head of the page."""
    key = timeline.key
    if key is None:
        return [("State", "refused on arrival; no event id was registered")]
    state = key.get_status_display()
    if key.status == KeyStatus.PROCESSED and any(one.disposition is Disposition.HELD for one in timeline.versions):
        state += "; another version awaits a decision"
    return [
        ("State", state),
        ("Event type", visible(key.event_type) or "–"),
        ("Received", f"{key.arrivals} times" if key.arrivals != 1 else "once"),
        ("Versions", len(timeline.versions)),
        ("First seen", _instant(key.first_seen_at)),
        ("Last seen", _instant(key.last_seen_at)),
        ("Active journal", key.journal_id or "none"),
    ]


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _version(version: VersionState) -> dict[str, Any]:
    return {
        "version": version,
        "tone": _TONE_OF_VERSION.get(version.disposition, ""),
        "disposition": version.disposition.label,
        "fingerprint": version.payload_hash.hex(),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": moment.kind, "at": moment.at, "what": moment.what, "version": moment.version}
    if moment.kind == "arrival":
        return entry | _arrival(moment.what)
    if moment.kind in {"journal", "reversal"}:
        return entry | _journal(moment.what, moment.postings)
    if moment.kind == "held":
        return entry | {"tone": "ls-warn", "meaning": REASONS[moment.what.reason_code].meaning}
    return entry | {"tone": "ls-ok" if moment.kind == "resolved" else "ls-info"}


def _arrival(row: RawEvent) -> dict[str, Any]:
    outcome = row.outcome
    head = bytes(row.body_head)  # type: ignore[attr-defined]  # annotated by pos.timeline
    return {
        "tone": _TONE_OF_RESULT.get(Result(outcome.result), ""),
        "result": outcome.get_result_display(),
        "reason": outcome.reason_code,
        "meaning": STATE_CODES.get(outcome.reason_code) or _meaning(outcome.reason_code),
        "fingerprint": bytes(row.payload_sha256).hex() if row.payload_sha256 else "",
        "body": body_text(head),
        "is_cut": row.raw_length > SHOWN_BYTES,
        "redacted": row.redacted_mac is not None,
        "headers": [(visible(name), visible(str(value))) for name, value in sorted(row.headers.items())],
        "till": row.api_key,
    }


def _meaning(code: str) -> str:
    return REASONS[code].meaning if code in REASONS else ""


def _journal(journal: Journal, postings: Any) -> dict[str, Any]:
    tone = "ls-bad" if journal.reverses_id else "ls-ok"
    return {"tone": tone, "lines": [_line(posting) for posting in postings]}


def _line(posting: Posting) -> dict[str, str]:
    amount = f"{to_decimal_text(abs(posting.amount_minor), posting.currency)} {posting.currency}"
    side = "debit" if posting.amount_minor > 0 else "credit"
    return {"code": posting.account.code, "name": posting.account.name, side: amount}
