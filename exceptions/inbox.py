"""The operator's inbox: which held events are listed, in which order, and how many there are of each kind.

Whatever is counted is the open set, which is indexed and stays small; of what was resolved only the first thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from exceptions.waiting import proposed
from ledgersafe.values.money import CURRENCIES, MAX_MINOR, exponent, is_currency

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
    "lt1h": ("under an hour", None, timedelta(hours=1)),
    "lt1d": ("under a day", None, timedelta(days=1)),
    "gt1d": ("over a day", timedelta(days=1), None),
    "gt3d": ("over 3 days", timedelta(days=3), None),
    "gt7d": ("over a week", timedelta(days=7), None),
}
ORDERS: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "newest": ("Newest first", ("-created_at", "-id")),
    "oldest": ("Oldest first", ("created_at", "id")),
    "amount": ("Largest amount first", (F("amount_at_risk_minor").desc(nulls_last=True), "-created_at", "-id")),
    "smallest": ("Smallest amount first", (F("amount_at_risk_minor").asc(nulls_last=True), "-created_at", "-id")),
}
COUNTED_RESOLVED: Final = 1_000
_MAX_QUERY: Final = 200
_MAX_AMOUNT: Final = 24
_USUAL_PLACES: Final = 2
#: The names other pages use in links to the inbox: as the API and as Django's own lists call them.
OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "state": ("status", "status__exact"),
    "reason": ("reason_code", "reason_code__exact"),
    "store": ("store_id", "store_code", "store_code__exact"),
    "assignee": ("assigned_to", "assigned_to__exact"),
}


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What the page was asked for. What makes no sense is left out, and told in `problems`."""

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
        """Never raises: an inbox opens, whatever the link says."""
        problems: list[str] = []
        state = _said(parameters, "state")
        reason = _said(parameters, "reason").upper()
        if reason and reason not in REASONS:
            problems.append(f"There is no reason code {reason[:40]}.")
        page = _said(parameters, "p")
        return cls(
            state=state if state in STATES else OPEN,
            reason=reason if reason in REASONS else "",
            tenant=_said(parameters, "tenant"),
            store=_said(parameters, "store"),
            assignee=_said(parameters, "assignee"),
            age=age if (age := _said(parameters, "age")) in AGES else "",
            least=_amount(_said(parameters, "min"), "The least amount", problems),
            most=_amount(_said(parameters, "max"), "The largest amount", problems),
            query=_said(parameters, "q"),
            order=order if (order := _said(parameters, "o")) in ORDERS else "newest",
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 and int(page) else 1,
            problems=tuple(problems),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state hides cases."""
        return any((self.reason, self.tenant, self.store, self.assignee, self.age, self.query, self.least, self.most))


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases by state, under the reason that is chosen; and by reason, under the state that is chosen."""

    states: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)


def narrowed(
    rows: "QuerySet[ExceptionCase]", wanted: InboxFilter, *, me: str, now: datetime, found: Sequence[int]
) -> "QuerySet[ExceptionCase]":
    """Cases under every filter but state and reason.

    :param found: raw ids whose transaction id is the one searched for.
    """
    if wanted.tenant:
        rows = rows.filter(tenant__slug=wanted.tenant)
    if wanted.store:
        rows = rows.filter(store_code=wanted.store)
    if wanted.assignee:
        rows = rows.filter(assigned_to={"me": me, "none": ""}.get(wanted.assignee, wanted.assignee))
    if wanted.age:
        _, least, most = AGES[wanted.age]
        rows = rows.filter(created_at__lte=now - least) if least else rows
        rows = rows.filter(created_at__gte=now - most) if most else rows
    if wanted.least is not None:
        rows = rows.filter(_by_amount("gte", wanted.least))
    if wanted.most is not None:
        rows = rows.filter(_by_amount("lte", wanted.most))
    return rows.filter(_matches(wanted, found)) if wanted.query else rows


def in_state(rows: "QuerySet[ExceptionCase]", wanted: InboxFilter, *, me: str) -> "QuerySet[ExceptionCase]":
    """Those of the chosen state and reason, in the chosen order."""
    if wanted.reason:
        rows = rows.filter(reason_code=wanted.reason)
    of_state = _of_open(me)[wanted.state] if wanted.state != RESOLVED else Q()
    status = CaseStatus.RESOLVED if wanted.state == RESOLVED else CaseStatus.OPEN
    return rows.filter(of_state, status=status).order_by(*ORDERS[wanted.order][1])


