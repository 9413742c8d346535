"""What drawers, transactions and reports look like on the wire: integer minor units."""

from typing import Any, Final

from rest_framework import serializers

from ledger.drawers import queries
from ledger.drawers.reports import DrawerReport
from ledger.drawers.transactions import RecordedTransaction
from ledger.models import Drawer, DrawerStatus, FlowType, Method
from ledger.models.drawers import REQUESTABLE
from ledgersafe.http.rendering import instant

#: What can be asked for.
TRANSACTION_TYPES: Final = [(one.value, one.value) for one in REQUESTABLE]


def drawer_item(drawer: Drawer, expected_minor: int, *, may_approve: bool) -> dict[str, Any]:
    """One drawer. Before it was counted blind, what is expected in it is told only to those who may approve."""
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


def transaction_item(made: RecordedTransaction) -> dict[str, Any]:
    """What became of `POST /v1/pos/transactions`."""
    wanted = made.wanted
    return {
        "id": made.id,
        "ledger_id": made.drawer.pk,
        "order_id": wanted.order_id or None,
        "amount": wanted.amount_minor,
        "currency": made.drawer.currency,
        "type": wanted.type.value,
        "method": wanted.method.value,
        "external_reference": wanted.external_reference or None,
        "journal_id": made.journal_id,
        "created_at": made.created_at,
    }


def report_body(report: DrawerReport) -> dict[str, Any]:
    """An X- or Z-report."""
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
    """How the expected cash came about: what came in is positive, what went out negative."""
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
    """A register's drawer, and the float that was counted into it."""

    store_id = serializers.CharField(max_length=64)
    register_id = serializers.CharField(max_length=64)
    starting_cash = serializers.IntegerField(min_value=0, help_text="Minor units.")
    currency = serializers.CharField(required=False, help_text="ISO 4217; left out: the tenant's.")
    blind = serializers.BooleanField(required=False, help_text="Who counts is not told what is expected.")


class CountSerializer(serializers.Serializer[Any]):
    """What was counted, in minor units; `denominations` are pieces by face value and come to the same."""

    actual_cash = serializers.IntegerField(min_value=0)
    denominations = serializers.DictField(child=serializers.IntegerField(min_value=0), required=False)
    notes = serializers.CharField(required=False)


class DrawerSerializer(serializers.Serializer[Any]):
    """A drawer. `expected_cash` and `variance` are null while a blind count has not been made."""

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
    """One movement of money; the type gives the direction. SALE and REFUND name their order."""

    ledger_id = serializers.IntegerField()
    order_id = serializers.CharField(required=False, max_length=200)
    amount = serializers.IntegerField(min_value=1, help_text="Minor units.")
    type = serializers.ChoiceField(choices=TRANSACTION_TYPES)
    method = serializers.ChoiceField(choices=Method.choices)
    external_reference = serializers.CharField(required=False, max_length=200)
    currency = serializers.CharField(required=False, help_text="ISO 4217; the drawer's, or left out.")


class TransactionSerializer(NewTransactionSerializer):
    """A transaction that was carried out."""

    id = serializers.IntegerField()
    journal_id = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class DrawerReportSerializer(serializers.Serializer[Any]):
    """An X- or Z-report; amounts in minor units, cash that went out negative."""

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
