"""Change a tenant's settings."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.setup import TenantChanges
from ledgersafe.tenants import event_types
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.money import to_decimal_text


class Command(LedgerCommand):
    help = f"Change a tenant's settings; options left out change nothing. Event types: {' '.join(event_types.NAMES)}."
    examples = """\
  manage.py change_tenant acme --name "Acme Stores" --late-window-days 5
  manage.py change_tenant acme --enable-event-type RETURN --disable-event-type TIP_ADJUST
  manage.py change_tenant acme --four-eyes-limit 500.00    # "none" removes the limit
  manage.py change_tenant acme --books-start 2026-01-01    # then: replay --tenant acme --reason CLOCK_SKEW
  manage.py change_tenant acme --timezone Europe/Athens --cut-off 02:30   # until its first business day"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("--name", help="shown to people")
        parser.add_argument(
            "--enable-event-type", action="append", metavar="X", help="accept this event type; repeat for more"
        )
        parser.add_argument(
            "--disable-event-type", action="append", metavar="X", help="hold this event type; repeat for more"
        )
        parser.add_argument("--late-window-days", type=int, metavar="N", help="0 to 365")
        parser.add_argument(
            "--near-duplicate-seconds",
            type=int,
            metavar="N",
            help="hold a sale whose basket was sold under another id within N seconds, up to 3600; 0: off",
        )
        strict = parser.add_mutually_exclusive_group()
        strict.add_argument(
            "--strict-stores", action="store_true", default=None, help="hold events of unknown stores and registers"
        )
        strict.add_argument(
            "--no-strict-stores",
            action="store_false",
            dest="strict_stores",
            help="add unknown stores and registers with their first event",
        )
        parser.add_argument(
            "--four-eyes-limit",
            metavar="AMOUNT",
            help="decisions above it need a second person; 'none' removes the limit",
        )
        parser.add_argument(
            "--variance-limit",
            metavar="AMOUNT",
            help="drawers off by more need approval to close; 'none' removes the limit",
        )
        parser.add_argument(
            "--books-start",
            metavar="D",
            help="first business day, like 2026-01-01; no later than the existing first one",
        )
        parser.add_argument("--currency", metavar="ISO", help="base currency; only until the first business day")
        parser.add_argument("--timezone", metavar="IANA", help="time zone; only until the first business day")
        parser.add_argument(
            "--cut-off",
            metavar="HH:MM",
            help="local time at which the business day ends; only until the first business day",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = setup.change_tenant(slug=options["slug"], changes=_changes(options), actor=self.actor)
        self.stdout.write(_settings_text(tenant))


def _changes(options: dict[str, Any]) -> TenantChanges:
    named = {
        "name": options["name"],
        "enable": options["enable_event_type"],
        "disable": options["disable_event_type"],
        "late_window_days": options["late_window_days"],
        "near_duplicate_seconds": options["near_duplicate_seconds"],
        "books_start": options["books_start"],
        "strict_stores": options["strict_stores"],
        "base_currency": options["currency"],
        "time_zone": options["timezone"],
        "cut_off": options["cut_off"],
    }
    changes: Any = {name: value for name, value in named.items() if value is not None}
    for name in ("four_eyes_limit", "variance_limit"):
        if (limit := options[name]) is not None:
            changes[name] = None if limit.lower() == "none" else limit
    typed: TenantChanges = changes
    return typed


def _settings_text(tenant: Tenant) -> str:
    return "\n".join(
        [
            f"Tenant {tenant.slug} ({tenant.name}), {tenant.base_currency}",
            f"  business day     ends {tenant.cut_off_hour:02}:{tenant.cut_off_minute:02} {tenant.time_zone}",
            f"  books start      {tenant.books_start}",
            f"  late window      {tenant.late_window_days} days",
            f"  near duplicates  {_near(tenant.near_duplicate_seconds)}",
            f"  event types      {' '.join(tenant.enabled_event_types) or 'none: everything is held'}",
            f"  strict stores    {'yes' if tenant.strict_stores else 'no'}",
            f"  four-eyes limit  {_limit(tenant.four_eyes_limit_minor, tenant.base_currency)}",
            f"  variance limit   {_limit(tenant.variance_limit_minor, tenant.base_currency)}",
        ]
    )


def _near(seconds: int) -> str:
    return f"held within {seconds} seconds" if seconds else "off"


def _limit(minor: int | None, currency: str) -> str:
    return "none" if minor is None else f"{to_decimal_text(minor, currency)} {currency}"
