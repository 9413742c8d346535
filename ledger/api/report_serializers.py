"""What the books look like when they are read: amounts as decimal text, debit positive unless a name says otherwise."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from ledger.balances.balances import AccountBalance
from ledger.balances.reports import Identity, Income, TypeTotal, trial_totals
from ledger.balances.statements import DayMoved, Explanation, Line, Statement
from ledger.fx.conversion import Unusable
from ledger.fx.positions import Position, without_rate
from ledger.fx.positions import residual as residual_of
from ledger.models import AccountType
from ledgersafe.http.paging import next_cursor
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def moment(value: date | datetime) -> str:
    """A day, or an instant in UTC."""
    return str(instant(value)) if isinstance(value, datetime) else value.isoformat()


def balance_item(row: AccountBalance, as_of: date | datetime) -> dict[str, Any]:
    """One account's balance."""
    return {
        "account_code": row.code,
        "ccy": row.currency,
        "balance": to_decimal_text(row.balance_minor, row.currency),
        "as_of": moment(as_of),
    }


def balances_body(rows: Sequence[AccountBalance], as_of: date | datetime) -> dict[str, Any]:
    """The whole chart."""
    return {"as_of": moment(as_of), "items": [_named(row, "balance", row.balance_minor) for row in rows]}


def trial_balance_body(rows: Sequence[AccountBalance], day: date) -> dict[str, Any]:
    """Debit and credit columns, neither signed."""
    return {
        "date": day.isoformat(),
        "items": [_account(row) | _sides(row.balance_minor, row.currency) for row in rows],
        "totals": [
            {
                "ccy": total.currency,
                "debit": to_decimal_text(total.debit_minor, total.currency),
                "credit": to_decimal_text(total.credit_minor, total.currency),
            }
            for total in trial_totals(rows)
        ],
    }


def balance_sheet_body(groups: Sequence[TypeTotal], identities: Sequence[Identity], day: date) -> dict[str, Any]:
    """Sections with their accounts, and the identity they come to."""
    return {
        "date": day.isoformat(),
        "sections": [_section(group) for group in groups],
        "totals": [
            {
                "ccy": found.currency,
                "assets": to_decimal_text(found.assets_minor, found.currency),
                "liabilities": to_decimal_text(found.liabilities_minor, found.currency),
                "equity": to_decimal_text(found.equity_minor, found.currency),
                "result": to_decimal_text(found.result_minor, found.currency),
                "balanced": found.holds,
            }
            for found in identities
        ],
    }


def income_body(groups: Sequence[TypeTotal], incomes: Sequence[Income], first: date, last: date) -> dict[str, Any]:
    """Sections with their accounts, and what they come to."""
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "sections": [_section(group) for group in groups],
        "totals": [
            {
                "ccy": found.currency,
                "revenue": to_decimal_text(found.revenue_minor, found.currency),
                "expense": to_decimal_text(found.expense_minor, found.currency),
                "result": to_decimal_text(found.result_minor, found.currency),
            }
            for found in incomes
        ],
    }


def statement_body(statement: Statement) -> dict[str, Any]:
    """A page of a statement."""
    account = statement.account
    return {
        "account_code": account.code,
        "ccy": account.currency,
        "from": statement.first.isoformat() if statement.first else None,
        "to": statement.last.isoformat() if statement.last else None,
        "opening_balance": to_decimal_text(statement.opening_minor, account.currency),
        "closing_balance": to_decimal_text(statement.closing_minor, account.currency),
        "items": [_line(line, account.currency) for line in statement.lines],
        "next_cursor": next_cursor(statement.next_place),
    }


def explanation_body(found: Explanation, day: date) -> dict[str, Any]:
    """A balance taken apart."""
    starts_on = found.starts_on.isoformat() if found.starts_on else None
    return {
        "account_code": found.code,
        "ccy": found.currency,
        "date": day.isoformat(),
        "starts_from": {"date": starts_on, "balance": to_decimal_text(found.starts_minor, found.currency)},
        "days": [_day(moved, found.currency) for moved in found.days],
        "balance": to_decimal_text(found.balance_minor, found.currency),
    }


def _line(line: Line, currency: str) -> dict[str, Any]:
    posting, journal = line.posting, line.posting.journal
    return {
        "value_date": posting.business_date.isoformat(),
        "recorded_at": instant(journal.recorded_at),
        "journal_id": posting.journal_id,
        "line_no": posting.line_no,
        "kind": journal.kind,
        "external_ref": journal.external_ref or None,
        "memo": line.memo,
        "amount": to_decimal_text(posting.amount_minor, currency),
        "balance": to_decimal_text(line.balance_minor, currency),
    }


