"""Cards of API keys."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from ledgersafe.backoffice.pages import Badge, Button, Card, Cell
from ledgersafe.setup.pages.api_key_forms import state_of
from ledgersafe.setup.pages.formatting import SHOWN, link, moment, more_note
from ledgersafe.tenants import scopes
from ledgersafe.tenants.models import ApiKey, Tenant

KEY_STATES: Final = {"active": "success", "expiring": "warning", "expired": "info", "revoked": "danger"}


def keys_card(tenant: Tenant, add: Button | None) -> Card:
    """List a tenant's keys, newest first."""
    keys = ApiKey.objects.filter(tenant=tenant).select_related("store", "register").order_by("-id")
    total, now = keys.count(), timezone.now()
    rows = [
        (
            Cell(key.prefix, url=link("apikey", "change", key.pk), mono=True, small=key.name),
            Cell("", badge=badge_of(key, now)),
            Cell(place_of(key)),
            Cell(", ".join(key.scopes)),
            moment(key.last_used_at, "never"),
        )
        for key in keys[:SHOWN]
    ]
    return Card(
        f"API keys ({total})",
        headers=("Key", "State", "Where", "Scopes", "Last used"),
        rows=rows,
        button=add,
        note=more_note(total, "API key"),
        empty="No key yet. Create one for the first till: it needs a key to send events.",
        wide=True,
    )


def key_cards(key: ApiKey) -> list[Card]:
    """Show one key: what it is, and what it may do."""
    return [
        Card(
            "Key",
            facts=[
                ("Prefix", Cell(key.prefix, mono=True)),
                ("Name", key.name or "–"),
                ("Tenant", Cell(key.tenant.slug, url=link("tenant", "change", key.tenant_id))),
                ("Where it may be used", place_of(key)),
                ("Created", moment(key.created_at)),
                ("Last used", moment(key.last_used_at, "never")),
                ("Expires", moment(key.expires_at, "never")),
                ("Revoked", moment(key.revoked_at, "no")),
            ],
            note="The key was shown once, when it was created. Only its hash is stored.",
        ),
        Card(
            "What it may do",
            headers=("Scope", "Meaning"),
            rows=[(Cell(scope, mono=True), scopes.meaning_of(scope)) for scope in key.scopes],
        ),
    ]


def badge_of(key: ApiKey, now: datetime) -> Badge:
    """Show a key's state as a coloured word."""
    state = state_of(key, now)
    return Badge(state, KEY_STATES[state])


def place_of(key: ApiKey) -> str:
    """Describe where a key may be used."""
    if key.store is None:
        return "all stores"
    return f"store {key.store.code}" + (f", register {key.register.code}" if key.register else "")
