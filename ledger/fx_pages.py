"""Foreign currency in the back office: rates with their history, settlements, and the open position."""

from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.paginator import InfinitePaginator

from ledger import calendars, fx, positions, rates
from ledger.fx import Unusable
from ledger.fx_forms import RateForm
from ledger.fx_requests import instant_of, rate_of
from ledger.models import FxRate, FxSettlement, RateSource
from ledger.positions import Position
from ledger.rates import NewRate, record_rates
from ledger.sheets.amounts import grouped
from ledgersafe.errors import InvalidParameter
from ledgersafe.pages import Badge, Button, Card, Cell, choice_page, display, form_page, list_button, object_page, press
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.setting_up import SetUpAdmin

__all__ = ["FxRateAdmin", "FxSettlementAdmin"]

QUOTE: Final = "ledger.quote_fxrate"
_SHOWN: Final = 50


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _page_of(model: str, page: str, *args: Any, **query: Any) -> str:
    url = reverse(f"admin:ledger_{model}_{page}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


def _amount(minor: int, currency: str) -> str:
    return f"{grouped(minor, currency)} {currency}"


@admin.register(FxRate)
class FxRateAdmin(SetUpAdmin):
    """Every version of every rate; the page of one with its corrections."""

    paginator = InfinitePaginator
    list_display = ("pair_shown", "rate_shown", "since", "state", "source_shown", "recorded", "tenant")
    list_filter = ("source", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("base", "quote")
    search_help_text = "A currency"
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ("new_rate",)
    empty_text = "Record a rate with the button above, by the API, or import a file with import_rates."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown: QuerySet[Any] = super().get_queryset(request)
        return rates.with_superseded(shown)

    @display(description="Pair")
    def pair_shown(self, rate: FxRate) -> str:
        return rate.pair

    @display(description="Rate")
    def rate_shown(self, rate: FxRate) -> str:
        return fx.rate_text(rate.rate)

    @display(description="Valid from")
    def since(self, rate: FxRate) -> str:
        return _minute(rate.valid_from)

    @display(description="State", label={"counts": "success", "corrected": "warning"})
    def state(self, rate: Any) -> str:
        return "corrected" if rate.superseded else "counts"

    @display(description="By way of")
    def source_shown(self, rate: FxRate) -> str:
        return str(rate.get_source_display())

    @display(description="Recorded")
    def recorded(self, rate: FxRate) -> str:
        return _minute(rate.recorded_at)

    def has_quote_permission(self, request: HttpRequest) -> bool:
        """For the button above the list."""
        return request.user.has_perm(QUOTE)

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        badge = Badge("corrected", "warning") if obj.superseded else Badge("counts", "success")
        return object_page(
            request,
            obj,
            title=f"{obj.pair} {fx.rate_text(obj.rate)}",
            subtitle=f"1 {obj.base} = {fx.rate_text(obj.rate)} {obj.quote}, from {_minute(obj.valid_from)}",
            badges=[badge],
            cards=[_facts_of_rate(obj), _versions(obj), _used_by(obj)],
        )

    @list_button("Add rate", permission="quote")
    def new_rate(self, request: HttpRequest) -> HttpResponse:
        """A GET shows the form; only its POST records anything."""
        tenants = staff.visible_tenants(request.user)
        form = RateForm(tenants, request.POST or None)

        def record(typed: dict[str, Any]) -> NewRate:
            tenant = typed["tenant"]
            if not staff.may(request.user, QUOTE, tenant.pk):
                raise PermissionDenied
            wanted = _read(typed)
            actor = staff.actor_of(request.user)
            record_rates(tenant_id=tenant.pk, rates=[wanted], source=RateSource.ADMIN, actor=actor)
            return wanted

        done = press(request, form, record)
        if done is not None:
            messages.success(request, f"{done.pair} is {fx.rate_text(done.value)} from {_minute(done.valid_from)} on.")
            return HttpResponseRedirect(_page_of("fxrate", "changelist"))
        return form_page(
            request,
            form,
            opts=self.opts,
            title="Add rate",
            intro="What happens from this instant on is converted by it; what was converted before stays as it is. "
            "The same pair and instant again is a correction, and the old value is kept.",
            submit="Record rate",
            back=_page_of("fxrate", "changelist"),
        )


def _read(typed: dict[str, Any]) -> NewRate:
    """:raises InvalidParameter: with the field it is about."""
    read = rate_of(typed["pair"], typed["rate"], typed["valid_from"] or None, now=timezone.now())
    if isinstance(read, NewRate):
        return read
    field, message = next(iter(read.items()))
    raise InvalidParameter(f"This {message}.", field=field)


def _facts_of_rate(rate: FxRate) -> Card:
    opposite = f"1 {rate.quote} = {fx.inverse_text(rate.rate)[:20]} {rate.base}"
    return Card(
        "Rate",
        facts=[
            ("Valid from", _minute(rate.valid_from)),
            ("The other way", Cell(opposite, small="Shown rounded; amounts are divided by the rate itself.")),
            ("By way of", str(rate.get_source_display())),
            ("Recorded by", Cell(rate.actor, mono=True)),
            ("Recorded", _minute(rate.recorded_at)),
            ("Tenant", rate.tenant.slug),
        ],
    )


def _versions(rate: FxRate) -> Card:
    own = FxRate.objects.filter(tenant_id=rate.tenant_id, base=rate.base, quote=rate.quote, valid_from=rate.valid_from)
    rows = [
        (
            Cell(f"Version {version.version}", _page_of("fxrate", "change", version.pk)),
            fx.rate_text(version.rate),
            Cell(version.actor, mono=True),
            _minute(version.recorded_at),
        )
        for version in own.order_by("-version")[:_SHOWN]
    ]
    note = "The newest version counts. None is ever changed or removed."
    return Card("Versions", headers=("Version", "Rate", "Recorded by", "Recorded"), rows=rows, note=note)


def _used_by(rate: FxRate) -> Card:
    used = FxSettlement.objects.filter(tenant_id=rate.tenant_id, rate=rate).order_by("-id")[:_SHOWN]
    rows = [
        (
            Cell(f"#{one.pk}", _page_of("fxsettlement", "change", one.pk)),
            _amount(one.amount_minor, one.source_currency),
            _amount(one.converted_minor, one.target_currency),
            str(one.business_date),
        )
        for one in used
    ]
    headers = ("Settlement", "From", "Into", "Business day")
    return Card("Settlements made by it", headers=headers, rows=rows, empty="None so far.", wide=True)


@admin.register(FxSettlement)
class FxSettlementAdmin(SetUpAdmin):
    """Settlements, the page of one, and the open position of a tenant."""

    paginator = InfinitePaginator
    list_display = ("number", "day", "given", "taken", "rate_shown", "key_shown", "tenant")
    list_display_links = ("number",)
    list_filter = ("source_currency", "target_currency", "tenant")
    list_select_related = ("tenant", "rate", "from_account", "to_account")
    search_fields = ("idempotency_key",)
    search_help_text = "Idempotency key"
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ("position",)
    empty_text = "Money that goes into an account of another currency is settled by POST /v1/fx/settlements."

    @display(description="Settlement")
    def number(self, row: FxSettlement) -> str:
        return f"#{row.pk}"

    @display(description="Business day")
    def day(self, row: FxSettlement) -> str:
        return str(row.business_date)

    @display(description="From")
    def given(self, row: FxSettlement) -> str:
        return f"{_amount(row.amount_minor, row.source_currency)} · {row.from_account.code}"

    @display(description="Into")
    def taken(self, row: FxSettlement) -> str:
        return f"{_amount(row.converted_minor, row.target_currency)} · {row.to_account.code}"

    @display(description="Rate")
    def rate_shown(self, row: FxSettlement) -> str:
        return f"{row.rate.pair} {fx.rate_text(row.rate_value)}"

    @display(description="Key")
    def key_shown(self, row: FxSettlement) -> str:
        return row.idempotency_key

    def has_look_permission(self, request: HttpRequest) -> bool:
        """For the button above the list."""
        return self.has_view_permission(request)

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return object_page(
            request,
            obj,
            title=f"Settlement #{obj.pk}",
            subtitle=f"{_amount(obj.amount_minor, obj.source_currency)} into "
            f"{_amount(obj.converted_minor, obj.target_currency)}",
            cards=[_legs(obj), _conversion(obj), _command(obj)],
        )

    @list_button("Clearing position", permission="look", icon="currency_exchange", url="position")
    def position(self, request: HttpRequest) -> HttpResponse:
        """What the clearing accounts hold now, and what it is worth; of several tenants, ask which."""
        tenants = staff.visible_tenants(request.user)
        if slug := request.GET.get("tenant"):
            tenants = tenants.filter(slug=slug.replace("\x00", ""))
        found = list(tenants[:500])
        if not found:
            raise Http404
        if len(found) > 1:
            here = _page_of("fxsettlement", "position")
            choices = [(one.slug, one.name, f"{here}?{urlencode({'tenant': one.slug})}") for one in found]
            return choice_page(request, opts=self.opts, title="Clearing position", intro="Whose?", choices=choices)
        return _position_page(request, found[0])


def _legs(row: FxSettlement) -> Card:
    legs = (
        ("Out of", row.from_account, row.source_journal_id, -row.amount_minor, row.source_currency),
        ("Into", row.to_account, row.target_journal_id, row.converted_minor, row.target_currency),
    )
    rows = [
        (
            what,
            Cell(account.code, _page_of("account", "change", account.pk)),
            _amount(minor, currency),
            Cell(f"#{journal}", _page_of("journal", "change", journal)),
        )
        for what, account, journal, minor, currency in legs
    ]
    note = "Each journal sums to zero in its own currency, against the clearing account of that currency."
    return Card("Journals", headers=("", "Account", "Amount", "Journal"), rows=rows, note=note, wide=True)


def _conversion(row: FxSettlement) -> Card:
    rate = Cell(f"{row.rate.pair} {fx.rate_text(row.rate_value)}", _page_of("fxrate", "change", row.rate_id))
    facts = [("Rate", rate), ("Valid from", _minute(row.rate.valid_from)), ("As of", _minute(row.as_of))]
    how = "Divided by the rate of the opposite pair, rounded once." if row.inverted else "Times the rate, rounded once."
    return Card("Conversion", facts=[*facts, ("How", how)])


def _command(row: FxSettlement) -> Card:
    facts = [
        ("Key", Cell(row.idempotency_key, mono=True)),
        ("Client", Cell(row.client_id, mono=True)),
        ("Asked for by", Cell(row.actor, mono=True)),
        ("Made", _minute(row.created_at)),
        ("Business day", str(row.business_date)),
        ("Memo", row.memo or "–"),
        ("Tenant", row.tenant.slug),
    ]
    return Card("Command", facts=facts)


def _position_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    now, calendar = timezone.now(), calendars.of(tenant.pk)
    day = calendar.day_of(now)
    found = positions.read(tenant.pk, day, at=instant_of(day, calendar, now=now))
    residual = positions.residual(found)
    return object_page(
        request,
        tenant,
        title="Clearing position",
        subtitle=f"{tenant.name or tenant.slug} · business day {day}, in {tenant.base_currency}",
        badges=[_verdict(found, residual)],
        buttons=[Button("Rates", _page_of("fxrate", "changelist"), "currency_exchange")],
        cards=[_positions_card(found), _residual_card(tenant, residual)],
    )


def _verdict(found: list[Position], residual: int | None) -> Badge:
    if residual is None:
        return Badge(f"no rate: {', '.join(positions.without_rate(found))}", "warning")
    return Badge("settled", "success") if not residual else Badge("open", "info")


def _positions_card(found: list[Position]) -> Card:
    rows = [
        (
            Cell(one.code, mono=True),
            _amount(one.balance_minor, one.currency),
            _valued_by(one),
            _amount(one.value_minor, one.base_currency) if one.value_minor is not None else "–",
        )
        for one in found
    ]
    headers = ("Account", "Balance", "Rate", "Worth")
    return Card("Clearing accounts", headers=headers, rows=rows, empty="All clearing accounts are empty.", wide=True)


def _valued_by(one: Position) -> Cell:
    if isinstance(one.rate, Unusable):
        return Cell("none that can be used", tone="removed", small=one.rate.message)
    if one.rate is None:
        return Cell("–")
    return Cell(f"{one.rate.pair} {one.rate.text}", small=f"from {_minute(one.rate.valid_from)}")


def _residual_card(tenant: Tenant, residual: int | None) -> Card:
    note = "What all of them are worth together is gain or loss not booked yet; closing the day books it."
    if residual is None:
        return Card(
            "Not booked yet", note="It cannot be told before every currency has a rate that can be used. " + note
        )
    what = "Gain" if residual < 0 else "Loss" if residual > 0 else "Gain or loss"
    return Card("Not booked yet", facts=[(what, _amount(abs(residual), tenant.base_currency))], note=note)
