"""What the set-up pages show of a tenant and its things, as cards. Reading only; a fixed number of statements."""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from ledgersafe.backoffice.pages import Badge, Button, Card, Cell
from ledgersafe.setup.forms import state_of
from ledgersafe.tenants import event_types, scopes
from ledgersafe.tenants.models import ApiKey, Membership, Register, Store, Tenant
from ledgersafe.values.money import to_decimal_text

#: Rows of a card; the whole list is a click away.
SHOWN: Final = 20
KEY_STATES: Final = {"active": "success", "expiring": "warning", "expired": "info", "revoked": "danger"}


def link(model: str, page: str, *args: Any, **query: Any) -> str:
    """A back-office URL: `link("store", "changelist", tenant__id__exact=7)`."""
    url = reverse(f"admin:tenants_{model}_{page}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


def moment(at: datetime | None, never: str = "–") -> Any:
    """An instant with how long ago it was, or how far ahead it is."""
    if at is None:
        return Cell(never)
    now = timezone.now()
    away = "just now"
    if abs(now - at) >= timedelta(minutes=1):
        away = f"in {timeuntil(at, now)}" if at > now else f"{timesince(at, now)} ago"
    return Cell(f"{at:%Y-%m-%d %H:%M} UTC", small=away.replace("\xa0", " "))


def minute(at: datetime | None) -> str | None:
    """An instant in a list."""
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def _limit(minor: int | None, currency: str) -> str:
    return "none" if minor is None else f"{to_decimal_text(minor, currency)} {currency}"


def _near(seconds: int) -> str:
    return f"are held within {seconds} seconds" if seconds else "are not looked for"


def settings_cards(tenant: Tenant, edit: Button | None) -> list[Card]:
    """What happens to this tenant's events, and what its days and amounts are made of."""
    currency = tenant.base_currency
    first_day = first_business_day(tenant)
    held = [kind for kind in event_types.NAMES if kind not in tenant.enabled_event_types]
    return [
        Card(
            "Settings",
            facts=[
                ("Late window", f"{tenant.late_window_days} days"),
                ("Four-eyes limit", _limit(tenant.four_eyes_limit_minor, currency)),
                ("Variance limit", _limit(tenant.variance_limit_minor, currency)),
                ("Near duplicates", _near(tenant.near_duplicate_seconds)),
                ("Unknown stores", "are held for a person" if tenant.strict_stores else "register themselves"),
                ("Accepted event types", ", ".join(tenant.enabled_event_types) or "none: everything is held"),
                ("Held event types", ", ".join(held) or "none"),
            ],
            button=edit,
        ),
        Card(
            "Business day and currency",
            facts=[
                ("Base currency", currency),
                ("Time zone", tenant.time_zone),
                ("Day ends at", f"{tenant.cut_off_hour:02}:{tenant.cut_off_minute:02}"),
                ("Books start on", tenant.books_start),
                ("First business day", first_day or "none yet"),
            ],
            note=(
                "Fixed: its days and amounts are made of these. The books may start earlier at any time."
                if first_day
                else "Can be changed until the first event is posted."
            ),
        ),
    ]


def first_business_day(tenant: Tenant) -> Any:
    """None: its currency, time zone and cut-off may still be changed."""
    return tenant.periods.order_by("business_date").values_list("business_date", flat=True).first()


def zone_fact(store: Store) -> tuple[str, Any]:
    """By whose clock its business days end, and since when that is settled."""
    settled = f"fixed since {store.time_zone_fixed_at:%-d %B %Y}" if store.time_zone_fixed_at else "until it posts"
    return "Time zone", Cell(store.time_zone or f"{store.tenant.time_zone}, as the tenant", small=settled)


def stores_card(tenant: Tenant, add: Button | None) -> Card:
    """Its stores with how many registers each has."""
    stores = Store.objects.filter(tenant=tenant).order_by("code")
    total = stores.count()
    rows = [
        (
            Cell(store.code, url=link("store", "change", store.pk), mono=True),
            Cell(store.name or "–", small=store.time_zone),
            Cell(store.register_count, url=link("register", "changelist", store__id__exact=store.pk)),
        )
        for store in stores.annotate(register_count=Count("registers"))[:SHOWN]
    ]
    return Card(
        f"Stores ({total})",
        headers=("Code", "Name", "Registers"),
        rows=rows,
        button=add,
        note=_more(total, "store"),
        empty="No store yet. Create one, or let the first event of its tills register it."
        if not tenant.strict_stores
        else "No store yet. This tenant is strict: create its stores, or all its events are held.",
    )


def registers_card(tenant: Tenant, add: Button | None, store: Store | None = None) -> Card:
    """Its registers, or one store's."""
    registers = Register.objects.filter(tenant=tenant).select_related("store").order_by("store__code", "code")
    if store is not None:
        registers = registers.filter(store=store)
    total = registers.count()
    rows = [
        (
            Cell(register.code, url=link("register", "change", register.pk), mono=True),
            Cell(register.store.code, url=link("store", "change", register.store_id), mono=True),
            register.name or "–",
        )
        for register in registers[:SHOWN]
    ]
    return Card(
        f"Registers ({total})",
        headers=("Code", "Store", "Name"),
        rows=rows,
        button=add,
        note=_more(total, "register"),
        empty="No register yet. Create one, or let its first event register it.",
    )


def keys_card(tenant: Tenant, add: Button | None) -> Card:
    """Its keys, the newest first."""
    found = ApiKey.objects.filter(tenant=tenant).select_related("store", "register").order_by("-id")
    total, now = found.count(), timezone.now()
    rows = [
        (
            Cell(key.prefix, url=link("apikey", "change", key.pk), mono=True, small=key.name),
            Cell("", badge=badge_of(key, now)),
            Cell(place_of(key)),
            Cell(", ".join(key.scopes)),
            moment(key.last_used_at, "never"),
        )
        for key in found[:SHOWN]
    ]
    return Card(
        f"API keys ({total})",
        headers=("Key", "State", "Where", "May", "Last used"),
        rows=rows,
        button=add,
        note=_more(total, "API key"),
        empty="No key yet. Create one for the first till: without a key nothing can be sent.",
        wide=True,
    )


def members_card(tenant: Tenant) -> Card:
    """The people of the back office who see this tenant."""
    members = Membership.objects.filter(tenant=tenant).select_related("user").prefetch_related("user__groups")
    rows = [
        (
            Cell(member.user.get_username(), small=member.user.get_full_name()),
            _roles_of(member.user),
            moment(member.user.last_login, "never"),
        )
        for member in members.order_by("user__username")
    ]
    return Card(
        f"Members ({len(rows)})",
        headers=("User", "Roles", "Last sign-in"),
        rows=rows,
        wide=True,
        empty="Nobody yet: only superusers see this tenant. Users are given tenants and roles on their own page.",
    )


def key_cards(key: ApiKey) -> list[Card]:
    """One key: what it is, and what it may do."""
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
            note="The key itself was shown once, when it was made. Only a fingerprint of it is kept.",
        ),
        Card(
            "What it may do",
            headers=("Scope", "Meaning"),
            rows=[(Cell(scope, mono=True), scopes.meaning_of(scope)) for scope in key.scopes],
        ),
    ]


def event_types_card(tenant: Tenant) -> Card:
    """Every type the contract knows, and what becomes of it here."""
    accepted, held = Badge("accepted", "success"), Badge("held", "warning")
    rows = [
        (
            Cell(kind.name, mono=True),
            kind.meaning,
            Cell("", badge=accepted if kind.name in tenant.enabled_event_types else held),
        )
        for kind in event_types.TABLE
    ]
    return Card("Event types", headers=("Type", "Meaning", "Here"), rows=rows)


def badge_of(key: ApiKey, now: datetime) -> Badge:
    """Its state as a word with a colour."""
    state = state_of(key, now)
    return Badge(state, KEY_STATES[state])


def place_of(key: ApiKey) -> str:
    """Where a key may be used."""
    if key.store is None:
        return "all stores"
    return f"store {key.store.code}" + (f", register {key.register.code}" if key.register else "")


def _roles_of(user: Any) -> str:
    if user.is_superuser:
        return "superuser"
    return ", ".join(sorted(group.name for group in user.groups.all())) or "no role yet: may do nothing"


def _more(total: int, what: str) -> str:
    return f"The first {SHOWN} of {total}; the {what} list shows all." if total > SHOWN else ""
