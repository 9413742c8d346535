"""Panels of the dashboard, from the figures of each app. Currencies are shown side by side, never summed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.http import urlencode

from exceptions.figures import AGES, OpenCases, Span, open_cases
from exceptions.reasons import REASONS, Severity
from ledger.backoffice.sheets.days import open_days
from ledger.calendar import business_date_of, span_of
from ledger.models import Period
from ledgersafe.backoffice import charts
from ledgersafe.backoffice.scope import View
from ledgersafe.dashboard.vitals import ago
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.zones import zones_of
from ledgersafe.values.money_text import Money
from pos.reports import Scope, StoreSales, arrivals_by_hour, has_arrivals, net_sales_by_store

#: Results of events, in stacking order from the bottom, with their names in the legend.
RESULTS: Final = (
    ("processed", "Posted"),
    ("duplicate", "Repeats ignored"),
    ("quarantined", "Held"),
    ("rejected", "Rejected"),
)
MAX_DAYS: Final = 8
MAX_STORES: Final = 12
_TONES: Final = {Severity.HIGH: "ls-bad", Severity.MEDIUM: "ls-warn", Severity.LOW: ""}


def arrivals_panel(view: View, now: datetime) -> dict[str, Any]:
    """Received events of the last 24 hours: a stacked chart by hour, its table, and sums by result."""
    hours = arrivals_by_hour(Scope(view.tenant_id, view.stamp), now=now)
    zone = ZoneInfo(view.tenant.time_zone if view.tenant else "UTC")
    sums: Counter[str] = sum((Counter(numbers) for numbers in hours.values()), Counter())
    columns = [(_tooltip(hour.astimezone(zone), numbers), numbers) for hour, numbers in hours.items()]
    return {
        "chart": charts.stacked(columns, [result for result, _ in RESULTS]),
        "ticks": [hour.astimezone(zone).strftime("%H:%M") for hour in list(hours)[::6]],
        "zone": zone.key,
        "legend": [(result, name, f"{sums[result]:,}") for result, name in RESULTS],
        "rows": [
            (hour.astimezone(zone).strftime("%d %b %H:%M"), [f"{numbers.get(result, 0):,}" for result, _ in RESULTS])
            for hour, numbers in hours.items()
            if numbers
        ],
        "total": sum(sums.values()),
        "legend_total": f"{sum(sums.values()):,}",
        "posted": f"{sums['processed']:,}",
        "duplicates": f"{sums['duplicate']:,}",
    }


def _tooltip(hour: datetime, numbers: Mapping[str, int]) -> str:
    """`14:00: posted 120, held 3`."""
    parts = [f"{name.lower()} {numbers[result]:,}" for result, name in RESULTS if numbers.get(result)]
    return f"{hour:%H:%M}: {', '.join(parts) or 'nothing'}"


@dataclass(slots=True)
class ReasonRow:
    """Open cases of one reason."""

    code: str
    meaning: str
    tone: str
    severity: str
    link: str
    number: int
    number_text: str
    ages: list[str]
    shares: list[tuple[str, str]]
    oldest: str
    at_risk: list[Money]


def held_panel(view: View, cases: Sequence[OpenCases], now: datetime) -> dict[str, Any]:
    """Open exceptions by reason and age, highest severity first, then most cases."""
    by_reason: dict[str, list[OpenCases]] = {}
    for case in cases:
        by_reason.setdefault(case.reason_code, []).append(case)
    order = list(Severity)
    rows = [_reason_row(view, code, group, now) for code, group in by_reason.items()]
    rows.sort(key=lambda row: (order.index(REASONS[row.code].severity) if row.code in REASONS else 9, -row.number))
    ages = _by_age(cases)
    return {
        "rows": rows,
        "total": sum(ages),
        "total_text": f"{sum(ages):,}",
        "ages": [(name, f"{number:,}" if number else "") for (name, _), number in zip(AGES, ages, strict=True)],
        "at_risk": _at_risk(cases),
        "oldest": ago(min(case.oldest_at for case in cases), now) if cases else "",
    }


def _reason_row(view: View, code: str, cases: Sequence[OpenCases], now: datetime) -> ReasonRow:
    reason = REASONS.get(code)
    ages = _by_age(cases)
    return ReasonRow(
        code=code,
        meaning=reason.meaning if reason else "",
        tone=_TONES[reason.severity] if reason else "",
        severity=reason.severity.value if reason else "",
        link=inbox_url(view, reason=code),
        number=sum(ages),
        number_text=f"{sum(ages):,}",
        ages=[f"{number:,}" if number else "" for number in ages],
        shares=charts.shares(ages),
        oldest=ago(min(case.oldest_at for case in cases), now),
        at_risk=_at_risk(cases),
    )


def inbox_url(view: View, **filters: str) -> str:
    """URL of the inbox of open exceptions, of the chosen tenant. :param filters: more parameters of the inbox."""
    parameters = {"state": "open"} | filters | ({"tenant": view.tenant.slug} if view.tenant else {})
    return f"{reverse('admin:exceptions_exceptioncase_changelist')}?{urlencode(parameters)}"


def _by_age(cases: Iterable[OpenCases]) -> list[int]:
    numbers = Counter[int]()
    for case in cases:
        numbers[case.age] += case.number
    return [numbers[age] for age in range(len(AGES))]


def _at_risk(cases: Iterable[OpenCases]) -> list[Money]:
    sums = Counter[str]()
    for case in cases:
        sums[case.currency] += case.at_risk_minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items()) if minor and currency]


def sales_panel(view: View, now: datetime) -> dict[str, Any]:
    """Net sales of each tenant's running business day: a bar per store, sums per currency."""
    days = {tenant.id: today_of(tenant, now) for tenant in view.tenants}
    sales = net_sales_by_store(days)
    names = {tenant.id: tenant.slug for tenant in view.tenants}
    sums = Counter[str]()
    for row in sales:
        sums[row.currency] += row.net_minor
    return {
        "day": days[view.tenant.id] if view.tenant else None,
        "sums": [Money(minor, currency) for currency, minor in sorted(sums.items())],
        "groups": [
            {"currency": currency, "rows": _store_rows([row for row in sales if row.currency == currency], names, view)}
            for currency in sorted(sums)
        ],
    }


