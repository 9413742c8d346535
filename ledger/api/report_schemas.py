"""OpenAPI schemas of balances, statements and reports."""

from typing import Any

from rest_framework import serializers

from ledger.models import AccountType

_DEBIT_POSITIVE = "Decimal text; debit positive, credit negative."


class _BooksAccountSerializer(serializers.Serializer[Any]):
    account_code = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=AccountType.choices)
    ccy = serializers.CharField()


class BalanceSerializer(serializers.Serializer[Any]):
    """An account's balance."""

    account_code = serializers.CharField()
    ccy = serializers.CharField()
    balance = serializers.CharField(help_text=_DEBIT_POSITIVE)
    as_of = serializers.CharField(help_text="The requested day, or the instant in UTC.")


class _BooksChartItemSerializer(_BooksAccountSerializer):
    balance = serializers.CharField(help_text=_DEBIT_POSITIVE)


class BalancesSerializer(serializers.Serializer[Any]):
    """Every account's balance."""

    as_of = serializers.CharField(help_text="The requested day, or the instant in UTC.")
    items = _BooksChartItemSerializer(many=True)


class _BooksTrialItemSerializer(_BooksAccountSerializer):
    debit = serializers.CharField()
    credit = serializers.CharField()


class _BooksTrialTotalSerializer(serializers.Serializer[Any]):
    ccy = serializers.CharField()
    debit = serializers.CharField()
    credit = serializers.CharField()


class TrialBalanceSerializer(serializers.Serializer[Any]):
    """Every account on its side; the totals of both sides are equal."""

    date = serializers.DateField()
    items = _BooksTrialItemSerializer(many=True)
    totals = _BooksTrialTotalSerializer(many=True)


class _BooksSectionItemSerializer(_BooksAccountSerializer):
    amount = serializers.CharField()


class _BooksSectionSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=AccountType.choices)
    ccy = serializers.CharField()
    items = _BooksSectionItemSerializer(many=True)
    total = serializers.CharField(help_text="Assets and expenses debit positive, the others credit positive.")


class _BooksIdentitySerializer(serializers.Serializer[Any]):
    ccy = serializers.CharField()
    assets = serializers.CharField()
    liabilities = serializers.CharField()
    equity = serializers.CharField()
    result = serializers.CharField(help_text="Revenue less expense of all days.")
    balanced = serializers.BooleanField(help_text="assets = liabilities + equity + result")


class BalanceSheetSerializer(serializers.Serializer[Any]):
    """Assets, liabilities, equity and result at the end of a business day."""

    date = serializers.DateField()
    sections = _BooksSectionSerializer(many=True)
    totals = _BooksIdentitySerializer(many=True)


class _BooksIncomeSerializer(serializers.Serializer[Any]):
    ccy = serializers.CharField()
    revenue = serializers.CharField()
    expense = serializers.CharField()
    result = serializers.CharField()


class IncomeStatementSerializer(serializers.Serializer[Any]):
    """Revenue, expense and result of a span of business days."""

    to = serializers.DateField()
    sections = _BooksSectionSerializer(many=True)
    totals = _BooksIncomeSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField()} | super().get_fields()  # `from` is a keyword of Python


class _BooksLineSerializer(serializers.Serializer[Any]):
    value_date = serializers.DateField()
    recorded_at = serializers.DateTimeField()
    journal_id = serializers.IntegerField()
    line_no = serializers.IntegerField()
    kind = serializers.CharField()
    external_ref = serializers.CharField(allow_null=True)
    memo = serializers.CharField(allow_null=True, help_text="The entry's own, or else the transfer's.")
    amount = serializers.CharField(help_text=_DEBIT_POSITIVE)
    balance = serializers.CharField(help_text="After this line.")


class StatementSerializer(serializers.Serializer[Any]):
    """A page of an account's postings, oldest first."""

    account_code = serializers.CharField()
    ccy = serializers.CharField()
    to = serializers.DateField(allow_null=True)
    opening_balance = serializers.CharField(help_text="Before the first day of the span.")
    closing_balance = serializers.CharField(help_text="At the end of its last day.")
    items = _BooksLineSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(allow_null=True)} | super().get_fields()


class _BooksStartSerializer(serializers.Serializer[Any]):
    date = serializers.DateField(allow_null=True, help_text="The closed day of the snapshot; null: no snapshot.")
    balance = serializers.CharField()


class _BooksDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    journals = serializers.IntegerField()
    postings = serializers.IntegerField()
    debit = serializers.CharField()
    credit = serializers.CharField()
    balance = serializers.CharField(help_text="At the end of the day.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """A balance explained: the snapshot it starts from, and the movement of each business day since."""

    account_code = serializers.CharField()
    ccy = serializers.CharField()
    date = serializers.DateField()
    starts_from = _BooksStartSerializer()
    days = _BooksDaySerializer(many=True)
    balance = serializers.CharField()


class _PositionSerializer(serializers.Serializer[Any]):
    account_code = serializers.CharField()
    ccy = serializers.CharField()
    balance = serializers.CharField(help_text="Debit positive.")
    value = serializers.CharField(allow_null=True, help_text="In the tenant's base currency.")
    pair = serializers.CharField(allow_null=True)
    rate = serializers.CharField(allow_null=True)
    inverted = serializers.BooleanField(allow_null=True)
    valid_from = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(allow_null=True, help_text="Why there is no value.")


class FxClearingSerializer(serializers.Serializer[Any]):
    """The open position in foreign currency. The next revaluation books the residual."""

    date = serializers.DateField()
    rates_as_of = serializers.DateTimeField()
    ccy = serializers.CharField(help_text="The tenant's base currency.")
    items = _PositionSerializer(many=True)
    residual = serializers.CharField(allow_null=True, help_text="The sum of the values; null when one is missing.")
    unrealised_gain = serializers.CharField(allow_null=True, help_text="A loss is negative.")
    without_rate = serializers.ListField(child=serializers.CharField())
