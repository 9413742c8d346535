"""Rates in the back office: every version, the page of one, and the form that records the next."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.paginator import InfinitePaginator

from ledger.backoffice.fx_format import amount, minute, page_of
from ledger.backoffice.fx_forms import RateForm
from ledger.fx import conversion, rates
from ledger.fx.record_rates import NewRate, record_rates
from ledger.fx.requests import rate_of
from ledger.models import FxRate, FxSettlement, RateSource
from ledgersafe.backoffice.pages import Badge, Card, Cell, display, form_page, list_button, object_page, press
from ledgersafe.setup.pages.frame import SetUpAdmin
from ledgersafe.tenants import staff
from ledgersafe.values.errors import InvalidParameter

QUOTE: Final = "ledger.quote_fxrate"
_SHOWN: Final = 50


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
        return conversion.rate_text(rate.rate)

    @display(description="Valid from")
    def since(self, rate: FxRate) -> str:
        return minute(rate.valid_from)

    @display(description="State", label={"counts": "success", "corrected": "warning"})
    def state(self, rate: Any) -> str:
        return "corrected" if rate.superseded else "counts"

    @display(description="By way of")
    def source_shown(self, rate: FxRate) -> str:
        return str(rate.get_source_display())

    @display(description="Recorded")
    def recorded(self, rate: FxRate) -> str:
        return minute(rate.recorded_at)

    def has_quote_permission(self, request: HttpRequest) -> bool:
        """For the button above the list."""
        return request.user.has_perm(QUOTE)

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        badge = Badge("corrected", "warning") if obj.superseded else Badge("counts", "success")
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
            messages.success(
                request, f"{done.pair} is {conversion.rate_text(done.value)} from {minute(done.valid_from)} on."
            )
            return HttpResponseRedirect(page_of("fxrate", "changelist"))
        return form_page(
            request,
            form,
            opts=self.opts,
            title="Add rate",
            intro="What happens from this instant on is converted by it; what was converted before stays as it is. "
            "The same pair and instant again is a correction, and the old value is kept.",
            submit="Record rate",
            back=page_of("fxrate", "changelist"),
        )


def _read(typed: dict[str, Any]) -> NewRate:
    """:raises InvalidParameter: with the field it is about."""
    read = rate_of(typed["pair"], typed["rate"], typed["valid_from"] or None, now=timezone.now())
    if isinstance(read, NewRate):
        return read
    field, message = next(iter(read.items()))
    raise InvalidParameter(f"This {message}.", field=field)


def _facts_of_rate(rate: FxRate) -> Card:
    opposite = f"1 {rate.quote} = {conversion.inverse_text(rate.rate)[:20]} {rate.base}"
    return Card(
        "Rate",
        facts=[
            ("Valid from", minute(rate.valid_from)),
            ("The other way", Cell(opposite, small="Shown rounded; amounts are divided by the rate itself.")),
            ("By way of", str(rate.get_source_display())),
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
        for version in own.order_by("-version")[:_SHOWN]
    ]
    note = "The newest version counts. None is ever changed or removed."
    return Card("Versions", headers=("Version", "Rate", "Recorded by", "Recorded"), rows=rows, note=note)


def _used_by(rate: FxRate) -> Card:
    used = FxSettlement.objects.filter(tenant_id=rate.tenant_id, rate=rate).order_by("-id")[:_SHOWN]
    rows = [
        (
            Cell(f"#{one.pk}", page_of("fxsettlement", "change", one.pk)),
            amount(one.amount_minor, one.source_currency),
            amount(one.converted_minor, one.target_currency),
            str(one.business_date),
        )
        for one in used
    ]
    headers = ("Settlement", "From", "Into", "Business day")
    return Card("Settlements made by it", headers=headers, rows=rows, empty="None so far.", wide=True)