def _day(moved: DayMoved, currency: str) -> dict[str, Any]:
    return {
        "date": moved.day.isoformat(),
        "journals": moved.journals,
        "postings": moved.postings,
        "debit": to_decimal_text(moved.debits_minor, currency),
        "credit": to_decimal_text(moved.credits_minor, currency),
        "balance": to_decimal_text(moved.balance_minor, currency),
    }


def _section(group: TypeTotal) -> dict[str, Any]:
    return {
        "type": group.type.value,
        "ccy": group.currency,
        "items": [_named(row, "amount", minor) for row, minor in group.accounts],
        "total": to_decimal_text(group.total_minor, group.currency),
    }


def _account(row: AccountBalance) -> dict[str, Any]:
    return {"account_code": row.code, "name": row.name, "type": row.type, "ccy": row.currency}


def _named(row: AccountBalance, name: str, minor: int) -> dict[str, Any]:
    return _account(row) | {name: to_decimal_text(minor, row.currency)}


def _sides(minor: int, currency: str) -> dict[str, str]:
    return {
        "debit": to_decimal_text(max(minor, 0), currency),
        "credit": to_decimal_text(max(-minor, 0), currency),
    }


def fx_clearing_body(rows: Sequence[Position], base: str, day: date, at: datetime) -> dict[str, Any]:
    """Positions with their values; of the residual, the gain is positive: clearing that is worth less than nothing."""
    missing, residual = without_rate(rows), residual_of(rows)
    return {
        "date": day.isoformat(),
        "rates_as_of": instant(at),
        "ccy": base,
        "items": [_position(row) for row in rows],
        "residual": to_decimal_text(residual, base) if residual is not None else None,
        "unrealised_gain": to_decimal_text(-residual, base) if residual is not None else None,
        "without_rate": missing,
    }


def _position(row: Position) -> dict[str, Any]:
    value, conversion = row.value_minor, row.conversion
    return {
        "account_code": row.code,
        "ccy": row.currency,
        "balance": to_decimal_text(row.balance_minor, row.currency),
        "value": to_decimal_text(value, row.base_currency) if value is not None else None,
        "pair": conversion.rate.pair if conversion else None,
        "rate": conversion.rate.text if conversion else None,
        "inverted": conversion.inverted if conversion else None,
        "valid_from": instant(conversion.rate.valid_from) if conversion else None,
        "problem": row.rate.message if isinstance(row.rate, Unusable) else None,
    }


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
_DEBIT_POSITIVE = "Decimal text; debit positive, credit negative."


class _BooksAccountSerializer(serializers.Serializer[Any]):
    account_code = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=AccountType.choices)
    ccy = serializers.CharField()


class BalanceSerializer(serializers.Serializer[Any]):
    """One account's balance."""

    account_code = serializers.CharField()
    ccy = serializers.CharField()
    balance = serializers.CharField(help_text=_DEBIT_POSITIVE)
    as_of = serializers.CharField(help_text="The day as asked for, or the instant in UTC.")


class _BooksChartItemSerializer(_BooksAccountSerializer):
    balance = serializers.CharField(help_text=_DEBIT_POSITIVE)


class BalancesSerializer(serializers.Serializer[Any]):
    """Every account's balance."""

    as_of = serializers.CharField(help_text="The day as asked for, or the instant in UTC.")
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
    """What there is and whose it is, at the end of a business day."""

    date = serializers.DateField()
    sections = _BooksSectionSerializer(many=True)
    totals = _BooksIdentitySerializer(many=True)


class _BooksIncomeSerializer(serializers.Serializer[Any]):
    ccy = serializers.CharField()
    revenue = serializers.CharField()
    expense = serializers.CharField()
    result = serializers.CharField()


class IncomeStatementSerializer(serializers.Serializer[Any]):
    """What was earned and spent on a span of business days."""

    to = serializers.DateField()
    sections = _BooksSectionSerializer(many=True)
    totals = _BooksIncomeSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField()} | super().get_fields()  # `from` is a word of Python's


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
    date = serializers.DateField(allow_null=True, help_text="The closed day of the snapshot; null: from nothing.")
    balance = serializers.CharField()


class _BooksDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    journals = serializers.IntegerField()
    postings = serializers.IntegerField()
    debit = serializers.CharField()
    credit = serializers.CharField()
    balance = serializers.CharField(help_text="At the end of the day.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """A balance taken apart: where it starts from, and what each business day since added."""

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
    """The open position in foreign currency. The residual is what the next revaluation books."""

    date = serializers.DateField()
    rates_as_of = serializers.DateTimeField()
    ccy = serializers.CharField(help_text="The tenant's base currency.")
    items = _PositionSerializer(many=True)
    residual = serializers.CharField(allow_null=True, help_text="The sum of the values; null when one is missing.")
    unrealised_gain = serializers.CharField(allow_null=True, help_text="A loss is negative.")
    without_rate = serializers.ListField(child=serializers.CharField())
