"""Rates in the back office: the list of versions, the page of one, and the form that records a rate."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.paginator import InfinitePaginator

from ledger.backoffice.fx.formats import amount, minute, page_of
from ledger.backoffice.fx.forms import RateForm
from ledger.fx import conversion, rates
from ledger.fx.record_rates import NewRate, record_rates
from ledger.fx.requests import rate_of
from ledger.models import FxRate, FxSettlement, RateSource
from ledgersafe.backoffice.pages import Badge, Card, Cell, display, form_page, list_button, object_page, press
from ledgersafe.setup.pages.frame import SetUpAdmin
from ledgersafe.tenants import staff
from ledgersafe.values.errors import InvalidParameter

QUOTE: Final = "ledger.quote_fxrate"
_MAX_ROWS: Final = 50


@admin.register(FxRate)
class FxRateAdmin(SetUpAdmin):
    """All versions of all rates; the page of one lists the versions of the same pair and instant."""

    paginator = InfinitePaginator
    list_display = ("pair_text", "rate_text", "since", "state", "source_name", "recorded", "tenant")
    list_filter = ("source", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("base", "quote")
    search_help_text = "A currency"
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ("new_rate",)
    empty_text = "Add a rate with the button above, through the API, or from a file with import_rates."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rates.with_superseded(rows)

    @display(description="Pair")
    def pair_text(self, rate: FxRate) -> str:
        return rate.pair

    @display(description="Rate")
    def rate_text(self, rate: FxRate) -> str:
        return conversion.rate_text(rate.rate)

    @display(description="Valid from")
    def since(self, rate: FxRate) -> str:
        return minute(rate.valid_from)

    @display(description="State", label={"current": "success", "corrected": "warning"})
    def state(self, rate: Any) -> str:
        return "corrected" if rate.superseded else "current"

    @display(description="Source")
    def source_name(self, rate: FxRate) -> str:
        return str(rate.get_source_display())

    @display(description="Recorded")
    def recorded(self, rate: FxRate) -> str:
        return minute(rate.recorded_at)

    def has_quote_permission(self, request: HttpRequest) -> bool:
        """Show the button above the list to people who may record rates."""
        return request.user.has_perm(QUOTE)

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        badge = Badge("corrected", "warning") if obj.superseded else Badge("current", "success")
        return object_page(
            request,
            obj,
            title=f"{obj.pair} {conversion.rate_text(obj.rate)}",
            subtitle=f"1 {obj.base} = {conversion.rate_text(obj.rate)} {obj.quote}, from {minute(obj.valid_from)}",
            badges=[badge],
            cards=[_facts_of_rate(obj), _versions(obj), _used_by(obj)],
        )

    @list_button("Add rate", permission="quote")
    def new_rate(self, request: HttpRequest) -> HttpResponse:
        """Show the form; its POST records the rate."""
        tenants = staff.visible_tenants(request.user)
        form = RateForm(tenants, request.POST or None)

        def record(values: dict[str, Any]) -> NewRate:
            tenant = values["tenant"]
            if not staff.may(request.user, QUOTE, tenant.pk):
                raise PermissionDenied
            rate = _read(values)
            actor = staff.actor_of(request.user)
            record_rates(tenant_id=tenant.pk, rates=[rate], source=RateSource.ADMIN, actor=actor)
            return rate

        saved = press(request, form, record)
        if saved is not None:
            messages.success(
                request, f"Saved: {saved.pair} {conversion.rate_text(saved.value)} from {minute(saved.valid_from)}."
            )
            return HttpResponseRedirect(page_of("fxrate", "changelist"))
        return form_page(
            request,
            form,
            opts=self.opts,
            title="Add rate",
            intro="Conversions from this time on use this rate; earlier ones do not change. To correct a rate, enter "
            "the same pair and time again: the old value stays on record.",
            submit="Record rate",
            back=page_of("fxrate", "changelist"),
        )


def _read(values: dict[str, Any]) -> NewRate:
    """Read a typed rate. :raises InvalidParameter: names the first invalid field."""
    rate = rate_of(values["pair"], values["rate"], values["valid_from"] or None, now=timezone.now())
    if isinstance(rate, NewRate):
        return rate
    field, message = next(iter(rate.items()))
    raise InvalidParameter(f"This {message}.", field=field)


def _facts_of_rate(rate: FxRate) -> Card:
    opposite = f"1 {rate.quote} = {conversion.inverse_text(rate.rate)[:20]} {rate.base}"
    return Card(
        "Rate",
        facts=[
            ("Valid from", minute(rate.valid_from)),
            ("Inverse", Cell(opposite, small="Rounded for display; conversions divide by the rate itself.")),
            ("Source", str(rate.get_source_display())),
            ("Recorded by", Cell(rate.actor, mono=True)),
            ("Recorded", minute(rate.recorded_at)),
            ("Tenant", rate.tenant.slug),
        ],
    )


def _versions(rate: FxRate) -> Card:
    own = FxRate.objects.filter(tenant_id=rate.tenant_id, base=rate.base, quote=rate.quote, valid_from=rate.valid_from)
    rows = [
        (
            Cell(f"Version {version.version}", page_of("fxrate", "change", version.pk)),
            conversion.rate_text(version.rate),
            Cell(version.actor, mono=True),
            minute(version.recorded_at),
        )
        for version in own.order_by("-version")[:_MAX_ROWS]
    ]
    note = "Only the newest version is used. Older versions stay on record."
    return Card("Versions", headers=("Version", "Rate", "Recorded by", "Recorded"), rows=rows, note=note)


def _used_by(rate: FxRate) -> Card:
    settlements = FxSettlement.objects.filter(tenant_id=rate.tenant_id, rate=rate).order_by("-id")[:_MAX_ROWS]
    rows = [
        (
            Cell(f"#{settlement.pk}", page_of("fxsettlement", "change", settlement.pk)),
            amount(settlement.amount_minor, settlement.source_currency),
            amount(settlement.converted_minor, settlement.target_currency),
            str(settlement.business_date),
        )
        for settlement in settlements
    ]
    headers = ("Settlement", "From", "To", "Business day")
    return Card("Settlements at this rate", headers=headers, rows=rows, empty="No settlements yet.", wide=True)
