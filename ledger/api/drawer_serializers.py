"""Bodies and OpenAPI schemas of drawers, transactions and reports: amounts in integer minor units."""

from typing import Any, Final

from rest_framework import serializers

from ledger.drawers import DrawerReport, RecordedTransaction, queries
from ledger.models import Drawer, DrawerStatus, FlowType, Method
from ledger.models.flow_types import REQUESTABLE
from ledgersafe.http.rendering import instant

#: The types a client may request.
TRANSACTION_TYPES: Final = [(flow_type.value, flow_type.value) for flow_type in REQUESTABLE]


def drawer_item(drawer: Drawer, expected_minor: int, *, may_approve: bool) -> dict[str, Any]:
    """Return the body of a drawer. Until a blind count is done, only callers who may approve see the expected cash."""
    hidden = queries.is_hidden(drawer, may_approve=may_approve)
    actual = drawer.actual_cash_minor
    return {
        "id": drawer.pk,
        "store_id": drawer.store.code,
        "register_id": drawer.register.code,
        "currency": drawer.currency,
        "status": drawer.status,
        "starting_cash": drawer.starting_cash_minor,
        "expected_cash": None if hidden else expected_minor,
        "actual_cash": actual,
        "variance": None if hidden or actual is None else actual - expected_minor,
        "blind": drawer.is_blind,
        "denominations": drawer.denominations,
        "notes": drawer.notes or None,
        "opened_at": instant(drawer.opened_at),
        "opened_by": drawer.opened_by,
        "counted_at": instant(drawer.counted_at),
        "counted_by": drawer.counted_by or None,
        "closed_at": instant(drawer.closed_at),
        "closed_by": drawer.closed_by or None,
        "z_number": drawer.z_number,
    }


def transaction_item(recorded: RecordedTransaction) -> dict[str, Any]:
    """Return the body of a recorded transaction."""
    request = recorded.request
    return {
        "id": recorded.id,
        "ledger_id": recorded.drawer.pk,
        "order_id": request.order_id or None,
        "amount": request.amount_minor,
        "currency": recorded.drawer.currency,
        "type": request.type.value,
        "method": request.method.value,
        "external_reference": request.external_reference or None,
        "journal_id": recorded.journal_id,
        "created_at": recorded.created_at,
    }


def report_body(report: DrawerReport) -> dict[str, Any]:
    """Return the body of an X- or Z-report."""
    drawer = report.drawer
    return {
        "report": "Z" if report.is_final else "X",
        "z_number": drawer.z_number,
        "ledger": drawer_item(drawer, report.expected, may_approve=True),
        "transactions": report.transactions,
        "sales": _by_tender(report, FlowType.SALE),
        "refunds": _by_tender(report, FlowType.REFUND),
        "net_sales": report.net_sales,
        "cash": _cash(report),
        "after_close": {"late_cash": report.late, "adjusted": report.adjusted} if report.is_final else None,
        "grand_total": drawer.grand_total_minor,
    }


def _by_tender(report: DrawerReport, kind: FlowType) -> dict[str, int]:
    return {method.value: report.amount(kind, method) for method in Method} | {"total": report.amount(kind)}


def _cash(report: DrawerReport) -> dict[str, int | None]:
    """Return the parts of the expected cash in minor units: cash in is positive, cash out negative."""
    drawer = report.drawer
    return {
        "starting": drawer.starting_cash_minor,
        "sales": report.cash(FlowType.SALE),
        "refunds": report.cash(FlowType.REFUND),
        "cash_in": report.cash(FlowType.CASH_IN),
        "cash_out": report.cash(FlowType.CASH_OUT),
        "payouts": report.cash(FlowType.PAYOUT),
        "drops": report.cash(FlowType.DROP),
        "corrections": report.cash(FlowType.CORRECTION),
        "expected": report.expected,
        "actual": drawer.actual_cash_minor,
        "variance": drawer.variance_minor,
    }


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
class NewDrawerSerializer(serializers.Serializer[Any]):
    """The register, and its counted float."""

    store_id = serializers.CharField(max_length=64)
    register_id = serializers.CharField(max_length=64)
    starting_cash = serializers.IntegerField(min_value=0, help_text="Minor units.")
    currency = serializers.CharField(required=False, help_text="ISO 4217; default: the tenant's.")
    blind = serializers.BooleanField(required=False, help_text="Hide the expected amount from whoever counts.")


class CountSerializer(serializers.Serializer[Any]):
    """Counted cash in minor units; `denominations`, pieces by face value, sum to the same amount."""

    actual_cash = serializers.IntegerField(min_value=0)
    denominations = serializers.DictField(child=serializers.IntegerField(min_value=0), required=False)
    notes = serializers.CharField(required=False)


class DrawerSerializer(serializers.Serializer[Any]):
    """A drawer. `expected_cash` and `variance` are null until a blind count is done."""

    id = serializers.IntegerField()
    store_id = serializers.CharField()
    register_id = serializers.CharField()
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=DrawerStatus.choices)
    starting_cash = serializers.IntegerField()
    expected_cash = serializers.IntegerField(allow_null=True)
    actual_cash = serializers.IntegerField(allow_null=True)
    variance = serializers.IntegerField(allow_null=True, help_text="Actual less expected.")
    blind = serializers.BooleanField()
    denominations = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    notes = serializers.CharField(allow_null=True)
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField()
    counted_at = serializers.DateTimeField(allow_null=True)
    counted_by = serializers.CharField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(allow_null=True)
    z_number = serializers.IntegerField(allow_null=True)


class DrawerPageSerializer(serializers.Serializer[Any]):
    """A page of drawers."""

    items = DrawerSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class NewTransactionSerializer(serializers.Serializer[Any]):
    """A movement of money; the type gives the direction. SALE and REFUND name their order."""

    ledger_id = serializers.IntegerField()
    order_id = serializers.CharField(required=False, max_length=200)
    amount = serializers.IntegerField(min_value=1, help_text="Minor units.")
    type = serializers.ChoiceField(choices=TRANSACTION_TYPES)
    method = serializers.ChoiceField(choices=Method.choices)
    external_reference = serializers.CharField(required=False, max_length=200)
    currency = serializers.CharField(required=False, help_text="ISO 4217; must be the drawer's; default: the drawer's.")


class TransactionSerializer(NewTransactionSerializer):
    """A recorded transaction."""

    id = serializers.IntegerField()
    journal_id = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class DrawerReportSerializer(serializers.Serializer[Any]):
    """An X- or Z-report; amounts in minor units, cash out is negative."""

    report = serializers.ChoiceField(choices=[("X", "X"), ("Z", "Z")])
    z_number = serializers.IntegerField(allow_null=True)
    ledger = DrawerSerializer()
    transactions = serializers.IntegerField()
    sales = serializers.DictField(child=serializers.IntegerField())
    refunds = serializers.DictField(child=serializers.IntegerField())
    net_sales = serializers.IntegerField()
    cash = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    after_close = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    grand_total = serializers.IntegerField(allow_null=True)
