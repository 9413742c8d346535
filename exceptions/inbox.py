"""Filter, sort and count the operator's inbox.

Counts are of open cases, which are indexed and few; resolved ones are counted up to a thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from exceptions.amounts import by_amount, parse_amount
from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from exceptions.waiting import proposed
from ledgersafe.values.money import is_currency

OPEN, MINE, UNASSIGNED, RESOLVED = "open", "mine", "unassigned", "resolved"
TO_CONFIRM, PROPOSED = "confirm", "proposed"
STATES: Final = {
    OPEN: "Open",
    TO_CONFIRM: "To confirm",
    PROPOSED: "Proposed by me",
    MINE: "Mine",
    UNASSIGNED: "Unassigned",
    RESOLVED: "Resolved",
}
AGES: Final = {
    "lt1h": ("Under an hour", None, timedelta(hours=1)),
    "lt1d": ("Under a day", None, timedelta(days=1)),
    "gt1d": ("Over a day", timedelta(days=1), None),
    "gt3d": ("Over 3 days", timedelta(days=3), None),
    "gt7d": ("Over a week", timedelta(days=7), None),
}
ORDERS: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "newest": ("Newest first", ("-created_at", "-id")),
    "oldest": ("Oldest first", ("created_at", "id")),
    "amount": ("Largest amount first", (F("amount_at_risk_minor").desc(nulls_last=True), "-created_at", "-id")),
    "smallest": ("Smallest amount first", (F("amount_at_risk_minor").asc(nulls_last=True), "-created_at", "-id")),
}
COUNTED_RESOLVED: Final = 1_000
_MAX_QUERY: Final = 200
#: Other names of parameters, as the API and Django's lists call them: links of other pages use them.
OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "state": ("status", "status__exact"),
    "reason": ("reason_code", "reason_code__exact"),
    "store": ("store_id", "store_code", "store_code__exact"),
    "assignee": ("assigned_to", "assigned_to__exact"),
}


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Filters of the inbox's URL. Unreadable ones are left out and named in `problems`."""

    state: str = OPEN
    reason: str = ""
    tenant: str = ""
    store: str = ""
    assignee: str = ""
    age: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    query: str = ""
    order: str = "newest"
    page: int = 1
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "InboxFilter":
        """Read a URL's parameters. Never raises: a link with a mistake still opens the inbox."""
        problems: list[str] = []
        state = _parameter(parameters, "state")
        reason = _parameter(parameters, "reason").upper()
        if reason and reason not in REASONS:
            problems.append(f"There is no reason code {reason[:40]}.")
        page = _parameter(parameters, "p")
        return cls(
            state=state if state in STATES else OPEN,
            reason=reason if reason in REASONS else "",
            tenant=_parameter(parameters, "tenant"),
            store=_parameter(parameters, "store"),
            assignee=_parameter(parameters, "assignee"),
            age=age if (age := _parameter(parameters, "age")) in AGES else "",
            least=parse_amount(_parameter(parameters, "min"), "The smallest amount", problems),
            most=parse_amount(_parameter(parameters, "max"), "The largest amount", problems),
            query=_parameter(parameters, "q"),
            order=order if (order := _parameter(parameters, "o")) in ORDERS else "newest",
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 and int(page) else 1,
            problems=tuple(problems),
        )

    @property
    def is_narrowed(self) -> bool:
        """Tell whether a filter besides the state hides cases."""
        return any((self.reason, self.tenant, self.store, self.assignee, self.age, self.query, self.least, self.most))


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of cases by state, under the chosen reason, and by reason, under the chosen state."""

    states: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)


def narrowed(
    rows: "QuerySet[ExceptionCase]", filters: InboxFilter, *, me: str, now: datetime, raw_ids: Sequence[int]
) -> "QuerySet[ExceptionCase]":
    """Apply every filter but state and reason.

    :param me: the actor meant by `assignee=me`. :param raw_ids: arrivals whose transaction id is the query.
    """
    if filters.tenant:
        rows = rows.filter(tenant__slug=filters.tenant)
    if filters.store:
        rows = rows.filter(store_code=filters.store)
    if filters.assignee:
        rows = rows.filter(assigned_to={"me": me, "none": ""}.get(filters.assignee, filters.assignee))
    if filters.age:
        _, least, most = AGES[filters.age]
        rows = rows.filter(created_at__lte=now - least) if least else rows
        rows = rows.filter(created_at__gte=now - most) if most else rows
    if filters.least is not None:
        rows = rows.filter(by_amount("gte", filters.least))
    if filters.most is not None:
        rows = rows.filter(by_amount("lte", filters.most))
    return rows.filter(_matches(filters, raw_ids)) if filters.query else rows


def in_state(rows: "QuerySet[ExceptionCase]", filters: InboxFilter, *, me: str) -> "QuerySet[ExceptionCase]":
    """Apply the chosen state, reason and order."""
    if filters.reason:
        rows = rows.filter(reason_code=filters.reason)
    condition = _conditions(me)[filters.state] if filters.state != RESOLVED else Q()
    status = CaseStatus.RESOLVED if filters.state == RESOLVED else CaseStatus.OPEN
    return rows.filter(condition, status=status).order_by(*ORDERS[filters.order][1])


def _conditions(me: str) -> dict[str, Q]:
    """The condition of each open state. `awaits_confirmation` comes first: only few cases need the subquery."""
    return {
        OPEN: Q(status=CaseStatus.OPEN),
        TO_CONFIRM: Q(awaits_confirmation=True) & proposed(not_by=me),
        PROPOSED: Q(awaits_confirmation=True) & proposed(by=me),
        MINE: Q(assigned_to=me),
        UNASSIGNED: Q(assigned_to=""),
    }


def count(rows: "QuerySet[ExceptionCase]", filters: InboxFilter, *, me: str) -> Counts:
    """Count cases in two statements: open ones by reason and state, and resolved ones up to a thousand."""
    numbers = {name: Count("pk", filter=condition) for name, condition in _conditions(me).items()}
    of_open: Any = rows.filter(status=CaseStatus.OPEN).order_by().values("reason_code").annotate(**numbers)
    by_reason = {row["reason_code"]: {name: row[name] for name in numbers} for row in of_open}
    groups = [by_reason.get(filters.reason, {})] if filters.reason else list(by_reason.values())
    states = {state: sum(row.get(state, 0) for row in groups) for state in numbers}
    resolved = rows.filter(status=CaseStatus.RESOLVED, **({"reason_code": filters.reason} if filters.reason else {}))
    states[RESOLVED] = resolved.order_by()[:COUNTED_RESOLVED].count()
    if filters.state == RESOLVED:
        return Counts(states)
    reasons = {reason: row[filters.state] for reason, row in by_reason.items() if row[filters.state]}
    return Counts(states, dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))))


def _matches(filters: InboxFilter, raw_ids: Sequence[int]) -> Q:
    """The condition of a search by event id, transaction id or exact amount.

    Open cases match any part of an event id, resolved ones only its beginning: all an index of so large a set can do.
    """
    part = "idempotency_key__startswith" if filters.state == RESOLVED else "idempotency_key__contains"
    matches = Q(**{part: filters.query})
    if raw_ids:
        matches |= Q(raw_id__in=raw_ids)
    text, _, currency = filters.query.partition(" ")
    amount = parse_amount(text, "", [])
    if amount is not None and (not currency or is_currency(currency.upper())):
        exact = by_amount("exact", amount)
        matches |= exact & Q(currency=currency.upper()) if currency else exact
    return matches


def _parameter(parameters: Mapping[str, str], name: str) -> str:
    """A parameter under its own name or one of `OTHER_NAMES`; without NUL, which Postgres refuses."""
    value = next((parameters[key] for key in (name, *OTHER_NAMES.get(name, ())) if parameters.get(key)), "")
    return value.replace("\x00", "").strip()[:_MAX_QUERY]
