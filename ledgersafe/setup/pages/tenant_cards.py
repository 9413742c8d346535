"""Cards of a tenant: its settings and its members."""

from typing import Any

from ledgersafe.backoffice.pages import Button, Card, Cell
from ledgersafe.setup.pages.formatting import moment
from ledgersafe.tenants import event_types
from ledgersafe.tenants.models import Membership, Tenant
from ledgersafe.values.money import to_decimal_text


def _limit(minor: int | None, currency: str) -> str:
    return "none" if minor is None else f"{to_decimal_text(minor, currency)} {currency}"


def _near(seconds: int) -> str:
    return f"on: within {seconds} seconds" if seconds else "off"


def settings_cards(tenant: Tenant, edit: Button | None) -> list[Card]:
    """Show a tenant's settings, and its business day and currency."""
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
                ("Near-duplicate check", _near(tenant.near_duplicate_seconds)),
                (
                    "New stores",
                    "events held until you create the store" if tenant.strict_stores else "added automatically",
                ),
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
                "Fixed since the first business day. Only an earlier start of the books is possible."
                if first_day
                else "Can be changed until the first event is posted."
            ),
        ),
    ]


def first_business_day(tenant: Tenant) -> Any:
    """Return the first business day; None: currency, time zone and cut-off may still change."""
    return tenant.periods.order_by("business_date").values_list("business_date", flat=True).first()


def members_card(tenant: Tenant) -> Card:
    """List the people who see this tenant."""
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
        empty="Nobody yet: only superusers see this tenant. Assign tenants and roles on a person's page.",
    )


def _roles_of(user: Any) -> str:
    if user.is_superuser:
        return "superuser"
    return ", ".join(sorted(group.name for group in user.groups.all())) or "no role yet: no rights"