def _store_rows(sales: Sequence[StoreSales], tenants: Mapping[int, str], view: View) -> list[dict[str, Any]]:
    """Rows of the `MAX_STORES` best stores of a currency, then one for all others."""
    best = max((row.net_minor for row in sales), default=0) or 1
    rows = [
        {
            "store": row.store_code or "(no store)",
            "tenant": "" if view.tenant else tenants[row.tenant_id],
            "amount": Money(row.net_minor, row.currency),
            "share": f"{max(0, 100 * row.net_minor / best):.1f}",
        }
        for row in sales[:MAX_STORES]
    ]
    if rest := sales[MAX_STORES:]:
        minor = sum(row.net_minor for row in rest)
        others = {
            "store": f"{len(rest)} more stores",
            "tenant": "",
            "amount": Money(minor, rest[0].currency),
            "share": 0,
        }
        rows.append(others)
    return rows


def today_of(tenant: Tenant, now: datetime) -> date:
    """The tenant's running business day."""
    cut_off = time(tenant.cut_off_hour, tenant.cut_off_minute)
    return business_date_of(now, time_zone=tenant.time_zone, cut_off=cut_off)


def close_panel(days: Sequence[Period], cases: Sequence[OpenCases], now: datetime) -> dict[str, Any]:
    """Open business days, oldest first, each with its state and undecided exceptions."""
    by_day: dict[tuple[int, date | None], list[OpenCases]] = {}
    for case in cases:
        by_day.setdefault((case.tenant_id, case.business_date), []).append(case)
    over_at = _over_at(days)
    rows = []
    for day in days[:MAX_DAYS]:
        undecided = by_day.get((day.tenant_id, day.business_date), [])
        number = sum(case.number for case in undecided)
        running = over_at[day.pk] > now
        state = ("running", "ls-info") if running else ("ready to close", "ls-ok")
        if number:
            state = ("running" if running else "decide first", "ls-warn")
        rows.append(
            {"day": day, "held": f"{number:,}", "at_risk": _at_risk(undecided), "state": state[0], "tone": state[1]}
        )
    return {"rows": rows, "more": len(days) > MAX_DAYS}


def _over_at(days: Sequence[Period]) -> dict[int, datetime]:
    """The instant from which each day can be closed, by id: it is over by the clock of every store. One statement."""
    zones = zones_of({day.tenant_id for day in days}) if days else {}
    ends: dict[int, datetime] = {}
    for day in days:
        cut_off = time(day.tenant.cut_off_hour, day.tenant.cut_off_minute)
        spans = [span_of(day.business_date, time_zone=zone, cut_off=cut_off) for zone in zones.get(day.tenant_id, ())]
        ends[day.pk] = max([day.ends_at, *(end for _, end in spans)])
    return ends


def panels(view: View, now: datetime) -> dict[str, Any]:
    """Every panel of the live part, for the scope of a view."""
    tenant_ids = None if view.tenant is None and view.offers_all else [tenant.id for tenant in view.tenants]
    days = open_days(tenant_ids, at_most=MAX_DAYS + 1)
    spans = [Span(day.tenant_id, day.business_date, day.starts_at, day.ends_at) for day in days]
    cases = open_cases(view.tenant_id, spans, now=now) if view.choices else []
    arrivals = arrivals_panel(view, now) if view.choices else None
    silent = view.tenant is not None and arrivals is not None and not arrivals["total"]
    return {
        "arrivals": arrivals,
        "held": held_panel(view, cases, now),
        "sales": sales_panel(view, now),
        "close": close_panel(days, cases, now),
        "is_new": silent and view.tenant_id is not None and not has_arrivals(view.tenant_id),
        "inbox_url": inbox_url(view),
    }