def _of_open(me: str) -> dict[str, Q]:
    """Which of the open cases each state means. Only of those marked so it is looked whose proposal waits."""
    return {
        OPEN: Q(status=CaseStatus.OPEN),
        TO_CONFIRM: Q(awaits_confirmation=True) & proposed(not_by=me),
        PROPOSED: Q(awaits_confirmation=True) & proposed(by=me),
        MINE: Q(assigned_to=me),
        UNASSIGNED: Q(assigned_to=""),
    }


def count(rows: "QuerySet[ExceptionCase]", wanted: InboxFilter, *, me: str) -> Counts:
    """Two statements: the open set by reason, and how many of the resolved there are, up to a thousand."""
    numbers = {name: Count("pk", filter=which) for name, which in _of_open(me).items()}
    of_open: Any = rows.filter(status=CaseStatus.OPEN).order_by().values("reason_code").annotate(**numbers)
    by_reason = {counted["reason_code"]: {name: counted[name] for name in numbers} for counted in of_open}
    shown = [by_reason.get(wanted.reason, {})] if wanted.reason else list(by_reason.values())
    states = {state: sum(counted.get(state, 0) for counted in shown) for state in numbers}
    resolved = rows.filter(status=CaseStatus.RESOLVED, **({"reason_code": wanted.reason} if wanted.reason else {}))
    states[RESOLVED] = resolved.order_by()[:COUNTED_RESOLVED].count()
    if wanted.state == RESOLVED:
        return Counts(states)
    reasons = {reason: counted[wanted.state] for reason, counted in by_reason.items() if counted[wanted.state]}
    return Counts(states, dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))))


def _matches(wanted: InboxFilter, found: Sequence[int]) -> Q:
    """Event id, transaction id or exact amount.

    An event id is found by any part of it among what is open; among what was resolved by how it begins, which is all
    that the index of so large a set can answer.
    """
    part = "idempotency_key__startswith" if wanted.state == RESOLVED else "idempotency_key__contains"
    matches = Q(**{part: wanted.query})
    if found:
        matches |= Q(raw_id__in=found)
    text, _, currency = wanted.query.partition(" ")
    amount = _amount(text, "", [])
    if amount is not None and (not currency or is_currency(currency.upper())):
        by_amount = _by_amount("exact", amount)
        matches |= by_amount & Q(currency=currency.upper()) if currency else by_amount
    return matches


def _by_amount(lookup: str, amount: Decimal) -> Q:
    """An amount in major units, in whatever currency a case has: they differ in how many minor units one has."""
    usual = Q(**{f"amount_at_risk_minor__{lookup}": _minor(lookup, amount, _USUAL_PLACES)})
    unusual, others = _unusual_currencies(), Q()
    for places, currencies in unusual.items():
        others |= Q(currency__in=currencies, **{f"amount_at_risk_minor__{lookup}": _minor(lookup, amount, places)})
    return others | (usual & ~Q(currency__in=[code for codes in unusual.values() for code in codes]))


def _minor(lookup: str, amount: Decimal, places: int) -> int:
    scaled = amount.scaleb(places)
    if lookup == "exact" and scaled != scaled.to_integral_value():
        return -1  # an amount that this currency does not have
    rounded = scaled.to_integral_value(ROUND_CEILING if lookup == "gte" else ROUND_FLOOR)
    return int(min(rounded, Decimal(MAX_MINOR + 1)))


@cache
def _unusual_currencies() -> dict[int, list[str]]:
    """Currencies that do not have two decimals, by how many they have."""
    found: dict[int, list[str]] = {}
    for currency in sorted(CURRENCIES):
        if (places := exponent(currency)) != _USUAL_PLACES:
            found.setdefault(places, []).append(currency)
    return found


def _amount(text: str, name: str, problems: list[str]) -> Decimal | None:
    """`42.50`, `1,234.50` and `$42.50` are amounts; an amount at risk has no sign."""
    plain = text.replace(",", "").lstrip("$€£¥").strip()
    try:
        value = Decimal(plain) if plain else None
    except InvalidOperation:
        value = Decimal("NaN")
    if value is not None and not (value.is_finite() and abs(value) <= MAX_MINOR and len(plain) <= _MAX_AMOUNT):
        problems.append(f"{name} is not an amount like 42.50.")
        return None
    return abs(value) if value is not None else None


def _said(parameters: Mapping[str, str], name: str) -> str:
    """A parameter under its own name or another page's; no NUL, which Postgres refuses."""
    value = next((parameters[each] for each in (name, *OTHER_NAMES.get(name, ())) if parameters.get(each)), "")
    return value.replace("\x00", "").strip()[:_MAX_QUERY]
